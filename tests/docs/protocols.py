"""Write the table of docs/protocols.md from the maps: `python tests/docs/protocols.py`."""

from __future__ import annotations

from pathlib import Path

from guardrail.wire.events import GenericEvents
from guardrail.wire.maps import PROTOCOLS
from guardrail.wire.shapes import shape_of

PAGE = Path(__file__).parents[2] / "docs" / "protocols.md"
BEGIN, END = "<!-- maps -->\n", "<!-- /maps -->\n"
TABLES = ("text", "free", "delta", "loose", "snapshot", "identifier", "structural", "binary", "numbers")


def table():
    """Return one row for each protocol: how many patterns its map has of each kind, both ways."""
    rows = ["| protocol | version | " + " | ".join(TABLES) + " | a stream ends in a block with |"]
    rows.append("|---" * (len(TABLES) + 3) + "|")
    for name, protocol in PROTOCOLS.items():
        if not name:
            continue
        maps = (protocol.request, protocol.response, protocol.event)
        counts = [sum(len(getattr(one, kind)) for one in maps) for kind in TABLES]
        shape = shape_of(protocol)
        streams = type(shape) is not GenericEvents
        end = shape.stopped('{"object": "response"}', ["0"])[0] if streams else ""
        cells = " | ".join(str(count) if count else "" for count in counts)
        rows.append(
            f"| `{name}` | {protocol.version} | {cells} | {f'`{end[:60]}…`' if end else 'no stream'} |"
        )
    return "\n".join(rows) + "\n"


def written(page):
    """Return the page with the table of now."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
