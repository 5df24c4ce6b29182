"""What the guard itself costs on a stream: CPU per kB, and memory of many streams at once.

The detector finds nothing and costs nothing, so what is left is the engine:
events, maps, boundaries, tokens. Run it with `python -m bench.engine [protocol]`.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from pathlib import Path

from guardrail import policy as policies
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.policy.shipped import policy_path
from guardrail.vault.keys import Keys

TEXT = (
    "The answer to your question is not a simple one. First, consider what the contract says: it names "
    "two parties, and a term of three years. Second, the notice must be in writing, and it must arrive in "
    "time. If you are in doubt, ask somebody who knows the law of the place where you live. "
) * 12
PIECE = 5  # characters of one event
STREAMS = 200


class Nothing:
    """A detector that finds nothing."""

    def __init__(self, entities: frozenset[str]) -> None:
        self.entities = entities
        self.versions: dict[str, str] = {}

    def detect(self, passages: list[object]) -> list[tuple[()]]:
        """Return no finding for each passage."""
        return [() for _ in passages]


def guard_of(policy: str) -> Guard:
    """Return a guard without detection."""
    path = Path(policy)
    loaded = policies.load(path if path.exists() else policy_path(policy))
    keys = Keys.ephemeral()
    ledger = Ledger.open(None, seed=keys.log_seed)
    return Guard(policy=loaded, detector=Nothing(loaded.entities), keys=keys, ledger=ledger)


def _sse(events: list[dict[str, object]]) -> list[bytes]:
    named = "type" in events[0]
    names = [f"event: {one['type']}\n" if named else "" for one in events]
    return [f"{name}data: {json.dumps(one)}\n\n".encode() for name, one in zip(names, events, strict=True)]


def streams() -> dict[str, list[bytes]]:
    """Return one stream of each protocol, by events."""
    pieces = [TEXT[at : at + PIECE] for at in range(0, len(TEXT), PIECE)]
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta = {"type": "response.output_text.delta", **at, "logprobs": [], "obfuscation": "a1b2c3"}
    block = {"type": "content_block_delta", "index": 0}
    call = {"type": "input_json_delta"}
    return {
        "openai.chat": _sse(
            [
                {**chunk, "choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}]}
                for p in pieces
            ]
        ),
        "openai.responses": _sse([{**delta, "sequence_number": n, "delta": p} for n, p in enumerate(pieces)]),
        "anthropic.messages": _sse([{**block, "delta": {"type": "text_delta", "text": p}} for p in pieces]),
        "anthropic.messages (arguments)": _sse(
            [{**block, "delta": {**call, "partial_json": p}} for p in ['{"body": "', *pieces, '"}']]
        ),
        "gemini.generate": _sse(
            [
                {
                    "candidates": [{"content": {"parts": [{"text": p}], "role": "model"}, "index": 0}],
                    "modelVersion": "m",
                    "responseId": "r",
                }
                for p in pieces
            ]
        ),
        "": _sse([{"text": p} for p in pieces]),
    }


def cost(guard: Guard, protocol: str, events: list[bytes]) -> tuple[float, float]:
    """Return milliseconds of CPU per kB of stream, and per kB of its text."""
    best = float("inf")
    for _ in range(5):
        exchange = guard.exchange(protocol=protocol.partition(" ")[0])
        exchange.answer("text/event-stream")
        start = time.process_time()
        for event in events:
            exchange.response(event)
        exchange.finish()
        best = min(best, time.process_time() - start)
    return best * 1e6 / sum(map(len, events)), best * 1e6 / len(TEXT)


def memory(guard: Guard, protocol: str, events: list[bytes]) -> tuple[int, int]:
    """Return the bytes per stream of many streams at once, a quarter of the way and at their ends."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    exchanges = [guard.exchange(protocol=protocol) for _ in range(STREAMS)]
    for one in exchanges:
        one.answer("text/event-stream")
    taken = []
    for number, event in enumerate(events):
        for one in exchanges:
            one.response(event)
        if number in {len(events) // 4, len(events) - 1}:
            gc.collect()
            taken.append((tracemalloc.get_traced_memory()[0] - before) // STREAMS)
    tracemalloc.stop()
    return taken[0], taken[1]


def main() -> None:
    """Print the table."""
    guard = guard_of("gdpr-chat")
    for name, events in streams().items():
        if len(sys.argv) > 1 and sys.argv[1] not in name:
            continue
        stream, text = cost(guard, name, events)
        print(f"{name or 'generic':32} {stream:7.3f} ms CPU per kB of stream {text:8.3f} per kB of text")
    name = "anthropic.messages"
    early, late = memory(guard, name, streams()[name][:400])
    print(f"{STREAMS} streams at once: {early:,} bytes each at a quarter, {late:,} at the end")


if __name__ == "__main__":
    main()
