"""Which provider a request goes to is told by the options alone, and what is ambiguous does not start."""

import pytest

from guardrail.errors import ConfigError
from guardrail.proxy.upstreams import Upstream, Upstreams

OPENAI, ANTHROPIC = "https://api.openai.com", "https://api.anthropic.com"


@pytest.mark.parametrize(
    ("text", "address", "prefix", "model"),
    [
        (OPENAI, OPENAI, "", ""),
        (f"{OPENAI}/", OPENAI, "", ""),
        ("https://gw.example.com:8443/llm/v1/", "https://gw.example.com:8443/llm/v1", "", ""),
        (f"/anthropic={ANTHROPIC}", ANTHROPIC, "/anthropic", ""),
        (f"model:claude-*={ANTHROPIC}", ANTHROPIC, "", "claude-*"),
        ("model:org/m=http://127.0.0.1:9", "http://127.0.0.1:9", "", "org/m"),
        ("http://localhost:1", "http://localhost:1", "", ""),
        ("http://[::1]:1", "http://[::1]:1", "", ""),
    ],
)
def test_an_upstream_is_read_as_it_is_written(text, address, prefix, model):
    upstream = Upstream.parse(text)
    assert (upstream.address, upstream.prefix, upstream.model) == (address, prefix, model)
    assert Upstream.parse(str(upstream)) == upstream


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no http"),
        ("api.openai.com", "no http"),
        ("ftp://example.com", "no http"),
        ("https://", "no http"),
        ("https://example.com:99999", "no http"),
        ("/anthropic", "no address"),
        ("model:gpt-4", "no address"),
        ("/a b=https://example.com", "no plain path"),
        ("/a/../b=https://example.com", "no plain path"),
        ("/-/x=https://example.com", "own"),
        ("/-=https://example.com", "own"),
        ("model:=https://example.com", "no name"),
        ("model:*-turbo=https://example.com", "no name"),
        ("https://user:secret@example.com", "a name, a key"),
        ("https://example.com/?key=1", "a query"),
        ("https://example.com/#x", "a query"),
        ("http://example.com", "without TLS"),
        ("http://127.0.0.1.example.com", "without TLS"),
    ],
)
def test_what_is_no_upstream_is_refused_with_what_to_do(text, what):
    with pytest.raises(ConfigError, match=what) as told:
        Upstream.parse(text)
    assert told.value.advice
    assert "secret" not in str(told.value)


def test_plain_http_to_other_machines_needs_a_word():
    assert Upstream.parse("http://10.0.0.1", insecure=True).scheme == "http"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (OPENAI, ANTHROPIC),
        (f"/a={OPENAI}", f"/a={ANTHROPIC}"),
        (f"/a={OPENAI}", f"/a/b={ANTHROPIC}"),
        (f"model:gpt-4={OPENAI}", f"model:gpt-4={ANTHROPIC}"),
        (f"model:gpt-*={OPENAI}", f"model:gpt-4={ANTHROPIC}"),
        (f"model:gpt-4o={OPENAI}", f"model:gpt-*={ANTHROPIC}"),
        (f"model:*={OPENAI}", f"model:claude-*={ANTHROPIC}"),
    ],
)
def test_two_upstreams_for_one_request_do_not_start(one, other):
    for given in ((one, other), (other, one)):
        with pytest.raises(ConfigError, match="two upstreams"):
            Upstreams.parse(given)


def test_no_upstream_does_not_start():
    with pytest.raises(ConfigError, match="no upstream"):
        Upstreams.parse(())


def test_prefix_and_model_and_the_rest_live_beside_each_other():
    routes = Upstreams.parse(
        [OPENAI, f"/anthropic={ANTHROPIC}", "/ab=https://ab.example.com", "model:m-*=https://m.example.com"]
    )
    assert routes.for_path("/anthropic/v1/messages").host == "api.anthropic.com"
    assert routes.for_path("/anthropic").host == "api.anthropic.com"
    assert routes.for_path("/anthropical/v1") is None
    assert routes.for_model("m-1").host == "m.example.com"
    assert routes.for_model("gpt-5").host == "api.openai.com"
    assert routes.for_model("").provider == "openai"
    assert Upstreams.parse([f"/a={OPENAI}"]).for_model("gpt-5") is None
