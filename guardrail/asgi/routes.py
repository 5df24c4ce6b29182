"""Which paths pass unguarded, and what is said of the others: plain paths, no patterns.

A rule is "/health", exactly that path, or "/static/", everything below it. The
longest that fits decides. Paths are those of the application itself: what a
server or a mount has put before them (`root_path`) does not count.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.errors import ConfigError, GuardrailWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.types import Scope

    from guardrail.guard import Guard

__all__ = ["Route", "Routes", "path_of"]


@dataclass(frozen=True, slots=True)
class Route:
    """What holds on a path besides the middleware's own options.

    `name` is the `route` of the context there: scopes of the policy make it
    stricter by that name, and the ledger tells it. `guard` stands in the place of
    the middleware's; one whose policies lack any of the middleware's is warned of.
    `unread` are media types of answers ("image/png", "image/*") that pass unread here,
    counted; of requests, the policy's `on_unreadable` decides, since a client names those.
    """

    name: str = ""
    guard: Guard | None = None
    unread: tuple[str, ...] = ()


class Routes:
    """The rules of one middleware. Immutable."""

    def __init__(self, exempt: Sequence[str], routes: Mapping[str, Route | str]) -> None:
        """Take the paths that pass and the routes of others; a string is a route's name.

        Raises:
            ConfigError: a rule that would not do what it seems to say.
        """
        # A plain string would exempt each of its characters, "/" and so everything among them.
        if isinstance(exempt, str) or not _are_paths(exempt):
            raise ConfigError(
                "exempt must be a tuple of paths that begin with '/'", advice='write exempt=("/health",)'
            )
        if not _are_paths(routes):
            raise ConfigError(
                "routes must map paths that begin with '/'", advice='write routes={"/chat": "chat"}'
            )
        if both := sorted(set(exempt) & set(routes)):
            raise ConfigError(f"{both[0]} is exempt and a route", advice="take it out of one of the two")
        named = {path: Route(route) if isinstance(route, str) else route for path, route in routes.items()}
        self._rules: dict[str, Route | None] = {**named, **dict.fromkeys(exempt)}

    def find(self, scope: Scope) -> Route | None:
        """Return what holds for the path of `scope`; None where it passes unguarded."""
        path = path_of(scope)
        # "/static/../chat" must not lead past the guard, whatever the application makes of it.
        devious = "//" in path or bool({".", ".."} & set(path.split("/")))
        best = ""
        found: Route | None = Route()
        for rule, route in self._rules.items():
            fits = path.startswith(rule) if rule.endswith("/") else path == rule
            if fits and len(rule) > len(best) and not (devious and route is None):
                best, found = rule, route
        return found

    def warn(self, guard: Guard) -> None:
        """Warn of every route where something is not promised that `guard` promises elsewhere."""
        for path, route in self._rules.items():
            if route is None:
                continue
            there = route.guard or guard
            kept = {document.digest for document in there.policy.documents}
            if lacking := [one.name for one in guard.policy.documents if one.digest not in kept]:
                _warn(
                    f"the route {path} is guarded without the policy {', '.join(lacking)}; "
                    "load its guard with that policy too, or name the route and let a scope be stricter"
                )
            if route.unread and there.policy.setting("on_unreadable", there.base) != "pass":
                _warn(f"the route {path} lets {', '.join(route.unread)} pass unread; the policy blocks it")


def path_of(scope: Scope) -> str:
    """Return the path within the application: without the `root_path` that leads to it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _are_paths(paths: Iterable[str]) -> bool:
    return all(path.startswith("/") for path in paths)


def _warn(message: str) -> None:
    warnings.warn(message, GuardrailWarning, stacklevel=5)  # who makes the middleware
