"""Whatever bytes a file has, it is read, refused as ours, or nobody's to read: no foreign error."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from samples import docx, packed, pdf, run, xlsx

from guardrail.errors import BodyError
from guardrail.files import open_file
from guardrail.files.form import FormParts

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="a"; filename="x.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b'Name,"N ""q"""\r\nAnn Smith,1\r\n\r\n'
    b'--b\r\nContent-Disposition: form-data; name="j"\r\n\r\n{"a": [1]}\r\n--b--\r\n'
)
MAIL = (
    b"From: Ann Smith <j@example.org>\r\nSubject: =?utf-8?q?x?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nSm9o\r\n--b--\r\n"
)
PLAIN = packed(
    {"[Content_Types].xml": "<a/>", "word/document.xml": "<w:p xmlns:w='w'><w:t>Ann Smith</w:t></w:p>"},
    compress=0,
)
FILES = {
    "docx": docx(run("Dear A") + run("nn Smith")),
    "stored": PLAIN,
    "xlsx": xlsx(["Name", "Ann Smith"], [[0], [1]]),
    "pdf": pdf("I am Ann Smith", info="Ann Smith"),
    "csv": b'Name;"N ""q"""\r\nAnn Smith;1\r\n',
    "json": b'{"a": "Ann Smith", "b": [1, "\\u0041nn"]}',
    "eml": MAIL,
}


def mutated(data, chance):
    body = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(body) or 1)
        body = body or bytearray(b"x")
        match chance.randrange(4):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randint(1, 20)]
            case 2:
                body[at:at] = body[at : at + 40]
            case _:
                body = body[:at] or body
    return bytes(body)


def read_and_written(opened):
    """Read a file and write it with every text replaced."""
    if opened is None:
        return
    changes = {at: "<P>" for at, leaf in enumerate(opened.leaves) if leaf.kind == "text"}
    if getattr(opened, "rewritable", True):
        opened.encode(changes)
    else:
        opened.plain(changes)


@pytest.mark.parametrize("rounds", [60, pytest.param(5_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", [*FILES, "form"])
def test_no_bytes_raise_a_foreign_error(kind, rounds):
    chance = random.Random(kind)
    for _ in range(rounds):
        data = mutated(FORM if kind == "form" else FILES[kind], chance)
        with suppress(BodyError):
            if kind == "form":
                read_and_written(FormParts(data, "multipart/form-data; boundary=b"))
            else:
                read_and_written(open_file(data, name=f"a.{kind}"))


def test_a_table_is_the_same_however_it_is_read_again():
    chance = random.Random(2)
    for _ in range(300):
        text = "".join(chance.choices('ab",;\n\r\t', k=chance.randint(0, 30)))
        opened = open_file(text.encode(), name="a.csv")
        assert opened.encode({}) == text.encode()
        cells = [leaf.text for leaf in opened.leaves]
        again = open_file(opened.encode({0: 'x"y'}), name="a.csv")
        assert [leaf.text for leaf in again.leaves][1:] == cells[1:] or '"' in text
