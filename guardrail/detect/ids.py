"""Numbers and codes that identify a person: by checksum, by the label beside them, or by both.

For every run of digits and capitals there are three readings, in this order:

1. a label names a number that python-stdnum knows: where the checksum holds it
   is one (0.9); where it fails it is doubtful (0.45), whatever else the label says;
2. a label names a kind of identifier without checksum, or just some number;
3. the number stands alone, and its form and checksum are more than chance (ids_forms).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.context import LABELLED
from guardrail.detect.ids_beside import CODED, Beside, Side, named
from guardrail.detect.ids_checks import check, vin
from guardrail.detect.ids_forms import FORMS, mask, score_of
from guardrail.detect.ids_known import Known
from guardrail.detect.ids_values import value_end
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LABELLED", "Ids"]

NAME: Final = "guardrail/id"
VALID: Final = 0.9
DOUBTFUL: Final = 0.45
LONG: Final = 6  # code points: what is shorter does not end the reach of a label
SHORTEST: Final = 4  # code points of an identifier
MAX_CUTS: Final = 12
_PIECE: Final = r"[A-Za-z]{0,10}\d[A-Za-z0-9]*"
_SEPARATOR: Final = r"(?: ?[-./] ?| )"
# Pieces with digits, parted by one mark or space; between them and before them a few letters.
_RUN: Final = re.compile(
    rf"(?<!\w)(?:(?:[A-Z]{{1,6}} |[A-Za-z]{{1,6}}[-.#/]){{1,2}}(?=[A-Za-z]{{0,7}}\d))?{_PIECE}"
    rf"(?:{_SEPARATOR}(?:{_PIECE}|[A-Z]{{1,5}}(?![A-Za-z]))){{0,11}}"
)
_PIECES: Final = re.compile(r"[A-Za-z0-9]+")
# The value is a piece of a longer one.
_GOES_ON: Final = re.compile(r"[-./]\w| (?:\d{1,2}|[A-Z])(?!\w)")
_GROUPS_GO_ON: Final = re.compile(r"[-./]\w| [A-Z]{0,3}\d| [A-Z](?!\w)")
_DIGIT: Final = re.compile(r"\d")
_SPACED: Final = re.compile(r"(?:[A-Z]{1,6} ){0,2}")
_OWN_LABEL: Final = re.compile(r"(?P<label>[A-Za-z]{2,6})[-_#: ]{0,2}(?=[A-Z]{0,3}[-_]?\d)")
# Prefixes that house numbers carry and that name themselves: "MRN-3981690", "RX-78901234".
_PREFIXES: Final = {
    "MRN": "MEDICAL_RECORD", "NHC": "MEDICAL_RECORD", "PAT": "MEDICAL_RECORD", "RX": "ID", "EMP": "ID",
    "CUST": "ID", "NID": "NATIONAL_ID", "SSN": "US_SSN", "DL": "DRIVER_LICENSE", "VIN": "VEHICLE_ID",
    "INS": "HEALTH_ID", "POL": "HEALTH_ID", "HIN": "HEALTH_ID", "BIO": "ID", "NPI": "US_NPI",
    "DEA": "MEDICAL_LICENSE",
}  # fmt: skip


def _forms() -> dict[str, list[tuple[str, str, float]]]:
    found: dict[str, list[tuple[str, str, float]]] = {}
    for form, module, entity, odds in FORMS:
        found.setdefault(form, []).append((module, entity, score_of(form, odds)))
    return found


_FORMS: Final = _forms()
_SHORTEST: Final = min(map(len, _FORMS))
_LENGTHS: Final = frozenset(map(len, _FORMS)) | {17}


class Ids:
    """Finds identifiers. Stateless; the checks are imported when a text first asks for them."""

    name: Final = NAME

    def __init__(self, known: Known) -> None:
        self._known = known
        kinds = {entity for _, _, entity, _ in FORMS} | known.entities
        self.entities: frozenset[str] = frozenset(kinds | set(_PREFIXES.values()) | known.named) - {""}

    @classmethod
    def load(cls) -> Ids:
        """Index the names of the numbers."""
        return cls(Known.load())

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield at most one finding per number: 0.9 by label and checksum, else as label or form say."""
        if not _DIGIT.search(text):
            return
        beside = Beside(text)
        at = since = 0
        while match := _RUN.search(text, at):
            if match.end() - match.start() < SHORTEST and text[match.end() : match.end() + 1] not in {
                ":",
                "_",
            }:
                at = match.end()
                continue
            finding = self._read(match, beside, since)
            at = max(finding.end, match.start() + 1) if finding is not None else match.end()
            if finding is not None and (finding.end - finding.start >= LONG):
                since = finding.end
            if finding is not None:
                yield finding

    def _read(self, match: re.Match[str], beside: Beside, since: int) -> Finding | None:
        start, end = match.span()
        inner = _after_prefix(match)
        side = beside.before(inner, since=since)
        modules = self._known.modules(side)
        column = Side((), "")
        if not modules and (named(side) is None or not side.gap.isspace()):
            column = beside.column(start)
            modules = self._known.modules(column)
        found = _valid(match, modules)
        if found is None and modules:
            return _doubtful(inner, end, modules[0][1])
        if found is not None and not found.entity:  # a thing's number, and a good one
            found = None
        if found is None and column.words:
            found = self._labelled(match, column, start)
        if found is None:
            found = self._labelled(match, side, inner)
        if found is None and inner > start:
            found = self._labelled(match, beside.before(start, since=since), start)
            if found is not None and found.score == CODED and found.entity != "LICENSE_PLATE":
                found = None
        if found is None:
            found = _prefixed(match)
        if found is None:
            after = self._known.modules(Side(beside.after(end), ""))
            found = _valid(match, after[:8]) or _alone(match)
        return found if found is None or found.entity else None

    def _labelled(self, match: re.Match[str], side: Side, start: int) -> Finding | None:
        """Read the value from `start` as what its label says it is, where it looks like that."""
        label = named(side)
        if label is None:
            return None
        end = value_end(match.string, match, label, begin=start)
        return Finding(start, end, label[0], label[1], LABELLED) if end else None


