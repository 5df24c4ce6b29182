"""Where the key over the keys of bodies lies: a file of its own beside the ledger (docs/spec/keys.md §4).

While the key changes hands the file holds the one before it, too: a rotation
that was killed is finished by the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.custody.files import read_secret, replace_secret
from guardrail.custody.kek import LIMIT, Kek, by_of
from guardrail.custody.provider import onward
from guardrail.errors import ConfigError, LedgerError
from guardrail.ledger.faults import of_os

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.custody import Wrapper

__all__ = ["Kek", "KekFile", "does_not_open"]


class KekFile:
    """The file, and what wraps the key in it: None where it lies in clear."""

    def __init__(self, path: Path, wrapper: Wrapper | None = None) -> None:
        self.path = path.absolute()
        self._wrapper = wrapper

    def read(self, *, make: bool = False) -> Kek:
        """Read the file, or make it where `make` allows that there is none yet.

        Raises:
            LedgerError: missing, open to others, not such a file, wrapped by another key, or its service
                refuses or is away.
        """
        name = self.path.name
        try:
            found = read_secret(self.path, LIMIT)
        except FileNotFoundError:
            if not make:
                raise LedgerError(
                    f"the key-encryption key {name} is missing",
                    advice="restore it: without it no sealed body opens, and no subject can be found",
                ) from None
            kek = Kek.fresh()
            self.write(kek)
            return kek
        except OSError as error:
            raise LedgerError(
                f"the key file {name} cannot be read ({error.strerror})",
                advice="give this process, and nobody else, the right to read it",
            ) from None
        if not found.private or not found.regular:
            raise LedgerError(
                f"the key file {name} can be read by others, or is no file",
                advice=f"run: chmod 600 {name}; and rotate the key if others had access",
            )
        try:
            return Kek.parse(found.data, self._wrapper)
        except ValueError:
            raise LedgerError(
                f"{name} is not a guardrail key-encryption key, or is cut short",
                advice="restore the file that guardrail made, whole",
            ) from None
        except ConfigError as error:
            raise LedgerError(f"{name}: {error.message}", advice=error.advice) from None

    def write(self, kek: Kek) -> None:
        """Put the key in the place of the one before, which is overwritten; durable when it returns.

        Raises:
            LedgerError: it cannot be written or wrapped; the one before is still there.
        """
        try:
            replace_secret(self.path, kek.format(onward(self._wrapper)))
        except OSError as error:
            raise of_os(error) from None
        except ConfigError as error:
            raise LedgerError(f"{self.path.name}: {error.message}", advice=error.advice) from None

    def wrapped_by(self) -> str:
        """Return the name of what wraps the key in the file; empty where it lies in clear."""
        try:
            return by_of(read_secret(self.path, LIMIT).data)
        except OSError:
            return ""

    def warm(self) -> None:
        """Have the key unwrapped before anybody waits for it, if there is one.

        Raises:
            LedgerError: see `read`.
        """
        if self._wrapper and self.path.exists():
            self.read()


def does_not_open(kek: Kek, number: int) -> LedgerError:
    """Return the error for a key that was wrapped under version `number` and does not open."""
    if number > kek.number:
        return LedgerError(
            f"the key-encryption key is an older copy: version {kek.number}, keys are wrapped under {number}",
            advice="put back the .kek file that the last rotation made; older copies do not fit",
        )
    if number < kek.number:
        return LedgerError(
            f"these keys of bodies are an older copy: they are wrapped under version {number} of the "
            "key-encryption key, which a rotation has destroyed",
            advice="put back the .keys that belong to this .kek; what only older copies hold is gone",
        )
    return LedgerError(
        "a key of the ledger's bodies does not open with the key-encryption key that is there",
        advice="put back the .kek file that belongs to this .keys file; it is another ledger's",
    )
