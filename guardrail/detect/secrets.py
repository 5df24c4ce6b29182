"""Secrets: published key formats, key blocks and tokens by their form, values beside a label.

The formats are tables, one page each. A value without a known shape is taken for
a secret only beside a label, and only when it looks chosen or generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.detect import coordinates, secret_labels, usernames
from guardrail.detect.gates import LONG
from guardrail.detect.prose import Lines
from guardrail.detect.secret_blocks import blocks, forms
from guardrail.detect.secret_codes import codes
from guardrail.detect.secret_format import Format, compiled, crc_62
from guardrail.detect.secrets_ai import AI
from guardrail.detect.secrets_cloud import CLOUD
from guardrail.detect.secrets_code import CODE
from guardrail.detect.secrets_services import SERVICES
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.tables import Shape

__all__ = ["CARD_ANCHORS", "CARD_CODES", "FORMATS", "LABELS", "Secrets"]

PUBLISHED: Final = 0.95
FORMATS: Final[tuple[Format, ...]] = compiled((*CODE, *CLOUD, *SERVICES, *AI))


_LITERALS: Final = tuple(
    (literal, place) for place, one in enumerate(FORMATS) for literal in (*one.leading, *one.inner)
)


def _held(text: str) -> set[int]:
    """Return the places of the formats of which the text holds a literal."""
    if len(text) < LONG:
        return {place for literal, place in _LITERALS if literal in text}
    signs = set(text)  # a long text of few signs is asked for those alone
    return {place for literal, place in _LITERALS if signs.issuperset(literal) and literal in text}


class Secrets:
    """Finds passwords, keys and tokens."""

    name: Final = "guardrail/secret"
    entities: Final = frozenset({"SECRET"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the secrets: 0.95 by a published format (1.0 where its checksum holds), less by a label."""
        for place in sorted(_held(text)):
            one = FORMATS[place]
            score = 1.0 if one.check is crc_62 else PUBLISHED
            for start, end in one.find(text):
                yield Finding(start, end, "SECRET", score, self.name)
        lower = text.lower()
        for start, end, score in self._unpublished(text, lower):
            yield Finding(start, end, "SECRET", score, self.name)

    @staticmethod
    def _unpublished(text: str, lower: str) -> Iterator[tuple[int, int, float]]:
        yield from blocks(text)
        yield from forms(text, lower)
        yield from secret_labels.labelled(text, lower, Lines(text))
        yield from codes(text, lower)


_CODE_LABEL: Final = (
    r"\b(?i:cvv2?|cvc2?|csc|cv2|cid|(?:card )?(?:security|verification) (?:code|value|number))"
)
CARD_CODES: Final[tuple[Shape, ...]] = (
    (
        "CARD_SECURITY_CODE",
        0.9,
        _CODE_LABEL
        + r"(?:[\s\"']{0,2}(?i:code|number|no|num|is|was))?[\s\"':=#./()-]{0,5}(?P<v>\d{3,4})\b(?![-/.]\d)",
        None,
    ),
)
CARD_ANCHORS: Final = (("cvv", "cvc", "csc", "cv2", "cid", "security ", "verification "),)
# Field names that say that the value is one of these.
LABELS: Final = frozenset(
    {"password", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "bearer", "key", "pin", "otp"}
    | {"passwort", "kennwort", "contrase\u00f1a", "contrasena", "wachtwoord", "senha", "has\u0142o", "haslo"}
    | {
        "l\u00f6senord",
        "adgangskode",
        "kodeord",
        "passe",
        "mnemonic",
        "phrase",
        "credential",
        "auth",
        "authorization",
    }
    | {"cvv", "cvv2", "cvc", "cvc2", "csc", "cv2", "cid", "verification", "security", "age"}
    | usernames.LABELS
    | coordinates.LABELS
)
