"""Two inclusion proofs prove every leaf between them."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.evidence.run import Run, left_siblings
from guardrail.ledger.checkpoint import Checkpoint
from guardrail.ledger.merkle import Peaks, inclusion_proof, root
from guardrail.ledger.proof import Proof


def leaves_of(count):
    return [sha256(n.to_bytes(4, "big")).digest() for n in range(count)]


def node_of(leaves):
    return lambda level, n: root(leaves[n << level : (n + 1) << level])


def proofs_of(leaves, first, last):
    node = node_of(leaves)
    return [Proof(at, inclusion_proof(at, len(leaves), node), b"") for at in (first, last)]


def feed(run, leaves):
    for leaf in leaves:
        run.append(leaf)
    return run.holds()


@st.composite
def runs(draw):
    size = draw(st.integers(1, 70))
    first = draw(st.integers(0, size - 1))
    return size, first, draw(st.integers(first, size - 1))


@given(runs())
def test_the_left_siblings_of_a_leaf_are_the_peaks_before_it(run):
    size, first, _ = run
    leaves = leaves_of(size)
    peaks = Peaks()
    for leaf in leaves[:first]:
        peaks.append(leaf)
    path = inclusion_proof(first, size, node_of(leaves))
    assert left_siblings(first, size, path) == tuple(peaks.hashes)


@given(runs())
def test_a_whole_run_holds_and_passes_every_known_size_in_it(run):
    size, first, last = run
    leaves = leaves_of(size)
    tree = Checkpoint("x", size, root(leaves))
    known = {n: root(leaves[:n]) for n in range(size + 1)}
    checked = Run(*proofs_of(leaves, first, last), tree, known)
    assert feed(checked, leaves[first : last + 1])
    assert checked.passed == set(range(first, last + 2))
    assert not checked.differing


@given(runs(), st.data())
def test_a_run_with_one_leaf_changed_dropped_added_or_moved_does_not_hold(run, data):
    size, first, last = run
    leaves = leaves_of(size)
    tree = Checkpoint("x", size, root(leaves))
    inside = leaves[first : last + 1]
    at = data.draw(st.integers(0, len(inside) - 1))
    damaged = {
        "changed": [*inside[:at], sha256(b"forged").digest(), *inside[at + 1 :]],
        "dropped": [*inside[:at], *inside[at + 1 :]],
        "added": [*inside[:at], sha256(b"forged").digest(), *inside[at:]],
        "moved": [*inside[1:], inside[0]] if len(inside) > 1 else [],
    }
    for wrong in damaged.values():
        assert not feed(Run(*proofs_of(leaves, first, last), tree, {}), wrong)


@given(runs(), st.data())
def test_a_proof_with_one_hash_changed_does_not_hold(run, data):
    size, first, last = run
    leaves = leaves_of(size)
    tree = Checkpoint("x", size, root(leaves))
    proofs = proofs_of(leaves, first, last)
    which = data.draw(st.sampled_from([0, 1]))
    path = list(proofs[which].path)
    if not path:
        return
    path[data.draw(st.integers(0, len(path) - 1))] = sha256(b"forged").digest()
    proofs[which] = replace(proofs[which], path=tuple(path))
    assert not feed(Run(*proofs, tree, {}), leaves[first : last + 1])


def test_a_known_root_of_another_history_differs():
    leaves = leaves_of(6)
    tree = Checkpoint("x", 6, root(leaves))
    run = Run(*proofs_of(leaves, 1, 5), tree, {4: sha256(b"another").digest(), 9: b""})
    assert feed(run, leaves[1:])
    assert run.differing == {4}
    assert run.passed == {4}


@pytest.mark.parametrize(("first", "last"), [(3, 2), (0, 6), (-1, 2)])
def test_proofs_that_are_not_of_one_run_are_refused(first, last):
    with pytest.raises(ValueError, match="first and the last"):
        Run(Proof(first, (), b""), Proof(last, (), b""), Checkpoint("x", 6, bytes(32)), {})


def test_a_path_with_too_few_hashes_is_refused_before_any_leaf():
    with pytest.raises(ValueError, match="peaks"):
        Run(Proof(3, (), b""), Proof(3, (), b""), Checkpoint("x", 6, bytes(32)), {})
