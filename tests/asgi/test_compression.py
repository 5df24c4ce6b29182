import gzip
import os
import zlib
from functools import partial
from itertools import pairwise

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire import compression
from guardrail.wire.compression import FREE_BYTES, MAX_MEMBERS, MAX_RATIO, Inflater, codings, inflate

try:
    from compression import zstd
except ImportError:
    from backports import zstd

TEXT = b"".join(b'{"line": %d, "text": "some words"}' % i for i in range(500))
PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_body_comes_back_as_it_was(name):
    assert inflate(PACKED[name], [name], limit=len(TEXT)) == TEXT


@pytest.mark.parametrize("name", PACKED)
@given(cuts=st.lists(st.floats(0, 1), max_size=6), endless=st.booleans())
def test_the_body_does_not_depend_on_how_it_was_cut(name, cuts, endless):
    packed = PACKED[name]
    places = [0, *sorted(int(cut * len(packed)) for cut in cuts), len(packed)]
    inflater = Inflater([name], limit=len(TEXT), endless=endless)
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
@pytest.mark.parametrize("lost", [1, 4, 8, 100])
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


@pytest.mark.parametrize("name", ["deflate", "br"])
def test_a_second_stream_is_no_part_of_a_body_in_this_coding(name):
    assert _raises(PACKED[name] * 2, [name], limit=3 * len(TEXT)) == 400


def test_the_frames_of_a_zstd_body_are_joined_and_those_to_be_skipped_are():
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    body = zstd.compress(b"one ") + skipped + zstd.compress(b"two")
    assert inflate(body, ["zstd"], limit=100) == b"one two"


def test_a_zstd_frame_that_asks_for_much_memory_is_refused():
    body = zstd.compress(os.urandom(99) * 200_000, options={zstd.CompressionParameter.window_log: 27})
    assert _raises(body, ["zstd"], limit=10**9) == 400


@pytest.mark.parametrize("name", PACKED)
def test_a_body_of_one_byte_more_than_the_limit_is_refused(name):
    assert _raises(PACKED[name], [name], limit=len(TEXT) - 1) == 413


@pytest.mark.parametrize(
    ("name", "pack"),
    [("deflate", zlib.compress), ("br", partial(brotli.compress, quality=5)), ("zstd", zstd.compress)],
)
def test_a_bomb_is_refused_by_its_ratio_before_it_reaches_the_limit(name, pack):
    bomb = pack(bytes(50_000_000))
    assert len(bomb) * MAX_RATIO < 50_000_000
    assert _raises(bomb, [name], limit=100_000_000) == 413


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


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_thousands_of_empty_members_are_refused(name, pack):
    assert _raises(pack(b"") * (MAX_MEMBERS + 1), [name], limit=1000) == 400


def test_a_stream_may_be_packed_event_by_event():
    inflater = Inflater(["gzip"], limit=len(TEXT), endless=True)
    pieces = [inflater.feed(gzip.compress(b"data: x\n\n")) for _ in range(2 * MAX_MEMBERS)]
    assert b"".join(pieces) + inflater.finish() == b"data: x\n\n" * 2 * MAX_MEMBERS


def _missing(monkeypatch, *modules):
    compression.readable.cache_clear()
    found = compression.find_spec
    monkeypatch.setattr(compression, "find_spec", lambda name: None if name in modules else found(name))


@pytest.mark.parametrize("name", ["br", "zstd"])
def test_a_coding_without_its_library_is_refused_with_the_remedy(monkeypatch, name):
    try:
        _missing(monkeypatch, "brotli", "backports.zstd", "compression.zstd")
        assert compression.readable() == {"gzip", "x-gzip", "deflate"}
        with pytest.raises(BodyError, match=name) as caught:
            codings(f"gzip, {name}")
    finally:
        compression.readable.cache_clear()
    assert caught.value.status == 415
    assert "guardrail-pii[compression]" in caught.value.advice


def test_many_codings_are_refused():
    with pytest.raises(BodyError) as caught:
        codings("gzip, gzip, gzip")
    assert caught.value.status == 415
