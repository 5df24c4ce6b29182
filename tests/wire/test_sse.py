"""The cuts of a stream never show in its events, and no byte of a stream is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire.sse import EventReader, data_of, framing_of, with_data

BOM = b"\xef\xbb\xbf"


def reference(stream):
    """Return the events of a whole stream, by the words of the standard, one line at a time."""
    events, event, at = [], b"", 0
    while at < len(stream):
        ends = [place for place in (stream.find(b"\r", at), stream.find(b"\n", at)) if place >= 0]
        if not ends:
            break
        end = min(ends)
        stop = end + (2 if stream[end : end + 2] == b"\r\n" else 1)
        event += stream[at:stop]
        if end == at:
            events.append(event)
            event = b""
        at = stop
    return events, event + stream[at:]


def fed(chunks):
    reader = EventReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    events += reader.feed(b"", final=True)
    return events, reader.rest()


def events_of(stream, size, reader):
    return [event for at in range(0, len(stream), size) for event in reader.feed(stream[at : at + size])]


lines = st.sampled_from(
    [b"data: a", b"data:b", b"data", b"event: x", b": comment", b"id: 1", b"", b"da", BOM, b"\xc3"]
)
streams = st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\r", b""])), max_size=8).map(
    lambda pairs: b"".join(line + end for line, end in pairs)
)


@settings(max_examples=200)
@given(streams)
@example(b"data: a\r\r")
@example(b"data: a\r\n\r")
@example(b"\r")
@example(b"\r\n")
@example(b"data: a\n\r\n\ndata: b")
def test_the_events_are_those_of_the_standard_and_every_byte_is_kept(stream):
    events, rest = fed([stream])
    assert (events, rest) == reference(stream)
    assert b"".join(events) + rest == stream


SHORT = [
    b"data: a\n\ndata: b\n\n",
    b"data: a\r\n\r\ndata: b\r\n\r\n",
    b"data: a\r\rdata: b\r\r",
    b"\ndata\r\n\r: c\n\r\r\n\n",
    BOM + b"data: \xc3\xa9\n\nx",
    b"a\r\n\n\r\r\n\r",
]


@pytest.mark.parametrize("stream", SHORT)
def test_every_way_to_cut_a_short_stream_in_three_gives_the_same_events(stream):
    whole = reference(stream)
    for first, second in itertools.combinations_with_replacement(range(len(stream) + 1), 2):
        assert fed([stream[:first], stream[first:second], stream[second:]]) == whole
    assert fed([stream[at : at + 1] for at in range(len(stream))]) == whole


@pytest.mark.parametrize("stream", [b"a\r\n\r\n", b"\r\r\n", b"\n\r\n\ra", b"x\n\n\r\r\n"])
def test_every_partition_of_a_tiny_stream_gives_the_same_events(stream):
    whole = reference(stream)
    for cuts in itertools.product([False, True], repeat=len(stream) - 1):
        places = [0, *(at for at, cut in enumerate(cuts, 1) if cut), len(stream)]
        assert fed([stream[a:b] for a, b in itertools.pairwise(places)]) == whole


@settings(max_examples=100)
@given(streams, st.lists(st.integers(0, 60), max_size=6))
def test_random_partitions_give_the_same_events(stream, cuts):
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    assert fed([stream[a:b] for a, b in itertools.pairwise(places)]) == reference(stream)


def test_an_event_comes_as_soon_as_its_empty_line_is_certain():
    reader = EventReader()
    assert list(reader.feed(b"data: a\n")) == []
    assert list(reader.feed(b"\n")) == [b"data: a\n\n"]
    assert list(reader.feed(b"data: b\r\n\r")) == []
    assert list(reader.feed(b"\n")) == [b"data: b\r\n\r\n"]
    assert reader.rest() == b""


def test_an_event_that_ends_with_the_stream_on_a_bare_cr_is_not_lost():
    reader = EventReader()
    assert list(reader.feed(b"data: [DONE]\r\r")) == []
    assert list(reader.feed(b"", final=True)) == [b"data: [DONE]\r\r"]
    assert reader.rest() == b""


def test_half_an_event_at_the_end_is_no_event():
    reader = EventReader()
    assert list(reader.feed(b"data: a\n", final=True)) == []
    assert reader.rest() == b"data: a\n"


@pytest.mark.parametrize("piece", [b"x" * 50, b"\n\n" + b"x" * 50, b": a\n" * 20, b"x" * 40 + b"\n\n"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_that_is_too_large_is_refused_however_it_is_cut(piece, size):
    with pytest.raises(BodyError, match="too large") as caught:
        events_of(piece, size, EventReader(max_event=40))
    assert caught.value.status == 413


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_within_the_bound_pass_however_many_come_at_once(size):
    stream = (b"x" * 38 + b"\n\n") * 50
    assert events_of(stream, size, EventReader(max_event=40)) == [b"x" * 38 + b"\n\n"] * 50


def test_an_endless_line_in_small_pieces_completes():
    with pytest.raises(BodyError):
        events_of(b"x" * 5_000_000, 500, EventReader())


FIELDS = [
    (b"data: a\n\n", "a", ""),
    (b"data:a\n\n", "a", ""),
    (b"data:  a \n\n", " a ", ""),
    (b"data\n\n", "", ""),
    (b"data: cut off", "cut off", ""),
    (b"data: a\ndata: b\n\n", "a\nb", ""),
    (b"data: a\r\ndata\r\ndata: b\r\n\r\n", "a\n\nb", ""),
    (b"data: a\rdata: b\r\r", "a\nb", ""),
    (b"event: x\ndata: a\n\n", "a", "x"),
    (b"event: x\nevent: y\n\n", None, "y"),
    (b": data: a\n\n", None, ""),
    (b" data: a\n\n", None, ""),
    (b"Data: a\n\n", None, ""),
    (b"id: 1\nretry: 5\n\n", None, ""),
    (b"\n", None, ""),
    (BOM + b"data: a\n\n", "a", ""),
    (BOM + b"event: x\ndata: \xc3\xa9\n\n", "é", "x"),
    (b"event: \xff\ndata: a: b\n\n", "a: b", "\ufffd"),
]


def name_of(event):
    """Return the name of an event as a browser reads it."""
    lines = event.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    fields = (line.partition(b":") for line in lines)
    names = [value.removeprefix(b" ") for name, _, value in fields if name == b"event"]
    return names[-1].decode("utf-8", "replace") if names else ""


@pytest.mark.parametrize(("event", "data", "name"), FIELDS)
def test_data_and_name_are_those_that_a_browser_reads(event, data, name):
    assert data_of(event) == data
    assert name_of(event) == name


@settings(max_examples=80)
@given(streams)
@example(BOM + b": Zaphira\ndata: a\nid: 7\nunknown\n\n")
def test_the_framing_of_an_event_is_all_that_is_neither_data_nor_a_line_end(stream):
    for event in reference(stream)[0]:
        other = [line for line in event.removeprefix(BOM).splitlines() if line.partition(b":")[0] != b"data"]
        assert framing_of(event) == b"".join(other)


def test_data_that_is_not_utf_8_is_refused():
    with pytest.raises(BodyError, match="not UTF-8") as caught:
        data_of(b"data: Zaphira \xff\n\n")
    assert "Zaphira" not in str(caught.value)


def test_new_data_stands_where_the_old_stood_and_other_lines_stay():
    event = b": hi\nevent: x\ndata: a\nid: 7\ndata: b\nretry: 1\nunknown\n\n"
    assert with_data(event, "new") == b": hi\nevent: x\ndata: new\nid: 7\nretry: 1\nunknown\n\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_new_data_of_several_lines_keeps_the_line_ends_of_the_event(end):
    event = b"data: a" + end + b"id: 1" + end + end
    assert with_data(event, "x\ny") == b"data: x" + end + b"data: y" + end + b"id: 1" + end + end


def test_the_mark_at_the_beginning_of_a_stream_hides_no_data():
    assert with_data(BOM + b"data: raw\n\n", "new") == BOM + b"data: new\n\n"


def test_a_line_that_was_cut_off_gets_its_line_end():
    assert with_data(b"data: cut off", "new") == b"data: new\n"


def test_an_event_without_data_stays_as_it_is():
    assert with_data(b": ping\n\n", "new") == b": ping\n\n"


@pytest.mark.parametrize("data", ["a\rid: 9", "a\r\nevent: x", "a\n\ndata: b", "\r", "\r\r", "\n"])
def test_a_line_end_in_new_data_begins_no_field_and_ends_no_event(data):
    event = with_data(b"event: own\ndata: old\n\n", data)
    assert fed([event]) == ([event], b"")
    assert name_of(event) == "own"
    assert data_of(event) == data.replace("\r\n", "\n").replace("\r", "\n")


def test_half_of_a_surrogate_pair_in_new_data_becomes_a_question_mark():
    assert with_data(b"data: a\n\n", "x\ud83d") == b"data: x?\n\n"


@settings(max_examples=300)
@given(streams, st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
@example(b"event: a\rdata: x\n\n", "y")
@example(b"id: 1\rdata: x\n\n", "")
@example(b"data: a\rdata: b\n\n", "y")
def test_an_event_with_new_data_is_one_event_with_that_data_and_the_same_name(stream, data):
    for event in reference(stream)[0]:
        new = with_data(event, data)
        assert reference(new) == ([new], b"")
        assert name_of(new) == name_of(event)
        had = data_of_lenient(event)
        assert data_of_lenient(new) == (
            None if had is None else data.replace("\r\n", "\n").replace("\r", "\n")
        )


def data_of_lenient(event):
    try:
        return data_of(event)
    except BodyError:
        return "not UTF-8"
