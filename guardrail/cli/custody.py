"""What the commands on bodies and keys share: opening a ledger with its keys, dates, certificates."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from guardrail.cli import options, output
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.ledger import Ledger, Reader
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.remote import Place
    from guardrail.policy import PolicySet
    from guardrail.vault.keys import Keys

__all__ = ["Tenant", "date_of", "held", "hold_id", "in_force", "key_store", "opened", "put", "reading"]

Tenant: TypeAlias = Annotated[str, typer.Option("--tenant", help="The tenant that the id belongs to.")]
_HOLD: Final = re.compile(r"[0-9a-f]{16}")


@contextmanager
def opened(path: str | None, ledger: str | None, keys: str | None) -> Iterator["Ledger"]:
    """Open a ledger to write, with the keys of its bodies; refuse one that has none."""
    from guardrail.ledger import Ledger, Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.keystore import KeyStore  # noqa: PLC0415 - as above

    file = options.ledger_path(path, ledger, keys=keys)
    Reader.open(file).close()
    own = held(keys, file)
    KeyStore.open(file, make=False, custody=own.wrapper).close()
    with Ledger.open(file, seed=own.log_seed, bodies=True, custody=own.wrapper) as book:
        yield book


def held(keys: str | None, file: "Place") -> "Keys":
    """Return the keys of a ledger from where `--keys` says, by default from the file beside it."""
    from guardrail.vault.keys import Keys  # noqa: PLC0415 - commands start without cryptography

    return Keys.open(keys, ledger=options.files(file))


@contextmanager
def key_store(keys: str | None, file: "Place") -> Iterator["KeyStore"]:
    """Open the keys of bodies to read. Those that lie in clear need no other."""
    from guardrail.ledger.keystore import KeyStore  # noqa: PLC0415 - commands start without SQLite

    store = KeyStore.open(file, make=False, custody=held(keys, file).wrapper if keys else None)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def reading(
    path: str | None, ledger: str | None, keys: str | None = None
) -> Iterator[tuple["Reader", "KeyStore"]]:
    """Open a ledger to read, with the keys of its bodies."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite

    file = options.ledger_path(path, ledger, keys=keys)
    with Reader.open(file) as reader, key_store(keys, file) as store:
        yield reader, store


def in_force(reader: "Reader") -> "PolicySet | None":
    """Return the policies of the last entry that put some in force."""
    from guardrail.ledger.header import parse_header  # noqa: PLC0415 - commands start without SQLite
    from guardrail.policy import PolicySet, parse  # noqa: PLC0415 - as above

    index = reader.last("policy")
    if index is None:
        return None
    documents = reader.policies()
    named = parse_header(reader.entry(index).header).documents
    return PolicySet.of(parse(documents[sha], file="policy") for sha in named)


def date_of(seconds: int) -> str:
    """Return a time as people read it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def hold_id(text: str) -> bytes:
    """Return the id of a hold or key from its 16 hex digits.

    Raises:
        ConfigError: it is none.
    """
    if not _HOLD.fullmatch(text):
        raise ConfigError(
            "this is not an id of 16 hex digits", advice="copy it from the command that gave it"
        )
    return bytes.fromhex(text)


def put(data: bytes, out: Path | None) -> None:
    """Write a result to a file, whole or not at all, or to standard output."""
    if out is None:
        output.write_bytes(data)
        return
    with output.written(out) as stream:
        stream.write(data)
