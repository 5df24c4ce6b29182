"""However a stream is cut, what comes out is the same: every cut of short ones, random cuts of long ones."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from bodies import JSON, PROTOCOLS, SSE, cut, events_of
from states import Walk, walked

from guardrail import json_stream
from guardrail.stream import TextStream

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
CALLING = pytest.mark.parametrize(
    "protocol", [one for one in PROTOCOLS.values() if one.arguments], ids=lambda one: one.name
)
SHORT = {"an address": "a@b.example. So.", "a card": "4111 1111 1111 1", "a name": 'Ann Smith. "é 😀.'}
LONG = (
    "Dear {token}, call John Miller.\nCard 4111 1111 1111 1111! é 😀 j@example.org. See Main St. 5, or ask "
    'Ann "A" (Smith; nothing of it matters… Yours, {token}\n\n- one\n- two: x.y@example.com, end'
)
ARGUMENTS = json.dumps({"who": "{token}", "note": 'say "j@example.org"\n', "n": [4111111111111111, 2, None]})


def parted(text, bits):
    """Return the text cut behind each character whose bit is set."""
    cuts = [0, *(at for at in range(1, len(text)) if bits >> (at - 1) & 1), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def answered(exchange, parts, content_type=SSE):
    exchange.answer(content_type)
    return b"".join([*map(exchange.response, parts), exchange.finish()])


def outputs_of_all(guard, protocol, text):
    """Return the texts that come out of all partitions of a text into events, one after the other."""
    outs = set()
    for bits in range(2 ** (len(text) - 1)):
        exchange = guard.exchange(protocol=protocol.name)
        out = answered(exchange, [protocol.stream(parted(text, bits))])
        outs.add(protocol.joined(events_of(out)))
    return outs


def asking(guard, protocol):
    """Return an exchange that has asked about somebody, and the token that stands for them."""
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask('Ann "A" (Smith')).encode(), content_type=JSON)
    return exchange, protocol.asked(json.loads(body))


@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_a_short_text_into_events_gives_the_same(guards, protocol, stream):
    for text in SHORT.values():
        assert len(outputs_of_all(guards(stream=stream), protocol, text[:6])) == 1


def test_one_way_to_each_state_tells_what_every_way_tells(guards):
    """The walk over states leaves no partition out: it finds a difference where all of them together do."""
    guard, chat = guards(), PROTOCOLS["openai.chat"]

    class Forgetful(TextStream):
        def take(self, piece):
            return super().take("" if len(piece) == 3 else piece)

    for text, broken in (("a@b.ex", False), ("a@b.ex", True), ("so it.", True)):
        with pytest.MonkeyPatch.context() as patch:
            if broken:
                patch.setattr(json_stream, "TextStream", Forgetful)
            every = outputs_of_all(guard, chat, text)
            assert walked(guard.exchange(protocol=chat.name), chat, text)[1] == every
            assert (len(every) > 1) == broken


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(one, marks=[] if name == "openai.chat" else pytest.mark.slow)
        for name, one in PROTOCOLS.items()
    ],
    ids=PROTOCOLS,
)
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_sixteen_characters_into_events_gives_the_same(guards, protocol, stream):
    for text in SHORT.values():
        assert len(walked(guards(stream=stream).exchange(protocol=protocol.name), protocol, text)[1]) == 1


@pytest.mark.slow
@pytest.mark.timeout(7200)
@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_a_long_text_into_events_gives_the_same(guards, protocol, stream):
    """The event that a tail is modelled on is not compared: its piece is replaced, and its rest is alike."""
    exchange, token = asking(guards(stream=stream), protocol)
    text = LONG.format(token=token)
    # Events with numbers are other events with every other number of them.
    bounds = {"longest": 6} if protocol.name == "openai.responses" else {}
    text = text[: 70 if bounds else 100]
    walk, outputs = walked(exchange, protocol, text, leaving=frozenset({"_last"}), **bounds)
    assert len(outputs) == 1
    assert walk.steps > len(text)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@CALLING
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_the_arguments_of_a_tool_gives_the_same(guards, protocol, stream):
    exchange, token = asking(guards(stream=stream), protocol)
    arguments = ARGUMENTS.replace("{token}", token)
    more = {"longest": 4} if protocol.name == "openai.responses" else {}
    outputs = walked(exchange, protocol, arguments, call="crm_update", leaving=frozenset({"_last"}), **more)[
        1
    ]
    assert [json.loads(one)["who"] for one in outputs] == ['Ann "A" (Smith']


@pytest.mark.slow
@pytest.mark.timeout(7200)
@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_cut_of_the_bytes_of_a_stream_gives_the_same(guards, protocol, stream):
    body = protocol.stream(["So it is: é", " 😀", ". Ask j@exam", "ple.org now."])
    body = body if len(body) < 900 else body[:900]
    exchange = guards(stream=stream).exchange(protocol=protocol.name)
    exchange.answer(SSE)
    walk = Walk(body, event=lambda _number, piece, _last: piece, tail=lambda _: b"", said=bytes, longest=24)
    assert len(walk.outputs(exchange, b"")) == 1


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", SSE, "application/x-ndjson", JSON])
@pytest.mark.parametrize("most", [9, pytest.param(16, marks=pytest.mark.slow)])
def test_every_partition_of_a_short_body_into_parts_gives_the_same(guard, content_type, most):
    bodies = [
        "a@b.example é",
        "data: a@b.c\n\n",
        'data:"a@b"\r\n\r\n',
        '{"a":"a@b.de"}\n',
        ": c\n\ndata\n\n\n",
    ]
    for text in bodies:
        body = text.encode()[:most]
        outs = set()
        for bits in range(2 ** (len(body) - 1)):
            try:
                outs.add(answered(guard.exchange(), parted(body, bits), content_type))
            except Exception as error:  # noqa: BLE001 - which one, must not depend on the cut
                outs.add(type(error).__name__)
        assert len(outs) == 1


def random_partitions(guard, protocol, times, seed=1):
    """Compare random cuts, into events and into parts, with the stream in one piece."""
    rng = random.Random(seed)
    exchange, token = asking(guard, protocol)
    text = LONG.format(token=token)
    whole = protocol.joined(events_of(answered(exchange, [protocol.stream([text])])))
    called = ""
    if protocol.arguments:
        arguments = ARGUMENTS.replace("{token}", token)
        called = protocol.called(
            events_of(answered(exchange, [protocol.arguments("crm_update", [arguments])]))
        )
        assert json.loads(called)["who"] == 'Ann "A" (Smith'
    for _ in range(times):
        size = rng.choice([1, 2, 3, 5, 8, 13, 40])
        stream = protocol.stream(cut(text, size))
        places = sorted(rng.randrange(len(stream)) for _ in range(rng.randrange(30)))
        parts = [stream[a:b] for a, b in itertools.pairwise([0, *places, len(stream)])]
        assert protocol.joined(events_of(answered(exchange, parts))) == whole
        if called:
            pieces = parted(arguments, rng.getrandbits(len(arguments)) & rng.getrandbits(len(arguments)))
            out = answered(exchange, [protocol.arguments("crm_update", pieces)])
            assert protocol.called(events_of(out)) == called


@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_random_partitions_of_a_long_stream_give_the_same(guards, protocol, stream):
    random_partitions(guards(stream=stream), protocol, 12)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_many_random_partitions_of_a_long_stream_give_the_same(guards, protocol, stream):
    random_partitions(guards(stream=stream), protocol, 100_000 // (2 * len(PROTOCOLS)), seed=2)
