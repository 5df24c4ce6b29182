"""`guardrail retention|hold|erase` and `ledger show --bodies|subject`: what expires, stays and goes."""

import json
import time

import pytest

from guardrail.ledger import Ledger
from guardrail.ledger.certificate import verify_certificate
from guardrail.types import Event
from guardrail.vault.keys import Keys

DAY = 86_400
POLICY = b"""schema = 1
name = "chat"
version = "1"
[retention]
ledger = { keep = "3 days", at_least = "%s", source = "the office's rule 7" }
[[rules]]
id = "names"
why = "nobody needs them"
find = ["PERSON"]
action = "redact"
"""


def written(path, keys, *, days_ago=0, at_least=b"2 days"):
    """Write four entries on two people, as they were so many days ago."""
    from guardrail.crypto import digest

    source = POLICY % at_least
    clock = lambda: time.time_ns() - days_ago * DAY * 10**9  # noqa: E731
    with Ledger.open(path, seed=keys.log_seed, bodies=True, clock=clock) as book:
        book.append_policy([("chat", "1", digest(source), source)])
        for n in range(4):
            facts = {"provider": "openai", "model": "gpt-x", "region": "eu"}
            book.append(
                Event(
                    "exchange.request",
                    keep=3 * DAY,
                    who={"subject": f"customer-{n % 2}"},
                    facts=facts,
                    findings={"PERSON": {"redact": 2}},
                    rules={"chat/names": 2},
                )
            )
        return book.vkey


@pytest.fixture
def sealed(tmp_path):
    """Return a ledger with bodies that were written ten days ago, and are overdue."""
    keys = Keys.create(tmp_path / "ledger.db.key")
    written(tmp_path / "ledger.db", keys, days_ago=10)
    return tmp_path / "ledger.db"


@pytest.fixture
def fresh(tmp_path):
    keys = Keys.create(tmp_path / "ledger.db.key")
    written(tmp_path / "ledger.db", keys)
    return tmp_path / "ledger.db"


def test_what_overstays_is_planned_verified_as_exit_20_and_gone_after_a_run(shell, sealed):
    assert shell("ledger", "verify", sealed).code == 20
    plan = shell("retention", "plan", sealed)
    assert plan.code == 0
    assert "expired: its day is over" in plan.out
    assert "the office's rule 7" in plan.out
    (line,) = shell("retention", "plan", sealed, "--json").out.splitlines()
    assert (json.loads(line)["records"], json.loads(line)["due"]) == (4, True)
    dry = shell("retention", "run", sealed, "--dry-run")
    assert (dry.code, dry.err) == (0, "would destroy 1 keys, and remove 4 bodies\n")
    refused = shell("retention", "run", sealed)
    assert refused.code == 2
    assert "--clock-is-right" in refused.err
    done = shell("retention", "run", sealed, "--clock-is-right")
    assert (done.code, done.err) == (0, "destroyed 1 keys, removed 4 bodies\n")
    verified = shell("ledger", "verify", sealed)
    assert verified.code == 0
    assert "sealed bodies: 4 expired" in verified.err
    assert "own clock: 20" in verified.err
    assert shell("retention", "run", sealed).err == "destroyed 0 keys, removed 0 bodies\n"


def test_policies_that_contradict_themselves_are_named_by_the_plan(shell, tmp_path):
    keys = Keys.create(tmp_path / "ledger.db.key")
    written(tmp_path / "ledger.db", keys, at_least=b"5 days")
    plan = shell("retention", "plan", tmp_path / "ledger.db")
    assert plan.code == 1
    assert "conflict: " in plan.out
    assert "in 3 days" in plan.out or "in 4 days" in plan.out


def test_a_held_entry_outlives_the_run_and_goes_after_its_release(shell, sealed):
    placed = shell(
        "hold", "place", "--ledger", sealed, "--entry", "2", "--entry", "3-3", "--matter", "case 7"
    )
    assert placed.code == 0
    kid = placed.out.splitlines()[1].split()[0]
    shell("retention", "run", sealed, "--clock-is-right")
    listed = shell("hold", "list", sealed).out
    assert kid in listed
    assert "2-3" in listed
    assert "2 expired, 2 held" in shell("ledger", "verify", sealed).err
    assert "case 7" not in listed
    assert "released, entry" in shell("hold", "release", kid, "--ledger", sealed).err
    assert "ended before" in shell("hold", "release", kid, "--ledger", sealed).err
    assert "removed 2 bodies" in shell("retention", "run", sealed).err


@pytest.mark.parametrize(
    "words",
    [
        ["hold", "release", "xyz"],
        ["hold", "release", "00" * 8],
        ["hold", "place", "--matter", "x", "--entry", "one"],
        ["hold", "place", "--matter", "x", "--entry", "5-2"],
        ["hold", "place", "--matter", "x"],
        ["erase", "customer-1", "--reason", "because"],
        ["erase"],
        ["erase", "--certificate", "00" * 8],
    ],
)
def test_what_names_nothing_is_refused_without_repeating_it(shell, fresh, words):
    result = shell(*words, "--ledger", fresh)
    assert result.code == 2
    assert "what to do" in result.err
    assert "customer-1" not in result.err


