"""The shipped conversation is fictional, findable, and read strictly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guardrail import ConfigError
from guardrail.demo import conversation
from guardrail.demo.search import found_in_bytes, found_in_text
from guardrail.policy.shipped import shipped


def test_every_value_of_the_user_stands_in_the_conversation(talk):
    texts = "\n".join(talk.turns)
    assert all(found_in_text(one, texts) for one in talk.planted if not one.own)
    assert all(one.value in texts for one in talk.passes)


def test_no_value_of_the_model_stands_in_the_conversation(talk):
    texts = "\n".join(talk.turns)
    assert not any(found_in_text(one, texts) for one in talk.planted if one.own)


def test_no_planted_value_stands_in_a_shipped_policy_which_the_ledger_keeps(talk):
    documents = [path.read_bytes() for path in shipped().values()]
    assert documents
    assert not any(found_in_bytes(one, document) for one in talk.planted for document in documents)


def test_the_conversation_holds_names_address_phone_account_card_order_and_a_log_line(talk):
    kinds = {one.kind for one in (*talk.planted, *talk.passes)}
    assert {
        "name",
        "second name",
        "address",
        "e-mail",
        "phone",
        "IBAN",
        "card",
        "order",
        "IP address",
    } <= kinds
    assert " WARN " in talk.turns[-1]
    assert len(talk.turns) > 2


@pytest.mark.parametrize(
    "text",
    [
        "title = 'a'",
        "title = ",
        "title = 'a'\nturns = [{}]\nplanted = []\npasses = []",
        "title = 'a'\nturns = []\nplanted = []\npasses = []",
        "title = 'a'\nturns = [{text = 'b'}]\nplanted = [1]\npasses = []",
    ],
    ids=["parts missing", "no toml", "a turn without text", "no turns", "a value that is no table"],
)
def test_a_broken_conversation_is_refused(tmp_path, text):
    path = tmp_path / "talk.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"talk\.toml"):
        conversation.load(path)


def test_a_missing_conversation_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        conversation.load(tmp_path / "talk.toml")


def test_an_unknown_example_is_refused():
    with pytest.raises(ConfigError, match=r"nothing\.toml is missing"):
        conversation.example("nothing.toml")


def test_two_imports_of_an_example_share_no_state():
    first, second = conversation.example_module("model_stub"), conversation.example_module("model_stub")
    first.received.append(b"x")
    assert second.received == []


def test_a_package_that_the_examples_need_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(ConfigError, match="needs the package fastapi") as caught:
        conversation.example_module("model_stub")
    assert "guardrail-pii[demo]" in caught.value.advice


def test_a_wheel_brings_the_examples_that_the_demo_runs():
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    for name in ("chat_app.py", "model_stub.py", "support-chat.toml"):
        assert f'"examples/{name}" = "guardrail/examples/{name}"' in project
