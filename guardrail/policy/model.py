"""What a policy file may say, as closed and frozen models (docs: policies/README.md).

Pydantic reads only what a person wrote as policy, never a prompt: its errors
would echo their input. Unknown keys are refused, values are not converted.
"""

import re
from datetime import date
from typing import Annotated, Final, Literal, Self

import regex  # type: ignore[import-untyped]
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    model_validator,
)

from guardrail.policy.actions import parse_action, refuse
from guardrail.policy.exceptions import MAX_VALUE, key_of
from guardrail.policy.retention import CLASSES, NEVER, seconds
from guardrail.types import CHANNELS, Action, Channel

__all__ = [
    "SETTINGS",
    "Allow",
    "Closed",
    "Defaults",
    "ExampleModel",
    "Hot",
    "Keep",
    "Policy",
    "Retention",
    "Rule",
    "Scope",
    "When",
]

# Each from lax to strict.
SETTINGS: Final = {
    "on_error": ("pass", "redact", "block"),
    "on_unreadable": ("pass", "block"),
    "unknown_field": ("pass", "scrub", "block"),
    "stream": ("fast", "strict"),
}
# Nothing that is common to these is a value of one's own.
PROBES: Final = ("", "x", "Ann Smith", "4111 1111 1111 1111", "ann@example.com", "+49 30 901820", "10.0.0.1")
DESTINATION: Final = re.compile(r"completion|tool:[A-Za-z0-9_.:*-]{1,80}")
RESERVED: Final = frozenset({"unlisted", "allow-list"})


class Closed(BaseModel):
    """A model that refuses unknown keys, converts nothing and never changes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


def _duration(text: str) -> str:
    try:
        seconds(text)
    except ValueError:
        refuse(
            "not a duration, or longer than 100 years", 'write "30 days", "6 months", "3 years" or "never"'
        )
    return text


def _glob(text: str) -> str:
    if any(letter in text for letter in "?[]"):
        refuse("only '*' stands for other characters here", 'for example "eu-*"')
    return text


def _destination(text: str) -> str:
    if not DESTINATION.fullmatch(text):
        refuse(
            "values come back only in 'completion' or in a named tool",
            'write "completion" or "tool:crm_*"; a log, a trace or a provider never sees them again',
        )
    return text


def _value(text: str) -> str:
    if len(key_of(text)) < 2 or len(text) > MAX_VALUE:
        refuse(f"an allowed value has 2 to {MAX_VALUE} characters", "write the value as it stands in texts")
    return text


def _word(text: str) -> str:
    if len(key_of(text)) < 2 or len(text) > 60:
        refuse("a hot word has 2 to 60 characters", 'for example words = ["case ref"]')
    return text


def _weight(number: float) -> float:
    if not -1 <= number <= 1 or number == 0:
        refuse(
            "'add' is between -1 and 1, and not 0", "write add = 0.3 to raise a score, add = -0.3 to lower it"
        )
    return number


def _pattern(text: str) -> str:
    """Refuse a pattern that cannot be read, or that means everything."""
    if len(text) > 200:
        refuse("a pattern has at most 200 characters", "write several")
    try:
        compiled = regex.compile(text)
        wide = sum(compiled.fullmatch(probe, timeout=0.1) is not None for probe in PROBES)
    except (regex.error, TimeoutError, OverflowError, RecursionError):
        refuse("a pattern cannot be used", "write a regular expression such as 'ticket-[0-9]{4,8}'")
    if wide > 1:
        refuse("a pattern allows nearly everything", "write what your own values have in common")
    return text


def _distinct(items: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(items)) < len(items):
        refuse("the list names one thing twice", "remove the repetition")
    return items


def _table(value: object) -> object:
    """Read `vault = "30 days"` as `vault = { keep = "30 days" }`."""
    return {"keep": value} if isinstance(value, str) else value


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Score = Annotated[float, Field(ge=0, le=1)]
Duration = Annotated[str, AfterValidator(_duration)]
Glob = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_glob)]
Destination = Annotated[str, AfterValidator(_destination)]
Act = Annotated[InstanceOf[Action], BeforeValidator(parse_action)]
# Actions that need no options: what is found and not named can only be treated simply.
Plain = Literal["allow", "mask", "generalize", "tokenize", "encrypt", "hash", "redact", "block"]
Value = Annotated[str, AfterValidator(_value)]
Word = Annotated[str, AfterValidator(_word)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Lines = Annotated[tuple[Line, ...], Field(strict=False, max_length=64)]


class Rule(Closed):
    """What is done with some entities in some channels; the first that matches decides."""

    id: Slug
    why: str = Field(default="", max_length=2_000)
    find: Annotated[
        tuple[Entity, ...], Field(strict=False, min_length=1, max_length=200), AfterValidator(_distinct)
    ]
    where: Annotated[tuple[Channel, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)] = (
        CHANNELS
    )
    action: Act
    restore: Annotated[
        tuple[Destination, ...], Field(strict=False, max_length=64), AfterValidator(_distinct)
    ] = ()
    controls: Lines = ()
    min_score: Score | None = None

    @model_validator(mode="after")
    def _id_is_free(self) -> Self:
        if self.id in RESERVED:
            refuse(f"the id '{self.id}' stands for the default of the same name", "choose another id")
        return self


class Defaults(Closed):
    """What holds where no rule says otherwise. Left out, the strict choice holds."""

    min_score: Score = 0.5
    unlisted: Plain = "redact"
    on_error: Literal["block", "redact", "pass"] = "block"
    on_unreadable: Literal["block", "pass"] = "block"
    unknown_field: Literal["scrub", "block", "pass"] = "scrub"
    stream: Literal["strict", "fast"] = "strict"


class When(Closed):
    """Patterns over what the application says of an exchange; all that are given must match."""

    route: Glob | None = None
    model: Glob | None = None
    provider: Glob | None = None
    region: Glob | None = None
    tenant: Glob | None = None
    role: Glob | None = None
    purpose: Glob | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            refuse("the scope names no condition", 'for example when = { provider = "eu-*" }')
        return self


class Scope(Closed):
    """Where the policy is stricter: a route, model, provider, region, tenant, role or purpose."""

    when: When
    why: str = Field(default="", max_length=2_000)
    min_score: Score | None = None
    unlisted: Plain | None = None
    on_error: Literal["block", "redact", "pass"] | None = None
    on_unreadable: Literal["block", "pass"] | None = None
    unknown_field: Literal["scrub", "block", "pass"] | None = None
    stream: Literal["strict", "fast"] | None = None
    rules: Annotated[tuple[Rule, ...], Field(strict=False, max_length=1_000)] = ()

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.model_fields_set - {"when", "why"}:
            refuse("the scope changes nothing", "give it rules, or a stricter min_score or default")
        return self


class Keep(Closed):
    """How long a class of record is kept, between which bounds, and who says so."""

    keep: Duration
    at_least: Duration | None = None
    at_most: Duration | None = None
    source: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _bounds_are_times(self) -> Self:
        if NEVER in {self.at_least, self.at_most}:
            refuse("a bound cannot be 'never'", 'leave the bound out, or say keep = "never"')
        return self


class Retention(Closed):
    """How long each class of record is kept: content, vault, ledger."""

    content: Annotated[Keep | None, BeforeValidator(_table)] = None
    vault: Annotated[Keep | None, BeforeValidator(_table)] = None
    ledger: Annotated[Keep | None, BeforeValidator(_table)] = None

    def get(self, name: str) -> Keep | None:
        """Return what is said of the class `name`, one of `CLASSES`."""
        return dict(zip(CLASSES, (self.content, self.vault, self.ledger), strict=True)).get(name)


class Place(Closed):
    """The fields of an exchange that an example is tried under, as `when` would match them."""

    route: str = ""
    model: str = ""
    provider: str = ""
    region: str = ""
    tenant: str = ""
    role: str = ""
    purpose: str = ""


class Allow(Closed):
    """Values of one's own that this policy lets be. They may be personal data: no error repeats them."""

    values: Annotated[tuple[Value, ...], Field(strict=False, max_length=1_000)] = ()
    patterns: Annotated[tuple[Pattern, ...], Field(strict=False, max_length=50)] = ()
    find: Annotated[tuple[Entity, ...], Field(strict=False, max_length=200), AfterValidator(_distinct)] = ()
    why: str = Field(default="", max_length=2_000)

    @model_validator(mode="after")
    def _allows_something(self) -> Self:
        if not self.values and not self.patterns:
            refuse("the allow list is empty", 'for example values = ["support@example.com"]')
        return self


