"""What the model is taught: labels stand where values stand; what is judged on is never learned."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path

import pytest

pytest.importorskip("faker", reason="install it with: pip install -e '.[train]'")

from train import mix
from train.labels import CLASSES, ROWS, allowed
from train.made import KNOWN, SHARES, Maker
from train.texts import HUMAN, SOURCES, Example, mine, read, without

STYLES = Path(mix.__file__).parent / "styles"


def made(seed: int, count: int = 12) -> list[Example]:
    """Return texts of templates."""
    maker, rng = Maker(STYLES), random.Random(seed)
    return [maker.make(rng) for _ in range(count)]


def test_every_span_of_a_made_text_is_a_value_and_no_slot_is_left() -> None:
    """A label beside its value teaches the model to cut names."""
    for example in made(1):
        assert not re.search(r"[«»⟦⟧]|%%", example.text)
        last = 0
        for start, end, label in example.spans:
            assert last <= start < end <= len(example.text)
            assert example.text[start:end].strip() == example.text[start:end]
            assert label in CLASSES or label in KNOWN
            last = end


def test_a_seed_gives_the_same_texts() -> None:
    """Two runs that differ cannot be compared."""
    assert made(7, 6) == made(7, 6)
    assert made(7, 6) != made(8, 6)


def test_every_style_has_templates_and_negatives_hold_no_person() -> None:
    """Logs and code are there to be left alone."""
    text = (STYLES / "negatives.txt").read_text("utf-8")
    assert not re.search(r"«(name|first|last|user|address|street)\d?»", text)
    assert {path.stem for path in STYLES.glob("*.txt")} == {*SHARES, "words"}


def test_swapped_names_keep_their_labels() -> None:
    """The same words around other people."""
    spans = ((0, 3, "PERSON"), (8, 15, "PERSON"), (19, 23, "LOCATION"), (29, 32, "PERSON"))
    example = Example("Ann met Bob Ray in Oslo, and Ann left.", spans, HUMAN, "wikigold")
    fakers: dict[str, object] = {}
    for seed in range(6):
        other = mix.swapped(example, random.Random(seed), fakers)
        values = [other.text[start:end] for start, end, _ in other.spans]
        rest = other.text
        for value in dict.fromkeys(values):
            rest = rest.replace(value, "_")
        assert rest == "_ met _ in _, and _ left."
        assert [label for _, _, label in other.spans] == [label for _, _, label in example.spans]
        assert values[0] == values[3]


def test_letters_change_case_only_where_places_stay() -> None:
    """A label must not slip by the letter that became two."""
    plain = Example("Ann in Oslo", ((0, 3, "PERSON"),), HUMAN)
    sharp = Example("Ann in der Straße", ((0, 3, "PERSON"),), HUMAN)
    forms = {mix.recased(plain, random.Random(seed)).text for seed in range(200)}
    assert forms == {"Ann in Oslo", "ann in oslo", "ANN IN OSLO"}
    assert all(len(mix.recased(sharp, random.Random(seed)).text) == len(sharp.text) for seed in range(200))


def test_what_is_judged_on_is_never_learned(tmp_path: Path) -> None:
    """Not in other spacing or case either."""
    for name in SOURCES:
        row = {
            "text": f"Ann of {name}.",
            "spans": [{"start": 0, "end": 3, "label": "PERSON"}],
            "known": ["PERSON"],
        }
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    human = read(tmp_path)
    assert len(human) == len(SOURCES) - 1  # one's own rows are no file of the folder
    left = list(without(human, ["ANN  of btc."]))
    assert [example.source for example in human if example not in left] == ["btc"]
    assert mix.examples(left, STYLES, random.Random(1), made=0)


def test_an_unmarked_word_may_be_what_its_source_does_not_mark() -> None:
    """Otherwise sources with different labels would contradict each other."""
    people = allowed("O", {"PERSON"})
    assert people is not None
    assert 0 in people
    assert not set(CLASSES["PERSON"]) & set(people)
    assert set(CLASSES["LOCATION"]) <= set(people)
    assert allowed("ANY", {"PERSON"}) is None
    every = sorted(row for rows in CLASSES.values() for row in rows)
    assert every == list(range(ROWS))


def test_rows_of_ones_own_are_read_as_eval_reads_them(tmp_path: Path) -> None:
    """What was corrected for eval serves for training."""
    file = tmp_path / "mine.jsonl"
    rows = [
        {"text": "Ask Zorblat.", "spans": [{"start": 4, "end": 11, "label": "PERSON"}], "scope": ["PERSON"]},
        {"text": "IBAN XX", "spans": [{"start": 5, "end": 7, "label": "IBAN_CODE"}]},
        {"text": "left", "spans": [], "checked": False},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    first, second = mine(file)
    assert first == Example("Ask Zorblat.", ((4, 11, "PERSON"),), frozenset({"PERSON"}), "mine")
    assert second.spans == ((5, 7, "ID"),)
    assert second.known == frozenset()
    file.write_text('{"text": 3}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.jsonl: line 1"):
        mine(file)
