"""The rows of sealed bodies, acts and holds, as the work of a turn finds and changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.canonical import unb64u
from guardrail.crypto import unwrap_key, wrap_key
from guardrail.errors import LedgerError
from guardrail.ledger.header import parse_header
from guardrail.ledger.layout import LAYOUTS
from guardrail.ledger.sealed import Locks, record_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from guardrail.ledger.desk import Desk
    from guardrail.ledger.keystore import KeyStore

__all__ = ["Shelf"]


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A body that is to go: its index and the id of the key that is destroyed."""

    index: int
    kid: bytes


class Shelf:
    """Bodies, acts and holds inside a transaction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._bodies = LAYOUTS[desk.store.format]

    def acted(self, kind: str) -> set[bytes]:
        """Return the ids of keys that entries of this type name."""
        return {bytes(kid) for (kid,) in self._rows("SELECT DISTINCT id FROM @act_key WHERE kind = ?", kind)}

    def acted_on(self, kid: bytes, kind: str) -> int | None:
        """Return the index of the first entry of this type that names the key."""
        found = self._rows("SELECT min(idx) FROM @act_key WHERE id = ? AND kind = ?", kid, kind)
        return None if found[0][0] is None else int(found[0][0])

    def count(self, kids: Iterable[bytes], *, column: str) -> int:
        """Return how many bodies lie under keys; `column` is kid_s or kid_e."""
        where = self._bodies.of_subject if column == "kid_s" else self._bodies.of_epoch
        return sum(self._rows(f"SELECT count(*) FROM @body WHERE {where}", kid)[0][0] for kid in kids)  # noqa: S608 - our own words

    def of_subject(self, kid: bytes) -> list[int]:
        """Return the indexes of the entries whose bodies lie under a subject's key."""
        rows = self._rows(f"SELECT idx FROM @body WHERE {self._bodies.of_subject} ORDER BY idx", kid)  # noqa: S608 - our own words
        return [index for (index,) in rows]

    def held(self, kid: bytes) -> list[int]:
        """Return the indexes of the subject's entries that a hold keeps."""
        return [
            index
            for (index,) in self._rows(
                "SELECT DISTINCT @body.idx FROM @body JOIN @hold_key USING(idx) "  # noqa: S608 - our own words
                f"WHERE {self._bodies.of_subject} ORDER BY 1",
                kid,
            )
        ]

    def leftovers(self, *, erased: bool, limit: int) -> list[Row]:
        """Return bodies whose subject's (`erased`) or epoch's key is destroyed, and that no hold keeps."""
        kid_s, kid_e = self._bodies.columns.split(", ")[1:]
        kid, where = (kid_s, self._bodies.erased) if erased else (kid_e, self._bodies.expired)
        rows = self._rows(
            f"SELECT @body.idx, {kid} FROM @body{self._bodies.keys} WHERE {where} "  # noqa: S608 - our own words
            "AND NOT EXISTS (SELECT 1 FROM @hold_key WHERE @hold_key.idx = @body.idx) LIMIT ?",
            limit,
        )
        return sorted(Row(index, bytes(kid)) for index, kid in rows)

    def remove(self, rows: Sequence[Row]) -> None:
        """Remove bodies; the file's pages are overwritten (`secure_delete`)."""
        self._desk.store.run_many("DELETE FROM @body WHERE idx = ?", [(row.index,) for row in rows])

    # -- holds

    def keep(self, hold: bytes, indexes: Sequence[int]) -> None:
        """Wrap the keys of the records under the hold's key.

        Raises:
            LedgerError: one has no body, or one that nobody can read any more.
        """
        keys = self._desk.held()
        own = keys.key(hold)
        for index in indexes:
            wrapped = wrap_key(own, self.record_key(keys, index))
            self._run("INSERT INTO @hold_key(hold, idx, wrapped) VALUES (?, ?, ?)", hold, index, wrapped)

    def record_key(self, keys: KeyStore, index: int) -> bytes:
        """Return the key of a record: by its two locks, or by a hold."""
        rows = self._rows(
            f"SELECT hdr, {self._bodies.columns} FROM @entry{self._bodies.joins} WHERE @entry.idx = ?",  # noqa: S608 - our own words
            index,
        )
        if not rows or rows[0][1] is None:
            raise LedgerError(
                f"entry {index} has no sealed body",
                advice="name entries that have one; guardrail ledger show tells",
            )
        header, _, kid_s, kid_e = (bytes(value) for value in rows[0])
        rid = unb64u(parse_header(header).id)
        if keys.live(kid_s) and keys.live(kid_e):
            return record_key(Locks(kid_s, kid_e, keys.key(kid_s), keys.key(kid_e)), rid)
        for hold, wrapped in self._rows("SELECT hold, wrapped FROM @hold_key WHERE idx = ?", index):
            if keys.live(bytes(hold)):
                found = unwrap_key(keys.key(bytes(hold)), bytes(wrapped))
                if found is not None:
                    return found
        raise LedgerError(
            f"the body of entry {index} cannot be read any more: a key of it is destroyed",
            advice="nobody can open it; guardrail ledger show tells what went when",
        )

    def let_go(self, hold: bytes) -> None:
        """Remove what a hold kept."""
        self._run("DELETE FROM @hold_key WHERE hold = ?", hold)

    def is_held(self, hold: bytes) -> bool:
        """Tell whether a hold of this id is in force.

        Raises:
            LedgerError: there is none of this id.
        """
        rows = self._rows("SELECT released FROM @hold WHERE id = ?", hold)
        if not rows:
            raise LedgerError("there is no hold of this id", advice="list them: guardrail hold list")
        return rows[0][0] is None

    def released(self) -> list[bytes]:
        """Return the ids of released holds."""
        return [bytes(kid) for (kid,) in self._rows("SELECT id FROM @hold WHERE released IS NOT NULL")]

    def cosigner(self) -> str:
        """Return the public key of timestamps."""
        return bytes(self._rows("SELECT v FROM @meta WHERE k = 'cosigner'")[0][0]).decode("ascii")

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._desk.store.rows(statement, *values)

    def _run(self, statement: str, *values: object) -> None:
        self._desk.store.run(statement, *values)
