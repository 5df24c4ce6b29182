"""How much of an answer is held back, on texts of one's own: `python -m bench.holds FILE ... [--names]`.

Each line of a file has a "text" (or is one), which a model is said to answer in
events of five characters. Told are the characters that wait after each event,
beside the clauses of the same texts: a hold of a clause is the clause. `--names`
loads the name finders, as an installation does; else patterns alone are looked for.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from bench.hop import policy_in
from guardrail.guard import Guard
from guardrail.holds import Holds
from guardrail.testing import KnownValues

CLAUSE = re.compile(r".+?(?:[.!?;:…。！？][)\]}\"'*_»”’]*(?=\s)|\n|\Z)", re.DOTALL)
PIECE = 5
WHOLE = 200  # characters; of a shorter text one clause may well be all


class Seen(Holds):
    """Holds that remember each figure."""

    def __init__(self) -> None:
        super().__init__()
        self.after: list[int] = []

    def add(self, characters, waited):
        self.after.append(characters)
        super().add(characters, waited)


def part(numbers: list[int], share: float) -> int:
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * share))] if numbers else 0


def texts(paths: list[str]) -> list[str]:
    lines = [line for path in paths for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    return [json.loads(line)["text"] if line.startswith("{") else line for line in lines]


def answered(guard: Guard, text: str) -> list[int]:
    """Return the characters that are held after each event."""
    holds = Seen()
    exchange = guard.exchange(protocol="openai.chat", holds=holds)
    exchange.answer("text/event-stream")
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    for piece in pieces:
        chunk = {"id": "c", "choices": [{"index": 0, "delta": {"content": piece}}]}
        exchange.response(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    exchange.finish()
    return holds.after[: len(pieces)]


def main(arguments: list[str]) -> None:
    named = "--names" in arguments
    said = texts([one for one in arguments if one != "--names"])
    clauses = [len(match[0]) for text in said for match in CLAUSE.finditer(text)]
    by_event = [
        size for size in clauses for _ in range(max(1, size // PIECE))
    ]  # a long clause is met more often
    print(
        f"{len(said)} texts, {sum(map(len, said)) / 1000:.0f} kB; clauses p50 {part(clauses, 0.5)}, ", end=""
    )
    print(f"p95 {part(clauses, 0.95)} characters; the clause around an event: p95 {part(by_event, 0.95)}")
    with tempfile.TemporaryDirectory() as folder:
        for stream in ("strict", "fast"):
            options = {} if named else {"names": "none", "recognizers": [KnownValues({})]}
            with Guard.load(policy_in(Path(folder), stream), **options) as guard:
                held = [answered(guard, text) for text in said]
            flat = [size for one in held for size in one]
            words = [
                max(0, size - len(re.search(r"\S*\Z", text[: (at + 1) * PIECE])[0]))
                for text, one in zip(said, held, strict=True)
                for at, size in enumerate(one)
            ]
            whole = sum(
                max(one) >= len(text) for text, one in zip(said, held, strict=True) if len(text) >= WHOLE
            )
            print(
                f"{stream}: held p50 {part(flat, 0.5)}, p95 {part(flat, 0.95)}, most {max(flat)} characters; "
                f"behind the word that is being written: p50 {part(words, 0.5)}, p95 {part(words, 0.95)}, "
                f"none after {sum(not one for one in words) / len(words):.0%} of events; "
                f"answers of {WHOLE} characters or more held whole: {whole} of "
                f"{sum(len(text) >= WHOLE for text in said)}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
