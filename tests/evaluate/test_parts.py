"""Styles, draws, gates, systems and the report."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail import policy
from guardrail.detect import Detector, recognizer
from guardrail.errors import ConfigError
from guardrail.evaluate import gates
from guardrail.evaluate.metrics import Rule
from guardrail.evaluate.page import page
from guardrail.evaluate.peers import Presidio
from guardrail.evaluate.predict import Ours
from guardrail.evaluate.report import Report, as_json, first, narrow
from guardrail.evaluate.rows import Row, Span
from guardrail.evaluate.run import evaluate
from guardrail.evaluate.sample import sample
from guardrail.evaluate.strata import draw
from guardrail.evaluate.style import STYLES, style
from guardrail.policy.shipped import policy_path
from guardrail.types import Finding, Passage

CANARY = "Zaphod Beeblebrox"

WRITTEN = {
    "Dear Ms Smith, thank you for your letter of May.": "prose",
    "hey its priya here can u call me": "lower-case",
    "PLEASE CALL JENNIFER GARCIA IN BOSTON": "capitals",
    '{"name": "Ann", "phone": 2125550199}': "records",
    "2026-01-02 10:00:00 INFO user logged in\n2026-01-02 10:00:01 WARN again": "records",
    "Jun 14 15:16:01 combo sshd: authentication failure": "records",
    "import os\n\ndef main():\n    return os.name\n": "code",
    "": "prose",
    "12345": "prose",
    "[sic] he said": "lower-case",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_style_is_told_from_the_look_of_a_text(text):
    assert style(text) == WRITTEN[text]
    assert style(text) in STYLES


def rows(n, text="Dear Ms Smith, number {}."):
    return [Row("f", at, text.format(at), "en") for at in range(n)]


def test_a_draw_is_the_same_every_time_and_keeps_shares():
    everything = rows(90) + [Row("f", at, f"hey its me {at}", "en") for at in range(90, 100)]
    drawn = draw(everything, 20)
    assert drawn == draw(everything, 20)
    assert len(drawn) == 20
    assert drawn == sorted(drawn, key=lambda row: row.line)
    assert Counter(style(row.text) for row in drawn) == {"prose": 18, "lower-case": 2}


def test_a_rare_kind_of_text_is_drawn_while_rows_last():
    everything = [*rows(99), Row("f", 100, "JA", "de")]
    assert any(row.language == "de" for row in draw(everything, 5))
    assert len(draw(everything, 1)) == 1
    assert draw(everything, 100) == everything
    mixed = [Row("f", at, "x", f"l{'abcdefg'[at]}") for at in range(7)]
    assert len(draw(mixed, 6)) == 6


class Says:
    """A system of known answers."""

    name = "says"
    versions = {"says": "1"}  # noqa: RUF012 - a constant of a test

    def __init__(self, answers):
        self.answers = answers

    def predict(self, passages):
        return [self.answers.get(one.text, ()) for one in passages]


def quiet(step, fraction):
    assert 0 <= fraction <= 1


TEXT = f"{CANARY} <b>and</b> {CANARY}"
LATER = len(TEXT) - len(CANARY)


def measured(**answers):
    gold = (Span(0, len(CANARY), "PERSON"), Span(LATER, len(TEXT), "PERSON"))
    row = Row("gold <i>.jsonl", 3, TEXT, "en", gold, frozenset({"PERSON"}), id=CANARY)
    other = Row("other", 1, "broken", "de", (), frozenset())
    said = {TEXT: (Span(0, 6, "PERSON"), Span(22, 25, "PERSON"), Span(23, 24, "URL")), "broken": None}
    return evaluate(Says(said | answers), [row, other], Rule(), progress=quiet)


def test_a_text_on_which_the_system_failed_is_in_no_figure():
    got = measured()
    assert got.everything.texts == 1
    assert [row.text for row in got.failed] == ["broken"]
    assert set(got.parts["files"]) == {"gold <i>.jsonl"}


@pytest.mark.parametrize("show", [False, True])
def test_values_are_in_the_report_only_where_they_were_asked_for(show):
    report = Report(Rule(), (measured(), measured()), show=show)
    told = json.dumps(as_json(report, errors=5)) + page(report, errors=5).decode()
    assert ("Beeblebrox" in told) is show
    assert "<i>" not in told.replace("gold <i>.jsonl", "", told.count('"gold <i>.jsonl"') * 2)
    assert "<b>and" not in page(report, errors=5).decode()


def test_the_report_tells_errors_by_place_kind_and_length():
    got = measured()
    told = as_json(Report(Rule(), (got,)), errors=5)["systems"]["says"]["errors"]
    assert [(e["kind"], e["line"], e["start"], e["length"]) for e in told] == [
        ("missed", 3, LATER, 17),
        ("partly", 3, 0, 17),
        ("wrong", 3, 22, 3),
    ]
    assert [error.kind for _, error in first(got.errors, 0)] == []


def test_a_lone_surrogate_does_not_break_the_page():
    row = Row("f", 1, "\ud800bc", "en", (Span(0, 3, "PERSON"),), frozenset())
    got = evaluate(Says({}), [row], Rule(), progress=quiet)
    assert b"?bc" in page(Report(Rule(), (got,), show=True), errors=1)


def test_cells_for_a_terminal_are_short():
    row = ("all", "1", "2", *["0.912 [0.890, 0.931]"] * 4, "-")
    assert narrow(row) == ("all", "1", "2", "0.912 0.89-0.93", "0.912 0.89-0.93", "0.912", "0.912", "-")


def test_a_gate_is_kept_at_its_bound_and_not_beside_it():
    whole = measured().everything  # two names, none found; one false positive
    assert gates.parse("0", kind="recall").judge(whole).kept
    assert not gates.parse("0.01", kind="recall").judge(whole).kept
    assert not gates.parse("PERSON=.5", kind="recall").judge(whole).kept
    assert gates.parse("100", kind="fp").judge(whole).kept
    assert not gates.parse("PERSON=1.5", kind="fp").judge(whole).kept
    assert gates.parse("URL=0", kind="fp").judge(whole).kept


def test_what_could_not_be_measured_does_not_pass_a_gate():
    empty = evaluate(Says({}), [Row("f", 1, "x")], Rule(), progress=quiet).everything
    verdict = gates.parse("0.1", kind="recall").judge(empty)
    assert not verdict.kept
    assert verdict.told() == "recall could not be measured, at least 0.1 asked"
    assert not gates.parse("URL=0.1", kind="recall").judge(empty).kept


@pytest.mark.parametrize(
    "bound", ["", "x", "1.1", "-1", "nan", "1e9", "PERSON=", "person=0.5", f"{CANARY}=1"]
)
def test_a_bound_in_another_form_is_refused(bound):
    with pytest.raises(ConfigError) as fault:
        gates.parse(bound, kind="recall")
    assert CANARY not in fault.value.message


def test_a_bound_on_an_unknown_label_is_refused():
    with pytest.raises(ConfigError, match="label"):
        gates.parse("PERSN=1", kind="fp")


@pytest.fixture(scope="module")
def patterns():
    return Detector.load(names="none")


def test_a_finding_below_the_least_score_does_not_shadow_a_strong_one():
    @recognizer("ID")
    def weak(text):
        yield Finding(0, len(text), "ID", 0.4, "weak")

    detector = Detector.load(names="none", extra=[weak])
    (spans,) = Ours(detector, 0.5).predict([Passage("mail ann@example.com today")])
    assert [(s.start, s.end, s.label) for s in spans] == [(5, 20, "EMAIL_ADDRESS")]


def test_under_a_policy_only_what_it_acts_on_counts(patterns):
    policies = policy.load(policy_path("pci-dss"))
    text = "card 4111 1111 1111 1111, mail ann@example.com"
    both = Ours(patterns, 0.5).predict([Passage(text)])[0]
    acted = Ours(patterns, 0.5, policies).predict([Passage(text)])[0]
    assert {span.label for span in both} == {"CREDIT_CARD", "EMAIL_ADDRESS"}
    allowed = policy.PolicySet.of(policy.load(policy_path("pci-dss")).documents)
    assert {span.label for span in acted} == {
        span.label
        for span in both
        if (
            made := allowed.decide(
                Finding(span.start, span.end, span.label, span.score, ""),
                channel="prompt",
                context=_nobody(),
            )
        )
        and made.action.type != "allow"
    }


def _nobody():
    from guardrail.types import Context

    return Context()


def test_a_recognizer_that_fails_on_one_text_costs_that_text_alone():
    @recognizer("ID")
    def fragile(text):
        if "bad" in text:
            raise RuntimeError(text)
        return iter(())

    detector = Detector.load(names="none", extra=[fragile])
    assert Ours(detector, 0.5).predict([Passage(one) for one in ("good", "bad", "good")]) == [(), None, ()]
    assert Ours(detector, 0.5).versions == detector.versions


def test_a_sample_waits_for_a_person_and_shows_what_was_found(patterns):
    texts = [Row("f", 1, "mail ann@example.com \ud800", "en", id="7")]
    (line,) = sample(texts, 5, Ours(patterns, 0.5))
    value = json.loads(line)
    assert value["checked"] is False
    assert value["spans"] == [{"start": 5, "end": 20, "label": "EMAIL_ADDRESS", "value": "ann@example.com"}]
    assert "EMAIL_ADDRESS" in value["scope"]
    assert "TITLE" not in value["scope"]


def test_stock_presidio_marks_what_it_marks_and_its_failures_are_told():
    peer = Presidio.load()
    assert peer.versions["en_core_web_sm"] == "3.8.0"
    found, failed = peer.predict([Passage("My mail is ann@example.com."), Passage(7)])
    assert ("EMAIL_ADDRESS", 1.0) in {(span.label, span.score) for span in found}
    assert failed is None


@given(
    st.lists(st.sampled_from(["Dear Ann.", "hey", "CALL ME", "x" * 90, "{}"]), min_size=1), st.integers(1, 30)
)
def test_a_draw_has_the_size_that_was_asked_for_and_every_row_once(texts, n):
    everything = [Row("f", at, text, "en") for at, text in enumerate(texts)]
    drawn = draw(everything, n)
    assert len(drawn) == len({row.line for row in drawn}) == min(n, len(texts))
