"""However a stream is cut, what comes out is the same: every cut of short ones, random cuts of long ones."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from bodies import JSON, PROTOCOLS, SSE, cut, events_of

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
CALLING = pytest.mark.parametrize(
    "protocol", [one for one in PROTOCOLS.values() if one.arguments], ids=lambda one: one.name
)
SHORT = {"an address": "a@b.example", "a card": "4111 1111 1111 1", "a name": 'Ann Smith. "é'}
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


def every_partition(guard, protocol, texts, most):
    for text in (one[:most] for one in texts):
        outs = set()
        for bits in range(2 ** (len(text) - 1)):
            exchange = guard.exchange(protocol=protocol.name)
            out = answered(exchange, [protocol.stream(parted(text, bits))])
            outs.add(protocol.joined(events_of(out)))
        assert len(outs) == 1


@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_a_short_text_into_events_gives_the_same(guards, protocol, stream):
    every_partition(guards(stream=stream), protocol, SHORT.values(), 6)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@ALL
@pytest.mark.parametrize("stream", ["strict", "fast"])
def test_every_partition_of_sixteen_characters_into_events_gives_the_same(guards, protocol, stream):
    every_partition(guards(stream=stream), protocol, SHORT.values(), 16)


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
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask('Ann "A" (Smith')).encode(), content_type=JSON)
    token = protocol.asked(json.loads(body))
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
