"""Cosignatures of others (C2SP tlog-witness): asking a witness, and being one.

A witness signs a checkpoint only if it follows from the last one that it signed,
and has written the new one down before it answers. So two histories of one log
cannot both be cosigned by it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.canonical import parse_int
from guardrail.crypto import digest
from guardrail.ledger.checkpoint import open_checkpoint, parse_body
from guardrail.ledger.merkle import HASH_SIZE, verify_consistency
from guardrail.ledger.note import COSIGNATURE, Note, NoteError, b64, cosign, cosigner_key, parse_note, unb64
from guardrail.ledger.publish import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.trust import Trust

__all__ = ["Answer", "Submission", "Witness", "ask", "parse_submission"]

MAX_REQUEST: Final = 1_100_000  # bytes
_MAX_PROOF: Final = 63
_SIZE: Final = "text/x.tlog.size"


class Answer(NamedTuple):
    """An HTTP answer: status, content type, body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of `add-checkpoint`: the size that the witness knows, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...] = field(repr=False)
    checkpoint: bytes = field(repr=False)

    def format(self) -> bytes:
        """Return the body's bytes."""
        lines = "".join(f"{b64(node)}\n" for node in self.proof)
        return f"old {self.old}\n{lines}\n".encode("ascii") + self.checkpoint


def parse_submission(data: bytes) -> Submission:
    """Parse the body of a request; the checkpoint in it is not looked at yet.

    Raises:
        NoteError: not one.
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if (
        len(data) > MAX_REQUEST
        or not blank
        or not lines[0].startswith(b"old ")
        or len(lines) > _MAX_PROOF + 1
    ):
        raise NoteError("not a request to cosign")
    try:
        old = parse_int(lines[0].removeprefix(b"old "))
        proof = tuple(unb64(line.decode("ascii")) for line in lines[1:])
    except ValueError:
        raise NoteError("not a request to cosign") from None
    if any(len(node) != HASH_SIZE for node in proof):
        raise NoteError("a line of the proof is not a hash")
    return Submission(old, proof, checkpoint)


def ask(
    note: bytes,
    trust: Trust,
    *,
    post: Callable[[bytes], Answer],
    prove: Callable[[int, int], Sequence[bytes]],
) -> bytes:
    """Ask one witness to cosign; return the checkpoint with what it has added.

    `post` sends a body to its `add-checkpoint`, `prove` returns a consistency proof between
    two sizes of our log. What the witness knows is not kept here: it is asked with size 0,
    and says its own.

    Raises:
        NoteError: it refuses, knows another history, or answers with no line of a witness of the policy.
    """
    size = parse_body(parse_note(note).text).size
    answer = post(Submission(0, (), note).format())
    if answer.status == 409:
        known = _known_size(answer)
        if known > size:
            raise NoteError(f"the witness knows {known} entries of this ledger, and it has {size}")
        proof = tuple(prove(known, size)) if 0 < known < size else ()
        answer = post(Submission(known, proof, note).format())
    if answer.status != 200:
        reasons = {403: "it does not know the key", 404: "it does not know this ledger"}
        reasons |= {409: "it knows another history of this ledger", 422: "it does not take the proof"}
        raise NoteError(f"the witness refuses ({answer.status}): {reasons.get(answer.status, 'no reason')}")
    return _with_lines(note, answer.body, trust)


def _known_size(answer: Answer) -> int:
    if answer.content_type != _SIZE or not answer.body.endswith(b"\n"):
        raise NoteError("the witness knows another history of this ledger")
    try:
        return parse_int(answer.body[:-1])
    except ValueError:
        raise NoteError("the witness answers with a size that is none") from None


def _with_lines(note: bytes, lines: bytes, trust: Trust) -> bytes:
    own = parse_note(note)
    added = parse_note((own.text + "\n").encode("utf-8") + lines).signatures
    keys = {(key.name, key.key_id) for key in trust.witnesses.values()}
    there = {(line.name, line.key_id) for line in own.signatures}
    # Of keys that nobody has named here nothing is taken over.
    new = tuple(line for line in added if (line.name, line.key_id) in keys - there)
    signed = Note(own.text, own.signatures + new).format()
    if not new or not trust.cosigned(signed):
        raise NoteError("no witness of the policy has cosigned")
    return signed


class Witness:
    """A witness of some logs; what it has signed last stands in a folder, a file for each log."""

    def __init__(  # noqa: PLR0913 - a witness is its name, key, logs, folder and clock
        self,
        name: str,
        seed: bytes,
        *,
        logs: Mapping[str, str],
        folder: Path,
        clock: Callable[[], int],
        kind: int = COSIGNATURE,
    ) -> None:
        """Cosign as `name` for logs given as origin → public key; `clock` returns s since 1970."""
        self._name = name
        self._seed = seed
        self._logs = dict(logs)
        self._folder = folder
        self._clock = clock
        self._kind = kind
        self._gate = threading.Lock()

    @property
    def vkey(self) -> str:
        """Return the public key."""
        return str(cosigner_key(self._name, self._seed, kind=self._kind))

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request: 200 with the cosignature, or why not."""
        try:
            request = parse_submission(body)
        except NoteError:
            return _told(400, "not a request of tlog-witness")
        try:
            note = parse_note(request.checkpoint)
            origin = parse_body(note.text).origin
        except NoteError:
            return _told(403, "invalid signature")  # none that could verify
        if origin not in self._logs:
            return _told(404, "unknown log")
        try:
            checkpoint = open_checkpoint(request.checkpoint, self._logs[origin])
        except NoteError:
            return _told(403, "invalid signature")
        # One at a time: a slower request must not put an older checkpoint over a newer one.
        with self._gate:
            return self._judge(request, note, checkpoint)

    def _judge(self, request: Submission, note: Note, checkpoint: Checkpoint) -> Answer:
        last = self._last(checkpoint.origin)
        known = last.size if last else 0
        if request.old > checkpoint.size:
            return _told(400, "the old size is larger than the new one")
        if request.old != known:
            return Answer(409, _SIZE, f"{known}\n".encode("ascii"))
        if last and checkpoint.size == known:
            if checkpoint.root != last.root:
                return Answer(409, _SIZE, f"{known}\n".encode("ascii"))
            follows = not request.proof
        elif last:
            follows = verify_consistency(known, checkpoint.size, last.root, checkpoint.root, request.proof)
        else:
            follows = not request.proof
        if not follows:
            return _told(422, "the consistency proof does not hold")
        signed = cosign(
            Note(note.text, ()), name=self._name, seed=self._seed, time=self._clock(), kind=self._kind
        )
        # On the disk before the answer: what was signed must not be forgotten.
        if checkpoint.size:
            replace_file(self._file(checkpoint.origin), request.checkpoint)
        line = signed.format()[len(note.text.encode("utf-8")) + 1 :]
        return Answer(200, "text/plain; charset=utf-8", line)

    def _last(self, origin: str) -> Checkpoint | None:
        file = self._file(origin)
        return open_checkpoint(file.read_bytes(), self._logs[origin]) if file.exists() else None

    def _file(self, origin: str) -> Path:
        return self._folder / f"{digest(origin.encode('utf-8')).hex()}.checkpoint"


def _told(status: int, why: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{why}\n".encode("ascii"))
