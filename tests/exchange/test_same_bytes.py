"""The same history gives the same bytes: on every turn, in every worker, after every restart."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from guardrail import policy as policies
from guardrail.detect import Detector
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.testing import KnownValues
from guardrail.types import Context
from guardrail.vault.keys import Keys

KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON", "Müller": "PERSON"}
JSON = "application/json"
HERE = Context(tenant="acme", conversation="c-1")

QUESTIONS = (
    "I am Ann Smith, ann@example.com. Who is John Miller?",
    "Call Müller at +49 30 901820, and mail Ann Smith.",
    "Look John Miller up.",
    "Thank you. Sum it up for Ann Smith and john@example.com.",
)


def worker(policy, root=bytes(range(32))):
    """Return a guard as another process would make it: the same policy and keys, nothing else."""
    loaded = policies.load(policy)
    keys = Keys(root=root, log_seed=bytes(32))
    detector = Detector.load(wanted=loaded.entities, names="none", extra=[KnownValues(KNOWN)])
    return Guard(policy=loaded, detector=detector, keys=keys, ledger=Ledger.open(None, seed=keys.log_seed))


def sent(guard, messages, context=HERE):
    exchange = guard.exchange(context=context, protocol="openai.chat")
    body = json.dumps({"model": "m", "messages": messages}, ensure_ascii=False).encode()
    return exchange, exchange.request(body, content_type=JSON)


def turns(guards, *, context=HERE):
    """Hold a conversation with a tool, each turn guarded by the next worker; return the bytes of each."""
    messages, bodies = [], []
    for number, question in enumerate(QUESTIONS):
        messages.append({"role": "user", "content": question})
        exchange, body = sent(guards[number % len(guards)], messages, context)
        bodies.append(body)
        token = body.decode().rpartition("<PERSON_")[2].partition(">")[0]
        call = {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": "web_search", "arguments": json.dumps({"q": f"<PERSON_{token}>"})},
        }
        reply = {"role": "assistant", "content": f"I look <PERSON_{token}> up.", "tool_calls": [call]}
        exchange.answer(JSON)
        exchange.response(json.dumps({"choices": [{"index": 0, "message": reply}]}).encode())
        answer = json.loads(exchange.finish())["choices"][0]["message"]
        # The search never sees the value, so that the history holds its token from now on.
        assert answer["tool_calls"][0]["function"]["arguments"] == call["function"]["arguments"]
        messages += [
            answer,
            {"role": "tool", "tool_call_id": call["id"], "content": f"found <PERSON_{token}>"},
        ]
    return bodies


def prefix(body):
    """Return the bytes of a request up to the end of its last message."""
    assert body.endswith(b"]}")
    return body[:-2]


@pytest.fixture(scope="module")
def policy(policy_file):
    return policy_file()


def test_every_turn_begins_with_the_bytes_of_the_turn_before(policy):
    with worker(policy) as guard:
        bodies = turns([guard])
    for before, after in itertools.pairwise(bodies):
        assert after.startswith(prefix(before))
    assert all(value.encode() not in bodies[-1] for value in (*KNOWN, "ann@example.com", "901820"))


def test_workers_that_share_only_keys_send_the_same_bytes_though_the_history_holds_tokens(policy):
    with worker(policy) as one, worker(policy) as two, worker(policy) as three:
        alone, in_turn = turns([one]), turns([two, three])
    assert alone == in_turn


def test_a_vault_changes_no_byte(policy, policy_file):
    never = policy.parent / "never.toml"
    never.write_text(policy.read_text("utf-8").replace('vault = "30 days"', 'vault = "never"'), "utf-8")
    with worker(policy) as keeping, worker(never) as forgetting:
        assert turns([keeping]) == turns([forgetting])


def test_other_keys_another_tenant_or_conversation_give_other_bytes(policy):
    with worker(policy) as guard, worker(policy, root=bytes(32)) as other:
        bodies = [
            sent(one, [{"role": "user", "content": QUESTIONS[0]}], context)[1]
            for one, context in (
                (guard, HERE),
                (other, HERE),
                (guard, Context(tenant="acme", conversation="c-2")),
                (guard, Context(tenant="other", conversation="c-1")),
                (guard, Context(tenant="acme")),
            )
        ]
    assert len(set(bodies)) == len(bodies)


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
import test_same_bytes as here
with here.worker(Path(sys.argv[1])) as guard:
    for body in here.turns([guard]):
        print(body.hex())
"""


def test_another_process_with_another_seed_of_hashes_sends_the_same_bytes(policy):
    outputs = set()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(policy), str(Path(__file__).parent)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        outputs.add(run.stdout)
    with worker(policy) as guard:
        outputs.add("".join(f"{body.hex()}\n" for body in turns([guard])))
    assert len(outputs) == 1


def test_without_a_conversation_a_history_of_values_gives_the_same_bytes_within_the_month(policy):
    """Tokens that stand in such a history are reserved: give conversations a name (docs/limitations.md)."""
    messages = [{"role": "user", "content": question} for question in QUESTIONS]
    with worker(policy) as one, worker(policy) as two:
        bodies = [
            sent(guard, messages[:count], Context(tenant="acme"))[1]
            for guard in (one, two)
            for count in (2, 3, 4)
        ]
    assert bodies[:3] == bodies[3:]
    assert bodies[1].startswith(prefix(bodies[0]))
    assert bodies[2].startswith(prefix(bodies[1]))
