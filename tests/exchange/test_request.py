"""The way up: what may go on, and what is refused."""

from __future__ import annotations

import json

import pytest

from guardrail import BlockedError, BodyError, ConfigError, Context, DetectionError, recognizer
from guardrail.testing import memory_guard

JSON = "application/json"


def chat(*messages, **more):
    return json.dumps({"model": "m", "messages": list(messages), **more}).encode()


def sent(guard, body, protocol="", content_type=JSON):
    return guard.exchange(protocol=protocol).request(body, content_type=content_type)


def test_a_body_without_findings_goes_on_byte_for_byte(guard):
    body = b'{ "a" : 1.50,\t"big":123456789012345678901234567890, "a":"\\u00e9\\/" , "n": null}\n'
    assert sent(guard, body) == body


def test_every_string_of_generic_json_is_text(guard):
    body = b'{"x":[{"deep":["Ann Smith"]}],"note":"card 4111 1111 1111 1111"}'
    new = json.loads(sent(guard, body))
    assert new["x"][0]["deep"][0].startswith("<PERSON_")
    assert new["note"] == "card ************1111"


def test_both_of_two_duplicate_keys_are_scrubbed(guard):
    assert b"Ann" not in sent(guard, b'{"a":"Ann Smith","a":"Ann Smith"}')


def test_a_number_that_is_personal_data_becomes_a_string_and_the_document_stays_json(guard):
    new = json.loads(sent(guard, b'{"card":4111111111111111,"count":3}'))
    assert new == {"card": "************1111", "count": 3}


def test_a_key_that_is_a_value_is_scrubbed(guard):
    (key,) = json.loads(sent(guard, b'{"ann@example.com":1}'))
    assert key.startswith("<EMAIL_ADDRESS_")


def test_json_inside_a_string_is_scrubbed_and_stays_json(guard):
    inner = json.dumps({"name": "Ann Smith", "quote": '"'})
    new = json.loads(sent(guard, json.dumps({"arguments": inner}).encode()))
    assert json.loads(new["arguments"])["name"].startswith("<PERSON_")


def test_a_name_behind_json_escapes_is_found(guard):
    assert json.loads(sent(guard, b'{"n":"M\\u00fcller"}'))["n"].startswith("<PERSON_")


def test_the_same_value_gives_the_same_token_in_every_request(guard):
    first, second = (json.loads(sent(guard, b'{"n":"Ann Smith"}'))["n"] for _ in range(2))
    assert first == second


def test_structural_fields_of_chat_completions_are_left_and_counted(guard):
    exchange = guard.exchange(protocol="openai.chat")
    body = chat({"role": "user", "content": "hi"}, model="Ann-Smith")
    assert exchange.request(body, content_type=JSON) == body
    assert exchange.opening().facts["passed"]["structural"] > 0


@pytest.mark.parametrize("field", ["model", "service_tier", "tool_choice"])
def test_no_value_leaves_in_a_structural_field(guard, field):
    for value in ("j@example.org", "4111 1111 1111 1111"):
        body = chat({"role": "user", "content": "hi"}, **{field: value})
        assert value not in guard.exchange(protocol="openai.chat").request(body, content_type=JSON).decode()


def test_an_unknown_field_is_scrubbed_blocked_or_passed_as_the_policy_says(policy_file):
    body = chat({"role": "user", "content": "hi"}, brand_new="Ann Smith")
    for setting in ("scrub", "pass", "block"):
        with memory_guard(policy_file(unknown_field=setting), known={"Ann Smith": "PERSON"}) as guard:
            if setting == "block":
                with pytest.raises(BodyError):
                    sent(guard, body, "openai.chat")
            else:
                assert (b"Ann Smith" in sent(guard, body, "openai.chat")) == (setting == "pass")


def test_what_a_tool_said_is_decided_in_the_channel_of_tools(guard, policy_file):
    rule = '[[rules]]\nid="tool-only"\nwhy="x"\nfind=["NRP"]\nwhere=["tool"]\naction="allow"\n'
    path = policy_file()
    path.write_text(path.read_text("utf-8") + rule, "utf-8")
    with memory_guard(path, known={"Danish": "NRP"}) as watching:
        body = chat(
            {"role": "tool", "tool_call_id": "c", "content": "Danish"}, {"role": "user", "content": "Danish"}
        )
        tool, user = json.loads(sent(watching, body, "openai.chat"))["messages"]
    assert tool["content"] == "Danish"
    assert user["content"] == "[NRP]"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", JSON, 400),
        (b'{"a":NaN}', JSON, 400),
        (b'"\xff"', JSON, 400),
        ('{"a":"Ann Smith"}'.encode("utf-16"), JSON, 400),
        ('{"a":"Ann Smith"}'.encode("utf-16"), "application/json; charset=utf-16", 415),
        (b"+AGE-", "text/plain; charset=utf-7", 415),
        (b"[" * 10_000 + b"]" * 10_000, JSON, 413),
        (b"\x89PNG", "image/png", 415),
        (b"whatever", "", 415),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b'{"a":"\x00"}', JSON, 400),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_so(guard, body, content_type, status):
    exchange = guard.exchange()
    with pytest.raises(BodyError) as caught:
        exchange.request(body, content_type=content_type)
    refusal = exchange.refusal(caught.value)
    assert refusal.status == status
    assert caught.value.advice
    assert b"Ann" not in refusal.body


