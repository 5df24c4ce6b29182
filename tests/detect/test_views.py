"""Views and readings: what becomes plain, what is written out, and that every span leads back."""

from __future__ import annotations

import base64
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.cards import Cards
from guardrail.detect.domains import Suffixes
from guardrail.detect.emails import Emails
from guardrail.detect.layer import Layer, chosen
from guardrail.detect.reading import MAX_DEPTH, readings
from guardrail.detect.view import View
from guardrail.errors import DetectionError

EMAILS = Emails(Suffixes.load())


def read(text):
    return [reading.text for reading in readings(text, View(text))]


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("４１１１", "4111"),
        ("④①⑩", "4110"),
        ("❹⑴⒈", "411"),
        ("4\ufe0f\u20e31\ufe0f\u20e3", "41"),
        ("²¹²-⁵⁵⁵", "212-555"),
        ("10² m²", "10² m²"),
        ("2º andar, nº 5, Acme™", "2º andar, nº 5, Acme™"),
        ("5\u03363\u03366\u0336", "536"),
        ("e\u0301\u0336tude", "étude"),
        ("Jose\u0301", "José"),
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("हिन्दी", "हिन्दी"),
        ("\u0430nn@ex\u0430mple.c\u043em", "ann@example.com"),
        ("\u0410\u043d\u043d\u0430 \u041a\u0430\u0440\u0435\u043d\u0438\u043d\u0430", "Анна Каренина"),
        ("SMS-\u043a\u0430", "SMS-ка"),
        ("T\u0449o", "Tщo"),
        ("ann@example。com。", "ann@example.com。"),
        ("你好。再见", "你好。再见"),
        ("4\x001\x7f1", "411"),
        ("\x1b[31m4111\x1b[0m", "4111"),
        ("𝓐𝓷𝓷 𝕊𝕞𝕚𝕥𝕙", "Ann Smith"),
        ("ᴊᴏʜɴ 🅰🄱ⓒ ﬁne", "john ABc fine"),
        ("\u202eann\u202c", "ann"),
        ("a\u2028b\u3164c\u2800d", "a\nbc d"),
        ("\ud800x", "\ufffdx"),
        ('{\\"name\\":\\"Ann\\"}', '{ "name ": "Ann "}'),
        ("\\nann@example.com", "  ann@example.com"),
        ("C:\\new", "C:\\new"),
        ("❤\ufe0f yes", "❤\ufe0f yes"),
    ],
)
def test_each_spelling_has_one_plain_form(text, plain):
    assert View(text).text == plain


ODD = st.text(
    alphabet=st.sampled_from(
        "ab12 @.-%&#;\\u041=<b>*`\u200b\u0301\u0336\ufe0f⑩①\u0430é２\U000e0041\x1b[m\n+/"
    ),
    max_size=80,
)


@given(ODD | st.text(max_size=60))
def test_places_of_a_view_lead_back_in_order_and_inside(text):
    view = View(text)
    view.text.encode("utf-8")
    spans = [view.original(at, at + 1) for at in range(len(view.text))]
    # A space between two scripts stands for no code point.
    assert all(
        0 <= start <= end <= len(text) and (start < end or view.text[at] == " ")
        for at, (start, end) in enumerate(spans)
    )
    spans = [(start, end) for start, end in spans if start < end]
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert [end for _, end in spans] == sorted(end for _, end in spans)
    if spans:
        assert view.original(0, len(view.text)) == (spans[0][0], spans[-1][1])


@given(ODD | st.text(max_size=60))
def test_places_of_a_reading_lead_back_into_the_text_or_nowhere(text):
    try:
        found = list(readings(text, View(text)))
    except DetectionError:
        return
    for reading in found:
        reading.text.encode("utf-8", "surrogatepass")
        spans = [reading.original(at, at + 1) for at in range(len(reading.text))]
        told = [span for span in spans if span != (0, 0)]
        assert all(0 <= start < end <= len(text) for start, end in told)
        assert told == sorted(told)
    assert sum(len(reading.text) for reading in found) <= 4 * len(text)


@given(st.text(alphabet="abc", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5))))
def test_a_layer_maps_what_it_rewrote_to_the_whole_run(text, cuts):
    edits = chosen(
        [(start, start + size, "XY" * (size % 3)) for start, size in cuts if start + size <= len(text)]
    )
    layer = Layer(text, edits)
    assert len(layer.text) == len(text) + sum(len(new) - (end - start) for start, end, new in edits)
    for at, char in enumerate(layer.text):
        start, end = layer.original(at, at + 1)
        assert ((start, end) in [edit[:2] for edit in edits]) if char in "XY" else text[start:end] == char


