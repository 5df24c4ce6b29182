"""The values that pass between the parts: frozen, and silent about personal data.

Offsets are code points of the original text, half-open. Scores lie in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACTIONS",
    "CHANNELS",
    "Action",
    "Channel",
    "Context",
    "Decision",
    "Entry",
    "Event",
    "Finding",
    "Passage",
    "ScrubResult",
]

Channel = Literal["prompt", "completion", "tool", "log", "trace", "document"]
CHANNELS: Final[tuple[Channel, ...]] = ("prompt", "completion", "tool", "log", "trace", "document")

# In order of strictness: between policies, the strictest matching rule decides.
ACTIONS: Final[tuple[str, ...]] = (
    "allow",
    "mask",
    "generalize",
    "shift",
    "surrogate",
    "fpe",
    "tokenize",
    "encrypt",
    "hash",
    "presidio",
    "redact",
    "block",
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of text to detect in.

    `hint` is a label that stands beside it (a JSON key, a form field, a column)
    and counts as context. Without `names` only patterns are looked for, as in
    JSON keys and numbers, where a name finder would only guess. `language` is what
    the application knows of it, a code such as "de"; the text itself is asked first.
    """

    text: str = field(repr=False)
    hint: str = field(default="", repr=False)
    names: bool = True
    language: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of the text that a recognizer holds to be personal data; never the text."""

    start: int
    end: int
    entity: str
    score: float
    recognizer: str


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does with a finding: one of `ACTIONS` and its options."""

    type: str
    options: tuple[tuple[str, str | int | bool], ...] = ()

    def option(self, name: str, default: str | int | bool = "") -> str | int | bool:  # noqa: FBT001 - a value
        """Return the option `name`, or `default` where the policy does not set it."""
        return dict(self.options).get(name, default)

    @property
    def rank(self) -> int:
        """Return how strict the action is; `block` is the strictest."""
        return ACTIONS.index(self.type)


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one finding, and which rule of which policy says so.

    `restore` names the destinations that may see the value again
    ("completion", "tool:crm_*").
    """

    finding: Finding
    action: Action
    policy: str
    rule: str
    controls: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the application says of an exchange; scopes of a policy match on it.

    `actor`, `subject` and `conversation` identify people: they never enter the
    ledger as they are, and have no repr.
    """

    app: str = ""
    route: str = ""
    model: str = ""
    provider: str = ""
    region: str = ""
    tenant: str = ""
    role: str = ""
    purpose: str = ""
    actor: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    conversation: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be recorded, before the ledger gives it a place and a time.

    `findings` counts per entity and action, `rules` per "policy/rule". `keep`
    is the retention in seconds (the ledger fixes the expiry when it writes).
    `facts` holds further integers and words from closed lists; no value, no text.

    `who` says of whom, as ids ("subject", "actor", "conversation"): they go, as keyed
    blind indexes, into the sealed body alone. The fact `tenant` names whose keys seal it.
    """

    type: str
    policy: bytes = b""
    retention: str = "ledger"
    keep: int = 0
    findings: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    rules: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    facts: Mapping[str, str | int | Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    who: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that has its place in the ledger: it is durable.

    `header` is the exact bytes whose hash is the leaf (docs/spec/ledger.md).
    """

    index: int
    id: str
    type: str
    time_us: int
    header: bytes = field(repr=False)
    leaf_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScrubResult:
    """The text that may go on, what was decided, and the durable entry that says so."""

    text: str = field(repr=False)
    decisions: tuple[Decision, ...]
    entry: Entry
