"""A stand-in becomes its value where it stands as itself, and is left where it may be anything else."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.stream import TextStream
from guardrail.vault.conversations import Conversations
from guardrail.vault.memory import TokenMap
from guardrail.vault.patterns import Patterns, atoms
from guardrail.vault.store import Scope

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "operators_v1.json").read_text("utf-8"))[
    "reading"
]
BACK = ("completion",)


def issued(tokens=None, rows=VECTORS["issued"], restore=BACK):
    tokens = TokenMap(bytes(32)) if tokens is None else tokens  # an empty one is false
    for row in rows:
        standins, said = tokens.standins, (row["entity"], row["value"], (row["standin"],))
        assert standins.issue(*said, kind=row["kind"], restore=restore) == row["standin"]
    return tokens


@pytest.mark.parametrize(("text", "restored"), VECTORS["texts"])
def test_the_vectors_of_reading(text, restored):
    assert issued().restore(text, destination="completion") == restored


@pytest.mark.parametrize(("text", "restored"), VECTORS["texts"])
def test_nothing_is_read_for_another_destination_or_in_a_request(text, restored):
    assert issued().restore(text, destination="tool:search") == text
    assert issued().find(text, destination="") == []


def test_what_is_left_in_doubt_is_counted_and_shields_nothing():
    (place,) = issued().find("Maria Gonzalez", destination="completion")
    assert (place.value, place.proof, place.shields) == (None, "doubtful", False)
    (place,) = issued().find("Maria", destination="tool:search")
    assert (place.value, place.proof, place.shields) == (None, "issued", True)


@pytest.mark.parametrize("heard", ["Maria is my neighbour", "Mr Calder", "MARIA CALDER"])
def test_a_name_that_a_request_holds_too_is_not_guessed(heard):
    tokens = issued()
    tokens.reserve(heard)
    word = heard.split()[0] if heard.startswith("Maria") else heard.split()[-1]
    (place,) = tokens.find(word.title(), destination="completion")
    assert (place.value, place.proof) == (None, "doubtful")
    assert tokens.restore("maria17@example.com", destination="completion") == "ann@acme.com"


def test_a_value_that_the_model_brought_never_comes_back():
    tokens = issued(restore=None)
    assert (
        tokens.restore("Maria Calder on 2024-04-14", destination="completion") == "Maria Calder on 2024-04-14"
    )


def test_only_destinations_of_every_rule_see_the_value():
    tokens = issued(issued(restore=("completion", "tool:crm_*")), restore=("tool:crm_find",))
    assert tokens.restore("Maria Calder", destination="completion") == "Maria Calder"


def test_two_values_never_share_a_stand_in():
    tokens = issued()
    issue = tokens.standins.issue
    assert issue("PERSON", "Bob", ("Maria", "MARIA", "Paula"), kind="name", restore=BACK) == "MARIA"
    assert issue("PERSON", "Bob", ("Bob",), kind="name", restore=BACK) == ""


def test_a_conversation_remembers_its_stand_ins_and_no_other_knows_them():
    store = Conversations()
    one = TokenMap(bytes(32), shelf=store.shelf(Scope("", "a"), keep=60))
    issued(one)
    one.commit()
    later = TokenMap(bytes(32), shelf=store.shelf(Scope("", "a"), keep=60)).with_standins()
    assert later.restore("Maria Calder, 14 April 2024", destination="completion") == "Ann Smith, 5 March 2024"
    assert later.standins.issue("PERSON", "Bob", ("Maria", "Paula"), kind="name", restore=BACK) == "Paula"
    other = TokenMap(bytes(32), shelf=store.shelf(Scope("", "b"), keep=60)).with_standins()
    assert other.restore("Maria Calder", destination="completion") == "Maria Calder"
    assert len(later.standins) == len(VECTORS["issued"]) + 1


def test_dates_of_two_spans_come_back_as_they_were_issued_alone():
    tokens = issued()
    row = ("DATE_TIME", "2024-01-01", ("2024-01-08",))
    assert tokens.standins.issue(*row, kind="date", restore=BACK)
    restored = tokens.restore("2024-04-14, 2024-01-08, 2024-02-02", destination="completion")
    assert restored == "2024-03-05, 2024-01-01, 2024-02-02"


def test_the_order_of_numbers_is_that_of_the_issued_dates():
    tokens = TokenMap(bytes(32))
    row = ("DATE_TIME/dmy", "03/04/2024", ("13/04/2024",))
    assert tokens.standins.issue(*row, kind="date", restore=BACK)
    assert (
        tokens.restore("13/04/2024 and 12/05/2024", destination="completion") == "03/04/2024 and 02/05/2024"
    )


# --- streams -----------------------------------------------------------------

ANSWERS = [
    "Dear Maria, Maria Calder is Maria. Mail maria17@example.com. Maria Gonzalez is not MARIA CALDER. ",
    "Seen on 14 April 2024, again on 28. April 2024. Maria\nCalder! Call +1 504 555 0176: Calder's phone. ",
    "Am 14. April 2024 kam Frau Calder. Maria. Calder. The 14th of April, 2024. Mr. Calder, Maria ",
]


class Desk:
    def __init__(self, tokens):
        self.map = tokens

    def decide(self, text, *, names=True):
        return []

    def act(self, text, decision):
        raise NotImplementedError

    def tokens(self, text):
        return self.map.find(text, destination="completion")

    def begun(self, text):
        return self.map.begun(text)

    def count(self, decisions, places):
        pass


def streamed(text, cuts, *, fast):
    stream = TextStream(Desk(issued()), fast=fast)
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    return "".join([*(stream.feed(piece) for piece in pieces), stream.finish()])


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_stream_in_one_piece_or_in_characters_is_the_whole_answer(answer, fast):
    whole = issued().restore(answer, destination="completion")
    assert whole != answer
    assert streamed(answer, [], fast=fast) == whole
    assert streamed(answer, range(1, len(answer)), fast=fast) == whole


@settings(max_examples=25, deadline=None)
@given(data=st.data(), fast=st.booleans())
def test_every_partition_of_the_answer_restores_alike(data, fast):
    answer = "".join(data.draw(st.permutations(ANSWERS)))
    cuts = data.draw(st.lists(st.integers(0, len(answer)), max_size=12))
    assert streamed(answer, cuts, fast=fast) == issued().restore(answer, destination="completion")


def test_a_text_is_held_only_while_a_stand_in_may_go_on():
    tokens = issued()
    for text, held in [
        ("He met Maria ", "Maria "),
        ("He met Maria Calder ", "Maria Calder "),
        ("He met Mr. ", "Mr. "),
        ("Maria went ", ""),
        ("call +1 504 ", "1 504 "),
        ("plain words ", ""),
    ]:
        assert text[tokens.begun(text) :] == held, text
    assert TokenMap(bytes(32)).begun("Maria ") == 6


# --- mutations ---------------------------------------------------------------


def mutated(text, random_):
    """Return the text with a letter lost, doubled, changed, swapped or glued to it, or a word beside it."""
    at = random_.randrange(len(text))
    letter = random_.choice("abcdefghijklmnopqrstuvwxyz0123456789")
    return random_.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
            letter + text,
            text + letter,
            f"{text}-{letter}",
            f"{letter}'{text}",
        ]
    )


def no_wrong_restores(count, seed):
    random_ = random.Random(seed)
    rows = [row for row in VECTORS["issued"] if row["kind"] != "date"]
    tokens = issued(rows=rows)
    right = {row["standin"].casefold() for row in rows}
    for _ in range(count // 50):
        bent = [mutated(random_.choice(rows)["standin"], random_) for _ in range(50)]
        text = "".join(f"so {one} said, " for one in bent)
        for place in tokens.find(text, destination="completion"):
            # What stands whole beside a bent part was issued; a number is the same without its sign.
            written = text[place.start : place.end].casefold()
            assert place.value is None or {written, f"+{written}"} & right, bent


def test_no_bent_stand_in_is_restored():
    no_wrong_restores(3_000, 1)


@pytest.mark.slow
def test_of_a_hundred_thousand_bent_stand_ins_none_is_restored():
    no_wrong_restores(100_000, 2)


# --- patterns ----------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    patterns=st.lists(st.text("ab c.", min_size=1, max_size=8), max_size=6),
    text=st.text("ab c.\n", max_size=40),
)
def test_patterns_are_found_where_they_stand_and_nowhere_else(patterns, text):
    tree = Patterns()
    for pattern in patterns:
        tree.add(pattern, ("surrogate", pattern), person=False)
    at = 0
    for one in tree.find(text):
        assert at <= one.start < one.end
        at = one.end
        shown = "".join(a.folded for a in atoms(text[one.start : one.end]))
        assert shown == "".join(a.folded for a in atoms(one.key[1]))
    assert 0 <= tree.begun(text) <= len(text)


def test_reading_is_linear_in_the_text_and_in_the_number_of_patterns():
    tree = Patterns()
    for n in range(2_000):
        tree.add(f"maria no{n} calder", ("surrogate", f"maria no{n} calder"), person=False)
    assert len(tree.find("maria no7 calder, " * 500)) == 500
    assert tree.find("maria " * 5_000) == []
    tree.add(" ".join(["x"] * 30), ("surrogate", "long"), person=False)
    tree.add("...", ("surrogate", "none"), person=False)
    assert tree.find("x " * 40) == []
