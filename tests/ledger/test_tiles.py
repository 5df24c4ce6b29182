"""Tiles: the layout of C2SP tlog-tiles, and that proofs read few of them."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.ledger import merkle, tiles
from guardrail.ledger.checkpoint import open_checkpoint


def build(count):
    """Return all tiles over `count` numbered leaves, and the edge that made them."""
    edge = tiles.Edge(0, (), lambda _level, _n: b"")
    for number in range(count):
        edge.append(merkle.leaf_hash(str(number).encode()))
    return edge


def test_paths_equal_the_published_ones(shared):
    vectors = shared("tile_paths")
    for level, n, width, expected in vectors["tile"]:
        assert tiles.tile_path(level, n, width) == expected
    for index, size, expected in vectors["entries_for_index"]:
        n = index // tiles.WIDTH
        width = tiles.width_at(size, 0, n) % tiles.WIDTH
        assert tiles.bundle_path(n, width) == expected
    example = vectors["spec_example"]
    assert tiles.tile_path(0, example["index"]) == f"tile/0/{example['path']}"
    size = example["size_70000"]
    assert tiles.width_at(70_000, 0, size["l0_full"]) == size["l0_partial"]
    assert tiles.width_at(70_000, 1, size["l1_full"]) == size["l1_partial"]
    assert tiles.width_at(70_000, 2, 0) == size["l2_partial"]
    assert tiles.width_at(70_000, 0, 272) == 256
    assert tiles.width_at(70_000, 0, 999) == 0


def test_a_real_tiled_log_of_300_leaves_has_the_root_that_its_mirror_signed(shared):
    vectors = shared("tiled_tree_300")
    level0 = tiles.split(b64decode(vectors["tile/0/000"])) + tiles.split(
        b64decode(vectors["tile/0/001.p/44"])
    )
    checkpoint = open_checkpoint(vectors["checkpoint"].encode(), vectors["vkeys"][0])
    assert (checkpoint.size, checkpoint.origin) == (300, "rome2026h1.example.org")
    assert merkle.root(level0) == checkpoint.root
    edge = tiles.Edge(0, (), lambda _level, _n: b"")
    for leaf in level0:
        edge.append(leaf)
    assert bytes(edge.changed[1, 0]) == b64decode(vectors["tile/1/000.p/1"])
    assert edge.peaks.root() == checkpoint.root


@settings(max_examples=20)
@given(st.integers(0, 1300), st.lists(st.integers(0, 400), max_size=4))
def test_appending_in_pieces_gives_the_same_tiles_as_at_once(first, pieces):
    stored = dict(build(first).changed)
    size, peaks = first, build(first).peaks.hashes
    for piece in pieces:
        edge = tiles.Edge(size, peaks, lambda level, n: bytes(stored.get((level, n), b"")))
        for number in range(size, size + piece):
            edge.append(merkle.leaf_hash(str(number).encode()))
        stored.update(edge.changed)
        size, peaks = edge.size, edge.peaks.hashes
    assert stored == build(size).changed


def test_proofs_over_two_levels_of_tiles_hold_and_read_few():
    size = 66_000
    edge = build(size)
    reads = []

    def read(level, n):
        reads.append((level, n))
        return bytes(edge.changed.get((level, n), b""))

    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        reads.clear()
        proof = merkle.inclusion_proof(index, size, tiles.node_reader(read))
        leaf = merkle.leaf_hash(str(index).encode())
        assert merkle.verify_inclusion(index, size, leaf, proof, edge.peaks.root())
        assert len(reads) <= 6
    for old in (1, 256, 300, 65_536, 65_999):
        old_root = merkle.subtree_root(0, old, tiles.node_reader(read))
        proof = merkle.consistency_proof(old, size, tiles.node_reader(read))
        assert merkle.verify_consistency(old, size, old_root, edge.peaks.root(), proof)


def test_a_missing_or_short_tile_is_an_error_and_not_another_hash():
    edge = build(300)
    short = {key: bytes(tile)[:-32] for key, tile in edge.changed.items()}
    for read in (lambda _level, _n: b"", lambda level, n: short.get((level, n), b"")):
        with pytest.raises(ValueError, match="tile"):
            merkle.inclusion_proof(299, 300, tiles.node_reader(read))
    resumed = tiles.Edge(300, edge.peaks.hashes, lambda level, n: short[level, n])
    with pytest.raises(ValueError, match="tile"):
        resumed.append(bytes(32))
