"""Published key formats of model providers and the services around them.

Each row: provider, literals, shape, check. Sources: the providers' quick-start
and API-key pages. Mistral, Cohere and others issue keys without a prefix: those
are found beside a label only.
"""

from __future__ import annotations

from typing import Final

from guardrail.detect.secret_format import A62, HEX, UUID, Row, Url, cased, generated

__all__ = ["AI"]

AI: Final[tuple[Row, ...]] = (
    ("OpenAI", "…T3BlbkFJ", f"sk-(?:[a-zA-Z]{{2,10}}-)?{Url}{{10,100}}T3BlbkFJ{Url}{{10,100}}", None),
    (
        "OpenAI",
        "sk-proj- sk-svcacct- sk-admin- sk-None-",
        (f"sk-(?:proj|svcacct|admin|None)-{Url}{{16,256}}"),
        cased,
    ),
    ("Anthropic", "sk-ant-", f"sk-ant-[a-z]{{2,8}}\\d{{0,2}}-{Url}{{16,256}}", None),
    ("OpenRouter", "sk-or-", f"sk-or-v1-{HEX}{{32,64}}", None),
    ("Langfuse", "sk-lf-", f"sk-lf-{UUID}", None),
    # OpenAI's first form, DeepSeek, Moonshot, Stability and others share it.
    ("OpenAI and alike", "sk-", f"sk-{Url}{{16,256}}", generated),
    ("Hugging Face", "hf_ api_org_", f"(?:hf|api_org)_{A62}{{30,64}}", None),
    ("Replicate", "r8_", f"r8_{A62}{{36,40}}", None),
    ("Groq", "gsk_", f"gsk_{A62}{{40,60}}", None),
    ("Perplexity", "pplx-", f"pplx-{A62}{{40,64}}", None),
    ("xAI", "xai-", f"xai-{A62}{{64,96}}", None),
    ("Pinecone", "pcsk_", f"pcsk_{A62}{{4,8}}_{A62}{{40,80}}", None),
    ("Fireworks", "fw_", f"fw_{A62}{{22,32}}", cased),
    ("Together", "tgp_v1_", f"tgp_v1_{Url}{{40,50}}", None),
    ("Cerebras", "csk-", "csk-[a-z0-9]{40,56}", None),
    ("NVIDIA", "nvapi-", f"nvapi-{Url}{{50,80}}", None),
    ("LangSmith", "lsv2_", f"lsv2_(?:pt|sk)_{HEX}{{32}}_{HEX}{{10}}", None),
    ("ElevenLabs", "sk_", f"sk_{HEX}{{48}}", None),
    ("Tavily", "tvly-", f"tvly-(?:dev-|prod-)?{A62}{{28,40}}", cased),
    ("Jina AI", "jina_", f"jina_{Url}{{40,70}}", cased),
    ("Voyage AI", "pa-", f"pa-{Url}{{43}}", cased),
    ("LlamaCloud", "llx-", f"llx-{A62}{{40,56}}", None),
    ("RunPod", "rpa_", f"rpa_{A62}{{36,64}}", None),
    ("Apify", "apify_api_", f"apify_api_{A62}{{30,44}}", None),
    ("Firecrawl", "fc-", f"fc-{HEX}{{32}}", None),
    ("E2B", "e2b_", f"e2b_{HEX}{{40}}", None),
    ("Weights & Biases", "wandb_v1_", f"wandb_v1_{Url}{{40,90}}", None),
    ("Modal", "as- ak-", f"a[sk]-{A62}{{22}}", generated),
)
