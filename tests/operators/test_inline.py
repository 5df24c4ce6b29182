"""Hashes join, sealed values open with their key alone, and nothing altered opens (docs/spec/inline.md)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.errors import OperatorError
from guardrail.operators import Tools
from guardrail.operators.inline import decrypt, sealed_forms
from guardrail.operators.normal import joinable

ENVELOPES = json.loads((Path(__file__).parents[1] / "vectors" / "operators_v1.json").read_text("utf-8"))[
    "envelope"
]
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "inline_v1.json").read_text("utf-8"))
values = st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs", "Cs")), max_size=60)


def vector_tools(vector):
    keys = {purpose: bytes.fromhex(key) for purpose, key in VECTORS["keys"].items()}
    return Tools(issue=lambda *_: "", key=keys.__getitem__, scope=vector.get("scope", ""))


@pytest.mark.parametrize("vector", VECTORS["hash"], ids=lambda v: v["say"])
def test_the_vectors_of_the_hash(run, vector):
    made = run(vector["value"], vector["entity"], "hash", key=vector["key"], using=vector_tools(vector))
    assert made == vector["form"]
    assert joinable(vector["entity"], vector["value"]) == vector["joinable"]


@pytest.mark.parametrize("vector", VECTORS["encrypt"], ids=lambda v: v["say"])
def test_the_vectors_of_the_sealed_form(run, vector):
    options = {"key": vector["key"]} if vector["key"] else {}
    using = vector_tools(vector)
    assert run(vector["value"], vector["entity"], "encrypt", using=using, **options) == vector["form"]
    assert decrypt(vector["form"], using, key=vector["key"]) == vector["value"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda v: v["say"])
def test_the_forms_that_must_not_open(vector):
    with pytest.raises(OperatorError) as caught:
        decrypt(vector["form"], vector_tools(vector), key=vector["key"])
    assert vector["why"] in str(caught.value)


# --- hash --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("EMAIL_ADDRESS", "Ann@Example.com", " ann@example.com"),
        ("PHONE_NUMBER", "+49 30 901820", "+49-30-90 18 20"),
        ("PERSON", "Ann  Smith", "ann smith"),
        ("PERSON", "Zoe\u0308", "Zoë"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("CREDIT_CARD", "4111-1111-1111-1111", "４１１１ 1111 1111 1111"),
    ],
)
def test_two_spellings_of_one_thing_have_one_hash(run, entity, one, other):
    assert run(one, entity, "hash") == run(other, entity, "hash")


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("PHONE_NUMBER", "+49 30 901820", "49 30 901820"),
        ("SECRET", "hunter2", "Hunter2"),
        ("CRYPTO", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1boatslrhtknngkdxeeobr76b53lettpyt"),
        ("PERSON", "Ann Smith", "AnnSmith"),
    ],
)
def test_two_different_things_have_two_hashes(run, entity, one, other):
    assert run(one, entity, "hash") != run(other, entity, "hash")


def test_a_hash_depends_on_entity_key_name_and_secret(run, other_tools):
    made = {
        run("ann", "PERSON", "hash"),
        run("ann", "USERNAME", "hash"),
        run("ann", "PERSON", "hash", key="orders"),
        run("ann", "PERSON", "hash", using=other_tools("two")),
    }
    assert len({form.split(":h1:")[1] for form in made}) == 4


def test_two_policies_that_name_one_key_can_be_joined(run):
    assert run("ann", "PERSON", "hash", key="default") == run("ann", "PERSON", "hash")


# --- encrypt -----------------------------------------------------------------


@given(value=values)
def test_what_was_sealed_opens_again(run, tools, value):
    assert decrypt(run(value, "PERSON", "encrypt"), tools) == value


@given(value=values)
def test_what_was_sealed_is_found_in_a_text(run, value):
    form = run(value, "PERSON", "encrypt")
    text = f"from {form} to <PERSON_7Q9NXQV>"
    assert [text[start:end] for start, end in sealed_forms(text)] == [form]


def test_a_sealed_form_opens_only_with_its_key(run, tools, other_tools):
    form = run("Ann", "PERSON", "encrypt", key="crm")
    assert decrypt(form, tools, key="crm") == "Ann"
    for using, key in ((tools, ""), (other_tools("two"), "crm")):
        with pytest.raises(OperatorError, match="made with another key"):
            decrypt(form, using, key=key)


def test_a_sealed_form_opens_only_in_its_scope_and_as_its_entity(run, tools, other_tools):
    form = run("Ann", "PERSON", "encrypt")
    with pytest.raises(OperatorError, match="does not open"):
        decrypt(form, other_tools(scope="acme"))
    with pytest.raises(OperatorError, match="does not open"):
        decrypt(form.replace("PERSON", "USERNAME"), tools)


def test_no_altered_form_opens(run, tools):
    form = run("Ann Smith", "PERSON", "encrypt")
    start = form.index(":1") + 2
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for at in range(start, len(form) - 1):
        other = alphabet[(alphabet.index(form[at]) + 1) % 64]
        with pytest.raises(OperatorError) as caught:
            decrypt(form[:at] + other + form[at + 1 :], tools)
        assert "Smith" not in str(caught.value)


@pytest.mark.parametrize("cut", [1, 2, 5, 30])
def test_no_cut_form_opens(run, tools, cut):
    with pytest.raises(OperatorError):
        decrypt(run("Ann Smith", "PERSON", "encrypt")[: -1 - cut] + ">", tools)


@pytest.mark.parametrize(
    "text", ["", "<PERSON:1>", "<person:1AAAA>", "Ann", "<PERSON:1" + "A" * 200_000 + ">"]
)
def test_what_is_no_sealed_form_is_told(tools, text):
    with pytest.raises(OperatorError, match="this is not a sealed value"):
        decrypt(text, tools)


# --- envelopes ---------------------------------------------------------------


@pytest.mark.parametrize("vector", ENVELOPES, ids=lambda v: v["entity"])
def test_the_vectors_of_the_envelope(run, vector):
    key, salt = bytes.fromhex(vector["key"]), bytes.fromhex(vector["salt"])
    purposes = {f"env:{vector['name']}" if vector["name"] else "env": key}
    tools = Tools(
        issue=lambda *_: "", key=purposes.__getitem__, scope=vector["scope"], random=lambda size: salt[:size]
    )
    options = {"key": vector["name"]} if vector["name"] else {}
    made = run(vector["value"], vector["entity"], "encrypt", using=tools, form="envelope", **options)
    assert made == vector["form"]
    assert decrypt(made, tools, key=vector["name"]) == vector["value"]
    assert list(sealed_forms(f"so {made} said")) == [(3, 3 + len(made))]


def test_two_envelopes_of_one_value_do_not_look_alike(run):
    made = {run("Ann Smith", "PERSON", "encrypt", form="envelope") for _ in range(20)}
    assert len(made) == 20


def test_no_altered_or_moved_envelope_opens(run, tools, other_tools):
    form = run("Ann Smith", "PERSON", "encrypt", form="envelope")
    bent = [form[:at] + ("A" if form[at] != "A" else "B") + form[at + 1 :] for at in range(11, len(form) - 1)]
    for one in [*bent, form.replace("PERSON", "USERNAME"), form[:-2] + ">"]:
        with pytest.raises(OperatorError):
            decrypt(one, tools)
    for using, key in [(other_tools("two"), ""), (other_tools(scope="acme"), ""), (tools, "crm")]:
        with pytest.raises(OperatorError):
            decrypt(form, using, key=key)
