"""Where a request goes: one provider for all, or several, told apart by path or by model.

    https://api.openai.com                       everything that no other one takes
    /anthropic=https://api.anthropic.com         paths below /anthropic; the prefix is taken off
    model:claude-*=https://api.anthropic.com     requests that name such a model

Two that could take the same request are refused at the start: which of them got
a text must never hang on the order of options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import combinations
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Upstream", "Upstreams"]

FORMS: Final = "use URL, /PREFIX=URL or model:NAME=URL, for example /anthropic=https://api.anthropic.com"

_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_MODEL: Final = re.compile(r"[A-Za-z0-9._:/@-]*\*?")
_RESERVED: Final = "/-"  # the pages for operators

_PROVIDERS: Final = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.cohere.com": "cohere",
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """One provider: its address, and which requests are meant for it."""

    scheme: str
    host: str
    port: int | None
    base: str  # path before every path of a request, "" or "/v1"
    prefix: str = ""
    model: str = ""

    @classmethod
    def parse(cls, text: str, *, insecure: bool = False) -> Upstream:
        """Read one `--upstream`; `insecure` lets plain http leave this machine.

        Raises:
            ConfigError: it cannot be read, or its texts and keys would travel in the open.
        """
        chosen, mark, url = text.partition("=") if text.startswith(("/", "model:")) else ("", "=", text)
        if not mark:
            raise ConfigError("an upstream has no address", advice=FORMS)
        prefix, model = (chosen, "") if chosen.startswith("/") else ("", chosen.removeprefix("model:"))
        if chosen.startswith("/") and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
            raise ConfigError("an upstream's prefix is no plain path", advice=FORMS)
        if f"{prefix}/".startswith(f"{_RESERVED}/"):
            raise ConfigError("paths below /-/ are the proxy's own", advice="choose another prefix")
        if chosen.startswith("model:") and not (model and _MODEL.fullmatch(model)):
            raise ConfigError(
                "an upstream's model is no name",
                advice="use a name, or the beginning of one with a * at its end",
            )
        scheme, host, port, base = _address(url, insecure=insecure)
        return cls(scheme, host, port, base, prefix, model)

    @property
    def address(self) -> str:
        """Return the URL as it was given, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.base}"

    @property
    def provider(self) -> str:
        """Return the word that scopes of a policy match on; "" where none is known."""
        return _PROVIDERS.get(self.host, "")

    def takes_path(self, path: str) -> bool:
        """Tell whether a path lies below the prefix."""
        return bool(self.prefix) and (path == self.prefix or path.startswith(f"{self.prefix}/"))

    def takes_model(self, name: str) -> bool:
        """Tell whether a model is meant for this provider."""
        if self.model.endswith("*"):
            return name.startswith(self.model[:-1])
        return bool(self.model) and name == self.model

    def __str__(self) -> str:
        which = self.prefix or (f"model:{self.model}" if self.model else "")
        return f"{which}={self.address}" if which else self.address


class Upstreams:
    """All providers of one proxy. Immutable."""

    def __init__(self, given: Sequence[Upstream]) -> None:
        """Take them; refuse what is ambiguous.

        Raises:
            ConfigError: none is given, or two could take the same request.
        """
        if not given:
            raise ConfigError("no upstream is named", advice="name one: --upstream https://api.openai.com")
        for one, other in combinations(given, 2):
            _refuse_overlap(one, other)
        self.all = tuple(given)
        self._by_path = tuple(one for one in given if one.prefix)
        self._by_model = tuple(one for one in given if one.model)
        self._rest = next((one for one in given if not one.prefix and not one.model), None)

    @classmethod
    def parse(cls, texts: Iterable[str], *, insecure: bool = False) -> Upstreams:
        """Read every `--upstream`; see `Upstream.parse`."""
        return cls([Upstream.parse(text, insecure=insecure) for text in texts])

    @property
    def by_model(self) -> bool:
        """Tell whether a request's model has to be read."""
        return bool(self._by_model)

    def for_path(self, path: str) -> Upstream | None:
        """Return the provider whose prefix a path has."""
        return next((one for one in self._by_path if one.takes_path(path)), None)

    def for_model(self, name: str) -> Upstream | None:
        """Return the provider of a model, or the one that takes the rest; None where nobody does."""
        return next((one for one in self._by_model if one.takes_model(name)), self._rest)


def _address(url: str, *, insecure: bool) -> tuple[str, str, int | None, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in {"https", "http"} or not host:
        raise ConfigError("an upstream's address is no http(s) URL", advice=FORMS)
    if parts.username is not None or parts.query or parts.fragment:
        # It would be printed at the start and stand in process lists.
        raise ConfigError(
            "an upstream's address holds a name, a key or a query",
            advice="give scheme, host and path only; keys come from the clients",
        )
    if parts.scheme == "http" and not (insecure or _is_loopback(host)):
        raise ConfigError(
            "an upstream without TLS would carry texts and keys in the open",
            advice="use https://, or add --insecure-upstream where the network itself is trusted",
        )
    return parts.scheme, host, port, parts.path.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_overlap(one: Upstream, other: Upstream) -> None:
    if one.prefix and other.prefix:
        # "/a" and "/a/b": the longer would win, which nobody reads out of two options.
        clash = one.takes_path(other.prefix) or other.takes_path(one.prefix)
        what, advice = "have prefixes of which one holds the other", "give each a prefix of its own"
    elif one.model and other.model:
        clash = _models_meet(one.model, other.model)
        what, advice = "could take the same model", "make the names of models exclude each other"
    else:
        clash = not (one.prefix or one.model or other.prefix or other.model)
        what, advice = "both take everything", "give one of them a /PREFIX= or a model:NAME="
    if clash:
        raise ConfigError(f"two upstreams {what}: {one} and {other}", advice=advice)


def _models_meet(one: str, other: str) -> bool:
    """Tell whether some name fits both patterns; a * stands at the end only."""
    first, second = one.removesuffix("*"), other.removesuffix("*")
    if one.endswith("*") and other.endswith("*"):
        return first.startswith(second) or second.startswith(first)
    if one.endswith("*"):
        return second.startswith(first)
    return first.startswith(second) if other.endswith("*") else first == second
