"""What a model makes of a token: which bent spellings still prove the one that was issued.

The rules are those of docs/spec/tokens.md, "Spellings". A reading is *issued*
where the map holds its name, or where payload and check together (35 bits or
more) belong to exactly one issued token and only the type was lost or
translated. Nothing is completed, corrected or guessed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from guardrail.entities import ENTITIES
from guardrail.tokens import ALPHABET, BODIES, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONGEST_SPELLING", "Issued", "Notation", "Reading", "alive", "bodies", "read", "written"]

Notation: TypeAlias = Literal["", "html", "url"]

MAX_LOOSE: Final = 6  # white space and invisible characters inside one pair of brackets
_CONTENT: Final = 110  # characters between brackets: the longest name, escaped, with loose characters
LONGEST_SPELLING: Final = 128  # characters of the longest spelling that is read, brackets included

# "<" as it is written in HTML, Markdown, JSON and URLs, and the characters that models take for it.
# Square, round and curly brackets, and the quotes of French, are marks of their own: they stay.
_OPENERS: Final = "<\uff1c\ufe64\u2039\u3008\u2329\u27e8\u276c\u276e"
_CLOSERS: Final = ">\uff1e\ufe65\u203a\u3009\u232a\u27e9\u276d\u276f"
_OPEN: Final = rf"(?:\\?[{_OPENERS}]|&lt;|&#0{{0,4}}60;|&#x0{{0,4}}3c;|\\u003c|%3c)"
_CLOSE: Final = rf"(?:\\?[{_CLOSERS}]|&gt;|&#0{{0,4}}62;|&#x0{{0,4}}3e;|\\u003e|%3e)"
_INSIDE: Final = rf"(?:[^\x00-\x08\x0e-\x1f!-,./:-@\[-^`{{-\x7f{_OPENERS}{_CLOSERS}]|\\(?=[_\s]))"
_BRACKETED: Final = re.compile(
    rf"(?P<open>{_OPEN})(?P<content>{_INSIDE}{{8,{_CONTENT}}}?)(?P<close>{_CLOSE})", re.IGNORECASE
)
_MAY_OPEN: Final = re.compile(rf"[{_OPENERS}&%\\]")  # one set of characters: found fast
_OPEN_BEFORE: Final = re.compile(rf"{_OPEN}\Z", re.IGNORECASE)
_CLOSE_BEHIND: Final = re.compile(_CLOSE, re.IGNORECASE)
_WIDEST_BRACKET: Final = 9

# What ends like a token, and the run of word characters before it. An underscore may be escaped as
# in Markdown, and those of its emphasis stand around. The look-behinds let a run begin nowhere but
# at its beginning: linear time.
_ENDING: Final = re.compile(r"_([0-9A-TV-Za-tv-z]{7,26}+)(?:\\?_){0,3}+(?![A-Za-z0-9_])", re.ASCII)
_KIND: Final = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:\\_|(?<!\\)_)(?:\\?_){0,2})?([A-Za-z](?:[A-Za-z0-9]|\\?_){0,79})\\?\Z", re.ASCII
)
_KIND_REACH: Final = 90  # characters before a body in which its type begins
# What reads as a token of ours or of another tool, and proves nothing: it is counted.
_BROKEN: Final = re.compile(r"<[A-Z][A-Z0-9_]{0,39}_(?=[A-Z]{0,24}[0-9])[0-9A-Z]{1,25}>", re.ASCII)

_SURE: Final = str.maketrans("OIL", "011")  # Crockford's own rule: no token holds these three letters
_BASE32: Final = frozenset(ALPHABET)
_HYPHENS: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2212\uff3f")
_INVISIBLE: Final = frozenset({"Cf", "Cc"})
_PART_OF_BRACKET: Final = re.compile(
    r"(?:\\(?:u0{0,2}|u003)?|&(?:l|lt|g|gt|#(?:x?0{0,4}(?:3|6|3[ce]|6[02])?)?)?|%3?)\Z", re.IGNORECASE
)
_OPENER: Final = re.compile(_OPEN, re.IGNORECASE)
_ALL_INSIDE: Final = re.compile(f"{_INSIDE}*+")
_WORD_END: Final = re.compile(r"(?:[A-Za-z0-9_]|\\_)++\Z", re.ASCII)


class Issued(Protocol):
    """What is known of the tokens that were issued here."""

    def named(self, inner: str) -> bool:
        """Tell whether a token of this canonical name was issued."""
        ...

    def bodied(self, body: str) -> str:
        """Return the name of the only token with this payload and check; "" for none or several."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """A place in a text that reads as a token, and what proves it.

    `issued`: the map knows it, `inner` is its canonical name. `foreign`: spelt
    canonically, its check holds, and it was not issued here. `broken`: it has
    the form, and its check does not hold. `named` tells that the type is that of
    the token, or an entity: what else stands in its place could be a value.
    """

    start: int
    end: int
    inner: str
    proof: Literal["issued", "foreign", "broken"]
    notation: Notation = ""
    named: bool = True


def read(text: str, issued: Issued) -> list[Reading]:
    """Return every place that reads as a token, in order and disjoint; time is linear in the text."""
    found = [reading for match in _brackets(text) if (reading := _bracketed(match, issued)) is not None]
    taken = iter([*found])
    beside = next(taken, None)
    for run in _runs(text):
        while beside is not None and beside.end <= run.start:
            beside = next(taken, None)
        if beside is not None and beside.start < run.end:
            continue
        reading = _bare(text, run, issued)
        if reading is not None:
            found.append(reading)
    found.sort(key=lambda reading: reading.start)
    return _with_broken(text, found)


def bodies(text: str) -> Iterator[str]:
    """Yield payload and check of everything that could be read as a token by any rule of `read`."""
    for match in _brackets(text):
        plain = _plain(match["content"])
        if plain is not None:
            yield from (body for _, body in _splits(plain))
    yield from (run.body for run in _runs(text))


def alive(text: str) -> int:
    """Return where the end of `text` begins that more text could still make a token of, or its length.

    A stream must not cut there: neither inside a word nor between brackets that
    are open. At most `LONGEST_SPELLING` characters are alive.
    """
    tail = text[-LONGEST_SPELLING:]
    offset = len(text) - len(tail)
    if tail[-1:].isspace() and not _MAY_OPEN.search(tail):
        return len(text)
    openers = list(_OPENER.finditer(tail))
    if openers:
        rest = tail[openers[-1].end() :]
        partial = _PART_OF_BRACKET.search(rest)
        inside = rest[: partial.start()] if partial else rest
        if _ALL_INSIDE.fullmatch(inside) and _loose(inside) <= MAX_LOOSE:
            return offset + openers[-1].start()
    begins = len(tail)
    for ending in (_PART_OF_BRACKET, _WORD_END, _OPEN_BEFORE):
        if match := ending.search(tail, 0, begins):
            begins = match.start()
    return offset + begins


def written(value: str, notation: Notation) -> str:
    """Return `value` in the notation in which the model wrote the brackets of its token."""
    return html.escape(value, quote=False).replace('"', "&quot;") if notation == "html" else value


def _bracketed(match: re.Match[str], issued: Issued) -> Reading | None:
    """Return a reading between two brackets, if it is proved; other rules may still read what is not."""
    plain = _plain(match["content"])
    if plain is None:
        return None
    splits = list(_splits(plain))
    kind, body = splits[0] if splits else ("", "")
    named = bool(kind) and issued.named(f"{kind.upper()}_{body}")
    if named:
        names = {f"{kind.upper()}_{body}"}
    else:
        names = {name for kind, body in splits if (name := _translated(kind, body, issued))}
    if len(names) != 1:
        return None
    notation = _notation(match["open"], match["close"])
    return Reading(match.start(), match.end(), names.pop(), "issued", notation, named)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of word characters that ends like a token; `end` is that of its body, without a plural."""

    start: int
    end: int
    kind: str
    body: str
    plural: bool


