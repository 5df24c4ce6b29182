"""`guardrail doctor`: is everything here that a guard needs, and what mends what is not."""

import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import typer

from guardrail.cli import options, output, vault
from guardrail.errors import GuardrailError

if TYPE_CHECKING:
    from guardrail.detect import Detector
    from guardrail.ledger.remote import Place
    from guardrail.policy import PolicySet

__all__ = ["register"]

AMISS: Final = 1
OLDEST_PYTHON: Final = (3, 11)
MODELS: Final = "python -m pip install 'guardrail-pii[models]'"
OWN: Final = "guardrail check --recognizers FILE.py POLICY, with the file whose recognizer finds it"
LIBRARIES: Final = (
    "presidio-analyzer",
    "presidio-anonymizer",
    "spacy",
    "cryptography",
    "pydantic",
    "starlette",
)
STYLES: Final = {"ok": "green", "note": "yellow", "amiss": "bold red"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; only "amiss" makes the exit code 1."""

    state: Literal["ok", "note", "amiss"]
    what: str
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "doctor",
        short_help="Say what is missing or amiss on this machine, and the remedy.",
        help=options.helped(
            "Look at Python, libraries, models, policies, the ledger and the keys, and say what mends what "
            "is amiss. Exit code 1: something is amiss.",
            "guardrail doctor",
            "guardrail doctor --policy my-policy.toml --ledger ledger.db --vault vault.db",
        ),
    )(doctor)


def doctor(
    *,
    policy: options.Policies = None,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    vault_at: vault.VaultPath = None,
) -> None:
    """Run the command."""
    book = options.optional_ledger(ledger, keys)
    lines = list(_python())
    _print(lines)
    with output.progress("loading the detectors") as progress:
        detector = _load(progress)
    late = [*_models(detector), *_detector(detector), *_policies(detector, policy)]
    late += [*_store(), *_ledger(book), *_keys(book, keys), *_vault(vault_at, keys, book)]
    _print(late)
    raise typer.Exit(AMISS if any(line.state == "amiss" for line in [*lines, *late]) else 0)


def _print(lines: list[Line]) -> None:
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    out = output.console()
    for line in lines:
        out.print(Text.assemble((f"{line.state:5} ", STYLES[line.state]), line.what))
        if line.remedy:
            out.print(Text(f"      {line.remedy}"))


def _python() -> Iterator[Line]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        yield Line("ok", f"Python {version}")
    else:
        yield Line("amiss", f"Python {version}", "install Python 3.11 or newer")
    yield Line("ok", f"guardrail {metadata.version('guardrail-pii')}")
    for name in LIBRARIES:
        try:
            yield Line("ok", f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Line("amiss", f"{name} is not installed", "python -m pip install --upgrade guardrail-pii")


def _models(loaded: "Detector | GuardrailError | None" = None) -> Iterator[Line]:
    """Tell of each model; what the detector failed for is told by it alone."""
    from guardrail.detect import installed  # noqa: PLC0415 - seconds of libraries

    told = loaded.message if isinstance(loaded, GuardrailError) else ""
    for model in installed():
        if model.name in told:
            continue
        name = f"model {model.name} {model.version}"
        if model.verified:
            yield Line("ok", f"{name}, verified")
        elif model.path:
            yield Line("amiss", f"{name} is incomplete or altered", model.remedy)
        else:
            yield Line("note", f"{name} is not installed", model.remedy)


def _load(progress: Callable[[str, float], None]) -> "Detector | GuardrailError":
    from guardrail.detect import Detector  # noqa: PLC0415 - seconds of libraries

    try:
        return Detector.load(progress=progress)
    except GuardrailError as fault:
        return fault


def _detector(detector: "Detector | GuardrailError") -> Iterator[Line]:
    if isinstance(detector, GuardrailError):
        yield Line("amiss", detector.message, detector.advice)
        return
    yield Line("ok", f"the detectors find {len(detector.entities)} kinds of personal data")
    for name, languages in detector.finders.items():
        read = "every language that it was trained on" if not languages else ", ".join(sorted(languages))
        yield Line("ok", f"names are looked for by {name}, which reads {read}")
    if "PERSON" not in detector.entities:
        yield Line("amiss", "no model finds names", MODELS)


def _policies(detector: "Detector | GuardrailError", given: list[str] | None) -> Iterator[Line]:
    from guardrail import policy  # noqa: PLC0415 - commands start without pydantic
    from guardrail.policy.shipped import policy_path  # noqa: PLC0415 - as above

    shipped = policy.shipped()
    if not shipped:
        yield Line("amiss", "no shipped policies are found", "install guardrail-pii again")
    for name in [*shipped, *(given or [])]:
        try:
            loaded = policy.load(policy_path(name))
        except GuardrailError as fault:
            yield Line("amiss", f"policy {name}: {fault.message}", fault.advice)
            continue
        if isinstance(detector, GuardrailError):
            continue
        unseen = list(_unseen(loaded, detector))
        yield from unseen
        if not unseen:
            yield Line("ok", f"policy {loaded.documents[0].name} {loaded.documents[0].version}")


def _unseen(loaded: "PolicySet", detector: "Detector") -> Iterator[Line]:
    """Tell of each rule what it names and nothing here finds, and the command that mends it."""
    from guardrail.entities import ENTITIES  # noqa: PLC0415 - as above

    for document in loaded.documents:
        for rule in document.rules:
            missing = sorted(set(rule.find) - detector.entities - detector.on_request)
            ours = [one for one in missing if one in ENTITIES]
            own = [one for one in missing if one not in ENTITIES]
            what = f"policy {document.name}, rule {rule.id}: nothing here finds"
            if ours:
                yield Line("amiss", f"{what} {', '.join(ours)}", MODELS)
            if own:
                yield Line("amiss", f"{what} {', '.join(own)}", OWN)


def _store() -> Iterator[Line]:
    """Write, sign and verify a ledger in a temporary folder: the whole way, with this machine's SQLite."""
    from guardrail.crypto import random_bytes  # noqa: PLC0415 - commands start light
    from guardrail.ledger import Ledger, Reader, verify  # noqa: PLC0415 - as above

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "try.db"
            with Ledger.open(path, seed=random_bytes(32)):
                pass
            with Reader.open(path) as reader:
                ((version,),) = reader.rows("SELECT sqlite_version()")
                vkey = reader.vkey
            report = verify(path, vkey=vkey)
    except (GuardrailError, OSError) as fault:
        message = (
            fault.message if isinstance(fault, GuardrailError) else "the temporary folder cannot be used"
        )
        yield Line("amiss", f"a ledger cannot be written here: {message}", "check TMPDIR and the disk")
        return
    if report.exit_code:
        yield Line(
            "amiss", "a ledger that was just written does not verify", "report this with your versions"
        )
    else:
        yield Line("ok", f"SQLite {version}: a ledger was written, signed and verified")


def _ledger(path: "Place | None") -> Iterator[Line]:
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start light

    if path is None:
        yield Line(
            "note", "no ledger is named: without one, entries last as long as the process", "--ledger PATH"
        )
        return
    if isinstance(path, Path) and not path.exists():
        yield Line("note", f"{path} does not exist yet; it is made on first use")
        return
    try:
        with Reader.open(path) as reader:
            size, signed, vkey = reader.size, max(reader.checkpoints(), default=0), reader.vkey
    except GuardrailError as fault:
        yield Line("amiss", f"{path}: {fault.message}", fault.advice)
        return
    yield Line("ok", f"{path}: {size} entries, {signed} of them signed")
    beside = path.with_name(f"{path.name}.vkey")
    if not beside.is_file() or beside.read_bytes() != vkey.encode() + b"\n":
        yield Line("amiss", f"{beside.name} is not the public key of this ledger", "find out who changed it")
    published = path.with_name(f"{path.name}.checkpoint")
    told = _told(published)
    if told < signed:
        yield Line(
            "amiss",
            f"{published.name} tells {told} entries, {signed} are signed: it was not published since",
            "see that the folder can be written; a running guard tries again each second",
        )
    if isinstance(path, Path) and path.stat().st_mode & stat.S_IWOTH:
        yield Line("amiss", f"{path} can be written by everyone on this machine", f"chmod o-w {path}")


def _told(checkpoint: Path) -> int:
    """Return the number of entries that a checkpoint's file tells (C2SP tlog-checkpoint: its second line)."""
    try:
        return int(checkpoint.read_bytes().split(b"\n", 2)[1])
    except (OSError, IndexError, ValueError):
        return 0


def _keys(path: "Place | None", keys: str | None) -> Iterator[Line]:
    """Tell where the keys rest, and in which version; never what they are."""
    from guardrail.custody import custody_of  # noqa: PLC0415 - commands start light

    beside = path.with_name(f"{path.name}.key") if path else None
    if keys is None and (beside is None or not beside.exists()):
        return
    try:
        place = custody_of(keys, ledger=options.files(path))
        place.load()
        state = place.state()
    except GuardrailError as fault:
        yield Line("amiss", fault.message, fault.advice)
        return
    version = f", {state.version}" if state.version else ""
    if state.kind == "file":
        yield Line("ok", f"keys in {Path(state.place).name}: readable by its owner alone")
    else:
        yield Line("ok", f"keys by {state.kind}, {state.place}{version}")
    if state.note:
        yield Line("note", f"keys by {state.kind}: {state.note}", "docs/operating.md, Keys")


def _vault(where: str | None, keys: str | None, book: "Place | None") -> Iterator[Line]:
    """Tell where conversations remember their tokens."""
    if where is None:
        yield Line(
            "note",
            "no vault is named: without one, each process remembers tokens of conversations in its memory",
            "--vault PATH",
        )
        return
    try:
        with vault.opened_vault(where, keys, book or Path(where)) as store:
            counts, waiting = store.counts(), store.leftover()
    except GuardrailError as fault:
        yield Line("amiss", f"vault: {fault.message}", fault.advice)
        return
    yield Line("ok", f"vault: {counts['rows']} rows under {counts.get('subject', 0)} keys of subjects")
    if waiting:
        remedy = f"guardrail retention run --ledger {book} --vault {vault.shown(where)}"
        yield Line("note", f"{waiting} rows of the vault have had their time", remedy)
