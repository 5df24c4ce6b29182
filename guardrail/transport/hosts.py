"""Which requests of a process go to a model provider, for `guard.install()`.

A request is guarded if its host belongs to a provider, whatever its path (files,
batches and audio carry text too), or if its path is one of a protocol that has a
map, whatever its host: a model behind a gateway, or on this machine, is spoken to
the same way. All else (object stores, telemetry, the application's own services)
passes, unless its host is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError
from guardrail.wire.maps import protocol_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PROVIDERS", "Hosts"]

PROVIDERS: Final = (
    # Base URLs in the installed SDKs (openai, anthropic, google-genai, mistralai, cohere).
    "api.openai.com",
    "*.api.openai.com",
    "*.openai.azure.com",
    "*.azure.openai.com",
    "*.services.ai.azure.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.googleapis.com",  # mTLS, and by region: aiplatform.eu.rep.googleapis.com
    "*-aiplatform.mtls.googleapis.com",
    "*.prediction.vertexai.goog",
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-runtime.*.amazonaws.com.cn",
    "bedrock-agent-runtime.*.amazonaws.com",
    "bedrock-mantle.*.api.aws",
    "*.mistral.ai",
    "api.cohere.com",
    "api.cohere.ai",
    # The rest of Azure and Microsoft.
    "*.cognitiveservices.azure.com",
    "*.api.cognitive.microsoft.com",
    "*.models.ai.azure.com",
    "models.inference.ai.azure.com",
    "models.github.ai",
    "api.githubcopilot.com",
    # Hosts of open models.
    "api.groq.com",
    "api.together.xyz",
    "api.together.ai",
    "api.fireworks.ai",
    "api.deepinfra.com",
    "api.cerebras.ai",
    "api.sambanova.ai",
    "api.replicate.com",
    "api.novita.ai",
    "api.hyperbolic.xyz",
    "api.studio.nebius.com",
    "api.studio.nebius.ai",
    "api.tokenfactory.nebius.com",
    "integrate.api.nvidia.com",
    "ai.api.nvidia.com",
    "router.huggingface.co",
    "api-inference.huggingface.co",
    "*.endpoints.huggingface.cloud",
    "api-inference.modelscope.cn",
    "inference.baseten.co",
    "*.api.baseten.co",
    "api.friendli.ai",
    "api.featherless.ai",
    "api.lambda.ai",
    "api.scaleway.ai",
    "api.inference.wandb.ai",
    "inference.api.nscale.com",
    "inference.do-ai.run",
    "inference.generativeai.*.oci.oraclecloud.com",
    "*.endpoints.kepler.ai.cloud.ovh.net",
    "llm.chutes.ai",
    "api.clarifai.com",
    "api.synthetic.new",
    "api.endpoints.anyscale.com",
    "ollama.com",
    # Providers of their own models.
    "api.x.ai",
    "api.deepseek.com",
    "api.perplexity.ai",
    "api.ai21.com",
    "api.voyageai.com",
    "api.jina.ai",
    "api.moonshot.ai",
    "api.moonshot.cn",
    "api.z.ai",
    "dashscope.aliyuncs.com",
    "dashscope-intl.aliyuncs.com",
    "api.minimax.io",
    "api.minimaxi.com",
    "api.reka.ai",
    "api.writer.com",
    "api.llama.com",
    "api.meta.ai",
    "api.inceptionlabs.ai",
    "api.morphllm.com",
    "api.aleph-alpha.com",
    "api.nlpcloud.io",
    "chat.maritaca.ai",
    "gigachat.devices.sberbank.ru",
    # Gateways.
    "openrouter.ai",
    "gateway.ai.cloudflare.com",
    "ai-gateway.vercel.sh",
    "api.portkey.ai",
    "*.helicone.ai",
    "*.hconeai.com",
    "api.poe.com",
    "api.aimlapi.com",
    "api.edenai.run",
    "nano-gpt.com",
)
"""Hosts of model providers; `*` stands for any characters.

Source: the base URLs in the SDKs of the providers, in LiteLLM 1.106 (its providers of
October 2026), and in the documentation of Azure, GitHub, Nebius, Moonshot, Writer,
Cloudflare, Portkey and Helicone. `tests/transport/test_install.py` holds the list
against the SDKs that are installed.
"""

_NAME: Final = re.compile(r"[A-Za-z0-9*._:\[\]-]+")


class Hosts:
    """The providers' hosts, and those that are named besides; immutable."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Take further hosts: "llm.example.com", "*.example.com", "*" for every host there is.

        Raises:
            ConfigError: what is no host name, a URL for instance.
        """
        # A plain string would be taken letter by letter, and would match no host.
        if isinstance(names, str) or not all(_NAME.fullmatch(name) for name in names):
            raise ConfigError(
                "hosts must be a tuple of host names",
                advice='write hosts=("llm.example.com",), without https://',
            )
        self.names = tuple(names)
        patterns = "|".join(re.escape(name.lower()).replace(r"\*", ".*") for name in (*PROVIDERS, *names))
        self._pattern = re.compile(patterns)

    def includes(self, host: str) -> bool:
        """Tell whether everything that is sent to `host` is guarded."""
        return self._pattern.fullmatch(host.lower().rstrip(".")) is not None

    def guards(self, *, method: str, host: str, path: str, headers: Mapping[str, str]) -> bool:
        """Tell whether this request is guarded."""
        return self.includes(host) or bool(protocol_for(method, path, headers))
