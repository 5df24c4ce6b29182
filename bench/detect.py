"""Our detector beside stock Presidio: the same texts, the same spaCy model, one thread, one run.

Figures are CPU milliseconds per text, the median of several rounds whose order
alternates, and their ratios. Every text is new to the cache, except in the
last line, where a chat sends its history again.
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LENGTHS = (200, 1_000, 5_000)
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
    """Return Presidio's engine as its documentation sets it up, with the model that we use."""
    import logging

    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    from guardrail.detect.domains import freeze
    from guardrail.detect.models import SPACY_SM, locate

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    freeze()  # its e-mail recognizer would fetch the public suffix list

    class Installed(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(ner_model_configuration=NerModelConfiguration())
            self.nlp = {"en": spacy.load(locate(SPACY_SM))}

    engine = AnalyzerEngine(nlp_engine=Installed(), supported_languages=["en"])
    return lambda text: engine.analyze(text, language="en")


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the shape every comparison has
    """Yield one line per figure."""
    from guardrail.detect import Detector
    from guardrail.types import Passage

    ours = {"sm": Detector.load(names="spacy"), "sm+rampart": Detector.load()}
    calls: dict[str, Callable[[str], object]] = {"presidio": stock()}
    for name, detector in ours.items():
        calls[name] = lambda text, detector=detector: detector.detect([Passage(text)])
    rounds = 3 if short else 15
    for length in LENGTHS:
        taken = median_ms(calls, length, rounds)
        base = taken["presidio"]
        parts = [f"{n} {taken[n]:.1f} ms ({base / taken[n]:.1f}x)" for n in ours]
        yield f"{length:5} characters: presidio {base:.1f} ms, {', '.join(parts)}"
    yield chat(calls["presidio"], ours["sm"])


def chat(presidio: Callable[[str], object], detector: object) -> str:
    """Measure a chat of ten turns that sends its history again on every turn."""
    from guardrail.detect import Detector
    from guardrail.types import Passage

    assert isinstance(detector, Detector)
    turns = [f"Turn {n}: {PROSE[:300]}" for n in range(10)]
    taken = []
    for detect in (presidio, lambda text: detector.detect([Passage(text)])):
        start = time.process_time()
        for last in range(1, len(turns) + 1):
            for turn in turns[:last]:
                detect(turn)
        taken.append((time.process_time() - start) * 1_000)
    return (
        f"ten turns of a chat: presidio {taken[0]:.0f} ms, sm {taken[1]:.0f} ms ({taken[0] / taken[1]:.1f}x)"
    )
