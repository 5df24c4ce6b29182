"""No planted value leaves through a logger; nothing of it reaches the application."""

import gc
import io
import json
import logging
import logging.handlers
import os
import queue
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass

import pytest

from guardrail import logs
from guardrail.errors import ConfigError

EMAIL = "ann.smith@example.com"
CARD = "4111 1111 1111 1111"
NUMBER = 4111111111111111
FAULT = "\N{BALLOT X}"
PLANTED = (EMAIL, CARD, str(NUMBER), "ann%40", "ann.smith")


class Everything(logging.Formatter):
    """Writes all that a record holds, also what no format asks for."""

    def format(self, record):
        super().format(record)
        return repr(sorted((k, v) for k, v in record.__dict__.items() if k != "args")) + repr(record.args)


@pytest.fixture
def out():
    """Return what the handlers of the root logger and of one child write."""
    stream = io.StringIO()
    loggers = [logging.getLogger(), logging.getLogger("shop.orders")]
    handlers = []
    for logger in loggers:
        for formatter in (Everything(), logging.Formatter("%(levelname)s %(name)s %(message)s")):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(formatter)
            logger.addHandler(handler)
            handlers.append((logger, handler))
    level = loggers[0].level
    loggers[0].setLevel(logging.DEBUG)
    yield stream
    loggers[0].setLevel(level)
    for logger, handler in handlers:
        logger.removeHandler(handler)


@dataclass
class Customer:
    email: str


def _fail(text):
    raise LookupError(text)


def _message(log):
    log.warning(f"no order for {EMAIL}")  # noqa: G004 - what is tested


def _arguments(log):
    log.warning("no order for %s, card %s, %d", EMAIL, CARD, NUMBER)


def _named_arguments(log):
    log.warning("no order for %(email)s", {"email": EMAIL})


def _object(log):
    log.warning("no order for %r", Customer(EMAIL))


def _message_object(log):
    log.warning(Customer(EMAIL))


def _message_dict(log):
    log.warning({"event": "no order", EMAIL: [CARD, {"number": NUMBER}]})


def _extra(log):
    extra = {
        "who": EMAIL,
        "customer": Customer(EMAIL),
        "nested": {EMAIL: [{"cards": (CARD, NUMBER, float(NUMBER))}], "set": {EMAIL}},
        "raw": EMAIL.encode(),
        "deep": [[[[[[[[[[EMAIL]]]]]]]]]],
    }
    log.warning("no order", extra=extra)


def _traceback(log):
    try:
        _fail(EMAIL)
    except LookupError:
        log.exception("failed")


def _chained_traceback(log):
    try:
        try:
            _fail(EMAIL)
        except LookupError as error:
            error.add_note(f"card {CARD}")
            raise ExceptionGroup(EMAIL, [ValueError(CARD)]) from error
    except ExceptionGroup as error:
        log.error("failed", exc_info=error)  # noqa: TRY400 - an exception as the argument


def _no_traceback(log):
    log.error("failed for %s", EMAIL, exc_info=True)  # noqa: LOG014 - there is none


def _stack(log):
    log.warning("failed for %s", EMAIL, stack_info=True)


def _url(log):
    log.info("GET /orders?email=ann%%40example.com&again=%s", "ann%2540example.com")


def _made_elsewhere(log):
    made = {"name": log.name, "levelno": 40, "levelname": "ERROR", "msg": "x %s", "args": (EMAIL,)}
    log.handle(logging.makeLogRecord({**made, "exc_text": EMAIL, "message": EMAIL, "stack_info": EMAIL}))


WAYS = [
    _message,
    _arguments,
    _named_arguments,
    _object,
    _message_object,
    _message_dict,
    _extra,
    _traceback,
    _chained_traceback,
    _no_traceback,
    _stack,
    _url,
    _made_elsewhere,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["", "shop", "shop.orders", "uvicorn.error"])
def test_no_planted_value_is_left_by_any_way_into_any_logger(guard, out, way, name):
    with logs.install(guard):
        way(logging.getLogger(name))
    text = out.getvalue()
    assert text
    assert "withheld" not in text
    for value in PLANTED:
        assert value not in text


