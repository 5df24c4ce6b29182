import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire.compression import FREE_BYTES, MAX_MEMBERS, MAX_RATIO, Inflater, codings, inflate

TEXT = b"".join(b'{"line": %d, "text": "some words"}' % i for i in range(500))
PACKED = {"gzip": gzip.compress(TEXT), "x-gzip": gzip.compress(TEXT), "deflate": zlib.compress(TEXT)}


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_body_comes_back_as_it_was(name):
    assert inflate(PACKED[name], [name], limit=len(TEXT)) == TEXT


@given(cuts=st.lists(st.integers(0, len(PACKED["gzip"])), max_size=6), endless=st.booleans())
def test_the_body_does_not_depend_on_how_it_was_cut(cuts, endless):
    packed = PACKED["gzip"]
    places = [0, *sorted(cuts), len(packed)]
    inflater = Inflater(["gzip"], limit=len(TEXT), endless=endless)
    parts = [inflater.feed(packed[a:b]) for a, b in pairwise(places)]
    assert b"".join(parts) + inflater.finish() == TEXT


def test_two_codings_are_undone_last_one_first():
    assert inflate(gzip.compress(zlib.compress(TEXT)), codings("deflate, gzip"), limit=len(TEXT)) == TEXT


def test_the_members_of_a_gzip_file_are_joined():
    assert inflate(gzip.compress(b"one ") + gzip.compress(b"two"), ["gzip"], limit=100) == b"one two"


def test_an_empty_body_has_nothing_to_unpack():
    assert inflate(b"", ["gzip"], limit=1) == b""


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", ()),
        ("identity", ()),
        ("GZIP", ("gzip",)),
        (" gzip , , identity", ("gzip",)),
        ("br", ("br",)),
    ],
)
def test_a_header_names_the_codings_in_order(header, names):
    assert codings(header) == names


def _raises(body, names, *, limit):
    with pytest.raises(BodyError) as caught:
        inflate(body, names, limit=limit)
    assert caught.value.advice
    return caught.value.status


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("lost", [1, 4, 8, 200])
def test_a_truncated_body_is_refused(name, lost):
    assert _raises(PACKED[name][:-lost], [name], limit=len(TEXT)) == 400


@pytest.mark.parametrize("name", PACKED)
def test_a_broken_body_is_refused(name):
    assert _raises(b"this is not packed at all", [name], limit=1000) == 400


def test_a_broken_checksum_is_refused():
    damaged = bytearray(PACKED["gzip"])
    damaged[-6] ^= 1
    assert _raises(bytes(damaged), ["gzip"], limit=len(TEXT)) == 400


@pytest.mark.parametrize("name", PACKED)
def test_bytes_after_the_end_are_refused(name):
    assert _raises(PACKED[name] + b"\0\0\0", [name], limit=2 * len(TEXT)) == 400


def test_a_second_zlib_stream_is_no_part_of_a_deflate_body():
    assert _raises(PACKED["deflate"] * 2, ["deflate"], limit=3 * len(TEXT)) == 400


def test_a_body_of_one_byte_more_than_the_limit_is_refused():
    assert _raises(PACKED["gzip"], ["gzip"], limit=len(TEXT) - 1) == 413


def test_a_bomb_is_refused_by_its_ratio_before_it_reaches_the_limit():
    bomb = zlib.compress(bytes(50_000_000), 9)
    assert len(bomb) * MAX_RATIO < 50_000_000
    assert _raises(bomb, ["deflate"], limit=100_000_000) == 413


def test_a_small_body_may_be_very_regular():
    body = bytes(FREE_BYTES)
    assert inflate(zlib.compress(body, 9), ["deflate"], limit=FREE_BYTES) == body


def test_a_bomb_inside_a_bomb_is_refused_at_the_limit():
    bomb = gzip.compress(gzip.compress(bytes(10_000_000)))
    assert _raises(bomb, ["gzip", "gzip"], limit=1_000_000) == 413


def test_a_stream_may_be_longer_than_the_limit_but_no_piece_of_it():
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(TEXT) + packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(20)] + [packer.flush()]
    inflater = Inflater(["gzip"], limit=len(TEXT), endless=True)
    assert b"".join(inflater.feed(piece) for piece in pieces) + inflater.finish() == TEXT * 20
    with pytest.raises(BodyError):
        Inflater(["gzip"], limit=len(TEXT), endless=True).feed(b"".join(pieces))


def test_thousands_of_empty_members_are_refused():
    assert _raises(gzip.compress(b"") * (MAX_MEMBERS + 1), ["gzip"], limit=1000) == 400


def test_many_codings_are_refused():
    with pytest.raises(BodyError) as caught:
        codings("gzip, gzip, gzip")
    assert caught.value.status == 415
