"""Drive the conversation with the real SDK: client, service and model are three, with HTTP between them."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from openai import DefaultHttpxClient, OpenAI, OpenAIError

from guardrail import logs
from guardrail.demo.conversation import example_module
from guardrail.demo.server import serving
from guardrail.errors import GuardrailError
from guardrail.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from openai.types.chat import ChatCompletionMessageParam

    from guardrail.border import Detects
    from guardrail.ledger import Ledger
    from guardrail.policy import PolicySet
    from guardrail.types import Context, Finding, Passage
    from guardrail.vault.keys import Keys
    from guardrail.vault.scopes import Scopes

__all__ = ["Run", "Turn", "WatchedGuard", "drive"]

PATIENCE: Final = 30.0  # seconds that the client waits for an answer


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, as each party saw it; times in ms. `log` is what the turn added to the service's log."""

    wrote: str
    received: str
    answer: str
    log: str
    first_ms: float
    whole_ms: float
    detect_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    """A conversation that has been run: its turns, the requests that reached the model, the log."""

    turns: tuple[Turn, ...]
    bodies: tuple[bytes, ...]
    log: str

    @property
    def answers(self) -> str:
        """Return all that the user got back."""
        return "\n".join(turn.answer for turn in self.turns)


class Stopwatch:
    """A detector that measures how long another one takes, in seconds."""

    def __init__(self, detector: Detects) -> None:
        self.entities: frozenset[str] = detector.entities
        self.versions: Mapping[str, str] = detector.versions
        self.seconds = 0.0
        self._detector = detector

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...]]:
        """Detect, and count the time."""
        begun = time.perf_counter()
        try:
            return self._detector.detect(passages)
        finally:
            self.seconds += time.perf_counter() - begun


class WatchedGuard(Guard):
    """A guard whose detection is timed; otherwise the one that every user holds."""

    def __init__(  # noqa: PLR0913 - the guard's own signature
        self,
        *,
        policy: PolicySet,
        detector: Detects,
        keys: Keys,
        ledger: Ledger,
        context: Context | None = None,
        vault: Scopes | None = None,
    ) -> None:
        """Take the parts; `load` makes them from files."""
        self.watch = Stopwatch(detector)
        super().__init__(
            policy=policy, detector=self.watch, keys=keys, ledger=ledger, context=context, vault=vault
        )


def drive(
    turns: Sequence[str],
    *,
    log: Path,
    guard: WatchedGuard | None = None,
    after: Callable[[int, Turn], None] = lambda _number, _turn: None,
) -> Run:
    """Run the conversation; with a guard, through the middleware and with guarded logs.

    `after` is called with each turn as it ends, counted from 1.

    Raises:
        GuardrailError: the service refuses a turn, or breaks off.
    """
    stub = example_module("model_stub")
    service = example_module("chat_app")
    done = []
    guarded_logs = logs.install(guard) if guard else None
    try:
        with (
            _written(log),
            serving(stub.app) as model,
            serving(service.create(f"{model}/v1", guard)) as address,
            _client(address) as client,
        ):
            for turn in _talk(client, turns, received=stub.received, log=log, guard=guard):
                done.append(turn)
                after(len(done), turn)
    except OpenAIError as fault:
        raise GuardrailError(
            f"the service does not answer turn {len(done) + 1} ({type(fault).__name__})",
            advice="run: guardrail doctor",
        ) from None
    finally:
        if guarded_logs:
            guarded_logs.uninstall()
    return Run(tuple(done), tuple(stub.received), log.read_text("utf-8"))


def _client(address: str) -> OpenAI:
    # A proxy of the environment is not for loopback.
    http = DefaultHttpxClient(trust_env=False)
    return OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=PATIENCE, http_client=http)


def _talk(
    client: OpenAI, texts: Sequence[str], *, received: list[bytes], log: Path, guard: WatchedGuard | None
) -> Iterator[Turn]:
    """Write text after text, each with the whole conversation before it, as chat clients do."""
    messages: list[ChatCompletionMessageParam] = []
    for text in texts:
        messages.append({"role": "user", "content": text})
        logged = len(log.read_text("utf-8"))
        detected = guard.watch.seconds if guard else 0.0
        begun = time.perf_counter()
        first, pieces = 0.0, list[str]()
        for chunk in client.chat.completions.create(model="stub", messages=messages, stream=True):
            piece = (chunk.choices[0].delta.content if chunk.choices else "") or ""
            if piece and not first:
                first = time.perf_counter() - begun
            pieces.append(piece)
        whole = time.perf_counter() - begun
        answer = "".join(pieces)
        messages.append({"role": "assistant", "content": answer})
        yield Turn(
            wrote=text,
            received=_last_text(received[-1]),
            answer=answer,
            log=log.read_text("utf-8")[logged:],
            first_ms=first * 1000,
            whole_ms=whole * 1000,
            detect_ms=(guard.watch.seconds - detected if guard else 0.0) * 1000,
        )


def _last_text(body: bytes) -> str:
    """Return the last message of a request, for people to read."""
    messages = cast("list[dict[str, str]]", json.loads(body)["messages"])
    return messages[-1]["content"]


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Let the service's logger write to the file at `path` alone."""
    logger = logging.getLogger("chat_app")
    before = logger.level, logger.propagate
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.level, logger.propagate = before