@pytest.mark.parametrize("way", WAYS)
def test_the_same_ways_leak_without_the_guard(out, way):
    way(logging.getLogger("shop"))
    assert any(value in out.getvalue() for value in PLANTED)


def test_what_is_code_stays(guard, out):
    with logs.install(guard):
        logging.getLogger("shop.orders").warning("to %s", EMAIL, extra={"count": 3, "ok": True, "none": None})
    text = out.getvalue()
    for part in (
        "WARNING shop.orders to [EMAIL_ADDRESS]",
        "('funcName', 'test_what_is_code_stays')",
        "('filename', 'test_logs.py')",
        "('threadName', 'MainThread')",
        "('count', 3)",
        "('ok', True)",
        "('none', None)",
    ):
        assert part in text


def test_the_application_keeps_its_own_record(guard):
    kept = []

    class Keeps(logging.Filter):
        def filter(self, record):
            kept.append(record)
            return True

    log = logging.getLogger("shop.kept")
    log.addFilter(Keeps())
    with logs.install(guard):
        try:
            _fail(EMAIL)
        except LookupError:
            log.exception("for %s", EMAIL, extra={"who": EMAIL})
    assert kept[0].getMessage() == f"for {EMAIL}"
    assert kept[0].who == EMAIL
    assert kept[0].exc_info[1].args == (EMAIL,)


def test_a_queue_gets_the_clean_record(guard):
    records = queue.SimpleQueue()
    log = logging.getLogger("shop.queued")
    handler = logging.handlers.QueueHandler(records)
    log.addHandler(handler)
    with logs.install(guard):
        log.error("for %s", EMAIL)
    log.removeHandler(handler)
    assert records.get_nowait().getMessage() == "for [EMAIL_ADDRESS]"


def test_a_subclass_of_record_with_its_own_format_is_cleaned_as_it_reads(guard, out):
    class Braces(logging.LogRecord):
        __slots__ = ()

        def getMessage(self):  # noqa: N802 - the name is logging's
            return str(self.msg).format(*self.args)

    logging.setLogRecordFactory(Braces)
    try:
        with logs.install(guard):
            logging.getLogger("shop").warning("to {} {{x}}", EMAIL)  # noqa: PLE1205 - another style of format
    finally:
        logging.setLogRecordFactory(logging.LogRecord)
    assert "WARNING shop to [EMAIL_ADDRESS] {x}" in out.getvalue()


def test_text_that_is_encoded_twice_forges_no_line(guard, out):
    with logs.install(guard):
        logging.getLogger("shop").warning("GET /?q=%s", "ann.smith%2540example.com%0AERROR%20root%20forged")
    assert "[EMAIL_ADDRESS]%0AERROR root forged" in out.getvalue()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_no_half_of_an_encoded_value_is_left(guard, out, times):
    value = EMAIL
    for _ in range(times):
        value = value.replace("%", "%25").replace("@", "%40")
    with logs.install(guard):
        logging.getLogger("shop").warning("GET /?q=%s", value)
    assert "GET /?q=[EMAIL_ADDRESS]\n" in out.getvalue()
    assert "ann" not in out.getvalue()


def test_an_exception_in_the_place_of_its_triple_is_cleaned(guard, out):
    made = {"name": "shop", "levelno": 40, "levelname": "ERROR", "msg": "x", "exc_info": LookupError(EMAIL)}
    with logs.install(guard):
        logging.getLogger("shop").handle(logging.makeLogRecord(made))
    assert "LookupError: [EMAIL_ADDRESS]" in out.getvalue()


def test_encoded_text_without_findings_stays_as_it_was(guard, out):
    with logs.install(guard):
        logging.getLogger("shop").warning("GET /?q=%s", "a%20b%2520c%252520d%25252520e")
    assert "GET /?q=a%20b%2520c%252520d%25252520e" in out.getvalue()


def test_a_record_that_cannot_be_cleaned_is_withheld_and_the_application_goes_on(guard, out):
    with logs.install(guard):
        logging.getLogger("shop").warning("%s %s", EMAIL, FAULT, extra={"who": EMAIL})
    text = out.getvalue()
    assert "WARNING shop [guardrail: log record withheld: DetectionError]" in text
    assert "('who', '[guardrail: log record withheld: DetectionError]')" in text
    assert EMAIL not in text
    assert FAULT not in text


