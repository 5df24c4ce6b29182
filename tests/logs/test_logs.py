"""No planted value leaves through a logger, whatever way it came in."""

import gc
import logging
import logging.handlers
import queue
import threading
from dataclasses import dataclass

import pytest

from guardrail import logs

EMAIL = "ann.smith@example.com"
CARD = "4111 1111 1111 1111"
NUMBER = 4111111111111111
FAULT = "\N{BALLOT X}"
PLANTED = (EMAIL, CARD, str(NUMBER), "ann%40", "ann.smith")


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
