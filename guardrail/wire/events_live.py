"""The messages of the server of Gemini Live: what the model says and thinks, and what was heard, by turns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.wire.erase import erased
from guardrail.wire.events import BLOCKED, Channel, Plain
from guardrail.wire.gemini_live import LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

__all__ = ["LiveEvents"]

_TURN_ENDS: Final = ("turnComplete", "interrupted")
_KINDS: Final = {"modelTurn": "said", "inputTranscription": "heard", "outputTranscription": "spoken"}


class LiveEvents(Plain):
    """`serverContent` with pieces of the turn, ended by `turnComplete` or `interrupted`; then a new turn."""

    protocol = LIVE

    def __init__(self) -> None:
        self._turn = 0  # of the session
        self._words = 0  # texts of the model: one ends with its generation, before the turn does
        self._thoughts: frozenset[int] = frozenset()  # the parts of this message that are thoughts
        self._ends: frozenset[str] = frozenset()

    def prepare(self, data: str) -> str:
        """Take away the words of transcripts; see what of the message is a thought, and what ends with it."""
        self._turn += bool(self._ends & {"heard"})
        self._words += bool(self._ends & {"said"})
        content = _content(data) if '"serverContent"' in data or '"toolCall"' in data else {}
        self._thoughts = frozenset(_thoughts(content))
        self._ends = frozenset()
        if any(content.get(name) for name in _TURN_ENDS):
            self._ends = frozenset({"said", "thought", "heard", "spoken"})
        elif content.get("generationComplete") or content.get("toolCall"):
            self._ends = frozenset({"said", "thought"})
        return erased(LIVE, data)

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: what the model says, what it thinks, or one side's speech; of this turn."""
        del values
        kind = _KINDS[str(path[1])]
        if kind == "said" and path[3] in self._thoughts:
            kind = "thought"
        return Channel(self._group(kind), (kind,))

    def ended(self, values: Values) -> frozenset[str]:
        """Return the texts that end with this message."""
        del values
        return frozenset(map(self._group, self._ends))

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return one more message with this piece alone."""
        del data
        (kind,) = channel.steps
        if kind in {"said", "thought"}:
            part = {"text": text, "thought": True} if kind == "thought" else {"text": text}
            return json.dumps({"serverContent": {"modelTurn": {"parts": [part], "role": "model"}}})
        name = next(name for name, word in _KINDS.items() if word == kind)
        return json.dumps({"serverContent": {name: {"text": text}}})

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return one error, which Google's SDK raises; the connection is closed behind it."""
        del data, groups
        return [json.dumps({"code": 403, "message": message, "status": "PERMISSION_DENIED"})]

    def _group(self, kind: str) -> str:
        return f"{kind} {self._words if kind in {'said', 'thought'} else self._turn}"


def _content(data: str) -> dict[str, object]:
    """Return what the message says of the turn, or that it calls a tool."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    content = body.get("serverContent")
    told = content if isinstance(content, dict) else {}
    return {**told, "toolCall": "toolCall" in body}


def _thoughts(content: dict[str, object]) -> list[int]:
    turn = content.get("modelTurn")
    parts = turn.get("parts") if isinstance(turn, dict) else None
    if not isinstance(parts, list):
        return []
    return [at for at, part in enumerate(parts) if isinstance(part, dict) and part.get("thought")]