def _brackets(text: str) -> Iterator[re.Match[str]]:
    """Yield what stands between brackets of any notation, disjoint."""
    at = 0
    for place in _MAY_OPEN.finditer(text):
        if place.start() >= at and (match := _BRACKETED.match(text, place.start())):
            yield match
            at = match.end()


def _runs(text: str) -> Iterator[_Run]:
    for ending in _ENDING.finditer(text):
        said, plural = _singular(ending[1])
        body = _canonical(said)
        if body and (kind := _KIND.search(text, max(0, ending.start() - _KIND_REACH), ending.start())):
            end = ending.end(1) - plural
            yield _Run(kind.start(1), end, kind[1].replace("\\", "").upper(), body, plural)


def _bare(text: str, run: _Run, issued: Issued) -> Reading | None:
    """Return a reading of a run of word characters, with the brackets that are there."""
    start, end, inner = run.start, run.end, f"{run.kind}_{run.body}"
    named = issued.named(inner)
    if not named:
        # A script without spaces sets its letters beside a token; they may be the type's own, too.
        alone = not text[max(0, start - 1) : start].isalnum()
        name = _translated(run.kind, run.body, issued) if alone else ""
        if not name:
            return _foreign(text, run, inner)
        inner = name
    if run.plural:
        return Reading(start, end, inner, "issued", named=named)
    opened = _OPEN_BEFORE.search(text, max(0, start - _WIDEST_BRACKET), start)
    closed = _CLOSE_BEHIND.match(text, end)
    notation = _notation(opened[0] if opened else "", closed[0] if closed else "")
    start, end = opened.start() if opened else start, closed.end() if closed else end
    return Reading(start, end, inner, "issued", notation, named)


