"""One websocket, both ways: recorded before it goes on, whole values only, tokens that stay."""

from __future__ import annotations

import json
import random
from types import MappingProxyType

import pytest

from guardrail import BlockedError, BodyError, ConfigError
from guardrail.errors import DetectionError, LedgerError
from guardrail.testing import memory_guard

KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" + "zA1bC2dE3fG4hJ5k"
ANSWER = "Dear <>, write to j@example.org or call. Card 4111 1111 1111 1111 is John Miller's. Good bye! "


def text_of(messages):
    return "".join(one if isinstance(one, str) else one.decode() for one in messages)


def token_of(duplex):
    """Return the token that the server gets for Ann."""
    return duplex.up("Ann Smith")[0]


def test_a_text_of_the_client_goes_on_as_a_token_and_comes_back_as_the_name(guard):
    duplex = guard.duplex()
    (sent,) = duplex.up("I am Ann Smith.")
    assert sent.startswith("I am <PERSON_")
    token = sent.removeprefix("I am ").removesuffix(".")
    assert text_of(duplex.down(f"Hello {token}. How are you?")) + text_of(duplex.finish()) == (
        "Hello Ann Smith. How are you?"
    )


def test_tokens_are_the_same_in_every_message_of_a_connection(guard):
    duplex = guard.duplex()
    first, second = duplex.up("Ann Smith"), duplex.up('{"name": "Ann Smith"}')
    assert json.loads(second[0]) == {"name": first[0]}


def test_every_message_with_a_text_has_an_entry_of_its_own(guard):
    duplex = guard.duplex()
    opening = guard.record(duplex.opening())
    assert opening.type == "exchange.request"
    duplex.up("Ann Smith")
    event = duplex.up_event()
    assert event.type == "stream.request"
    assert event.findings == {"PERSON": {"tokenize": 1}}
    guard.record(event)
    duplex.up("fine")
    assert duplex.up_event().facts["looked"] == 4
    assert duplex.up_event() is None
    closing = duplex.closing("ok", opening=opening.index)
    assert (closing.type, closing.facts["opening"]) == ("exchange.response", opening.index)
    guard.record(closing)


def test_the_output_never_depends_on_how_the_messages_were_cut(guard):
    def joined(pieces):
        duplex = guard.duplex()
        token = token_of(duplex)
        out = [one for piece in pieces for one in duplex.down(piece.replace("<>", token))]
        return text_of([*out, *duplex.finish()])

    whole = joined([ANSWER])
    assert "Ann Smith" in whole
    assert "j@example.org" not in whole
    assert "John" not in whole
    random.seed(4)
    for _ in range(60):
        cuts = sorted(random.sample(range(1, len(ANSWER)), 5))
        pieces = [ANSWER[a:b] for a, b in zip([0, *cuts], [*cuts, len(ANSWER)], strict=True)]
        if any("<" in piece and "<>" not in piece for piece in pieces):
            continue
        assert joined(pieces) == whole


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_pieces_in_json_messages_hide_no_value(guard, size):
    duplex = guard.duplex()
    token = token_of(duplex)
    text = ANSWER.replace("<>", token)
    out = []
    for at in range(0, len(text), size):
        out += duplex.down(json.dumps({"id": at, "text": text[at : at + size]}))
    out += duplex.finish()
    said = "".join(json.loads(one)["text"] for one in out)
    assert said.startswith("Dear Ann Smith, write to <EMAIL_ADDRESS_")
    assert "John" not in said
    assert said.endswith("Good bye! ")


def test_a_message_that_waits_comes_whole_when_the_server_is_silent(guard):
    duplex = guard.duplex()
    token = token_of(duplex)
    assert duplex.down(json.dumps({"text": f"Hello {token}"})) == []
    assert [json.loads(one) for one in duplex.idle()] == [{"text": "Hello Ann Smith"}]
    assert duplex.idle() == []


def test_an_untouched_message_is_the_same_text(guard):
    duplex = guard.duplex()
    for message in ('{ "a":1,\r\n "b" : "fine" }', "[]", "12", '"fine. And on it goes."', ""):
        assert guard.duplex().up(message) == [message]
    assert duplex.down('{ "a":1,\r\n "b" : "fine" }') == ['{ "a":1,\r\n "b" : "fine" }']
    assert text_of(duplex.down("A line.\r\nAnother line.\r\n\r\n") + duplex.finish()) == (
        "A line.\r\nAnother line.\r\n\r\n"
    )


def test_a_binary_message_that_is_json_is_read_and_stays_binary(guard):
    duplex = guard.duplex()
    (sent,) = duplex.up(b'{"name": "Ann Smith"}')
    assert isinstance(sent, bytes)
    assert b"Ann" not in sent
    (got,) = duplex.down(b'{"name": "%s", "to": "j@example.org"}' % json.loads(sent)["name"].encode())
    assert isinstance(got, bytes)
    assert json.loads(got)["name"] == "Ann Smith"
    assert b"example.org" not in got


