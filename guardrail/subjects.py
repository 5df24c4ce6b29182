"""Erase one person everywhere: bodies of the ledger, rows of the vault (ledger.md §10, vault.md §6).

Each place destroys the subject's key, and the ledger says so; then rows go. Killed
anywhere, the same call goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardrail.ledger import erasure, vault_acts
from guardrail.ledger.certificate import certify

if TYPE_CHECKING:
    from guardrail.ledger import Ledger
    from guardrail.ledger.certificate import Certificate
    from guardrail.vault.store import Store

__all__ = ["erase", "erasure_of", "expire", "finish"]


def erase(
    ledger: Ledger, vault: Store | None, subject: str, *, tenant: str = "", reason: str = "request"
) -> Certificate:
    """Make everything under the subject's keys unreadable; return the certificate.

    It says in `vault` how many rows of the vault went with it; without a vault, that
    none was reached. See `guardrail.ledger.erasure.erase`.

    Raises:
        LedgerError, VaultError: it could not be carried out; called again, it goes on.
    """
    found = vault.find_subject(tenant, subject) if vault and subject else None
    if vault and found and reason in erasure.REASONS:
        vault_acts.request(ledger, found.kid, rows=found.rows, reason=reason)
    certificate = erasure.erase(ledger, subject, tenant=tenant, reason=reason)
    if vault is None:
        return certificate
    if found is None:
        finish(ledger, vault)
        return replace(certificate, vault=0)
    vault.destroy(found.kid)
    vault_acts.deleted(ledger, found.kid, rows=found.rows)
    finish(ledger, vault)
    vault.expire()
    return _joined(ledger, certificate, found.kid, found.rows)


def erasure_of(ledger: Ledger, kid: bytes) -> Certificate:
    """Return the certificate of an erasure as it stands now; `kid` is an id that the first one names.

    Raises:
        LedgerError: no erasure of this id was asked for.
    """
    said = vault_acts.said_of(ledger, kid)
    if not said:
        return erasure.erasure_of(ledger, kid)
    from guardrail.ledger.certificate import Certificate  # noqa: PLC0415 - a type elsewhere

    *_, stage = said
    return certify(ledger, Certificate("erasure", stage, (kid,), vault=0), list(said.values()))  # type: ignore[arg-type] # one of the stages


def finish(ledger: Ledger, vault: Store) -> None:
    """Carry out what was asked for and cut short."""
    for kid in vault_acts.unfinished(ledger):
        vault.destroy(kid)
        if vault.is_destroyed(kid):  # else it is another vault's
            vault_acts.deleted(ledger, kid)


def expire(ledger: Ledger, vault: Store) -> int:
    """Take away what the vault has had for its time; return how many rows, which the ledger tells."""
    finish(ledger, vault)
    rows = vault.expire()
    if rows:
        vault_acts.purged(ledger, rows)
    return rows


def _joined(ledger: Ledger, found: Certificate, kid: bytes, rows: int) -> Certificate:
    """Return one certificate of both; its stage is the ledger's, where that had something."""
    indexes = list(vault_acts.said_of(ledger, kid).values())
    alone = found.stage == "nothing"
    joined = replace(
        found,
        stage="keys_deleted" if alone else found.stage,
        kids=(*found.kids, kid),
        vault=rows,
    )
    own = certify(ledger, joined, indexes)
    return own if alone else replace(own, proofs=(*found.proofs, *own.proofs))
