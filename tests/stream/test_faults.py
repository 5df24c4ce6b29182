"""Faults in mid-stream: nothing raw is flushed, and the entry says what happened."""

from __future__ import annotations

import json
import zlib

import pytest
from bodies import CHAT, JSON, PROTOCOLS, SSE, cut, events_of
from test_failures_of_others import asked, failing, frames

from guardrail import BodyError, DetectionError
from guardrail.errors import ConfigError, LedgerError
from guardrail.holds import Holds
from guardrail.steps import Steps
from guardrail.testing import memory_guard
from guardrail.types import Context
from guardrail.wire import sse

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
TEXT = "All is well so far. Ask j@example.org"


def begun(guard, protocol, text=TEXT, **more):
    """Return an exchange in mid-stream, and what it sent."""
    exchange, _ = asked(guard, protocol, **more)
    exchange.answer(SSE)
    events = frames(protocol.stream(cut(text, 5)))
    last = 1 + max(at for at, frame in enumerate(events) if protocol.joined(events_of(frame)))
    if protocol.name == "gemini.generate":
        last -= 1  # its last piece ends the text
    return exchange, b"".join(exchange.response(frame) for frame in events[:last]), events[last - 1]


@ALL
def test_what_is_held_when_the_upstream_dies_goes_nowhere(guard, protocol):
    exchange, sent, frame = begun(guard, protocol)
    sent += exchange.response(frame[: len(frame) // 2])
    assert b"j@exam" not in sent
    assert protocol.joined(events_of(sent)).startswith("All is well")
    assert exchange.closing("error").facts["outcome"] == "error"


@ALL
def test_half_an_event_at_a_clean_end_is_dropped_and_counted(guard, protocol):
    exchange, sent, frame = begun(guard, protocol)
    sent += exchange.response(frame[:-1]) + exchange.finish()
    assert b"example.org" not in sent
    assert exchange.closing("ok").facts["passed"]["cut_event"] == len(frame) - 1


@ALL
@pytest.mark.parametrize(
    ("bad", "limit"),
    [
        (b'data: {"text": "\xff\xfe"}\n\n', None),
        (b"data: " + b"[" * 300 + b"]" * 300 + b"\n\n", None),
        (b"data: " + b"x" * 3_000, 2_000),
        (b": " + b"x" * 3_000, 2_000),
        (b"data: x\n" * 400, 2_000),
    ],
    ids=["not UTF-8", "nested too deep", "an endless line", "an endless comment", "an endless event"],
)
def test_an_event_that_cannot_be_read_ends_the_stream_with_nothing_raw(
    guard, protocol, bad, limit, monkeypatch
):
    if limit:
        monkeypatch.setattr(sse.EventReader.__init__, "__kwdefaults__", {"max_event": limit})
    exchange, sent, _ = begun(guard, protocol)
    with pytest.raises(BodyError) as caught:
        exchange.response(bad)
    assert b"j@exam" not in sent
    event = exchange.closing("error")
    assert (event.facts["outcome"], event.facts["reason"]) == ("error", "body")
    assert "xxx" not in str(caught.value)


@ALL
@pytest.mark.parametrize(
    "noise", [b"\n\n\n", b"event\n\n", b"data\n\n", b": ping\n\n", b"id: 7\n\n", b"\xef\xbb\xbf\n"]
)
def test_broken_framing_between_events_loses_no_text(guard, protocol, noise):
    exchange, _ = asked(guard, protocol)
    exchange.answer(SSE)
    stream = frames(protocol.stream(cut("All is well so far. Ask j@example.org today. Bye.", 5)))
    out = b"".join(exchange.response(noise + frame) for frame in stream) + exchange.finish()
    text = protocol.joined(events_of(out))
    assert text.startswith("All is well so far. Ask <EMAIL_ADDRESS_")
    assert text.endswith("> today. Bye.")


@ALL
def test_a_detector_that_fails_in_mid_stream_stops_it_or_takes_the_text_away(guard, guards, protocol):
    for on_error, expected in (("block", None), ("redact", "[UNREADABLE]"), ("pass", "Trip")):
        exchange = failing(guards(on_error=on_error), protocol)
        exchange.answer(SSE)
        out = []

        def run(exchange=exchange, out=out):
            for frame in frames(protocol.stream(cut("All is well. Trip over it now. And more.", 5))):
                out.append(exchange.response(frame))
            out.append(exchange.finish())

        if expected is None:
            with pytest.raises(DetectionError):
                run()
            assert exchange.closing("error").facts["reason"] == "detection"
        else:
            run()
            assert expected in protocol.joined(events_of(b"".join(out)))
        assert exchange.closing("ok").facts["failed"] >= 1


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@ALL
@pytest.mark.parametrize("on_error", ["block", "redact", "pass"])
@pytest.mark.parametrize("by_tick", [True, False])
def test_a_hold_that_lasts_too_long_ends_as_the_policy_says(guards, protocol, on_error, by_tick):
    clock = Clock()
    holds = Holds(clock, limit=5.0)
    exchange, sent, frame = begun(guards(on_error=on_error), protocol, "All is well. Ask j@exam", holds=holds)
    clock.now = 5.0
    assert exchange.tick() == b""
    clock.now = 5.1
    later = exchange.tick() if by_tick else b""
    events = [frame.replace(protocol.joined(events_of(frame)).encode(), b"ple.org today. ")]
    later += b"".join(map(exchange.response, events))
    text = protocol.joined(events_of(sent + later))
    facts = exchange.closing("ok").facts
    if on_error == "block":
        assert protocol.end(events_of(later))
        assert (facts["outcome"], facts["reason"]) == ("blocked", "timeout")
        assert "j@" not in text
    elif on_error == "redact":
        assert "Ask [UNREADABLE]" in text
        assert "ple.org" not in text
    else:
        assert "Ask j@" in text


def test_a_harmless_text_that_is_held_too_long_is_let_go(guard):
    clock = Clock()
    exchange, sent, _ = begun(guard, CHAT, "I have thought about it enough.", holds=Holds(clock, limit=5.0))
    assert CHAT.joined(events_of(sent)) == ""
    clock.now = 9.0
    assert CHAT.joined(events_of(exchange.tick())) == "I have thought about it enough."
    assert "reason" not in exchange.closing("ok").facts


def test_a_text_answer_is_let_go_in_time_too(guards):
    clock = Clock()
    exchange = guards(on_error="redact").exchange(holds=Holds(clock, limit=1.0))
    exchange.answer("text/plain; charset=utf-8")
    assert exchange.response(b"Please ask j@exam") == b""
    clock.now = 2.0
    assert exchange.tick() == b"Please ask [UNREADABLE]"
    assert exchange.response(b"ple.org now. And") == b""
    assert exchange.finish() == b" now. And"


@ALL
def test_holds_are_told_in_characters_and_time(guard, protocol):
    clock = Clock()
    exchange, _ = asked(guard, protocol, holds=Holds(clock))
    exchange.answer(SSE)
    for frame in frames(protocol.stream(cut("This is one sentence. This is another. Bye.", 5))):
        exchange.response(frame)
        clock.now += 0.01
    exchange.finish()
    held, facts = exchange.holds, exchange.closing("ok").facts
    assert 0 < held.characters_p50 <= held.characters_p95 <= 30
    assert 10_000 <= held.us_p50 <= held.us_p95 <= 80_000
    assert facts["held_p95"] == held.characters_p95
    assert facts["hold_p95_us"] == held.us_p95
    assert facts["stream"] == "strict"
    exchange.asked.holds.add(1, [])
    guard.record(exchange.closing("ok"))


def test_a_ledger_that_refuses_in_mid_stream_is_told_in_the_form_of_the_protocol(guard):
    exchange, _, _ = begun(guard, CHAT)
    refusal = exchange.refusal(LedgerError("the disk is full"))
    assert refusal.status == 503
    assert json.loads(refusal.body)["error"]["type"] == "guardrail_ledger_unavailable"


def stepping(guard, protocol, *, headers=(), limit=1 << 20):
    """Return the steps of an exchange whose beginning is recorded, and whose answer begins to stream."""
    steps = Steps(guard, context=Context(), protocol=protocol.name, limit=limit)
    steps.open(b"", [])
    assert steps.begin([(b"content-type", SSE.encode()), *headers]) == "stream"
    return steps


@ALL
def test_a_ledger_that_refuses_in_mid_stream_lets_no_end_leave(tmp_path, guards, protocol):
    path = tmp_path / "streams.toml"
    path.write_bytes(guards().policy.documents[0].source)
    guard = memory_guard(path)
    steps = stepping(guard, protocol)
    events = frames(protocol.stream(cut(TEXT, 5)))
    middle = len(events) // 2
    sent = b"".join(steps.piece(frame, last=False) for frame in events[:middle])
    guard.ledger.close()
    sent += b"".join(steps.piece(frame, last=False) for frame in events[middle:-1])
    with pytest.raises(LedgerError) as refused:
        steps.piece(events[-1], last=True)
    assert refused.value.__context__ is None
    steps.close("error")  # the shell gives up: nothing is recorded, and nothing raised
    assert b"j@exam" not in sent
    status, headers, body = steps.refuse(refused.value, answering=True)
    assert status == 503
    assert any(key == b"retry-after" for key, _ in headers)
    assert b"j@exam" not in body


@ALL
def test_a_bomb_in_mid_stream_ends_it_and_the_entry_says_so(guard, protocol):
    steps = stepping(guard, protocol, headers=[(b"content-encoding", b"gzip")], limit=100_000)
    packer = zlib.compressobj(9, wbits=31)
    events = protocol.stream(cut("All is well so far. Ask j@exam", 5))
    sent = steps.piece(packer.compress(events) + packer.flush(zlib.Z_SYNC_FLUSH), last=False)
    with pytest.raises(BodyError):
        steps.piece(packer.compress(b": " + b"x" * 50_000_000) + packer.flush(zlib.Z_SYNC_FLUSH), last=False)
    steps.close("error")
    assert b"xxx" not in sent
    last = list(guard.ledger.entries())[-1].header.replace(b" ", b"")
    assert b'"outcome":"error"' in last


def test_refusals_have_the_form_of_the_protocol(guard):
    error = ConfigError("no", advice="do")
    for name, told in {
        "": lambda b: b["error"]["message"],
        "openai.chat": lambda b: b["error"]["message"],
        "openai.responses": lambda b: b["error"]["message"],
        "anthropic.messages": lambda b: b["error"]["message"] if b["type"] == "error" else "",
        "gemini.generate": lambda b: b["error"]["message"] if b["error"]["status"] == "UNAVAILABLE" else "",
        "mistral.chat": lambda b: b["message"] if b["object"] == "error" else "",
        "cohere.chat": lambda b: b["message"],
    }.items():
        body = json.loads(guard.exchange(protocol=name).refusal(error).body)
        assert told(body) == "no", name
        assert "do" in json.dumps(body)


@ALL
def test_a_fast_stream_sends_its_first_word_at_once(guards, protocol):
    exchange, _ = asked(guards(stream="fast"), protocol)
    exchange.answer(SSE)
    out = b"".join(map(exchange.response, frames(protocol.stream(["so it ", "is. Ask ", "it "]))[:-1]))
    if protocol.name not in {"gemini.generate", "openai.responses"}:
        assert protocol.joined(events_of(out)).startswith("so it ")
    exchange.finish()
    assert exchange.closing("ok").facts["stream"] == "fast"
    exchange, token = asked(guards(stream="fast"), protocol)
    exchange.answer(SSE)
    text = f"Dear {token}, write to j@example.org today. Card 4111 1111 1111 1111! Yours"
    out = b"".join([*map(exchange.response, frames(protocol.stream(cut(text, 4)))), exchange.finish()])
    text = protocol.joined(events_of(out))
    assert text.startswith("Dear Ann Smith, write to <EMAIL_ADDRESS_")
    assert text.endswith("> today. Card ************1111! Yours")


def test_json_is_the_media_type_of_refusals(guard):
    assert guard.exchange().refusal(ConfigError("no")).content_type == JSON


def test_a_gentle_bound_lets_go_what_is_decided_and_ends_nothing(guards):
    clock = Clock()
    holds = Holds(clock, limit=5.0, gentle=True)
    exchange, sent, frame = begun(guards(on_error="block"), CHAT, "All is well. Ask now: j@exam", holds=holds)
    clock.now = 5.1
    later = exchange.tick()
    assert CHAT.joined(events_of(sent + later)).rstrip() == "All is well. Ask now:"
    clock.now = 9.0
    assert exchange.tick() == b"", "the rest is not asked about in each second"
    clock.now = 60.0
    assert exchange.tick() == b"", "where a value may begin, nothing leaves for time alone"
    rest = (
        exchange.response(frame.replace(CHAT.joined(events_of(frame)).encode(), b"ple.org today. "))
        + exchange.finish()
    )
    text = CHAT.joined(events_of(sent + later + rest))
    assert "j@" not in text
    assert "ple.org" not in text
    assert text.endswith("today. ")
    assert "reason" not in exchange.closing("ok").facts


def test_a_gentle_bound_leaves_half_a_document_alone(guards):
    clock = Clock()
    exchange = guards(on_error="block").exchange(holds=Holds(clock, limit=5.0, gentle=True))
    exchange.answer("text/plain; charset=utf-8")
    sent = exchange.response(b'{"a": "fine", "b": tr')
    clock.now = 9.0
    sent += exchange.tick() + exchange.response(b"ue}") + exchange.finish()
    assert sent == b'{"a": "fine", "b": true}'
