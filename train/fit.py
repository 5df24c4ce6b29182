"""Learning: the probability of the rows that a token may be is to grow. Deterministic per seed."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Final

import torch

from train.encode import batches, stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from train.encode import Batch, Window
    from train.network import Network

__all__ = ["RATE", "fit"]

RATE: Final = 1e-4
HEAD_TIMES: Final = 5  # how much faster the last matrix learns
WARM: Final = 40  # steps
SAVED: Final = 4  # words between two states on the disk
EVERY: Final = 50  # steps between two words on the progress
NAMES: Final = ("network", "optimizer", "schedule")


def loss_of(network: Network, batch: Batch) -> torch.Tensor:
    """Return the mean over labelled tokens of -log(sum of the allowed rows)."""
    logits = network(batch.ids, batch.present, batch.cases)
    log = torch.log_softmax(logits.float(), dim=-1)
    counted = batch.may.any(-1)
    inside = torch.where(batch.may, log, torch.tensor(-1e4)).logsumexp(-1)
    return -(inside * counted).sum() / counted.sum().clamp(min=1)


def fit(  # noqa: PLR0913 - what one run hangs on
    network: Network,
    passes: Sequence[Callable[[random.Random], list[Window]]],
    *,
    seed: int,
    saved: Path,
    rate: float = RATE,
    every: int = EVERY,
    tell: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Train over the passes, each made anew from `seed`; go on from `saved` where it exists.

    Every `every` steps `tell` is called with step, steps, loss and seconds per step.
    """
    torch.manual_seed(seed)
    steps = [
        group
        for at, made in enumerate(passes)
        for group in batches(made(random.Random(f"{seed}:{at}")), random.Random(f"{seed}:{at}:order"))
    ]
    parts = _parts(network, len(steps), rate)
    begin = _resumed(parts, saved)
    _, optimizer, schedule = parts
    network.train()
    started, mean = time.monotonic(), 0.0
    for at in range(begin, len(steps)):
        loss = loss_of(network, stack(steps[at]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean = 0.98 * mean + 0.02 * float(loss.detach())
        if (at + 1) % (SAVED * every) == 0:
            states = dict(zip(NAMES, (part.state_dict() for part in parts), strict=True))
            torch.save({**states, "step": at + 1}, saved)
        if (at + 1) % every == 0 or at + 1 == len(steps):
            seconds = (time.monotonic() - started) / (at + 1 - begin)
            tell({"step": at + 1, "steps": len(steps), "loss": mean, "seconds": seconds})
    network.eval()


def _parts(network: Network, steps: int, rate: float) -> tuple[Network, torch.optim.Optimizer, Any]:
    """Return what has a state to keep: the network, its optimizer, and the schedule of its rates."""
    head = list(network.head.parameters())
    rest = [p for name, p in network.named_parameters() if p.requires_grad and not name.startswith("head")]
    optimizer = torch.optim.AdamW(
        [{"params": rest, "lr": rate}, {"params": head, "lr": HEAD_TIMES * rate}], weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda at: min((at + 1) / WARM, max(0.0, 1 - at / steps))
    )
    return network, optimizer, schedule


def _resumed(parts: Sequence[Any], saved: Path) -> int:
    """Load the states of an interrupted run; return the step to begin with."""
    if not saved.exists():
        return 0
    states = torch.load(saved, weights_only=True)
    for name, part in zip(NAMES, parts, strict=True):
        part.load_state_dict(states[name])
    return int(states["step"])
