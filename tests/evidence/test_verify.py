"""A pack is checked with nothing but the pack and the public key; every way to alter it is noticed."""

import json
import zipfile
from hashlib import sha256

import pytest
from packs import CARDS, DOCUMENT, ORIGIN, Clock, build_ledger, change_manifest, messages

from guardrail.canonical import canonical
from guardrail.evidence.verify import verify
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.proof import parse_proof
from guardrail.ledger.reader import Reader
from guardrail.ledger.writer import Ledger

OTHER_SEED = bytes(32)
POLICY_FILE = f"policies/{DOCUMENT[2].hex()}.toml"


def edit_line(files, at, change):
    lines = files["entries.jsonl"].split(b"\n")
    entry = json.loads(lines[at])
    change(entry)
    lines[at] = canonical(entry)
    files["entries.jsonl"] = b"\n".join(lines)


def drop_line(files, at):
    lines = files["entries.jsonl"].split(b"\n")
    del lines[at]
    files["entries.jsonl"] = b"\n".join(lines)


def test_an_untouched_pack_holds(pack, vkey):
    report = verify(pack, vkey=vkey)
    assert (report.status, report.exit_code, report.problems, report.notes) == ("ok", 0, (), ())
    assert report.material.proved.before < report.material.span.since
    assert report.material.proved.after > report.material.span.until


def test_the_forgers_tool_of_these_tests_gives_a_pack_that_holds(judged):
    assert judged(lambda _: None).exit_code == 0


@pytest.mark.parametrize("listed", [True, False], ids=["manifest forged too", "manifest left"])
@pytest.mark.parametrize("at", [0, 3, 7], ids=["first", "middle", "last"])
def test_an_edited_entry_is_noticed(judged, at, listed):
    report = judged(
        lambda files: edit_line(files, at, lambda entry: entry.update(ret="other")), listed=listed
    )
    assert report.exit_code == 40
    assert "do not lead to the signed root" in messages(report)


@pytest.mark.parametrize("at", [0, 3, 6])
def test_a_dropped_entry_is_noticed(judged, at):
    report = judged(lambda files: drop_line(files, at))
    assert report.exit_code == 40
    assert "fewer entries" in messages(report)


def test_an_entry_that_stands_twice_is_noticed(judged):
    def double(files):
        first = files["entries.jsonl"].split(b"\n")[0]
        files["entries.jsonl"] = first + b"\n" + files["entries.jsonl"]

    assert judged(double).exit_code == 40


def test_entries_in_another_order_are_noticed(judged):
    def swap(files):
        lines = files["entries.jsonl"].split(b"\n")
        lines[2], lines[3] = lines[3], lines[2]
        files["entries.jsonl"] = b"\n".join(lines)

    report = judged(swap)
    assert report.exit_code == 40
    assert "not later than" in messages(report)


def test_an_entry_that_is_none_is_noticed(judged):
    def spoil(files):
        files["entries.jsonl"] = b"{}\n" + files["entries.jsonl"]

    assert "cannot be read" in messages(judged(spoil))


def test_a_changed_count_is_noticed(judged):
    def change(files):
        counts = json.loads(files["counts.json"])
        counts["findings"]["PERSON"]["tokenize"] -= 1
        files["counts.json"] = canonical(counts)

    report = judged(change)
    assert report.exit_code == 40
    assert "counts are not those" in messages(report)


def test_a_number_changed_on_the_page_is_noticed(judged):
    def change(files):
        files["report.html"] = files["report.html"].replace(b"No gaps", b"No  gaps")

    report = judged(change)
    assert report.exit_code == 40
    assert "the page does not show what the entries say" in messages(report)


def test_without_a_forged_manifest_a_changed_file_is_named(judged):
    def change(files):
        files["report.html"] += b" "

    assert "report.html is not the file that the manifest lists" in messages(judged(change, listed=False))


def test_a_changed_read_me_is_noticed(judged):
    def change(files):
        files["README.txt"] = b"Send your keys to the address below."

    assert "README.txt does not follow" in messages(judged(change))


def test_a_swapped_policy_is_noticed(judged):
    def swap(files):
        files[POLICY_FILE] = CARDS

    report = judged(swap)
    assert report.exit_code == 40
    assert "digest" in messages(report)


def test_a_policy_renamed_together_with_its_digest_is_noticed(judged):
    name = sha256(CARDS).hexdigest()

    def swap(files):
        del files[POLICY_FILE]
        files[f"policies/{name}.toml"] = CARDS
        change_manifest(files, policies={name: [name]})

    assert "not those that the entries name" in messages(judged(swap))


def test_a_dropped_policy_is_noticed(judged):
    def drop(files):
        del files[POLICY_FILE]
        change_manifest(files, policies={})

    report = judged(drop)
    assert report.exit_code == 40


def test_an_added_policy_is_noticed(judged):
    name = sha256(CARDS).hexdigest()

    def add(files):
        files[f"policies/{name}.toml"] = CARDS

    report = judged(add)
    assert report.exit_code == 40
    assert "does not follow from its entries" in messages(report)


