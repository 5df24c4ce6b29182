"""`guardrail detect`: where personal data stands, as places and kinds; never the data."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import ConfigError, DetectionError

if TYPE_CHECKING:
    from guardrail.evaluate.predict import Ours
    from guardrail.types import Channel, Finding

__all__ = ["register"]

FOUND: Final = 1
BAD_ROWS: Final = 1
MAX_BATCH: Final = 256  # rows
_CODE: Final = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
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


def detect(  # noqa: PLR0913 - the options are the interface
    source: Annotated[str, typer.Argument(metavar="FILE", help="A text file; - is standard input.")] = "-",
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write rows of JSON.")] = False,
    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="FILE", help="Only what this policy acts on. Repeatable."),
    ] = None,
    channel: options.ChannelName = options.DEFAULT_CHANNEL,
    min_score: options.MinScore = None,
    recognizers: options.Recognizers = None,
) -> None:
    """Run the command."""
    if jsonl:
        if source != "-":
            raise ConfigError("--jsonl reads standard input", advice="write: guardrail detect --jsonl < FILE")
        finder = _load(policy, options.channel_of(channel), min_score, recognizers)
        raise typer.Exit(BAD_ROWS if _Answers(finder).rows() else 0)
    options.invite(source)
    text = options.read_text(source)
    from guardrail.types import Passage  # noqa: PLC0415 - as light as it is, its neighbours are not

    (findings,) = _load(policy, options.channel_of(channel), min_score, recognizers).find([Passage(text)])
    if findings is None:
        raise DetectionError("detection failed on this text", advice="shorten it, or run: guardrail doctor")
    rows = [(*_place(text, f), f.entity, f"{f.score:.2f}", f.recognizer) for f in findings]
    if rows:
        output.print_table(("LINE:COLUMN", "LENGTH", "KIND", "SCORE", "FOUND BY"), rows)
    raise typer.Exit(FOUND if rows else 0)


def _load(
    named: list[str] | None, channel: "Channel", min_score: float | None, own: list[str] | None
) -> "Ours":
    """Load a detector, and the policies that choose among its findings if there are any."""
    from guardrail import policy  # noqa: PLC0415 - see Detector
    from guardrail.detect import Detector  # noqa: PLC0415 - seconds of libraries
    from guardrail.evaluate.predict import Ours  # noqa: PLC0415 - see Detector
    from guardrail.policy.shipped import policy_path  # noqa: PLC0415 - see Detector

    chosen = policy.load(*(policy_path(one) for one in named)) if named else None
    extra = options.own_recognizers(own)
    with output.progress("loading the detectors") as progress:
        wanted = chosen.entities if chosen else None
        detector = Detector.load(wanted=wanted, progress=progress, extra=extra)
    return Ours(detector, options.least(min_score, chosen), chosen, channel)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its line, its id as it was written, and its text."""

    line: int
    id: object
    text: str
    language: str


@dataclass(slots=True)
class _Answers:
    """Answers rows; remembers which languages it has spoken of."""

    finder: "Ours"
    told: set[str] = field(default_factory=set)

    def rows(self) -> int:
        """Answer row by row; return how many had no answer."""
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
                    self._tell(row.language)
            bad += self._answer(rows)
        return bad

    def _answer(self, rows: Sequence[_Row]) -> int:
        """Write the findings of a batch, in its order; return how many rows had no answer."""
        from guardrail.types import Passage  # noqa: PLC0415 - see Detector

        bad = 0
        lines = []
        found = self.finder.find([Passage(row.text, language=row.language) for row in rows])
        for row, findings in zip(rows, found, strict=True):
            if findings is None:
                output.inform(f"line {row.line}: detection failed on this text")
                bad += 1
            else:
                lines.append(_format(row.id, findings))
        output.write_bytes("".join(lines).encode("ascii"))
        return bad

    def _tell(self, language: str) -> None:
        """Say once of each language that is not served what is looked for all the same."""
        from guardrail.detect.languages import code_of  # noqa: PLC0415 - see Detector

        if language and not code_of(language) and language not in self.told:
            self.told.add(language)
            named = f"'{language}'" if _CODE.fullmatch(language) else "a row's"
            output.inform(
                f'the "lang" {named} is no language that is served: '
                "numbers and codes are found as ever, names perhaps"
            )


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
    language = value.get("lang") or ""
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
