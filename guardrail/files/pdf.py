"""The texts of a PDF, by pypdf: pages, notes, fields, links and what the file says of itself.

They can be read, never written with certainty: a page places letters, not
words. Images, attachments and pages without text are nobody's to read.
"""

from __future__ import annotations

import io
import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError, GuardrailError
from guardrail.files.document import ReadOnly, check_size, unread
from guardrail.wire.document import Leaf, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PageObject, PdfReader

    from guardrail.files.limits import Clock, Limits

__all__ = ["installed", "read_pdf"]

_LOGGER: Final = logging.getLogger("pypdf")
_DEPTH: Final = 8  # forms within forms of a page


def installed() -> bool:
    """Tell whether PDF files can be read here."""
    return find_spec("pypdf") is not None


def read_pdf(data: bytes, limits: Limits, clock: Clock) -> ReadOnly:
    """Return the texts of a PDF.

    Raises:
        BodyError: beyond the limits (413).
        ValueError: it is encrypted, broken, or pypdf is not installed.
    """
    if not installed():
        raise ValueError("no reader")
    # It tells what it stumbles over, and that may be a text. Its modules' loggers take the level from here.
    _LOGGER.setLevel(logging.CRITICAL + 1)
    try:
        leaves = list(_leaves(data, limits, clock))
    except GuardrailError:
        raise
    except Exception:  # noqa: BLE001 - foreign code over foreign bytes
        raise ValueError("a PDF that cannot be read") from None
    check_size(leaves, limits)
    return ReadOnly(leaves)


def _leaves(data: bytes, limits: Limits, clock: Clock) -> Iterator[Leaf]:
    from pypdf import PdfReader  # noqa: PLC0415 - an extra, and slow to import

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("encrypted")
    if len(reader.pages) > limits.pages:
        raise BodyError("a file has too many pages", advice="send it in parts", status=413)
    for page in reader.pages:
        clock.look()
        yield from _page(page)
    for name, value in (reader.metadata or {}).items():
        yield Leaf(str(value), "text", hint=words(name.removeprefix("/")))
    for name, field in (reader.get_fields() or {}).items():
        yield Leaf(f"{field.get('/V', '')}", "text", hint=words(name))
    if (xmp := reader.root_object.get("/Metadata")) is not None:
        yield Leaf(xmp.get_object().get_data().decode("utf-8", "replace"), "text")
    yield from (Leaf(title, "text") for title in _titles(reader))
    for name, contents in reader.attachments.items():
        yield Leaf(name, "text", hint="file name")
        yield from (unread(len(content)) for content in contents)


def _page(page: PageObject) -> Iterator[Leaf]:
    text = page.extract_text()
    yield Leaf(text, "text")
    images = _images(page, _DEPTH)
    drawn = page.get_contents()
    if not text.strip() and not images and drawn is not None:
        images = len(drawn.get_data())  # letters may be drawn as lines
    if images:
        yield unread(images)
    for note in page.get("/Annots") or ():
        known = note.get_object()
        link = known.get("/A")
        told = [known.get(key) for key in ("/Contents", "/T", "/V", "/RC", "/Subj")]
        told.append(link.get_object().get("/URI") if link is not None else None)
        yield from (Leaf(str(one), "text") for one in told if one)


def _images(holder: PageObject, depth: int) -> int:
    """Return the bytes of the images that a page or a form shows."""
    resources = holder.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    size = 0
    for one in (objects.get_object() if objects is not None else {}).values():
        known = one.get_object()
        if known.get("/Subtype") == "/Image":
            size += max(1, int(known.get("/Length", 1)))
        elif depth:
            size += _images(known, depth - 1)
    return size


def _titles(reader: PdfReader) -> Iterator[str]:
    waiting: list[object] = list(reader.outline)
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        else:
            yield str(getattr(one, "title", ""))
