"""The calls that leave this machine, each only where somebody names an address: witness, time authority."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from guardrail.errors import LedgerError
from guardrail.ledger.witness import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import IO

__all__ = ["poster"]

_SECONDS: Final = 15.0
_MOST: Final = 200_000  # bytes of an answer
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Take a redirection as the answer: the address is the operator's to say."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the shape of the base class
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing."""


def poster(url: str, *, content_type: str = "") -> Callable[[bytes], Answer]:
    """Return a way to post bytes to an address; https, or http to this machine.

    Raises:
        LedgerError: another scheme; and when called, no answer came.
    """
    parts = urlsplit(url)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    ):
        raise LedgerError("the address is not one of https", advice="give it as https://host/path")
    opener = urllib.request.build_opener(_NoRedirect)

    def post(body: bytes) -> Answer:
        headers = {"Content-Type": content_type or "text/plain; charset=utf-8"}
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read(_MOST))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers.get("Content-Type", ""), refusal.read(_MOST))
        except (OSError, ValueError):
            raise LedgerError(
                f"no answer came from {parts.hostname}", advice="check the address, and try again later"
            ) from None

    return post
