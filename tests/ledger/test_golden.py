"""The golden values of docs/spec/ledger.md: whoever changes a byte of them makes a new format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrail.canonical import b64u
from guardrail.ledger import merkle, parse_proof, verify_proof
from guardrail.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from guardrail.ledger.entry import draft
from guardrail.ledger.header import parse_header
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.proof import Proof
from guardrail.ledger.schema import APPLICATION_ID, FORMAT, SCHEMA, tables
from guardrail.ledger.tiles import Edge, node_reader
from guardrail.types import Event

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "ledger_v1.json").read_text("utf-8"))
SEED = bytes.fromhex(GOLDEN["seed"])


def tree():
    edge = Edge(0, (), lambda _level, _n: b"")
    for case in GOLDEN["entries"]:
        edge.append(bytes.fromhex(case["leaf_hash"]))
    return edge


def node():
    edge = tree()
    return node_reader(lambda level, n: bytes(edge.changed[level, n]))


@pytest.mark.parametrize("case", GOLDEN["entries"], ids=[case["name"] for case in GOLDEN["entries"]])
def test_an_event_in_its_place_gives_the_golden_header_and_leaf(case):
    given = dict(case["event"])
    documents = [bytes.fromhex(sha) for sha in given.pop("documents", [])]
    event = Event(**{**given, "policy": bytes.fromhex(given.get("policy", ""))})
    place = {"ts": case["ts"], "writer": case["w"], "sequence": case["ws"]}
    header = draft(event, documents).header(b64u(bytes.fromhex(case["rid"])), **place)
    assert header.decode() == case["header"]
    assert merkle.leaf_hash(header).hex() == case["leaf_hash"]
    assert parse_header(header).documents == tuple(documents)


@pytest.mark.parametrize("text", GOLDEN["refused_headers"])
def test_a_golden_refused_header_is_refused(text):
    with pytest.raises(ValueError, match=r"header|canonical|JSON"):
        parse_header(text.encode())


def test_the_golden_key_signs_the_golden_checkpoint():
    assert vkey_of_seed(GOLDEN["origin"], SEED) == GOLDEN["vkey"]
    edge = tree()
    assert edge.peaks.root().hex() == GOLDEN["root"]
    assert bytes(edge.changed[0, 0]).hex() == GOLDEN["tile_0_0"]
    value = Checkpoint(GOLDEN["origin"], edge.size, edge.peaks.root())
    assert sign_checkpoint(value, SEED).decode() == GOLDEN["checkpoint"]
    assert open_checkpoint(GOLDEN["checkpoint"].encode(), GOLDEN["vkey"]) == value


def test_the_golden_proofs_are_made_and_hold():
    case = GOLDEN["proof"]
    path = merkle.inclusion_proof(case["index"], len(GOLDEN["entries"]), node())
    header = GOLDEN["entries"][case["index"]]["header"].encode()
    assert Proof(case["index"], path, GOLDEN["checkpoint"].encode(), header).format().decode() == case["text"]
    assert verify_proof(parse_proof(case["text"].encode()), vkey=GOLDEN["vkey"]).size == 5
    case = GOLDEN["consistency"]
    hashes = merkle.consistency_proof(case["old"], case["new"], node())
    assert [one.hex() for one in hashes] == case["hashes"]


def test_the_golden_tables_are_those_of_format_1():
    assert GOLDEN["tables"] == tables(1)
    assert (GOLDEN["application_id"], GOLDEN["format"]) == (APPLICATION_ID, 1)


@pytest.mark.parametrize("number", [2, 3])
def test_the_golden_tables_of_later_formats_add_to_the_first_or_stand_in_for_them(number):
    older, names = tables(number - 1), f"ledger_v{number}.json"
    golden = json.loads((Path(__file__).parents[1] / "vectors" / names).read_text("utf-8"))
    assert golden["format"] == number
    assert tables(number) == {**older, **golden["tables"]}
    assert (tables(FORMAT), FORMAT) == (SCHEMA, 3)