def _foreign(text: str, run: _Run, inner: str) -> Reading | None:
    """Return what was issued elsewhere; None for a word that only looks alike: it is text like any other.

    Nor is a number in the form of a token one: it must not pass by the detectors.
    """
    start, end = run.start - 1, run.end + 1
    exact = start >= 0 and text[start:end] == f"<{inner}>"
    if not exact or run.body[:-1].isdigit() or not well_formed(inner):
        return None
    return Reading(start, end, inner, "foreign", named=run.kind in ENTITIES)


def _with_broken(text: str, found: list[Reading]) -> list[Reading]:
    """Return the readings, and between them what has the form of a token and proves nothing."""
    if "_" not in text:
        return found
    starts = {reading.start for reading in found}
    ends = {reading.end for reading in found}
    broken = [
        Reading(match.start(), match.end(), "", "broken", named=False)
        for match in _BROKEN.finditer(text)
        if match.start() not in starts and match.end() not in ends
    ]
    return sorted([*found, *broken], key=lambda reading: reading.start) if broken else found


def _splits(plain: str) -> Iterator[tuple[str, str]]:
    """Yield type and body as they are written, and then every way to part them without a mark."""
    kind, mark, said = plain.rpartition("_")
    if mark and (body := _canonical(said)):
        yield kind, body
        return
    solid = plain.replace("_", "")
    for length in BODIES:
        if len(solid) > length and (body := _canonical(solid[-length:])):
            yield solid[:-length], body


def _translated(kind: str, body: str, issued: Issued) -> str:
    """Return the token whose type was lost or translated, if its body proves it; "" otherwise."""
    word = kind.replace("_", "")
    # A number proves nothing: too many of them are written. Nor does a type that holds digits: it
    # may be what is left of another token, which would be swallowed.
    if body.isdigit() or not word or len(word) > 60 or not _is_word(word):
        return ""
    name = issued.bodied(body)
    if not name or any(
        issued.bodied(word[at : at + length].upper())
        for length in BODIES
        for at in range(len(word) - length + 1)
    ):
        return ""
    return name


def _is_word(word: str) -> bool:
    return all(unicodedata.category(letter)[0] in "LM" for letter in word)


def _canonical(body: str) -> str:
    """Return a body in its canonical letters, "" if it is none: one case, and Crockford's O, I and L."""
    folded = body.upper().translate(_SURE)
    return folded if len(folded) in BODIES and _BASE32.issuperset(folded) else ""


def _singular(body: str) -> tuple[str, bool]:
    """Part the "s" of a plural from a body in capitals: no body is one character longer than another."""
    plural = len(body) - 1 in BODIES and body[-1] == "s" and not any(c.islower() for c in body[:-1])
    return (body[:-1] if plural else body), plural


def _plain(content: str) -> str | None:
    """Return what stands between brackets without escapes and loose characters; None for too many."""
    if content.isascii() and content.replace("_", "").isalnum():
        return content.strip("_")
    if _loose(content) > MAX_LOOSE:
        return None
    letters = []
    for letter in unicodedata.normalize("NFKC", content):
        if letter in _HYPHENS:
            letters.append("_")
        elif letter != "\\" and not _is_loose(letter):
            letters.append(letter)
    return "".join(letters).strip("_")


def _loose(content: str) -> int:
    return sum(map(_is_loose, content))


def _is_loose(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in _INVISIBLE


def _notation(opened: str, closed: str) -> Notation:
    if "%" in opened + closed:
        return "url"
    return "html" if "&" in opened + closed else ""
