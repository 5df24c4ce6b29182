"""Erasure of one subject: requested, its key destroyed, rows gone, final (docs/spec/ledger.md §10).

The cost does not depend on the ledger's size: one key is overwritten, and
nothing under it opens any more. Rows go afterwards, in batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError
from guardrail.ledger.acts import Act, ranges_of
from guardrail.ledger.certificate import Certificate, certify
from guardrail.ledger.entry import draft
from guardrail.ledger.shelf import Shelf
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.ledger.desk import Desk
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.writer import Ledger

__all__ = ["REASONS", "erase", "erasure_of", "unfinished"]

REASONS: Final = ("request", "consent", "objection", "unlawful", "unneeded")
"""The grounds of GDPR Art. 17(1): asked for, consent withdrawn, objection, unlawful, no longer needed."""
_MOST_HELD: Final = 1_000  # ranges named by one entry


def erase(ledger: Ledger, subject: str, *, tenant: str = "", reason: str = "request") -> Certificate:
    """Make everything under the subject's key unreadable; return the certificate.

    Done when it returns: the key is overwritten, two entries say so, and a subject
    who returns gets another key. Rows go with the next `retention.run`. What a hold
    keeps stays readable for the hold: the stage is then "restricted".

    Raises:
        LedgerError: it could not be carried out; called again, it goes on from where it stopped.
    """
    if not subject or reason not in REASONS:
        raise LedgerError(
            "no subject is named, or a reason that is none",
            advice=f"name the subject by your own id, and one of these reasons: {', '.join(REASONS)}",
        )
    found: list[bytes] = []
    counts: list[int] = []

    def request(desk: Desk) -> Sequence[Draft]:
        shelf, kid = Shelf(desk), desk.held().find_subject(tenant, subject)
        found[:] = [] if kid is None else [kid]
        counts[:] = [shelf.count(found, column="kid_s")]
        if kid is not None and shelf.acted_on(kid, "erasure.requested") is not None:
            return []  # killed halfway: the request is on record
        facts: dict[str, str | int] = {"records": counts[0], "reason": reason}
        return [draft(Event("erasure.requested", facts={**facts}), act=Act(tuple(found)) if found else None)]

    asked = ledger.perform(request)
    if not found:
        return certify(ledger, Certificate("erasure", "nothing", ()), [entry.index for entry in asked])
    ledger.perform(lambda desk: destroy(desk, found))
    return erasure_of(ledger, found[0], records=counts[0])


def destroy(desk: Desk, kids: Sequence[bytes]) -> Sequence[Draft]:
    """Destroy subjects' keys, then say so; what is said already is not said again."""
    shelf, keys = Shelf(desk), desk.held()
    open_ = [kid for kid in kids if shelf.acted_on(kid, "erasure.keys_deleted") is None]
    if not open_:
        return []
    keys.destroy(open_, desk.now)
    drafts = []
    for kid in open_:
        held = shelf.held(kid)
        if held:
            act = Act((kid,), ranges_of(held)[:_MOST_HELD])
            drafts.append(draft(Event("erasure.restricted", facts={"held": len(held)}), act=act))
        facts = {"records": shelf.count([kid], column="kid_s")}
        drafts.append(draft(Event("erasure.keys_deleted", facts=facts), act=Act((kid,))))
    return drafts


def unfinished(shelf: Shelf) -> Iterable[bytes]:
    """Return the ids of subjects' keys whose erasure was asked for and not carried out."""
    return sorted(shelf.acted("erasure.requested") - shelf.acted("erasure.keys_deleted"))


def erasure_of(ledger: Ledger, kid: bytes, *, records: int = 0) -> Certificate:
    """Return the certificate of an erasure as it stands now; `kid` is the id that the first one names.

    Raises:
        LedgerError: no erasure of this id was asked for.
    """
    indexes: list[int] = []
    held: list[int] = []

    def look(desk: Desk) -> Sequence[Draft]:
        shelf = Shelf(desk)
        stages = ("requested", "restricted", "keys_deleted", "final")
        said = {stage: shelf.acted_on(kid, f"erasure.{stage}") for stage in stages}
        indexes[:] = [index for index in said.values() if index is not None]
        held[:] = shelf.held(kid)
        found[:] = [stage for stage, index in said.items() if index is not None]
        return []

    found: list[str] = []
    ledger.perform(look)
    if not found:
        raise LedgerError(
            "no erasure of this id is on record", advice="use the id that its certificate names in kids"
        )
    last = "final" if "final" in found else "restricted" if held else "keys_deleted"
    stage = last if "keys_deleted" in found else "requested"
    return certify(
        ledger,
        Certificate("erasure", stage, (kid,), records, len(held)),  # type: ignore[arg-type] # one of the stages
        indexes,
    )