def test_binary_text_stands_for_itself(guard):
    duplex = guard.duplex()
    token = token_of(duplex)
    (got,) = duplex.down(f"{token} and John Miller".encode())
    assert got.startswith(b"Ann Smith and <PERSON_")


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("message", [b"\xff\xfe", b"\x00\x01plain"])
def test_a_binary_message_that_nobody_can_read_is_refused_or_counted(guard, policy_file, way, message):
    with pytest.raises(BodyError) as caught:
        getattr(guard.duplex(), way)(message)
    assert guard.duplex().close_code(caught.value)[0] == 1003
    with memory_guard(policy_file(on_unreadable="pass")) as lax:
        duplex = lax.duplex()
        assert getattr(duplex, way)(message) == [message]
        closing = duplex.closing("ok")
        assert closing.facts["passed"] == {"unreadable": len(message)}


def test_what_passes_unread_is_recorded_first_and_then_in_sums(policy_file):
    with memory_guard(policy_file(on_unreadable="pass")) as lax:
        duplex = lax.duplex()
        events = []
        for _ in range(600):
            duplex.up(b"\xff" * 10)
            events.append(duplex.up_event())
        told = [at for at, event in enumerate(events) if event]
        assert told == [0, 256, 512]
        closing = duplex.closing("ok")
        total = sum(events[at].facts["passed"]["unreadable"] for at in told)
        assert total + closing.facts["passed"]["unreadable"] == 6000


def test_a_block_of_the_client_closes_with_the_name_of_the_rule(guard):
    duplex = guard.duplex()
    with pytest.raises(BlockedError) as caught:
        duplex.up(f"my key is {KEY}")
    code, reason = duplex.close_code(caught.value)
    assert code == 1008
    assert "secrets" in reason
    assert KEY not in reason
    assert duplex.up_event().findings == {"SECRET": {"block": 1}}


def test_a_block_of_the_server_stops_the_connection(guard):
    duplex = guard.duplex()
    out = duplex.down("All is well. ")
    with pytest.raises(BlockedError):
        duplex.down(f"Now the key: {KEY} is told. And more. ")
    out += duplex.farewell()
    assert KEY not in text_of(out)
    assert duplex.down("more. ") == []
    assert duplex.finish() == []
    assert duplex.idle() == []
    assert duplex.closing("blocked").facts["outcome"] == "blocked"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BodyError("x"), 1007),
        (BodyError("x", status=413), 1009),
        (BodyError("x", status=415), 1003),
        (DetectionError("x"), 1011),
        (LedgerError("é" * 200), 1011),
    ],
)
def test_every_error_has_a_close_code_and_a_reason_that_fits(guard, error, code):
    told, reason = guard.duplex().close_code(error)
    assert told == code
    assert len(reason.encode()) <= 123


def test_a_detector_that_fails_lets_nothing_on(policy_file):
    class Broken:
        entities = frozenset()
        versions = MappingProxyType({})

        def detect(self, passages):
            raise ValueError("Ann")

    with memory_guard(policy_file()) as made:
        object.__setattr__(made._border, "detector", Broken())
        duplex = made.duplex()
        with pytest.raises(DetectionError):
            duplex.up("Ann Smith")
        assert duplex.up_event().facts["failed"] == 1
        with pytest.raises(DetectionError):
            duplex.down("Ann Smith said so. And then she left. ")


def test_in_shadow_everything_passes_and_is_counted(policy_file):
    path = policy_file()
    path.write_text(path.read_text("utf-8").replace("schema = 1", 'schema = 1\nmode = "shadow"'), "utf-8")
    with memory_guard(path, known={"Ann Smith": "PERSON"}) as made:
        duplex = made.duplex()
        assert duplex.up("Ann Smith") == ["Ann Smith"]
        assert duplex.up_event().findings["PERSON"]
        assert duplex.down(b"\xff") == [b"\xff"]
        assert duplex.down(f"{KEY} ") == [f"{KEY} "]
        assert duplex.finish() == []


def test_an_unknown_protocol_is_refused(guard):
    with pytest.raises(ConfigError):
        guard.duplex(protocol="ws")


def test_a_message_that_is_too_large_is_refused(guard, monkeypatch):
    monkeypatch.setattr("guardrail.duplex.MAX_MESSAGE", 10)
    for way in ("up", "down"):
        with pytest.raises(BodyError) as caught:
            getattr(guard.duplex(), way)("x" * 11)
        assert guard.duplex().close_code(caught.value)[0] == 1009