def test_a_file_that_the_manifest_does_not_list_is_noticed(judged):
    def add(files):
        files[f"policies/{'a' * 64}.toml"] = b"name = 'x'"

    assert "missing, or was added" in messages(judged(add, listed=False))


def test_another_key_has_not_signed_it(pack):
    report = verify(pack, vkey=vkey_of_seed(ORIGIN, OTHER_SEED))
    assert report.exit_code == 50
    assert "not signed by the key given" in messages(report)


def test_a_pack_signed_again_with_the_forgers_key_does_not_pass_under_the_true_one(tmp_path, vkey):
    path = build_ledger(tmp_path / "forged.db", Clock())
    assert path.exists()
    forged = tmp_path / "other.db"
    with Ledger.open(forged, seed=OTHER_SEED, origin=ORIGIN, clock=Clock()):
        pass
    from guardrail.evidence.pack import export
    from guardrail.evidence.span import Span

    with Reader.open(forged) as reader, (tmp_path / "p.zip").open("wb") as stream:
        export(reader, Span.parse("2026-07-01", "2026-07-02"), stream)
    assert verify(tmp_path / "p.zip", vkey=vkey).exit_code == 50
    assert verify(tmp_path / "p.zip", vkey=vkey_of_seed(ORIGIN, OTHER_SEED)).exit_code == 0


def test_a_damaged_signature_is_noticed(judged):
    def damage(files):
        head, sign, tail = files["checkpoint"].rpartition(b" ")
        files["checkpoint"] = head + sign + tail[:8] + (b"A" if tail[8:9] != b"A" else b"B") + tail[9:]

    report = judged(damage)
    assert report.exit_code == 40
    assert "checkpoint does not hold" in messages(report)


def test_a_copy_of_the_key_that_differs_is_noticed(judged):
    def swap(files):
        files["ledger.vkey"] = vkey_of_seed(ORIGIN, OTHER_SEED).encode() + b"\n"

    assert "copy of the public key" in messages(judged(swap))


@pytest.mark.parametrize("text", ["", "nonsense", "a+b+c"])
def test_a_key_that_is_none_ends_the_work(pack, text):
    report = verify(pack, vkey=text)
    assert report.exit_code == 50
    assert "public key given" in messages(report)


def test_entries_cut_off_at_an_end_of_the_span_are_noticed(judged):
    """The forger moves the first entry of the span out of it, and tells another span's counts."""

    def cut(files):
        change_manifest(files, first=9, **{"from": 8})
        drop_line(files, 0)
        files["proofs/first.tlog-proof"] = files["proofs/last.tlog-proof"]

    assert judged(cut).exit_code == 40

    def shift(files):
        change_manifest(files, first=9)

    report = judged(shift)
    assert report.exit_code == 40


def test_an_entry_of_the_span_passed_off_as_the_neighbour_is_noticed(ledger_path, make_pack, vkey):
    """With true proofs and true entries: only the times tell that the selection begins too late."""
    from guardrail.evidence import pack as module
    from guardrail.evidence.select import Selection, select

    def late(reader, span):
        true = select(reader, span)
        return Selection(true.first + 1, true.stop - 1, true.note, true.tree)

    original, module.select = module.select, late
    try:
        path = make_pack()
    finally:
        module.select = original
    report = verify(path, vkey=vkey)
    assert report.exit_code == 40
    assert messages(report).count("wrong side") == 2


def test_a_span_made_wider_than_its_entries_is_noticed(judged):
    report = judged(lambda files: change_manifest(files, since=0))
    assert report.exit_code == 40
    assert "wrong side" in messages(report)


def test_a_proof_that_is_none_is_noticed(judged):
    assert "proof cannot be read" in messages(
        judged(lambda files: files.update({"proofs/first.tlog-proof": b"c2sp"}))
    )


def test_proofs_exchanged_are_noticed(judged):
    def swap(files):
        files["proofs/first.tlog-proof"] = files["proofs/last.tlog-proof"]

    assert "not of the first and the last" in messages(judged(swap))


def test_a_proof_for_another_checkpoint_is_noticed(judged):
    def swap(files):
        files["proofs/first.tlog-proof"] = files["proofs/first.tlog-proof"][:-1] + b"\n\n"

    assert judged(swap).exit_code == 40


def test_a_proof_with_a_hash_too_few_is_noticed(judged):
    def cut(files):
        proof = parse_proof(files["proofs/first.tlog-proof"])
        files["proofs/first.tlog-proof"] = type(proof)(
            proof.index, proof.path[:-1], proof.checkpoint, proof.header
        ).format()

    assert judged(cut).exit_code == 40


def test_a_pack_without_its_proofs_is_noticed(judged):
    def drop(files):
        del files["proofs/first.tlog-proof"]

    assert judged(drop).exit_code == 50


def test_a_cut_or_foreign_file_is_unusable(pack, vkey, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(pack.read_bytes()[:-40])
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("hello.txt", "x")
    for path in (cut, foreign, tmp_path / "none.zip"):
        assert verify(path, vkey=vkey).exit_code == 50
