"""The page that an auditor opens."""

import re
from hashlib import sha256
from html.parser import HTMLParser

from packs import CARD_DOCUMENT, CARDS, DOCUMENT, POLICY

from guardrail.evidence.documents import PolicySets
from guardrail.evidence.page import PAGE, Proved, gaps, page
from guardrail.evidence.span import Span

CHAT, CARD = DOCUMENT[2].hex(), CARD_DOCUMENT[2].hex()
NOON = 1_782_907_200_000_000
JULY = Span.parse("2026-07-01", "2026-07-31")
PROVED = Proved(
    "guardrail.test/x", "guardrail.test/x+00000000+AQ==", 4_711, "ab" * 32, 5, 12, NOON - 10**12, NOON
)
COUNTS = {
    "entries": 7,
    "types": {"exchange.request": 3, "exchange.response": 3, "scrub": 1},
    "days": {"2026-07-01": {"entries": 4, "findings": 9}, "2026-07-02": {"entries": 3, "findings": 1}},
    "findings": {
        "PERSON": {"tokenize": 1234},
        "IBAN_CODE": {"mask": 2, "allow": 1},
        "OWN_KIND": {"redact": 1},
    },
    "changed": 1237,
    "rules": {"chat/contact-details": 1234, "chat/unlisted": 1},
    "controls": {"GDPR Art. 5(1)(c)": 1234, "GDPR Art. 25(1)": 1234},
    "acted": {CHAT: {"contact-details": 1234, "unlisted": 1}},
    "outcomes": {"ok": 2, "blocked": 1},
    "facts": {"seen": 99},
    "policies": {
        CHAT: {"entries": 6, "first": NOON, "last": NOON + 10**9},
        CARD: {"entries": 1, "first": NOON + 2, "last": NOON + 2},
    },
    "gaps": {"unread": 300, "error": 1},
}
EMPTY = {
    "entries": 0,
    "changed": 0,
    "types": {},
    "days": {},
    "findings": {},
    "rules": {},
    "controls": {},
    "acted": {},
    "outcomes": {},
    "facts": {},
    "policies": {},
    "gaps": {},
}
SETS = PolicySets({CHAT: (CHAT,), CARD: (CARD,)}, {CHAT: POLICY, CARD: CARDS})
NONE = PolicySets({}, {})


def text_of(html):
    """Return the visible text, with single spaces."""
    parts = []

    class Reader(HTMLParser):
        def handle_data(self, data):
            parts.append(data)

    Reader().feed(re.sub(r"<style>.*?</style>", "", html.decode(), flags=re.DOTALL))
    return re.sub(r"[ \n]+", " ", " ".join(parts))


def test_the_page_says_what_the_counts_say():
    text = text_of(page(JULY, PROVED, COUNTS, SETS))
    for said in (
        "2026-07-01 to 2026-07-31 UTC, both ends included",
        "1\u202f238 pieces of personal data found",
        "GDPR Art. 5(1)(c) 1\u202f234 times",
        "The model does not need to know who is writing.",
        "Bytes that went on without being looked at: 300",
        "mask (keep_last 4) · IBAN_CODE",
        "named by the policy",
        "4\u202f711 entries, root abab",
        "5 to 11",
    ):
        assert said in text, said


def test_a_control_whose_rules_found_nothing_is_shown_with_nought():
    text = text_of(page(JULY, PROVED, COUNTS, SETS))
    assert "SOC 2 CC6.1 0 times" in text
    assert "SOC 2 SOC 2 CC6.1" in text  # under the heading of its framework
    assert "PCI DSS PCI DSS 3.4.1" in text


def test_clauses_stand_in_the_order_of_their_numbers():
    text = text_of(page(JULY, PROVED, COUNTS, SETS))
    assert text.index("GDPR Art. 5(1)(c)") < text.index("GDPR Art. 25(1)")


