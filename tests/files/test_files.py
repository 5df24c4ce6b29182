"""A file is read to its last text, rewritten in place or not at all, and opened within limits only."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from dataclasses import replace

import pytest
from samples import TYPES, W, docx, entries_of, packed, run, xlsx

from guardrail.errors import BodyError
from guardrail.files import LIMITS, open_file

pypdf = pytest.importorskip("pypdf", reason="install the extra: pip install 'guardrail-pii[files]'")


def texts(data, **said):
    return [leaf.text for leaf in open_file(data, **said).leaves if leaf.kind == "text"]


def rewritten(data, changes, **said):
    """Return the file with whole texts replaced."""
    opened = open_file(data, **said)
    at = {leaf.text: number for number, leaf in enumerate(opened.leaves)}
    return opened.encode({at[old]: new for old, new in changes.items()})


def test_a_paragraph_is_one_text_though_its_letters_stand_in_many_runs():
    data = docx(run("Dear A") + run("nn", bold=True) + run(" Smith, hello"), run("Bye &amp; thanks"))
    assert texts(data) == ["Dear Ann Smith, hello", "Bye & thanks"]


@pytest.mark.parametrize(
    ("new", "runs"),
    [
        ("Dear <P_1>, hello", ["Dear ", "", "&lt;P_1&gt;, hello"]),
        ("Dear Ann Smith, hello!", ["Dear A", "nn", " Smith, hello!"]),
        ("Ann Smith, hello", ["A", "nn", " Smith, hello"]),
        ("", ["", "", ""]),
        ("Dear Ann & co, hello", ["Dear A", "nn", " &amp; co, hello"]),
    ],
)
def test_what_changes_in_a_paragraph_leaves_the_rest_in_its_runs(new, runs):
    data = docx(run("Dear A") + run("nn", bold=True) + run(" Smith, hello"))
    document = entries_of(rewritten(data, {"Dear Ann Smith, hello": new}))["word/document.xml"].decode()
    assert "<w:b/>" in document
    found = document.split("preserve")[1:]
    assert [one[2:].partition("</w:t>")[0] for one in found][0::1] != []
    joined = "".join(one[2:].partition("</w:t>")[0] for one in found)
    assert joined == "".join(runs)
    assert texts(rewritten(data, {"Dear Ann Smith, hello": new})) == ([new] if new else [])


def test_tabs_and_breaks_of_a_paragraph_are_seen():
    data = docx(run("Ann") + "<w:r><w:tab/></w:r>" + run("Smith") + "<w:r><w:br/></w:r>" + run("Rome"))
    assert texts(data) == ["Ann\tSmith\nRome"]
    assert texts(rewritten(data, {"Ann\tSmith\nRome": "<P>\nRome"})) == ["<P>\t\nRome"]


def test_authors_links_comments_and_properties_of_a_document_are_texts():
    more = {
        "docProps/core.xml": '<cp:all xmlns:cp="c" xmlns:dc="d"><dc:creator>Ann Smith</dc:creator>'
        "<t:created xmlns:t='t'>2026-11-22T10:00:00Z</t:created></cp:all>",
        "word/comments.xml": f'<w:comments {W}><w:comment w:author="John Miller" w:initials="JM">'
        f"<w:p>{run('ask Müller')}</w:p></w:comment></w:comments>",
        "word/_rels/document.xml.rels": '<All xmlns="r"><Relationship Target="mailto:j@example.org" '
        'TargetMode="External"/><Relationship Target="styles.xml"/></All>',
    }
    data = docx(run("fine"), more=more)
    assert set(texts(data)) == {
        "fine",
        "Ann Smith",
        "John Miller",
        "JM",
        "ask Müller",
        "mailto:j@example.org",
    }
    entries = entries_of(rewritten(data, {"John Miller": 'x"<&', "mailto:j@example.org": "gone"}))
    assert b'w:author="x&quot;&lt;&amp;" w:initials="JM"' in entries["word/comments.xml"]
    assert b'Target="gone" TargetMode="External"' in entries["word/_rels/document.xml.rels"]
    assert entries["docProps/core.xml"] == more["docProps/core.xml"].encode()


def test_cells_are_told_by_the_head_of_their_column_and_numbers_become_texts():
    data = xlsx(
        ["Name", "Card number", "Ann Smith"],
        [
            [0, 1],
            [2, "><v>4111111111111111</v>"],
            [' t="inlineStr"><is><t>John Miller</t></is>', ' t="str"><f>A1&amp;""</f><v>x</v>'],
        ],
    )
    opened = open_file(data)
    hints = {leaf.text: leaf.hint for leaf in opened.leaves}
    assert hints["Ann Smith"] in {"name", ""}
    assert hints["4111111111111111"] == "card number"
    assert hints["John Miller"] == "name"
    new = rewritten(data, {"4111111111111111": "****1111", "John Miller": "<P>", 'A1&""': 'A2&"<P>"'})
    sheet = entries_of(new)["xl/worksheets/sheet1.xml"].decode()
    assert '<c t="str" r="B2"><v>****1111</v></c>' in sheet
    assert "<is><t>&lt;P&gt;</t></is>" in sheet
    assert "<f>A2&amp;&quot;&lt;P&gt;&quot;</f>" in sheet
    assert '<c r="A2" t="s"><v>2</v></c>' in sheet


@pytest.mark.parametrize("kind", ["", ' t="n"', ' s="1" t="n"', " t='n' cm=\"1\""])
def test_a_number_that_changes_makes_its_cell_a_text(kind):
    data = xlsx([], [[kind + "><v>4111111111111111</v>"]])
    sheet = entries_of(rewritten(data, {"4111111111111111": "****"}))["xl/worksheets/sheet1.xml"].decode()
    assert sheet.count("t=") == 1
    assert re.search(r"""<c [^>]*t=["']str["'][^>]*><v>\*{4}</v></c>""", sheet)


def test_shared_strings_have_the_label_of_their_column():
    data = xlsx(["Name", "Ann Smith"], [[0], [1]])
    (leaf,) = [
        leaf
        for leaf in open_file(data).leaves
        if leaf.text == "Ann Smith" and leaf.hint == "name" and not leaf.path
    ][:1]
    assert leaf.hint == "name"


def test_parts_without_a_change_keep_their_content_and_order():
    data = docx(run("Ann Smith"), more={"word/styles.xml": "<a  b = 'c'/>", "word/media/i.png": b"\x89PNG"})
    old, new = entries_of(data), entries_of(rewritten(data, {"Ann Smith": "<P>"}))
    assert list(old) == list(new)
    assert {name for name in old if old[name] != new[name]} == {"word/document.xml"}
    assert rewritten(data, {"Ann Smith": "<P>"}) == rewritten(data, {"Ann Smith": "<P>"})


def test_pictures_macros_and_embedded_files_cannot_be_read():
    data = docx(run("fine"), more={"word/media/i.png": b"\x89PNG12", "word/embeddings/o.bin": b"abc"})
    assert [len(leaf.text) for leaf in open_file(data).leaves if leaf.kind == "binary"] == [6, 3]


BOMB = '<!DOCTYPE a [<!ENTITY x "Ann"><!ENTITY y "&x;&x;">]><a>&y;</a>'
OUTSIDE = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize("hostile", [BOMB, OUTSIDE, "<a>", "<a>" * 300 + "</a>" * 300, "<a>&nope;</a>"])
def test_hostile_xml_is_refused(hostile):
    with pytest.raises(BodyError) as caught:
        open_file(docx(run("x"), more={"word/comments.xml": hostile}))
    assert "Ann" not in str(caught.value)


def test_an_archive_that_is_no_office_file_is_not_opened():
    assert open_file(packed({"a.txt": "Ann Smith"})) is None
    assert open_file(b"PK\x03\x04 not really") is None


def test_a_file_with_two_entries_of_one_name_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("word/document.xml", "<b/>")
    with pytest.raises(BodyError, match="two entries"):
        open_file(out.getvalue())


@pytest.mark.parametrize(
    "limits",
    [
        replace(LIMITS, entries=2),
        replace(LIMITS, unpacked=1_000),
        replace(LIMITS, entry=1_000),
        replace(LIMITS, ratio=2),
        replace(LIMITS, characters=3),
        replace(LIMITS, texts=1),
        replace(LIMITS, packed=10),
        replace(LIMITS, seconds=-1),
    ],
)
def test_a_file_beyond_the_limits_is_refused(limits):
    data = docx(run("fine"), run("too"), more={"word/media/a.png": b"\0" * 2_000_000})
    open_file(data, limits=replace(LIMITS, ratio=10_000))
    with pytest.raises(BodyError) as caught:
        open_file(data, limits=limits)
    assert caught.value.status == 413


def test_an_entry_that_is_broken_is_refused():
    data = bytearray(docx(run("Ann Smith " * 50)))
    at = data.index(zlib.compress(b"")[:1]) if False else data.index(b"word/document.xml") + 40
    data[at : at + 8] = b"\xff" * 8
    with pytest.raises(BodyError):
        open_file(bytes(data))


def test_an_encrypted_office_file_cannot_be_read():
    data = bytearray(docx(run("x")))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    assert open_file(bytes(data)) is None


TABLE = 'Name,Phone,"Note, long"\r\nAnn Smith,+49 30 901820,"says ""hi"", twice"\r\n\r\nJohn Miller,=1+1,\r\n'


def test_a_table_is_read_cell_by_cell_with_the_head_as_its_label():
    leaves = open_file(TABLE.encode(), name="x.csv").leaves
    told = {leaf.text: (leaf.hint, leaf.names) for leaf in leaves}
    assert told["Ann Smith"] == ("name", True)
    assert told["+49 30 901820"] == ("phone", True)
    assert told['says "hi", twice'] == ("note long", True)
    assert told["Name"] == ("", False)
    assert told["=1+1"] == ("phone", True)


def test_cells_that_do_not_change_keep_their_bytes():
    data = TABLE.encode()
    assert open_file(data, name="x.csv").encode({}) == data
    new = rewritten(
        data, {'says "hi", twice': 'x "y"', "John Miller": "a,b", "Ann Smith": "<P>"}, name="x.csv"
    )
    assert new.decode() == TABLE.replace('"says ""hi"", twice"', '"x ""y"""').replace(
        "John Miller", '"a,b"'
    ).replace("Ann Smith", "<P>")


@pytest.mark.parametrize(
    "text", ["", "one", "a,b", '"open', '"a"b,c\nd', "a;b\n1;2\n", "\n\n", 'x\ty\n"q\n"\tz', ",\n,"]
)
def test_any_text_is_a_table_and_keeps_its_bytes(text):
    opened = open_file(text.encode(), name="x.csv")
    assert opened.encode({}) == text.encode()
    assert opened.encode({at: leaf.text for at, leaf in enumerate(opened.leaves)}).decode().count(
        "\n"
    ) == text.count("\n")


def test_a_table_without_a_head_has_no_labels():
    leaves = open_file(b"Ann Smith,030 901820\nJohn Miller,030 901821\n", name="x.csv").leaves
    assert {leaf.hint for leaf in leaves} == {""}
    assert all(leaf.names for leaf in leaves)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("Jörg".encode("cp1252"), {"name": "a.txt"}),
        (codecs.BOM_UTF8 + "Jörg".encode(), {}),
        (codecs.BOM_UTF16_LE + "Jörg".encode("utf-16-le"), {}),
        (codecs.BOM_UTF16_BE + "Jörg".encode("utf-16-be"), {"media": "text/plain"}),
    ],
)
def test_a_text_file_is_read_in_its_encoding_and_written_in_it(data, said):
    opened = open_file(data, **said)
    assert texts(data, **said) == ["Jörg"]
    assert opened.encode({}) == data
    assert opened.encode({0: "<P>ö"}) == data.replace(data[-len(data) :], b"") + rewritten(
        data, {"Jörg": "<P>ö"}, **said
    )
    assert texts(opened.encode({0: "<P>ö"}), **said) == ["<P>ö"]


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b'{"to": "j\\u0040example.org"}', "a.json", "j@example.org"),
        (b'{"a": 1}\n{"to": "Ann Smith"}\n', "a.jsonl", "Ann Smith"),
        (b'{"a": 1}\n{"to": "Ann Smith"}\n', "a.bin", "Ann Smith"),
        (b"<p>Ann Smith</p>", "a.html", "<p>Ann Smith</p>"),
        (
            b"From: Ann Smith <j@example.org>\r\n\r\nhello\r\n",
            "a.eml",
            "From: Ann Smith <j@example.org>\r\n\r\nhello\r\n",
        ),
        (b"SUBJECT: =?utf-8?q?Ann_Smith?=\r\n\r\nhello", "a.eml", "SUBJECT: Ann Smith"),
    ],
)
def test_files_of_text_are_read_by_what_they_are(data, name, found):
    assert found in texts(data, name=name)


