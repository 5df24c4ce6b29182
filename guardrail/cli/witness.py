"""Cosignatures of others on the command line: asking witnesses, and holding a checkpoint against a policy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from guardrail.cli import custody, output
from guardrail.errors import ConfigError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.ledger import Reader
    from guardrail.ledger.trust import Trust

__all__ = ["MlDsa", "Url", "WitnessPolicy", "cosigned", "countersign", "own_ml_dsa"]

MAX_POLICY: Final = 1_000_000  # bytes

WitnessPolicy: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--witness-policy",
        metavar="FILE",
        help="Keys of witnesses and their quorum, as C2SP tlog-policy.",
    ),
]
Url: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="URL",
        help="Ask this witness of the policy; by default those that it names with an address.",
    ),
]
MlDsa: TypeAlias = Annotated[
    bool, typer.Option("--ml-dsa", help="Add a cosignature in ML-DSA-44, by a key of the ledger's own.")
]


def read_policy(file: Path) -> "Trust":
    """Read a witness policy."""
    from guardrail.ledger.note import NoteError  # noqa: PLC0415 - commands start light
    from guardrail.ledger.trust import parse_trust  # noqa: PLC0415 - as above

    try:
        with file.open("rb") as handle:
            return parse_trust(handle.read(MAX_POLICY + 1))
    except OSError:
        raise ConfigError("the witness policy cannot be read", advice="name its file") from None
    except NoteError as fault:
        raise ConfigError(
            str(fault), advice="see https://c2sp.org/tlog-policy for the form of its lines"
        ) from None


def countersign(note: bytes, policy: Path, urls: "Sequence[str]", reader: "Reader") -> bytes:
    """Have a checkpoint cosigned; return it once the quorum of the policy has done so.

    Raises:
        LedgerError: a witness refuses, does not answer, or there are too few.
    """
    from guardrail.ledger.calls import poster  # noqa: PLC0415 - only where an address is named
    from guardrail.ledger.note import NoteError  # noqa: PLC0415 - as above
    from guardrail.ledger.witness import ask  # noqa: PLC0415 - as above

    trust = read_policy(policy)
    asked = list(urls) or list(trust.urls.values())
    if not asked:
        raise ConfigError(
            "the witness policy has no address", advice="add one to a witness line, or --witness URL"
        )
    for url in asked:
        try:
            post = poster(f"{url.rstrip('/')}/add-checkpoint")
            note = ask(note, trust, post=post, prove=reader.prove_consistency)
        except (NoteError, LedgerError) as fault:  # the quorum tells whether the others are enough
            output.inform(f"note: {url}: {fault.message if isinstance(fault, LedgerError) else fault}")
    try:
        trust.check(note, vkey=reader.vkey)
    except NoteError as fault:
        raise LedgerError(str(fault), advice="ask again, or further witnesses; nothing was written") from None
    return note


def cosigned(policy: Path, vkey: str, notes: "Sequence[bytes]") -> bytes:
    """Return the largest of these checkpoints that satisfies the policy, and say who has cosigned it.

    Raises:
        ConfigError: there is none.
    """
    from guardrail.ledger.note import NoteError  # noqa: PLC0415 - commands start light

    trust, found, why = read_policy(policy), [], "no cosigned checkpoint is at hand"
    for note in notes:
        try:
            found.append((trust.check(note, vkey=vkey), note))
        except NoteError as fault:
            why = str(fault)
    if not found:
        raise ConfigError(
            f"the witness policy is not met: {why}",
            advice="have one cosigned: guardrail ledger checkpoint --witness-policy FILE; or name one that "
            "somebody kept: --known-checkpoint FILE",
        )
    best, note = max(found, key=lambda one: one[0].checkpoint.size)
    names = ", ".join(
        f"{name.decode('utf-8', 'replace')} ({custody.date_of(time)} UTC)"
        for name, time in best.times.items()
    )
    output.inform(
        f"cosigned: the first {best.checkpoint.size} entries, by {names or 'nobody, as the policy says'}"
    )
    return note


def own_ml_dsa(note: bytes, seed: bytes, origin: str, time: int) -> bytes:
    """Add the ledger's own cosignature in ML-DSA-44, and tell its public key."""
    from guardrail.crypto import derive  # noqa: PLC0415 - commands start light
    from guardrail.ledger.note import (  # noqa: PLC0415 - as above
        ML_DSA_44,
        NoteError,
        cosign,
        cosigner_key,
        parse_note,
    )

    own, name = derive(seed, "cosigner-ml-dsa"), f"{origin}/ml-dsa"
    try:
        made = cosign(parse_note(note), name=name, seed=own, time=time, kind=ML_DSA_44).format()
        output.inform(f"witness ml-dsa {cosigner_key(name, own, kind=ML_DSA_44)}")
    except NoteError as fault:
        raise ConfigError(str(fault), advice="python -m pip install --upgrade cryptography") from None
    return made