class Hot(Closed):
    """Words that raise or lower the score of findings that they stand beside."""

    words: Annotated[
        tuple[Word, ...], Field(strict=False, min_length=1, max_length=200), AfterValidator(_distinct)
    ]
    find: Annotated[
        tuple[Entity, ...], Field(strict=False, min_length=1, max_length=200), AfterValidator(_distinct)
    ]
    add: Annotated[float, AfterValidator(_weight)]
    within: Annotated[int, Field(ge=1, le=200)] = 60
    why: str = Field(default="", max_length=2_000)


class ExampleModel(Closed):
    """A test that the policy brings along: this text becomes that one, or is blocked."""

    text: str = Field(repr=False, min_length=1, max_length=20_000)
    where: Channel = "prompt"
    expect: str | None = Field(default=None, repr=False)
    blocked: bool = False
    context: Place = Place()

    @model_validator(mode="after")
    def _expects_one_thing(self) -> Self:
        if (self.expect is None) != self.blocked:
            refuse("an example expects a text or says blocked = true", "write one of the two")
        return self


class Policy(Closed):
    """A policy file, whole."""

    schema_: Literal[1] = Field(alias="schema")
    name: Slug
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")]
    title: str = Field(default="", max_length=200)
    owner: str = Field(default="", max_length=200)
    review_by: date | None = None
    mode: Literal["enforce", "shadow"] = "enforce"
    defaults: Defaults = Defaults()
    retention: Retention = Retention()
    rules: Annotated[tuple[Rule, ...], Field(strict=False, min_length=1, max_length=1_000)]
    scopes: Annotated[tuple[Scope, ...], Field(strict=False, max_length=200)] = ()
    allow: Annotated[tuple[Allow, ...], Field(strict=False, max_length=100)] = ()
    hot: Annotated[tuple[Hot, ...], Field(strict=False, max_length=100)] = ()
    examples: Annotated[tuple[ExampleModel, ...], Field(strict=False, max_length=500)] = ()