def test_erasing_prints_a_certificate_that_an_outsider_checks_and_that_names_nobody(shell, fresh, tmp_path):
    out = tmp_path / "erasure.json"
    result = shell("erase", "-", "--ledger", fresh, "-o", out, stdin="customer-1\n")
    assert (result.code, result.err.splitlines()[0]) == (0, "keys_deleted: 2 bodies, 0 held, 2 rows removed")
    vkey = fresh.with_name("ledger.db.vkey").read_text().strip()
    assert len(verify_certificate(out.read_bytes(), vkey=vkey)) == 2
    assert b"customer-1" not in out.read_bytes()
    kid = json.loads(out.read_bytes())["kids"][0]
    again = shell("erase", "--certificate", kid, "--ledger", fresh)
    assert json.loads(again.out)["stage"] == "keys_deleted"
    assert "2 erased, 2 present" in shell("ledger", "verify", fresh).err


def test_the_register_lists_where_texts_on_a_subject_went(shell, fresh):
    table = shell("ledger", "subject", "customer-1", "--ledger", fresh).out.splitlines()
    assert len(table) == 3
    assert "openai" in table[1]
    assert "2 × PERSON redact" in table[1]
    assert "chat/names" in table[1]
    lines = shell("ledger", "subject", "-", "--ledger", fresh, "--json", stdin="customer-0").out.splitlines()
    assert [json.loads(line)["index"] for line in lines] == [2, 4]
    assert json.loads(lines[0])["findings"] == {"PERSON": {"redact": 2}}
    assert len(shell("ledger", "subject", "nobody", "--ledger", fresh).out.splitlines()) == 1


def test_bodies_are_shown_with_the_keys_and_headers_alone_without(shell, fresh):
    shell("erase", "customer-1", "--ledger", fresh, "-o", fresh.with_name("c.json"))
    assert "SEALED" not in shell("ledger", "show", fresh).out
    shown = shell("ledger", "show", fresh, "--bodies").out
    assert '{"who":{"subject":"' in shown
    assert "removed" in shown
    assert "customer-0" not in shown
    lines = shell("ledger", "show", fresh, "--bodies", "--json").out.splitlines()
    assert "who" in json.loads(lines[2])["body"]
    fresh.with_name("ledger.db.keys").unlink()
    refused = shell("ledger", "show", fresh, "--bodies")
    assert refused.code == 2
    assert "no keys" in refused.err
    assert shell("ledger", "show", fresh).code == 0


def test_a_ledger_without_bodies_has_nothing_to_plan_or_erase(shell, ledger):
    for words in (["retention", "plan"], ["retention", "run"]):
        assert shell(*words, ledger).code == 2
    assert shell("erase", "x", "--ledger", ledger).code == 2
    assert not ledger.with_name("ledger.db.keys").exists()
    assert shell("hold", "list", ledger).code == 0


def test_keys_are_made_listed_and_rotated(shell, fresh, tmp_path):
    made = tmp_path / "other.key"
    assert shell("keys", "init", made).code == 0
    assert made.stat().st_mode & 0o077 == 0
    assert shell("keys", "init", made).code == 2
    status = shell("keys", "status", fresh)
    assert status.code == 0
    assert "version 1" in status.out
    assert shell("keys", "status", fresh, "--keys", made).code == 2
    shell("erase", "customer-1", "--ledger", fresh, "-o", tmp_path / "c.json")
    rotated = shell("keys", "rotate", fresh)
    assert (rotated.code, rotated.err) == (0, "version 2 wraps 3 keys, 1 entries say what is final\n")
    kid = json.loads((tmp_path / "c.json").read_bytes())["kids"][0]
    assert json.loads(shell("erase", "--certificate", kid, "--ledger", fresh).out)["stage"] == "final"
    assert "version 2" in shell("keys", "status", fresh).out


def test_the_status_of_a_ledger_without_bodies_says_so(shell, ledger):
    status = shell("keys", "status", ledger)
    assert status.code == 0
    assert "no keys of sealed bodies" in status.err


def test_a_ledger_is_exported_as_tiles_and_the_folder_verifies_alone(shell, fresh, tmp_path):
    folder = tmp_path / "tiles"
    assert shell("ledger", "export", fresh, "-o", folder).code == 0
    vkey = fresh.with_name("ledger.db.vkey")
    verified = shell("ledger", "verify", folder, "--vkey", vkey)
    assert (verified.code, verified.out) == (0, "ok: 7 entries, from the folder alone\n")
    assert shell("ledger", "export", fresh, "-o", folder).code == 2
    assert shell("ledger", "verify", folder).code == 50
    tile = folder / "tile/0/000.p/7"
    tile.write_bytes(bytes(224))
    assert shell("ledger", "verify", folder, "--vkey", vkey).code == 40
