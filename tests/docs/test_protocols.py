"""The table of the protocols is that of the maps."""

from __future__ import annotations

import protocols

from guardrail.wire.maps import PROTOCOLS


def test_the_table_of_the_protocols_is_that_of_the_maps():
    page = protocols.PAGE.read_text("utf-8")
    assert protocols.written(page) == page, "run: python tests/docs/protocols.py"
    assert all(f"`{name}`" in page for name in PROTOCOLS if name)
