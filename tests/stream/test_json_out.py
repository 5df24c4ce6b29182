"""What went in as JSON comes out as JSON, and what holds nothing keeps its bytes."""

from __future__ import annotations

import json
import random

import pytest
from bodies import JSON, PROTOCOLS

KEYS = ["model", "messages", "content", "role", "text", "phone", "j@example.org", "input", "a b", "é", ""]
VALUES = [
    "Ann Smith", "j@example.org", 'say "hi"\n', "4111 1111 1111 1111", "\ud83d", "😀", "\\u0040", "{}", "[1,",
    '{"to": "j\\u0040example.org"}', "[UNREADABLE]", "<PERSON_", "\x00", "data: x\n\n", "a" * 200, "",
]  # fmt: skip
NUMBERS = [0, -1, 1.5, 4111111111111111, 10**30, 1e300, True, False, None]
HARMLESS = ["fine", "it is so", "\n", "é", "😀", "", "\\", '"', "so be it. and on"]


def value(rng, depth, texts):
    kind = rng.random()
    if depth and kind < 0.3:
        return {rng.choice(KEYS): value(rng, depth - 1, texts) for _ in range(rng.randrange(5))}
    if depth and kind < 0.5:
        return [value(rng, depth - 1, texts) for _ in range(rng.randrange(5))]
    if kind < 0.6:
        return rng.choice(NUMBERS)
    text = "".join(rng.choice(texts) for _ in range(rng.randrange(1, 4)))
    if depth and kind < 0.7:
        return json.dumps({"inner": value(rng, depth - 1, texts), "t": text})
    return text


def written(rng, what):
    return json.dumps(
        what,
        ensure_ascii=True if "\\ud83d" in json.dumps(what) else rng.random() < 0.5,
        indent=rng.choice([None, 1]),
        separators=rng.choice([(",", ":"), (", ", " : ")]),
    ).encode("utf-8")


def fuzzed(guard, times, seed):
    rng = random.Random(seed)
    names = ["", *PROTOCOLS]
    for _ in range(times):
        body = written(rng, {rng.choice(KEYS): value(rng, 4, VALUES) for _ in range(3)})
        exchange = guard.exchange(protocol=rng.choice(names))
        json.loads(exchange.request(body, content_type=JSON))
        exchange.answer(JSON)
        json.loads(exchange.response(body) + exchange.finish())


def untouched(guard, times, seed):
    rng = random.Random(seed)
    keys, KEYS[6] = KEYS[6], "email"
    try:
        for _ in range(times):
            body = written(rng, {rng.choice(KEYS): value(rng, 4, HARMLESS) for _ in range(3)})
            for number in (b"4111111111111111", b"1000000000000000000000000000000", b"1e+300"):
                body = body.replace(number, b"7")
            exchange = guard.exchange(protocol=rng.choice(["", *PROTOCOLS]))
            exchange.answer(JSON)
            assert exchange.request(body, content_type=JSON) == body
            assert exchange.response(body) + exchange.finish() == body
    finally:
        KEYS[6] = keys


def test_fuzzed_bodies_come_out_as_json(guard):
    fuzzed(guard, 60, seed=1)


def test_bodies_without_a_value_keep_every_byte(guard):
    untouched(guard, 60, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(10))
def test_many_fuzzed_bodies_come_out_as_json(guard, seed):
    fuzzed(guard, 10_000, seed=100 + seed)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_many_bodies_without_a_value_keep_every_byte(guard):
    untouched(guard, 10_000, seed=2)
