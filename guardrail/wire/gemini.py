"""Gemini generateContent and streamGenerateContent: which fields are text.

Source: the types of the google-genai SDK 3.4 (`Content`, `Tool`,
`GenerationConfig`, `GenerateContentResponse`), and the API reference. Keys may
come in snake case too, as in all JSON of protobuf.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import CallSite, FieldMap, ProtocolMap, ResultSite, below

__all__ = [
    "CONFIG_SHAPE",
    "CONFIG_WORDS",
    "GENERATE",
    "GROUNDING_SHAPE",
    "PART_FILES",
    "PART_FREE",
    "PART_SHAPE",
    "PART_WORDS",
    "PIECE",
    "SAMPLES",
    "SCHEMA",
    "TOOL_SHAPE",
]

# --- one part of a content -------------------------------------------------------------------------

_MEDIA = (
    "mediaProcessing",
    "mediaResolution.*",
    "audioMetadata.*",
    "videoMetadata.*",
    "videoMetadata.contentLayers.*",
    "documentMetadata.*",
    "documentMetadata.contentLayers.*",
    "spreadsheetMetadata.sheetIndex",
    "spreadsheetMetadata.contentLayers.*",
    "inlineData.mimeType",
    "fileData.mimeType",
)
PART_SHAPE = (
    "thoughtSignature",
    *_MEDIA,
    *below(("functionResponse.parts.*",), _MEDIA),
    "functionCall.id",
    "functionCall.name",
    "functionCall.partialArgs.*.jsonPath",
    "functionCall.partialArgs.*.nullValue",
    "functionResponse.id",
    "functionResponse.name",
    "functionResponse.scheduling",
    "toolCall.id",
    "toolCall.toolType",
    "toolResponse.id",
    "toolResponse.toolType",
    "executableCode.id",
    "executableCode.language",
    "codeExecutionResult.id",
    "codeExecutionResult.outcome",
    "audioTranscription.startOffset",
    "audioTranscription.endOffset",
    "audioTranscription.languageCode",
    "audioTranscription.words.*.startOffset",
    "audioTranscription.words.*.endOffset",
    "speechMetadata.style",
)
_FILE_WORDS = ("inlineData.displayName", "fileData.displayName", "fileData.fileUri")
PART_WORDS = (
    "text",
    *_FILE_WORDS,
    *below(("functionResponse.parts.*",), (*_FILE_WORDS, "spreadsheetMetadata.visibleCells")),
    "functionCall.partialArgs.*.numberValue",
    "executableCode.code",
    "codeExecutionResult.output",
    "spreadsheetMetadata.visibleCells",
    "audioTranscription.speakerLabel",
    "audioTranscription.text",
    "audioTranscription.words.*.word",
    "speechMetadata.speaker",
)
PART_FREE = (
    "functionCall.args.**",
    "functionResponse.response.**",
    "toolCall.args.**",
    "toolResponse.response.**",
    "partMetadata.**",
)
PART_FILES = ("inlineData.data", "functionResponse.parts.*.inlineData.data")
PIECE = "functionCall.partialArgs.*.stringValue"

# --- the request -----------------------------------------------------------------------------------

_ASKED = ("contents.*.parts.*", "contents.parts.*", "systemInstruction.parts.*", "systemInstruction")
SCHEMA = (
    "type",
    "required.*",
    "format",
    "pattern",
    "ref",
    "$ref",
    "$schema",
    "$id",
    "propertyOrdering.*",
    "maxItems",
    "minItems",
    "maxLength",
    "minLength",
    "maxProperties",
    "minProperties",
    "maximum",
    "minimum",
)
_SCHEMAS = below(
    ("tools.*.functionDeclarations.*",),
    ("parameters.**", "parametersJsonSchema.**", "response.**", "responseJsonSchema.**"),
)
_OUTPUT_SCHEMAS = ("responseSchema.**", "responseJsonSchema.**", "responseFormat.*.text.schema.**")
_VOICES = below(
    ("speechConfig", "speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs.*"),
    (
        "voiceConfig.voice",
        "voiceConfig.prebuiltVoiceConfig.voiceName",
        "voiceConfig.replicatedVoiceConfig.mimeType",
        "voiceConfig.replicatedVoiceConfig.voiceConsentSignature.signature",
    ),
)
SAMPLES = below(
    ("speechConfig", "speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs.*"),
    (
        "voiceConfig.replicatedVoiceConfig.consentAudio",
        "voiceConfig.replicatedVoiceConfig.voiceSampleAudio",
    ),
)
CONFIG_SHAPE = (
    "candidateCount",
    "frequencyPenalty",
    "presencePenalty",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "modelSelectionConfig.*",
    "routingConfig.*.*",
    "responseMimeType",
    "responseModalities.*",
    "responseFormat.*.audio.*",
    "responseFormat.*.image.*",
    "responseFormat.*.video.*",
    "responseFormat.*.text.mimeType",
    "seed",
    "temperature",
    "topK",
    "topP",
    "thinkingConfig.*",
    "imageConfig.*",
    "imageConfig.imageOutputOptions.*",
    "translationConfig.targetLanguageCode",
    "audioTranscriptionConfig.mode",
    "audioTranscriptionConfig.languageCodes.*",
    "audioTranscriptionConfig.languageHints.languageCodes.*",
    "speechConfig.languageCode",
    *_VOICES,
    *below(_OUTPUT_SCHEMAS, SCHEMA),
)
CONFIG_WORDS = (
    "stopSequences.*",
    "audioTranscriptionConfig.adaptationPhrases.*",
    "audioTranscriptionConfig.customVocabulary.*",
    "audioTranscriptionConfig.sourceText",
    "speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs.*.speaker",
    *_OUTPUT_SCHEMAS,
)
TOOL_SHAPE = (
    "computerUse.*",
    "computerUse.disabledSafetyPolicies.*",
    "computerUse.excludedPredefinedFunctions.*",
    "enterpriseWebSearch.blockingConfidence",
    "fileSearch.fileSearchStoreNames.*",
    "fileSearch.topK",
    "functionDeclarations.*.behavior",
    "functionDeclarations.*.name",
    "googleMaps.authConfig.authType",
    "googleMaps.authConfig.apiKeyConfig.name",
    "googleMaps.authConfig.apiKeyConfig.httpElementLocation",
    "googleSearch.blockingConfidence",
    "googleSearch.timeRangeFilter.*",
    "googleSearchRetrieval.dynamicRetrievalConfig.*",
    "mcpServers.*.name",
    "mcpServers.*.streamableHttpTransport.timeout",
    "mcpServers.*.streamableHttpTransport.sseReadTimeout",
    "retrieval.externalApi.apiSpec",
    "retrieval.externalApi.authConfig.authType",
    "retrieval.externalApi.authConfig.apiKeyConfig.name",
    "retrieval.externalApi.authConfig.apiKeyConfig.httpElementLocation",
    "retrieval.externalApi.elasticSearchParams.index",
    "retrieval.externalApi.elasticSearchParams.numHits",
    "retrieval.vertexAiSearch.dataStoreSpecs.*.dataStore",
    "retrieval.vertexAiSearch.datastore",
    "retrieval.vertexAiSearch.engine",
    "retrieval.vertexAiSearch.maxResults",
    "retrieval.vertexRagStore.ragCorpora.*",
    "retrieval.vertexRagStore.ragResources.*.ragCorpus",
    "retrieval.vertexRagStore.ragResources.*.ragFileIds.*",
    "retrieval.vertexRagStore.ragRetrievalConfig.topK",
    "retrieval.vertexRagStore.ragRetrievalConfig.hybridSearch.alpha",
    "retrieval.vertexRagStore.ragRetrievalConfig.ranking.*.modelName",
    "retrieval.vertexRagStore.ragRetrievalConfig.filter.vectorDistanceThreshold",
    "retrieval.vertexRagStore.ragRetrievalConfig.filter.vectorSimilarityThreshold",
    "retrieval.vertexRagStore.similarityTopK",
    "retrieval.vertexRagStore.vectorDistanceThreshold",
)
# Every other string of a tool is text: descriptions, filters, addresses, keys to other services.
_TOOLS = "tools.*.**"

_REQUEST: Final = FieldMap(
    camel=True,
    free=below(_ASKED, PART_FREE),
    structural=(
        "model",
        "cachedContent",
        "serviceTier",
        "continuationToken",
        *below(("contents.*", "contents", "systemInstruction"), ("role",)),
        *below(_ASKED, PART_SHAPE),
        "safetySettings.*.*",
        "toolConfig.functionCallingConfig.mode",
        "toolConfig.functionCallingConfig.allowedFunctionNames.*",
        "toolConfig.retrievalConfig.languageCode",
        "modelArmorConfig.*",
        *below(("tools.*",), TOOL_SHAPE),
        *below(_SCHEMAS, SCHEMA),
        *below(("generationConfig",), CONFIG_SHAPE),
    ),
    binary=(*below(_ASKED, PART_FILES), *below(("generationConfig",), SAMPLES)),
    text=(
        *below(_ASKED, (*PART_WORDS, PIECE)),
        "systemInstruction",
        "labels.*",
        "toolConfig.retrievalConfig.latLng.*",
        _TOOLS,
        *below(("generationConfig",), CONFIG_WORDS),
    ),
)

# --- the answer ------------------------------------------------------------------------------------

_PARTS = ("candidates.*.content.parts.*", "automaticFunctionCallingHistory.*.parts.*")
_GROUNDS = "candidates.*.groundingMetadata"
GROUNDING_SHAPE = (
    "googleMapsWidgetContextToken",
    "searchEntryPoint.sdkBlob",
    "retrievalMetadata.*",
    "groundingSupports.*.confidenceScores.*",
    "groundingSupports.*.groundingChunkIndices.*",
    "groundingSupports.*.renderedParts.*",
    "groundingSupports.*.segment.startIndex",
    "groundingSupports.*.segment.endIndex",
    "groundingSupports.*.segment.partIndex",
    "groundingChunks.*.maps.placeId",
    "groundingChunks.*.maps.route.*",
    "groundingChunks.*.retrievedContext.fileSearchStore",
    "groundingChunks.*.retrievedContext.mediaId",
    "groundingChunks.*.retrievedContext.pageNumber",
    "groundingChunks.*.retrievedContext.ragChunk.chunkId",
    "groundingChunks.*.retrievedContext.ragChunk.fileId",
    "groundingChunks.*.retrievedContext.ragChunk.pageSpan.*",
    "sourceFlaggingUris.*.sourceId",
)
_ENVELOPE = (
    "responseId",
    "modelVersion",
    "createTime",
    "modelStatus.modelStage",
    "modelStatus.retirementTime",
    "promptFeedback.blockReason",
    "promptFeedback.safetyRatings.*.*",
    "usageMetadata.*",
    "usageMetadata.*.*.*",
    "error.code",
    "error.status",
    "automaticFunctionCallingHistory.*.role",
    *below(
        ("candidates.*",),
        (
            "index",
            "content.role",
            "finishReason",
            "avgLogprobs",
            "tokenCount",
            "continuationToken",
            "logprobsResult.**",
            "safetyRatings.*.*",
            "citationMetadata.citations.*.startIndex",
            "citationMetadata.citations.*.endIndex",
            "citationMetadata.citations.*.publicationDate.*",
            "urlContextMetadata.urlMetadata.*.urlRetrievalStatus",
        ),
    ),
    *below((_GROUNDS,), GROUNDING_SHAPE),
)
_TEXTS = (
    "error.message",
    "modelStatus.message",
    "promptFeedback.blockReasonMessage",
    "candidates.*.finishMessage",
    "candidates.*.citationMetadata.citations.*.*",
    "candidates.*.urlContextMetadata.urlMetadata.*.*",
    # Every other string of what an answer rests on is text.
    f"{_GROUNDS}.**",
)


def _answer(*, streamed: bool) -> FieldMap:
    pieces = below(_PARTS, ("text", PIECE))
    return FieldMap(
        camel=True,
        free=below(_PARTS, PART_FREE),
        structural=(*_ENVELOPE, *below(_PARTS, PART_SHAPE)),
        binary=below(_PARTS, PART_FILES),
        delta=pieces if streamed else (),
        text=(*_TEXTS, *below(_PARTS, PART_WORDS), *pieces),
    )


_RESULTS = below(
    ("contents.*.parts.*", "contents.parts.*"),
    ("functionResponse", "function_response", "toolResponse", "codeExecutionResult"),
)

GENERATE: Final = ProtocolMap(
    name="gemini.generate",
    version=1,
    request=_REQUEST,
    response=_answer(streamed=False),
    event=_answer(streamed=True),
    erased=("candidates.*.logprobsResult",),
    calls=tuple(
        CallSite(f"{_PARTS[0]}.{name}", frozenset({"args", "partialArgs"}))
        for name in ("functionCall", "toolCall")
    ),
    results=tuple(ResultSite(item) for item in _RESULTS),
)
