"""The policies that come with guardrail, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.errors import PolicyError
from guardrail.policy.actions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["policy_path", "shipped"]

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped() -> Mapping[str, Path]:
    """Return the shipped policies' files by name.

    In a wheel they are beside the package's code, in a checkout in `policies/`.
    """
    packed = _PACKAGE / "policies"
    folder = packed if packed.is_dir() else _PACKAGE.parent / "policies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def policy_path(policy: str | Path) -> Path:
    """Return the file of a policy that is given as a path or as the bare name of a shipped one.

    Raises:
        PolicyError: a bare name that no shipped policy has.
    """
    path = Path(policy)
    if isinstance(policy, Path) or path.suffix or len(path.parts) != 1 or path.is_file():
        return path
    known = shipped()
    if policy not in known:
        raise PolicyError(
            f"no shipped policy is called '{policy}'",
            advice=f"{nearest(policy, tuple(known), 'policies')}; or give the path of a .toml file",
        )
    return known[policy]
