"""The context in force: said once, for every call inside."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from guardrail import ConfigError, Context
from guardrail.testing import memory_guard

KNOWN = {"Ann Smith": "PERSON"}


@pytest.fixture(scope="module")
def guard():
    with memory_guard("gdpr-chat", known=KNOWN, context=Context(app="shop", tenant="acme")) as made:
        yield made


def test_outside_of_all_blocks_the_base_is_in_force(guard):
    assert guard.current() == guard.base == Context(app="shop", tenant="acme")


def test_a_block_changes_what_it_names_and_keeps_the_rest(guard):
    with guard.context(conversation="c-1", purpose="support") as context:
        assert guard.current() == context
        assert (context.app, context.tenant, context.conversation) == ("shop", "acme", "c-1")
        with guard.context(tenant="other"):
            assert (guard.current().tenant, guard.current().conversation) == ("other", "c-1")
        assert guard.current() == context
    assert guard.current() == guard.base


def test_a_whole_context_stands_in_the_place_of_the_one_around(guard):
    with guard.context(conversation="c-1"), guard.context(Context(tenant="other"), actor="u-1"):
        assert guard.current() == Context(tenant="other", actor="u-1")


def test_the_context_in_force_is_the_scope_of_the_tokens(guard):
    texts = []
    for name in ("c-1", "c-2", "c-1"):
        with guard.context(conversation=name):
            texts.append(guard.scrub("Ann Smith called").text)
    assert texts[0] == texts[2] != texts[1]
    assert (
        texts[1] == guard.scrub("Ann Smith called", context=Context(tenant="acme", conversation="c-2")).text
    )


def test_a_session_inherits_what_is_in_force(guard):
    with guard.context(conversation="c-1"):
        text = guard.scrub("Ann Smith called").text
        with guard.session(subject="s-1") as session:
            assert session.scrub("Ann Smith called").text == text


def test_a_block_ends_when_its_body_raises(guard):
    with pytest.raises(ZeroDivisionError), guard.context(tenant="other"):
        raise ZeroDivisionError
    assert guard.current() == guard.base


def test_two_guards_have_contexts_of_their_own(guard):
    with memory_guard("gdpr-chat") as second, guard.context(tenant="one"), second.context(tenant="two"):
        assert (guard.current().tenant, second.current().tenant) == ("one", "two")


def test_tasks_that_run_together_do_not_see_one_anothers_context(guard):
    async def work(name):
        with guard.context(tenant=name):
            await asyncio.sleep(0)
            seen = await asyncio.to_thread(guard.current)
            await asyncio.sleep(0)
            return seen.tenant, guard.current().tenant

    async def both():
        return await asyncio.gather(*(work(f"t{number}") for number in range(20)))

    assert asyncio.run(both()) == [(f"t{number}", f"t{number}") for number in range(20)]


def test_one_block_may_be_entered_by_many_threads_and_again_inside_itself(guard):
    block = guard.context(tenant="shared")
    barrier = threading.Barrier(4)
    seen = []

    def work():
        barrier.wait()
        with block, block:
            barrier.wait()
            seen.append(guard.current().tenant)
            barrier.wait()
        seen.append(guard.current().tenant)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["acme"] * 4 + ["shared"] * 4


def test_a_block_that_ends_in_another_copy_of_the_variables_disturbs_nobody(guard):
    block = guard.context(tenant="other")
    contextvars.copy_context().run(block.__enter__)
    contextvars.copy_context().run(block.__exit__, None, None, None)
    assert guard.current() == guard.base


def test_blocks_that_end_out_of_order_leave_no_context_behind(guard):
    outer, inner = guard.context(tenant="outer"), guard.context(tenant="inner")
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    assert guard.current() == guard.base


def test_a_function_runs_inside_the_block_that_decorates_it(guard):
    @guard.context(tenant="other")
    def work(number):
        """Say where."""
        return number, guard.current().tenant

    assert (work(1), work.__doc__, guard.current().tenant) == ((1, "other"), "Say where.", "acme")


def test_so_does_a_coroutine_to_its_end(guard):
    @guard.context(tenant="other")
    async def work():
        await asyncio.sleep(0)
        return guard.current().tenant

    assert asyncio.run(work()) == "other"


def test_a_generator_is_refused_for_its_callers_would_be_inside_too(guard):
    with pytest.raises(ConfigError, match="generator"):

        @guard.context(tenant="other")
        def work():
            yield guard.current()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"tenant": "Not A Name"}, "tenant is not a name"),
        ({"tenant": None}, "tenant is of type NoneType"),
        ({"conversation": 5}, "conversation is of type int"),
        ({"user": "u-1"}, "has no user"),
    ],
)
def test_a_wrong_name_is_refused_where_it_is_written(guard, named, message):
    with pytest.raises(ConfigError, match=message) as caught:
        guard.context(**named)
    assert "Not A Name" not in str(caught.value)
