"""Gemini Live (BidiGenerateContent, a websocket): which fields are text.

Source: the types of the google-genai SDK 3.4 (`LiveClientMessage`,
`LiveServerMessage`), and the API reference. A message holds one of them.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.gemini import (
    CONFIG_SHAPE,
    CONFIG_WORDS,
    GROUNDING_SHAPE,
    PART_FILES,
    PART_FREE,
    PART_SHAPE,
    PART_WORDS,
    PIECE,
    SAMPLES,
    SCHEMA,
    TOOL_SHAPE,
)
from guardrail.wire.protocol import CallSite, FieldMap, ProtocolMap, ResultSite, below

__all__ = ["LIVE"]

# --- what the client sends -------------------------------------------------------------------------

_SETUP = ("setup",)
_CONTENTS = ("clientContent.turns.*", "clientContent.turns", "setup.systemInstruction")
_PARTS = (
    *(f"{content}.parts.*" for content in _CONTENTS),
    "contextUpdate.*.parts.*",
    "setup.systemInstruction",
)
_MEDIA = ("realtimeInput.mediaChunks.*", "realtimeInput.audio", "realtimeInput.video")
_ANSWERS = ("toolResponse.functionResponses.*", "toolResponse.functionResponses")


def _of_function(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields of what a function answered, which is no part of a content here."""
    head = "functionResponse."
    return tuple(field.removeprefix(head) for field in fields if field.startswith(head))


_SCHEMAS = below(
    ("setup.tools.*.functionDeclarations.*",),
    ("parameters.**", "parametersJsonSchema.**", "response.**", "responseJsonSchema.**"),
)
_HEARING = below(
    ("setup.inputAudioTranscription", "setup.outputAudioTranscription"),
    ("mode", "languageCodes.*", "languageHints.languageCodes.*"),
)

_REQUEST: Final = FieldMap(
    camel=True,
    free=(*below(_PARTS, PART_FREE), *below(_ANSWERS, ("response.**",))),
    structural=(
        *below(_CONTENTS, ("role",)),
        *below(_PARTS, PART_SHAPE),
        *below(_ANSWERS, _of_function(PART_SHAPE)),
        *below(_MEDIA, ("mimeType",)),
        *_HEARING,
        *below(_SCHEMAS, SCHEMA),
        *below(("setup.tools.*",), TOOL_SHAPE),
        *below(("setup.generationConfig",), CONFIG_SHAPE),
        *below(
            _SETUP,
            (
                "model",
                "safetySettings.*.*",
                "sessionResumption.handle",
                "contextWindowCompression.**",
                "realtimeInputConfig.**",
                "proactivity.**",
                "historyConfig.**",
                "avatarConfig.**",
            ),
        ),
    ),
    binary=(
        *below(_PARTS, PART_FILES),
        *below(_MEDIA, ("data",)),
        *below(_ANSWERS, _of_function(PART_FILES)),
        *below(("setup.generationConfig",), SAMPLES),
    ),
    text=(
        *below(_PARTS, (*PART_WORDS, PIECE)),
        *below(_MEDIA, ("displayName",)),
        "realtimeInput.text",
        "setup.systemInstruction",
        "setup.labels.*",
        "setup.tools.*.**",
        *below(("setup.inputAudioTranscription", "setup.outputAudioTranscription"), ("**",)),
        *below(("setup.generationConfig",), CONFIG_WORDS),
        *below(_ANSWERS, _of_function(PART_WORDS)),
    ),
)

# --- what the server sends -------------------------------------------------------------------------

_TURN = ("serverContent.modelTurn.parts.*",)
_HEARD = ("serverContent.inputTranscription", "serverContent.outputTranscription")
_INTERIM = ("serverContent.interimInputTranscription",)
_CALL = ("toolCall.functionCalls.*",)

_EVENT: Final = FieldMap(
    camel=True,
    free=(*below(_TURN, PART_FREE), *below(_CALL, ("args.**",))),
    structural=(
        "code",
        "status",
        "error.code",
        "error.status",
        "goAway.timeLeft",
        "serverContent.interactionStatus",
        "serverContent.turnCompleteReason",
        "serverContent.modelTurn.role",
        "serverContent.urlContextMetadata.urlMetadata.*.urlRetrievalStatus",
        "sessionResumptionUpdate.*",
        "setupComplete.sessionId",
        "setupComplete.voiceConsentSignature.signature",
        "toolCallCancellation.ids.*",
        "usageMetadata.**",
        "voiceActivity.*",
        "voiceActivityDetectionSignal.*",
        *below(_TURN, PART_SHAPE),
        *below(_CALL, ("id", "name", "partialArgs.*.jsonPath", "partialArgs.*.nullValue")),
        *below(("serverContent.groundingMetadata",), GROUNDING_SHAPE),
        *below((*_HEARD, *_INTERIM), ("startOffset", "endOffset", "languageCode")),
    ),
    binary=below(_TURN, PART_FILES),
    delta=(*below(_TURN, ("text",)), *below(_HEARD, ("text",))),
    text=(
        "message",
        "error.message",
        "serverContent.groundingMetadata.**",
        "serverContent.urlContextMetadata.urlMetadata.*.*",
        *below(_TURN, (*PART_WORDS, PIECE)),
        *below(_CALL, ("partialArgs.*.stringValue", "partialArgs.*.numberValue")),
        *below(_HEARD, ("speakerLabel",)),
        # What is heard so far, whole each time.
        *below(_INTERIM, ("text", "speakerLabel")),
    ),
)

_RESULTS = ("toolResponse", "tool_response", *below(_PARTS, ("functionResponse", "function_response")))

LIVE: Final = ProtocolMap(
    name="gemini.live",
    version=1,
    request=_REQUEST,
    response=_EVENT,
    event=_EVENT,
    # They repeat the text word by word, with the times of each.
    erased=tuple(f"{place}.words" for place in (*_HEARD, *_INTERIM)),
    calls=(CallSite(_CALL[0], frozenset({"args", "partialArgs"})),),
    results=tuple(map(ResultSite, _RESULTS)),
)
