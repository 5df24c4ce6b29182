"""What is told to ask no detector, asks none: and to look at a part before it is taken changes nothing."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from bodies import JSON, PROTOCOLS, SSE, cut, events_of, sse
from test_partitions import ARGUMENTS, LONG

from guardrail.guard import Guard
from guardrail.holds import Holds
from guardrail.steps import Steps
from guardrail.types import Context

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
BOTH = pytest.mark.parametrize("stream", ["strict", "fast"])
LINES = "application/x-ndjson"


class Counted:
    """A detector that counts how often it is asked."""

    def __init__(self, detector):
        self._detector = detector
        self.entities = detector.entities
        self.versions = detector.versions
        self.asked = 0

    def detect(self, passages):
        self.asked += 1
        return self._detector.detect(passages)


def counted(guard):
    return Guard(policy=guard.policy, detector=Counted(guard.detector), keys=guard.keys, ledger=guard.ledger)


def taken(exchange, detector, parts):
    """Return what comes out where each part is looked at first, and the share that asked nobody."""
    out, light, size = [], 0, 0
    for part in parts:
        rest = part
        while rest and (n := exchange.light(rest)):
            before = detector.asked
            out.append(exchange.response(rest[:n]))
            assert detector.asked == before
            light, rest = light + n, rest[n:]
        size += len(part)
        out.append(exchange.response(rest) if rest else b"")
    return b"".join([*out, exchange.finish()]), light / size


def plainly(exchange, stream, content_type=SSE):
    exchange.answer(content_type)
    return exchange.response(stream) + exchange.finish()


def parts_of(rng, stream):
    places = sorted(rng.randrange(len(stream)) for _ in range(rng.randrange(40)))
    return [stream[a:b] for a, b in itertools.pairwise([0, *places, len(stream)])]


@ALL
@BOTH
def test_a_part_that_is_light_asks_nobody_and_looking_changes_nothing(guards, protocol, stream):
    guard = counted(guards(stream=stream))
    rng = random.Random(3)
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask('Ann "A" (Smith')).encode(), content_type=JSON)
    token = protocol.asked(json.loads(body))
    streams = [protocol.stream(cut(LONG.format(token=token), size)) for size in (1, 3, 7, 40)]
    if protocol.arguments:
        arguments = ARGUMENTS.replace("{token}", token)
        streams.append(protocol.arguments("crm_update", cut(arguments, 3)))
    for one in streams:
        whole = plainly(exchange, one)
        for parts in (one.splitlines(keepends=True), parts_of(rng, one), parts_of(rng, one)):
            exchange.answer(SSE)
            assert taken(exchange, guard.detector, parts)[0] == whole


@BOTH
def test_most_events_of_an_answer_are_light(guards, stream):
    guard = counted(guards(stream=stream))
    text = (
        "The lamp on the left side is blue when all of the cables are in their place, and it is warm then. "
    )
    events = PROTOCOLS["openai.chat"].stream(cut(text * 8, 5)).split(b"\n\n")
    exchange = guard.exchange(protocol="openai.chat")
    exchange.answer(SSE)
    assert taken(exchange, guard.detector, [one + b"\n\n" for one in events if one])[1] > 0.9


@BOTH
@pytest.mark.parametrize("kind", [LINES, "text/plain; charset=utf-8", "application/json-seq"])
def test_lines_and_texts_are_looked_at_as_events_are(guards, stream, kind):
    guard = counted(guards(stream=stream))
    text = "It is so. Ask j@example.org in the morning. Ann Smith knows é 😀 and 4111 1111 1111 1111. Yes."
    lines = [json.dumps({"text": one}, ensure_ascii=False) + "\n" for one in cut(text, 4)]
    body = (text if "plain" in kind else "".join(lines)).encode()
    exchange = guard.exchange()
    whole = plainly(exchange, body, kind)
    for size in (1, 9, 50):
        exchange.answer(kind)
        assert (
            taken(exchange, guard.detector, [body[a : a + size] for a in range(0, len(body), size)])[0]
            == whole
        )


def light(guard, before, part, content_type=SSE, **more):
    exchange = guard.exchange(**more)
    if content_type:
        exchange.answer(content_type)
    for one in before:
        exchange.response(one)
    return exchange.light(part)


def test_what_is_not_simple_is_not_light(guard):
    said = sse({"text": "so it "}, named=False)
    for before, part in (
        ([], b"data: so it \n\n"),
        ([], b'data: {"text": "so"}\r\n\r\n'),
        ([], b'data: {"text": "so"\n\n'),
        ([], b"data: \xff\n\n"),
        ([], b'data: {"note": {"a b": 1}, "text": "so"}\n\n'),
        ([said], b"data: [DONE]\n\n"),
        ([said], b"x" * 20_000),
        ([b"data: so it \n\n"], said),
    ):
        assert light(guard, before, part) == 0, part
    assert light(guard, [], said, content_type="") == 0
    assert light(guard, [], b"{}", content_type=JSON) == 0
    assert light(guard, [], b"data: [DONE]\n\n") == 14
    assert light(guard, [], b": so\n\ndata: {", content_type=SSE) == 13


def test_what_has_waited_too_long_is_not_light(guard):
    now = [0.0]
    holds = Holds(lambda: now[0], limit=1.0)
    exchange = guard.exchange(holds=holds)
    exchange.answer(SSE)
    said = sse({"text": "so it "}, named=False)
    exchange.response(said)
    assert exchange.light(said) == len(said)
    now[0] = 2.0
    assert exchange.light(said) == 0


def test_a_step_at_once_leaves_what_it_cannot_take(guard):
    steps = Steps(guard, context=Context(), protocol="openai.chat", limit=1 << 20)
    steps.open(b"", [])
    steps.begin([(b"content-type", SSE.encode())])
    light, heavy = (
        PROTOCOLS["openai.chat"].stream([piece]).split(b"\n\n")[1] + b"\n\n"
        for piece in ("All is", " well with it so far. Ask j@example.org. And")
    )
    out, left = steps.at_once(light + heavy + light)
    assert left == heavy + light
    assert events_of(out)[0]["choices"][0]["delta"]["content"] == ""
    with steps._lock:
        assert steps.at_once(light) == (b"", light)
    assert b"All is well" in steps.piece(left, last=True)


def test_a_packed_stream_and_one_that_nobody_reads_wait_for_no_detector(guard):
    steps = Steps(guard, context=Context(), protocol="", limit=1 << 20)
    steps.begin([(b"content-type", SSE.encode()), (b"content-encoding", b"gzip")])
    assert steps.at_once(b"abc") == (b"", b"abc")
    steps = Steps(guard, context=Context(), protocol="", limit=1 << 20)
    steps.begin([(b"content-type", b"image/png")], unread=("image/*",))
    assert steps.at_once(b"abc") == (b"abc", b"")
