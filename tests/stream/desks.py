"""Desks for the tests of streams: they know a few kinds of values and the tokens of one map."""

from __future__ import annotations

import itertools
import re

from guardrail.types import Action, Decision, Finding
from guardrail.vault.memory import TokenMap

VALUES = re.compile(r"\d{4}(?:[ \n]?\d{4})*|Ann \"?Smith|[a-z]+@[a-z]+(?:\.[a-z]+)+|Main St\. [A-Z]\w+")
KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"
)
RUN = re.compile(r"eyJ[A-Za-z0-9+/=\n]{40,}|data:[a-z/]+;base64,[A-Za-z0-9+/=]*|https?://\S+")


class Reader:
    """A desk that knows four kinds of values and the tokens of one map."""

    def __init__(self, tokens=None, *, more=()):
        self.map = tokens or TokenMap(bytes(32))
        self.patterns = [VALUES, *more]
        self.counted = 0
        self.names_asked = 0
        self.keys = []

    def about(self, _hint, *, names=True):
        del names
        return self

    def structural(self, text):
        self.keys.append(text)

    def decide(self, text, *, names=True):
        self.names_asked += names
        found = []
        for pattern in self.patterns:
            for m in pattern.finditer(text):
                if all(m.end() <= f.start or m.start() >= f.end for f in found):
                    found.append(Finding(m.start(), m.end(), "X", 1.0, "test"))
        return [Decision(f, Action("redact"), "policy", "rule") for f in sorted(found, key=lambda f: f.start)]

    def act(self, _text, _decision):
        return "[X]"

    def tokens(self, text):
        return self.map.find(text, destination="completion")

    def begun(self, text):
        return self.map.begun(text)

    def count(self, decisions, _places):
        self.counted += len(list(decisions))


def split(text, cuts):
    """Return the text in pieces, cut at these places."""
    places = [0, *sorted(cuts), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


def through(pieces, stream):
    """Return what a stream makes of the pieces."""
    return "".join([*(stream.feed(piece) for piece in pieces), stream.finish()])
