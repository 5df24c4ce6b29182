"""A certificate that something went or is kept: what, in which stage, and proofs of the entries that say so.

Canonical JSON, so that it can be filed and compared; each proof is a whole
C2SP tlog-proof. It names keys by their random ids, and nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from guardrail.canonical import Canonical, canonical, parse_canonical
from guardrail.ledger.acts import Act
from guardrail.ledger.checkpoint import parse_body
from guardrail.ledger.header import parse_header
from guardrail.ledger.note import NoteError, parse_note
from guardrail.ledger.proof import parse_proof, verify_proof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.ledger.header import Header
    from guardrail.ledger.writer import Ledger

__all__ = ["Certificate", "certify", "verify_certificate"]

Stage = Literal["nothing", "requested", "restricted", "keys_deleted", "final", "expired", "held", "released"]
_KEYS: Final = {"held", "kids", "kind", "proofs", "records", "stage", "v"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What happened to the bodies under some keys; `records` of them, `held` of these kept by a hold.

    `vault` is how many rows of the vault went with them; None where no vault was reached.
    """

    kind: Literal["erasure", "disposal", "hold"]
    stage: Stage
    kids: tuple[bytes, ...]
    records: int = 0
    held: int = 0
    proofs: tuple[bytes, ...] = field(default=(), repr=False)
    vault: int | None = None

    def format(self) -> bytes:
        """Return the certificate as one line of canonical JSON."""
        kids: list[Canonical] = [kid.hex() for kid in self.kids]
        proofs: list[Canonical] = [proof.decode("utf-8") for proof in self.proofs]
        body: dict[str, Canonical] = {"held": self.held, "kids": kids, "kind": self.kind, "proofs": proofs}
        body |= {} if self.vault is None else {"vault": self.vault}
        return canonical(body | {"records": self.records, "stage": self.stage, "v": 1}) + b"\n"


def certify(ledger: Ledger, found: Certificate, indexes: Sequence[int]) -> Certificate:
    """Return the certificate with the proofs of the entries that say so, in the tree as it is now."""
    size = parse_body(parse_note(ledger.checkpoint()).text).size
    proofs = tuple(ledger.reader.prove(index, size).format() for index in indexes)
    return replace(found, proofs=proofs)


def verify_certificate(data: bytes, *, vkey: str) -> tuple[Header, ...]:
    """Return the entries that a certificate proves; each names the keys that it is about.

    Raises:
        NoteError: it is not one, a proof does not hold, or an entry is about other keys.
    """
    try:
        body = parse_canonical(data.removesuffix(b"\n"))
        if not isinstance(body, dict) or body.keys() - {"vault"} != _KEYS or body["v"] != 1:
            raise NoteError("not a certificate of version 1")
        kids, proofs = body["kids"], body["proofs"]
        named = {bytes.fromhex(str(kid)) for kid in kids} if isinstance(kids, list) else set()
        texts = [str(proof).encode() for proof in proofs] if isinstance(proofs, list) else []
    except ValueError as error:
        raise NoteError(f"not a certificate of version 1: {error}") from None
    headers = []
    for text in texts:
        proof = parse_proof(text)
        verify_proof(proof, vkey=vkey)
        header = parse_header(proof.header or b"")
        if not set((header.act or Act()).kids) & named and named:
            raise NoteError("an entry of the certificate is about other keys")
        headers.append(header)
    _need_stage(str(body["stage"]), {header.type for header in headers})
    return tuple(headers)


def _need_stage(stage: str, types: set[str]) -> None:
    """Refuse a stage that none of the proved entries says, of the ledger's bodies or the vault's rows."""
    says = {
        "nothing": "erasure.requested",
        "requested": "erasure.requested",
        "restricted": "erasure.restricted",
        "keys_deleted": "erasure.keys_deleted",
        "final": "erasure.final",
        "expired": "retention.purge",
        "held": "hold.placed",
        "released": "hold.released",
    }
    if not {says.get(stage), f"vault.{stage}"} & types:
        raise NoteError("no entry of the certificate says what its stage is")
