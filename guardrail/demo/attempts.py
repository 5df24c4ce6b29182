"""The attacks that the demo tries on copies of its own ledger, and what the verifier says of each."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.crypto import random_bytes
from guardrail.demo import tamper
from guardrail.ledger import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from guardrail.ledger import Report

__all__ = ["Attempt", "Auditor", "attempts"]


@dataclass(frozen=True, slots=True)
class Auditor:
    """What an outsider holds: the public key, and the last checkpoint that was published."""

    vkey: str
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attack on a copy: what the verifier says of the file alone, and with the auditor's checkpoint."""

    title: str
    file: Path
    alone: Report
    audited: Report

    @property
    def caught(self) -> bool:
        """Tell whether the auditor saw it."""
        return self.audited.exit_code != 0


def attempts(
    ledger: Path, *, folder: Path, auditor: Auditor, earlier: int, seed: bytes
) -> tuple[Attempt, ...]:
    """Attack four copies in `folder`.

    `earlier` is the size of an earlier checkpoint, to which a cut goes back
    because there the ledger is signed; `seed` is the ledger's own signing key,
    for the attacker who has stolen it.
    """
    folder.mkdir()
    plan: tuple[tuple[str, str, Callable[[Path], object]], ...] = (
        ("an entry edited: it denies a finding", "edited.db", tamper.edit),
        (
            "the tail cut, back to an earlier checkpoint",
            "cut.db",
            lambda copy: tamper.cut_tail(copy, earlier),
        ),
        (
            "the chain rewritten, signed with another key",
            "rewritten.db",
            lambda copy: tamper.rewrite(copy, random_bytes(32)),
        ),
        (
            "the chain rewritten, signed with the stolen key",
            "resigned.db",
            lambda copy: tamper.rewrite(copy, seed),
        ),
    )
    tried = []
    for title, name, attack in plan:
        copy = folder / name
        shutil.copyfile(ledger, copy)
        attack(copy)
        alone = verify(copy, vkey=auditor.vkey)
        audited = verify(copy, vkey=auditor.vkey, known=[auditor.checkpoint])
        tried.append(Attempt(title, copy, alone, audited))
    return tuple(tried)