def test_rules_without_a_control_and_the_default_are_shown_too():
    text = text_of(page(JULY, PROVED, COUNTS, SETS))
    rest = text[text.index("Rules that name no control") :]
    assert "odd-ones chat 0" in rest
    assert "unlisted chat 1" in rest


def test_an_empty_span_is_told_and_not_dressed_up():
    begins = Proved("x", "k", 3, "ab" * 32, 0, 0, None, NOON)
    text = text_of(page(JULY, begins, EMPTY, NONE))
    for said in (
        "No gaps",
        "Nothing was found",
        "no entry in this span",
        "names a control",
        "none",
        "begins with",
    ):
        assert said in text


def test_an_end_without_a_later_entry_is_a_gap():
    open_end = Proved("x", "k", 3, "ab" * 32, 0, 3, None, None)
    assert [what for what, _, _ in gaps(EMPTY, open_end)] == ["Ends that are not proved"]


def test_shadow_mode_is_said_where_the_rule_is_shown():
    shadow = POLICY.replace(b"version", b'mode = "shadow"\nversion', 1)
    key = sha256(shadow).hexdigest()
    counts = {**EMPTY, "policies": {key: {"entries": 1, "first": NOON, "last": NOON}}}
    text = text_of(page(JULY, PROVED, counts, PolicySets({key: (key,)}, {key: shadow})))
    assert "(shadow mode: recorded, not carried out)" in text
    assert "(shadow: recorded, changed nothing)" in text


def test_a_long_span_is_told_by_month():
    year = Span.parse("2026-01-01", "2026-12-31")
    assert "2026-07 7 10" in text_of(page(year, PROVED, COUNTS, SETS))


def test_a_policy_cannot_put_markup_into_the_page():
    evil = POLICY.replace(b"who is writing.", b"<script>alert(1)</script><img src=x>").replace(
        b'"The privacy office"', b"'\"><b>'"
    )
    key = sha256(evil).hexdigest()
    counts = {**EMPTY, "policies": {key: {"entries": 1, "first": NOON, "last": NOON}}}
    html = page(JULY, PROVED, counts, PolicySets({key: (key,)}, {key: evil})).decode()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_the_page_fetches_nothing_and_runs_nothing():
    html = page(JULY, PROVED, COUNTS, SETS).decode()
    assert "default-src 'none'" in html
    assert not re.search(r"https?:|<script|<link|<img|<iframe|url\(|@import|\son\w+=", html)


def test_a_control_without_a_number_is_its_own_framework():
    source = b'name = "x"\n[[rules]]\nid = "a"\naction = "redact"\ncontrols = ["House rule", "42"]\n'
    key = sha256(source).hexdigest()
    counts = {**EMPTY, "policies": {key: {"entries": 1, "first": NOON, "last": NOON}}}
    text = text_of(page(JULY, PROVED, counts, PolicySets({key: (key,)}, {key: source})))
    assert "House rule House rule 0 times" in text
    assert "42 42 0 times" in text
    assert "The policy gives no reason." in text


def test_a_mark_of_doubt_is_explained_where_it_stands():
    assert "†" not in text_of(page(JULY, PROVED, COUNTS, SETS))
    source = 'name = "x"\n[[rules]]\nid = "a"\ncontrols = ["GDPR Art. 9 †"]\n'.encode()
    key = sha256(source).hexdigest()
    counts = {**EMPTY, "policies": {key: {"entries": 1, "first": NOON, "last": NOON}}}
    text = text_of(page(JULY, PROVED, counts, PolicySets({key: (key,)}, {key: source})))
    assert "GDPR Art. 9 † 0 times" in text
    assert "the author's own mark" in text


def test_page_format_1_never_changes():
    """Packs are checked years later by building their page again: other words need another number."""
    assert PAGE == 1
    built = sha256(page(JULY, PROVED, COUNTS, SETS)).hexdigest()
    assert built == "f5209af40473b1c98d87fac295ca1bea07e44765daea230e7ede1e92429db04f"
