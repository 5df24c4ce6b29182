"""A PDF is read to its last text, and never rewritten."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from samples import pdf

from guardrail.errors import BodyError
from guardrail.files import LIMITS, open_file

pypdf = pytest.importorskip("pypdf", reason="install the extra: pip install 'guardrail-pii[files]'")
from pypdf.generic import DictionaryObject, NameObject, NumberObject  # noqa: E402 - an extra


def texts(data, **said):
    return [leaf.text for leaf in open_file(data, **said).leaves if leaf.kind == "text"]


def test_the_texts_of_a_pdf_are_its_pages_and_what_it_says_of_itself():
    assert texts(pdf("I am Ann Smith", "Page two", info="John Miller")) == [
        "I am Ann Smith",
        "Page two",
        "John Miller",
    ]


def test_a_pdf_is_never_rewritten():
    opened = open_file(pdf("I am Ann Smith"))
    assert not opened.rewritable
    assert opened.plain({0: "I am <P>"}) == "I am <P>"
    with pytest.raises(BodyError) as caught:
        opened.encode({0: "I am <P>"})
    assert caught.value.status == 415


@pytest.mark.parametrize("data", [pdf("text", image=True), pdf("")])
def test_images_and_pages_without_text_cannot_be_read(data):
    assert any(leaf.kind == "binary" for leaf in open_file(data).leaves)


def written(change):
    """Return a PDF that pypdf itself writes, after a change."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("fine", "two")))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def noted(writer):
    from pypdf.annotations import FreeText, Link

    writer.add_annotation(0, FreeText(text="ask Müller", rect=(0, 0, 9, 9)))
    writer.add_annotation(0, Link(url="mailto:j@example.org", rect=(0, 0, 9, 9)))


def nested(writer):
    page = writer.pages[0]
    picture = DictionaryObject(
        {NameObject("/Subtype"): NameObject("/Image"), NameObject("/Length"): NumberObject(7)}
    )
    inner = DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/I"): picture})})
    form = DictionaryObject({NameObject("/Subtype"): NameObject("/Form"), NameObject("/Resources"): inner})
    page["/Resources"][NameObject("/XObject")] = DictionaryObject({NameObject("/F"): form})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (noted, {"ask Müller", "mailto:j@example.org"}),
        (lambda writer: writer.add_outline_item("About Ann", 0), {"About Ann"}),
        (lambda writer: writer.add_attachment("Ann Smith.txt", b"x"), {"Ann Smith.txt"}),
        (lambda writer: writer.add_metadata({"/Title": "Ann's"}), {"Ann's"}),
    ],
)
def test_notes_links_titles_and_attachments_of_a_pdf_are_seen(change, found):
    assert found <= set(texts(written(change)))


def test_titles_below_titles_of_a_pdf_are_seen():
    def change(writer):
        writer.add_outline_item("Below", 1, parent=writer.add_outline_item("Above", 0))

    assert {"Above", "Below"} <= set(texts(written(change)))


def test_attachments_and_pictures_within_forms_of_a_pdf_cannot_be_read():
    for change, size in ((lambda writer: writer.add_attachment("a.txt", b"12345"), 5), (nested, 7)):
        unread = [len(leaf.text) for leaf in open_file(written(change)).leaves if leaf.kind == "binary"]
        assert unread == [size]


def test_what_a_pdf_says_of_itself_in_xmp_is_a_text():
    def change(writer):
        stream = pypdf.generic.StreamObject()
        stream.set_data(b"<x>Ann Smith</x>")
        writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)

    assert "<x>Ann Smith</x>" in texts(written(change))


def test_an_encrypted_pdf_cannot_be_read():
    assert open_file(written(lambda writer: writer.encrypt("secret", algorithm="RC4-128"))) is None


def test_without_its_reader_a_pdf_cannot_be_read(monkeypatch):
    monkeypatch.setattr("guardrail.files.pdf.find_spec", dict[str, str]().get)
    assert open_file(pdf("x")) is None


@pytest.mark.parametrize("data", [b"%PDF-1.4 nothing", b"%PDF-", pdf("x")[:200]])
def test_a_broken_pdf_cannot_be_read(data):
    opened = open_file(data)
    assert opened is None or not any(leaf.text for leaf in opened.leaves)


def test_a_pdf_has_a_number_of_pages(caplog):
    with pytest.raises(BodyError) as caught:
        open_file(pdf("a", "b"), limits=replace(LIMITS, pages=1))
    assert caught.value.status == 413
    assert not caplog.records
