"""The rule: by hand, and against the program that defines it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.evaluate.figures import group
from guardrail.evaluate.labels import COMMON, common, compatible, is_known
from guardrail.evaluate.metrics import Error, Rule, Tally, resolve, score
from guardrail.evaluate.rows import Row, Span

ALL = frozenset(COMMON)
NAME = Span(0, 9, "PERSON")  # "Ann Smith"
TEXT = "Ann Smith lives in Bath."


def scored(gold, predicted, *, text=TEXT, scope=ALL, **rule):
    row = Row("f", 1, text, "en", tuple(gold), frozenset(scope))
    return score(row, predicted, Rule(**rule))


def test_first_name_and_surname_together_find_a_full_name():
    one = scored([NAME], [Span(0, 3, "PERSON"), Span(4, 9, "PERSON")])
    assert one.labels == {
        "PERSON": Tally(
            gold=1, found=1, predicted=2, correct=2, spans=1, chars=8, covered=8, full=1, part=1, missed=0
        )
    }
    assert one.errors == ()


def test_three_characters_of_eight_are_not_found_and_are_partly_covered():
    one = scored([NAME], [Span(0, 3, "PERSON")])
    tally = one.labels["PERSON"]
    assert (tally.found, tally.correct, tally.covered, tally.part, tally.missed) == (0, 1, 3, 0, 0)
    assert one.errors == (Error("partly", "PERSON", 0, 9),)


def test_a_wrong_kind_covers_but_does_not_find():
    one = scored([NAME], [Span(0, 9, "EMAIL_ADDRESS")])
    assert one.labels["PERSON"].found == 0
    assert one.labels["PERSON"].full == 1
    assert one.labels["EMAIL_ADDRESS"] == Tally(predicted=1)
    assert one.errors == (Error("wrong", "EMAIL_ADDRESS", 0, 9),)


def test_a_value_that_nothing_covers_is_missed():
    one = scored([NAME], [])
    assert one.labels["PERSON"].missed == 1
    assert one.errors == (Error("missed", "PERSON", 0, 9),)


def test_what_the_source_does_not_mark_is_neither_right_nor_wrong():
    one = scored([], [Span(19, 23, "LOCATION")], scope={"PERSON"})
    assert (dict(one.labels), dict(one.out_of_scope)) == ({}, {"LOCATION": 1})


def test_a_place_in_an_address_counts_where_addresses_are_marked():
    one = scored([Span(19, 23, "ADDRESS")], [Span(19, 23, "GPE")], scope={"ADDRESS"})
    assert one.labels["LOCATION"] == Tally(predicted=1, correct=1)
    assert one.labels["ADDRESS"].found == 1


def test_an_ignored_label_leaks_nothing_but_its_predictions_count():
    one = scored([Span(0, 3, "TITLE")], [Span(4, 9, "TITLE")])
    whole = group([one], frozenset({"TITLE"})).overall
    assert (whole.counts.gold, whole.counts.spans, whole.counts.predicted) == (0, 0, 1)
    assert whole.recall is None
    assert whole.precision.value == 0


def test_predictions_below_the_least_score_are_not_there():
    one = scored([NAME], [Span(0, 9, "PERSON", 0.4)], min_score=0.5)
    assert one.labels["PERSON"].missed == 1


def test_spans_of_white_space_are_no_spans():
    one = scored([Span(3, 4, "PERSON")], [Span(9, 10, "PERSON")])
    assert dict(one.labels) == {}


def test_of_one_span_the_best_score_stays_and_inner_spans_go():
    low, high = Span(0, 9, "LOCATION", 0.5), Span(0, 9, "PERSON", 0.9)
    assert resolve([low, Span(4, 9, "AGE"), high, Span(5, 12, "URL")]) == [high, Span(5, 12, "URL")]


def test_a_unit_without_a_kind_is_found_by_any_kind():
    assert compatible("PII", "URL")
    assert not compatible("URL", "PERSON")
    assert compatible("NRP", "LOCATION")
    assert not compatible("NRP", "ADDRESS")


def test_a_kind_of_some_country_is_an_id_and_an_unknown_word_is_no_label():
    assert common("UK_NHS") == "ID"
    assert common("PER") == "PERSON"
    assert is_known("UK_NHS")
    assert not is_known("PERSN")


def test_figures_of_a_hand_counted_pair_of_texts():
    # Two names, one found; three predictions, one right; 44 characters.
    texts = [
        scored([NAME], [NAME, Span(19, 23, "PERSON")]),
        scored([NAME], [Span(10, 15, "PERSON")], text=TEXT[:20]),
    ]
    whole = group(texts, frozenset()).overall
    assert whole.precision.value == pytest.approx(1 / 3)
    assert whole.recall.value == pytest.approx(1 / 2)
    assert whole.f1.value == pytest.approx(0.4)
    assert whole.f2.value == pytest.approx(5 / 11)
    assert whole.wrong.value == pytest.approx(2 / 44 * 1000)
    assert (whole.covered.value, whole.full.value, whole.missed.value) == (0.5, 0.5, 0.5)


DETECTORS = ["PER", "GPE", "NORP", "UK_NHS", "US_PASSPORT", "SOMETHING", "TIME", "API_KEY"]
PLAIN = st.text("ab \n", min_size=1, max_size=30)


@st.composite
def corpora(draw):
    """Return rows and predictions in the form of the files."""
    gold, predictions = [], {}
    for at in range(draw(st.integers(1, 4))):
        text = draw(PLAIN)
        labels = st.sampled_from(sorted(COMMON))
        gold.append(
            {
                "id": f"r{at}",
                "text": text,
                "spans": draw(st.lists(spans(text, labels), max_size=5)),
                "scope": draw(st.lists(labels, max_size=12)),
            }
        )
        said = st.one_of(labels, st.sampled_from(DETECTORS))
        predictions[f"r{at}"] = draw(st.lists(spans(text, said, scored=True), max_size=6))
    return gold, predictions


@st.composite
def spans(draw, text, labels, *, scored=False):
    start = draw(st.integers(0, len(text) - 1))
    span = {"start": start, "end": draw(st.integers(start + 1, len(text))), "label": draw(labels)}
    if scored:
        span["score"] = draw(st.sampled_from([0.1, 0.5, 0.85, 1.0]))
    return span


def ours(gold, predictions, rule):
    scores = []
    for row in gold:
        marked = tuple(Span(s["start"], s["end"], s["label"]) for s in row["spans"])
        made = [Span(s["start"], s["end"], s["label"], s["score"]) for s in predictions[row["id"]]]
        scores.append(score(Row("f", 1, row["text"], "en", marked, frozenset(row["scope"])), made, rule))
    return group(scores, rule.ignore)


def plain(figures):
    value = {
        name: (one.value if (one := getattr(figures, name)) else None)
        for name in ("precision", "recall", "f1", "f2")
    }
    return value | {"fp_per_1k": figures.wrong.value}


def leakage(figures):
    if not figures.counts.spans:
        return None
    told = {"char": figures.covered, "full": figures.full, "part": figures.part, "missed": figures.missed}
    return {"spans": figures.counts.spans} | {name: one.value for name, one in told.items()}


@given(corpora(), st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.3, 0.5, 1.0]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_every_figure_is_that_of_the_program_that_defines_the_rule(reference, corpus, min_score, threshold):
    gold, predictions = corpus
    ignore = frozenset({"TITLE", "SENSITIVE"})
    theirs = reference.score(gold, predictions, thr=threshold, min_score=min_score, ignore=ignore)
    got = ours(gold, predictions, Rule(min_score, ignore, threshold))
    assert (got.texts, got.chars) == (theirs["rows"], theirs["chars"])
    assert plain(got.overall) == approx(theirs["micro"])
    assert leakage(got.overall) == approx(theirs["leakage"])
    assert dict(got.out_of_scope) == theirs["out_of_scope"]
    labels = {
        name: {"gold": f.counts.gold, "pred": f.counts.predicted} | plain(f) for name, f in got.labels.items()
    }
    assert set(labels) == set(theirs["labels"])
    for name, figures in labels.items():
        assert figures == approx(theirs["labels"][name])
    by_label = {name: told for name, f in got.labels.items() if (told := leakage(f))}
    assert set(by_label) == set(theirs["leakage_by_label"])
    for name, figures in by_label.items():
        assert figures == approx(theirs["leakage_by_label"][name])


def approx(value):
    return value if value is None else pytest.approx(value)


def test_the_labels_are_those_of_the_program_that_defines_the_rule(reference):
    assert set(COMMON) == reference.COMMON
    assert all(common(label) == common_label for label, common_label in reference.CANON.items())
    for gold in COMMON:
        for predicted in COMMON:
            assert compatible(gold, predicted) == reference.compatible(gold, predicted)
