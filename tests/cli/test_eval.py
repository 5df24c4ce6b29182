"""`eval`: figures, bounds, wrong rows, samples; and no value where none was asked for."""

from __future__ import annotations

import json

import pytest

CANARY = "Zaphod Beeblebrox"
MAIL = "ann@example.com"


def row(text, *values, **more):
    spans = [
        {"start": text.index(value), "end": text.index(value) + len(value), "label": label}
        for value, label in values
    ]
    return {
        "id": CANARY,
        "text": text,
        "spans": spans,
        "scope": ["EMAIL_ADDRESS", "IP_ADDRESS"],
        **more,
    }


FOUND = row(f"write to {MAIL} today", (MAIL, "EMAIL_ADDRESS"))
MISSED = row(f"qq {CANARY} 77", ("Zaphod Beeblebrox 77", "USERNAME"), lang="de")
WRONG = row("the server is 192.168.7.7 now")


@pytest.fixture
def gold(tmp_path):
    """Return a function that writes rows to a file."""

    def write(*rows, name="gold.jsonl"):
        path = tmp_path / name
        path.write_bytes(
            b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows) + b"\n"
        )
        return path

    return write


def test_figures_are_printed_and_written_and_hold_no_value(shell, gold, tmp_path):
    path, out, html = gold(FOUND, MISSED, WRONG), tmp_path / "r.json", tmp_path / "r.html"
    result = shell("eval", path, "--json", out, "--html", html, "--errors", 3)
    assert (result.code, result.err) == (0, "")
    told = json.loads(out.read_text())
    micro = told["systems"]["guardrail"]["all"]["micro"]
    assert micro["counts"]["gold"] == 2
    assert micro["counts"]["wrong"] == 1
    assert set(told["systems"]["guardrail"]["languages"]) == {"und", "de"}
    assert micro["recall"]["low"] <= micro["recall"]["value"] <= micro["recall"]["high"]
    everything = result.out + out.read_text() + html.read_text()
    assert not [value for value in ("Zaphod", "Beeblebrox", MAIL, "192.168") if value in everything]
    assert f"wrong IP_ADDRESS, {path}, line 3, from 14, 11 long" in result.out
    assert "EMAIL_ADDRESS" in result.out


def test_values_are_told_where_they_are_asked_for(shell, gold, tmp_path):
    html = tmp_path / "r.html"
    result = shell("eval", gold(WRONG), "--errors", 1, "--show-values", "--html", html)
    assert "192.168.7.7" in result.out
    assert "<mark>192.168.7.7</mark>" in html.read_text()


def test_a_bound_that_is_not_kept_is_a_finding(shell, gold):
    path = gold(FOUND, WRONG)
    kept = shell("eval", path, "--min-recall", "EMAIL_ADDRESS=1", "--max-fp", "100")
    assert kept.code == 0
    assert "kept: EMAIL_ADDRESS recall 1.0000, at least 1 asked" in kept.out
    broken = shell("eval", path, "--min-recall", "0.9", "--max-fp", "IP_ADDRESS=1")
    assert broken.code == 1
    assert "not kept: IP_ADDRESS false positives per 1,000 characters" in broken.out


def test_wrong_rows_are_named_and_the_rest_is_measured(shell, gold):
    wrong = [{"id": 1, "text": CANARY, "spans": [{"start": 0, "end": 99, "label": "PERSON"}]}] * 25
    result = shell("eval", gold(FOUND, b"{" + CANARY.encode(), *wrong))
    assert result.code == 1
    assert "line 2: not JSON in UTF-8" in result.err
    assert "line 3: span 1 is empty or outside the text, which has 17 code points" in result.err
    assert "and 6 more rows" in result.err
    assert "1 texts" in result.out
    assert "Zaphod" not in result.err + result.out


def test_a_text_that_cannot_be_looked_at_is_a_finding(shell, gold, monkeypatch):
    monkeypatch.setattr("guardrail.detect.detector.MAX_CHARS", 50)
    result = shell("eval", gold(FOUND, row("x" * 51)))
    assert result.code == 1
    assert "line 2: detection failed on this text" in result.err


def test_rows_that_wait_for_a_person_or_have_no_scope_are_told(shell, gold):
    unscoped = {key: value for key, value in FOUND.items() if key != "scope"}
    result = shell("eval", gold({**FOUND, "checked": False}, unscoped))
    assert result.code == 0
    assert '1 rows are left out: their "checked" is false' in result.err
    assert '1 rows have no "scope"' in result.err
    assert "of kinds that the source does not mark: EMAIL_ADDRESS 1" in result.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["missing.jsonl"],
        ["GOLD", "--min-recall", "much"],
        ["GOLD", "--max-fp", "PERSN=1"],
        ["GOLD", "--compare", "nobody"],
        ["GOLD", "--ignore", "PERSN"],
        ["GOLD", "--min-score", "2"],
        ["GOLD", "--limit", "0"],
        ["GOLD", "--policy", "missing.toml"],
        ["GOLD", "-o", "out"],
        ["GOLD", "--sample", "GOLD"],
        ["--sample", "missing.txt"],
        ["--sample", "EMPTY"],
        ["EMPTY"],
    ],
)
def test_what_cannot_be_used_ends_with_two_before_anything_is_loaded(shell, gold, arguments):
    names = {"GOLD": gold(FOUND), "EMPTY": gold(b"", name="empty.jsonl")}
    result = shell("eval", *(names.get(one, one) for one in arguments))
    assert result.code == 2
    assert result.out == ""
    assert "error: " in result.err


def test_a_limit_is_for_each_file_and_policies_decide_what_counts(shell, gold):
    more = gold(*[WRONG] * 9, name="more.jsonl")
    result = shell("eval", gold(FOUND, FOUND), more, "--limit", 1, "--policy", "pci-dss", "--ignore", "")
    assert result.code == 0
    assert "guardrail: 2 texts" in result.out
    assert "FILE" in result.out


def test_stock_presidio_is_measured_on_the_same_rows(shell, gold, tmp_path):
    out, html = tmp_path / "r.json", tmp_path / "r.html"
    arguments = ["--compare", "presidio", "--compare", "presidio", "--json", out, "--html", html]
    result = shell("eval", gold(FOUND), *arguments)
    assert result.code == 0
    assert "presidio: 1 texts" in result.out
    assert json.loads(out.read_text())["systems"]["presidio"]["all"]["micro"]["recall"]["value"] == 1
    assert "Over the same rows" in html.read_text()


def test_a_sample_is_drawn_corrected_and_measured(shell, tmp_path):
    texts, out = tmp_path / "texts.txt", tmp_path / "sample.jsonl"
    texts.write_text("\n".join(f"write to a{n}@example.com" for n in range(9)))
    result = shell("eval", "--sample", texts, "-n", 4, "-o", out)
    assert (result.code, result.out) == (0, "")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 4
    assert shell("eval", out).code == 2  # nobody has corrected it
    out.write_text("\n".join(json.dumps(one | {"checked": True}) for one in rows))
    assert shell("eval", out, "--min-recall", "1").code == 0


def test_a_sample_goes_to_standard_output_and_names_wrong_rows(shell, gold):
    result = shell("eval", "--sample", gold({"text": f"mail {MAIL}"}, {"txt": CANARY}))
    assert result.code == 1
    assert json.loads(result.out)["spans"][0]["value"] == MAIL
    assert 'line 2: "text" is missing' in result.err
    assert CANARY not in result.err
