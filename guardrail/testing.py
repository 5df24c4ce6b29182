"""For the tests of applications that use guardrail: a guard in memory, and a recognizer of known values.

Nothing here needs a model, a file or a network, and nothing is a mock: it is the
real guard on a ledger in memory, with the pattern recognizers.

    guard = memory_guard("gdpr-chat", known={"Ann Smith": "PERSON"})
    assert "Ann" not in guard.scrub("Ann Smith called").text
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from guardrail import policy as policies
from guardrail.detect import Detector
from guardrail.entities import ENTITIES
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.policy.shipped import policy_path
from guardrail.types import Finding
from guardrail.vault.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from guardrail.types import Context

__all__ = ["KnownValues", "memory_guard"]


class KnownValues:
    """A recognizer that finds the values it is told, as whole words; it stands for every entity."""

    name = "known-values"
    entities = frozenset(ENTITIES)

    def __init__(self, known: Mapping[str, str]) -> None:
        """Take the entity of each value."""
        self._known = dict(known)
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile(
            "|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in longest_first) or r"(?!)"
        )

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield each place where one of the values stands."""
        for match in self._pattern.finditer(text):
            yield Finding(match.start(), match.end(), self._known[match[0]], 1.0, self.name)


def memory_guard(
    *policy: str | Path, known: Mapping[str, str] = MappingProxyType({}), context: Context | None = None
) -> Guard:
    """Return a guard without models; `known` says what it finds besides patterns. Its ledger is in memory."""
    loaded = policies.load(*(policy_path(one) for one in policy))
    detector = Detector.load(wanted=loaded.entities, names="none", extra=[KnownValues(known)])
    keys = Keys.ephemeral()
    ledger = Ledger.open(None, seed=keys.log_seed)
    return Guard(policy=loaded, detector=detector, keys=keys, ledger=ledger, context=context)
