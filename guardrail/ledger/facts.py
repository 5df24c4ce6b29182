"""The closed lists of what an entry may say: types of events, facts, and their words and bounds.

Personal data cannot get into the ledger by way of a fact, because every fact is
a row of this table: a word that stands here, or a number below a bound. A new
fact is a new row; `guardrail.ledger.entry` refuses all others.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.types import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AREAS", "CLASSES", "FACTS", "MAX_COUNT", "PLACE", "PLACES", "VERBS", "Kind"]

MAX_COUNT: Final = 2**31
_BYTES: Final = 2**40
_MICROSECONDS: Final = 2**42  # 50 days
_INDEX: Final = 2**48

# int: a number from 0 to it; frozenset: one of the words; pattern: a name that the
# application gives to a part of itself; dict: counts per word.
Kind: TypeAlias = "int | frozenset[str] | re.Pattern[str] | Mapping[str, int]"

# Where a text was going (guardrail.types.Context): set by the application's own code, never by a
# caller. Nine digits in a row are a telephone number or an id rather than a name.
PLACES: Final = ("app", "route", "model", "provider", "region", "tenant", "role", "purpose")
PLACE: Final = re.compile(r"(?!.*[0-9]{9})[a-z][a-z0-9_.-]{0,31}")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


AREAS: Final = _set(
    "writer clock policy ledger guard scrub session exchange stream log tool detector vault key "
    "erasure retention hold purge evidence config test"
)
VERBS: Final = _set(
    "start stop step request response open close opening closing answer scrub restore clean detect "
    "refused blocked failed degraded recovered heartbeat summary loaded changed export verify "
    "placed released requested final add remove purge keys_deleted restricted confirmed"
)

# The retention classes of the policy language.
CLASSES: Final = _set("content vault ledger")

_WORDS: Final = frozenset(CHANNELS) | _set(
    "ok blocked error disconnected refused cut limit whole stream pass block redact scrub enforce shadow "
    "request response json form text sse multipart binary empty other none unknown generic "
    "policy detection body ledger vault config internal timeout encoding charset size depth syntax "
    "expired erased consent objection unlawful unneeded "
    "structural unreadable unlooked skipped direct restored kept unknown_field cut_event framing on_error "
    "strict fast"
)
_PROTOCOLS: Final = _set(
    "generic openai.chat openai.responses openai.completions openai.embeddings openai.realtime "
    "anthropic.messages gemini.generate gemini.live bedrock.converse ollama.chat cohere.chat "
    "mistral.chat anthropic.batches openai.batches mcp a2a"
)
_SAYINGS: Final = _set(
    "outcome media answer direction error reason mode on_error on_unreadable unknown_field stream"
)
_SIZES: Final = _set(
    "bytes bytes_in bytes_out characters passages strings findings restored unrestored tokens "
    "tokens_in tokens_out parts chunks records dropped failures texts turns documents entries "
    "seen looked left foreign broken failed held held_p50 held_p95 offsets"
)
_TIMES: Final = _set(
    "detect_us hold_us hold_p50_us hold_p95_us total_us guard_us request_us response_us step_us"
)
_TALLIES: Final = _set("coverage bytes_by chars_by passages_by channels errors passed")


def _table() -> Mapping[str, Kind]:
    counts = MappingProxyType(dict.fromkeys(_WORDS, _BYTES))
    rows: dict[str, Kind] = {
        **dict.fromkeys(_SAYINGS, _WORDS),
        **dict.fromkeys(PLACES, PLACE),
        **dict.fromkeys(_SIZES, _BYTES),
        **dict.fromkeys(_TIMES, _MICROSECONDS),
        **dict.fromkeys(("opening", "size", "index"), _INDEX),
        **dict.fromkeys(_TALLIES, counts),
        "channel": frozenset(CHANNELS),
        "protocol": _PROTOCOLS,
        "status": 599,
    }
    return MappingProxyType(rows)


FACTS: Final[Mapping[str, Kind]] = _table()