def test_a_record_that_cannot_be_formatted_is_withheld(guard, out):
    with logs.install(guard):
        logging.getLogger("shop").warning("%d", EMAIL)
    assert "withheld: TypeError" in out.getvalue()
    assert EMAIL not in out.getvalue()


def test_a_record_that_the_policy_blocks_is_withheld(make_guard, out):
    with logs.install(make_guard(cards="block")):
        logging.getLogger("shop").warning("card %s", CARD)
    assert "withheld: BlockedError" in out.getvalue()
    assert CARD not in out.getvalue()


def test_a_detector_that_logs_and_warns_causes_no_recursion(make_guard, patterns, out):
    class Loud:
        entities = patterns.entities
        versions = patterns.versions

        def detect(self, passages):
            logging.getLogger("detector").warning("looking at %s", passages[0].text)
            return patterns.detect(passages)

    with logs.install(make_guard(detector=Loud())):
        logging.getLogger("shop").warning("to %s", EMAIL)
    text = out.getvalue()
    assert "WARNING shop to [EMAIL_ADDRESS]" in text
    assert "WARNING detector [guardrail: log record withheld: written while the guard was at work]" in text
    assert EMAIL not in text


def test_what_is_logged_under_a_lock_of_the_guard_is_withheld_and_nothing_waits_for_itself(
    make_guard, patterns, out
):
    lock = threading.Lock()

    class Locked:
        entities = patterns.entities
        versions = patterns.versions

        def detect(self, passages):
            with lock:
                # A finalizer that the collector runs here, or spaCy's own warning, is such a record.
                logging.getLogger("finalizer").error("for %s", EMAIL)
                return patterns.detect(passages)

    guard = make_guard(detector=Locked())
    with logs.install(guard):
        guard.scrub(f"to {EMAIL}")
    assert "ERROR finalizer [guardrail: log record withheld" in out.getvalue()
    assert EMAIL not in out.getvalue()


def test_a_finalizer_may_log(guard, out):
    class Leaves:
        def __del__(self):
            logging.getLogger("shop").warning("%s left", EMAIL)

    with logs.install(guard):
        loop = [Leaves()]
        loop.append(loop)
        del loop
        gc.collect()
    assert "[EMAIL_ADDRESS] left" in out.getvalue()


def test_a_handler_may_log(guard, out):
    class Relays(logging.Handler):
        def emit(self, record):
            logging.getLogger("relayed").warning("again for %s", EMAIL)

    relay = Relays()
    log = logging.getLogger("shop.relay")
    log.addHandler(relay)
    with logs.install(guard):
        log.warning("x")
    log.removeHandler(relay)
    assert "again for [EMAIL_ADDRESS]" in out.getvalue()


def test_loggers_stay_loggers_for_structured_formatters(guard):
    seen = []

    class Sees(logging.Handler):
        def emit(self, record):
            seen.append(record)

    log = logging.getLogger("shop.structured")
    handler = Sees()
    log.addHandler(handler)
    with logs.install(guard):
        log.warning({"event": EMAIL, "n": 70_000}, extra={"_logger": log})
    log.removeHandler(handler)
    assert seen[0].msg == {"event": "[EMAIL_ADDRESS]", "n": 70_000}
    assert seen[0]._logger is log


def test_the_colored_message_of_uvicorn_is_cleaned(guard, out):
    with logs.install(guard):
        logging.getLogger("uvicorn.error").info(
            "at %s", EMAIL, extra={"color_message": "at \x1b[1m%s\x1b[0m", "other": "100%"}
        )
        logging.getLogger("uvicorn.error").info("plain", extra={"color_message": 3})
    text = out.getvalue()
    assert "('color_message', 'at \\x1b[" in text
    assert "('other', '100%')" in text
    assert EMAIL not in text


@pytest.fixture
def shown(monkeypatch):
    """Return the stream that `warnings` writes to; pytest keeps them to itself otherwise."""
    stream = io.StringIO()

    def show(message, category, filename, lineno, *_):
        stream.write(warnings.formatwarning(message, category, filename, lineno))

    monkeypatch.setattr(warnings, "showwarning", show)
    return stream


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
