"""Every field that an installed SDK knows is decided in its protocol's map: a new one fails until it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sdk_types import BYTES, CLOSED, FREE, dotted, fields_of

from guardrail.wire.maps import PROTOCOLS


@dataclass(frozen=True)
class Source:
    """Where the types of one message of a protocol are: a module, a name, and the way to it in the body."""

    protocol: str
    message: str
    module: str
    name: str
    at: tuple = ()

    def __str__(self):
        return f"{self.protocol} {self.message} {self.name}"


RESPONSES, MESSAGES, GEMINI = "openai.responses", "anthropic.messages", "gemini.generate"
REALTIME = "openai.realtime"
CHOICES, COHERE, EMBED = "mistral.chat", "cohere.chat", "openai.embeddings"
OLLAMA, LIVE = "ollama.chat", "gemini.live"
PARAMS = "openai.types.responses.response_create_params"
CREATE = "anthropic.types.message_create_params"
BATCH = "anthropic.types.messages.batch_create_params"
GENAI = "google.genai.types"
MISTRAL = "mistralai.client.models"
V2 = "cohere.v2.types"
SOURCES = [
    Source(RESPONSES, "request", PARAMS, "ResponseCreateParamsNonStreaming"),
    Source(RESPONSES, "request", PARAMS, "ResponseCreateParamsStreaming"),
    Source(RESPONSES, "response", "openai.types.responses", "Response"),
    Source(RESPONSES, "event", "openai.types.responses", "ResponseStreamEvent"),
    Source(REALTIME, "request", "openai.types.realtime", "RealtimeClientEvent"),
    Source(REALTIME, "request", "openai.types.realtime", "RealtimeTranslationClientEvent"),
    Source(REALTIME, "event", "openai.types.realtime", "RealtimeServerEvent"),
    Source(REALTIME, "event", "openai.types.realtime", "RealtimeTranslationServerEvent"),
    Source(EMBED, "request", "openai.types", "EmbeddingCreateParams"),
    Source(EMBED, "response", "openai.types", "CreateEmbeddingResponse"),
    Source(MESSAGES, "request", CREATE, "MessageCreateParamsNonStreaming"),
    Source(MESSAGES, "response", "anthropic.types", "Message"),
    Source(MESSAGES, "event", "anthropic.types", "RawMessageStreamEvent"),
    Source("anthropic.batches", "request", BATCH, "BatchCreateParams"),
    Source("anthropic.batches", "response", "anthropic.types.messages", "MessageBatch"),
    Source("anthropic.batches", "event", "anthropic.types.messages", "MessageBatchIndividualResponse"),
    Source("openai.batches", "request", "openai.types.batch_create_params", "BatchCreateParams"),
    Source("openai.batches", "response", "openai.types", "Batch"),
    Source(GEMINI, "request", GENAI, "Content", ("contents", 0)),
    Source(GEMINI, "request", GENAI, "Content", ("systemInstruction",)),
    Source(GEMINI, "request", GENAI, "Tool", ("tools", 0)),
    Source(GEMINI, "request", GENAI, "ToolConfig", ("toolConfig",)),
    Source(GEMINI, "request", GENAI, "SafetySetting", ("safetySettings", 0)),
    Source(GEMINI, "request", GENAI, "GenerationConfig", ("generationConfig",)),
    Source(GEMINI, "response", GENAI, "GenerateContentResponse"),
    Source(GEMINI, "event", GENAI, "GenerateContentResponse"),
    Source(LIVE, "request", GENAI, "LiveClientContent", ("clientContent",)),
    Source(LIVE, "request", GENAI, "LiveClientRealtimeInput", ("realtimeInput",)),
    Source(LIVE, "request", GENAI, "LiveClientToolResponse", ("toolResponse",)),
    Source(LIVE, "request", GENAI, "Content", ("setup", "systemInstruction")),
    Source(LIVE, "request", GENAI, "Tool", ("setup", "tools", 0)),
    Source(LIVE, "request", GENAI, "GenerationConfig", ("setup", "generationConfig")),
    Source(LIVE, "request", GENAI, "AudioTranscriptionConfig", ("setup", "inputAudioTranscription")),
    Source(LIVE, "event", GENAI, "LiveServerMessage"),
    Source(CHOICES, "request", MISTRAL, "ChatCompletionRequest"),
    Source(CHOICES, "response", MISTRAL, "ChatCompletionResponse"),
    Source(CHOICES, "event", MISTRAL, "CompletionChunk"),
    Source(COHERE, "request", "cohere", "ChatMessageV2", ("messages", 0)),
    Source(COHERE, "request", "cohere", "ToolV2", ("tools", 0)),
    Source(COHERE, "request", "cohere", "Document", ("documents", 0)),
    Source(COHERE, "request", "cohere", "ResponseFormatV2", ("response_format",)),
    Source(COHERE, "request", "cohere", "CitationOptions", ("citation_options",)),
    Source(COHERE, "request", "cohere", "Thinking", ("thinking",)),
    Source(COHERE, "response", V2, "V2ChatResponse"),
    Source(COHERE, "event", V2, "V2ChatStreamResponse"),
    Source(OLLAMA, "request", "ollama._types", "ChatRequest"),
    Source(OLLAMA, "request", "ollama._types", "GenerateRequest"),
    Source(OLLAMA, "response", "ollama._types", "ChatResponse"),
    Source(OLLAMA, "event", "ollama._types", "GenerateResponse"),
]
EACH = pytest.mark.parametrize("source", SOURCES, ids=str)


def fields(source):
    """Return the map of the message, and (path, what) of every field of its type."""
    module = pytest.importorskip(source.module, reason="this SDK is not installed", exc_type=ImportError)
    kind = getattr(module, source.name)
    table = getattr(PROTOCOLS[source.protocol], source.message)
    found = [((*source.at, *path), what) for path, what in fields_of(kind)]
    # What is erased before anything is read needs no kind.
    erased = [tuple(pattern.split(".")) for pattern in PROTOCOLS[source.protocol].erased]
    ways = {path: tuple(dotted(path).split(".")) for path, _ in found}
    return table, [
        (path, what) for path, what in found if not any(ways[path][: len(one)] == one for one in erased)
    ]


# Fields that are never in a body: what the SDK adds for its callers, and bytes that it encodes.
NOT_SENT = ("parsed", "sdkHttpResponse")
# A dictionary stands for the type itself there: what else is in it, is unknown.
OPEN = {"messages.*.key.any", "options.key.any"}


@EACH
def test_no_field_of_the_sdk_is_unknown(source):
    table, found = fields(source)
    assert found
    sent = [path for path, what in found if path[0] not in NOT_SENT and (what != BYTES or path[-1] != 0)]
    unknown = {dotted(path) for path in sent if table.kind(path) in {"unknown", "loose"}} - OPEN
    assert unknown == set(), "decide what these fields of the SDK are, in guardrail/wire"


# Free strings that are not looked at, by the last step to them; each was decided. They are references
# that the provider gave, names that a model must call a tool by, names of shapes, and opaque data.
REFERENCES = {
    "id", "call_id", "caller_id", "container_id", "file_id", "item_id", "approval_request_id", "connector_id",
    "continuation_id", "comparison_response_id", "previous_response_id", "previous_message_id", "tool_id",
    "tool_use_id", "tool_call_id", "tab_id", "download_id", "skill_id", "tunnel_id", "workspace_id",
    "created_by", "server_label", "namespace", "conversation", "container", "environment", "version",
    "responseId", "modelVersion", "cachedContent", "placeId", "reviewId", "sourceId", "mediaId", "chunkId",
    "fileId", "fileSearchStore", "flagContentUri", "object", "document_id", "trace_id",
    "event_id", "response_id", "conversation_id", "previous_item_id", "sessionId", "newHandle", "ids",
    "input_file_id", "output_file_id", "error_file_id", "results_url", "request_id",
}  # fmt: skip
NAMES = {
    "name", "tool_name", "toolset_name", "model", "model_name", "modelName", "role", "type", "format",
    "pattern", "ref", "title", "index", "strict", "any", "tool", "action", "status", "key", "mode", "code",
    "quality", "size", "background", "output_format", "license", "service_tier", "inference_geo", "detail",
    "finish_reason", "done_reason", "think", "error_type", "review_target", "tool_choice", "button",
    "user_location", "definition",
}  # fmt: skip
OPAQUE = {
    "signature", "encrypted_content", "encrypted_index", "encrypted_stdout", "data", "fingerprint",
    "obfuscation", "thoughtSignature", "continuationToken", "googleMapsWidgetContextToken", "encodedPolyline",
    "token",
}  # fmt: skip
SHAPES = {
    "languageCode", "targetLanguageCode", "mimeType", "responseMimeType", "startOffset", "endOffset",
    "jsonPath", "voice", "voiceName", "style", "aspectRatio", "imageSize", "personGeneration", "duration",
    "gcsUri",    "resolution", "timeout", "sseReadTimeout", "dataStore", "datastore", "engine", "ragCorpus",
    "domain", "retrieved_at", "event", "language", "languages", "created_at", "format", "keep_alive",
    "timeLeft", "audioOffset", "completion_window", "endpoint",
}  # fmt: skip
LISTS = {
    "include", "keys", "required", "propertyOrdering", "allowed_tools", "tool_names", "file_ids",
    "vector_store_ids", "allowed_domains", "allowedFunctionNames", "excludedPredefinedFunctions",
    "fileSearchStoreNames", "ragCorpora", "ragFileIds", "languageCodes", "library_ids", "exclude",
    "requires_confirmation", "reference_ids", "allowed_callers", "categories",
}  # fmt: skip


@EACH
def test_every_free_text_of_the_sdk_is_looked_at_or_was_decided_not_to_be(source):
    table, found = fields(source)
    left = {path for path, what in found if what == FREE and table.kind(path) == "structural"}
    names = {next(step for step in reversed(path) if isinstance(step, str)) for path in left}
    assert names <= REFERENCES | NAMES | OPAQUE | SHAPES | LISTS, sorted(map(dotted, left))


# Numbers that are somebody's: a place on earth, an argument, a value of the caller's own.
OWN_NUMBERS = {"latitude", "longitude", "numberValue", "numericValue", "value", "attributes", "key"}


@EACH
def test_no_word_of_a_closed_list_is_held_for_text(source):
    table, found = fields(source)
    free = {path for path, what in found if what == FREE}
    closed = {path for path, what in found if what == CLOSED and path not in free}
    kinds = {path: table.kind(path) for path in closed if not OWN_NUMBERS & set(path)}
    assert {dotted(path) for path, kind in kinds.items() if kind in {"text", "delta", "identifier"}} <= {
        "input.*", "input.*.*", "context.*",  # token numbers: told from strings by what they are
    }  # fmt: skip


@EACH
def test_bytes_are_files_or_opaque(source):
    table, found = fields(source)
    encoded = {dotted(path): table.kind(path) for path, what in found if what == BYTES and path[-1] != 0}
    assert {path for path, kind in encoded.items() if kind not in {"binary", "structural"}} <= set()
