import pytest

from guardrail.errors import BodyError
from guardrail.wire.headers import DIGESTS, for_application, for_client, joined, length, single, without
from guardrail.wire.query import QueryDocument


def test_a_header_is_found_whatever_its_case():
    assert single([(b"Content-Type", b" text/plain ")], b"content-type") == "text/plain"
    assert single([], b"content-type") == ""


def test_a_header_that_says_two_things_is_refused():
    with pytest.raises(BodyError) as caught:
        single([(b"content-type", b"text/plain"), (b"content-type", b"image/png")], b"content-type")
    assert caught.value.status == 400


def test_a_header_that_says_one_thing_twice_says_it():
    assert single([(b"content-type", b"a/b"), (b"content-type", b"a/b")], b"content-type") == "a/b"


def test_list_headers_are_joined_in_order():
    assert (
        joined([(b"content-encoding", b"gzip"), (b"content-encoding", b"br")], b"content-encoding")
        == "gzip, br"
    )


@pytest.mark.parametrize(
    ("value", "bytes_"), [(b"12", 12), (b"-1", 0), (b"1_0", 0), (b"\xb2", 0), (b"9" * 30, 0), (b"1, 1", 0)]
)
def test_a_length_is_read_strictly(value, bytes_):
    assert length([(b"content-length", value)]) == bytes_


def test_the_application_is_not_asked_for_what_the_guard_cannot_read():
    asked = [(b"accept-encoding", b"br"), (b"range", b"bytes=0-9"), (b"if-range", b'"x"'), (b"host", b"h")]
    assert for_application(asked, body=b"", decoded=False, changed=False) == [
        (b"host", b"h"),
        (b"accept-encoding", b"identity"),
    ]


def test_the_replayed_body_is_framed_by_its_own_length():
    headers = [
        (b"transfer-encoding", b"chunked"),
        (b"content-length", b"7"),
        (b"digest", b"x"),
        (b"host", b"h"),
    ]
    got = dict(for_application(headers, body=b"12345", decoded=False, changed=True))
    assert got[b"content-length"] == b"5"
    assert not {b"transfer-encoding", b"digest"} & set(got)


def test_an_unpacked_body_is_no_longer_called_packed_and_the_digest_of_the_content_stays():
    headers = [(b"content-encoding", b"gzip"), (b"content-md5", b"x")]
    assert b"content-encoding" not in dict(for_application(headers, body=b"1", decoded=True, changed=True))
    kept = dict(for_application(headers, body=b"1", decoded=False, changed=False))
    assert {b"content-encoding", b"content-md5"} <= set(kept)


def test_what_described_the_old_bytes_does_not_describe_the_new_ones():
    names = [b"content-length", b"content-encoding", b"etag", b"accept-ranges", *DIGESTS]
    old = [(name, b"1") for name in names] + [(b"set-cookie", b"a"), (b"set-cookie", b"b")]
    assert for_client(old, length=None) == [(b"set-cookie", b"a"), (b"set-cookie", b"b")]
    assert for_client(old, length=3)[-1] == (b"content-length", b"3")


def test_without_leaves_the_callers_list_alone():
    headers = [(b"A", b"1")]
    assert without(headers, frozenset({b"a"})) == []
    assert headers == [(b"A", b"1")]


def test_bytes_of_a_query_that_are_no_utf8_are_read_as_latin1_and_kept():
    document = QueryDocument("q=M%FCller&n=%C3%BC&+a")
    assert [leaf.text for leaf in document.leaves] == ["q", "Müller", "n", "ü", " a", ""]
    assert document.render({}) == "q=M%FCller&n=%C3%BC&+a"
    assert document.render({1: "a b"}) == "q=a%20b&n=%C3%BC&+a"
