"""Batches: many requests in one body (Anthropic), or named by a file of lines (OpenAI).

The requests of a batch of Anthropic are read by the map of Messages, and so are its
results, one line each. The lines of OpenAI's file name the path of each request
(guardrail/wire/lines.py). Source: the types of the SDKs (`BatchCreateParams`,
`MessageBatch`, `MessageBatchIndividualResponse`, `Batch`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from guardrail.wire.anthropic import MESSAGES
from guardrail.wire.events_lines import Records
from guardrail.wire.protocol import CallSite, FieldMap, ProtocolMap, ResultSite, below

__all__ = ["FILE_BATCHES", "MESSAGE_BATCHES", "MessageBatchRecords"]


def _within(place: str, fields: FieldMap) -> FieldMap:
    """Return the map of a message that stands at `place` of another."""
    at = (place,)
    return FieldMap(
        structural=below(at, fields.structural),
        binary=below(at, fields.binary),
        identifier=below(at, fields.identifier),
        text=below(at, fields.text),
        free=below(at, fields.free),
        given=tuple(replace(given, pattern=f"{place}.{given.pattern}") for given in fields.given),
        numbers=below(at, fields.numbers),
        parents=fields.parents,
        camel=fields.camel,
    )


_ASKED: Final = "requests.*.params"
_TOLD: Final = "result.message"
_REQUEST = _within(_ASKED, MESSAGES.request)
_RESULT = _within(_TOLD, MESSAGES.response)
_STATE = (
    *("id", "type", "processing_status", "results_url", "request_counts.*", "data.*.request_counts.*"),
    *("archived_at", "cancel_initiated_at", "created_at", "ended_at", "expires_at"),
    *("data.*.id", "data.*.type", "data.*.processing_status", "data.*.results_url", "data.*.*_at"),
    *("first_id", "last_id", "error.type", "request_id"),
    *("result.type", "result.error.type", "result.error.request_id", "result.error.error.type"),
)
_ANSWER = replace(
    _RESULT,
    structural=(*_RESULT.structural, *_STATE),
    # What a caller names its requests by may well be a person's.
    text=(*_RESULT.text, "custom_id", "error.message", "result.error.error.message"),
)

MESSAGE_BATCHES: Final = ProtocolMap(
    name="anthropic.batches",
    version=1,
    request=replace(
        _REQUEST,
        structural=(*_REQUEST.structural, "workspace_id"),
        text=(*_REQUEST.text, "requests.*.custom_id", "user_profile_id"),
    ),
    response=_ANSWER,
    event=_ANSWER,
    calls=tuple(CallSite(f"{_TOLD}.{site.item}", site.parts) for site in MESSAGES.calls),
    results=tuple(ResultSite(f"{_ASKED}.{site.item}", site.beside, site.words) for site in MESSAGES.results),
)

_TIMES = ("cancelled", "cancelling", "completed", "created", "expired", "failed", "finalizing", "in_progress")
_BATCH = FieldMap(
    structural=(
        *("id", "object", "model", "status", "endpoint", "completion_window", "request_counts.*", "usage.**"),
        *("input_file_id", "output_file_id", "error_file_id", "errors.object", "expires_at"),
        *(f"{name}_at" for name in _TIMES),
        *("errors.data.*.code", "errors.data.*.line", "error.code", "error.type"),
    ),
    text=("metadata.*", "errors.data.*.message", "errors.data.*.param", "error.message", "error.param"),
)

FILE_BATCHES: Final = ProtocolMap(
    name="openai.batches",
    version=1,
    request=FieldMap(
        structural=("input_file_id", "endpoint", "completion_window", "output_expires_after.*"),
        text=("metadata.*",),
    ),
    response=_BATCH,
    event=_BATCH,
)


class MessageBatchRecords(Records):
    """The results of a batch, one line each: every text stands whole in its line."""

    protocol = MESSAGE_BATCHES
    numbered = False
