"""What the tests of the transport look at."""

from __future__ import annotations

import json

FAULT = "\N{OGHAM FEATHER MARK}"  # the detector of the tests fails on it
MAIL, NAME = "jane.roe@example.com", "Jane Roe"
BODY = {"model": "stub", "messages": [{"role": "user", "content": f"I am {NAME}, {MAIL}"}]}
STREAMED = {**BODY, "stream": True}
SECRET = "AKIAIOSFODNN7EXAMPLQ"  # in the form of a cloud provider's key
BLOCKED = {"model": "stub", "messages": [{"role": "user", "content": f"aws_access_key_id = {SECRET}"}]}


def outcomes(guard, since=0):
    """Return how the exchanges from an entry on began and ended."""
    facts = [(entry.type, json.loads(entry.header).get("x", {})) for entry in guard.ledger.entries(since)]
    return [fact.get("outcome", "sent") for kind, fact in facts if kind.startswith("exchange.")]


def said(response):
    """Return the text of a Chat Completion."""
    return response.json()["choices"][0]["message"]["content"]


def streamed(text):
    """Return the joined text of a stream of Chat Completions."""
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)
