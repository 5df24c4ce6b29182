"""Gemini Live by Google's SDK: both directions of its websocket are guarded, turn by turn."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading

import pytest
from certificates import self_signed
from seen import MAIL, NAME, SECRET, outcomes
from stub import BROUGHT, says

genai = pytest.importorskip("google.genai", reason="pip install 'guardrail-pii[sdks]'")
guarded = pytest.importorskip("guardrail.integrations.websockets")
serve = pytest.importorskip("websockets.sync.server").serve

TEXT = f"I am {NAME}, {MAIL}."
SETUP = {"response_modalities": ["TEXT"], "system_instruction": f"The user is {NAME}."}


class Server:
    """A Live server in a thread. `turn` makes the messages of each turn out of all that it was told."""

    def __init__(self, certificate):
        self.trusted = ssl.create_default_context(cafile=certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.received, self.paths, self.headers = [], [], []
        self.turn = spoken
        self._server = serve(self._talk, "127.0.0.1", 0, ssl=context)  # the SDK speaks TLS only
        self.url = f"https://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _talk(self, connection):
        self.paths.append(connection.request.path)
        self.headers.append(dict(connection.request.headers))
        for raw in connection:
            self.received.append(raw if isinstance(raw, str) else raw.decode())
            message = json.loads(raw)
            if "setup" in message:
                connection.send(json.dumps({"setupComplete": {}}).encode())
            elif message.keys() & {"client_content", "clientContent", "tool_response", "toolResponse"}:
                for one in self.turn("".join(self.received)):
                    connection.send(json.dumps(one).encode())

    def close(self):
        self._server.shutdown()
        self._thread.join()


def model_turn(*parts):
    return {"serverContent": {"modelTurn": {"role": "model", "parts": list(parts)}}}


def pieces(text):
    return [text[at : at + 5] for at in range(0, len(text), 5)]


def spoken(told):
    yield model_turn({"text": f"They gave {BROUGHT}", "thought": True})
    yield from (model_turn({"text": piece}) for piece in pieces(says(told)))
    yield from ({"serverContent": {"outputTranscription": {"text": one}}} for one in pieces(says(told)))
    yield {"serverContent": {"generationComplete": True}}
    yield {"serverContent": {"turnComplete": True}, "usageMetadata": {"totalTokenCount": 3}}


@pytest.fixture(scope="module")
def _live(tmp_path_factory):
    made = Server(self_signed(tmp_path_factory.mktemp("tls") / "live.pem"))
    yield made
    made.close()


@pytest.fixture
def live(_live, guard):
    for kept in (_live.received, _live.paths, _live.headers):
        kept.clear()
    _live.turn = spoken
    guarded.install(guard)
    yield _live
    guarded.uninstall(guard)


def client(live):
    options = genai.types.HttpOptions(
        base_url=live.url, api_version="v1beta", async_client_args={"ssl": live.trusted}
    )
    return genai.Client(api_key="key", http_options=options).aio.live


def said(messages):
    parts = [
        part
        for message in messages
        if message.server_content and message.server_content.model_turn
        for part in message.server_content.model_turn.parts
    ]
    return tuple(
        "".join(part.text for part in parts if bool(part.thought) is thought) for thought in (False, True)
    )


def heard(messages):
    told = [message.server_content.output_transcription for message in messages if message.server_content]
    return "".join(one.text for one in told if one)


async def ask(session, text=TEXT):
    await session.send_client_content(turns={"role": "user", "parts": [{"text": text}]}, turn_complete=True)
    return [message async for message in session.receive()]


def test_two_turns_are_clean_up_and_down_and_each_text_comes_before_its_turn_ends(live, guard, since):
    async def run():
        async with client(live).connect(model="stub", config=SETUP) as session:
            return [await ask(session), await ask(session)]

    for turn in asyncio.run(run()):
        text, thought = said(turn)
        assert text == heard(turn)
        assert text.startswith(f"Sure. I know {NAME}")
        assert MAIL in text
        assert text.endswith("Have a lovely day.")
        assert BROUGHT not in text + thought
        assert thought.startswith("They gave ")
        assert turn[-1].server_content.turn_complete
        assert turn[-1].usage_metadata.total_token_count == 3
    told = "".join(live.received)
    assert "<PERSON_" in told
    assert not any(value in told for value in (NAME, MAIL))
    assert outcomes(guard, since)[-1] == "ok"


def test_a_call_of_a_tool_is_restored_for_the_tool_that_may_see_it(live):
    def calling(told):
        known = says(told)
        calls = [
            {"id": "1", "name": "crm_mail", "args": {"to": known}},
            {"id": "2", "name": "search", "args": {"q": known}},
        ]
        yield {"toolCall": {"functionCalls": calls}}

    async def run():
        live.turn = calling
        async with client(live).connect(model="stub", config=SETUP) as session:
            await session.send_client_content(turns={"role": "user", "parts": [{"text": TEXT}]})
            called = await anext(aiter(session.receive()))
            live.turn = spoken
            response = genai.types.FunctionResponse(id="1", name="crm_mail", response={"sent": MAIL})
            await session.send_tool_response(function_responses=[response])
            return called.tool_call.function_calls, [message async for message in session.receive()]

    (crm, search), turn = asyncio.run(run())
    assert MAIL in crm.args["to"]
    assert MAIL not in search.args["q"]
    assert "<EMAIL_ADDRESS_" in search.args["q"]
    assert MAIL not in "".join(live.received), "what the tool said goes up without it"
    assert said(turn)[0].startswith("Sure. I know")


def test_a_block_in_the_midst_raises_the_sdks_own_error_with_the_rule_and_no_value(live, guard, since):
    def secret(told):
        yield from map(
            model_turn,
            ({"text": one} for one in pieces(f"Fine. Take aws_access_key_id = {SECRET} now. Bye.")),
        )
        yield {"serverContent": {"turnComplete": True}}

    seen = []

    async def run():
        live.turn = secret
        async with client(live).connect(model="stub", config=SETUP) as session:
            await session.send_client_content(turns={"role": "user", "parts": [{"text": TEXT}]})
            async for message in session.receive():
                seen.append(message)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(genai.errors.APIError, match="blocked by rule 'secrets'") as caught:
        asyncio.run(run())
    assert "AKIA" not in str(caught.value) + str(seen)
    assert outcomes(guard, since)[-1] == "blocked"
