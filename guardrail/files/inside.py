"""Files inside of JSON strings: data URLs and base64, with what stands beside them.

A file that can be rewritten is put back as it was sent. One that cannot (PDF)
is replaced by its text where the protocol takes a text in its place; else
nothing goes on.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from guardrail.files import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.files import FileDocument
    from guardrail.wire.document import Leaf
    from guardrail.wire.json import Path

__all__ = ["FileInside", "open_inside"]

_URL: Final = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)
_MEDIA: Final = ("media_type", "mimeType", "mime_type")
_NAMES: Final = ("filename", "file_name", "displayName", "display_name", "name", "title")
_PLAIN: Final = "text/plain"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_SPACE: Final = re.compile(r"[ \t\r\n]+")


class FileInside:
    """A string that is a file: its texts stand in its place."""

    def __init__(
        self, text: str, opened: FileDocument, *, url: re.Match[str] | None, media: str, name: str
    ) -> None:
        """Take the string and the file in it; `media` and `name` are the keys beside it that tell of it."""
        self._text = text
        self._file = opened
        self._url = url
        self._media, self._name = media, name
        self.leaves: Sequence[Leaf] = opened.leaves

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the string with some texts of its file replaced.

        Raises:
            BodyError: nothing of its kind can be rewritten, and no text may stand there instead (415).
        """
        if not changes:
            return self._text
        if not self._file.rewritable:
            return self._as_text(self._file.plain(changes))
        return self._encoded(self._file.encode(changes))

    def beside(self, changes: Mapping[int, str]) -> dict[str, tuple[str, str]]:
        """Return what changes beside it, by key: a new word, or "" and what is added to the old one."""
        if not changes or self._file.rewritable:
            return {}
        told: dict[str, tuple[str, str]] = {}
        if self._media:
            told[self._media] = (_PLAIN, "")
        if self._media == "media_type":
            told["type"] = ("text", "")
        if self._name:
            told[self._name] = ("", ".txt")
        return told

    def _encoded(self, data: bytes) -> str:
        if self._url is None:
            return base64.b64encode(data).decode()
        if self._url[2].lower().endswith(";base64"):
            return self._url[0] + base64.b64encode(data).decode()
        return self._url[0] + quote_from_bytes(data)

    def _as_text(self, text: str) -> str:
        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
        if self._url is not None:
            return f"data:{_PLAIN};base64,{encoded}"
        if self._media == "media_type":
            return text  # `source` of Anthropic's documents: of type "text" it holds the text itself
        if self._media:
            return encoded
        self._file.encode({0: ""})  # refuses
        return encoded


def open_inside(text: str, path: Path, beside: Callable[[Path], str]) -> FileInside | None:
    """Return the file in a string; None where it is a link, or nobody here can read it.

    Raises:
        BodyError: the file is hostile or broken (400), or beyond the limits (413).
    """
    url = _URL.match(text)
    if url is None and (text.startswith(("http:", "https:", "data:")) or not text):
        return None
    keys = {key: told for key in (*_MEDIA, *_NAMES) if (told := beside((*path[:-1], key)))}
    media_key = next((key for key in _MEDIA if key in keys), "")
    name_key = next((key for key in _NAMES if key in keys), "")
    data = _decoded(text, url)
    if data is None:
        return None
    media = url[1] if url is not None else keys.get(media_key, "")
    opened = open_file(data, name=keys.get(name_key, ""), media=media)
    if opened is None:
        return None
    return FileInside(text, opened, url=url, media=media_key if url is None else "", name=name_key)


def _decoded(text: str, url: re.Match[str] | None) -> bytes | None:
    if url is not None and not url[2].lower().endswith(";base64"):
        return unquote_to_bytes(text[url.end() :])
    coded = text if url is None else unquote_to_bytes(text[url.end() :]).decode("ascii", "replace")
    coded = _SPACE.sub("", coded)
    if not _BASE64.fullmatch(coded):
        return None
    coded = coded.rstrip("=").translate(str.maketrans("-_", "+/"))
    if len(coded) % 4 == 1:
        return None  # no bytes have this length
    return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
