"""What a file is once it is open: its texts, what nobody can read, and the file with some texts replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from guardrail.errors import BodyError
from guardrail.wire.document import Leaf, Leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.files.limits import Limits
    from guardrail.wire.document import Document

__all__ = ["EncodedText", "FileDocument", "ReadOnly", "check_size", "unread"]


class FileDocument(Leaves, Protocol):
    """A file that was read. `rewritable` says whether `encode` can put other texts into it."""

    rewritable: bool

    def encode(self, changes: Mapping[int, str]) -> bytes:
        """Return the file with the leaves of these numbers replaced."""
        ...

    def plain(self, changes: Mapping[int, str]) -> str:
        """Return the texts of the file alone, with the leaves of these numbers replaced."""
        ...


class EncodedText:
    """A file that is text of some form: one document in one encoding."""

    rewritable = True

    def __init__(self, document: Document, *, encoding: str = "utf-8", mark: bytes = b"") -> None:
        """Take the document, its encoding by Python's name, and the byte order mark before it."""
        self._document = document
        self._encoding = encoding
        self._mark = mark
        self.leaves: Sequence[Leaf] = document.leaves

    def encode(self, changes: Mapping[int, str]) -> bytes:
        """Return the bytes; a character that the encoding lacks becomes a question mark."""
        return self._mark + self._document.render(changes).encode(self._encoding, "replace")

    def plain(self, changes: Mapping[int, str]) -> str:
        """Return the text."""
        return self._document.render(changes)


class ReadOnly:
    """A file whose texts can be read, but not written with certainty."""

    rewritable = False

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves: Sequence[Leaf] = leaves

    def encode(self, changes: Mapping[int, str]) -> bytes:
        """Refuse: nothing of such a file goes on changed."""
        del changes
        raise BodyError(
            "a file holds what must not go on, and files of its kind cannot be rewritten",
            advice="send its text, or a file of text, CSV, DOCX or XLSX",
            status=415,
        )

    def plain(self, changes: Mapping[int, str]) -> str:
        """Return the texts, one after the other."""
        texts = (changes.get(at, leaf.text) for at, leaf in enumerate(self.leaves) if leaf.kind != "binary")
        return "\n\n".join(texts)


_STAND_IN: Final = "."


def unread(size: int) -> Leaf:
    """Return the leaf of something that nobody can read, of this many bytes."""
    return Leaf(_STAND_IN * size, "binary", names=False)


def check_size(leaves: Sequence[Leaf], limits: Limits) -> None:
    """Raise `BodyError` (413) where a file holds more texts, or longer ones, than the bounds allow."""
    characters = sum(len(leaf.text) for leaf in leaves if leaf.kind != "binary")
    if len(leaves) > limits.texts or characters > limits.characters:
        raise BodyError("a file holds too much text", advice="send a smaller file", status=413)
