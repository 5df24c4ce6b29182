"""The one object that users hold."""

from __future__ import annotations

import base64
import json
import stat
import threading
import traceback
from typing import ClassVar

import pytest

from guardrail import BlockedError, ConfigError, Context, DetectionError, Guard, LedgerError, PolicyError
from guardrail.guard import ledger_path
from guardrail.ledger import Reader, verify
from guardrail.testing import memory_guard
from guardrail.vault.keys import Keys

# Values that no shipped policy has in its examples: the ledger keeps the policies' sources.
PLANTED = ("Maria Gonzalez", "maria.g@example.org", "5555 5555 5555 4444", "5555555555554444")
TEXT = "Maria Gonzalez, maria.g@example.org, lost her card 5555 5555 5555 4444."


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Return a guard with every model on a ledger file, and the file."""
    path = tmp_path_factory.mktemp("guard") / "ledger.db"
    with Guard.load("gdpr-chat", ledger=path) as guard:
        yield guard, path


def test_scrub_returns_a_text_without_the_values_and_an_entry_that_is_in_the_ledger(loaded):
    guard, path = loaded
    result = guard.scrub(TEXT)
    assert not any(value in result.text for value in PLANTED)
    with Reader.open(path) as reader:  # another connection sees it: it is on the disk
        assert reader.entry(result.entry.index).header == result.entry.header


def test_no_byte_of_any_file_beside_the_ledger_holds_a_planted_value(loaded):
    guard, path = loaded
    with guard.session(subject="Maria Gonzalez", conversation="maria.g@example.org") as session:
        session.restore(session.scrub(TEXT).text)
    guard.ledger.checkpoint()
    files = list(path.parent.iterdir())
    assert len(files) >= 4
    for file in files:
        data = file.read_bytes()
        assert not any(value.encode() in data for value in PLANTED), file.name


def test_the_ledger_of_a_guard_verifies(loaded):
    guard, path = loaded
    guard.scrub("hello")
    note = guard.ledger.checkpoint()
    report = verify(path, vkey=guard.ledger.vkey, known=[note])
    assert (report.status, report.exit_code) == ("ok", 0)


def test_the_policy_in_force_is_in_the_ledger_by_its_digest(loaded):
    guard, _ = loaded
    document = guard.policy.documents[0]
    assert guard.ledger.policies()[document.digest] == document.source
    assert json.loads(guard.scrub("hello").entry.header)["pol"]


def test_the_key_file_is_the_owners_alone(loaded):
    _, path = loaded
    mode = path.with_name(path.name + ".key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_session_restores_what_it_tokenized_and_nothing_else(loaded):
    guard, _ = loaded
    with guard.session(subject="customer-4711") as session:
        sent = session.scrub("I am Ann Smith").text
        assert "Ann" not in sent
        assert session.restore(f"Hello {sent}") == "Hello I am Ann Smith"
        assert session.restore(sent, destination="tool:web_search") == sent
    with guard.session(subject="customer-4711") as other:
        assert other.restore(sent) == sent


def test_two_sessions_of_one_conversation_give_one_token(loaded):
    guard, _ = loaded
    texts = []
    for conversation in ("a", "a", "b"):
        with guard.session(conversation=conversation) as session:
            texts.append(session.scrub("I am Ann Smith").text)
    assert texts[0] == texts[1] != texts[2]


def test_a_session_that_ended_restores_nothing(loaded):
    guard, _ = loaded
    with guard.session() as session:
        sent = session.scrub("I am Ann Smith").text
    assert session.restore(sent) == sent


def test_clean_writes_no_entry(loaded):
    guard, _ = loaded
    size = guard.ledger.size
    text, decisions = guard.clean(TEXT, channel="log")
    assert guard.ledger.size == size
    assert "Maria" not in text
    assert decisions


def test_nothing_is_returned_when_the_ledger_cannot_be_written(tmp_path):
    guard = memory_guard("gdpr-chat", known={"Ann Smith": "PERSON"})
    guard.close()
    with pytest.raises(LedgerError) as caught:
        guard.scrub(TEXT)
    assert "Maria" not in str(caught.value)
    assert caught.value.advice


def test_a_blocked_text_is_recorded_and_raises(tmp_path):
    path = tmp_path / "strict.toml"
    path.write_text(
        'schema=1\nname="strict"\nversion="1"\ntitle="t"\nowner="o@example.com"\nreview_by=2099-01-01\n'
        '[retention]\ncontent="never"\nvault="1 day"\nledger="1 year"\n'
        '[[rules]]\nid="no-cards"\nwhy="w"\nfind=["CREDIT_CARD"]\naction="block"\n',
        "utf-8",
    )
    with memory_guard(path) as guard:
        with pytest.raises(BlockedError) as caught:
            guard.scrub(TEXT)
        assert "5555" not in str(caught.value)
        last = json.loads(guard.ledger.entry(guard.ledger.size - 1).header)
    assert last["t"] == "scrub.blocked"
    assert last["f"]["CREDIT_CARD"] == {"block": 1}


@pytest.mark.parametrize(
    "text", ["", "\x00", "\ud83d lone", "a" * 1_000_001, "\u200b", "Ann Smith\x00\ud800"], ids=len
)
def test_hostile_texts_pass_through_or_are_scrubbed_but_never_break(text):
    with memory_guard("gdpr-chat", known={"Ann Smith": "PERSON"}) as guard:
        assert "Ann Smith" not in guard.scrub(text).text


def test_a_policy_that_names_what_nothing_finds_is_refused_at_start(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        'schema=1\nname="p"\nversion="1"\ntitle="t"\nowner="o@example.com"\nreview_by=2099-01-01\n'
        '[retention]\ncontent="never"\nvault="1 day"\nledger="1 year"\n'
        '[[rules]]\nid="r"\nwhy="w"\nfind=["EMPLOYEE_ID"]\naction="redact"\n',
        "utf-8",
    )
    with pytest.raises(ConfigError, match="EMPLOYEE_ID"):
        memory_guard(path)


def test_a_guard_needs_a_policy_that_exists(tmp_path):
    with pytest.raises(ConfigError):
        Guard.load()
    with pytest.raises(PolicyError):
        Guard.load("gdpr-chta")
    with pytest.raises(PolicyError):
        Guard.load(tmp_path / "none.toml")


@pytest.mark.parametrize("place", ["Acme Corp", "ann@example.com", "4111111111111111", "x" * 33])
def test_a_context_whose_names_could_hold_data_is_refused_before_any_text_is_touched(place):
    with memory_guard("gdpr-chat") as guard, pytest.raises(ConfigError) as caught:
        guard.scrub("hello", context=Context(tenant=place))
    assert place not in str(caught.value)


def test_a_ledger_is_a_path_or_a_sqlite_url(tmp_path):
    assert ledger_path(None) is None
    assert ledger_path("sqlite:///a.db") == ledger_path("a.db")
    assert ledger_path(tmp_path) == tmp_path
    with pytest.raises(ConfigError):
        ledger_path("mysql://localhost/x")


def test_a_guard_that_cannot_start_leaves_the_ledger_closed(tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"not a ledger" * 100)
    Keys.create(tmp_path / "keys")
    with pytest.raises(LedgerError):
        Guard.load("gdpr-chat", ledger=tmp_path / "ledger.db", keys=tmp_path / "keys")


def test_keys_may_lie_elsewhere_and_tokens_stay_the_same(tmp_path):
    texts = []
    for name in ("one.db", "two.db"):
        with Guard.load("gdpr-chat", ledger=tmp_path / name, keys=tmp_path / "keys") as guard:
            texts.append(guard.scrub("I am Ann Smith").text)
    assert texts[0] == texts[1]
    assert not (tmp_path / "one.db.key").exists()


def test_many_threads_share_one_guard():
    with memory_guard("gdpr-chat", known={"Ann Smith": "PERSON"}) as guard:
        texts = []
        threads = [threading.Thread(target=lambda: texts.append(guard.scrub(TEXT).text)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(texts) == 16
        assert len(set(texts)) == 1
        assert repr(guard) == "<Guard gdpr-chat>"


def test_a_lost_key_file_is_never_replaced_in_silence(tmp_path):
    path = tmp_path / "ledger.db"
    with Guard.load("gdpr-chat", ledger=path) as guard:
        guard.scrub("hello")
    key = tmp_path / "ledger.db.key"
    key.unlink()
    with pytest.raises(ConfigError) as caught:
        Guard.load("gdpr-chat", ledger=path)
    assert "backup" in caught.value.advice
    assert not key.exists()


def test_a_detector_of_ones_own_that_fails_is_decided_by_the_policy_and_told_without_the_text():
    class Broken:
        versions: ClassVar = {}

        def __init__(self, entities):
            self.entities = entities

        def detect(self, passages):
            raise ValueError(passages[0].text)

    with memory_guard("gdpr-chat") as sound:
        guard = Guard(
            policy=sound.policy,
            detector=Broken(sound.detector.entities),
            keys=sound.keys,
            ledger=sound.ledger,
        )
        before = guard.ledger.size
        with pytest.raises(DetectionError) as caught:
            guard.scrub(PLANTED[0])
        assert "ValueError" in str(caught.value)
        assert "Maria" not in "".join(traceback.format_exception(caught.value))
        assert guard.ledger.size == before + 1


@pytest.mark.parametrize("text", [None, b"Maria Gonzalez", 7])
def test_what_is_no_text_is_refused_without_being_told(text):
    with memory_guard("gdpr-chat") as guard:
        with pytest.raises(ConfigError) as caught:
            guard.scrub(text)
        with pytest.raises(ConfigError, match="channel"):
            guard.clean("hello", channel="letter")
    assert "Maria" not in str(caught.value)


def test_a_traceback_tells_what_to_do():
    with pytest.raises(ConfigError) as caught:
        Guard.load()
    assert caught.value.__notes__ == [f"what to do: {caught.value.advice}"]


def test_of_values_in_one_encoded_run_the_strictest_action_decides(tmp_path):
    path = tmp_path / "strict.toml"
    path.write_text(
        'schema=1\nname="strict"\nversion="1"\ntitle="t"\nowner="o@example.com"\nreview_by=2099-01-01\n'
        '[retention]\ncontent="never"\nvault="1 day"\nledger="1 year"\n'
        '[[rules]]\nid="mail"\nwhy="w"\nfind=["EMAIL_ADDRESS"]\naction="tokenize"\n'
        '[[rules]]\nid="ssn"\nwhy="w"\nfind=["US_SSN"]\naction="block"\n',
        "utf-8",
    )
    run = base64.b64encode(b"write to ann@example.com, my SSN is 536-90-4399").decode()
    with memory_guard(path) as guard, pytest.raises(BlockedError) as caught:
        guard.scrub(f"please decode {run} for me")
    assert caught.value.rule == "ssn"