def _doubtful(start: int, end: int, entity: str) -> Finding | None:
    """Return what its label names and its checksum refuses."""
    return Finding(start, end, entity or "ID", DOUBTFUL, LABELLED) if end - start >= LONG else None


def _after_prefix(match: re.Match[str]) -> int:
    """Return where the run begins without words in capitals, which may be its label."""
    spaced = _SPACED.match(match[0])
    return match.start() + (spaced.end() if spaced is not None else 0)


def _prefixed(match: re.Match[str]) -> Finding | None:
    """Read a value that carries its label itself."""
    own = _OWN_LABEL.match(match[0])
    entity = _PREFIXES.get(own["label"].upper()) if own is not None else None
    if own is None or entity is None:
        return None
    begin = match.start() + own.end() if own[0][-1] in " :#" else match.start()
    end = value_end(match.string, match, (entity, 0.65), begin=begin)
    return Finding(begin, end, entity, 0.65, LABELLED) if end else None


def _cuts(match: re.Match[str]) -> tuple[list[int], list[int]]:
    """Return where values may begin and end within a run: at the edges of its pieces, the longest first."""
    pieces = [piece.span() for piece in _PIECES.finditer(match.string, *match.span())][:MAX_CUTS]
    return [start for start, _ in pieces], [end for _, end in reversed(pieces)]


def _valid(match: re.Match[str], modules: tuple[tuple[str, str], ...]) -> Finding | None:
    """Return the longest piece of the run that one of the modules holds to be valid."""
    if not modules:
        return None
    text = match.string
    starts, ends = _cuts(match)
    digit = _DIGIT.search(text, match.start())
    first = digit.start() if digit is not None else match.end()
    # A checksum over two characters holds by chance: "4y" is an age of a cat, not a firm's number.
    spans = [(start, end) for start in starts if start <= first for end in ends if end >= start + SHORTEST]
    whole = [span for span in spans if not _goes_on(text, *span)]
    for module, entity in modules:
        valid = check(module)
        for start, end in whole:
            if valid(text[start:end]):
                return Finding(start, end, entity, VALID, LABELLED)
    return None


def _goes_on(text: str, start: int, end: int) -> bool:
    """Tell whether the value goes on behind `end`."""
    return (_GROUPS_GO_ON if " " in text[start:end] else _GOES_ON).match(text, end) is not None


def _alone(match: re.Match[str]) -> Finding | None:
    """Return a number that needs no label."""
    if match.end() - match.start() < _SHORTEST:
        return None
    text = match.string
    form = mask(text[match.start() : match.end()])
    starts, ends = _cuts(match)
    for start in starts:
        for end in ends:
            if end - start not in _LENGTHS:
                continue
            for module, entity, score in _FORMS.get(form[start - match.start() : end - match.start()], ()):
                if check(module)(text[start:end]):
                    return Finding(start, end, entity, score, NAME)
            if end - start == 17 and vin(text[start:end]):
                return Finding(start, end, "VEHICLE_ID", 0.55, NAME)
    return None
