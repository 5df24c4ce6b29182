"""Where the guard of the logs sits, what it tells the ledger, and how it goes."""

import json
import logging
import os
import subprocess
import sys
import threading
import warnings

import pytest

from guardrail import logs
from guardrail.errors import ConfigError

EMAIL = "ann.smith@example.com"
CARD = "4111 1111 1111 1111"
FAULT = "\N{BALLOT X}"


def test_warnings_are_cleaned_and_go_where_they_went(guard, shown):
    before = warnings.showwarning
    with logs.install(guard):
        warnings.showwarning(UserWarning(f"old address {EMAIL}"), UserWarning, "shop.py", 3)
        warnings.showwarning(f"not readable {FAULT}", UserWarning, "shop.py", 4)
    assert "shop.py:3: UserWarning: old address [EMAIL_ADDRESS]" in shown.getvalue()
    assert "shop.py:4: UserWarning: [guardrail: log record withheld: DetectionError]" in shown.getvalue()
    assert EMAIL not in shown.getvalue()
    assert warnings.showwarning is before


def test_without_any_handler_the_last_resort_gets_the_clean_record(guard, capsys):
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        with logs.install(guard):
            logging.getLogger("nobody").warning("for %s", EMAIL)
    finally:
        root.handlers = handlers
    assert capsys.readouterr().err == "for [EMAIL_ADDRESS]\n"


def _summaries(guard):
    headers = [json.loads(entry.header) for entry in guard.ledger.entries() if entry.type == "log.summary"]
    return [(header["x"]["records"], header["x"].get("failed", 0), header.get("f", {})) for header in headers]


def test_the_ledger_gets_sums_and_no_values(guard, out):
    with logs.install(guard):
        log = logging.getLogger("shop")
        log.warning("to %s and %s", EMAIL, "bob@example.org")
        log.warning("card %s", CARD)
        log.warning("nothing")
        log.warning("failing %s", FAULT)
    assert _summaries(guard) == [
        (4, 1, {"EMAIL_ADDRESS": {"redact": 2}, "CREDIT_CARD": {"redact": 1}}),
    ]


def test_every_so_many_records_an_entry_is_written_beside_the_caller(guard, out):
    installed = logs.install(guard, every=10)
    for _ in range(35):
        logging.getLogger("shop").warning("to %s", EMAIL)
    installed.flush()
    installed.uninstall()
    written = _summaries(guard)
    assert len(written) > 1
    assert sum(records for records, _, _ in written) == 35
    assert sum(found["EMAIL_ADDRESS"]["redact"] for _, _, found in written) == 35


def test_nothing_logged_leaves_no_entry(guard):
    with logs.install(guard):
        pass
    assert _summaries(guard) == []


def test_a_ledger_that_fails_costs_no_record_and_no_sum(guard, make_guard, out):
    closed = make_guard()
    installed = logs.install(closed)
    closed.ledger.close()
    logging.getLogger("shop").warning("to %s", EMAIL)
    installed.flush()
    assert "to [EMAIL_ADDRESS]" in out.getvalue()
    installed._sums._guard = guard  # the ledger is back
    installed.uninstall()
    assert _summaries(guard) == [(1, 0, {"EMAIL_ADDRESS": {"redact": 1}})]


def test_threads_log_at_once(guard, out):
    def work(n):
        for turn in range(20):
            logging.getLogger("shop").warning("%d-%d to person%d@example.com", n, turn, n)

    with logs.install(guard, every=7):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "@example.com" not in out.getvalue()
    assert out.getvalue().count("WARNING shop") == 120
    assert sum(records for records, _, _ in _summaries(guard)) == 120


def test_when_no_thread_can_be_had_the_end_writes_the_sums(guard, out, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with logs.install(guard, every=1):
        monkeypatch.setattr(threading.Thread, "start", refuse)
        logging.getLogger("shop").warning("x")
        logging.getLogger("shop").warning("y")
        monkeypatch.undo()
    assert sum(records for records, _, _ in _summaries(guard)) == 2


def test_a_second_guard_is_refused_and_the_first_one_stays(guard, out):
    with logs.install(guard):
        with pytest.raises(ConfigError):
            logs.install(guard)
        logging.getLogger("shop").warning("to %s", EMAIL)
    assert EMAIL not in out.getvalue()
    with logs.install(guard):
        logging.getLogger("shop").warning("to %s", EMAIL)
    assert EMAIL not in out.getvalue()


def test_after_uninstall_all_is_as_before(guard, out, shown):
    before = logging.Logger.callHandlers, warnings.showwarning
    installed = logs.install(guard)
    installed.uninstall()
    installed.uninstall()
    assert (logging.Logger.callHandlers, warnings.showwarning) == before
    logging.getLogger("shop").warning("to %s", EMAIL)
    assert EMAIL in out.getvalue()


def test_who_patched_after_us_is_left_in_place(guard, out, shown, monkeypatch):
    installed = logs.install(guard)
    ours, our_warning = logging.Logger.callHandlers, warnings.showwarning

    def theirs(logger, record):
        ours(logger, record)

    def their_warning(*args):
        our_warning(*args)

    with monkeypatch.context() as patch:
        patch.setattr(logging.Logger, "callHandlers", theirs)
        patch.setattr(warnings, "showwarning", their_warning)
        installed.uninstall()
        assert logging.Logger.callHandlers is theirs
        assert warnings.showwarning is their_warning
        logging.getLogger("shop").warning("to %s", EMAIL)
        warnings.showwarning(UserWarning(EMAIL), UserWarning, "f", 1)
    logging.Logger.callHandlers, warnings.showwarning = installed._handlers_before, installed._warning_before
    assert EMAIL in out.getvalue()
    assert EMAIL in shown.getvalue()


def test_the_end_of_the_process_writes_the_last_sums(tmp_path, make_guard):
    code = """
import logging, sys
from guardrail import logs, policy
from guardrail.detect import Detector
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.vault.keys import Keys
from pathlib import Path
keys = Keys.ephemeral()
guard = Guard(policy=policy.load(Path(sys.argv[1])), detector=Detector.load(names="none"), keys=keys,
              ledger=Ledger.open(Path(sys.argv[2]), seed=keys.log_seed))
logs.install(guard)
logging.warning("to ann.smith@example.com")
"""
    from guardrail.ledger import Reader

    make_guard()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "logs.toml"), str(tmp_path / "l.db")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
        timeout=120,
    )
    assert "[EMAIL_ADDRESS]" in done.stderr
    assert EMAIL not in done.stderr
    with Reader.open(tmp_path / "l.db") as reader:
        assert "log.summary" in [entry.type for entry in reader.entries()]
