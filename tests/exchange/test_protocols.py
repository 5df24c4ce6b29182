"""Every protocol, both ways: tokens go up, values come back, what the model brings is scrubbed."""

from __future__ import annotations

import itertools
import json

import pytest
from bodies import JSON, PROTOCOLS, SSE, cut, events_of
from hypothesis import given, settings
from hypothesis import strategies as st

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
CALLING = pytest.mark.parametrize(
    "protocol", [one for one in PROTOCOLS.values() if one.arguments], ids=lambda one: one.name
)
TEXT = "Dear {token}, call John Miller.\nCard 4111 1111 1111 1111! é 😀 j@example.org. Yours"


def asked(guard, protocol, text="Ann Smith"):
    """Return an exchange whose request was sent, and what the provider saw of its text."""
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask(text)).encode(), content_type=JSON)
    return exchange, protocol.asked(json.loads(body))


def answered(exchange, body, content_type=SSE, cuts=()):
    """Return the answer that comes back, its bytes cut as told."""
    exchange.answer(content_type)
    places = [0, *sorted(at % (len(body) + 1) for at in cuts), len(body)]
    parts = [body[a:b] for a, b in itertools.pairwise(places)]
    return b"".join([*(exchange.response(part) for part in parts), exchange.finish()])


@ALL
def test_a_whole_answer_is_restored_and_scrubbed(guard, protocol):
    exchange, token = asked(guard, protocol)
    assert token.startswith("<PERSON_")
    body = protocol.whole(f"Dear {token}, ask John Miller (j@example.org).")
    out = answered(exchange, json.dumps(body).encode(), JSON).decode()
    assert "Dear Ann Smith, ask <PERSON_" in out
    assert "John" not in out
    assert "j@example.org" not in out
    assert exchange.closing("ok").facts["passed"].keys() <= {"structural"}


@ALL
def test_a_whole_answer_with_nothing_in_it_keeps_its_bytes(guard, protocol):
    exchange, _ = asked(guard, protocol)
    body = json.dumps(protocol.whole("fine"), indent=1).encode()
    assert answered(exchange, body, JSON) == body


@ALL
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 18, 29, 60])
def test_the_text_of_a_stream_never_depends_on_the_size_of_its_events(guard, protocol, size):
    texts = []
    for one in (size, 1000):
        exchange, token = asked(guard, protocol)
        events = events_of(answered(exchange, protocol.stream(cut(TEXT.format(token=token), one))))
        texts.append(protocol.joined(events))
    assert texts[0] == texts[1]
    assert texts[0].startswith("Dear Ann Smith, call <PERSON_")
    assert texts[0].endswith(">. Yours")
    assert "John" not in texts[0]
    assert "4111" not in texts[0].replace("1111!", "")
    assert not protocol.end(events)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(PROTOCOLS)),
    size=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 2**16), max_size=40),
)
def test_the_bytes_of_a_stream_never_depend_on_how_they_were_cut(guard, name, size, cuts):
    outs = []
    for places in ((), cuts):
        exchange, token = asked(guard, PROTOCOLS[name])
        stream = PROTOCOLS[name].stream(cut(TEXT.format(token=token), size))
        outs.append(answered(exchange, stream, cuts=places))
    assert outs[0] == outs[1]


@ALL
def test_events_without_text_keep_their_order_and_one_event_more_brings_what_was_held(guard, protocol):
    exchange, _ = asked(guard, protocol)
    stream = protocol.stream(["fine"])
    came, went = events_of(stream), events_of(answered(exchange, stream))
    assert protocol.joined(went) == "fine"
    without_text = [one for one in came if not protocol.joined([one])]
    assert [one for one in went if one in without_text] == without_text
    same_count = protocol.name in {"openai.responses", "gemini.generate"}
    assert len(went) == len(came) + (not same_count)


@ALL
def test_a_blocked_stream_ends_as_its_protocol_ends_and_holds_nothing_of_the_value(guard, protocol):
    exchange, _ = asked(guard, protocol)
    text = "Some words first. The key is AKIAIOSFODNN7EXAMPLE, keep it. More text here. "
    out = answered(exchange, protocol.stream(cut(text, 5)))
    events = events_of(out)
    assert protocol.joined(events).startswith("Some words first.")
    assert protocol.end(events)
    assert b"AKIA" not in out
    assert b"More" not in out
    assert exchange.closing("ok").facts["outcome"] == "blocked"


@CALLING
@pytest.mark.parametrize(("name", "restored"), [("crm_update", True), ("web_search", False)])
@pytest.mark.parametrize("size", [1, 5, 400])
def test_streamed_arguments_are_json_and_restored_only_for_named_tools(guard, protocol, name, restored, size):
    exchange, content = asked(guard, protocol, '"quoted" x@example.com')
    token = content.split()[1]
    arguments = json.dumps({"who": token, "note": 'say "hi"\n', "cc": "j@example.org"})
    out = answered(exchange, protocol.arguments(name, cut(arguments, size)))
    got = json.loads(protocol.called(events_of(out)))
    assert got["who"] == ("x@example.com" if restored else token)
    assert got["note"] == 'say "hi"\n'
    assert b"j@example.org" not in out


@ALL
def test_an_unknown_field_of_an_event_is_scrubbed(guard, protocol):
    exchange, _ = asked(guard, protocol)
    stream = protocol.stream(["fine"]).replace(b'{"', b'{"brand_new": "John Miller", "', 1)
    assert b"John" not in answered(exchange, stream)


@ALL
def test_an_unknown_event_is_scrubbed_and_goes_on(guard, protocol):
    exchange, _ = asked(guard, protocol)
    stream = b'data: {"type": "brand.new", "words": {"of": ["John Miller"]}}\n\n' + protocol.stream(["fine"])
    out = answered(exchange, stream)
    assert b"John" not in out
    assert b"brand.new" in out
    assert protocol.joined(events_of(out)[1:]) == "fine"
