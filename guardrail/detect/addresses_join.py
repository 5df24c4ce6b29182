"""One address out of its pieces: what the name finders see, what the recognizer reads, and what lies between.

A name finder marks "902", "Springfield" or "Oak" of an address and leaves out
its "Apt." and "IL". Pieces that only marks and line ends part are one address;
a bare number of which nothing else speaks is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from guardrail.detect.addresses_parts import GAP, UNIT, ZIP, head, is_code, tail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.types import Finding

__all__ = ["with_addresses"]

OURS: Final = "guardrail/address"
AGREED: Final = 0.9
SURE: Final = 0.85
ALONE: Final = 0.75  # what a name finder needs where no street word, code or unit speaks for it
ACTED_ON: Final = 0.5
DOUBTED: Final = 0.4
VETOED: Final = 0.3
MAX_PIECES: Final = 24  # of one address: a list of places has more, and no end
MAX_GAP: Final = 40  # code points between two pieces of one address
_LINK: Final = re.compile(
    rf"(?:{GAP})?(?:{UNIT})?[ ]?(?:{GAP})?"
    r"(?:(?i:apt|apartment|suite|ste|unit|flat|floor|no|nr|box|p\.?o\.? box|lot|bldg|building|fpo|apo"
    r"|dpo)\b\.?[ ]?\#?[ ]?)?"
    r"|,?[ ][A-Z]{1,3},?[ ]|[ ]?[(&/-][ ]?|,?[ ]\#[ ]?|[ ]?\r?\n[ ]{0,8},[ ]"
)
_PLACE_LINK: Final = re.compile(rf"(?:{GAP})|,?[ ]?")
_STREET_LEFT: Final = re.compile(
    r"(?:^|(?<=[\s(\[\"'>:|,;]))(?:(?i:ul|av|avda?|avd|ctra|pza?|pl|al|os|rua|rue|via|calle|str|km)\b\.?/?"
    r"|[CcPp]/)[ ]?"
    r"(?:(?:de|del|de la|de los|da|do|la|el)[ ])?\Z"
)
_REGION_RIGHT: Final = re.compile(
    r",?[ ](?!(?:AM|PM|OK|TV|ID|IT|SO|NO[ ]))[A-Z]{2,3}(?=[.,;)?!\"']|\s*$|[ ]?\n)", re.MULTILINE
)
_ZIP_RIGHT: Final = re.compile(rf"(?:{GAP})(?:[A-Z]{{2,3}}[ ,]{{1,2}})?{ZIP}")
_WORD: Final = re.compile(r"[^\W\d_]{2}|[^\W\d_][ .]")
_CORNER: Final = re.compile(r"(?i:(?:the )?corner of )\Z")
# A word of small letters, or for a thing, and its number: "page 118", "Room 511", "top 10", "route 38".
_NUMBERED: Final = re.compile(
    r"(?:[a-z\u00df-\u00ff]\w*|(?i:room|gate|page|seat|route|line|port|chapter|section|figure|table|part|lot|item"
    r"|level|step|version|bus|flight|track|lane|aisle|bay|platform|terminal|exit|stage|phase|class|grade|unit"
    r"|row|boeing|airbus|staff|ticket|error|rule|article|question|answer|week|day|year|team|group))"
    r"(?: (?:no|nr|number)\.?)? ?#?\d{1,7}[A-Za-z]?"
)
_COUNTED: Final = re.compile(
    r"[ ]?(?i:cm|mm|km|kg|mg|ml|lbs?|%|mmhg|bpm|years?|months?|days?|hours?|minutes?|parts|items|users)\b"
)


def with_addresses(text: str, findings: list[Finding]) -> list[Finding]:
    """Return the findings with the pieces of each address joined, grown and judged together."""
    pieces = sorted(
        (f for f in findings if f.entity in {"ADDRESS", "LOCATION"}),
        key=lambda f: (f.start, -f.end, f.recognizer),
    )
    if not any(piece.entity == "ADDRESS" for piece in pieces):
        return findings
    addresses = [_judged(text, chain) for chain in _chains(text, pieces)]
    certain = [f for f in addresses if f.score >= SURE and any(map(str.isdigit, text[f.start : f.end]))]
    return [*_outside(text, [f for f in findings if f.entity != "ADDRESS"], certain), *addresses]


def _outside(text: str, findings: list[Finding], addresses: list[Finding]) -> Iterator[Finding]:
    """Yield the findings; a person who runs into an address ends where it begins.

    After "seen by Dr. Ana Vidal C/ Olmo 14, 41001 Sevilla" a name finder takes the street for her surname.
    """
    addresses = sorted(addresses, key=lambda f: f.start)
    for finding in findings:
        if finding.entity == "PERSON" and addresses:
            at = bisect_right(addresses, finding.start, key=lambda f: f.end)
            address = addresses[at] if at < len(addresses) else None
            if address is not None and finding.start < address.start < finding.end <= address.end:
                name = text[finding.start : address.start].rstrip(" \t\r\n,.;:-/")
                if name:
                    yield replace(finding, end=finding.start + len(name))
                continue
        yield finding


def _chains(text: str, pieces: list[Finding]) -> Iterator[list[Finding]]:
    """Yield the pieces of each address; places that belong to none are left out."""
    chain: list[Finding] = []
    end = -1
    for piece in pieces:
        if chain and (piece.start < end or _linked(text, chain, piece, end)):
            chain.append(piece)
            end = max(end, piece.end)
            continue
        if any(part.entity == "ADDRESS" for part in chain):
            yield chain
        chain, end = [piece], piece.end
    if any(part.entity == "ADDRESS" for part in chain):
        yield chain


def _linked(text: str, chain: list[Finding], piece: Finding, end: int) -> bool:
    """Tell whether the piece goes on with the address that ends at `end`."""
    if piece.start - end > MAX_GAP or len(chain) >= MAX_PIECES:
        return False
    addressed = any(part.entity == "ADDRESS" for part in chain)
    if not addressed and piece.entity == "LOCATION":
        return (
            _PLACE_LINK.fullmatch(text, end, piece.start) is not None and "\n" not in text[end : piece.start]
        )
    if not addressed:  # a place before an address: "Boston, 02139", not "in Boston, 12 Oak Street"
        return is_code(text[piece.start : piece.end]) and _LINK.fullmatch(text, end, piece.start) is not None
    if (
        piece.recognizer == OURS
        and any(part.recognizer == OURS for part in chain)
        and piece.score >= ACTED_ON
    ):
        return False  # a second address begins
    return _LINK.fullmatch(text, end, piece.start) is not None


def _judged(text: str, chain: list[Finding]) -> Finding:
    """Return the address that the pieces make, with the score that all of them give it."""
    addresses = [f for f in chain if f.entity == "ADDRESS"]
    best = max(addresses, key=lambda f: (f.score, f.end - f.start, f.recognizer))
    start, end = min(f.start for f in chain), max(f.end for f in chain)
    ours = [f for f in addresses if f.recognizer.startswith(OURS)]
    if (
        not any(f.score >= ACTED_ON for f in ours)
        and best.score < ACTED_ON
        and len(chain) == len(addresses) == 1
    ):
        return best if not _bare(text[start:end]) or ours else replace(best, score=min(best.score, DOUBTED))
    first = (start, end)
    start, end = _spread(text, start, end)
    part = text[start:end]
    if not any(f.score >= ACTED_ON for f in ours):
        if _bare(part):
            score = VETOED if _COUNTED.match(text, end) or not _zip_like(part) else DOUBTED
            return replace(best, start=start, end=end, score=min(best.score, score))
        if not any(map(str.isdigit, part)) and not _CORNER.search(text[max(start - 16, 0) : start]):
            return replace(best, start=start, end=end, score=min(best.score, DOUBTED + 0.05))
        if not ours and (
            _NUMBERED.fullmatch(part) or (first == (start, end) and best.score < ALONE and len(chain) == 1)
        ):
            return replace(best, score=DOUBTED)
    seen = any(f.recognizer != best.recognizer for f in chain)
    score = max(best.score, AGREED) if seen and best.score >= DOUBTED else best.score
    return replace(best, start=start, end=end, score=score)


def _spread(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span with units, numbers, codes and countries around it."""
    street = _STREET_LEFT.search(text[max(start - 24, 0) : start])
    if street is not None:
        start -= len(street[0])
    start = head(text, start)
    for _ in range(3):
        grown, _ = tail(text, end)
        region = _REGION_RIGHT.match(text, grown) or _ZIP_RIGHT.match(text, grown)
        grown = region.end() if region is not None and not text[start:end].isupper() else grown
        if grown == end:
            break
        end = grown
    if text[end - 1] == "." and text[end : end + 1] in {"", " ", "\n", '"'}:
        end -= 1
    return start, end


def _bare(part: str) -> bool:
    """Tell whether the text is a number, or several, and no word."""
    return _WORD.search(part) is None


def _zip_like(part: str) -> bool:
    return is_code(part.strip(" ,."))
