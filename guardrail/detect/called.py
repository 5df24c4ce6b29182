"""Full names that no finder saw: in languages that they do not read, and "Last, First" of records.

A listed given name with a family name behind it is a person where no finder takes
it for something else. ADR 0140.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.given import COMMON, GIVEN, NEVER, WORDS_TOO
from guardrail.detect.places import is_place
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.prose import Lines

__all__ = ["called"]

NAME: Final = "guardrail/given-name"
SCORE: Final = 0.55
RECORD: Final = 0.75
_UPPER: Final = "A-Z\u00c0-\u00de\u0141\u015a\u0179\u017b\u0130\u015e\u010c\u0160\u017d"
_FULL: Final = re.compile(
    rf"(?<![\w@#./&'\u2019-])([{_UPPER}][^\W\d_]{{2,13}})"
    rf"( (?:(?:da|das|de|del|do|dos|van|von|di) )?[{_UPPER}][^\W\d_]{{2,20}}(?:-[{_UPPER}][^\W\d_]{{1,20}})?)"
    r"(?![\w@/&(\[=-]|\.\w)"
)
# A ticket's or a laboratory's "LAST/FIRST MR", "LAST,FIRST": family name, given name.
_RECORD: Final = re.compile(
    r"(?<![\w/,.-])([A-Z]{2,20}(?:[ '-][A-Z]{2,20})?)([/,] ?)([A-Z]{2,15})"
    r"( (?:MR|MRS|MS|MISS|MSTR|DR))?(?![\w/-])"
)

# A handle or a tag that spells a full name: "@AnnaQuast", "#anna_quast7".
_HANDLE: Final = re.compile(
    r"(?<![\w@#./])[@#](?:([A-Z][a-z]{2,13})_?([A-Z][a-z]{2,20})|([a-z]{3,14})_([a-z]{3,20}))\d{0,4}(?![\w@/(])"
)
# Who says who is writing, in small letters: "im anna btw", "this is kwame, can you", "its tom here". "It is"
# says as much of things, so that it counts only with a word for being there behind the name.
_SELF: Final = re.compile(
    r"(?<![\w'\u2019])(?:(?:i['\u2019]?m|i am|my name['\u2019]?s|my name is)(?: called)?"
    r" (?P<me>[a-z]{3,12})(?=\s*(?:[,.!?\n]|\Z| (?:here|from|btw|again|lol|and|by|at|speaking)\b))"
    r"|(?:it['\u2019]?s|this is) (?P<it>[a-z]{3,12})(?=,? (?:here|from|speaking|calling|again)\b))",
    re.IGNORECASE,
)
INTRODUCED: Final = 0.6
HANDLE: Final = 0.9  # the same characters are a user name too


def called(text: str, lines: Lines) -> Iterator[Finding]:
    """Yield the names that the writing and a list of given names tell, sorted, apart from each other."""
    found = [*_records(text), *_handles(text, lines), *_full(text, lines), *_introduced(text, lines)]
    past = 0
    for finding in sorted(found, key=lambda f: f.start):
        if finding.start >= past:
            past = finding.end
            yield finding


def _records(text: str) -> Iterator[Finding]:
    for match in _RECORD.finditer(text):
        given = match[3].lower() in GIVEN or ("/" in match[2] and match[4])
        if given and not is_place(match[1]):
            yield Finding(match.start(), match.end(3), "PERSON", RECORD, NAME)


def _full(text: str, lines: Lines) -> Iterator[Finding]:
    for match in _FULL.finditer(text):
        word = match[1].lower()
        if word not in GIVEN or word in NEVER or match[1].isupper() or is_place(word):
            continue
        if not is_place(match[2].strip()) and lines.kind(match.start()) == "prose":
            yield Finding(match.start(), match.end(), "PERSON", SCORE, NAME)


def _introduced(text: str, lines: Lines) -> Iterator[Finding]:
    for match in _SELF.finditer(text):
        group = "me" if match["me"] else "it"
        word = match[group]
        if word in COMMON and word not in WORDS_TOO and lines.kind(match.start()) == "prose":
            yield Finding(*match.span(group), "PERSON", INTRODUCED, NAME)


def _handles(text: str, lines: Lines) -> Iterator[Finding]:
    for match in _HANDLE.finditer(text):
        given = (match[1] or match[3]).lower()
        if given in COMMON and lines.kind(match.start()) == "prose":
            yield Finding(match.start(), match.end(), "PERSON", HANDLE, NAME)
