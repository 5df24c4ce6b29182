"""The page that an auditor opens: `report.html`, a pure function of counts, policies and proofs.

`PAGE` numbers its wording. A change of wording is a new number, and the old
builder stays, because packs are checked years later by building the page again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from guardrail.entities import ENTITIES
from guardrail.evidence.span import moment
from guardrail.types import ACTIONS, CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Template

    from guardrail.canonical import Canonical
    from guardrail.evidence.documents import Document, PolicySets, Rule
    from guardrail.evidence.select import Selection
    from guardrail.evidence.span import Span

__all__ = ["PAGE", "Proved", "gaps", "page"]

PAGE: Final = 1
TEXTS: Final = ("exchange.request", "stream.request", "scrub", "scrub.blocked")
MAX_DAYS: Final = 92  # more are summed by month
_NUMBER: Final = re.compile(r"(?=\S*\d)|(?:Art|Sec|Rec)\.|§")

# What each gap is called after its number, and what it means for a reader. In order of weight.
_GAPS: Final = (
    (
        "no_policy",
        "Entries under no policy",
        "They were recorded, but nothing says by which rules they were treated.",
    ),
    (
        "shadow",
        "Entries under a policy in shadow mode",
        "What was found was recorded and went on unchanged: the policy was being tried out.",
    ),
    (
        "unread",
        "Bytes that went on without being looked at",
        "The policy let them pass: files, images, unknown fields, or text while a detector failed.",
    ),
    (
        "failed",
        "Times a detector failed",
        "The policy's on_error decided; a log record was withheld.",
    ),
    (
        "dropped",
        "Log records dropped",
        "They could not be cleaned or recorded in time, and were not written.",
    ),
    ("error", "Exchanges that ended with an error", "What had gone on until then was recorded."),
    ("disconnected", "Exchanges that broke off", "One side left before the end; the rest was not sent."),
    (
        "unclosed",
        "Exchanges opened and not closed",
        "They were still running at the end of the span, or the process died in the middle.",
    ),
    ("clock", "Times the clock went back", "Times of the entries that follow are later than the clock said."),
    (
        "open_end",
        "Ends that are not proved",
        "The checkpoint has no entry after the span. What was recorded later is not in this pack.",
    ),
)


@dataclass(frozen=True, slots=True)
class Proved:
    """What the checkpoint and the proofs say of the span: sizes, ends, and whose log it is.

    `before` and `after` are the times (µs) of the neighbours, None where the log begins or ends.
    """

    origin: str
    vkey: str
    size: int
    root: str
    first: int
    stop: int
    before: int | None
    after: int | None

    @classmethod
    def of(cls, chosen: Selection, *, vkey: str, before: int | None, after: int | None) -> Proved:
        """Put together the selection and the times of its neighbours."""
        tree = chosen.tree
        return cls(tree.origin, vkey, tree.size, tree.root.hex(), chosen.first, chosen.stop, before, after)


def page(span: Span, proved: Proved, counts: Mapping[str, Any], policies: PolicySets) -> bytes:
    """Return the page as UTF-8."""
    rows = [{"what": what, "n": n, "meaning": meaning} for what, n, meaning in gaps(counts, proved)]
    text = _template().render(
        page=PAGE,
        origin=proved.origin,
        vkey=proved.vkey,
        size=proved.size,
        root=proved.root,
        span=span.words(),
        range=_range(proved),
        before=_neighbour(proved.before, proved.first - 1, "the log begins with this span"),
        after=_neighbour(proved.after, proved.stop, "the checkpoint; the log had no later entry then"),
        figures=_figures(counts),
        gaps=rows,
        **_rules(counts, policies),
        **_entities(counts["findings"]),
        policies=_policies(counts["policies"], policies),
        **_periods(counts["days"], span),
        types=_named(counts["types"]),
        facts=_named(counts["facts"]) + _named({f"outcome {k}": n for k, n in counts["outcomes"].items()}),
    )
    return text.encode("utf-8")


def gaps(counts: Mapping[str, Any], proved: Proved) -> list[tuple[str, int, str]]:
    """Return what speaks against the guard in this span: what it is, how often, what it means."""
    found = counts["gaps"] | ({"open_end": 1} if proved.after is None else {})
    return [(what, found[key], meaning) for key, what, meaning in _GAPS if found.get(key)]


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only who reads evidence pays for it

    # Policy texts are from outside: escaped, always.
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters["number"] = lambda n: f"{n:,}".replace(",", "\u202f")
    environment.filters["times"] = lambda n: "1 time" if n == 1 else f"{n:,} times".replace(",", "\u202f")
    source = resources.files("guardrail.evidence").joinpath(f"page-{PAGE}.html.j2").read_text("utf-8")
    return environment.from_string(source)


def _figures(counts: Mapping[str, Any]) -> list[dict[str, object]]:
    found = sum(sum(actions.values()) for actions in counts["findings"].values())
    types = counts["types"]
    exchanges = sum(types.get(name, 0) for name in TEXTS)
    return [
        {"n": counts["entries"], "what": "entries in the ledger"},
        {"n": exchanges, "what": "exchanges and single texts"},
        {"n": found, "what": "pieces of personal data found"},
        {"n": counts["changed"], "what": "of them kept from going on as they were"},
        {"n": counts["outcomes"].get("blocked", 0), "what": "refused"},
    ]


def _rules(counts: Mapping[str, Any], policies: PolicySets) -> dict[str, object]:
    """Arrange the rules in force by framework and control; rules without a control come apart."""
    by_control: dict[str, list[dict[str, object]]] = {}
    unbound = []
    for document in _in_force(counts["policies"], policies):
        acted = counts["acted"].get(document.digest, {})
        for rule in document.rules:
            row = _rule(document, rule, acted.get(rule.id, 0))
            for control in rule.controls:
                by_control.setdefault(control, []).append(row)
            if not rule.controls:
                unbound.append(row)
        known = {rule.id for rule in document.rules}
        unbound += [
            {"id": name, "policy": document.name, "n": n}
            for name, n in sorted(acted.items())
            if name not in known
        ]
    groups: dict[str, list[dict[str, object]]] = {}
    for control in sorted(by_control, key=_natural):
        row = {"name": control, "n": counts["controls"].get(control, 0), "rules": by_control[control]}
        groups.setdefault(_framework(control), []).append(row)
    return {
        "controls": [{"framework": name, "controls": rows} for name, rows in groups.items()],
        "doubtful": any("†" in control for control in by_control),
        "unbound": unbound,
    }


def _rule(document: Document, rule: Rule, n: int) -> dict[str, object]:
    everywhere = not rule.where or set(rule.where) >= set(CHANNELS)
    return {
        "id": rule.id,
        "why": rule.why,
        "find": rule.find,
        "where": () if everywhere else rule.where,
        "action": rule.action,
        "policy": document.name,
        "version": document.version,
        "shadow": document.mode == "shadow",
        "n": n,
    }


def _framework(control: str) -> str:
    """Return the source that a control belongs to: "GDPR" of "GDPR Art. 4(5)", "SOC 2" of "SOC 2 CC6.1"."""
    words = control.split()
    at = next((i for i, word in enumerate(words) if _NUMBER.match(word)), len(words))
    if at and at + 1 < len(words) and words[at].isdigit():
        at += 1
    return " ".join(words[:at]) or control


def _natural(control: str) -> list[tuple[int, str]]:
    """Sort numbers in a clause as numbers: Art. 5 before Art. 17."""
    return [(int(part[:18]), "") if part.isdigit() else (0, part) for part in re.split(r"([0-9]+)", control)]


def _entities(findings: Mapping[str, Mapping[str, int]]) -> dict[str, object]:
    actions = [action for action in ACTIONS if any(action in row for row in findings.values())]
    rows = [
        {
            "name": name,
            "about": ENTITIES.get(name, "named by the policy"),
            "counts": [row.get(action, 0) for action in actions],
            "n": sum(row.values()),
        }
        for name, row in sorted(findings.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    ]
    return {"actions": actions, "entities": rows}


def _policies(in_force: Mapping[str, Mapping[str, int]], policies: PolicySets) -> list[dict[str, object]]:
    rows = []
    for key, use in sorted(in_force.items(), key=lambda item: (item[1]["first"], item[0])):
        for member in policies.sets[key]:
            document = policies.documents[member]
            rows.append(
                {
                    "name": document.name,
                    "version": document.version,
                    "title": document.title,
                    "owner": document.owner,
                    "mode": document.mode,
                    "digest": document.digest,
                    "first": moment(use["first"]),
                    "last": moment(use["last"]),
                    "n": use["entries"],
                }
            )
    return rows


def _in_force(in_force: Mapping[str, Mapping[str, int]], policies: PolicySets) -> Iterable[Document]:
    order = sorted(in_force, key=lambda key: (in_force[key]["first"], key))
    members = dict.fromkeys(member for key in order for member in policies.sets[key])
    return [policies.documents[member] for member in members]


def _periods(days: Mapping[str, Mapping[str, int]], span: Span) -> dict[str, object]:
    width = 10 if span.days() <= MAX_DAYS else 7  # letters of 2026-07-01, or of 2026-07
    sums: dict[str, list[int]] = {}
    for name, n in sorted(days.items()):
        both = sums.setdefault(name[:width], [0, 0])
        both[0] += n["entries"]
        both[1] += n["findings"]
    most = max((entries for entries, _ in sums.values()), default=1)
    rows = [
        {"name": name, "entries": entries, "findings": found, "width": max(1, entries * 100 // most)}
        for name, (entries, found) in sums.items()
    ]
    return {"period": "Day" if width == 10 else "Month", "periods": rows}


def _named(sums: Mapping[str, Canonical]) -> list[dict[str, object]]:
    return [{"name": name, "n": n} for name, n in sorted(sums.items())]


def _range(proved: Proved) -> str:
    if proved.first == proved.stop:
        return "none"
    return f"{proved.first} to {proved.stop - 1}"


def _neighbour(time_us: int | None, index: int, otherwise: str) -> str:
    return otherwise if time_us is None else f"entry {index} of {moment(time_us)} UTC, outside the span"
