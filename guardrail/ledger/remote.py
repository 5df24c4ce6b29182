"""A ledger in PostgreSQL: its address, and the files that stay outside of the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, Union
from urllib.parse import unquote
from zlib import crc32

from guardrail.errors import ConfigError
from guardrail.postgres import Address, is_address

__all__ = ["Place", "Remote", "place_of"]


@dataclass(frozen=True, slots=True)
class Remote:
    """A ledger in a schema of a database. `files` is what its companions are called after.

    `FILES.kek`, `FILES.vkey` and `FILES.checkpoint` lie where the key file is: who
    has the database alone can neither open a body nor put an older copy back unseen.
    """

    address: Address
    files: Path

    @classmethod
    def of(cls, url: str, files: Path | None = None) -> Remote:
        """Read an address such as `postgresql://user@host/database?schema=guardrail&files=/etc/guard/ledger`.

        `files` is taken where the address has none.

        Raises:
            ConfigError: psycopg is not installed, this is not an address, or nothing says where the
                files are.
        """
        head, mark, query = url.partition("?")
        parts = [part for part in query.split("&") if part]
        named = [unquote(part[6:]) for part in parts if part.startswith("files=")]
        rest = "&".join(part for part in parts if not part.startswith("files="))
        base = Path(named[0]) if named else files
        if base is None:
            raise ConfigError(
                "it is not said where the key file of this ledger is",
                advice="name it (keys=…, --keys FILE), or add files=PATH to the address",
            )
        return cls(Address.parse(f"{head}{mark}{rest}"), base.absolute())

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"PostgreSQL, schema {self.address.schema}"

    @property
    def channel(self) -> str:
        """Return the name under which its processes notify one another."""
        return f"guardrail_{crc32(self.address.schema.encode()):08x}"

    def lock(self, kind: int) -> tuple[int, int]:
        """Return the key of an advisory lock; ledgers whose names collide only wait for one another."""
        return 0x70676C30 + kind, crc32(self.address.schema.encode()) - 2**31


Place: TypeAlias = Union[Path, Remote]  # noqa: UP007 - evaluated while the module loads


def place_of(text: str, files: Path | None = None) -> Place:
    """Return the ledger that a text names: a path, `sqlite:///PATH`, or an address of PostgreSQL.

    Raises:
        ConfigError: it is none of these, or an address that cannot be used.
    """
    if is_address(text):
        return Remote.of(text, files)
    if text.startswith("sqlite:///"):
        return Path(text.removeprefix("sqlite:///"))  # relative, or absolute by a fourth stroke
    if "://" in text:
        raise ConfigError(
            "this kind of ledger is not known",
            advice="name a file, such as ledger.db, or postgresql://user@host/database",
        )
    return Path(text)