ENCODERS = {
    "plain": lambda text: text,
    "base64": base64_of,
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hexadecimal": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "quoted percent": lambda text: quote(base64_of(text), safe=""),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "escapes": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in text),
    "zero-width": "\u200b".join,
}
PROSE = st.text(alphabet=string.ascii_letters + " ,.!?\n", max_size=400)


@given(
    PROSE, PROSE, st.sampled_from(sorted(ENCODERS)), st.from_regex(r"[a-z]{3,9}\.[a-z]{3,9}", fullmatch=True)
)
def test_an_address_is_found_in_every_encoding_wherever_it_stands(before, after, encoder, local):
    run = ENCODERS[encoder](f"{local}@example.com")
    text = f"{before} {run} {after}"
    start, end = len(before) + 1, len(before) + 1 + len(run)
    view = View(text)
    spans = [
        sheet.original(finding.start, finding.end)
        for sheet in (view, *readings(text, view))
        for finding in EMAILS.recognize(sheet.text)
    ]
    assert any(first <= start and last >= end for first, last in spans)


@given(PROSE, st.sampled_from(["*", "_", "/", ",", ".", " - ", "\n", "--", " · ", "</b><b>", "**"]))
def test_a_card_is_found_whichever_sign_parts_it(before, sign):
    run = sign.join(["4111", "1111", "1111", "1111"])
    text = f"{before} {run}"
    view = View(text)
    spans = [
        sheet.original(finding.start, finding.end)
        for sheet in (view, *readings(text, view))
        for finding in Cards().recognize(sheet.text)
    ]
    assert (len(before) + 1, len(text)) in spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q=%41%6e%6E", "q=Ann"),
        ("%2525252541nn", "Ann"),
        ("caf%E9", "café"),
        ("%u0041nn", "Ann"),
        ("&#65;&#x6e;&#110 &amp;amp;#83;mith", "Ann Smith"),
        ("j&#111;hn&commat;x &unknown; y", "john@x &unknown; y"),
        ("A&amp;&#66;", "A&B"),
        ("\\u0041\\\\u006e\\x6e \\u005cu0053\\123", "Ann SS"),
        ("\\xc3\\xa9t\\ud83d\\ude00\\U0001F600\\u{1F600}", "ét 😀😀😀"),
        ("\\303\\251 \\U99999999", "é \ufffd"),
        ("john=40example.com =C3=A9=", "john@example.com é="),
        ("a=20line=\nends", "a lineends"),
        (b"Ann Smith, Oslo".hex(), "Ann Smith, Oslo"),
        (b"Ann Smith, Oslo".hex(":"), "Ann Smith, Oslo"),
        ("path/" + base64_of("Ann Smith, Oslo"), "path/Ann Smith, Oslo"),
        (base64.b64encode("Ann Smith".encode("utf-16-le")).decode(), "Ann Smith"),
        (base64.b64encode("señora Muñoz, Málaga".encode("latin-1")).decode(), "señora Muñoz, Málaga"),
        (base64_of("Ann Smith") + "x", "Ann Smith"),
        (
            "AbCdEfGhIjKlMnOpQrStUv\n" + base64_of("Ann Smith, Oslo"),
            "AbCdEfGhIjKlMnOpQrStUv\nAnn Smith, Oslo",
        ),
        ("AbCdEfGhIjKl_" + base64_of("Ann Smith, Oslo"), "AbCdEfGhIjKl_Ann Smith, Oslo"),
        ("536_90_4399", "536-90-4399"),
        ("536*90*4399", "536904399"),
        ("5 3 6 - 9 0 - 4 3 9 9", "536-90-4399"),
        ("5.3.6.9.0.4.3.9.9", "536904399"),
        ("+49_30_901820", "+49 30 901820"),
        ("DE89_3704_0044_0532_0130_00 and so", "DE89370400440532013000 and so"),
        ("2l2-555-OI99", "212-555-0199"),
        ("J o h n   S m i t h", "John Smith"),
        ("( 4 1 5 )   5 5 5 - 0 1 3 2", "(415) 555-0132"),
        ("**4111** **1111** 1111 1111", "4111 1111 1111 1111"),
        ("ann`@`example.com", "ann@example.com"),
        ("two one two, double five five, oh one nine nine", "212-555-0199"),
        ("two one two five five five zero one nine nine", "212-555-0199"),
        ("one two one two five five five zero one nine nine", "1-212-555-0199"),
        ("five three six nine zero four three nine nine", "536-90-4399"),
        ("null eins sieben eins eins zwo drei vier", "01711234"),
    ],
)
def test_what_is_encoded_or_parted_is_written_out(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Tom &amp; Ann &lt;b&gt; said &quot;yes&quot;&nbsp;twice",
        "one two three four five six seven eight nine ten",
        "nine eight seven six five four three two one",
        "one of two or three",
        "192.168.100.200 on 2024-03-15 at 10:11:12",
        "(212) 555-0199 and 4111 1111 1111 1111 and 536-90-4399",
        "DE89 3704 0044 0532 0130 00",
        "AB12 3456 word",
        "internationalization CamelCaseIdentifierName",
        "A" * 200,
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "aa bb cc dd 00 11 22 33 44 55",
        base64.b64encode(bytes(range(128, 228))).decode(),
        "flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "**ann@example.com** and `a`",
        "1 2 3 4 5",
        "x = y\n",
        "",
    ],
)
def test_clean_text_has_no_second_reading(text):
    assert read(text) == []