def test_an_unreadable_body_passes_and_is_counted_where_the_policy_says_so(policy_file):
    with memory_guard(policy_file(on_unreadable="pass")) as guard:
        exchange = guard.exchange()
        assert exchange.request(b"\x89PNG", content_type="image/png") == b"\x89PNG"
        assert exchange.opening().facts["passed"] == {"unreadable": 4}


def test_an_image_inside_a_chat_follows_on_unreadable(guard):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    with pytest.raises(BodyError):
        sent(guard, chat({"role": "user", "content": [part]}), "openai.chat")
    part["image_url"]["url"] = "https://example.com/cat.png"
    assert b"cat.png" in sent(guard, chat({"role": "user", "content": [part]}), "openai.chat")


def test_forms_and_plain_text_are_scrubbed(guard):
    form = sent(guard, b"name=Ann+Smith&x=1&x=%20", content_type="application/x-www-form-urlencoded")
    assert form.startswith(b"name=%3CPERSON_")
    assert form.endswith(b"&x=1&x=%20")
    text = sent(guard, "Müller war da".encode("latin-1"), content_type="text/plain; charset=iso-8859-1")
    assert text.startswith(b"<PERSON_")
    assert text.endswith(b" war da")


def test_a_blocked_value_stops_the_request_and_the_refusal_names_the_rule_only(guard):
    exchange = guard.exchange(protocol="openai.chat")
    with pytest.raises(BlockedError) as caught:
        exchange.request(chat({"role": "user", "content": "key AKIAIOSFODNN7EXAMPLE"}), content_type=JSON)
    refusal = exchange.refusal(caught.value)
    error = json.loads(refusal.body)["error"]
    assert (refusal.status, error["rule"], error["entity"]) == (403, "secrets", "SECRET")
    assert b"AKIA" not in refusal.body
    assert exchange.opening().findings["SECRET"] == {"block": 1}


@pytest.mark.parametrize("on_error", ["block", "redact", "pass"])
def test_a_failing_detector_is_decided_by_the_policy_and_recorded(policy_file, on_error):
    from guardrail import Detector, Guard, policy
    from guardrail.ledger import Ledger
    from guardrail.testing import KnownValues
    from guardrail.vault.keys import Keys

    @recognizer("ID")
    def broken(text):
        raise RuntimeError(text)

    keys = Keys.ephemeral()
    detector = Detector.load(names="none", extra=[broken, KnownValues({})])
    loaded = policy.load(policy_file(on_error=on_error))
    with Guard(
        policy=loaded, detector=detector, keys=keys, ledger=Ledger.open(None, seed=keys.log_seed)
    ) as guard:
        exchange = guard.exchange()
        if on_error == "block":
            with pytest.raises(DetectionError) as caught:
                exchange.request(b'{"n":"Ann Smith"}', content_type=JSON)
            assert "Ann" not in str(caught.value)
            assert exchange.refusal(caught.value).status == 503
        else:
            new = exchange.request(b'{"n":"Ann Smith"}', content_type=JSON)
            assert (b"Ann" in new) == (on_error == "pass")
        assert exchange.opening().facts["failed"] == 1


@pytest.fixture
def shadow(policy_file):
    """Return a guard whose policy only watches."""
    path = policy_file()
    path.write_text(path.read_text("utf-8").replace("schema = 1", 'schema = 1\nmode = "shadow"'), "utf-8")
    with memory_guard(path, known={"Ann Smith": "PERSON"}) as guard:
        yield guard


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"{", JSON), (b"\x89PNG", "image/png"), (b"[" * 10_000, JSON), (b"\xff", "text/plain; charset=utf-16")],
)
def test_shadow_mode_stops_nothing_that_cannot_be_read(shadow, body, content_type):
    exchange = shadow.exchange()
    assert exchange.request(body, content_type=content_type) == body
    exchange.answer(content_type)
    assert exchange.response(body) + exchange.finish() == body
    asked, answered = exchange.opening().facts, exchange.closing("ok").facts
    assert asked.get("failed") or asked.get("passed")
    assert answered.get("failed") or answered.get("passed") or answered.get("looked")


def test_shadow_mode_leaves_a_stream_as_it_is_and_counts_what_it_would_have_done(shadow):
    exchange = shadow.exchange(protocol="openai.chat")
    exchange.answer("text/event-stream")
    choice = {
        "index": 0,
        "delta": {"content": "Ann Smith. AKIAIOSFODNN7EXAMPLE. So"},
        "logprobs": {"content": []},
    }
    stream = b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\ndata: [DONE]\n\n"
    assert exchange.response(stream) + exchange.finish() == stream
    assert exchange.closing("ok").findings["SECRET"] == {"block": 1}


