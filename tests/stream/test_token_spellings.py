"""A spelling that is proved comes back from a stream as from a whole text, wherever it was cut."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from guardrail.stream import TextStream, weave
from guardrail.tokens import CONVERSATION
from guardrail.vault.memory import TokenMap

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "token_spellings_v1.json").read_text("utf-8"))
ROWS = [*VECTORS["restored"], *VECTORS["left"]]


class Desk:
    """A desk that finds nothing, and knows the tokens of the vectors."""

    def __init__(self):
        self.map = TokenMap(bytes.fromhex(VECTORS["key"]), length=CONVERSATION)
        self.places = []
        for row in VECTORS["issued"]:
            self.map.issue(row["entity"], row["value"], restore=["completion"])

    def decide(self, text, *, names=True):
        return []

    def act(self, text, decision):
        raise NotImplementedError

    def tokens(self, text):
        return self.map.find(text, destination="completion")

    def begun(self, text):
        return self.map.begun(text)

    def count(self, decisions, places):
        self.places += [place.proof for place in places]

    def structural(self, text):
        raise NotImplementedError


def streamed(text, cuts, *, fast):
    desk = Desk()
    stream = TextStream(desk, fast=fast)
    at, out = 0, []
    for cut in [*cuts, len(text)]:
        out.append(stream.feed(text[at:cut]))
        at = cut
    return "".join([*out, stream.finish()]), desk.places


@pytest.mark.parametrize("fast", [False, True], ids=["strict", "fast"])
@pytest.mark.parametrize(
    "around", ["{}", "Well.\nSee: {} and so on; then.\nBye.", "word " * 40 + "{}.\n" + "word "]
)
def test_a_spelling_is_the_same_at_every_cut(around, fast):
    for row in ROWS:
        text = around.format(row["text"])
        desk = Desk()
        whole = weave(text, start=0, end=len(text), desk=desk, decisions=[])
        assert row.get("restored", row["text"]) in whole
        begin = text.index(row["text"])
        step = 1 if len(around) < 100 else 9
        for cut in range(begin, begin + len(row["text"]) + 1, step):
            assert streamed(text, [cut], fast=fast) == (whole, desk.places), row["what"]
        assert streamed(text, range(1, len(text)), fast=fast) == (whole, desk.places), row["what"]


@pytest.mark.parametrize("fast", [False, True], ids=["strict", "fast"])
def test_random_texts_of_spellings_are_the_same_however_they_are_cut(fast):
    chance = random.Random(7)
    words = [row["text"] for row in ROWS] + [
        "and",
        "so.",
        "on:\n",
        "<b>",
        "a < b",
        "x_y",
        "&",
        "http://x.example/",
    ]
    for _ in range(60):
        text = " ".join(chance.choice(words) for _ in range(chance.randrange(1, 40)))
        desk = Desk()
        whole = weave(text, start=0, end=len(text), desk=desk, decisions=[])
        cuts = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randrange(1, 60)))
        assert streamed(text, cuts, fast=fast) == (whole, desk.places)


@pytest.mark.parametrize("size", [4_090, 4_200, 9_000])
def test_a_spelling_is_never_cut_by_force(size):
    for row in VECTORS["restored"]:
        for before in ("a" * size, "ab " * (size // 3)):
            text = f"{before[:size]} {row['text']}"
            desk = Desk()
            whole = weave(text, start=0, end=len(text), desk=desk, decisions=[])
            assert streamed(text, range(1, len(text), 97), fast=False)[0] == whole, row["what"]
