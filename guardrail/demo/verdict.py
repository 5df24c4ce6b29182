"""What the searches found: one row per planted value, and what of it must not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.demo.search import found_in_bytes, found_in_json, found_in_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.demo.conversation import Conversation, Planted
    from guardrail.demo.drive import Run

__all__ = ["Row", "Seen", "faults", "measure", "reached"]


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether a value was found in one run: by the model, in the log, in what the user got back."""

    model: bool
    log: bool
    answer: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One planted value in both runs, and in the ledger's files."""

    planted: Planted
    direct: Seen
    guarded: Seen
    ledger: bool

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong, without the value.

        The unguarded run is the control of the search: a value that is not found
        even there would be "clean" everywhere without meaning anything.
        """
        planted = self.planted
        checks = [
            (not self.direct.log, "the search did not find it in the unguarded log"),
            (self.guarded.log, "it is in the guarded log"),
            (self.ledger, "it is in the ledger"),
        ]
        if planted.own:
            checks += [
                (not self.direct.answer, "the search did not find it in the unguarded answers"),
                (self.guarded.answer, "it is in the guarded answers"),
            ]
        else:
            checks += [
                (not self.direct.model, "the search did not find it in what the unguarded model received"),
                (self.guarded.model, "it reached the guarded model"),
                (planted.returns and not self.guarded.answer, "it was not restored for the user"),
            ]
        who = "the model's" if planted.own else "the user's"
        return tuple(f"{who} {planted.kind}: {text}" for wrong, text in checks if wrong)


def measure(
    conversation: Conversation, *, direct: Run, guarded: Run, files: Sequence[bytes]
) -> tuple[Row, ...]:
    """Search every planted value in both runs and in the bytes of the ledger's files."""
    return tuple(
        Row(
            planted,
            direct=_seen(planted, direct),
            guarded=_seen(planted, guarded),
            ledger=any(found_in_bytes(planted, data) for data in files),
        )
        for planted in conversation.planted
    )


def faults(rows: Iterable[Row], conversation: Conversation, guarded: Run) -> tuple[str, ...]:
    """Return everything that does not hold; empty when the run has shown what the demo says."""
    found = [fault for row in rows for fault in row.faults()]
    found += [
        f"the {planted.kind} number did not reach the guarded model, though it is nobody's data"
        for planted in conversation.passes
        if not reached(planted, guarded)
    ]
    return tuple(found)


def reached(planted: Planted, run: Run) -> bool:
    """Tell whether a value is in a request that reached the model."""
    return any(found_in_json(planted, body) for body in run.bodies)


def _seen(planted: Planted, run: Run) -> Seen:
    return Seen(
        model=reached(planted, run),
        log=found_in_text(planted, run.log),
        answer=found_in_text(planted, run.answers),
    )
