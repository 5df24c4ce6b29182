"""The figures of a span: every one is a sum over headers."""

from dataclasses import replace

import pytest
from packs import CARD_DOCUMENT, CARDS, DOCUMENT, POLICY

from guardrail.evidence.counts import Counts
from guardrail.evidence.documents import PolicySets, set_digest
from guardrail.ledger.header import Header

CHAT, CARD = DOCUMENT[2].hex(), CARD_DOCUMENT[2].hex()
BOTH = set_digest([CARD, CHAT])
NOON = 1_782_907_200_000_000  # 2026-07-01T12:00:00Z


def header(kind, time_us=NOON, *, policy="", **said):
    return Header(kind, "id", time_us, "w", 0, "ledger", policy=bytes.fromhex(policy), **said)


def counted(*headers, sets=None):
    counts = Counts()
    for one in headers:
        counts.add(one)
    named = sets or {}
    sources = {CHAT: POLICY, CARD: CARDS}
    return counts.table(
        PolicySets(named, {member: sources[member] for members in named.values() for member in members})
    )


def test_nothing_gives_empty_figures():
    table = counted()
    assert table["entries"] == 0
    assert not any(value for key, value in table.items())


def test_findings_rules_and_controls_are_summed_by_the_documents_in_force():
    entry = header(
        "exchange.request",
        policy=BOTH,
        findings={"PERSON": {"tokenize": 2}, "PHONE_NUMBER": {"allow": 1, "redact": 3}},
        rules={"chat/contact-details": 2, "cards/numbers": 1, "chat/unlisted": 4, "gone/rule": 1},
    )
    table = counted(entry, replace(entry, time_us=NOON + 1), sets={BOTH: (CARD, CHAT)})
    assert table["findings"] == {"PERSON": {"tokenize": 4}, "PHONE_NUMBER": {"allow": 2, "redact": 6}}
    assert table["changed"] == 10
    assert table["rules"] == {
        "chat/contact-details": 4,
        "cards/numbers": 2,
        "chat/unlisted": 8,
        "gone/rule": 2,
    }
    assert table["acted"] == {CHAT: {"contact-details": 4, "unlisted": 8}, CARD: {"numbers": 2}}
    assert table["controls"] == {
        "GDPR Art. 5(1)(c)": 4,
        "GDPR Art. 25(1)": 4,
        "PCI DSS 3.4.1": 2,
        "SOC 2 CC6.1": 2,
    }
    assert table["policies"] == {BOTH: {"entries": 2, "first": NOON, "last": NOON + 1}}


def test_days_are_counted_in_utc():
    day = 86_400_000_000
    table = counted(
        header("scrub", findings={"PERSON": {"redact": 3}}),
        header("scrub", NOON + day),
        header("scrub", NOON),
    )
    assert table["days"] == {
        "2026-07-01": {"entries": 2, "findings": 3},
        "2026-07-02": {"entries": 1, "findings": 0},
    }


def test_facts_are_summed_and_names_among_them_are_not():
    facts = {
        "seen": 5,
        "opening": 17,
        "status": 200,
        "passed": {"structural": 3, "unreadable": 4},
        "media": "json",
    }
    table = counted(header("log", facts=facts), header("log", facts=facts))
    assert table["facts"] == {
        "seen": 10,
        "opening": 0,
        "status": 0,
        "passed.structural": 6,
        "passed.unreadable": 8,
    }
    assert table["gaps"]["unread"] == 8


@pytest.mark.parametrize(
    ("entries", "gap", "number"),
    [
        ([header("scrub")], "no_policy", 1),
        ([header("exchange.response", facts={"outcome": "error"})], "error", 1),
        ([header("exchange.response", facts={"outcome": "disconnected"})], "disconnected", 1),
        (
            [header("exchange.request"), header("exchange.request"), header("exchange.response")],
            "unclosed",
            1,
        ),
        ([header("log.summary", facts={"failed": 4})], "failed", 4),
        ([header("log.summary", facts={"dropped": 3})], "dropped", 3),
        ([header("clock.step", facts={"step_us": 2_000_000})], "clock", 1),
    ],
)
def test_every_gap_is_counted(entries, gap, number):
    assert counted(*entries)["gaps"][gap] == number


def test_the_ledgers_own_entries_need_no_policy():
    assert counted(header("writer.start"), header("policy"), header("clock.step"))["gaps"] == {"clock": 1}


def test_a_good_exchange_has_no_gap():
    entries = [
        header("exchange.request", policy=CHAT),
        header("exchange.response", policy=CHAT, facts={"outcome": "ok"}),
    ]
    table = counted(*entries, sets={CHAT: (CHAT,)})
    assert table["gaps"] == {}
    assert table["outcomes"] == {"ok": 1}


def test_a_refused_text_counts_as_blocked():
    assert counted(header("scrub.blocked"))["outcomes"] == {"blocked": 1}


def test_what_a_policy_in_shadow_would_have_changed_is_not_counted_as_changed():
    shadow = POLICY.replace(b"version", b'mode = "shadow"\nversion', 1)
    from guardrail.crypto import digest

    key = digest(shadow).hex()
    counts = Counts()
    counts.add(header("scrub", policy=key, findings={"PERSON": {"redact": 2}}))
    table = counts.table(PolicySets({key: (key,)}, {key: shadow}))
    assert table["changed"] == 0
    assert table["gaps"] == {"shadow": 1}


def test_policies_that_are_missing_or_too_many_are_refused():
    with pytest.raises(ValueError, match="not those"):
        counted(header("scrub", policy=CHAT))
    with pytest.raises(ValueError, match="not those"):
        counted(header("scrub"), sets={CHAT: (CHAT,)})
