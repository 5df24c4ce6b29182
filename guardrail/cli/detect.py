"""`guardrail detect`: where personal data stands, as places and kinds; never the data."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.border import Border
    from guardrail.detect import Detector
    from guardrail.types import Channel, Finding

__all__ = ["register"]

FOUND: Final = 1
BAD_ROWS: Final = 1
MAX_BATCH: Final = 256  # rows
CHUNK: Final = 2**20  # bytes read at a time, if that many wait


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "detect",
        short_help="Say where personal data stands in a text.",
        help=options.helped(
            "Say where personal data stands in a text: line, column, kind, score. The data is not printed. "
            'With --jsonl it reads rows {"id", "text", "lang"?} from standard input and writes '
            '{"id", "spans": [{"start", "end", "label", "score"}]} for each; places are code points. '
            "Exit code 1: something was found, or with --jsonl, a row could not be read.",
            "guardrail detect letter.txt",
            "guardrail detect --policy pci-dss orders.csv",
            "guardrail detect --jsonl < corpus.jsonl > spans.jsonl",
        ),
    )(detect)


def detect(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A text file; - is standard input.")] = "-",
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write rows of JSON.")] = False,
    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="FILE", help="Only what this policy acts on. Repeatable."),
    ] = None,
    channel: options.ChannelName = options.DEFAULT_CHANNEL,
) -> None:
    """Run the command."""
    if jsonl:
        if source != "-":
            raise ConfigError("--jsonl reads standard input", advice="write: guardrail detect --jsonl < FILE")
        finder = _Finder.load(policy, options.channel_of(channel))
        raise typer.Exit(BAD_ROWS if _rows(finder) else 0)
    options.invite(source)
    text = options.read_text(source)
    (findings,) = _Finder.load(policy, options.channel_of(channel)).find([text], "en")
    rows = [(*_place(text, f), f.entity, f"{f.score:.2f}", f.recognizer) for f in findings]
    if rows:
        output.print_table(("LINE:COLUMN", "LENGTH", "KIND", "SCORE", "FOUND BY"), rows)
    raise typer.Exit(FOUND if rows else 0)


@dataclass(frozen=True, slots=True)
class _Finder:
    """A detector, and the policies that choose among its findings if there are any."""

    detector: "Detector"
    border: "Border | None"
    channel: "Channel"

    @classmethod
    def load(cls, named: list[str] | None, channel: "Channel") -> "_Finder":
        from guardrail import policy  # noqa: PLC0415 - see Detector
        from guardrail.border import Border  # noqa: PLC0415 - see Detector
        from guardrail.detect import Detector  # noqa: PLC0415 - seconds of libraries
        from guardrail.policy.shipped import policy_path  # noqa: PLC0415 - see Detector
        from guardrail.vault.keys import Keys  # noqa: PLC0415 - see Detector

        chosen = policy.load(*(policy_path(one) for one in named)) if named else None
        with output.progress("loading the detectors") as progress:
            detector = Detector.load(wanted=chosen.entities if chosen else None, progress=progress)
        border = Border(detector, chosen, Keys.ephemeral()) if chosen else None
        return cls(detector, border, channel)

    def find(self, texts: Sequence[str], language: str) -> list[list["Finding"]]:
        """Return disjoint findings, in order, for each text.

        Raises:
            ConfigError: the language is not served.
        """
        from guardrail import spans  # noqa: PLC0415 - see Detector
        from guardrail.detect import LANGUAGES  # noqa: PLC0415 - see Detector
        from guardrail.types import Context, Passage  # noqa: PLC0415 - see Detector

        if language not in LANGUAGES:
            raise ConfigError("the language is not served")
        passages = [Passage(text) for text in texts]
        if self.border:
            decided = self.border.decide(passages, channels=[self.channel] * len(texts), context=Context())
            return [[decision.finding for decision in decisions] for decisions in decided]
        found = self.detector.detect(passages)
        return [list(spans.trim(text, spans.resolve(one))) for text, one in zip(texts, found, strict=True)]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its line, its id as it was written, and its text."""

    line: int
    id: object
    text: str
    language: str


def _rows(finder: _Finder) -> int:
    """Answer row by row; return how many could not be read."""
    bad = 0
    at = 0
    for lines in _batches(sys.stdin.buffer):
        rows = []
        for line in lines:
            at += 1
            try:
                row = _parse(at, line)
            except ValueError as fault:
                output.inform(f"line {at}: {fault}")
                bad += 1
                continue
            if row:
                rows.append(row)
        bad += _answer(finder, rows)
    return bad


def _answer(finder: _Finder, rows: Sequence[_Row]) -> int:
    """Write the findings of a batch, in its order; return how many rows had no answer."""
    answers: dict[int, list[Finding]] = {}
    bad = 0
    for language in dict.fromkeys(row.language for row in rows):
        chosen = [row for row in rows if row.language == language]
        try:
            found = finder.find([row.text for row in chosen], language)
        except ConfigError as fault:
            for row in chosen:
                output.inform(f"line {row.line}: {fault.message}")
            bad += len(chosen)
            continue
        answers |= {row.line: findings for row, findings in zip(chosen, found, strict=True)}
    lines = (_format(row.id, answers[row.line]) for row in rows if row.line in answers)
    output.write_bytes("".join(lines).encode("ascii"))
    return bad


def _format(row_id: object, findings: Sequence["Finding"]) -> str:
    spans = [
        {"start": f.start, "end": f.end, "label": f.entity, "score": round(f.score, 4)} for f in findings
    ]
    return json.dumps({"id": row_id, "spans": spans}) + "\n"


def _parse(at: int, line: bytes) -> _Row | None:
    """Read a row; None for an empty line.

    Raises:
        ValueError: not such a row; the message holds nothing of it.
    """
    if not line.strip():
        return None
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(value, dict) or "id" not in value or not isinstance(value.get("text"), str):
        raise ValueError('not an object with "id" and a string "text"')
    language = value.get("lang") or "en"
    if not isinstance(language, str):
        raise ValueError('"lang" is not a string')  # noqa: TRY004 - one error for callers
    return _Row(at, value["id"], value["text"], language)


def _batches(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines that are there, up to MAX_BATCH: fast for a file, prompt for a partner at a pipe."""
    rest = b""
    while chunk := _read_some(stream):
        *lines, rest = (rest + chunk).split(b"\n")
        for at in range(0, len(lines), MAX_BATCH):
            yield lines[at : at + MAX_BATCH]
    if rest:
        yield [rest]


def _read_some(stream: BinaryIO) -> bytes:
    read1 = getattr(stream, "read1", stream.read)
    chunk: bytes = read1(CHUNK)
    return chunk


def _place(text: str, finding: "Finding") -> tuple[str, str]:
    """Return "line:column", both from 1, and the length, in code points."""
    line = text.count("\n", 0, finding.start) + 1
    column = finding.start - (text.rfind("\n", 0, finding.start) + 1) + 1
    return f"{line}:{column}", str(finding.end - finding.start)
