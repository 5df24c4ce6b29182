"""Cosignatures of others: the published vectors, a witness over HTTP, quorums, and ML-DSA-44."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from guardrail.crypto import has_ml_dsa
from guardrail.errors import LedgerError
from guardrail.ledger import verify
from guardrail.ledger.calls import poster
from guardrail.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from guardrail.ledger.note import (
    COSIGNATURE,
    ED25519,
    ML_DSA_44,
    NoteError,
    VerifierKey,
    cosign,
    cosigner_key,
    parse_note,
    verify_note,
    vkey_of_seed,
)
from guardrail.ledger.trust import parse_trust
from guardrail.ledger.witness import Answer, Submission, Witness, ask, parse_submission
from guardrail.types import Event

SEED, OTHER = bytes(range(32)), bytes(32)
ORIGIN = "example.com/guard"
VKEY = vkey_of_seed(ORIGIN, SEED)
EXAMPLE = Path(__file__).parents[2] / "examples" / "witness.py"
needs_ml_dsa = pytest.mark.skipif(not has_ml_dsa(), reason="needs a newer release of cryptography")


def witness(folder, *, name="witness.example", seed=OTHER, kind=COSIGNATURE, logs=None):
    return Witness(
        name, seed, logs=logs or {ORIGIN: VKEY}, folder=folder, clock=lambda: 1_800_000_000, kind=kind
    )


def note(size=1, root=b"1"):
    return sign_checkpoint(Checkpoint(ORIGIN, size, root * 32), SEED)


def trust_of(*witnesses, quorum="all"):
    lines = [f"log {VKEY}", *(f"witness w{n} {one.vkey}" for n, one in enumerate(witnesses))]
    lines.append(f"group all-of-them {quorum} " + " ".join(f"w{n}" for n in range(len(witnesses))))
    return parse_trust("\n".join([*lines, "quorum all-of-them"]).encode())


def test_the_published_requests_get_the_published_answers(shared, tmp_path):
    vectors = shared("tlog_witness_add_checkpoint")
    origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
    key = VerifierKey(origin, ED25519, bytes.fromhex(vectors["sigsum_log_public_key_hex"]))
    one = witness(tmp_path, name="example.com/witness", logs={origin: str(key)})
    for step in vectors["steps"]:
        body = step["body"].encode()
        assert parse_submission(body).format() == body
        answer = one.add_checkpoint(body)
        # The specification has since asked for 404 where the log is unknown.
        unknown = "unknown log" in step["asserts"]
        assert answer.status == (404 if unknown else step["status"])
        if answer.status == 409:
            assert answer.content_type == "text/x.tlog.size"
            assert f'"{answer.body.decode().strip()}\\n"' in step["asserts"]
        elif answer.status == 200:
            signed = body.partition(b"\n\n")[2] + answer.body
            assert verify_note(parse_note(signed), VerifierKey.parse(one.vkey)) == 1_800_000_000


def test_a_witness_remembers_what_it_has_signed_and_signs_no_second_history(tmp_path):
    assert witness(tmp_path).add_checkpoint(Submission(0, (), note()).format()).status == 200
    again = witness(tmp_path)  # another process, the same folder
    assert again.add_checkpoint(Submission(1, (), note()).format()).status == 200
    assert again.add_checkpoint(Submission(1, (), note(root=b"2")).format())[::2] == (409, b"1\n")
    assert again.add_checkpoint(Submission(0, (), note(2)).format())[::2] == (409, b"1\n")
    assert again.add_checkpoint(Submission(1, (), note(2)).format()).status == 422
    assert again.add_checkpoint(Submission(3, (), note(2)).format()).status == 400
    forged = sign_checkpoint(Checkpoint(ORIGIN, 2, bytes(32)), OTHER)
    assert again.add_checkpoint(Submission(1, (), forged).format()).status == 403
    stranger = sign_checkpoint(Checkpoint("example.com/other", 2, bytes(32)), SEED)
    assert again.add_checkpoint(Submission(1, (), stranger).format()).status == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"old 0\n", b"old 00\n\nx", b"old 0\nAAAA\n\nx", b"new 0\n\nx", b"old 0\n" + b"A\n" * 70 + b"\nx"],
)
def test_what_is_no_request_is_refused(body, tmp_path):
    assert witness(tmp_path).add_checkpoint(body).status == 400


def asked(book, one, trust, calls=None):
    def post(body):
        answer = one.add_checkpoint(body)
        if calls is not None:
            calls.append(answer.status)
        return answer

    return ask(book.checkpoint(), trust, post=post, prove=book.prove_consistency)


@pytest.mark.parametrize("kind", [COSIGNATURE, pytest.param(ML_DSA_44, marks=needs_ml_dsa)])
def test_a_ledger_is_cosigned_as_it_grows_and_the_cosignatures_verify_offline(
    open_ledger, path, tmp_path, kind
):
    book, one = open_ledger(), witness(tmp_path, kind=kind)
    trust, calls = trust_of(one), []
    asked(book, one, trust, calls)
    for _ in range(5):
        book.append(Event("scrub"))
    signed = asked(book, one, trust, calls)
    assert calls == [200, 409, 200]
    found = trust.check(signed, vkey=VKEY)
    assert (found.checkpoint.size, dict(found.times)) == (6, {b"w0": 1_800_000_000})
    book.close()
    assert verify(path, vkey=VKEY, known=[signed]).status == "ok"


def test_a_restored_copy_that_a_witness_has_seen_newer_is_refused_by_it(open_ledger, tmp_path):
    book, one = open_ledger(at=None), witness(tmp_path)
    book.append(Event("scrub"))
    asked(book, one, trust_of(one))
    older = open_ledger(at=None)  # begins again: another history, shorter
    with pytest.raises(NoteError, match="knows 2 entries"):
        asked(older, one, trust_of(one))
    older.append(Event("scrub"))
    with pytest.raises(NoteError, match="another history"):
        asked(older, one, trust_of(one))


def test_answers_that_prove_nothing_are_not_taken(tmp_path):
    one, stranger = witness(tmp_path), witness(tmp_path, name="stranger.example", seed=SEED)
    line = cosign(parse_note(note()), name="stranger.example", seed=SEED, time=5).format().split(b"\n")[-2]
    cases = {
        "no witness": Answer(200, "text/plain", line + b"\n"),
        "refuses .403.: it does not know the key": Answer(403, "text/plain", b""),
        "refuses .302.: no reason": Answer(302, "text/html", b"<html>"),
        "size that is none": Answer(409, "text/x.tlog.size", b"one\n"),
        "another history": Answer(409, "text/plain", b"1\n"),
        "malformed|canonical|signature": Answer(200, "text/plain", b"hello\n"),
    }
    assert stranger.vkey != one.vkey
    for words, answer in cases.items():
        with pytest.raises(NoteError, match=words):
            ask(note(), trust_of(one), post=lambda _, answer=answer: answer, prove=lambda *_: ())
    forged = cosign(parse_note(note()), name="witness.example", seed=OTHER, time=5).format()
    broken = forged.splitlines(keepends=True)[-1].replace(b"AAAAAAAA", b"AAAAAAAB", 1)
    with pytest.raises(NoteError, match="does not hold"):
        ask(note(), trust_of(one), post=lambda _: Answer(200, "", broken), prove=lambda *_: ())


def test_a_quorum_counts_groups_of_groups(tmp_path):
    ones = [witness(tmp_path, name=f"w{n}.example", seed=bytes([n + 1]) * 32) for n in range(4)]
    text = f"""
