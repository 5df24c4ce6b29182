"""`scrub`, `detect` and `policy explain`, with the real detectors."""

import json
import re
import stat

import pytest
from commands import TEXT, VALUES, process

from guardrail.ledger import Reader

CLEAN = r"<PERSON_\w+>, <EMAIL_ADDRESS_\w+>, \*{18}3000\n"
BLOCKING = """
schema = 1
name = "strict"
version = "1"
review_by = 2099-01-01
[[rules]]
id = "no-mail"
why = "No addresses."
find = ["EMAIL_ADDRESS"]
action = "block"
"""


def silent(result):
    """Tell that neither the messages nor anything else repeats a value."""
    return not any(value in result.err for value in VALUES)


def test_the_clean_text_goes_to_stdout_and_nothing_else_anywhere(shell):
    result = shell("scrub", stdin=TEXT)
    assert result.code == 0
    assert_matches(CLEAN, result.out)
    assert result.err == ""


def assert_matches(pattern, text):
    import re

    assert re.fullmatch(pattern, text)


def test_a_file_is_scrubbed_into_another_and_the_entry_is_in_the_ledger(shell, tmp_path):
    source, out, ledger = tmp_path / "in.txt", tmp_path / "out.txt", tmp_path / "l.db"
    source.write_text(TEXT)
    result = shell("scrub", source, "-o", out, "--ledger", ledger, "--verbose")
    assert (result.code, result.out) == (0, "")
    assert_matches(CLEAN, out.read_text())
    assert "1 × IBAN_CODE: mask (gdpr-chat/bank-accounts)" in result.err
    assert "entry 2 of the ledger" in result.err
    assert silent(result)
    assert stat.S_IMODE((tmp_path / "l.db.key").stat().st_mode) == 0o600
    assert shell("ledger", "verify", ledger).code == 0
    with Reader.open(ledger) as reader:
        assert [entry.type for entry in reader.entries()] == [
            "writer.start",
            "policy",
            "scrub",
            "writer.stop",
        ]


def test_verbose_says_when_nothing_is_found_and_nothing_recorded(shell):
    result = shell("scrub", "-v", stdin="Hello.")
    assert result.out == "Hello."
    assert result.err == "nothing found\nnothing recorded: no --ledger was named\n"


def test_several_policies_decide_together_and_the_channel_counts(shell):
    result = shell(
        "scrub", "--policy", "gdpr-chat", "--policy", "support-logs", "--channel", "log", stdin=TEXT
    )
    assert result.code == 0
    assert not any(value in result.out for value in VALUES)
    assert "<PERSON_" not in result.out


def test_a_blocked_text_is_exit_1_and_nothing_is_written(shell, tmp_path):
    policy, out = tmp_path / "strict.toml", tmp_path / "out.txt"
    policy.write_text(BLOCKING)
    result = shell("scrub", "--policy", policy, "-o", out, stdin=TEXT)
    assert (result.code, result.out) == (1, "")
    assert "blocked by rule 'no-mail'" in result.err
    assert silent(result)
    assert not out.exists()


def test_what_can_fail_at_once_fails_before_the_models_are_loaded(shell, tmp_path):
    for words in (
        ["scrub", tmp_path / "none.txt"],
        ["scrub", "--ledger", "postgres://x"],
        ["detect", tmp_path / "none.txt"],
        ["detect", "--jsonl", "rows.jsonl"],
        ["check", tmp_path / "none.toml"],
    ):
        result = shell(*words)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: ")
        assert "what to do: " in result.err


def test_a_policy_that_nobody_ships_is_exit_2(shell):
    assert shell("scrub", "--policy", "gdpr-chatt", stdin="x").code == 2


def test_detect_says_places_and_kinds_and_never_the_data(shell):
    result = shell("detect", stdin="Hello,\nmy mail is ann@example.com")
    assert result.code == 1
    header, row = (line.split() for line in result.out.splitlines())
    assert header[0] == "LINE:COLUMN"
    assert row[:4] == ["2:12", "15", "EMAIL_ADDRESS", "1.00"]
    assert "ann@" not in result.out


def test_detect_finds_nothing_with_exit_0(shell):
    result = shell("detect", stdin="Hello.")
    assert (result.code, result.out) == (0, "")


def rows_of(result):
    return [json.loads(line) for line in result.out.splitlines()]


def test_rows_are_answered_in_their_order_with_code_points_of_the_original(shell):
    rows = [
        {"id": "a", "text": "😀 mail ann@example.com"},
        {"id": 7, "text": "nothing here", "lang": "en"},
        {"id": None, "text": "", "lang": None},
    ]
    result = shell("detect", "--jsonl", stdin="".join(json.dumps(row) + "\n" for row in rows) + "\n")
    assert (result.code, result.err) == (0, "")
    assert rows_of(result) == [
        {"id": "a", "spans": [{"start": 7, "end": 22, "label": "EMAIL_ADDRESS", "score": 1.0}]},
        {"id": 7, "spans": []},
        {"id": None, "spans": []},
    ]


