"""One exchange at its border: the map of its tokens, its context, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.errors import BlockedError, BodyError, DetectionError, GuardrailError
from guardrail.stream import clipped, joined, woven
from guardrail.types import Action, Decision, Finding, Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from guardrail.border import Border
    from guardrail.stream import Part
    from guardrail.tally import Tally
    from guardrail.types import Channel, Context
    from guardrail.vault.memory import Restored, TokenMap
    from guardrail.wire.document import Leaf

__all__ = ["Case", "ChannelDesk", "Sure"]

UNREADABLE: Final = "[UNREADABLE]"


@dataclass(frozen=True, slots=True)
class Case:
    """What all texts of one direction of one exchange share."""

    border: Border
    tokens: TokenMap
    context: Context
    tally: Tally

    @property
    def shadow(self) -> bool:
        """Tell whether the policy only watches: everything is counted, nothing changed."""
        return self.border.policy.mode == "shadow"

    @property
    def fast(self) -> bool:
        """Tell whether texts that stream wait for patterns alone, and not for the name finders."""
        return self.border.policy.setting("stream", self.context) == "fast"

    def decide(self, passages: Sequence[Passage], channels: Sequence[Channel]) -> list[tuple[Decision, ...]]:
        """Return the decisions of each passage; where detection fails, the policy's `on_error` speaks.

        Raises:
            DetectionError: it failed, and `on_error` is "block".
        """
        try:
            decided = self.border.decide(passages, channels=channels, context=self.context)
        except DetectionError:
            self.tally.failed += 1
            on_error = self.border.policy.setting("on_error", self.context)
            if on_error == "block":
                raise
            for passage in passages:
                self.tally.skip("on_error", passage.text)
            return [() if on_error == "pass" else self._withheld(passage) for passage in passages]
        for passage in passages:
            self.tally.look(passage.text)
        return [
            self._beside_tokens(passage.text, one) for passage, one in zip(passages, decided, strict=True)
        ]

    def apply(self, text: str, decisions: Sequence[Decision]) -> str:
        """Return a text of the request with its decisions carried out, and count them.

        Raises:
            BlockedError: a decision blocks; nothing of the text is returned.
        """
        self.tally.decide(decisions)
        if self.shadow or not decisions:
            return text
        self.border.refuse_blocked(decisions)
        parts = []
        at = 0
        for decision in decisions:
            start, end = decision.finding.start, decision.finding.end
            new = self.border.act(
                text[start:end], decision, tokens=self.tokens, restore=decision.restore, context=self.context
            )
            parts += [text[at:start], new]
            at = end
        return "".join([*parts, text[at:]])

    def sure(self) -> Sure:
        """Let nothing leave the block whose stand-ins the vault does not hold, and errors of ours alone.

        Raises:
            VaultError: they cannot be kept.
        """
        return Sure(self.tokens)

    def late(self) -> str | None:
        """Return what stands for a text that was held for too long; None where it may go as it is.

        Raises:
            BlockedError: the policy's `on_error` is "block".
        """
        self.tally.reason = "timeout"
        on_error = self.border.policy.setting("on_error", self.context)
        if on_error == "block":
            raise BlockedError(
                policy=self.border.policy.documents[0].name, rule="on_error", entity="UNREADABLE"
            )
        return None if on_error == "pass" else UNREADABLE

    def unreadable(self, what: str, data: str | bytes) -> None:
        """Let data that cannot be read pass, counted, or refuse it, as `on_unreadable` says."""
        if not data:
            return
        if self.border.policy.setting("on_unreadable", self.context) != "pass" and not self.shadow:
            raise BodyError(
                f"the policy lets nothing pass that cannot be read: {what}",
                advice="send text or JSON, or have the policy's owner set on_unreadable",
                status=415,
            )
        self.tally.skip("unreadable", data)

    def wants(self, leaf: Leaf) -> bool:
        """Tell whether a leaf of a document is to be looked at; count or refuse it otherwise."""
        if leaf.kind == "structural":
            self.tally.skip("structural", leaf.text)
            return False
        if leaf.kind == "binary" and (leaf.text.startswith("data:") or not leaf.text.startswith("http")):
            self.unreadable("a file, image or sound inside the document", leaf.text)
            return False
        if leaf.kind in {"unknown", "loose"}:
            setting = self.border.policy.setting("unknown_field", self.context)
            if setting == "block":
                raise BodyError(
                    "the body has a field that the protocol's map does not know",
                    advice="leave it out, or have the policy's owner set unknown_field",
                )
            if setting == "pass":
                self.tally.skip("unknown_field", leaf.text)
                return False
            self.tally.unknown(leaf.text)
        return True

    def _beside_tokens(self, text: str, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Return the decisions without what lies inside a token: a history keeps the tokens that it has."""
        if not decisions or not (places := self.tokens.find(text, destination="")):
            return decisions
        return tuple(clipped(decisions, places, start=0, end=len(text)))

    def _withheld(self, passage: Passage) -> tuple[Decision, ...]:
        if not passage.text:
            return ()
        finding = Finding(0, len(passage.text), "UNREADABLE", 1.0, "on_error")
        return (Decision(finding, Action("redact"), self.border.policy.documents[0].name, "on_error"),)