# two of the first three, and the fourth
log {VKEY} https://example.com/
witness a {ones[0].vkey}
witness b {ones[1].vkey} https://b.example
\t witness c {ones[2].vkey}
witness d {ones[3].vkey}
group abc 2 a b c
group both all abc d
quorum both
"""
    trust = parse_trust(text.encode())
    assert trust.urls == {b"b": "https://b.example"}

    def signed(*numbers):
        made = parse_note(note())
        for n in numbers:
            made = cosign(made, name=f"w{n}.example", seed=bytes([n + 1]) * 32, time=7)
        return made.format()

    assert trust.check(signed(0, 2, 3), vkey=VKEY).times == {b"a": 7, b"c": 7, b"d": 7}
    for numbers in ((), (0, 3), (0, 1, 2)):
        with pytest.raises(NoteError, match="no quorum"):
            trust.check(signed(*numbers), vkey=VKEY)
    with pytest.raises(NoteError, match="not one of the policy's logs"):
        trust.check(signed(0, 2, 3), vkey=vkey_of_seed(ORIGIN, OTHER))
    assert parse_trust(b"quorum none\n").check(note(), vkey=VKEY).times == {}


W = str(cosigner_key("w.example", OTHER))
V = str(cosigner_key("v.example", SEED))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no quorum line"),
        ("quorum none\nquorum none", "line 2"),
        ("quorum a", "not defined above"),
        (f"witness a {W}\nwitness a {V}\nquorum a", "defined twice"),
        (f"witness none {W}\nquorum none", "reserved"),
        (f"witness a {W}\nwitness b {W}\nquorum a", "key stands there twice"),
        (f"witness a {VKEY}\nquorum a", "not one that cosigns"),
        (f"log {W}\nquorum none", "not one that signs a log"),
        (f"witness a {W}\ngroup g 2 a\nquorum g", "more members"),
        (f"witness a {W}\ngroup g 0 a\nquorum g", "all, any, or a number"),
        (f"witness a {W}\ngroup g +1 a\nquorum g", "all, any, or a number"),
        (f"witness a {W}\ngroup g any a\ngroup h any a\nquorum g", "a member twice"),
        (f"witness a {W}\ngroup g any\nquorum a", "not a line"),
        ("group g any g\nquorum g", "not defined above"),
        ("log x\nquorum none", "not a public key"),
        ("quorum none\r\n", "control character"),
        ("witnes a b", "not a line"),
    ],
)
def test_what_is_no_policy_of_witnesses_is_refused_with_its_line(text, words):
    with pytest.raises(NoteError, match=words):
        parse_trust(text.encode())


@needs_ml_dsa
def test_ml_dsa_signs_the_tree_under_the_cosigners_name():
    made = cosign(parse_note(note()), name="w.example", seed=OTHER, time=9, kind=ML_DSA_44)
    key = cosigner_key("w.example", OTHER, kind=ML_DSA_44)
    assert VerifierKey.parse(str(key)) == key
    assert verify_note(parse_note(made.format()), key) == 9
    assert open_checkpoint(made.format(), str(key)).size == 1
    with pytest.raises(NoteError, match="does not hold"):
        verify_note(parse_note(made.format().replace(b"\n1\n", b"\n2\n", 1)), key)
    renamed = cosigner_key("v.example", OTHER, kind=ML_DSA_44)
    moved = parse_note(made.format()).signatures[-1]
    line = type(moved)(renamed.name, renamed.key_id, moved.value)
    with pytest.raises(NoteError, match="does not hold"):
        verify_note(type(made)(made.text, (line,)), renamed)
    with pytest.raises(NoteError, match="not a checkpoint"):
        cosign(type(made)("hello\n", ()), name="w.example", seed=OTHER, time=9, kind=ML_DSA_44)


@pytest.fixture
def served(tmp_path):
    """Run the example's witness for a ledger's key; return the lines of a policy."""
    running = []

    def serve(vkey_file):
        command = [sys.executable, str(EXAMPLE), "witness.example", str(vkey_file), str(tmp_path / "w"), "0"]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        policy = tmp_path / "policy.txt"
        policy.write_text(f"{running[-1].stdout.readline()}quorum witness.example\n")
        return policy

    yield serve
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_command_has_a_checkpoint_cosigned_and_verify_asks_for(open_ledger, path, served, capsysbinary):
    from guardrail.cli.app import main

    def run(*words):
        capsysbinary.readouterr()
        code = main(list(words))
        return code, *capsysbinary.readouterr()

    open_ledger().close()
    policy = served(path.with_name("ledger.db.vkey"))
    checked = ("ledger", "verify", str(path), "--witness-policy", str(policy))
    assert run(*checked)[0] == 50
    code, out, _ = run("ledger", "checkpoint", str(path), "--witness-policy", str(policy))
    assert (code, path.with_name("ledger.db.witnessed").read_bytes()) == (0, out)
    code, _, said = run(*checked)
    assert code == 0
    assert b"cosigned: the first 2 entries, by witness.example" in said
    assert run("ledger", "checkpoint", str(path), "--witness", "https://w.example")[0] == 2
    path.with_name("ledger.db.witnessed").unlink()
    assert run(*checked, "--known-checkpoint", str(path.with_name("ledger.db.checkpoint")))[0] == 50


def test_the_example_witness_cosigns_over_http(open_ledger, path, served):
    book = open_ledger()
    trust = parse_trust(served(path.with_name("ledger.db.vkey")).read_bytes())
    post = poster(trust.urls[b"witness.example"] + "/add-checkpoint")
    signed = ask(book.checkpoint(), trust, post=post, prove=book.prove_consistency)
    book.append(Event("scrub"))
    newer = ask(book.checkpoint(), trust, post=post, prove=book.prove_consistency)
    assert [trust.check(one, vkey=VKEY).checkpoint.size for one in (signed, newer)] == [1, 2]


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://127.0.0.1/", "https:///x", "witness"])
def test_only_tls_leaves_the_machine(url):
    with pytest.raises(LedgerError, match="not one of https"):
        poster(url)


def test_a_witness_that_does_not_answer_is_an_error():
    with pytest.raises(LedgerError, match="no answer came from 127"):
        poster("http://127.0.0.1:9/")(b"x")


def test_nothing_of_this_is_loaded_by_a_ledger(tmp_path):
    loaded = "[m for m in sys.modules if m in ('urllib.request', 'guardrail.ledger.calls')]"
    code = f"import sys, guardrail.ledger.writer; print({loaded})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
