"""A ledger in PostgreSQL: its address, and the files that stay outside of the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, Union
from urllib.parse import unquote
from zlib import crc32

from guardrail.errors import ConfigError
from guardrail.postgres import Address, is_address

__all__ = ["Place", "Remote", "beside_keys", "files_of", "place_of"]


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

        `files` is taken where the address has none, and else the schema's name in the working folder.

        Raises:
            ConfigError: psycopg is not installed, or this is not an address.
        """
        head, mark, query = url.partition("?")
        parts = [part for part in query.split("&") if part]
        named = [unquote(part[6:]) for part in parts if part.startswith("files=")]
        rest = "&".join(part for part in parts if not part.startswith("files="))
        address = Address.parse(f"{head}{mark}{rest}")
        base = Path(named[0]) if named else files or Path(address.schema)
        return cls(address, base.absolute())

    def __str__(self) -> str:
        return f"PostgreSQL, schema {self.address.schema}"

    @property
    def name(self) -> str:
        """Return the name that its files begin with, as a path has it."""
        return self.files.name

    def with_name(self, name: str) -> Path:
        """Return the path of a file beside its others, as a path does."""
        return self.files.with_name(name)

    @property
    def channel(self) -> str:
        """Return the name under which its processes notify one another."""
        return f"guardrail_{crc32(self.address.schema.encode()):08x}"

    def lock(self, kind: int) -> tuple[int, int]:
        """Return the key of an advisory lock; ledgers whose names collide only wait for one another."""
        return 0x70676C30 + kind, crc32(self.address.schema.encode()) - 2**31


Place: TypeAlias = Union[Path, Remote]  # noqa: UP007 - evaluated while the module loads


def beside_keys(keys: str | Path | None) -> Path | None:
    """Return what a ledger's files are called after if its key file is there: PATH of `PATH.key`."""
    if keys is None or (isinstance(keys, str) and ":" in keys and not keys.startswith("file:")):
        return None  # a URI: the document is in no file
    path = Path(str(keys).removeprefix("file:"))
    return path.with_suffix("") if path.suffix == ".key" else path


def files_of(place: Place) -> Path:
    """Return what the files beside a ledger are called after: PATH of `PATH.key`, `PATH.vkey`, …."""
    return place.files if isinstance(place, Remote) else place


def place_of(text: str, files: Path | None = None) -> Place:
    """Return the ledger that a text names: a path, `sqlite:///PATH`, or an address of PostgreSQL.

    Raises:
        ConfigError: it is none of these, or an address that cannot be used.
    """
    if is_address(text):
        return Remote.of(text, files)
    if text.startswith("sqlite://"):
        return Path(text.removeprefix("sqlite://").removeprefix("/"))  # absolute by a fourth stroke
    if "://" in text:
        raise ConfigError(
            "this kind of ledger is not known",
            advice="name a file, such as ledger.db, or postgresql://user@host/database",
        )
    return Path(text)