class Sure:
    """A block of `Case.sure`: entered for every event of a stream, so it is no generator."""

    __slots__ = ("_tokens",)

    def __init__(self, tokens: TokenMap) -> None:
        self._tokens = tokens

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what was issued; take from an error of ours what is behind it (see `alone`)."""
        if error is None:
            try:
                self._tokens.commit()
            except GuardrailError as fault:
                fault.__cause__ = fault.__context__ = None
                raise
        elif isinstance(error, GuardrailError):
            error.__cause__ = error.__context__ = None


class ChannelDesk:
    """The desk of one text of an answer: decides, acts and counts for its channel and destination."""

    def __init__(
        self,
        case: Case,
        *,
        channel: Channel = "completion",
        destination: str = "completion",
        hint: str = "",
        names: bool = True,
    ) -> None:
        """Take the case; `hint` and `names` say of the text what they say of a `Passage`."""
        self._case = case
        self.channel = channel
        self._destination = destination
        self._hint = hint
        self._names = names

    def about(self, hint: str, *, names: bool = True) -> ChannelDesk:
        """Return the desk of a text that stands under this name within the text of this one."""
        return ChannelDesk(
            self._case, channel=self.channel, destination=self._destination, hint=hint, names=names
        )

    def structural(self, text: str) -> None:
        """Count a text that is not looked at: a key that names the shape of a document."""
        self._case.tally.skip("structural", text)

    def decide(self, text: str, *, names: bool = True) -> Sequence[Decision]:
        """Return the decisions on `text`; without `names`, of patterns alone."""
        passage = Passage(text, self._hint, names and self._names)
        return self._case.decide([passage], [self.channel])[0]

    def act(self, text: str, decision: Decision) -> str:
        """Return what stands for the value; raise `BlockedError` where the decision blocks."""
        value = text[decision.finding.start : decision.finding.end]
        if self._case.shadow or decision.action.type == "allow":
            return value
        # A value that the model brings gets a token that is never restored: nobody gave it to us.
        return self._case.border.act(
            value, decision, tokens=self._case.tokens, restore=None, context=self._case.context
        )

    def tokens(self, text: str) -> list[Restored]:
        """Return the tokens in `text`, with the values that may be restored."""
        return self._case.tokens.find(text, destination=self._destination)

    def begun(self, text: str) -> int:
        """Return where the end of `text` begins that more could make a stand-in of that is no token."""
        return self._case.tokens.begun(text)

    def count(self, decisions: Iterable[Decision], places: Iterable[Restored]) -> None:
        """Count what was decided for good."""
        self._case.tally.decide(decisions)
        self._case.tally.restore(places)

    def weave(self, text: str, decisions: Sequence[Decision]) -> str:
        """Return the whole `text` restored and scrubbed."""
        return joined(self.parts(text, decisions))

    def parts(self, text: str, decisions: Sequence[Decision]) -> list[Part]:
        """Return the same in parts."""
        return woven(text, start=0, end=len(text), desk=self, decisions=decisions)
