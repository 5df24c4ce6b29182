"""What reads as a token, and what does not (docs/spec/tokens.md, "Form" and "Check character")."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import tokens
from guardrail.errors import ConfigError

KEY = b"k" * 32
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

entities = st.from_regex(r"\A[A-Z][A-Z0-9_]{0,39}\Z")
lengths = st.sampled_from(range(6, 25, 3))
inners = st.builds(
    lambda entity, value, length: tokens.make(KEY, entity, value, length=length),
    entities,
    st.text(max_size=8),
    lengths,
)


@settings(max_examples=60)
@given(inners)
def test_what_is_made_reads_as_one_canonical_token(inner):
    found = list(tokens.mentions(f"see <{inner}>."))
    assert found == [tokens.Mention(4, 6 + len(inner), inner, exact=True)]
    assert tokens.well_formed(inner)
    assert len(inner) + 2 <= tokens.LONGEST
    assert f"<{inner}>".isascii()
    assert not set(f"<{inner}>") & set("\"'\\ \t\r\n")


@settings(max_examples=40)
@given(inners)
def test_every_other_character_at_any_place_of_payload_and_check_is_detected(inner):
    begin = inner.rindex("_") + 1
    for at in range(begin, len(inner)):
        for character in ALPHABET:
            changed = inner[:at] + character + inner[at + 1 :]
            assert tokens.well_formed(changed) == (changed == inner)


@settings(max_examples=60)
@given(inners)
def test_every_swap_of_two_different_neighbours_is_detected(inner):
    begin = inner.rindex("_") + 1
    for at in range(begin, len(inner) - 1):
        changed = inner[:at] + inner[at + 1] + inner[at] + inner[at + 2 :]
        assert tokens.well_formed(changed) == (changed == inner)


def test_any_other_change_passes_the_check_no_more_often_than_chance():
    chance = random.Random(1)
    entity = "PERSON_"
    passed = sum(
        tokens.well_formed(entity + "".join(chance.choice(ALPHABET) for _ in range(10)))
        for _ in range(16_000)
    )
    assert 400 < passed < 600  # 500 expected; twenty-two is one standard deviation


@settings(max_examples=60)
@given(st.text(max_size=10), st.text(max_size=10))
def test_two_spellings_that_unicode_holds_equal_have_one_payload_and_two_types_never(one, other):
    import unicodedata

    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    made = [tokens.make(KEY, "PERSON", value, length=24) for value in (one, other)]
    assert (made[0] == made[1]) == same
    assert tokens.make(KEY, "NRP", one, length=24).partition("_")[2] != made[0].partition("_")[2]


NO_ENTITY = ("", "person", "Person", "1ST", "_A", "A-B", "A B", "É", "A\n", "A" * 41, "EMPLOYEE.ID", "<A")


@pytest.mark.parametrize("entity", NO_ENTITY)
def test_an_entity_that_could_not_be_recognised_again_gets_no_token(entity):
    with pytest.raises(ConfigError, match="cannot have tokens") as caught:
        tokens.make(KEY, entity, "Zaphira Quillon")
    assert "Zaphira" not in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize("length", [1, 5, 7, 8, 10, 23])
def test_a_payload_of_a_length_that_is_never_issued_is_no_token(length):
    inner = tokens.make(KEY, "PERSON", "Ann Smith", length=length)
    assert not tokens.well_formed(inner)
    assert list(tokens.mentions(f"<{inner}>")) == []


INNER = tokens.make(KEY, "PERSON", "Ann Smith")
PAYLOAD = INNER.removeprefix("PERSON_")

TOLERATED = {
    "another case": INNER.lower(),
    "a mix of cases": f"<Person_{PAYLOAD.lower()}>",
    "no brackets": INNER,
    "a lost closing bracket": f"<{INNER}",
    "a lost opening bracket": f"{INNER}>",
    "quotes around": f'"{INNER}"',
    "markdown around": f"**<{INNER}>**",
    "a full stop behind": f"{INNER}.",
    "a genitive behind": f"{INNER}'s",
    "escaped brackets of HTML": f"&lt;{INNER}&gt;",
    "a script without spaces around": f"请联系{INNER}吧",
    "an ASCII letter beside a bracket": f"x<{INNER}>x",
}


@pytest.mark.parametrize("text", TOLERATED.values(), ids=TOLERATED.keys())
def test_what_is_certain_is_tolerated_and_never_called_canonical(text):
    (mention,) = tokens.mentions(text)
    assert mention.inner == INNER
    assert text[mention.start : mention.end].strip("<>").upper() == INNER
    assert mention.exact == (f"<{INNER}>" in text)


LEFT = {
    "truncated at the end": f"<{INNER[:-1]}>",
    "truncated at the end, open": f"<{INNER[:-3]}",
    "truncated at the beginning": f"<{INNER[1:]}>",
    "the type alone": "<PERSON>",
    "the type and an underscore": "<PERSON_>",
    "the payload alone": f"<{PAYLOAD}>",
    "a number, as other tools write it": "<PERSON_1>",
    "a space inside": f"<PERSON_ {PAYLOAD}>",
    "a hyphen for the underscore": f"<PERSON-{PAYLOAD}>",
    "a letter glued behind": f"{INNER}X",
    "a letter glued before": f"X{INNER}",
    "a digit glued behind": f"{INNER}0",
    "an underscore glued behind": f"{INNER}_",
    "an underscore glued before": f"_{INNER}",
    "a foreign letter inside": f"<PERSON_{PAYLOAD[:3]}é{PAYLOAD[4:]}>",
    "a letter that Crockford leaves out": f"<PERSON_{PAYLOAD[:3]}U{PAYLOAD[4:]}>",
    "a Kelvin sign for K": "<PERSON_\u212a" + PAYLOAD[1:] + ">",
    "a long s in the type": f"<PER\u017fON_{PAYLOAD}>",
    "a full-width character": "<PERSON_" + chr(ord(PAYLOAD[0]) + 0xFEE0) + PAYLOAD[1:] + ">",
    "a zero-width space inside": f"<PERSON_{PAYLOAD[:4]}\u200b{PAYLOAD[4:]}>",
    "a type of forty-one characters": f"<{'A' * 41}_{PAYLOAD}>",
    "a type that begins with a digit": f"<1PERSON_{PAYLOAD}>",
    "nothing": "",
    "no underscore": "Ann Smith",
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_not_certain_is_no_token(text):
    assert [mention.inner for mention in tokens.mentions(text) if mention.inner == INNER] == []


@pytest.mark.parametrize(
    "inner", ["", "_", "PERSON", f"_{PAYLOAD}", INNER.lower(), f"{INNER}\n", f"<{INNER}>"]
)
def test_only_the_canonical_name_is_well_formed(inner):
    assert not tokens.well_formed(inner)


def test_tokens_that_touch_are_told_apart_in_order():
    other = tokens.make(KEY, "URL", "https://example.com", length=6)
    text = f"<{INNER}><{other}><{INNER}>"
    found = list(tokens.mentions(text))
    assert [mention.inner for mention in found] == [INNER, other, INNER]
    assert [text[mention.start : mention.end] for mention in found] == [
        f"<{INNER}>",
        f"<{other}>",
        f"<{INNER}>",
    ]


@settings(max_examples=100)
@given(st.lists(st.sampled_from([INNER, INNER.lower(), "<", ">", "_", "A", "é", " ", "0", "<<"]), max_size=8))
def test_mentions_are_disjoint_sorted_and_of_the_text(parts):
    text = "".join(parts)
    at = 0
    for mention in tokens.mentions(text):
        assert at <= mention.start < mention.end <= len(text)
        assert mention.inner in text[mention.start : mention.end].upper()
        assert tokens.well_formed(mention.inner)
        at = mention.end


@pytest.mark.parametrize(
    "text", ["A_" * 500_000, "A" * 1_000_000 + "_", "_" * 1_000_000, "A_0000000" * 100_000]
)
def test_a_hostile_megabyte_completes(text):
    assert list(tokens.mentions(text)) == []
