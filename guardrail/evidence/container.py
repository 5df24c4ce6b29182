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
MAX_DIRECTORY: Final = 2 * 2**20
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
_FOREIGN: Final = "another program packed it; check the file as it was exported"


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
            size = _measure(path)
            archive = zipfile.ZipFile(path)
        except ContainerError:
            raise
        except OSError as fault:
            reason = (fault.strerror or "input/output error").lower()
            raise ContainerError(f"the pack cannot be read: {reason}") from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            raise ContainerError("the file is not a whole zip") from None
        try:
            _check_layout(path, archive, size)
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


def _measure(path: Path) -> int:
    """Return the file's size; refuse what would fill the memory before the library reads it."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ContainerError("the file is larger than a pack can be")
    with path.open("rb") as file:
        file.seek(max(0, size - _END))
        end = file.read(_END)
    if len(end) != _END or not end.startswith(b"PK\x05\x06"):
        raise ContainerError("the file is not a whole zip, or has bytes behind its end")
    (length,) = struct.unpack_from("<L", end, 12)
    if length > MAX_DIRECTORY:
        raise ContainerError("the pack has too many files")
    return size


def _check_layout(path: Path, archive: zipfile.ZipFile, size: int) -> None:
    """Hold names, order and every byte that is not content against the one encoding."""
    members = archive.infolist()
    names = [info.filename for info in members]
    if len(members) > MAX_MEMBERS:
        raise ContainerError("the pack has too many files")
    # The name that does not fit is not repeated: it is the attacker's text.
    if any(_NAME.fullmatch(name) is None for name in names):
        raise ContainerError("the pack has a file that does not belong in it")
    if names != sorted(set(names)):
        raise ContainerError("the pack has a file twice, or its files are not in order")
    if any(i.compress_type != zipfile.ZIP_STORED or i.compress_size != i.file_size for i in members):
        raise ContainerError(f"the pack is compressed: {_FOREIGN}")
    with path.open("rb") as file:
        if not _is_canonical(file, members, size):
            raise ContainerError(f"the pack has bytes that belong to none of its files: {_FOREIGN}")


def _is_canonical(file: BinaryIO, members: list[zipfile.ZipInfo], size: int) -> bool:
    """Tell whether headers, directory and end are the only ones that fit these members."""
    at, directory = 0, b""
    for info in members:
        file.seek(at)
        if file.read(_LOCAL + len(info.filename)) != _local(info):
            return False
        directory += _central(info, at)
        at += _LOCAL + len(info.filename) + info.file_size
    file.seek(at)
    tail = directory + _end(len(members), len(directory), at)
    return at + len(tail) == size and file.read(len(tail)) == tail


def _common(info: zipfile.ZipInfo) -> bytes:
    """Return what both headers of a member say: version, flags, method, time, sizes, lengths."""
    sizes = (info.CRC, info.compress_size, info.file_size, len(info.filename), 0)
    return struct.pack("<5H3L2H", 20, 0, 0, 0, _DOS_DATE, *sizes)


def _local(info: zipfile.ZipInfo) -> bytes:
    return b"PK\x03\x04" + _common(info) + info.filename.encode("ascii")


def _central(info: zipfile.ZipInfo, at: int) -> bytes:
    made_by = struct.pack("<2B", 20, _UNIX)
    rest = struct.pack("<3H2L", 0, 0, 0, _MODE, at)
    return b"PK\x01\x02" + made_by + _common(info) + rest + info.filename.encode("ascii")


def _end(count: int, length: int, at: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, at, 0)
