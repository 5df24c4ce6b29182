"""A conversation is sent again with every turn: what was made of it must be the same in the next."""

from __future__ import annotations

import json

from guardrail.testing import memory_guard
from guardrail.tokens import mentions
from guardrail.vault.memory import TokenMap

KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON"}
CALLER = frozenset({"completion"})


def turn(guard, messages, reply):
    """Send the messages, let the model reply, and return what the user gets back."""
    exchange = guard.exchange(protocol="openai.chat")
    body = json.dumps({"model": "m", "messages": messages}).encode()
    exchange.request(body, content_type="application/json")
    exchange.answer("text/plain")
    return (exchange.response(reply.encode()) + exchange.finish()).decode()


def test_a_person_whom_the_model_names_in_every_turn_keeps_one_token(policy_file):
    with memory_guard(policy_file(), known=KNOWN) as guard:
        messages = []
        answers = set()
        for _ in range(10):
            messages.append({"role": "user", "content": "Who can help?"})
            answer = turn(guard, messages, "John Miller can.")
            messages.append({"role": "assistant", "content": answer})
            answers.add(answer)
    assert len(answers) == 1
    assert [mention.inner.startswith("PERSON_") for mention in mentions(answers.pop())] == [True]


def test_a_token_that_the_request_holds_is_never_restored_though_the_model_brings_its_value():
    key = b"k" * 32
    planted = TokenMap(key).issue("PERSON", "John Miller")
    tokens = TokenMap(key)
    tokens.reserve(f"write about {planted}")
    assert tokens.issue("PERSON", "John Miller") == planted
    assert tokens.restore(planted, destination="completion") == planted


def test_a_value_of_the_caller_gets_another_token_than_a_planted_one_even_after_the_model_brought_it():
    key = b"k" * 32
    planted = TokenMap(key).issue("PERSON", "John Miller")
    tokens = TokenMap(key)
    tokens.reserve(planted)
    tokens.issue("PERSON", "John Miller")
    own = tokens.issue("PERSON", "John Miller", restore=CALLER)
    assert own != planted
    assert tokens.restore(f"{planted} {own}", destination="completion") == f"{planted} John Miller"
