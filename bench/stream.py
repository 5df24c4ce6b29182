"""What a guarded stream costs beside an unguarded one, in one run: waiting, CPU, memory, a long history.

Every target is a process of its own before the same provider on loopback:

- none: the provider itself;
- hop: `guardrail proxy`'s forwarding alone, with nothing guarded;
- inside: the middleware in the provider's own process, without name finders;
- memory, disk: the whole proxy without name finders, its ledger in memory or on the disk, `fast`;
- strict, fast: `guardrail proxy` as it is started, with name finders;
- `llm-shield-proxy` where it is installed (`GUARDRAIL_BENCH_SHIELD` names its
  command, in an environment of its own).

Requests go to the targets in turn, so that a slow minute of the machine is
everybody's. CPU is what /proc says of the target's process. A second table is
of a provider that thinks for 200 ms before its first word, as models do.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import httpx2

from bench.hop import policy_in
from bench.provider import ANSWER, PIECES, SIZE, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/v1/chat/completions"
KEY = "bench-key-1"
HEADERS = {"authorization": f"Bearer {KEY}"}
THINKING = 0.2  # seconds; models take longer for most questions
PATIENCE = 300  # seconds for a target to start
PROMPT = "Please write to ann.smith@example.com about the blue lamp, and to nobody else. Number {}."
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Target:
    """One process that is measured; times in seconds, one of each per request."""

    name: str
    port: int
    pid: int
    first_byte: list[float] = field(default_factory=list)
    first_text: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def forget(self) -> None:
        for times in (self.first_byte, self.first_text, self.total, self.cpu):
            times.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def cpu_now(self) -> float:
        parts = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / _TICKS

    def rss(self) -> int:
        """Return resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1]) * _PAGE


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the interface of every comparison
    """Yield one line a figure."""
    from bench.own import own_cost

    yield from own_cost(20 if short else 200)
    if not sys.platform.startswith("linux"):
        yield "skipped: CPU and memory of other processes are read from /proc"
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guardrail-bench-")))
        upstream = stack.enter_context(_process("none", [sys.executable, "-m", "bench.provider"], folder))
        targets = [upstream, *_parts(stack, folder, upstream), *_guards(stack, folder, upstream)]
        if (shield := _shield(stack, folder, upstream)) is None:
            yield "llm-shield-proxy: skipped, it is not installed; GUARDRAIL_BENCH_SHIELD names its command"
        else:
            targets.append(shield)
        yield f"one answer: {len(PIECES)} events, {SIZE / 1000:.1f} kB of stream, {len(ANSWER)} characters"
        for kind in ("a new prompt", "a prompt known from before"):
            _ask_in_turn(targets, rounds=3 if short else 40, known=kind != "a new prompt")
            yield from _waits(targets, kind)
        _ask_in_turn(targets, rounds=1 if short else 15, known=True, wait=THINKING)
        yield from _waits(targets, f"a known prompt, {THINKING * 1e3:.0f} ms of thinking")
        fast = next(target for target in targets if target.name == "guardrail fast")
        yield from _many(fast, streams=20 if short else 200)
        yield from _history(fast, kilobytes=60 if short else 300)


# --- targets


@contextmanager
def _process(name: str, command: list[str], folder: Path, *, env: dict[str, str] | None = None):
    """Start a target that listens on the port of its last argument; give it when it answers."""
    port = free_port()
    log = (folder / f"{name.replace(' ', '-')}.log").open("wb")
    started = subprocess.Popen(
        [*command, str(port)], stdout=log, stderr=log, env={**os.environ, **(env or {})}
    )
    try:
        _wait_for(port, started)
        yield Target(name, port, started.pid)
    finally:
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(40)
        started.kill()
        log.close()


