"""Presidio's own recognizers of patterns and telephone numbers: what they find, with less work.

A recognizer of a kind we know is not run where a text lacks what all of its
patterns need (a digit, an "@", a dot), and telephone numbers are not looked for
in fewer digits than any number has. What comes out is what `analyze` returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.presidio import compiled, matches

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Result", "distinct", "finder"]

Result = tuple[int, int, str, float]
"""Start, end, entity and score, as Presidio gives them."""

# What every match of the patterns of these classes holds; a subclass or other patterns have no need.
_NEEDS: Final = {
    "CreditCardRecognizer": r"\d",
    "UsBankRecognizer": r"\d",
    "UsLicenseRecognizer": r"\d",
    "UsItinRecognizer": r"\d",
    "UsPassportRecognizer": r"\d",
    "UsSsnRecognizer": r"\d",
    "NhsRecognizer": r"\d",
    "CryptoRecognizer": r"\d",
    "DateRecognizer": r"[-/.]",
    "EmailRecognizer": r"@",
    "IpRecognizer": r"[:.]",
    "MedicalLicenseRecognizer": r"\d",
    "MacAddressRecognizer": r"[-:.]",
    "UuidRecognizer": r"-",
    "UrlRecognizer": r"\.",
    "IbanRecognizer": r"\d",
    "PhoneRecognizer": r"\d",
}
INTERNATIONAL: Final = 2  # digits at least that a prefix of an international call has


def finder(recognizer: Any) -> Callable[[str], list[Result]] | None:  # noqa: ANN401 - presidio's base class is untyped
    """Return what finds as `recognizer.analyze` does, or None where it needs Presidio's engine."""
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - presidio's engine, brought by it
    from presidio_analyzer import PatternRecognizer  # noqa: PLC0415 - seconds of import
    from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer  # noqa: PLC0415 - same

    kind = type(recognizer)
    if kind is PhoneRecognizer:
        find = _phones(recognizer)
    elif kind.analyze is PatternRecognizer.analyze:
        find = _patterns(recognizer)
    elif kind.analyze is IbanRecognizer.analyze:
        find = _asked(recognizer)
    else:
        return None
    needs = _NEEDS.get(kind.__name__) if _unchanged(recognizer, kind) else None
    if needs is None:
        return find
    test = regex.compile(needs)
    return lambda text: find(text) if test.search(text) else []


def _unchanged(recognizer: Any, kind: Any) -> bool:  # noqa: ANN401 - presidio's base class is untyped
    """Tell whether it is one of Presidio's own, with the patterns that it came with."""
    if not kind.__module__.startswith("presidio_analyzer."):
        return False
    own = [pattern.regex for pattern in getattr(kind, "PATTERNS", ())]
    return own == [pattern.regex for pattern in getattr(recognizer, "patterns", ())]


def _asked(recognizer: Any) -> Callable[[str], list[Result]]:  # noqa: ANN401 - presidio's base class is untyped
    """Ask the recognizer itself: it reads no NLP artifacts."""
    entities = recognizer.supported_entities

    def find(text: str) -> list[Result]:
        results = recognizer.analyze(text, entities, None)
        return [(r.start, r.end, r.entity_type, r.score) for r in results]

    return find


def _patterns(recognizer: Any) -> Callable[[str], list[Result]]:  # noqa: ANN401 - presidio's base class is untyped
    """Match the patterns and judge each match; a pattern that runs out of time is an error, not a pass."""
    patterns = compiled(recognizer)
    entity = recognizer.supported_entities[0]

    def find(text: str) -> list[Result]:
        results: list[Result] = []
        for pattern, weight in patterns:
            for start, end in matches(pattern, text):
                value = text[start:end]
                valid = recognizer.validate_result(value) if value else False
                score = weight if valid is None else float(bool(valid))
                if score > 0 and not recognizer.invalidate_result(value):
                    results.append((start, end, entity, score))
        return distinct(results)

    return find


def _phones(recognizer: Any) -> Callable[[str], list[Result]]:  # noqa: ANN401 - presidio's base class is untyped
    """Match in every region, but parse nothing that has too few digits to be a number there."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - tables of many regions
    from phonenumbers.phonenumbermatcher import PhoneNumberMatcher  # noqa: PLC0415 - same

    world = _shortest()
    entity, regions = recognizer.supported_entities[0], tuple(recognizer.supported_regions)
    least = {}
    for region in regions:
        about: Any = PhoneMetadata.metadata_for_region(region)
        home = min(about.general_desc.possible_length) if about else world
        least[region] = min(home, INTERNATIONAL + world)

    class Matcher(PhoneNumberMatcher):
        def _extract_match(self, candidate: str, offset: int) -> Any:  # noqa: ANN401 - the library's type
            return super()._extract_match(candidate, offset) if self._enough(candidate) else None

        def _parse_and_verify(self, candidate: str, offset: int) -> Any:  # noqa: ANN401 - the library's type
            return super()._parse_and_verify(candidate, offset) if self._enough(candidate) else None

        def _enough(self, candidate: str) -> bool:
            digits = sum(map(str.isdigit, candidate))
            return digits >= least[self.preferred_region] or (
                digits >= world and ("+" in candidate or not candidate.isascii())
            )

    def find(text: str) -> list[Result]:
        found = (
            (match.start, match.end, entity, recognizer.SCORE)
            for region in regions
            for match in Matcher(text, region, leniency=recognizer.leniency)
        )
        return distinct(list(found))

    return find


def _shortest() -> int:
    """Return the fewest digits of any number with its country code (ITU-T E.164)."""
    import phonenumbers  # noqa: PLC0415 - tables of many regions

    meta = phonenumbers.PhoneMetadata
    known: list[Any] = [meta.metadata_for_region(region) for region in phonenumbers.SUPPORTED_REGIONS]
    known += [
        meta.metadata_for_nongeo_region(code) for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    ]
    return min(int(min(about.general_desc.possible_length)) + len(str(about.country_code)) for about in known)


def distinct(results: list[Result]) -> list[Result]:
    """Return the results that no other of their entity holds with as high a score (`remove_duplicates`)."""
    kept: list[Result] = []
    active: list[Result] = []
    last = None
    for result in sorted(set(results), key=lambda r: (r[2], r[0], r[0] - r[1], -r[3])):
        start, end, entity, score = result
        if entity != last:
            active, last = [], entity
        active = [other for other in active if other[1] >= start]
        if score and not any(o[0] <= start and end <= o[1] and score <= o[3] for o in active):
            kept.append(result)
            active.append(result)
    return kept
