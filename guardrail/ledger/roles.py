"""Roles of a ledger in PostgreSQL: made and given their rights by whoever may (docs/spec/ledger.md §12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.ledger.postgres_schema import ROLES, grants
from guardrail.postgres import Database

if TYPE_CHECKING:
    from guardrail.ledger.remote import Remote

__all__ = ["make_roles"]


def make_roles(place: Remote, prefix: str) -> list[str]:
    """Make the roles PREFIX_reader … PREFIX_eraser, in one transaction; return their names.

    Raises:
        LedgerError: this user may not make roles, or does not own the tables.
    """
    database = Database(place.address, patience=10, fault=LedgerError)
    try:
        with database.transaction() as session:
            for statement in grants(place.address.schema, prefix):
                session.run(statement)
    finally:
        database.close()
    return [f"{prefix}_{role}" for role in ROLES]
