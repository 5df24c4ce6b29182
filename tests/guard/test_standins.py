"""Surrogates and moved dates through the whole guard: sessions, whole answers and streams, and the ledger."""

import json

import pytest

from guardrail.errors import ConfigError, OperatorError, PolicyError
from guardrail.operators import extras
from guardrail.testing import memory_guard
from guardrail.types import Context

pytest.importorskip("faker", reason="pip install 'guardrail-pii[surrogate]'")
pytest.importorskip("ffx", reason="pip install 'guardrail-pii[fpe]'")

POLICY = """
schema = 1
name = "clinic"
version = "1"

[retention]
vault = "30 days"

[[rules]]
id = "names"
find = ["PERSON", "EMAIL_ADDRESS"]
where = ["prompt", "tool"]
action = "surrogate"
restore = ["completion"]

[[rules]]
id = "dates"
find = ["DATE_TIME"]
where = ["prompt", "tool"]
action = { type = "shift", days = 100 }
restore = ["completion"]

[[rules]]
id = "cards"
find = ["CREDIT_CARD"]
action = { type = "fpe", key = "cards" }

[[rules]]
id = "letters"
find = ["US_SSN"]
action = { type = "encrypt", form = "envelope" }

[[rules]]
id = "answers"
find = ["PERSON", "EMAIL_ADDRESS", "DATE_TIME"]
where = ["completion"]
action = "redact"
"""
TEXT = "Ann Smith, ann@acme.com, was admitted on March 5, 2024 and left on 2024-03-12. Call Ann."


@pytest.fixture(scope="module")
def guard(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "clinic.toml"
    path.write_text(POLICY, "utf-8")
    known = {"Ann Smith": "PERSON", "Ann": "PERSON", "Bob Miller": "PERSON"}
    with memory_guard(path, known=known) as made:
        yield made


def test_what_a_session_replaces_it_restores(guard):
    with guard.session() as session:
        sent = session.scrub(TEXT).text
        assert not {"Ann", "Smith", "acme", "March"} & set(sent.replace(",", " ").replace(".", " ").split())
        assert session.restore(sent) == TEXT
        assert session.restore(sent, destination="tool:search") == sent


def test_each_subject_has_days_of_its_own_and_keeps_them(guard):
    def moved(subject, conversation=""):
        with guard.session(subject=subject, conversation=conversation) as session:
            return session.scrub("on 2024-03-12").text

    assert moved("p1") == moved("p1", "another")
    assert len({moved(f"p{n}") for n in range(12)}) > 8
    assert moved("", "a") == moved("", "a")


def answered(guard, events, conversation="", size=7):
    """Return what a client reads of a streamed answer whose text is made of what was sent."""
    exchange = guard.exchange(context=Context(conversation=conversation), protocol="openai.chat")
    body = {"model": "m", "messages": [{"role": "user", "content": TEXT}]}
    sent = json.loads(exchange.request(json.dumps(body).encode(), content_type="application/json"))
    text = events(sent["messages"][0]["content"])
    exchange.opening()
    assert exchange.answer("text/event-stream") == "stream"
    out = b""
    for at in range(0, len(text), size):
        chunk = {"choices": [{"index": 0, "delta": {"content": text[at : at + size]}}]}
        out += exchange.response(f"data: {json.dumps(chunk)}\n\n".encode())
    out += exchange.response(b"data: [DONE]\n\n") + exchange.finish()
    told = [json.loads(line[6:]) for line in out.decode().splitlines() if line.startswith("data: {")]
    read = "".join(choice["delta"].get("content") or "" for one in told for choice in one["choices"])
    return read, exchange.closing("ok")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_streamed_answer_is_restored_and_what_the_model_brings_is_acted_on(guard, size):
    read, event = answered(guard, lambda sent: f"{sent} Bob Miller wrote.", size=size)
    assert read == f"{TEXT} [PERSON] wrote."
    assert event.findings == {"PERSON": {"redact": 1}}
    assert event.facts["restored"] == 5


def test_a_date_that_the_model_counted_moves_back_as_well(guard):
    def count(sent):
        year, month, day = sent.split("left on ")[1][:10].split("-")
        return f"Next year: {int(year) + 1}-{month}-{day}. "

    read, _ = answered(guard, count)
    assert read.strip() in {"Next year: 2025-03-12.", "Next year: 2025-03-11.", "Next year: 2025-03-13."}


def test_the_entry_counts_by_action(guard):
    entry = guard.exchange()
    entry.request(TEXT.encode(), content_type="text/plain")
    assert entry.opening().findings == {
        "PERSON": {"surrogate": 2},
        "EMAIL_ADDRESS": {"surrogate": 1},
        "DATE_TIME": {"shift": 2},
    }


def test_a_line_of_a_log_never_borrows_its_own_people(guard):
    text, _ = guard.clean("Ann Smith and Bob Miller", channel="tool")
    assert not {"Ann", "Smith", "Bob", "Miller"} & set(text.split())


def test_a_key_reveals_what_no_answer_does(guard):
    with guard.session() as session:
        sent = session.scrub("4111 1111 1111 1111").text
        assert session.restore(sent) == sent
    cards = {"type": "fpe", "key": "cards"}
    assert guard.reveal(sent, entity="CREDIT_CARD", action=cards) == "4111 1111 1111 1111"
    form = guard.scrub("SSN 536-90-4399").text.removeprefix("SSN ")
    assert form.startswith("<US_SSN:e1:")
    assert guard.reveal(form) == "536-90-4399"
    with pytest.raises(OperatorError):
        guard.reveal("Ann")
    with pytest.raises(PolicyError):
        guard.reveal(form, action="decrypt")


def test_a_guard_is_not_made_without_the_library_of_its_policy(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(ConfigError) as caught:
        extras.require({"surrogate", "mask"})
    assert "guardrail-pii[surrogate]" in caught.value.advice
    extras.require({"mask"})
