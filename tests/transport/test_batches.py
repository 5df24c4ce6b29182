"""Batches by the real SDKs: each request in them is guarded by the map of its own path."""

from __future__ import annotations

import io
import json

import provider_bodies as bodies
import pytest
from sdk_clients import MAIL, NAME, TEXT, anthropic_client, openai_client
from seen import SECRET
from stub import BROUGHT, TOKEN, says

WHEN = "2026-11-20T10:00:00Z"
COUNTS = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 0)
BATCH = {
    "id": "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d",
    "type": "message_batch",
    "processing_status": "ended",
    "request_counts": COUNTS,
    "created_at": WHEN,
    "expires_at": WHEN,
    "ended_at": None,
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}
TOOL = {"type": "tool_result", "tool_use_id": "toolu_01A09q90qw90lq917835lq9", "content": f"sent to {MAIL}"}


def asked(text):
    return {
        "model": "claude-x-20261021",
        "max_tokens": 9,
        "system": f"The user is {NAME}",
        "messages": [{"role": "user", "content": [TOOL, {"type": "text", "text": text}]}],
    }


def test_the_requests_of_a_batch_of_messages_are_read_by_the_map_of_messages(guard, stub):
    stub.faults["/messages/batches"] = lambda handler, _: handler.reply(BATCH)
    requests = [{"custom_id": f"case-{number}", "params": asked(TEXT)} for number in range(2)]
    with guard.http_client() as http:
        made = anthropic_client(http, stub.url).messages.batches.create(requests=requests)
    assert made.id == BATCH["id"]
    sent = json.loads(stub.requests[-1][3])["requests"]
    assert [one["custom_id"] for one in sent] == ["case-0", "case-1"]
    for one in sent:
        params = one["params"]
        assert params["model"] == "claude-x-20261021"
        assert params["messages"][0]["content"][0]["tool_use_id"] == TOOL["tool_use_id"], "structural"
        assert not any(value in json.dumps(params) for value in (NAME, MAIL))
    assert len(set(TOKEN.findall(json.dumps(sent)))) == 2, "one token for each value, in all of its requests"


def test_the_results_of_a_batch_come_back_in_the_conversation_that_asked(guard, stub):
    def results(handler, _):
        told = says("".join(raw.decode("latin-1") for raw in stub.received))
        lines = [
            {"custom_id": f"case-{n}", "result": {"type": "succeeded", "message": bodies.message(told)}}
            for n in range(2)
        ]
        handler.whole("".join(json.dumps(line) + "\n" for line in lines).encode(), "application/x-jsonl")

    stub.faults["/results"] = results
    ended = {**BATCH, "results_url": f"{stub.url}/v1/messages/batches/{BATCH['id']}/results"}
    stub.faults["/" + BATCH["id"]] = lambda handler, _: handler.reply(ended)
    stub.faults["/messages/batches"] = lambda handler, _: handler.reply(BATCH)
    with guard.http_client() as http, guard.context(conversation="batch-1"):
        batches = anthropic_client(http, stub.url).messages.batches
        batches.create(requests=[{"custom_id": "case-0", "params": asked(TEXT)}])
        rows = list(batches.results(BATCH["id"]))
    assert [row.custom_id for row in rows] == ["case-0", "case-1"]
    for row in rows:
        text = row.result.message.content[0].text
        assert NAME in text
        assert MAIL in text
        assert BROUGHT not in text


def line(number, text, url="/v1/chat/completions"):
    body = {"model": "gpt-5-2026-11-01", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": f"case-{number}", "method": "POST", "url": url, "body": body}


def uploaded(guard, stub, lines):
    listed = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "in.jsonl"}
    listed |= {"purpose": "batch", "status": "processed"}
    stub.faults["/files"] = lambda handler, _: handler.reply(listed)
    content = "".join(json.dumps(one) + "\n" for one in lines).encode()
    with guard.http_client() as http:
        client = openai_client(http, stub.url)
        return client.files.create(file=("in.jsonl", io.BytesIO(content)), purpose="batch")


def test_each_line_of_a_batchs_file_is_read_by_the_map_of_its_own_path(guard, stub):
    asks = line(1, TEXT, "/v1/responses")
    asks["body"] = {
        "model": "gpt-5-2026-11-01",
        "input": TEXT,
        "previous_response_id": "resp_0123456789abcdef",
    }
    uploaded(guard, stub, [line(0, TEXT), asks])
    raw = stub.requests[-1][3].decode()
    rows = [json.loads(row) for row in raw.splitlines() if row.startswith("{")]
    assert [row["url"] for row in rows] == ["/v1/chat/completions", "/v1/responses"]
    assert [row["body"]["model"] for row in rows] == ["gpt-5-2026-11-01"] * 2
    assert rows[1]["body"]["previous_response_id"] == "resp_0123456789abcdef"
    assert TOKEN.search(rows[0]["body"]["messages"][0]["content"])
    assert TOKEN.search(rows[1]["body"]["input"])
    assert not any(value in raw for value in (NAME, MAIL))


def test_one_blocked_line_keeps_the_whole_file_here(guard, stub):
    openai = pytest.importorskip("openai")
    with pytest.raises(openai.PermissionDeniedError, match="secrets"):
        uploaded(guard, stub, [line(0, "Hello."), line(1, f"aws_access_key_id = {SECRET}")])
    assert stub.received == []


def test_the_batch_that_names_the_file_keeps_its_ids_and_loses_names_in_its_labels(guard, stub):
    told = {
        "id": "batch_1",
        "object": "batch",
        "status": "validating",
        "created_at": 1,
        "endpoint": "/v1/responses",
    }
    told |= {"input_file_id": "file-491511234567890", "completion_window": "24h"}
    stub.faults["/v1/batches"] = lambda handler, _: handler.reply(told)
    with guard.http_client() as http:
        made = openai_client(http, stub.url).batches.create(
            input_file_id="file-491511234567890",
            endpoint="/v1/responses",
            completion_window="24h",
            metadata={"owner": NAME},
        )
    assert made.input_file_id == "file-491511234567890"
    sent = json.loads(stub.requests[-1][3])
    assert (sent["input_file_id"], sent["endpoint"]) == ("file-491511234567890", "/v1/responses")
    assert TOKEN.fullmatch(sent["metadata"]["owner"])
