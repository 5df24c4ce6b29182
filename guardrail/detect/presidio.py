"""Presidio's pattern recognizers under our orchestration.

Taken from Presidio: the patterns, the checksums, the names of entities. Left:
its engine and registry (construction in seconds, a regular expression that
times out is passed over), its e-mail and URL recognizers (network, quadratic), its dates, IP
addresses and IBANs (ours read more spellings and fewer versions).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.domains import freeze
from guardrail.detect.gates import DIGIT
from guardrail.detect.models import library_version
from guardrail.errors import ConfigError, DetectionError
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Borrowed", "PresidioPatterns", "borrow", "compiled", "matches", "silence"]

# presidio_analyzer LemmaContextAwareEnhancer: its defaults.
BESIDE: Final = 0.35
LEAST_BESIDE: Final = 0.4
WORDS_BEFORE: Final = 5
_CONTEXT_WORD: Final = re.compile(r"\w+")
TIMEOUT: Final = 10  # seconds for one pattern on one text; an error, not a pass


@dataclass(frozen=True, slots=True)
class Near:
    """What all matches of a recognizer hold, and how many code points they go on around it."""

    needs: re.Pattern[str]
    reach: int

    def parts(self, text: str) -> list[tuple[int, int]]:
        """Return the disjoint parts of the text that can hold a match; none ends where a match may end."""
        found: list[tuple[int, int]] = []
        for need in self.needs.finditer(text):
            start, end = max(need.start() - self.reach, 0), min(need.end() + self.reach, len(text))
            if found and start <= found[-1][1]:
                found[-1] = found[-1][0], end
            else:
                found.append((start, end))
        return found


MIXED: Final = Near(  # a digit beside a letter, or six digits
    re.compile(r"\d(?:(?<=[A-Za-z\]]\d)|(?=[A-Za-z])|\d{5})"), 24
)
SEVEN: Final = Near(re.compile(r"\d{7}"), 4)
NINO: Final = Near(re.compile(r"\d\d ?\d\d ?\d\d ?[A-Da-d]"), 6)
MBI: Final = Near(re.compile(r"\d[A-Za-z][0-9A-Za-z]\d-?[A-Za-z]"), 12)
NUMBERS: Final = Near(re.compile(r"\d(?:[-. ]?\d){7,}+"), 2)  # eight digits or more, parted by one sign
PAIRS: Final = Near(re.compile(r"[:-][0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){4}|\.[0-9A-Fa-f]{4}\."), 12)
COINS: Final = Near(re.compile(r"[13]\w{25,60}"), 64)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a recognizer's matches are scored.

    `valid`: its checksum holds (None: it has none). `invalid`: the checksum or
    the rules of issue fail (0 drops the match). `least`: the weakest of
    Presidio's own scores to take over; a weaker match needs context.
    """

    entity: str
    recognizer: str
    valid: float | None = None
    invalid: float = 0.0
    ceiling: float = 1.0
    near: Near = MIXED


# A checksum of one digit holds for every tenth number: it cannot make a finding certain.
RULES: Final = (
    Rule("CRYPTO", "CryptoRecognizer", valid=1.0, near=COINS),
    Rule("MAC_ADDRESS", "MacAddressRecognizer", near=PAIRS),
    Rule("US_SSN", "UsSsnRecognizer", invalid=0.3, near=NUMBERS),
    Rule("US_ITIN", "UsItinRecognizer", near=NUMBERS),
    Rule("US_PASSPORT", "UsPassportRecognizer", ceiling=0.3, near=SEVEN),
    Rule("US_DRIVER_LICENSE", "UsLicenseRecognizer", ceiling=0.3),
    Rule("US_BANK_NUMBER", "UsBankRecognizer", ceiling=0.3, near=NUMBERS),
    Rule("US_MBI", "UsMbiRecognizer", near=MBI),
    Rule("US_NPI", "UsNpiRecognizer", valid=0.3, near=NUMBERS),
    Rule("MEDICAL_LICENSE", "MedicalLicenseRecognizer", valid=0.4, near=SEVEN),
    Rule("UK_NHS", "NhsRecognizer", valid=0.4, near=NUMBERS),
    Rule("UK_NINO", "UkNinoRecognizer", ceiling=0.75, near=NINO),
)