def test_a_message_with_encoded_parts_is_read_and_never_rewritten():
    data = (
        b"From: Ann Smith <j@example.org>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"Sm9obiBNaWxsZXI=\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
    )
    opened = open_file(data, name="a.eml")
    assert "John Miller" in [leaf.text.strip() for leaf in opened.leaves]
    assert [len(leaf.text) for leaf in opened.leaves if leaf.kind == "binary"] == [3]
    assert not opened.rewritable


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n", {}),
        (b"\x00\x01", {"name": "a.txt"}),
        (b"plain text", {"media": "image/png"}),
        (b"{\\rtf1 Ann Smith}", {"name": "a.rtf"}),
        (b"\xd0\xcf\x11\xe0old office", {"name": "a.doc"}),
        (b"\x1f\x8b\x08", {}),
        (b"J\xf6rg", {}),
        (
            b"Content-Type: text/plain; charset=nope\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA",
            {"name": "a.eml"},
        ),
    ],
)
def test_what_nobody_can_read_is_not_guessed_at(data, said):
    assert open_file(data, **said) is None


def test_a_message_of_too_many_parts_cannot_be_read():
    head = b"Content-Type: multipart/mixed; boundary=b\r\nSubject: =?utf-8?q?x?=\r\n\r\n"
    assert open_file(head + b"--b\r\n\r\nx\r\n" * 1_001 + b"--b--\r\n", name="a.eml") is None


def test_json_that_is_too_deep_is_refused_in_a_file():
    with pytest.raises(BodyError):
        open_file(b"[" * 300, name="a.json")


def test_cdata_comments_and_namespaces_of_a_part_are_read():
    part = f"<w:p {W}><w:t>Ann <![CDATA[Smith & <b>]]></w:t><!-- c --><w:t/><w:tag w:val='x'/></w:p>"
    data = docx(run("fine"), more={"word/footnotes.xml": part})
    assert "Ann Smith & <b>" in texts(data)
    new = entries_of(rewritten(data, {"Ann Smith & <b>": "<P> & <b>"}))["word/footnotes.xml"].decode()
    assert new == part.replace("Ann <![CDATA[Smith & <b>]]>", "&lt;P&gt; &amp; &lt;b&gt;")
