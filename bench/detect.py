"""Our detector beside stock Presidio: the same texts, the same spaCy model, one thread, one run.

Figures are CPU milliseconds per text, the median of several rounds whose order
alternates, and their ratios. Every text is new to the cache, except where a
chat sends its history again. "alike" gives the same results as Presidio, to the
score; "sm" and "sm+own" are our own detector, with spaCy alone and with our own model too (the default).
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from guardrail.detect import Detector

LENGTHS = (50, 200, 1_000, 5_000)
PROSE = (
    "Hello, this is Ann Smith from 12 Oak Street in Springfield. The parcel I ordered on March 5, 2024 has "
    "not come and nobody answers at 212-555-0199. Please write to ann.smith@example.com, or look at the page "
    "of the order at https://shop.example.com/orders/77. I paid with the card 4111 1111 1111 1111; if that "
    "failed, my IBAN is DE89 3704 0044 0532 0130 00. The rest of this letter is about nothing in particular: "
    "the weather was fine, the garden needs water, and the neighbours are away until the end of the month. "
)


def texts(length: int) -> Iterator[str]:
    """Yield texts of `length` characters, each one new."""
    for number in itertools.count(1):
        head = f"Letter {number}. "
        yield (head + PROSE * (length // len(PROSE) + 1))[:length]


def median_ms(calls: dict[str, Callable[[str], object]], length: int, rounds: int) -> dict[str, float]:
    """Return the median CPU milliseconds of each call on new texts of `length` characters."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    source = texts(length)
    for name in (*calls, *(list(calls) * rounds)):
        text = next(source)
        start = time.process_time()
        calls[name](text)
        taken[name].append((time.process_time() - start) * 1_000)
    return {name: statistics.median(values[1:]) for name, values in taken.items()}


def stock() -> Callable[[str], object]:
    """Return Presidio's default engine, with the model that we use."""
    from guardrail.detect.stock import engine

    source = engine()
    return lambda text: source.analyze(text, language="en")


def detectors() -> dict[str, Detector]:
    from guardrail.detect import Detector
    from guardrail.detect.alike import PresidioDetector

    return {
        "alike": PresidioDetector.of(),
        "sm": Detector.load(names="spacy"),
        "sm+own": Detector.load(),
    }


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the shape every comparison has
    """Yield one line per figure."""
    from guardrail.types import Passage

    ours = detectors()
    calls: dict[str, Callable[[str], object]] = {"presidio": stock()}
    for name, detector in ours.items():
        calls[name] = lambda text, detector=detector: detector.detect([Passage(text)])
    for length in LENGTHS:
        taken = median_ms(calls, length, 3 if short else 15)
        yield told(f"{length:5} characters", taken)
    yield told("batches of 50-200 characters", batches(calls["presidio"], ours, 32 if short else 128))
    yield told("a chat of ten turns", chat(calls["presidio"], ours))
    yield growth(ours["sm"], (10_000, 100_000) if short else (10_000, 100_000, 1_000_000))
    yield callers(128 if short else 256)
    yield memory(ours["sm"], 2_000 if short else 100_000)


def told(what: str, taken: dict[str, float]) -> str:
    base = taken["presidio"]
    parts = [f"{n} {ms:.1f} ms ({base / ms:.1f}x)" for n, ms in taken.items() if n != "presidio"]
    return f"{what}: presidio {base:.1f} ms, {', '.join(parts)}"


def spent(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1_000


def short_texts(count: int, *, seed: int) -> list[str]:
    """Return new texts of 50 to 200 characters."""
    sources = {length: texts(length) for length in range(50, 201, 30)}
    found = [next(sources[length]) for length, _ in zip(itertools.cycle(sources), range(count), strict=False)]
    return [f"{seed} {text}" for text in found]


def batches(presidio: Callable[[str], object], ours: dict[str, Detector], count: int) -> dict[str, float]:
    """Measure many short texts at once; Presidio's own batch engine takes them one by one."""
    from guardrail.types import Passage

    taken = {}
    for round_ in range(2):
        found = short_texts(count, seed=round_)
        taken["presidio"] = spent(lambda found=found: [presidio(text) for text in found]) / count
        for name, detector in ours.items():
            passages = [Passage(text) for text in found]
            taken[name] = spent(lambda d=detector, p=passages: d.detect(p)) / count
    return taken


def chat(presidio: Callable[[str], object], ours: dict[str, Detector]) -> dict[str, float]:
    """Measure a chat of ten turns that sends its history again on every turn."""
    from guardrail.types import Passage

    turns = [f"Turn {n}: {PROSE[:300]}" for n in range(10)]
    calls = {"presidio": presidio}
    for name, detector in ours.items():
        calls[name] = lambda text, detector=detector: detector.detect([Passage(text)])
    return {
        name: spent(lambda c=call: [c(turn) for last in range(1, 11) for turn in turns[:last]])
        for name, call in calls.items()
    }


def growth(detector: Detector, lengths: tuple[int, ...]) -> str:
    """Measure how the time per character grows with the text, and a text that is quadratic elsewhere."""
    from guardrail.types import Passage

    parts = []
    for length in lengths:
        passages = [Passage(next(texts(length)))]
        ms = spent(lambda p=passages: detector.detect(p))
        parts.append(f"{length:,}: {ms / length * 1_000:.0f} us")
    run_on = spent(lambda: detector.detect([Passage("a." * 20_000)]))
    return f"growth per character, sm: {', '.join(parts)}; 40,000 characters of 'a.': {run_on:.0f} ms"


def callers(count: int) -> str:
    """Measure eight threads that ask at the same time, with and without one batch for who waits."""
    from concurrent.futures import ThreadPoolExecutor

    from guardrail.detect import Detector
    from guardrail.types import Passage

    taken = []
    for together in (False, True):
        detector = Detector.load(names="spacy")
        (finder,) = detector._finders  # noqa: SLF001 - what is measured is inside
        if not together:
            finder._together = finder.read  # noqa: SLF001 - what is measured is inside
        found = short_texts(count, seed=9)
        with ThreadPoolExecutor(8) as pool:
            work = lambda text, d=detector: d.detect([Passage(text)])  # noqa: E731 - a thread's work
            taken.append(spent(lambda w=work, t=found, p=pool: list(p.map(w, t))) / count)
    turns, together = taken
    ratio = turns / together
    return f"eight callers, sm: {turns:.1f} ms each in turn, {together:.1f} ms together ({ratio:.1f}x)"


def memory(detector: Detector, count: int) -> str:
    """Measure what the process grows by over texts of new words, after the cache has filled."""
    import random
    import resource

    from guardrail.types import Passage

    draw = random.Random(1)  # noqa: S311 - words, not secrets

    def word() -> str:
        return "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=8))

    def batch() -> list[Passage]:
        return [Passage(f"{word().title()} {word()} wrote to {word()}@{word()}.com.") for _ in range(64)]

    for _ in range(0, min(count, 10_000), 64):
        detector.detect(batch())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(0, count, 64):
        detector.detect(batch())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1_024
    return f"memory over {count:,} texts of new words, sm: +{grown:.1f} MB"
