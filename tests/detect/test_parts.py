"""The rules of the single parts: views, windows, cache, lines, context, cards, hosts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.cache import FindingCache
from guardrail.detect.cards import Cards, luhn
from guardrail.detect.context import in_context
from guardrail.detect.domains import Suffixes
from guardrail.detect.emails import Emails
from guardrail.detect.phones import Phones
from guardrail.detect.presidio import PresidioPatterns
from guardrail.detect.prose import Lines
from guardrail.detect.secrets import Secrets
from guardrail.detect.urls import Urls
from guardrail.detect.view import View
from guardrail.detect.windows import windows
from guardrail.errors import ConfigError, DetectionError
from guardrail.types import Finding, Passage

SUFFIXES = Suffixes.load()
EMAILS = Emails(SUFFIXES)
URLS = Urls(SUFFIXES)


def values(recognizer, text):
    return [(text[f.start : f.end], f.score) for f in recognizer.recognize(text)]


@given(st.text(max_size=60), st.sampled_from(["", "homePhone", "card_cvv", "\u200b", "__"]))
def test_a_span_of_the_view_maps_into_the_original(text, hint):
    view = View(text, hint=hint)
    view.text.encode("utf-8")
    places = [view.original(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    # Nothing of the text is lost; only a space between two scripts stands for no code point.
    assert {view.text[at] for at in range(view.lead, len(places)) if len(set(places[at])) == 1} <= {" "}
    if len(view.text) > view.lead:
        start, end = view.original(0, len(view.text))
        assert text[start:end].encode("utf-8", "replace")


def test_a_label_in_front_is_no_part_of_the_text():
    view = View("123", hint="card_cvvCode")
    assert view.text == "card cvv Code: 123"
    assert view.original(0, 4) == (0, 0)
    assert view.original(view.lead - 2, view.lead + 3) == (0, 3)


@given(st.text(alphabet="ab \n", max_size=400), st.integers(50, 120), st.integers(2, 40))
def test_windows_cover_the_text_and_their_inner_parts_share_nothing(text, size, overlap):
    parts = list(windows(text, size=size, overlap=overlap))
    assert parts[0][0] == parts[0][2] == 0
    assert parts[-1][1] == parts[-1][3] == len(text)
    assert all(end - start <= size for start, end, _, _ in parts)
    assert all(start <= low <= high <= end for start, end, low, high in parts)
    assert all(a[3] == b[2] for a, b in pairwise(parts))


def finding(start=0, end=1, entity="PERSON", score=0.7, recognizer="spacy/x"):
    return Finding(start, end, entity, score, recognizer)


def test_the_cache_is_bounded_by_entries_and_forgets_the_least_recently_used():
    cache = FindingCache(max_entries=2)
    a, b, c = (cache.key(Passage(text)) for text in "abc")
    cache.put(a, ())
    cache.put(b, (finding(),))
    assert cache.get(a) == ()
    cache.put(c, ())
    assert len(cache) == 2
    assert cache.get(b) is None
    assert cache.get(a) == ()


def test_the_cache_is_bounded_by_bytes_and_counts_them_back():
    cache = FindingCache(max_bytes=5_000)
    for n in range(100):
        cache.put(cache.key(Passage(str(n))), (finding(),) * 3)
        assert cache.bytes <= 5_000
    assert len(cache) == 7
    key = cache.key(Passage("99"))
    cache.put(key, ())
    cache.put(key, ())
    assert cache.bytes == 6 * 650 + 200
    cache.put(key, (finding(),) * 100)
    assert (len(cache), cache.bytes) == (0, 0)


def test_cache_keys_depend_on_all_that_detection_depends_on_and_on_the_process():
    cache = FindingCache()
    keys = {cache.key(Passage("a", "b")), cache.key(Passage("ab")), cache.key(Passage("a", "b", names=False))}
    assert len(keys | {FindingCache().key(Passage("ab")), cache.key(Passage("\ud800"))}) == 5


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("log", "2015-10-18 18:04:29,707 INFO [main] started"),
        ("log", "Jun 15 12:12:34 combo sshd[23397]: check pass"),
        ("log", "[10:11:12] connected"),
        ("log", "uid=0 euid=0 tty=NODEV"),
        ("code", "def greet(name: str) -> None:"),
        ("code", "    return self.value;"),
        ("code", "if (a == b) {"),
        ("code", "x = compute_all(y)"),
        ("prose", "If Ann Smith calls, tell her I am out."),
        ("prose", '{"name": "Ann Smith", "age": 34};'),
        ("prose", "# Minutes of the board, Ann Smith presiding"),
        ("prose", ""),
    ],
)
def test_each_line_is_judged_by_itself(kind, line):
    text = f"Dear Ann,\n{line}\nYours, Bob"
    lines = Lines(text)
    assert [lines.kind(0), lines.kind(11), lines.kind(len(text))] == ["prose", kind, "prose"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("phone", 0.75),
        ("order", 0.3),
        ("order phone", 0.75),
        ("cell:", 0.75),
        ("public", 0.4),
    ],
)
def test_whole_words_before_a_number_decide(text, expected):
    text = f"{text} 2125550199"
    (judged,) = in_context(text, Lines(text), [finding(len(text) - 10, len(text), "PHONE_NUMBER", 0.4, "x")])
    assert judged.score == expected


def test_the_reading_that_words_support_outdoes_the_others():
    text = "NHS 943 476 5919"
    both = [finding(4, 16, "UK_NHS", 0.4, "a"), finding(4, 16, "PHONE_NUMBER", 0.45, "b")]
    assert [(f.entity, f.score) for f in in_context(text, Lines(text), both)] == [("UK_NHS", 0.9)]


def test_what_words_do_not_support_but_a_checksum_makes_certain_stays():
    text = "phone 4111111111111111"
    both = [finding(6, 22, "PHONE_NUMBER", 0.3, "a"), finding(6, 22, "CREDIT_CARD", 1.0, "b")]
    assert {f.entity for f in in_context(text, Lines(text), both)} == {"PHONE_NUMBER", "CREDIT_CARD"}


@given(st.integers(0, 10**17))
def test_exactly_one_last_digit_passes_the_checksum(number):
    assert sum(luhn(f"{number}{last}") for last in range(10)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1111", 1.0),
        ("3782 822463 10005", 1.0),
        ("4111111111111111", 1.0),
        ("41111 11111 111111", 0.45),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 0.8),
        ("41111111\n11111111", 0.8),
        ("503867297114", 0.45),
        ("0000000000000000", None),
        ("9111111111111113", None),
        ("1712345678123456", None),
        ("x4111111111111111", None),
        ("4111-1111-1111-1111-5", None),
        ("blk_-4111111111111111", None),
    ],
)
def test_cards_are_scored_by_network_and_split(text, expected):
    assert [score for _, score in values(Cards(), text)] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "value", "score"),
    [
        ("<ann@example.com>", "ann@example.com", 1.0),
        ("mailto:ann.b+c@sub.example.co.uk,", "ann.b+c@sub.example.co.uk", 1.0),
        ("user=ann@example.com&x", "ann@example.com", 1.0),
        ("ann@example.com.Then we", "ann@example.com", 1.0),
        ("ann@corp.com.internal", "ann@corp.com.internal", 0.75),
        ("ann%40example.com", "ann%40example.com", 1.0),
        ("john [dot] doe (at) example (dot) com", "john [dot] doe (at) example (dot) com", 1.0),
        ("jürgen@bücher.example.de", "jürgen@bücher.example.de", 1.0),
        ("'ann@example.com'", "ann@example.com", 1.0),
    ],
)
def test_addresses_are_taken_whole_and_no_further(text, value, score):
    assert values(EMAILS, text) == [(value, score)]


@pytest.mark.parametrize(
    "text", ["@ann", "ann@", "ann@host", "@@", "a @ b.com", "ann@1.2", "-@example.com", "x@A.1"]
)
def test_an_at_sign_alone_is_no_address(text):
    assert values(EMAILS, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(http://example.com/a_(b))", [("http://example.com/a_(b)", 0.8)]),
        ("example.com/path, and", [("example.com/path", 0.6)]),
        ("example.co.uk", [("example.co.uk", 0.6)]),
        ("example.de", [("example.de", 0.5)]),
        ("abc.de", [("abc.de", 0.3)]),
        ("sub.example.name/x", [("sub.example.name/x", 0.5)]),
        ("www.example.name", [("www.example.name", 0.75)]),
        ("user.name", []),
        ("com.example.net", []),
        ("java.util.List.of", []),
        ("example.com(", []),
        ("a..com", []),
        ("12.com", []),
        ("com", []),
        ("x" * 300 + ".com", []),
        ("dataNode.example.com", []),
        ("ann.example.com@x", []),
    ],
)
def test_hosts_are_told_from_code(text, expected):
    assert values(URLS, text) == expected


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("+49 30 901820", 0.75),
        ("0049 30 901820", 0.75),
        ("+999 123 4567", 0.45),
        ("(212) 555-0199", 0.6),
        ("(555) 555-0142", 0.6),
        ("020 7946 0018", 0.55),
        ("2125550199", 0.4),
        ("20394857", 0.3),
        ("30 901820", 0.45),
        ("99 99 99 99 99 99 99", 0.3),
        ("123456789-01", 0.3),
        ("00 11 12 13 14 1", 0.45),
        ("1984-02-03 12", None),
        ("2024-02-03", None),
        ("0.19255035", 0.1),
        ("v1.2125550199", None),
        ("+" + "1" * 30, None),
    ],
)
def test_telephones_are_scored_by_how_they_are_written(text, score):
    phones = Phones.load()
    assert [found for _, found in values(phones, text)] == ([] if score is None else [score])


@pytest.mark.parametrize(
    "value",
    ["get_password()", "required", "os.environ", "config.db_password", "None,", "$SECRET", "aaaa"],
)
def test_what_nobody_would_choose_is_no_password(value):
    assert values(Secrets(), f"password = {value}") == []


@pytest.mark.parametrize("value", ["hunter2", "CorrectHorse", "p@ssw%rd", "12345678"])
def test_what_one_would_choose_is_a_password(value):
    assert [v for v, _ in values(Secrets(), f"password: {value}")] == [value]


def test_a_presidio_without_a_recognizer_of_ours_is_refused(monkeypatch):
    from presidio_analyzer import predefined_recognizers

    monkeypatch.delattr(predefined_recognizers, "NhsRecognizer")
    with pytest.raises(ConfigError, match="no NhsRecognizer"):
        PresidioPatterns.load()


def test_a_pattern_out_of_time_is_an_error_and_not_passed_over(monkeypatch):
    patterns = PresidioPatterns.load()
    monkeypatch.setattr("guardrail.detect.presidio.TIMEOUT", 1e-9)
    with pytest.raises(DetectionError, match="out of time"):
        list(patterns.recognize("1" * 50_000 + " 1-" * 50_000))