def test_wrong_rows_are_told_by_line_without_their_text_and_the_rest_goes_on(shell):
    rows = (
        b'{"id": 1, "text": "Ann Smith'
        b'\n[1, "Ann"]\n{"text": "Ann"}\n{"id": 4, "text": 5}\n{"id": 5, "text": "Ann", "lang": 1}\n'
        b"\xff\n" + b"[" * 100_000 + b"\n"
        b'{"id": 9, "text": "ann@example.com \\ud800"}'
    )
    result = shell("detect", "--jsonl", stdin=rows)
    assert result.code == 1
    assert [row["id"] for row in rows_of(result)] == [9]
    told = [line.split(":")[0] for line in result.err.splitlines()]
    assert sorted(told) == [f"line {n}" for n in range(1, 8)]
    assert silent(result)


@pytest.mark.parametrize("language", ["xx", "ad", "log", "code", "tlh-Latn", "Ann Smith"])
def test_a_language_that_nobody_serves_loses_no_row_and_is_told_once(shell, language):
    row = json.dumps({"id": 1, "text": "DE89 3704 0044 0532 0130 00", "lang": language}) + "\n"
    result = shell("detect", "--jsonl", stdin=row * 3)
    assert result.code == 0
    assert [[span["label"] for span in one["spans"]] for one in rows_of(result)] == [["IBAN_CODE"]] * 3
    assert result.err.count("no language that is served") == 1
    assert "Ann" not in result.err


def test_languages_that_are_served_are_read_in_silence(shell):
    rows = [
        {"id": n, "text": "ann@example.com", "lang": tag}
        for n, tag in enumerate(["de", "de-AT", "pt_BR", "EN"])
    ]
    result = shell("detect", "--jsonl", stdin="".join(json.dumps(row) + "\n" for row in rows))
    assert (result.code, result.err) == (0, "")
    assert all(row["spans"] for row in rows_of(result))


DOUBTFUL = "on 12/12/2024 we met"


def test_detect_and_eval_count_from_the_same_score_and_answer_with_the_same_spans(shell, tmp_path):
    from guardrail.detect import Detector
    from guardrail.evaluate.predict import Ours
    from guardrail.types import Passage

    texts = ["Ann Smith, ann@example.com, 2024-12-12 10:00", DOUBTFUL, "call 212-555-0199, 078-05-1120"]
    stdin = "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts))
    detector = Detector.load()
    for score in (0.35, 0.5, 0.9):
        result = shell("detect", "--jsonl", "--min-score", score, stdin=stdin)
        got = [[(s["start"], s["end"], s["label"]) for s in row["spans"]] for row in rows_of(result)]
        evaluated = Ours(detector, score).predict([Passage(text) for text in texts])
        assert got == [[(s.start, s.end, s.label) for s in spans] for spans in evaluated]
        assert all(s["score"] >= score for row in rows_of(result) for s in row["spans"])
    usual = shell("detect", "--jsonl", stdin=stdin).out
    assert usual == shell("detect", "--jsonl", "--min-score", "0.5", stdin=stdin).out


def test_under_a_policy_its_own_least_score_holds_unless_another_is_named(shell, tmp_path):
    policy = tmp_path / "low.toml"
    policy.write_text(BLOCKING.replace("[[rules]]", "[defaults]\nmin_score = 0.35\n[[rules]]"))
    row = json.dumps({"id": 1, "text": "fax 555 0199 x, ann@example.com"})
    low = rows_of(shell("detect", "--jsonl", "--policy", policy, stdin=row))[0]["spans"]
    high = rows_of(shell("detect", "--jsonl", "--policy", policy, "--min-score", 1, stdin=row))[0]["spans"]
    assert [span["label"] for span in high] == ["EMAIL_ADDRESS"]
    assert len(low) >= len(high)


def test_with_a_policy_only_what_it_acts_on_is_reported(shell, tmp_path):
    policy = tmp_path / "only.toml"
    policy.write_text(BLOCKING.replace("[[rules]]", "[defaults]\nmin_score = 1.0\n[[rules]]"))
    row = json.dumps({"id": 1, "text": "Ann Smith, ann@example.com"})
    result = shell("detect", "--jsonl", "--policy", policy, stdin=row)
    assert [span["label"] for span in rows_of(result)[0]["spans"]] == ["EMAIL_ADDRESS"]


