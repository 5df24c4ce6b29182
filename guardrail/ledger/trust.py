"""Which witnesses must have cosigned a checkpoint: C2SP tlog-policy, parsed strictly.

A policy is octets: names are compared as they stand, whatever they spell. Every
name is defined before it is used, so no group can contain itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.note import ED25519, NoteError, VerifierKey, parse_note, verify_note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.ledger.checkpoint import Checkpoint

__all__ = ["Trust", "Witnessed", "parse_trust"]

_MAX: Final = 1_000_000  # bytes
_MAX_NAMES: Final = 1_000
_FOREIGN: Final = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_NUMBER: Final = re.compile(rb"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """At least `least` of the members."""

    least: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who has cosigned a checkpoint, by their names in the policy, each with the time in s."""

    checkpoint: Checkpoint
    times: Mapping[bytes, int]


@dataclass(frozen=True, slots=True)
class Trust:
    """A policy: keys of logs (none: known from elsewhere), witnesses, groups, and the quorum's name."""

    logs: tuple[str, ...]
    witnesses: Mapping[bytes, VerifierKey]
    urls: Mapping[bytes, str]
    groups: Mapping[bytes, Group]
    quorum: bytes

    def check(self, note: bytes, *, vkey: str) -> Witnessed:
        """Verify a checkpoint of the log that `vkey` signs, and that the quorum has cosigned it.

        Raises:
            NoteError: the log is not one of the policy's, a signature does not hold, or too few have signed.
        """
        if self.logs and vkey not in self.logs:
            raise NoteError("the ledger's key is not one of the policy's logs")
        checkpoint = open_checkpoint(note, vkey)
        times = self.cosigned(note)
        if self.quorum != b"none" and not self._holds(self.quorum, times):
            raise NoteError(
                f"{len(times)} of the policy's {len(self.witnesses)} witnesses have cosigned: no quorum"
            )
        return Witnessed(checkpoint, times)

    def cosigned(self, note: bytes) -> dict[bytes, int]:
        """Return which witnesses have cosigned, with their times in s; lines of unknown keys are ignored.

        Raises:
            NoteError: a line that names a witness's key does not hold.
        """
        parsed, times = parse_note(note), {}
        for name, key in self.witnesses.items():
            if any(line.name == key.name and line.key_id == key.key_id for line in parsed.signatures):
                times[name] = verify_note(parsed, key) or 0
        return times

    def _holds(self, name: bytes, times: Mapping[bytes, int]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in times
        return sum(self._holds(member, times) for member in group.members) >= group.least


def parse_trust(data: bytes) -> Trust:
    """Parse a policy.

    Raises:
        NoteError: not one; the message names the line.
    """
    if len(data) > _MAX or _FOREIGN.search(data):
        raise NoteError("the witness policy is too long, or has a control character")
    reading = _Reading()
    for number, line in enumerate(data.split(b"\n"), 1):
        words = line.replace(b"\t", b" ").split(b" ")
        words = [word for word in words if word]
        if words and not words[0].startswith(b"#"):
            try:
                reading.take(words)
            except NoteError as error:
                raise NoteError(f"line {number} of the witness policy: {error}") from None
    if reading.quorum is None:
        raise NoteError("the witness policy has no quorum line")
    return Trust(tuple(reading.logs), reading.witnesses, reading.urls, reading.groups, reading.quorum)


class _Reading:
    """The state of a parse."""

    def __init__(self) -> None:
        self.logs: list[str] = []
        self.witnesses: dict[bytes, VerifierKey] = {}
        self.urls: dict[bytes, str] = {}
        self.groups: dict[bytes, Group] = {}
        self.quorum: bytes | None = None
        self._keys: set[tuple[bool, bytes]] = set()
        self._members: set[bytes] = set()

    def take(self, words: list[bytes]) -> None:
        match words:
            case [b"log", key, *url] if len(url) <= 1:
                self._log(key)
            case [b"witness", name, key, *url] if len(url) <= 1:
                self._witness(name, key, url)
            case [b"group", name, least, *members] if members:
                self._group(name, least, members)
            case [b"quorum", name] if self.quorum is None:
                if name != b"none":
                    self._need(name)
                self.quorum = name
            case _:
                raise NoteError("not a line that a policy has here")

    def _log(self, text: bytes) -> None:
        key = _key(text)
        if key.kind != ED25519:
            raise NoteError("the key is not one that signs a log")
        self._fresh_key(key, log=True)
        self.logs.append(str(key))

    def _witness(self, name: bytes, text: bytes, url: list[bytes]) -> None:
        key = _key(text)
        if key.kind == ED25519:
            raise NoteError("the key is not one that cosigns")
        self._fresh_key(key, log=False)
        self._fresh(name)
        self.witnesses[name] = key
        if url:
            self.urls[name] = url[0].decode("utf-8", "replace")

    def _group(self, name: bytes, word: bytes, members: list[bytes]) -> None:
        for member in members:
            self._need(member)
            if member in self._members:
                raise NoteError("a name is a member twice")
            self._members.add(member)
        if word not in (b"all", b"any") and not _NUMBER.fullmatch(word):
            raise NoteError("a group asks for all, any, or a number of its members")
        least = {b"all": len(members), b"any": 1}.get(word) or int(word)
        if least > len(members):
            raise NoteError("a group asks for more members than it has")
        self._fresh(name)
        self.groups[name] = Group(least, tuple(members))

    def _need(self, name: bytes) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise NoteError("a name is not defined above")

    def _fresh(self, name: bytes) -> None:
        if name == b"none" or name in self.witnesses or name in self.groups:
            raise NoteError("a name is defined twice, or reserved")
        if len(self.witnesses) + len(self.groups) >= _MAX_NAMES:
            raise NoteError("there are too many names")

    def _fresh_key(self, key: VerifierKey, *, log: bool) -> None:
        if (log, key.public) in self._keys:
            raise NoteError("a key stands there twice")
        self._keys.add((log, key.public))


def _key(text: bytes) -> VerifierKey:
    try:
        return VerifierKey.parse(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise NoteError("not a public key of the form name+id+base64") from None
