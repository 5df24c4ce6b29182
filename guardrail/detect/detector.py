"""The detector: every recognizer and name finder over a batch of passages, once per text."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypedDict

from guardrail.detect.addresses_fields import address_labels
from guardrail.detect.addresses_join import with_addresses
from guardrail.detect.bounded import BoundedRecognizer
from guardrail.detect.cache import FindingCache
from guardrail.detect.context import in_context, known_words
from guardrail.detect.deadline import Limits, check, within
from guardrail.detect.gates import Gated
from guardrail.detect.languages import AUTO, LANGUAGES, Languages, ask, bound
from guardrail.detect.names import (
    NAMED_IN_TABLES,
    NameFinder,
    combine,
    label_words,
    trust_in,
    with_numbers,
)
from guardrail.detect.people import follow
from guardrail.detect.presidio import silence
from guardrail.detect.prose import Lines
from guardrail.detect.reading import Reading, readings
from guardrail.detect.recognizers import adopt, bounded, name_finders, recognizers, versions
from guardrail.detect.secrets import LABELS
from guardrail.detect.view import View
from guardrail.errors import DetectionError, GuardrailError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from guardrail.detect.recognizer import Recognizer
    from guardrail.types import Finding, Passage

__all__ = ["LANGUAGES", "Detector", "Settings"]

OFF: Final = frozenset({"ORGANIZATION"})  # no model at hand is right about it half of the time
MAX_CHARS: Final = 20_000_000  # code points in one passage
# What a finding must reach to be reported at all; a policy's min_score decides on what remains.
LEAST: Final = 0.35
LEAST_OF: Final[Mapping[str, float]] = MappingProxyType({"ORGANIZATION": 0.5})


class Settings(TypedDict, total=False):
    """What `Guard.load` hands on to `Detector.load` as it is."""

    language: str
    names: str | Sequence[object]
    limits: Limits
    workers: int


class Detector:
    """Finds personal data in texts. Thread-safe; loading it costs seconds, so do it once."""

    def __init__(  # noqa: PLR0913 - one parameter per part
        self,
        recognizers: Sequence[Recognizer],
        *,
        extra: Sequence[Recognizer] = (),
        finders: Sequence[NameFinder] = (),
        wanted: frozenset[str] | None = None,
        cache: FindingCache | None = None,
        languages: Languages | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._recognizers = Gated(recognizers)
        self._limits = limits or Limits()
        self._extra = tuple(BoundedRecognizer(part, self._limits.own) for part in extra)
        self._finders = tuple(finders)
        self._off = OFF - (wanted or frozenset())
        self._cache = cache if cache is not None else FindingCache()
        self._languages = languages if languages is not None else Languages()
        self._hints = known_words() | label_words() | address_labels() | LABELS
        able: list[Recognizer | NameFinder] = [*recognizers, *self._extra, *self._finders]
        tables = NAMED_IN_TABLES if self._finders else frozenset()
        able_to = tables.union(*(part.entities for part in able))
        self.entities: frozenset[str] = able_to - self._off
        # What it would find too if a policy named it.
        self.on_request: frozenset[str] = able_to & self._off
        # The name finders, and the languages that each reads; none stands for every one.
        self.finders: Mapping[str, frozenset[str]] = MappingProxyType(
            {_called(one): getattr(one, "languages", frozenset()) for one in self._finders}
        )
        self.versions: Mapping[str, str] = MappingProxyType(versions(able))

    @classmethod
    def load(  # noqa: PLR0913 - each is a choice of its own
        cls,
        *,
        language: str = AUTO,
        wanted: frozenset[str] | None = None,
        names: str | Sequence[object] = "auto",
        progress: Callable[[str, float], None] | None = None,
        extra: Sequence[object] = (),
        limits: Limits | None = None,
        workers: int = 0,
    ) -> Detector:
        """Load what is installed, verify it, and compile the patterns. No network.

        `language` is "auto", told from each text, or one of `LANGUAGES` for all.
        `wanted` turns on what is off by default (ORGANIZATION). `names` is "auto"
        (the model in the package, and spaCy where its model is installed), one of
        several models by name, "none", or models of your own (see `name_finders`).
        `progress` is called with a label and a part in 0..1 while a model is loaded.
        `extra` takes recognizers of the user's own: functions under
        `@recognizer`, or Presidio's `EntityRecognizer`s. `limits` are times: what
        takes longer is a `DetectionError`, on which a policy's `on_error` decides.
        `workers` loads the English model in so many processes; `close` ends them.

        Raises:
            ConfigError: an unknown language, or a missing or altered model; the
                advice is the command that mends it.
        """
        silence()  # spaCy's plug-ins import presidio, which logs as it is imported
        tongues = Languages.load(language) if language != AUTO else None
        limits = limits or Limits()
        finders = bounded(name_finders(names, progress, workers=workers), limits.own)
        if tongues is None and bound(finders):
            tongues = Languages.load()
        return cls(
            recognizers(),
            extra=[adopt(item) for item in extra],
            finders=finders,
            wanted=wanted,
            languages=tongues,
            limits=limits,
        )

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...]]:
        """Return the findings of each passage, sorted by place; they may overlap.

        Raises:
            DetectionError: a passage is too long, a recognizer failed, or the time
                is up. Its message holds nothing of the text.
        """
        keys = [self._cache.key(passage) for passage in passages]
        found = {key: self._cache.get(key) for key in keys}
        new = {key: passage for key, passage in zip(keys, passages, strict=True) if found[key] is None}
        if new:
            with within(self._limits.whole):
                answers = self._detect(list(new.values()))
            for key, findings in zip(new, answers, strict=True):
                found[key] = findings
                self._cache.put(key, findings)
        return [self._followed([p], [found[key] or ()])[0] for p, key in zip(passages, keys, strict=True)]

    def together(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...]]:
        """Return the same for the passages of one exchange: a person found in one is looked for in all.

        Raises:
            DetectionError: as for `detect`.
        """
        return self._followed(passages, self.detect(passages))

    def _followed(
        self, passages: Sequence[Passage], found: Sequence[tuple[Finding, ...]]
    ) -> list[tuple[Finding, ...]]:
        """Return the findings with the other places of the persons among them."""
        return follow(passages, found)

    def close(self) -> None:
        """End the processes of name finders; further detections with them are refused."""
        for finder in self._finders:
            close = getattr(finder, "close", None)
            if close is not None:
                close()

    def _detect(self, passages: list[Passage]) -> list[tuple[Finding, ...]]:
        if any(len(passage.text) > MAX_CHARS for passage in passages):
            raise DetectionError(
                f"a text is longer than {MAX_CHARS:,} characters", advice="split the text before it is sent"
            )
        try:
            views = [View(passage.text, hint=self._telling(passage.hint)) for passage in passages]
            sheets: list[tuple[int, View | Reading]] = list(enumerate(views))
            for place, (passage, view) in enumerate(zip(passages, views, strict=True)):
                check()
                sheets += ((place, reading) for reading in readings(passage.text, view))
            lines = [Lines(sheet.text) for _, sheet in sheets]
            named = self._names(
                [passages[place] for place, _ in sheets], [sheet for _, sheet in sheets], lines
            )
            found: list[list[Finding]] = [self._asked(passage.text) for passage in passages]
            for (place, sheet), line, names in zip(sheets, lines, named, strict=True):
                found[place] += self._findings(sheet, line, names)
            return [self._kept(findings) for findings in found]
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails, nothing was looked at
            raise DetectionError(
                f"a recognizer failed with {type(error).__name__}",
                advice="the policy's on_error decides what happens to the text",
            ) from None

    def _telling(self, hint: str) -> str:
        """Return the hint when it says what the value is; most field names say nothing."""
        words = (
            {word.lower() for word in View("", hint=hint).text.replace(":", " ").split()} if hint else set()
        )
        return hint if words & self._hints else ""

    def _names(
        self, passages: list[Passage], views: list[View | Reading], lines: list[Lines]
    ) -> list[list[Finding]]:
        """Run the name finders over the passages that may hold names, as one batch."""
        asked = [
            place
            for place, (passage, view) in enumerate(zip(passages, views, strict=True))
            if passage.names and passage.text and (isinstance(view, View) or view.worded)
        ]
        texts = [views[place].text for place in asked]
        said = [passages[place].language for place in asked]
        languages = self._languages.each(texts, said)
        answers = ask(self._finders, texts, languages) if texts else []
        named: list[list[Finding]] = [[] for _ in passages]
        for at, place in enumerate(asked):
            trusts = [trust_in(finder, languages[at]) for finder in self._finders]
            named[place] = combine(texts[at], lines[place], [answer[at] for answer in answers], trusts)
        return named

    def _findings(self, view: View | Reading, lines: Lines, names: list[Finding]) -> Iterator[Finding]:
        check()
        found = self._recognizers.recognize(view.text)
        for finding in in_context(view.text, lines, with_addresses(view.text, with_numbers(found, names))):
            start, end = view.original(finding.start, finding.end)
            if start < end:
                yield replace(finding, start=start, end=end)

    def _kept(self, findings: list[Finding]) -> tuple[Finding, ...]:
        """Return what is reported, sorted, each finding once."""
        kept = {f for f in findings if f.entity not in self._off and f.score >= LEAST_OF.get(f.entity, LEAST)}
        return tuple(sorted(kept, key=lambda f: (f.start, f.end, f.entity, -f.score, f.recognizer)))

    def _asked(self, text: str) -> list[Finding]:
        """Run the user's own recognizers on the text as it was written."""
        text = _sound(text) if self._extra else ""
        return [finding for part in self._extra for finding in part.recognize(text)]


def _sound(text: str) -> str:
    """Return the text with lone surrogates replaced one for one: foreign code may encode it."""
    return text if text.isascii() else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def _called(finder: NameFinder) -> str:
    """Return the name under which a finder is known."""
    unnamed = str(getattr(finder, "name", type(finder).__name__))
    (name,) = versions([finder]).keys() - versions([]).keys() or {unnamed}
    return name
