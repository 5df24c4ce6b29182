"""How a format keeps sealed bodies, so that one query serves every format (docs/spec/ledger.md §5).

Format 2 has the ids of both keys in every row; format 3 keeps each id once, and
its number in the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.ledger.rows import Body
from guardrail.ledger.sealed import envelope_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LAYOUTS", "Layout"]


class Layout(NamedTuple):
    """Parts of statements: what to select of a body, and how to find those under a key.

    `joins` adds the body to its entry, `keys` the keys to a body. `of_subject` and `of_epoch` take
    the id of a key; `erased` and `expired` find what lies under keys of which an act says that they
    are destroyed.
    """

    columns: str = "NULL, NULL, NULL"
    joins: str = ""
    keys: str = ""
    of_subject: str = ""
    of_epoch: str = ""
    erased: str = ""
    expired: str = ""
    apart: bool = False

    def body(self, index: int, text: bytes | None, kid_s: bytes | None, kid_e: bytes | None) -> Body | None:
        """Return the body of the selected columns, None where there is none."""
        if text is None:
            return None
        kid_s, kid_e = kid_s or b"", kid_e or b""  # a number that stands for no key: the hash will not fit
        return Body(index, envelope_of(kid_s, kid_e, text) if self.apart else text, kid_s, kid_e)


_GONE: Final = "SELECT id FROM @act_key WHERE kind = "
_ERASED: Final = f"{_GONE}'erasure.keys_deleted'"
_EXPIRED: Final = f"{_GONE}'retention.purge'"
_NUMBER: Final = "SELECT n FROM @kid WHERE id"
_KEYS: Final = " LEFT JOIN @kid AS a ON a.n = @body.s LEFT JOIN @kid AS b ON b.n = @body.e"

LAYOUTS: Final[Mapping[int, Layout]] = {
    1: Layout(),
    2: Layout(
        "env, kid_s, kid_e",
        " LEFT JOIN @body USING(idx)",
        "",
        "kid_s = ?",
        "kid_e = ?",
        f"kid_s IN ({_ERASED})",
        f"kid_e IN ({_EXPIRED})",
    ),
    3: Layout(
        "env, a.id, b.id",
        f" LEFT JOIN @body USING(idx){_KEYS}",
        _KEYS,
        f"@body.s = ({_NUMBER} = ?)",
        f"@body.e = ({_NUMBER} = ?)",
        f"@body.s IN ({_NUMBER} IN ({_ERASED}))",
        f"@body.e IN ({_NUMBER} IN ({_EXPIRED}))",
        apart=True,
    ),
}
