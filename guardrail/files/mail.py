"""A stored message (EML, RFC 5322): its headers and its texts. Files in it are nobody's to read."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING, Final

from guardrail.files.document import EncodedText, ReadOnly, check_size, unread
from guardrail.wire.document import Leaf, TextDocument, words

if TYPE_CHECKING:
    from email.message import EmailMessage

    from guardrail.files.limits import Limits

__all__ = ["read_mail"]

_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})
_PARTS: Final = 1_000


def read_mail(data: bytes, limits: Limits) -> EncodedText | ReadOnly:
    """Return the texts of a message: to be rewritten where nothing of it is encoded.

    Raises:
        BodyError: beyond the limits (413).
        ValueError: it is no message that can be read.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        plain = _is_plain(message) and b"=?" not in data
        text = data.decode("utf-8") if plain else ""
        leaves = [Leaf(text, "text")] if plain else _leaves(message)
    except (ValueError, LookupError, AttributeError, IndexError, TypeError, KeyError, RecursionError):
        raise ValueError("a message that cannot be read") from None
    check_size(leaves, limits)
    return EncodedText(TextDocument(text)) if plain else ReadOnly(leaves)


def _is_plain(message: EmailMessage) -> bool:
    """Tell whether all of the message stands there as it reads."""
    return all(
        part.get("content-transfer-encoding", "").strip().lower() in _PLAIN
        and part.get_content_maintype() in {"text", "multipart"}
        for part in message.walk()
    )


def _leaves(message: EmailMessage) -> list[Leaf]:
    leaves: list[Leaf] = []
    for number, part in enumerate(message.walk()):
        if number >= _PARTS:
            raise ValueError("too many parts")
        leaves += [Leaf(f"{name}: {value}", "text", hint=words(name)) for name, value in part.items()]
        if part.is_multipart():
            continue
        if part.get_content_maintype() == "text":
            leaves.append(Leaf(part.get_content(), "text"))
        else:
            leaves.append(unread(len(part.get_payload(decode=True) or b"")))
    return leaves
