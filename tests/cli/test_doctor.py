"""`guardrail doctor` tells what is amiss and what mends it."""

import pytest

from guardrail import policy
from guardrail.cli import doctor
from guardrail.errors import ConfigError
from guardrail.vault.keys import Keys


def states(result):
    return {line.split()[0] for line in result.out.splitlines() if not line.startswith(" ")}


def test_a_sound_machine_is_exit_0(shell, ledger):
    result = shell("doctor", "--ledger", ledger)
    assert result.code == 0, result.out
    assert states(result) <= {"ok", "note"}
    for said in (
        "Python 3.",
        "presidio-analyzer ",
        "SQLite 3.",
        "7 entries, 7 of them signed",
        "readable by",
    ):
        assert said in result.out
    for name in policy.shipped():
        assert f"policy {name} " in result.out


def test_without_a_ledger_it_says_what_that_means(shell, tmp_path):
    assert "entries last as long as the process" in shell("doctor").out
    assert "made on first use" in shell("doctor", "--ledger", tmp_path / "new.db").out


def test_a_policy_that_names_what_nothing_finds_is_amiss(shell, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'schema = 1\nname = "own"\nversion = "1"\n[[rules]]\nid = "a"\nfind = ["BADGE"]\naction = "redact"\n'
    )
    result = shell("doctor", "--policy", path, "--policy", tmp_path / "none.toml")
    assert result.code == 1
    assert "policy own, rule a: nothing here finds BADGE" in result.out
    assert "there is no such file" in result.out


def test_keys_that_others_can_read_are_amiss(shell, ledger, tmp_path):
    ledger.with_name("ledger.db.key").chmod(0o644)
    result = shell("doctor", "--ledger", ledger)
    assert result.code == 1
    assert "chmod 600" in result.out
    other = tmp_path / "other.key"
    Keys.create(other)
    assert "other.key: readable by its owner alone" in shell("doctor", "--keys", other).out


@pytest.mark.parametrize("told", [None, b"origin\n3\nhash\n", b"origin\nmany\n", b""])
def test_a_checkpoint_that_was_not_published_since_is_amiss(shell, ledger, told):
    published = ledger.with_name("ledger.db.checkpoint")
    published.unlink()
    if told is not None:
        published.write_bytes(told)
    result = shell("doctor", "--ledger", ledger)
    assert result.code == 1
    assert "7 are signed: it was not published since" in " ".join(result.out.split())


def test_a_ledger_with_another_public_key_beside_it_or_open_to_all_is_amiss(shell, ledger):
    ledger.with_name("ledger.db.vkey").write_text("other\n")
    ledger.chmod(0o666)
    result = shell("doctor", "--ledger", ledger)
    assert result.code == 1
    assert "is not the public key of this ledger" in result.out
    assert "can be written by everyone" in result.out


def test_a_file_that_is_no_ledger_is_amiss(shell, tmp_path):
    path = tmp_path / "l.db"
    path.write_text("hello")
    assert shell("doctor", "--ledger", path).code == 1


def lines_of(lines):
    return [(line.state, line.what) for line in lines]


def test_detectors_that_do_not_load_are_amiss_with_their_remedy():
    fault = ConfigError("the model x is altered", advice="run: pip install x")
    (line,) = doctor._detector(fault)
    assert (line.state, line.what, line.remedy) == ("amiss", "the model x is altered", "run: pip install x")
    assert list(doctor._policies(fault, None)) == []


def test_detectors_without_names_are_amiss():
    from guardrail.detect import Detector

    *_, last = doctor._detector(Detector.load(names="none"))
    assert last.state == "amiss"
    assert "names" in last.what


def test_a_missing_or_old_part_is_amiss(monkeypatch):
    monkeypatch.setattr(doctor, "LIBRARIES", ("no-such-library",))
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (4, 0))
    assert [state for state, _ in lines_of(doctor._python())] == ["amiss", "ok", "amiss"]


def test_a_temporary_folder_that_cannot_be_used_is_amiss(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    ((state, what),) = lines_of(doctor._store())
    assert state == "amiss"
    assert "temporary folder" in what


@pytest.mark.parametrize(
    ("path", "verified", "state"), [("", False, "note"), ("/m", False, "amiss"), ("/m", True, "ok")]
)
def test_an_altered_model_is_amiss_and_one_that_is_not_installed_a_note(monkeypatch, path, verified, state):
    from guardrail import detect
    from guardrail.detect import ModelStatus

    found = [ModelStatus("x", "1", path, verified=verified, remedy="" if verified else "install it")]
    monkeypatch.setattr(detect, "installed", lambda: found)
    assert [line.state for line in doctor._models()] == [state]


def test_the_doctor_tells_which_finder_reads_which_language():
    from guardrail.detect import Detector

    told = [what for _, what in lines_of(doctor._detector(Detector.load()))]
    assert "names are looked for by spacy/en_core_web_sm, which reads en" in told
    assert any("by guardrail-names, which reads every language" in what for what in told)


def test_the_doctor_tells_of_each_rule_what_nothing_finds_and_the_command_that_mends_it(tmp_path):
    from guardrail import policy
    from guardrail.detect import Detector

    path = tmp_path / "own.toml"
    path.write_text(
        'schema = 1\nname = "own"\nversion = "1"\n'
        '[[rules]]\nid = "names"\nfind = ["PERSON", "ORGANIZATION", "EMAIL_ADDRESS"]\naction = "redact"\n'
        '[[rules]]\nid = "badges"\nfind = ["BADGE"]\naction = "redact"\n'
    )
    lines = list(doctor._unseen(policy.load(path), Detector.load(names="none")))
    assert [(line.what, line.remedy) for line in lines] == [
        ("policy own, rule names: nothing here finds ORGANIZATION, PERSON", doctor.MODELS),
        ("policy own, rule badges: nothing here finds BADGE", doctor.OWN),
    ]


def test_a_model_that_the_detector_fails_for_is_told_once(monkeypatch):
    from guardrail import detect
    from guardrail.detect import ModelStatus

    found = [ModelStatus(name, "1", "", verified=False, remedy="install it") for name in ("one", "two")]
    monkeypatch.setattr(detect, "installed", lambda: found)
    fault = ConfigError("the model one 1 is not installed", advice="run: pip install one")
    assert [line.what for line in doctor._models(fault)] == ["model two 1 is not installed"]