def test_a_text_that_turns_into_something_else_is_read_as_far_as_it_is_text():
    for times in (4, 30):
        run = base64.b64encode(b"My name is Ann Smith. " * times + bytes(range(128, 256)) * 4).decode()
        (text,) = read(run)
        assert text.startswith("My name is Ann Smith. My name")
        assert len(text) <= 22 * times + 30


def test_tag_characters_are_read_and_what_is_found_covers_them():
    hidden = ENCODERS["tags"]("ann@example.com")
    text = f"Hello{hidden} there"
    plain, *others = [View(text), *readings(text, View(text))]
    assert plain.text == "Hello there"
    assert [reading.text for reading in others] == ["Helloann@example.com there"]
    assert others[0].original(0, 20) == (0, 5 + len(hidden))
    assert others[0].original(21, 26) == (0, 0)


def test_a_run_that_was_cut_out_of_a_longer_one_is_read_from_any_of_its_digits():
    run = base64_of("my address is ann@example.com and no other, as I said")
    for cut in range(1, 9):
        assert "ann@example.com" in read(run[cut:])[0]


def test_an_encoding_too_deep_is_an_error_and_no_silence():
    text = "My name is Ann Smith and nobody else"
    for _ in range(MAX_DEPTH):
        text = base64_of(text)
    assert read(text) == ["My name is Ann Smith and nobody else"]
    with pytest.raises(DetectionError, match="encoded more than"):
        read(base64_of(text))


@pytest.mark.parametrize(
    "unit",
    [
        "%25",
        "&amp;",
        "\\u005c",
        "\\",
        "A",
        "aA",
        "1 ",
        "1,",
        "1*",
        "1<b ",
        "@",
        "a@*",
        "one ",
        "a ",
        "GB82 ",
        "41 ",
        "0f",
        "O0",
        "=40",
        "a=\n",
        "1<!--",
        "&#52;",
        "<b>",
        "\u200b",
        "e\u0301",
        "²1",
        "⑩",
        "%41 ",
    ],
)
def test_a_bomb_of_any_kind_grows_with_its_length_alone(unit):
    text = unit * (200_000 // len(unit))
    assert sum(map(len, read(text))) <= len(text) + 10


def test_only_what_touches_a_run_counts_in_a_reading():
    text = "from bob@example.org to ann%40example.com"
    (reading,) = readings(text, View(text))
    spans = {reading.original(f.start, f.end) for f in EMAILS.recognize(reading.text)}
    assert spans == {(0, 0), (text.index("ann"), len(text))}


def test_a_long_text_is_read_again_only_around_its_runs_with_the_label_in_front():
    text = "word " * 400 + "ann%40example.com" + " word" * 400
    view = View(text, hint="email")
    (reading,) = readings(text, view)
    assert reading.text.startswith("email: word")
    assert len(reading.text) < 700
    assert reading.original(0, 5) == (0, 0)
    (found,) = EMAILS.recognize(reading.text)
    assert text[slice(*reading.original(found.start, found.end))] == "ann%40example.com"
