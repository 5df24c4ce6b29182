"""Policy documents as a reader of evidence sees them, without the policy part."""

from hashlib import sha256

import pytest
from packs import CARDS, POLICY

from guardrail import policy
from guardrail.crypto import digest, length_prefixed
from guardrail.evidence.documents import PolicySets, read_document, set_digest

CHAT, CARD = sha256(POLICY).hexdigest(), sha256(CARDS).hexdigest()
BOTH = set_digest([CARD, CHAT])
SOURCES = {CHAT: POLICY, CARD: CARDS}


def test_a_document_is_read_with_its_rules():
    document = read_document(POLICY)
    assert (document.name, document.version, document.title) == ("chat", "2026.1", "Customer chat")
    assert (document.owner, document.mode, document.digest) == ("The privacy office", "enforce", CHAT)
    contact, banks, odd = document.rules
    assert contact.controls == ("GDPR Art. 5(1)(c)", "GDPR Art. 25(1)")
    assert contact.find == ("PERSON", "EMAIL_ADDRESS")
    assert contact.where == ("prompt", "completion")
    assert banks.action == "mask (keep_last 4)"
    assert (odd.why, odd.controls) == ("", ())
    assert document.rule("bank-accounts") is banks
    assert document.rule("none") is None


def test_every_shipped_policy_is_read_with_all_its_rules():
    for path in policy.shipped().values():
        loaded = policy.load(path).documents[0]
        document = read_document(path.read_bytes())
        assert [rule.id for rule in document.rules] == [rule.id for rule in loaded.rules]
        assert [rule.controls for rule in document.rules] == [rule.controls for rule in loaded.rules]
        assert document.digest == loaded.digest.hex()
        assert document.mode == loaded.policy.mode


def test_the_rules_of_scopes_are_rules_of_the_document():
    source = b'name = "x"\n[[scopes]]\n[[scopes.rules]]\nid = "inner"\naction = "redact"\n'
    assert read_document(source).rule("inner").action == "redact"


def test_a_mark_at_the_beginning_and_windows_line_ends_are_read():
    assert read_document(b"\xef\xbb\xbfname = 'x'\r\n").name == "x"


def test_what_has_another_shape_is_passed_over():
    odd = b'name = "x"\ntitle = 3\nrules = ["a"]\nscopes = 1\n'
    assert read_document(odd).rules == ()
    assert read_document(odd).title == ""
    rules = b'name = "x"\n[[rules]]\nid = "a"\nfind = "PERSON"\nwhere = 3\naction = 4\ncontrols = ["b", 1]\n'
    (rule,) = read_document(rules).rules
    assert (rule.find, rule.where, rule.action, rule.controls) == (("PERSON",), (), "", ("b",))


@pytest.mark.parametrize(
    "source", [b"not toml", b"\xff", b"title = 'x'", b"name = ''", b"a = " + b"[" * 9999]
)
def test_what_is_no_document_is_refused(source):
    with pytest.raises(ValueError, match="policy document"):
        read_document(source)


def test_sets_resolve_names_to_documents():
    sets = PolicySets({CHAT: (CHAT,), BOTH: (CARD, CHAT)}, SOURCES)
    assert sets.named(BOTH, "cards").digest == CARD
    assert sets.named(CHAT, "cards") is None
    assert sets.named("00", "chat") is None


def test_the_digest_of_a_set_is_that_of_the_policy_part():
    assert set_digest([CHAT]) == CHAT
    assert digest(length_prefixed(bytes.fromhex(CARD), bytes.fromhex(CHAT))).hex() == BOTH


@pytest.mark.parametrize(
    ("sets", "sources", "fault"),
    [
        ({CHAT: (CHAT,)}, {CHAT: CARDS}, "does not have the digest"),
        ({CHAT: (CHAT,)}, {}, "missing"),
        ({CARD: (CHAT,)}, {CHAT: POLICY}, "set of policies"),
        ({BOTH: (CHAT, CARD)}, SOURCES, "set of policies"),
        ({CHAT: (CHAT,)}, SOURCES, "belongs to no entry"),
    ],
)
def test_documents_that_do_not_fit_their_digests_are_refused(sets, sources, fault):
    with pytest.raises(ValueError, match=fault):
        PolicySets(sets, sources)


def test_a_set_watches_only_if_every_document_does():
    shadow = POLICY.replace(b"version", b'mode = "shadow"\nversion', 1)
    name = sha256(shadow).hexdigest()
    mixed = set_digest([CARD, name])
    sets = PolicySets({name: (name,), mixed: (CARD, name)}, {name: shadow, CARD: CARDS})
    assert sets.watches_only(name)
    assert not sets.watches_only(mixed)
    assert not sets.watches_only("unknown")