def _wait_for(port: int, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and started.poll() is None:
        with suppress(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{port}/", timeout=5)
            return
        time.sleep(0.1)
    raise SystemExit("a target did not start")


def _parts(stack: ExitStack, folder: Path, upstream: Target) -> Iterator[Target]:
    """Start the proxy in parts, see `bench.hop`."""
    for kind in ("hop", "inside", "memory", "disk"):
        command = [sys.executable, "-m", "bench.hop", kind, str(upstream.port), str(folder), "fast"]
        yield stack.enter_context(_process(kind, command, folder))


def _guards(stack: ExitStack, folder: Path, upstream: Target) -> Iterator[Target]:
    for mode in ("strict", "fast"):
        policy = policy_in(folder, mode)
        command = [sys.executable, "-m", "guardrail", "proxy", "--policy", str(policy)]
        command += ["--upstream", f"http://127.0.0.1:{upstream.port}", "--ledger", str(folder / f"{mode}.db")]
        yield stack.enter_context(_process(f"guardrail {mode}", [*command, "--port"], folder))


def _shield(stack: ExitStack, folder: Path, upstream: Target) -> Target | None:
    command = os.environ.get("GUARDRAIL_BENCH_SHIELD") or shutil.which("llm-shield-proxy")
    if not command:
        return None
    # As its manual says, with what the model brings redacted too: the same job.
    env = {
        "UPSTREAM_BASE_URL": f"http://127.0.0.1:{upstream.port}",
        "UPSTREAM_API_KEY": KEY,
        "VALID_VIRTUAL_KEYS": KEY,
        "ENABLE_RESPONSE_PII_REDACTION": "true",
    }
    arguments = [command, "--host", "127.0.0.1", "--log-level", "critical", "--port"]
    return stack.enter_context(_process("llm-shield-proxy", arguments, folder, env=env))


# --- one at a time


def _body(number: int, *, prompt: int | None = None, **more: object) -> dict[str, object]:
    """Return a request whose answer is new; its prompt is too, unless it is given."""
    messages = [{"role": "user", "content": PROMPT.format(number if prompt is None else prompt)}]
    return {"model": "bench", "stream": True, "seed": number, "messages": messages, **more}


def _ask_in_turn(targets: list[Target], *, rounds: int, known: bool, wait: float = 0) -> None:
    for target in targets:
        target.forget()
    first = 5000 if known else 0
    first += 1000 if wait else 0
    with httpx2.Client(timeout=60, headers=HEADERS) as client:
        for target in targets:
            for warm in range(3):
                _ask(client, target, _body(4000 + warm, prompt=0 if known else None), keep=False)
        for number in range(first, first + rounds):
            for target in targets:
                body = _body(number, prompt=0 if known else None, wait=wait)
                _ask(client, target, body, keep=True)


def _ask(client: httpx2.Client, target: Target, body: dict[str, object], *, keep: bool) -> None:
    cpu, begun = target.cpu_now(), time.perf_counter()
    first = text = 0.0
    with client.stream("POST", target.url, json=body) as answer:
        if answer.status_code != 200:
            raise SystemExit(f"{target.name} answered {answer.status_code}")
        for line in answer.iter_lines():
            first = first or time.perf_counter() - begun
            if not text and '"content"' in line and _says(line):
                text = time.perf_counter() - begun
    if keep:
        target.first_byte.append(first)
        target.first_text.append(text)
        target.total.append(time.perf_counter() - begun)
        target.cpu.append(target.cpu_now() - cpu)


def _says(line: str) -> bool:
    event = json.loads(line.removeprefix("data: "))
    return bool(event["choices"] and event["choices"][0]["delta"].get("content"))


def _waits(targets: list[Target], kind: str) -> Iterator[str]:
    bare, hop = targets[:2]
    kilobytes = SIZE / 1000
    for target in targets:
        cpu = sum(target.cpu) / len(target.cpu)
        first, text = median(target.first_byte), median(target.first_text)
        yield (
            f"{kind}, {target.name}: first byte {first * 1e3:.1f} ms "
            f"({first / median(bare.first_byte):.2f} x none, {first / median(hop.first_byte):.2f} x hop), "
            f"first text {text * 1e3:.1f} ms ({(text - median(bare.first_text)) * 1e3:+.1f} ms on none, "
            f"{(text - median(hop.first_text)) * 1e3:+.1f} ms on hop), "
            f"all {median(target.total) * 1e3:.1f} ms "
            f"({median(target.total) / median(bare.total):.2f} x none), "
            f"{cpu * 1e3:.0f} ms CPU per request ({cpu * 1e3 / kilobytes:.2f} ms per kB)"
        )


# --- many at once


def _many(target: Target, *, streams: int) -> Iterator[str]:
    """Run as many streams at once, three times over; memory must not grow from the second on."""
    asyncio.run(_at_once(target, streams, 1000))
    before = target.rss()
    for again in (2000, 3000):
        asyncio.run(_at_once(target, streams, again))
    after = target.rss()
    yield (
        f"{streams} streams at once on {target.name}, twice more: {before / 1e6:.0f} MB -> "
        f"{after / 1e6:.0f} MB resident ({after / before:.3f} x)"
    )


async def _at_once(target: Target, streams: int, first: int) -> None:
    limits = httpx2.Limits(max_connections=streams)
    async with httpx2.AsyncClient(timeout=300, limits=limits) as client:

        async def one(number: int) -> None:
            answer = await client.post(target.url, json=_body(number, pace=0.002))
            assert answer.text.rstrip().endswith("[DONE]"), answer.text[-200:]

        await asyncio.gather(*(one(first + number) for number in range(streams)))


# --- a long history


def _history(target: Target, *, kilobytes: int) -> Iterator[str]:
    """Send a long history twice, the second time with one more turn: only that is new."""
    rng = random.Random(11)  # noqa: S311 - words, no secret
    words = ANSWER.split()
    messages: list[dict[str, str]] = []
    while sum(len(message["content"]) for message in messages) < kilobytes * 1000:
        text = " ".join(f"{' '.join(rng.choices(words, k=14))} {rng.randrange(1000)}." for _ in range(24))
        messages.append({"role": ("user", "assistant")[len(messages) % 2], "content": text})
    with httpx2.Client(timeout=600) as client:
        times = [_turn(client, target, messages)]
        added = {"role": "user", "content": "And now " + " ".join(rng.choices(words, k=150)) + "."}
        times.append(_turn(client, target, [*messages, added]))
    (first, first_cpu), (second, second_cpu) = times
    yield (
        f"a history of {kilobytes} kB: first turn {first:.2f} s ({first_cpu:.2f} s CPU), "
        f"second turn with {len(added['content'])} characters more {second:.2f} s ({second_cpu:.2f} s CPU): "
        f"{second / first:.3f} of the first"
    )


def _turn(client: httpx2.Client, target: Target, messages: list[dict[str, str]]) -> tuple[float, float]:
    cpu, begun = target.cpu_now(), time.perf_counter()
    answer = client.post(target.url, json={"model": "bench", "messages": messages})
    assert answer.status_code == 200, answer.text[:200]
    return time.perf_counter() - begun, target.cpu_now() - cpu
