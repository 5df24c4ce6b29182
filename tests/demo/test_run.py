"""The demo says that everything held only if it did: real servers, the real SDK, a detector that is told."""

from __future__ import annotations

import io
import re
import threading

import pytest
from fastapi import FastAPI

from guardrail import ConfigError, GuardrailError
from guardrail.demo import drive as driving
from guardrail.demo.page import Page
from guardrail.demo.run import run
from guardrail.demo.server import serving


@pytest.fixture
def screen():
    return Page(io.StringIO())


def test_the_demo_shows_each_value_clean_and_each_tampering_caught(screen, tmp_path, loader, known, waiting):
    held = run(screen, tmp_path, progress=waiting, load=loader(known))
    shown = screen.file.getvalue()
    assert held
    assert shown.count("LEAK / clean") == 2 * 11
    assert "clean / " not in shown
    assert "/ LEAK" not in shown
    assert len(re.findall(r"clean +restored", shown)) == 5
    assert shown.count("caught ") == 4
    assert "MISSED" not in shown
    assert "The order BK-20417 is nobody's data, and reached the guarded model." in shown
    assert "guardrail ledger verify: exit 0, ok" in shown
    assert "Everything held: 11 of 11 values guarded, 4 of 4 tamperings caught" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_terminal_of_ascii_gets_the_same_page(tmp_path, loader, known, waiting):
    page = Page(io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True))
    assert run(page, tmp_path, progress=waiting, load=loader(known))


def test_who_closes_the_page_stops_the_demo(tmp_path, loader, known, waiting):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(Page(Closed()), tmp_path, progress=waiting, load=loader(known))


def test_a_value_that_the_detector_misses_is_shown_as_a_leak_and_the_demo_fails(
    screen, tmp_path, loader, known, waiting
):
    del known["Amelie Fontaine"]
    held = run(screen, tmp_path, progress=waiting, load=loader(known))
    shown = screen.file.getvalue()
    assert not held
    assert "LEAK / LEAK" in shown
    assert "DID NOT HOLD  the user's second name: it reached the guarded model" in shown
    assert "DID NOT HOLD  the user's second name: it is in the guarded log" in shown
    assert "Everything held" not in shown


def test_a_value_that_is_nobodys_but_taken_away_fails_the_demo(screen, tmp_path, loader, known, waiting):
    held = run(screen, tmp_path, progress=waiting, load=loader(known | {"BK-20417": "PERSON"}))
    assert not held
    assert (
        "The order BK-20417 is nobody's data, and did NOT reach the guarded model." in screen.file.getvalue()
    )


def test_each_run_stands_alone_and_leaves_no_server_behind(tmp_path, talk):
    first = driving.drive(talk.turns[:1], log=tmp_path / "a.log")
    second = driving.drive(talk.turns[:1], log=tmp_path / "b.log")
    assert (len(first.bodies), len(second.bodies)) == (1, 1)
    assert first.log == second.log
    assert not any(thread.name == "guardrail-demo" for thread in threading.enumerate())


def test_a_turn_that_the_service_refuses_ends_the_run_with_an_error_of_ours(tmp_path, loader, known):
    with loader(known)("gdpr-chat", ledger=tmp_path / "ledger.db") as guard:
        guard.ledger.close()  # nothing can be recorded, so nothing may be forwarded
        with pytest.raises(GuardrailError, match="does not answer turn 1"):
            driving.drive(["My name is Johanna Brandt."], log=tmp_path / "a.log", guard=guard)


def test_a_server_that_does_not_start_is_an_error_and_not_a_wait():
    async def broken(_app):
        raise OSError
        yield

    with pytest.raises(ConfigError, match="did not start"), serving(FastAPI(lifespan=broken)):
        pass