def test_a_partner_at_a_pipe_is_answered_row_by_row():
    with process("detect", "--jsonl") as running:
        for n in range(3):
            running.stdin.write(b'{"id": %d, "text": "ann@example.com"}\n' % n)
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == n
        running.stdin.close()
        assert running.wait(120) == 0


def test_many_rows_are_answered_in_batches(shell):
    rows = "".join(json.dumps({"id": n, "text": f"mail user{n}@example.com"}) + "\n" for n in range(600))
    result = shell("detect", "--jsonl", stdin=rows)
    assert [row["id"] for row in rows_of(result)] == list(range(600))
    assert all(len(row["spans"]) == 1 for row in rows_of(result))


@pytest.mark.parametrize("as_argument", [True, False])
def test_explain_shows_rule_and_reason_and_what_becomes_of_the_text(shell, as_argument):
    words, stdin = (TEXT, "") if as_argument else ("-", TEXT)
    result = shell("policy", "explain", "gdpr-chat", words, stdin=stdin)
    assert result.code == 0
    assert "gdpr-chat/bank-accounts" in result.out
    assert "The last four digits let a customer recognise the account." in result.out
    assert "******************3000" in result.out
    assert not any(value in result.out for value in VALUES)


def test_explain_of_a_text_without_findings(shell):
    result = shell("policy", "explain", "gdpr-chat", "Hello.")
    assert (result.code, result.out) == (0, "Hello.\n")
    assert "nothing found" in result.err


def test_explain_says_what_is_too_weak_what_blocks_and_what_is_a_default(shell, tmp_path):
    policy = tmp_path / "strict.toml"
    policy.write_text(BLOCKING.replace("[[rules]]", "[defaults]\nmin_score = 1.0\n[[rules]]"))
    result = shell("policy", "explain", policy, "Ann Smith, ann@example.com")
    assert "below the policy's min_score" in result.out
    assert "the text is blocked by rule 'no-mail'" in result.err
    policy.write_text(BLOCKING)
    assert "the policy's default" in shell("policy", "explain", policy, "Ann Smith").out


def test_diff_of_a_policy_with_itself_finds_nothing(shell):
    result = shell("policy", "diff", "gdpr-chat", "gdpr-chat")
    assert (result.code, result.out) == (0, "")
    assert "both decide alike" in result.err


def test_diff_tells_what_changes_and_what_it_would_have_done_to_recorded_findings(shell, tmp_path):
    ledger = tmp_path / "ledger.db"
    shell("scrub", "--policy", "gdpr-chat", "--ledger", ledger, stdin=TEXT)
    result = shell("policy", "diff", "gdpr-chat", "pci-dss", "--ledger", ledger)
    assert result.code == 1
    changes, replayed = result.out.split("RECORDED")
    assert re.search(r"stricter +EMAIL_ADDRESS +prompt, completion, tool +tokenize", changes)
    assert re.search(r"EMAIL_ADDRESS +prompt +1 +tokenize +redact", replayed)
    assert not any(value in result.out + result.err for value in VALUES)


def test_diff_over_a_ledger_without_findings_says_so(shell, tmp_path):
    ledger = tmp_path / "ledger.db"
    shell("scrub", "--policy", "gdpr-chat", "--ledger", ledger, stdin="Hello.")
    result = shell("policy", "diff", "gdpr-chat", "gdpr-chat", "--ledger", ledger)
    assert result.code == 0
    assert "holds no findings" in result.err


OWN = """
from guardrail.detect import recognizer
from guardrail.types import Finding

@recognizer("BADGE")
def badges(text):
    at = text.find("B-1234")
    if at >= 0:
        yield Finding(at, at + 6, "BADGE", 0.9, "badges")
"""


def test_recognizers_of_ones_own_work_in_every_command_that_detects(shell, tmp_path):
    own, rules, gold = tmp_path / "own.py", tmp_path / "badge.toml", tmp_path / "gold.jsonl"
    own.write_text(OWN)
    rules.write_text(BLOCKING.replace("EMAIL_ADDRESS", "BADGE").replace("block", "redact"))
    gold.write_text(json.dumps({"id": 1, "text": "B-1234", "spans": [], "scope": ["PERSON"]}) + "\n")
    assert "[BADGE]" in shell("scrub", "--policy", rules, "--recognizers", own, stdin="my B-1234").out
    assert "BADGE" in shell("detect", "--recognizers", own, stdin="my B-1234").out
    assert "unknown entity" not in shell("check", rules, "--recognizers", own).out
    assert "BADGE" in shell("check", rules).out
    assert shell("eval", gold, "--recognizers", own).code == 0
    missing = shell("detect", "--recognizers", tmp_path / "none.py", stdin="x")
    assert (missing.code, "no such file" in missing.err) == (2, True)
