"""The items and tools of OpenAI Responses: which of their fields are text.

Source: the types of the openai SDK 3.54 (`types/responses/*`). A request holds
items, an answer holds items, and so does its echo of the instructions: what a
field of an item is, is told once.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import Given, below

__all__ = [
    "FILES",
    "NOTE_SHAPE",
    "NOTE_WORDS",
    "SCHEMA",
    "TOOL_FILES",
    "TOOL_SCHEMAS",
    "TOOL_SHAPE",
    "TOOL_WORDS",
    "item_files",
    "item_free",
    "item_shape",
    "item_words",
    "pictures",
    "tools_of",
]

SCHEMA = ("type", "required.*", "format", "pattern", "$ref", "$schema", "$id")

# --- one item --------------------------------------------------------------------------------------

_SHAPE = (
    "type",
    "id",
    "role",
    "status",
    "phase",
    "name",
    "namespace",
    "call_id",
    "server_label",
    "container_id",
    "approval_request_id",
    "created_by",
    "execution",
    "encrypted_content",
    "fingerprint",
    "caller.*",
    "max_output_length",
    "acknowledged_safety_checks.*.id",
    "acknowledged_safety_checks.*.code",
    "pending_safety_checks.*.id",
    "pending_safety_checks.*.code",
    # What an image was made with.
    "background",
    "action",
    "output_format",
    "quality",
    "size",
    "svg_usage.*",
    "error.code",
    "error.type",
    "error.moderation_details.**",
    "reasoning.effort",
    # What a computer, a shell or a search was told to do, but for its words.
    "action.type",
    "action.button",
    "action.keys.*",
    "action.timeout_ms",
    "action.max_output_length",
    "action.path.*.*",
    "action.scroll_x",
    "action.scroll_y",
    "action.x",
    "action.y",
    "action.sources.*.type",
    "actions.*.type",
    "actions.*.button",
    "actions.*.keys.*",
    "actions.*.path.*.*",
    "actions.*.scroll_x",
    "actions.*.scroll_y",
    "actions.*.x",
    "actions.*.y",
    "environment.type",
    "environment.container_id",
    "environment.skills.*.name",
    "operation.type",
    "outputs.*.type",
    "results.*.file_id",
    "results.*.score",
    "summary.*.type",
    "output.type",
    "output.file_id",
    "output.*.type",
    "output.*.detail",
    "output.*.file_id",
    "output.*.created_by",
    "output.*.outcome.*",
    "output.*.prompt_cache_breakpoint.*",
    "content.*.type",
    "content.*.detail",
    "content.*.file_id",
    "content.*.prompt_cache_breakpoint.*",
    "content.*.logprobs.**",
    "text.format.type",
    "text.format.name",
)
NOTE_SHAPE = ("type", "container_id", "file_id", "index", "start_index", "end_index")
NOTE_WORDS = ("filename", "title", "url")
FILES = ("image_url", "file_data")
_ITEM_FILES = (*below(("content.*", "output.*", "output"), FILES), "outputs.*.url")
_WORDS = (
    "content",
    "content.*.text",
    "content.*.refusal",
    "content.*.filename",
    "content.*.file_url",
    "output",
    "output.*.text",
    "output.*.filename",
    "output.*.file_url",
    "output.*.stdout",
    "output.*.stderr",
    "outputs.*.logs",
    "arguments",
    "input",
    "code",
    "reason",
    "revised_prompt",
    "queries.*",
    "results.*.filename",
    "results.*.text",
    "summary.*.text",
    "error",
    "error.message",
    "error.param",
    "acknowledged_safety_checks.*.message",
    "pending_safety_checks.*.message",
    "action.command.*",
    "action.commands.*",
    "action.pattern",
    "action.queries.*",
    "action.query",
    "action.sources.*.url",
    "action.text",
    "action.url",
    "action.user",
    "action.working_directory",
    "actions.*.text",
    "environment.skills.*.description",
    "environment.skills.*.path",
    "operation.diff",
    "operation.path",
    "text.format.description",
)
_ITEM_FREE = ("arguments.**", "error.content.**", "results.*.attributes.**", "action.env.**")
# The same key holds a picture of one kind of item, and what a program said in another.
_PICTURE: Final = frozenset({"image_generation_call"})

# --- the tools -------------------------------------------------------------------------------------

TOOL_SHAPE = (
    "type",
    "name",
    "strict",
    "action",
    "allowed_callers.*",
    "allowed_tools.*",
    "allowed_tools.tool_names.*",
    "background",
    "complexity",
    "connector_id",
    "container",
    "container.type",
    "container.file_ids.*",
    "container.memory_limit",
    "container.network_policy.type",
    "container.network_policy.allowed_domains.*",
    "container.network_policy.domain_secrets.*.domain",
    "container.network_policy.domain_secrets.*.name",
    "display_height",
    "display_width",
    "environment",
    "environment.type",
    "environment.container_id",
    "environment.file_ids.*",
    "environment.memory_limit",
    "environment.network_policy.type",
    "environment.network_policy.allowed_domains.*",
    "environment.network_policy.domain_secrets.*.domain",
    "environment.network_policy.domain_secrets.*.name",
    "environment.skills.*.name",
    "environment.skills.*.skill_id",
    "environment.skills.*.type",
    "environment.skills.*.version",
    "environment.skills.*.source.type",
    "environment.skills.*.source.media_type",
    "execution",
    "filters.key",
    "filters.type",
    "filters.filters.*.key",
    "filters.filters.*.type",
    "format.type",
    "format.syntax",
    "format.definition",
    "frame_count",
    "frame_duration_ms",
    "input_fidelity",
    "input_image_mask.file_id",
    "max_num_results",
    "model",
    "moderation",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "ranking_options.**",
    "require_approval",
    "require_approval.*.tool_names.*",
    "search_content_types.*",
    "search_context_size",
    "server_label",
    "size",
    "svg.model",
    "svg.reasoning.effort",
    "tunnel_id",
    "user_location.type",
    "vector_store_ids.*",
)
TOOL_SCHEMAS = ("parameters.**", "output_schema.**", "input_schema.**")
TOOL_WORDS = (
    "description",
    "server_description",
    "server_url",
    "filters.value",
    "filters.value.*",
    "filters.filters.*.value",
    "filters.filters.*.value.*",
    "filters.filters.*.*",
    "filters.allowed_domains.*",
    "environment.skills.*.description",
    "environment.skills.*.path",
    "user_location.*",
    # Keys to other services are meant for the provider; a policy that blocks secrets speaks of them.
    "authorization",
    "headers.*",
    "container.network_policy.domain_secrets.*.value",
    "environment.network_policy.domain_secrets.*.value",
    *TOOL_SCHEMAS,
)
TOOL_FILES = ("input_image_mask.image_url", "environment.skills.*.source.data")


def tools_of(parent: str) -> tuple[str, ...]:
    """Return the places of tools: in a list, and in a namespace of such a list."""
    return (f"{parent}tools.*", f"{parent}tools.*.tools.*")


def item_shape(*items: str) -> tuple[str, ...]:
    """Return the structural fields of the items at these patterns."""
    notes = tuple(f"{item}.content.*.annotations.*" for item in items)
    tools = tuple(tool for item in items for tool in tools_of(f"{item}."))
    schemas = below(tools, TOOL_SCHEMAS)
    return (
        *below(items, _SHAPE),
        *below(notes, NOTE_SHAPE),
        *below(tools, TOOL_SHAPE),
        *below((*schemas, *(f"{item}.text.format.schema.**" for item in items)), SCHEMA),
    )


def item_words(*items: str) -> tuple[str, ...]:
    """Return their texts."""
    notes = tuple(f"{item}.content.*.annotations.*" for item in items)
    tools = tuple(tool for item in items for tool in tools_of(f"{item}."))
    schemas = tuple(f"{item}.text.format.schema.**" for item in items)
    return (*below(items, _WORDS), *below(notes, NOTE_WORDS), *below(tools, TOOL_WORDS), *schemas)


def item_files(*items: str) -> tuple[str, ...]:
    """Return their files, images and sounds."""
    tools = tuple(tool for item in items for tool in tools_of(f"{item}."))
    return (*below(items, _ITEM_FILES), *below(tools, TOOL_FILES))


def item_free(*items: str) -> tuple[str, ...]:
    """Return what a caller or a tool shapes as it likes in them."""
    # `annotations` of an MCP server's tool: its own words.
    return (*below(items, _ITEM_FREE), *(f"{item}.tools.*.annotations.**" for item in items))


def pictures(*items: str) -> tuple[Given, ...]:
    """Return the results that are a picture in one kind of item, and a text in another."""
    return tuple(Given(f"{item}.result", "type", _PICTURE, "binary", "text") for item in items)
