"""The zip of a pack: one encoding, written and read strictly (docs/spec/evidence.md, "The container").

Members are stored, so a reader needs no limit on ratios: nothing grows. Members
and directory fill the file exactly, so nothing hides before, between or behind
them, and two readers cannot see two packs.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

__all__ = ["ENTRIES", "MAX_BYTES", "Container", "ContainerError", "write_container"]

ENTRIES: Final = "entries.jsonl"
MAX_BYTES: Final = 2**31 - 1  # without zip64, whose second set of sizes readers disagree about
MAX_MEMBERS: Final = 10_000
MAX_SMALL: Final = 16 * 2**20  # every member but the entries is read whole

_NAME: Final = re.compile(
    r"README\.txt|checkpoint|counts\.json|entries\.jsonl|ledger\.vkey|manifest\.json|report\.html"
    r"|policies/[0-9a-f]{64}\.toml|proofs/(first|last)\.tlog-proof"
)
_LOCAL, _CENTRAL, _END = 30, 46, 22  # bytes of the fixed parts of the three records (APPNOTE 4.3.7, .12, .16)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_DOS_DATE: Final = 0x21  # the same, as the format packs it
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_UNIX: Final = 3


class ContainerError(ValueError):
    """The file is not a pack, or not in its one encoding; the message holds nothing of its content."""


def write_container(
    stream: BinaryIO, members: Mapping[str, bytes | Iterable[bytes]], sizes: Mapping[str, int]
) -> None:
    """Write `members` in order of their names; `sizes` gives the length of those that come in pieces.

    Raises:
        ContainerError: a member is too large, or the whole is.
    """
    total = _END
    for name, content in members.items():
        size = len(content) if isinstance(content, bytes) else sizes[name]
        total += _LOCAL + _CENTRAL + 2 * len(name) + size
        if name != ENTRIES and size > MAX_SMALL:
            raise ContainerError(f"{name} would be larger than {MAX_SMALL} bytes")
    if total > MAX_BYTES or len(members) > MAX_MEMBERS:
        raise ContainerError("the pack would be larger than 2 GiB")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(members):
            content = members[name]
            with archive.open(_info(name), "w") as member:
                for piece in (content,) if isinstance(content, bytes) else content:
                    member.write(piece)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = _UNIX
    info.external_attr = _MODE
    return info


class Container:
    """An opened pack: names, small members whole, the entries line by line."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = tuple(info.filename for info in archive.infolist())

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a pack and hold its layout against the one encoding; no content is read yet.

        Raises:
            ContainerError: missing, not a zip, or laid out in any other way.
        """
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise ContainerError("the file is larger than a pack can be")
            archive = zipfile.ZipFile(path)
            heads = _local_heads(path, archive)
        except OSError as fault:
            reason = (fault.strerror or "input/output error").lower()
            raise ContainerError(f"the pack cannot be read: {reason}") from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError) as fault:
            if isinstance(fault, ContainerError):
                raise
            raise ContainerError("the file is not a whole zip") from None
        try:
            _check_layout(archive, size, heads)
        except ContainerError:
            archive.close()
            raise
        return cls(archive)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def read(self, name: str) -> bytes:
        """Return a small member.

        Raises:
            ContainerError: it is not there, too large, or damaged.
        """
        if name not in self.names:
            raise ContainerError(f"{name} is missing")
        if self._archive.getinfo(name).file_size > MAX_SMALL:
            raise ContainerError(f"{name} is larger than {MAX_SMALL} bytes")
        return b"".join(self._pieces(name))

    def measure(self, name: str) -> tuple[int, str]:
        """Return size and SHA-256, in hex, of a member."""
        running = sha256()
        for piece in self._pieces(name):
            running.update(piece)
        return self._archive.getinfo(name).file_size, running.hexdigest()

    def lines(self, longest: int) -> Iterator[bytes]:
        """Yield the lines of the entries without their newlines.

        Raises:
            ContainerError: a line is longer than `longest`, or the last one has no newline.
        """
        try:
            with self._archive.open(ENTRIES) as stream:
                while line := stream.readline(longest + 2):
                    if not line.endswith(b"\n"):
                        raise ContainerError("a line of the entries is too long or cut")
                    yield line[:-1]
        except (zipfile.BadZipFile, EOFError, OSError, KeyError):
            raise ContainerError(f"{ENTRIES} is damaged") from None

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as stream:
                while piece := stream.read(2**20):
                    yield piece
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError):
            raise ContainerError(f"{name} is damaged") from None


def _local_heads(path: Path, archive: zipfile.ZipFile) -> list[bytes]:
    """Return the bytes of each member's local header, where the directory says it is."""
    heads = []
    with path.open("rb") as file:
        for info in archive.infolist()[: MAX_MEMBERS + 1]:
            file.seek(info.header_offset)
            heads.append(file.read(_LOCAL + len(info.filename)))
    return heads


def _head(info: zipfile.ZipInfo) -> bytes:
    """Return the one local header that goes with a directory entry; readers disagree about any other."""
    name = info.filename.encode("ascii")
    sizes = (info.CRC, info.compress_size, info.file_size, len(name), 0)
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, _DOS_DATE, *sizes) + name


def _check_layout(archive: zipfile.ZipFile, size: int, heads: list[bytes]) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ContainerError("the pack has too many files")
    names = [info.filename for info in members]
    # The first name that does not fit is not repeated: it is the attacker's text.
    if any(_NAME.fullmatch(name) is None for name in names):
        raise ContainerError("the pack has a file that does not belong in it")
    if names != sorted(set(names)):
        raise ContainerError("the pack has a file twice, or its files are not in order")
    at = 0
    for info, head in zip(members, heads, strict=True):
        plain = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
        if not plain or info.flag_bits or info.extra or info.comment or info.date_time != _EPOCH:
            raise ContainerError("the pack was packed by another program; check the file as it was exported")
        if info.external_attr != _MODE or info.create_system != _UNIX:
            raise ContainerError("the pack was packed by another program; check the file as it was exported")
        if info.header_offset != at or head != _head(info):
            raise ContainerError("the pack has bytes between its files")
        at += _LOCAL + len(info.filename) + info.file_size
    directory = sum(_CENTRAL + len(name) for name in names)
    if archive.comment or at != archive.start_dir or at + directory + _END != size:
        raise ContainerError("the pack has bytes that belong to none of its files")
