"""Files inside of bodies: told by what they begin with, opened within limits, never trusted by their names.

Text, CSV, JSON, JSON Lines, XML and HTML, EML, DOCX, XLSX and PPTX need nothing
but the standard library; PDF needs the extra `files`. Archives are not opened.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.files.document import EncodedText, FileDocument, ReadOnly, check_size
from guardrail.files.limits import LIMITS, Clock
from guardrail.files.mail import read_mail
from guardrail.files.office import OfficeFile
from guardrail.files.pdf import read_pdf
from guardrail.files.table import TableDocument
from guardrail.wire.document import JsonDocument, TextDocument
from guardrail.wire.json import TOO_DEEP
from guardrail.wire.lines import LinesDocument
from guardrail.wire.protocol import GENERIC

if TYPE_CHECKING:
    from guardrail.files.limits import Limits
    from guardrail.wire.document import Document

__all__ = ["LIMITS", "FileDocument", "ReadOnly", "open_file"]

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_TABLES: Final = frozenset({"text/csv", "text/tab-separated-values", "application/csv"})
_TABLE_NAMES: Final = (".csv", ".tsv")
_LINES_NAMES: Final = (".jsonl", ".ndjson")
_TEXT_NAMES: Final = (*_TABLE_NAMES, *_LINES_NAMES, ".txt", ".md", ".json", ".log", ".html", ".htm", ".xml")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TEXTUAL: Final = frozenset(
    {
        "octet-stream",
        "json",
        "ndjson",
        "jsonl",
        "json-lines",
        "jsonlines",
        "xml",
        "csv",
        "yaml",
        "toml",
        "sql",
    }
    | {"javascript", "typescript", "python", "sh", "tex"}
)
_PICTURES: Final = ("image/", "audio/", "video/", "font/")
_ZIP: Final = b"PK\x03\x04"
_PDF: Final = b"%PDF-"
_RICH: Final = "{\\rtf"  # its escapes hide letters
_HEAD: Final = 1024  # bytes in which a PDF may begin


def open_file(
    data: bytes, *, name: str = "", media: str = "", limits: Limits = LIMITS
) -> FileDocument | None:
    """Return the texts of a file; None where nobody here can read it.

    `name` and `media` are what the sender says of it.

    Raises:
        BodyError: it is hostile or broken (400), or beyond the limits (413).
    """
    if len(data) > limits.packed:
        raise BodyError("a file is too large", advice="send it in parts", status=413)
    clock = Clock(limits)
    name, media = name.lower(), media.partition(";")[0].strip().lower()
    try:
        if _PDF in data[:_HEAD]:
            return read_pdf(data, limits, clock)
        if data.startswith(_ZIP):
            return OfficeFile(data, limits, clock)
        if media.startswith(_PICTURES) and not media.endswith("+xml"):
            return None
        if name.endswith(".eml") or media == "message/rfc822":
            return read_mail(data, limits)
        return _text(data, name, media, limits) if _may_be_text(media) else None
    except ValueError:
        return None


def _may_be_text(media: str) -> bool:
    """Tell whether a file of this media type is read as text; what claims to be a PDF and is none, is not."""
    kind, _, name = media.partition("/")
    return kind in {"", "text"} or media.endswith(("+json", "+xml")) or name.removeprefix("x-") in _TEXTUAL


def _text(data: bytes, name: str, media: str, limits: Limits) -> EncodedText:
    """Return a file that is text; raise `ValueError` where it is none."""
    mark, encoding = next(((mark, coding) for mark, coding in _BOMS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        # What a spreadsheet of an older system writes. Every byte of it comes back as it was.
        if not (media.startswith("text/") or name.endswith(_TEXT_NAMES)):
            raise
        encoding = "cp1252"
        text = body.decode(encoding)
    if _CONTROL.search(text) or text.startswith(_RICH):
        raise ValueError("no text")
    document = _document(text, name, media)
    check_size(document.leaves, limits)
    return EncodedText(document, encoding=encoding, mark=mark)


def _document(text: str, name: str, media: str) -> Document:
    if media in _TABLES or name.endswith(_TABLE_NAMES):
        return TableDocument(text)
    if name.endswith(_LINES_NAMES) or media.endswith(("jsonl", "ndjson", "json-lines", "jsonlines")):
        return LinesDocument(text)
    if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "[", '"'}:
        try:
            return JsonDocument(text, GENERIC.request, lenient=True)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise
            return LinesDocument(text)
    return TextDocument(text)
