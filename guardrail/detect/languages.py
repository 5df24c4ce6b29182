"""Which language a text is in, which languages are served, and whom to believe in which.

The identifier is py3langid (BSD; a naive Bayes model over bytes that lies in its
wheel), held to the languages that are served and their neighbours, so that
Norwegian is not taken for Danish for want of a better word. ADR 0118.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.detect.names import NameFinder
    from guardrail.types import Finding

__all__ = ["AUTO", "LANGUAGES", "Languages", "ask", "bound", "code_of"]

AUTO: Final = "auto"
# Measured on labelled texts: docs/limitations.md has the figures.
LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "English",
        "de": "German",
        "fr": "French",
        "es": "Spanish",
        "it": "Italian",
        "nl": "Dutch",
        "pl": "Polish",
        "pt": "Portuguese",
        "sv": "Swedish",
        "da": "Danish",
    }
)
OTHERS: Final = ("ca", "cs", "fi", "hu", "no", "ro", "tr")
LOOKED_AT: Final = 1_000  # code points: the first page tells the language
WORDS: Final = 4  # fewer say nothing: a name and a number are the same in every language
FOREIGN: Final = 0.02  # English is less likely than this: the text is not English
INKLING: Final = 0.05  # part of the mass that a finder gives to a person
DOUBTFUL: Final = 0.4  # reported, not acted on by default
NEAR: Final = 16  # words of one name
SCRIPT: Final = 0.5  # part of the letters that are not Latin
_TAG: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")


class Languages:
    """Tells the language of each text. Immutable after loading; safe to share between threads."""

    def __init__(self, identifier: Any = None, *, fixed: str = "") -> None:  # noqa: ANN401 - it has no types
        self._identifier = identifier
        self._fixed = fixed

    @classmethod
    def load(cls, language: str = AUTO) -> Languages:
        """Read the identifier's model (a second), or take `language` for every text.

        Raises:
            ConfigError: a language that is not served, or the identifier is missing.
        """
        if language != AUTO:
            code = code_of(language)
            if not code:
                raise ConfigError(
                    f"the language {language[:20]!r} is not served",
                    advice=f"use one of: {AUTO}, {', '.join(LANGUAGES)}",
                )
            return cls(fixed=code)
        return cls(_identifier())

    def each(self, texts: Sequence[str], said: Sequence[str]) -> list[str]:
        """Return the code of each text's language."""
        return [self.of(text, said=tag) for text, tag in zip(texts, said, strict=True)]

    def of(self, text: str, *, said: str = "") -> str:
        """Return the code of the text's language, or "" where neither it nor `said` tells.

        `said` decides where the text is too short or reads as several languages: what
        an application says of its texts is often wrong, and a country is no language.
        A language that is not served gives a code as well ("no"), a script other than
        Latin "und".
        """
        if self._fixed:
            return self._fixed
        words = _WORD.findall(text[:LOOKED_AT])
        letters = sum(map(len, words))
        if len(words) < WORDS:
            return code_of(said)
        if sum(len(word) for word in words if _LATIN.fullmatch(word) is None) > SCRIPT * letters:
            return "und"
        if self._identifier is None:
            return code_of(said)
        ranked: list[tuple[str, float]] = self._identifier.rank(" ".join(words))
        best = ranked[0][0]
        english = dict(ranked)["en"]
        if best == "en" or english < FOREIGN:
            return best
        return code_of(said)


@lru_cache(maxsize=1)
def _identifier() -> Any:  # noqa: ANN401 - it has no types
    """Read the model once per process: a second, and some 50 MB."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - numpy, and a model

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        identifier.set_languages([*LANGUAGES, *OTHERS])
    except (ImportError, OSError, ValueError, AttributeError):
        raise ConfigError(
            "the identifier of languages cannot be loaded",
            advice="run: python -m pip install --force-reinstall --no-deps 'py3langid>=0.4'",
        ) from None
    return identifier


def bound(finders: Sequence[NameFinder]) -> bool:
    """Tell whether a finder does not read every language alike, so that texts must be told apart."""
    return any(
        getattr(finder, "languages", None) or getattr(finder, "abroad", None) is not None
        for finder in finders
    )


def code_of(tag: str) -> str:
    """Return the served language that a tag such as "de-AT" (BCP 47) names, or nothing."""
    match = _TAG.fullmatch(tag)
    code = match[1].lower() if match else ""
    return code if code in LANGUAGES else ""


def ask(
    finders: Sequence[NameFinder], texts: Sequence[str], languages: Sequence[str]
) -> list[list[list[Finding]]]:
    """Return what each finder says of each text, held against whether it reads the text's language.

    `languages` has a code per text, or "" where nobody can tell: then all are believed alike.
    """
    said = [finder.find(texts) for finder in finders]
    reading: list[frozenset[str]] = [getattr(finder, "languages", frozenset()) for finder in finders]
    for at, code in enumerate(languages):
        strangers = [place for place, read in enumerate(reading) if read and code and code not in read]
        natives = [place for place in range(len(finders)) if place not in strangers]
        if strangers and natives:
            known = [finding for place in natives for finding in said[place][at]]
            for place in strangers:
                said[place][at] = _second(texts[at], said[place][at], known)
    return said


def _second(text: str, said: Sequence[Finding], known: Sequence[Finding]) -> list[Finding]:
    """Return what is worth hearing of a finder that does not read the language.

    It still knows a full name by its form: one that a finder of the language has at
    least an inkling of counts. A place is a doubtful one. What else it says is
    noise: every German noun has a capital letter.
    """
    people = sorted((f.start, f.end) for f in known if f.entity == "PERSON" and f.score > INKLING)
    heard = []
    for finding in said:
        if finding.entity == "LOCATION":
            heard.append(replace(finding, score=min(finding.score, DOUBTFUL)))
        elif finding.entity == "PERSON" and " " in text[finding.start : finding.end]:
            at = bisect_left(people, (finding.end, 0))
            if any(end > finding.start for _, end in people[max(at - NEAR, 0) : at]):
                heard.append(finding)
    return heard
