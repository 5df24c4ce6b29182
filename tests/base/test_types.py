"""The values that pass between the parts are frozen and silent about personal data."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from guardrail import types
from guardrail.entities import ENTITIES
from guardrail.tokens import mentions
from guardrail.types import ACTIONS, Action, Context, Decision, Entry, Event, Finding, Passage, ScrubResult
from guardrail.vault.keys import Keys
from guardrail.vault.memory import Restored, TokenMap
from guardrail.wire.document import FormDocument, JsonDocument, Leaf, TextDocument
from guardrail.wire.events import Channel, ChatEvents
from guardrail.wire.json import Slot
from guardrail.wire.protocol import GENERIC

CANARY = "Zaphira Quillon"

FINDING = Finding(0, 15, "PERSON", 0.85, "spacy")
DECISION = Decision(FINDING, Action("tokenize"), "policy", "names")
ENTRY = Entry(0, "id", "exchange.request", 1, CANARY.encode(), CANARY.encode())

SILENT = (
    Passage(CANARY, CANARY),
    Context(actor=CANARY, subject=CANARY, conversation=CANARY),
    ENTRY,
    ScrubResult(CANARY, (DECISION,), ENTRY),
    Slot("string", 0, 1, (CANARY,), CANARY),
    Leaf(CANARY, "text", (CANARY,), CANARY),
    Restored(0, 1, CANARY),
    Channel(CANARY, (CANARY,), CANARY),
    Keys(CANARY.encode(), CANARY.encode()),
    TextDocument(CANARY),
    FormDocument(CANARY, charset="utf-8"),
    JsonDocument(f'{{"{CANARY}": "{CANARY}"}}', GENERIC.request),
)


@pytest.mark.parametrize("value", SILENT, ids=lambda value: type(value).__name__)
def test_personal_data_has_no_repr(value):
    assert CANARY not in repr(value)
    assert CANARY not in f"{value}"


def test_a_token_map_shows_neither_its_values_nor_its_key():
    issued = TokenMap(CANARY.encode())
    issued.issue("PERSON", CANARY, restore=["completion"])
    assert CANARY not in repr(issued)
    assert CANARY not in repr(list(issued._rows.values()))
    assert CANARY not in repr(issued.find(f"<{next(iter(issued._rows))}>", destination="completion"))


def test_the_shape_of_events_shows_no_data():
    assert CANARY not in repr(ChatEvents())


@pytest.mark.parametrize("value", [FINDING, DECISION, Context(), Event("x"), Action("mask"), Passage("")])
def test_values_are_frozen_and_survive_a_copy(value):
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        setattr(value, fields(value)[0].name, "other")
    assert copy.copy(value) == value


def test_a_finding_survives_a_process_border():
    assert pickle.loads(pickle.dumps(DECISION)) == DECISION  # noqa: S301 - made in this line


def test_actions_are_ordered_from_allow_to_block():
    ranks = [Action(name).rank for name in ACTIONS]
    assert ranks == sorted(ranks)
    assert Action("allow").rank < Action("tokenize").rank < Action("redact").rank < Action("block").rank


def test_an_unknown_action_has_no_rank():
    with pytest.raises(ValueError):
        _ = Action("obfuscate").rank


def test_an_option_that_the_policy_does_not_set_has_its_default():
    action = Action("mask", (("keep", 4), ("from_end", True)))
    assert action.option("keep") == 4
    assert action.option("with", "*") == "*"
    assert action.option("with") == ""


def test_two_events_never_share_their_counts():
    with pytest.raises(TypeError):
        Event("a").findings["PERSON"] = {}


@pytest.mark.parametrize("entity", sorted(ENTITIES))
def test_every_named_entity_can_name_a_token(entity):
    token = TokenMap(b"k" * 32).issue(entity, "x", restore=["completion"])
    assert [mention.exact for mention in mentions(token)] == [True]


def test_every_public_name_of_the_types_exists():
    assert all(hasattr(types, name) for name in types.__all__)