class PresidioPatterns:
    """Presidio's recognizers of numbers and codes. Stateless after loading."""

    name: Final = "presidio"
    entities: Final = frozenset(rule.entity for rule in RULES)
    needs: Final = DIGIT

    def __init__(self, loaded: list[tuple[Rule, Any, list[tuple[Any, float]]]], version: str) -> None:
        self._loaded = loaded
        self.version = version

    @classmethod
    def load(cls) -> PresidioPatterns:
        """Construct the recognizers and compile their patterns; no network, no configuration file.

        Raises:
            ConfigError: presidio-analyzer lacks a recognizer that we name.
        """
        from presidio_analyzer import predefined_recognizers  # noqa: PLC0415 - seconds of import

        silence()  # again: the import raises a level
        loaded = []
        for rule in RULES:
            made = getattr(predefined_recognizers, rule.recognizer, None)
            if made is None:
                raise ConfigError(
                    f"the installed presidio-analyzer has no {rule.recognizer}",
                    advice="run: python -m pip install 'presidio-analyzer>=2.2.360'",
                )
            source = made()
            loaded.append((rule, source, compiled(source)))
        return cls(loaded, library_version("presidio-analyzer"))

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield every match that its checksum does not refuse."""
        known: dict[Near, list[tuple[int, int]]] = {}
        for rule, source, patterns in self._loaded:
            parts = known[rule.near] = known.get(rule.near) or rule.near.parts(text)
            for pattern, score in patterns if parts else ():
                for start, end in matches(pattern, text, parts):
                    yield from _judge(rule, source, score, (start, end, text[start:end]))


def _judge(rule: Rule, source: Any, score: float, match: tuple[int, int, str]) -> Iterator[Finding]:  # noqa: ANN401 - presidio's base class is untyped
    start, end, value = match
    held: bool | None
    if not value:
        return
    held = False if source.invalidate_result(value) else source.validate_result(value)
    if held is False:
        score = rule.invalid if score > 0.4 or rule.valid is not None else 0.0
    elif held and rule.valid is not None:
        score = rule.valid
    if score > 0:
        yield Finding(start, end, rule.entity, min(score, rule.ceiling), f"presidio/{source.name}")


def compiled(source: Any) -> list[tuple[Any, float]]:  # noqa: ANN401 - presidio's base class is untyped
    """Return the patterns of a Presidio recognizer, ready to match, each with its score."""
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - presidio's engine, brought by it

    return [
        (regex.compile(pattern.regex, source.global_regex_flags), float(pattern.score))
        for pattern in source.patterns
    ]


def matches(
    pattern: Any,  # noqa: ANN401 - regex has no types
    text: str,
    parts: Iterable[tuple[int, int]] = (),
) -> Iterable[tuple[int, int]]:
    """Return the spans that a pattern of `compiled` matches, in the whole text or in parts of it.

    Raises:
        DetectionError: it ran out of time.
    """
    try:
        return [
            match.span()
            for start, end in parts or ((0, len(text)),)
            for match in pattern.finditer(text, start, end, timeout=TIMEOUT)
        ]
    except TimeoutError:
        raise DetectionError(
            "a pattern ran out of time", advice="shorten the text, or report the pattern"
        ) from None


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A Presidio recognizer of the user's own, as one of ours.

    Its context words count as in Presidio: one of the five words before a match
    adds 0.35 to its score, which is 0.4 at least then. Whole words, in any case.
    """

    name: str
    entities: frozenset[str]
    source: Any
    context: frozenset[str] = frozenset()

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield what it finds by text alone: it gets no NLP artifacts."""
        wanted = sorted(self.entities)
        for result in self.source.analyze(text=text, entities=wanted, nlp_artifacts=None) or ():
            score = float(result.score)
            if self.context and _before(text, result.start) & self.context:
                score = round(min(max(score + BESIDE, LEAST_BESIDE), 1.0), 4)
            yield Finding(result.start, result.end, result.entity_type, score, self.name)


def _before(text: str, place: int) -> set[str]:
    """Return the five words before a place."""
    return set(_CONTEXT_WORD.findall(text[max(place - 100, 0) : place].lower())[-WORDS_BEFORE:])


def borrow(source: Any) -> Borrowed:  # noqa: ANN401 - presidio's base class is untyped
    """Make a recognizer of ours out of a presidio `EntityRecognizer`."""
    silence()
    freeze()
    words = frozenset(str(word).lower() for word in getattr(source, "context", None) or ())
    return Borrowed(f"presidio/{source.name}", frozenset(source.supported_entities), source, words)


def silence() -> None:
    """Keep presidio's loggers from writing text.

    Its IBAN recognizer logs the value at ERROR, its decision log the text at
    INFO: only CRITICAL may pass.
    """
    for name in ("presidio-analyzer", "presidio-anonymizer", "decision_process"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