def test_shadow_mode_counts_and_changes_nothing(shadow):
    exchange = shadow.exchange()
    body = b'{"n":"Ann Smith","k":"AKIAIOSFODNN7EXAMPLE"}'
    assert exchange.request(body, content_type=JSON) == body
    assert exchange.opening().findings["PERSON"] == {"tokenize": 1}
    exchange.answer(JSON)
    assert exchange.response(body) + exchange.finish() == body


def test_an_empty_body_is_no_text(guard):
    assert sent(guard, b"", content_type="") == b""


def test_an_unknown_protocol_is_refused(guard):
    with pytest.raises(ConfigError):
        guard.exchange(protocol="nonsense")


def test_a_token_planted_in_a_request_is_never_issued_for_one_of_its_values(guard):
    planted = json.loads(sent(guard, b'{"n":"Ann Smith"}'))["n"]
    exchange = guard.exchange()
    new = json.loads(
        exchange.request(json.dumps({"doc": planted, "n": "Ann Smith"}).encode(), content_type=JSON)
    )
    assert new["n"] != planted
    exchange.answer(JSON)
    exchange.response(json.dumps({"echo": planted, "own": new["n"]}).encode())
    assert json.loads(exchange.finish()) == {"echo": planted, "own": "Ann Smith"}


def test_a_conversation_has_shorter_tokens_of_its_own(guard):
    context = Context(conversation="c-1")
    exchange = guard.exchange(context=context)
    token = json.loads(exchange.request(b'{"n":"Ann Smith"}', content_type=JSON))["n"]
    assert len(token) == len("<PERSON_1234567>")
    assert token != json.loads(sent(guard, b'{"n":"Ann Smith"}'))["n"]


def test_the_name_of_a_speaker_keeps_the_form_that_providers_ask_for(guard):
    new = json.loads(sent(guard, chat({"role": "user", "name": "Ann Smith", "content": "hi"}), "openai.chat"))
    name = new["messages"][0]["name"]
    assert name.startswith("PERSON_")
    assert name.replace("_", "").isalnum()
    plain = json.loads(sent(guard, chat({"role": "user", "name": "helper", "content": "hi"}), "openai.chat"))
    assert plain["messages"][0]["name"] == "helper"


def test_json_that_is_sent_as_plain_text_hides_nothing_behind_escapes(guard):
    body = b'{"n":"\\u0041nn Smith"}'
    assert json.loads(sent(guard, body, content_type="text/plain"))["n"].startswith("<PERSON_")
    assert sent(guard, b"{not json", content_type="text/plain") == b"{not json"


def test_a_token_in_a_history_stays_and_a_number_in_the_form_of_a_token_does_not(guard):
    from guardrail.tokens import ALPHABET, mentions, well_formed
    from guardrail.vault.memory import TokenMap

    token = json.loads(sent(guard, b'{"n":"Ann Smith"}'))["n"]
    text = f"Ann Smith is {token}"
    assert json.loads(sent(guard, json.dumps({"t": text}).encode()))["t"].endswith(token)
    posing = next(f"<ID_411111111{c}>" for c in ALPHABET if well_formed(f"ID_411111111{c}"))
    assert list(mentions(posing))
    (place,) = TokenMap(bytes(32)).find(posing, destination="completion")
    assert place.proof == "broken"  # it is counted, and shields nothing


@pytest.mark.parametrize("number", ["4111111111111111.0", "4.111111111111111e15", "4111111111111111E0"])
def test_a_card_that_is_written_as_a_fraction_or_with_an_exponent_is_found(guard, number):
    assert json.loads(sent(guard, b'{"a":' + number.encode() + b"}"))["a"] == "************1111"


@pytest.mark.parametrize("number", ["1e999999999", "1.5", "-0.0", "1e-7", "12e3"])
def test_other_numbers_keep_their_bytes(guard, number):
    body = b'{"a":' + number.encode() + b"}"
    assert sent(guard, body) == body


def test_a_key_of_a_structural_table_that_is_a_value_is_scrubbed(guard):
    body = chat({"role": "user", "content": "hi"}, logit_bias={"50256": -100, "ann@example.com": 1})
    new = json.loads(sent(guard, body, "openai.chat"))
    assert next(iter(new["logit_bias"])) == "50256"
    assert "ann@example.com" not in new["logit_bias"]


def test_no_error_drags_the_text_behind_it(guard):
    for body in (b'{"n":"Ann Smith', b'"Ann Smith \xff"'):
        with pytest.raises(BodyError) as caught:
            sent(guard, body)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None


def test_a_recognizer_that_raises_one_of_our_errors_tells_nothing_of_the_text(policy_file):
    from guardrail import Detector, Passage

    @recognizer("ID")
    def telling(text):
        raise ConfigError(text)

    with pytest.raises(DetectionError) as caught:
        Detector.load(names="none", extra=[telling]).detect([Passage("Ann Smith")])
    assert "Ann" not in f"{caught.value} {caught.value.advice}"
