"""`guardrail check`: lint and the policies' own examples."""

import pytest

from guardrail import policy

GOOD = """
schema = 1
name = "good"
version = "1"
review_by = 2099-01-01
[retention]
ledger = "1 year"
[[rules]]
id = "mail"
why = "Not needed."
find = ["EMAIL_ADDRESS"]
action = "redact"
controls = ["House rule 1"]
[[examples]]
text = "Write to ann@example.com"
expect = "Write to [EMAIL_ADDRESS]"
"""


@pytest.fixture
def write(tmp_path):
    def put(text):
        path = tmp_path / "own.toml"
        path.write_text(text)
        return path

    return put


def test_the_shipped_policies_are_clean_and_all_their_examples_hold(shell):
    result = shell("check", *policy.shipped().values())
    assert result.code == 0, result.out
    assert " run: " in result.err


def test_a_good_policy_is_exit_0(shell, write):
    result = shell("check", write(GOOD))
    assert (result.code, result.out) == (0, "")
    assert "1 policy, 1 example run: nothing to report" in result.err


def test_a_failing_example_is_a_finding_and_its_text_is_shown_on_request_only(shell, write):
    path = write(GOOD.replace('expect = "Write to [EMAIL_ADDRESS]"', 'expect = "Write to ann"'))
    result = shell("check", path)
    assert result.code == 1
    assert "error: own.toml" in result.out
    assert "Write to" not in result.out + result.err
    shown = shell("check", "--show", path).err
    assert "text:     Write to ann@example.com" in shown
    assert "expected: Write to ann" in shown
    assert "got:      Write to [EMAIL_ADDRESS]" in shown


def test_a_blocked_example_is_shown_as_blocked(shell, write):
    path = write(GOOD.replace('"redact"', '"block"'))
    assert "got:      (blocked)" in shell("check", "--show", path).err


def test_an_entity_that_nothing_finds_is_a_finding_and_examples_are_not_run(shell, write):
    result = shell("check", write(GOOD.replace('"EMAIL_ADDRESS"]', '"EMAIL_ADDRESS", "BADGE"]')))
    assert result.code == 1
    assert "BADGE" in result.out
    assert "0 examples run" in result.err


def test_notes_alone_are_exit_0(shell, write):
    result = shell("check", write(GOOD.replace("review_by = 2099-01-01\n", "")))
    assert result.code == 0
    assert result.out.startswith("note: ")


def test_a_file_that_cannot_be_read_is_exit_2(shell, write):
    result = shell("check", write("nonsense"))
    assert (result.code, result.out) == (2, "")
    assert "error: own.toml" in result.err


def test_a_file_that_is_unusable_does_not_keep_the_others_from_being_checked(shell, tmp_path):
    broken, other = tmp_path / "broken.toml", tmp_path / "other.toml"
    broken.write_text("schema = 2")
    other.write_text("schema = ")
    result = shell("check", broken, "pci-dss", other, tmp_path / "none.toml")
    assert result.code == 2
    assert all(f"{name}.toml" in result.err for name in ("broken", "other", "none"))
    assert "1 policy" in result.err
    assert shell("check", broken, other).code == 2
