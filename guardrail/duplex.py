"""Both directions of one websocket, as a state machine without I/O: messages in, messages out.

A shell calls, in this order: it records `opening`, and only then lets the first
message on; for each message of the client `up`, then it records `up_event`, and
only then forwards; for each message of the server `down`; when the server has
been silent for `IDLE_SECONDS`, `idle`; when it closes cleanly, `finish`; at the
end it records `closing`. Whatever raises, nothing of the message goes on: the
shell sends `farewell` to the client and closes with `close_code`.

The two directions may be called from two threads, each from one at a time.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

from guardrail.answer import new_texts
from guardrail.answer_events import EventAnswer
from guardrail.case import Case
from guardrail.errors import BlockedError, BodyError, GuardrailError
from guardrail.exchange import PROTOCOLS, Exchange
from guardrail.tally import Tally, event
from guardrail.wire.document import TextDocument
from guardrail.wire.framing import MESSAGES, packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.border import Border
    from guardrail.exchange import Outcome
    from guardrail.types import Context, Event
    from guardrail.vault.memory import TokenMap
    from guardrail.wire.framing import Message

__all__ = ["IDLE_SECONDS", "Duplex"]

IDLE_SECONDS: Final = 0.25
"""How long a server may be silent before what is held of its text is decided as it stands."""

MAX_MESSAGE: Final = 50_000_000  # bytes of one message, either way
# Sound that may pass unread comes many times a second: it is recorded in sums.
_UNREAD_MESSAGES: Final = 256
_UNREAD_BYTES: Final = 1_000_000

_POLICY, _INVALID, _KIND, _SIZE, _FAULT = 1008, 1007, 1003, 1009, 1011  # RFC 6455 §7.4.1
_CODES: Final = {400: _INVALID, 413: _SIZE, 415: _KIND}
_REASON: Final = 123  # bytes of UTF-8 of a close frame's reason (RFC 6455 §5.5)
_JSON: Final = re.compile(r"\ufeff?[ \t\n\r]*[{\[]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Duplex:
    """One connection at one border. Messages are `str` (text) or `bytes` (binary), and stay that."""

    def __init__(self, border: Border, tokens: TokenMap, context: Context, *, protocol: str = "") -> None:
        """Take the border, a map of tokens, and the protocol by name, "" for text and JSON of any kind.

        Raises:
            ConfigError: there is no map of the protocol.
        """
        self._border, self._tokens, self._context = border, tokens, context
        self._name = protocol
        self._exchange()  # refuses a protocol without a map
        self._protocol = PROTOCOLS[protocol]
        self._told = Case(border, tokens, context, Tally())
        self._answer = EventAnswer(self._told, self._protocol, MESSAGES)
        self._asked = Tally()  # what is not recorded yet
        self._unread = 0  # messages of it
        self._recorded_unread = False
        self._last_words: list[Message] = []
        self._stopped = False
        self._up_lock, self._down_lock = threading.Lock(), threading.Lock()

    def opening(self) -> Event:
        """Return the entry to record before the first message goes on."""
        return self._event("exchange.request", Tally(), {})

    def up(self, message: Message) -> list[Message]:
        """Return what may go on to the server in the place of a message of the client.

        Raises:
            BodyError: it cannot be read, and the policy lets nothing such pass; or it is too large.
            BlockedError: the policy blocks it.
            DetectionError: detection failed, and `on_error` is "block".
        """
        with self._up_lock:
            data = _bytes(message)
            if len(data) > MAX_MESSAGE:
                raise _too_large()
            exchange = self._exchange()
            media = "application/octet-stream" if _text_in(message) is None else "text/plain"
            try:
                new = exchange.request(data, content_type=media)
            finally:
                self._asked.add(exchange.asked)
            self._unread += not exchange.asked.looked
            return [new.decode("utf-8", "surrogatepass") if isinstance(message, str) else new]

    def up_event(self) -> Event | None:
        """Return the entry to record before what `up` gave is forwarded; None where it holds nothing to tell.

        Every message with a text has an entry of its own. What passes unread is
        recorded when the first of it passes, and then in sums.
        """
        with self._up_lock:
            asked = self._asked
            passed = sum(asked.passed.values())
            many = self._unread >= _UNREAD_MESSAGES or passed >= _UNREAD_BYTES
            unread = sum(n for why, n in asked.passed.items() if why != "structural")
            told = asked.looked or asked.findings or asked.failed
            if not told and (not unread or (self._recorded_unread and not many)):
                return None
            self._recorded_unread |= unread > 0
            self._asked, self._unread = Tally(), 0
            return self._event("stream.request", asked, {})

    def down(self, message: Message) -> list[Message]:
        """Return what may go on to the client now; text that is held comes with a later message.

        Raises:
            BodyError, BlockedError, DetectionError: nothing more may be sent.
        """
        with self._down_lock:
            if self._stopped:
                return []
            self._told.tally.seen += len(_bytes(message))
            if self._told.shadow:
                self._watch(lambda: self._down(message))
                return [message]
            with self._told.sure():
                return self._down(message)

    def idle(self) -> list[Message]:
        """Return what is held, decided as it stands: the server is silent, and the client waits.

        A value of which only a part has come is found or missed as that part.
        """
        with self._down_lock:
            return self._rest(self._answer.release)

    def finish(self) -> list[Message]:
        """Return what is still held when the server closes cleanly. Never call it when it broke."""
        with self._down_lock:
            return self._rest(self._answer.finish)

    def closing(self, outcome: Outcome, *, opening: int | None = None) -> Event:
        """Return the entry that ends the connection. `opening` is the index of the entry that opened it."""
        with self._up_lock, self._down_lock:
            facts: dict[str, str | int] = {"outcome": outcome}
            if opening is not None:
                facts["opening"] = opening
            self._told.tally.add(self._asked)
            self._asked = Tally()
            return self._event("exchange.response", self._told.tally, facts)

    def farewell(self) -> list[Message]:
        """Return what the client may still be sent after `down` blocked: decided text, and an error."""
        words, self._last_words = self._last_words, []
        return words

    @staticmethod
    def close_code(error: GuardrailError) -> tuple[int, str]:
        """Return the code and the reason of the close frame: which rule, never which value."""
        if isinstance(error, BlockedError):
            code = _POLICY
        elif isinstance(error, BodyError):
            code = _CODES.get(error.status, _POLICY)
        else:
            code = _FAULT
        return code, error.message.encode()[:_REASON].decode("utf-8", "ignore")

    def _down(self, message: Message) -> list[Message]:
        data = _bytes(message)
        if len(data) > MAX_MESSAGE:
            raise _too_large()
        text = _text_in(message)
        if text is None:
            self._told.unreadable("a binary message", data)
            return [message]
        if isinstance(message, bytes) and not _JSON.match(text):
            # A piece that waits would tear what is one thing: binary text stands for itself.
            document = TextDocument(text)
            new = document.render(new_texts(self._told, document, lambda *_: None))
            return [new.encode() if new != text else message]
        out = self._sent(self._answer.feed(packed(message)))
        self._answer.forget()
        return [one for one in out if one or not message]

    def _sent(self, frames: bytes) -> list[Message]:
        """Return the messages of some frames; where the policy blocks, keep them as the last words."""
        out = list(unpacked(frames))
        if self._answer.blocked is not None:
            known = self._protocol.name != ""
            self._last_words = out if known else out[:-1]  # nobody knows how such a client is told
            self._stopped = True
            raise self._answer.blocked
        return out

    def _rest(self, rest: Callable[[], bytes]) -> list[Message]:
        if self._stopped:
            return []
        if self._told.shadow:
            self._watch(rest)
            return []
        with self._told.sure():
            return [message for message in self._sent(rest()) if message]

    def _watch(self, step: Callable[[], object]) -> None:
        """Let what goes wrong in shadow mode be counted and stop nothing."""
        try:
            step()
        except GuardrailError:
            self._told.tally.failed += 1

    def _exchange(self) -> Exchange:
        """Return an exchange for one message: what a request is to it."""
        return Exchange(self._border, self._tokens, self._context, protocol=self._name)

    def _event(self, kind: str, tally: Tally, facts: Mapping[str, str | int]) -> Event:
        return event(
            kind,
            tally,
            policy=self._border.policy,
            context=self._context,
            facts={"protocol": self._name or "generic", **facts},
        )


def _bytes(message: Message) -> bytes:
    return message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message


def _text_in(message: Message) -> str | None:
    """Return the text of a message; None of a binary one that is no text."""
    if isinstance(message, str):
        return message
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _too_large() -> BodyError:
    return BodyError("a message is too large", advice="send it in parts", status=413)
