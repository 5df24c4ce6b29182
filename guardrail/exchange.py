"""One request and its answer, as a state machine without I/O: bytes in, bytes out.

A shell calls, in this order: `request`; then it records `opening` and only then
forwards; `answer` with the media type of what comes back; `response` for each
part; `finish`; and it records `closing`. Whatever raises, nothing of the
original text is returned. One thread at a time.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from guardrail.answer import PassedAnswer, TextAnswer, WholeAnswer, new_texts
from guardrail.answer_events import EventAnswer
from guardrail.answer_files import FileAnswer
from guardrail.answer_lines import LinesAnswer
from guardrail.answer_list import ListAnswer
from guardrail.case import Case
from guardrail.errors import (
    BlockedError,
    BodyError,
    ConfigError,
    DetectionError,
    GuardrailError,
    LedgerError,
    VaultError,
)
from guardrail.files import open_file
from guardrail.files.form import FormParts
from guardrail.files.inside import open_inside
from guardrail.tally import Tally, event
from guardrail.types import Passage
from guardrail.wire.document import FormDocument, JsonDocument, TextDocument, WithFiles, values_of
from guardrail.wire.erase import erased
from guardrail.wire.gemini import GENERATE
from guardrail.wire.json import TOO_DEEP
from guardrail.wire.lines import LinesDocument
from guardrail.wire.maps import PROTOCOLS
from guardrail.wire.media import Media
from guardrail.wire.protocol import GENERIC
from guardrail.wire.query import QueryDocument, field_document
from guardrail.wire.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.answer import Answer
    from guardrail.border import Border
    from guardrail.holds import Held, Holds
    from guardrail.types import Channel, Context, Event
    from guardrail.vault.memory import TokenMap
    from guardrail.wire.document import Document, Leaf, Leaves
    from guardrail.wire.json import Path

__all__ = ["PROTOCOLS", "Exchange", "Outcome", "Refusal"]

Outcome = Literal["ok", "blocked", "error", "disconnected"]

_BEFORE_JSON: Final = "\ufeff \t\r\n"
_JSON_BEGINS: Final = frozenset('{["')


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a shell answers instead: an HTTP status, a media type and a body that holds no value."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class Exchange:
    """One request and its answer at one border."""

    def __init__(
        self,
        border: Border,
        tokens: TokenMap,
        context: Context,
        *,
        protocol: str = "",
        holds: Holds | None = None,
    ) -> None:
        """Take the border, a map of tokens, and the protocol by name, "" for generic JSON.

        `holds` has the clock by which texts of a stream are held, and the limit of it.
        """
        if protocol not in PROTOCOLS:
            raise ConfigError(
                "there is no map of this protocol", advice=f"use one of {', '.join(filter(None, PROTOCOLS))}"
            )
        self._protocol = PROTOCOLS[protocol]
        self._asked = Case(border, tokens, context, Tally())
        self._answered = Case(border, tokens, context, Tally(holds))
        self._answer: Answer | None = None
        self._shadow = self._answered.shadow  # a policy does not change

    def request(self, body: bytes, *, content_type: str) -> bytes:
        """Return the body that may go on; byte for byte the same where nothing was found.

        Raises:
            BodyError: it cannot be read (`status` 400, 413 or 415).
            BlockedError: the policy blocks it.
            DetectionError: detection failed, and `on_error` is "block". VaultError.
        """
        self._asked.tally.seen += len(body)
        if not body:
            return body
        if self._asked.shadow:
            with self._watching(self._asked):
                self._request(body, content_type)
            return body
        with self._asked.sure():
            return self._request(body, content_type)

    def query(self, raw: bytes) -> bytes:
        """Return the query string (without "?") that may go on; raise as `request` does."""
        self._asked.tally.seen += len(raw)
        document = QueryDocument(raw.decode("latin-1"))
        return self._beside(document).encode("latin-1") if raw else raw

    def field(self, name: str, value: str, *, answered: bool = False) -> str:
        """Return the value of a header field of the request, or of the answer; raise as `request` does.

        Of a field that holds a URL (`location`, `referer`), the query is looked at.
        """
        document = field_document(name.lower(), value)
        (self._answered if answered else self._asked).tally.seen += len(value.encode("utf-8", "replace"))
        return self._beside(document, answered=answered) if value else value

    def _beside(self, document: Document, *, answered: bool = False) -> str:
        """Return a text beside the body, guarded: what is asked is scrubbed, an answer restored too."""
        case = self._answered if answered else self._asked
        changes: dict[int, str] = {}
        with self._watching(case) if case.shadow else case.sure():
            changes = new_texts(case, document, _no_tool) if answered else self._scrub(document)
        return document.render({} if case.shadow else changes)

    def _request(self, body: bytes, content_type: str) -> bytes:
        media = Media.parse(content_type)
        if media.form == "multipart":
            parts = FormParts(body, content_type)
            return parts.encode(self._scrub(parts))
        opened = open_file(body, media=media.type) if media.form == "file" else None
        if opened is not None:
            inside = self._scrub(opened)
            return opened.encode(inside) if inside else body
        if media.form in {"opaque", "file"}:
            self._asked.unreadable("a body of this media type", body)
            return body
        text = media.decode(body)
        if media.form == "text" and _is_wide_json(body):
            raise BodyError("the body is JSON in UTF-16 or UTF-32", advice="send UTF-8", status=415)
        # An answer that is sent back as history may repeat its text token by token.
        own = erased(self._protocol, text) if media.form != "form" else text
        document = self._document(own, media)
        changes = self._scrub(document)
        return media.encode(document.render(changes)) if changes or own != text else body

    @property
    def holds(self) -> Held:
        """Return how long texts of the answer were held so far."""
        return self._answered.tally.holds.held()

    @property
    def asked(self) -> Tally:
        """Return what was counted of the request so far."""
        return self._asked.tally

    def opening(self) -> Event:
        """Return the entry to record before anything is forwarded."""
        return self._event("exchange.request", self._asked.tally, {})

    def answer(self, content_type: str) -> Literal["whole", "stream", "pass"]:
        """Take the media type of the answer; return how it will come back.

        Raises:
            BodyError: it cannot be read, and the policy lets nothing such pass.
        """
        try:
            media = Media.parse(content_type)
        except BodyError:
            if not self._answered.shadow:
                raise
            media = Media("application/octet-stream")
        if media.form == "opaque":
            self._answered.unreadable("an answer of this media type", content_type or "?")
            self._answer = PassedAnswer(self._answered)
            return "pass"
        if media.form == "events":
            self._answer = EventAnswer(self._answered, self._protocol)
            return "stream"
        if media.form in {"lines", "sequence"}:
            sequence = media.form == "sequence"
            self._answer = LinesAnswer(self._answered, self._protocol, sequence=sequence)
            return "stream"
        if media.form == "text":
            self._answer = TextAnswer(self._answered, media)
            return "stream"
        if media.form in {"multipart", "file"}:
            self._answer = FileAnswer(self._answered, content_type, parts=media.form == "multipart")
            return "whole"
        answer = ListAnswer if self._protocol is GENERATE else WholeAnswer
        self._answer = answer(self._answered, media, self._protocol)
        return "whole"

    def unread(self, chunk: bytes) -> bytes:
        """Count bytes of an answer that nobody reads because the application's owner says so."""
        self._answered.tally.seen += len(chunk)
        self._answered.tally.skip("unreadable", chunk)
        return chunk

    def light(self, chunk: bytes) -> int:
        """Return how many bytes from the start of `chunk` ask no detector: a shell may take them at once."""
        return 0 if self._answer is None or self._answered.tokens.far else self._answer.light(chunk)

    def response(self, chunk: bytes) -> bytes:
        """Take bytes of the answer; return those that may be sent now.

        Raises:
            BodyError, BlockedError, DetectionError: nothing more may be sent.
        """
        self._answered.tally.seen += len(chunk)
        answer = self._known_answer()
        if self._shadow:
            with self._watching(self._answered):
                answer.feed(chunk)
            return chunk
        with self._failing():
            return answer.feed(chunk)

    def tick(self, now: float | None = None) -> bytes:
        """Return what may be sent because time has passed; raise as `response` does.

        A shell calls it while no bytes come (every second, say); else the next bytes do it. `now` is
        a time of the clock of `holds`.
        """
        if self._answer is None or self._answered.shadow:
            return b""
        with self._failing():
            return self._answer.tick(self._answered.tally.holds.clock() if now is None else now)

    def finish(self) -> bytes:
        """Return the rest of an answer that ended cleanly. Never call it when the answer broke off."""
        answer = self._known_answer()
        if self._answered.shadow:
            with self._watching(self._answered):
                answer.finish()
            return b""
        with self._failing():
            return answer.finish()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Take note of why an answer does not go on."""
        tally = self._answered.tally
        try:
            with self._answered.sure():
                yield
        except GuardrailError as error:
            tally.reason = tally.reason or _reason(error)
            raise

    def closing(self, outcome: Outcome, *, opening: int | None = None) -> Event:
        """Return the entry that ends the exchange; a stream that the policy stopped is "blocked".

        `opening` is the index of the entry that opened it.
        """
        # A client that is told so may well leave at once.
        if self._answered.tally.blocked and outcome in {"ok", "disconnected"}:
            outcome = "blocked"
        facts: dict[str, str | int] = {"outcome": outcome}
        if opening is not None:
            facts["opening"] = opening
        return self._event("exchange.response", self._answered.tally, facts)

    def refusal(self, error: GuardrailError, *, form: str = "") -> Refusal:
        """Return the answer for a caller whose exchange cannot go on: which rule, never which value.

        `form` is the protocol whose errors the caller reads, where it is not the exchange's own.
        """
        more: dict[str, object] = {"advice": error.advice} if error.advice else {}
        if isinstance(error, BlockedError):
            more |= {"rule": error.rule, "policy": error.policy, "entity": error.entity}
        status = _status(error)
        body = refused(form or self._protocol.name, status, _kind(error), error.message, more)
        return Refusal(status, "application/json", body)

    @staticmethod
    @contextmanager
    def _watching(case: Case) -> Iterator[None]:
        """Let what goes wrong in shadow mode be counted and stop nothing: the bytes pass as they are."""
        try:
            yield
        except GuardrailError:
            case.tally.failed += 1

    def _known_answer(self) -> Answer:
        if self._answer is None:
            raise ConfigError("the answer's media type is not known yet", advice="call answer() first")
        return self._answer

    def _document(self, text: str, media: Media) -> Document:
        if media.form == "json":
            return JsonDocument(text, WithFiles(self._protocol.request, open_inside))
        if media.form == "form":
            return FormDocument(text, charset=media.charset)
        if media.form in {"lines", "sequence"}:
            return LinesDocument(text, WithFiles(self._protocol.request, open_inside))
        # An application may read JSON whatever its media type says: an escape must not hide a value there.
        begins = text.lstrip(_BEFORE_JSON)[:1]
        if begins not in _JSON_BEGINS:
            return TextDocument(text)
        # No protocol knows a string alone.
        fields = GENERIC.request if begins == '"' else self._protocol.request
        try:
            return JsonDocument(text, WithFiles(fields, open_inside), lenient=True)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise
            return TextDocument(text)

    def _scrub(self, document: Leaves) -> dict[int, str]:
        """Return the new texts of the leaves that change."""
        for leaf in document.leaves:
            self._asked.tokens.reserve(leaf.text)
        wanted = [(at, leaf) for at, leaf in enumerate(document.leaves) if self._asked.wants(leaf)]
        values = values_of(document.leaves)
        decided = self._asked.decide(
            [Passage(leaf.text, leaf.hint, leaf.names) for _, leaf in wanted],
            [self._channel(leaf, values) for _, leaf in wanted],
        )
        changes = {}
        for (at, leaf), decisions in zip(wanted, decided, strict=True):
            new = self._asked.apply(leaf.text, decisions)
            if new != leaf.text:
                changes[at] = _identifier(new) if leaf.kind == "identifier" else new
        return changes

    def _channel(self, leaf: Leaf, values: Mapping[Path, str]) -> Channel:
        """Return the channel of a text of a request: what a tool said, or a prompt."""
        return "tool" if self._protocol.is_result(leaf.path, values) else "prompt"

    def _event(self, kind: str, tally: Tally, facts: Mapping[str, str | int]) -> Event:
        border = self._asked.border
        return event(
            kind,
            tally,
            policy=border.policy,
            context=self._asked.context,
            facts={"protocol": self._protocol.name or "generic", **facts},
        )


def _no_tool(path: Path, values: Mapping[Path, str]) -> str | None:
    """Say that a text goes to the user."""
    del path, values
    return None


def _is_wide_json(body: bytes) -> bool:
    """Tell whether `json.loads`, which guesses the encoding of bytes, would read other text than we do."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return False
    return body.decode(encoding, "replace").lstrip(_BEFORE_JSON)[:1] in _JSON_BEGINS


def _identifier(text: str) -> str:
    """Return `text` as providers take a name: at most 64 letters, digits, _ and -."""
    return re.sub(r"[^A-Za-z0-9_-]", "", text)[:64]


def _kind(error: GuardrailError) -> str:
    names: tuple[tuple[type[GuardrailError], str], ...] = (
        (BlockedError, "guardrail_blocked"),
        (BodyError, "guardrail_unreadable"),
        (DetectionError, "guardrail_detection_failed"),
        (LedgerError, "guardrail_ledger_unavailable"),
        (VaultError, "guardrail_vault_unavailable"),
    )
    return next((name for kind, name in names if isinstance(error, kind)), "guardrail_error")


def _reason(error: GuardrailError) -> str:
    """Return the word of the ledger for why an answer did not go on."""
    words = {BlockedError: "policy", BodyError: "body", DetectionError: "detection", LedgerError: "ledger"}
    words |= {VaultError: "vault"}
    return next((word for kind, word in words.items() if isinstance(error, kind)), "internal")


def _status(error: GuardrailError) -> int:
    if isinstance(error, BodyError):
        return error.status
    return 403 if isinstance(error, BlockedError) else 503
