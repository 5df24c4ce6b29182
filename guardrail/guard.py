"""The one object that users hold: a policy, a detector, keys and a ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self, Unpack

from guardrail import policy as policies
from guardrail.border import Border
from guardrail.case import Case
from guardrail.detect import Detector
from guardrail.duplex import Duplex
from guardrail.errors import ConfigError, GuardrailError
from guardrail.exchange import Exchange
from guardrail.ledger import Ledger, Reader
from guardrail.ledger.remote import beside_keys, files_of, place_of
from guardrail.ledger.stores import is_there
from guardrail.operators.extras import require
from guardrail.policy.shipped import policy_path
from guardrail.subjects import erase
from guardrail.tally import Tally, event
from guardrail.types import CHANNELS, Context, Passage, ScrubResult
from guardrail.vault.keys import Keys
from guardrail.vault.memory import STANDING
from guardrail.vault.opening import open_store
from guardrail.vault.scopes import Scopes
from guardrail.within import Within, checked, in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    import httpx2

    from guardrail.border import Detects
    from guardrail.detect import Settings
    from guardrail.holds import Holds
    from guardrail.ledger.certificate import Certificate
    from guardrail.ledger.remote import Place
    from guardrail.policy import PolicySet
    from guardrail.transport import Library
    from guardrail.types import Channel, Decision, Entry, Event, Finding
    from guardrail.vault.memory import TokenMap
    from guardrail.within import Named

__all__ = ["Guard", "Session", "ledger_path"]


class Guard:
    """Find, act, record. Thread-safe; make one per process and share it."""

    def __init__(  # noqa: PLR0913 - one object holds all parts
        self,
        *,
        policy: PolicySet,
        detector: Detects,
        keys: Keys,
        ledger: Ledger,
        context: Context | None = None,
        vault: Scopes | None = None,
    ) -> None:
        """Take the parts. `Guard.load` makes them from files; this is for parts of your own.

        `context` is what is in force where no `guard.context(...)` says otherwise: `base`.
        `vault` says where conversations remember their tokens: without it, in memory.

        Raises:
            ConfigError: the policy names an entity that the detector cannot find:
                a promise that nobody would keep.
        """
        missing = policy.entities - detector.entities
        if missing:
            raise ConfigError(
                f"the policy names {', '.join(sorted(missing))}, and no installed detector finds it",
                advice="run `guardrail doctor` to see what is missing, or take the entity out of the policy",
            )
        self.policy = policy
        self.detector = detector
        self.keys = keys
        self.ledger = ledger
        self.base = checked(context or Context())
        self._border = Border(detector, policy, keys)
        require(policy.actions)
        self._standing = bool(policy.actions & STANDING)
        self.vault = vault or Scopes(keys, keep=policy.keep("vault"))
        self._owned: Detector | None = None  # one that is given may serve others

    @classmethod
    def load(  # noqa: PLR0913 - each has a safe default
        cls,
        *policy: str | Path,
        ledger: str | Place | None = None,
        keys: str | Path | None = None,
        vault: str | Path | None = None,
        context: Context | None = None,
        recognizers: Sequence[object] = (),
        progress: Callable[[str, float], None] | None = None,
        **settings: Unpack[Settings],
    ) -> Self:
        """Load policies (files, or names of shipped ones such as "gdpr-chat"), models, keys and the ledger.

        Without `ledger` the entries live in memory, for trying things out. With
        it, the key file `<ledger>.key` is made on first use, readable by its
        owner alone, and the public key is written to `<ledger>.vkey`. `keys` is another
        file, or a URI such as "env:NAME" or "vault-transit://HOST/MOUNT/KEY" (docs/spec/keys.md).
        `vault` is a file, or an address of PostgreSQL, in which conversations remember their
        tokens (docs/spec/vault.md); without it they do so in memory.
        `recognizers` are your own: functions under `@recognizer`, or Presidio's.
        `progress` is called with a label and a part in 0..1 while a model is
        prepared for the first time. `settings` are those of `Detector.load`:
        `names` (name finders, models of your own), `language`, `limits` (seconds),
        `workers` (processes for the English model).

        Raises:
            PolicyError, ConfigError, LedgerError, VaultError: each says what to do.
        """
        if not policy:
            raise ConfigError("no policy is given", advice='name one, e.g. Guard.load("gdpr-chat")')
        loaded = policies.load(*(policy_path(one) for one in policy))
        detector = Detector.load(wanted=loaded.entities, progress=progress, extra=recognizers, **settings)
        path = ledger_path(ledger, keys)
        held = _keys(keys, path)
        book = Ledger.open(
            path, seed=held.log_seed, bodies=True, custody=held.wrapper, detectors=detector.versions
        )
        try:
            beside = files_of(path) if path else None
            scopes = Scopes(held, keep=loaded.keep("vault"), store=open_store(vault, held, beside=beside))
            guard = cls(
                policy=loaded, detector=detector, keys=held, ledger=book, context=context, vault=scopes
            )
            guard._owned = detector
            book.append_policy([(one.name, one.version, one.digest, one.source) for one in loaded.documents])
        except BaseException:
            detector.close()
            book.close()  # a vault holds nothing that would be lost
            raise
        return guard

    def scrub(self, text: str, *, channel: Channel = "prompt", context: Context | None = None) -> ScrubResult:
        """Return `text` as the policy lets it pass; the entry that says so is durable.

        Raises:
            BlockedError: the policy blocks it (the entry is written all the same).
            DetectionError: detection failed, and `on_error` is "block".
            LedgerError: the entry cannot be written: use nothing of the text.
        """
        where = self._where(context)
        return self._scrub(text, channel, where, self._tokens(where, channel))

    def clean(
        self, text: str, *, channel: Channel, context: Context | None = None
    ) -> tuple[str, tuple[Decision, ...]]:
        """Return `text` as the policy lets it pass, without an entry: the caller records in sums.

        Raises:
            BlockedError, DetectionError: as for `scrub`.
        """
        _check(text, channel)
        where = self._where(context)
        case = Case(self._border, self._tokens(where, channel), where, Tally())
        if self._standing:
            case.tokens.reserve(text)
        with case.sure():
            decisions = case.decide([Passage(text)], [channel])[0]
            return case.apply(text, decisions), decisions

    def reveal(self, form: str, *, entity: str = "", action: object = "encrypt") -> str:
        """Return the value of a form that only a key opens; `action` is what the policy says of it.

        For example "encrypt" or `{"type": "fpe", "key": "cards"}`, the latter with its entity.
        Under the tenant in force. Tokens, surrogates and dates come back in answers alone.

        Raises:
            OperatorError: it does not open. PolicyError: there is no such action.
        """
        return self._border.reveal(form, entity, policies.action(action), context=self.current())

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...]]:
        """Return the raw findings of each passage; nothing is decided or recorded."""
        return self.detector.detect(passages)

    def context(self, whole: Context | None = None, /, **named: Unpack[Named]) -> Within:
        """Return a block (`with`, or a decorator) in which every call of this guard has this context.

        `tenant`, `actor`, `purpose`, `conversation`, `subject` and the other parts of a `Context` by
        name change what is in force around it; `whole` stands in its place.

        Raises:
            ConfigError: a name that the ledger has no place for.
        """
        return Within(self, self.base, whole, named)

    def current(self) -> Context:
        """Return the context in force: of the innermost `with guard.context(...)`, else `base`."""
        return in_force(self) or self.base

    def session(self, *, subject: str = "", conversation: str = "") -> Session:
        """Return a session: what it tokenizes, it can restore. Both names are ids of your own."""
        around = self.current()
        named = replace(
            around,
            subject=subject or around.subject,
            conversation=conversation or around.conversation,
        )
        return Session(self, named)

    def exchange(
        self, *, context: Context | None = None, protocol: str = "", holds: Holds | None = None
    ) -> Exchange:
        """Return the state machine of one request and its answer ("openai.chat" for Chat Completions).

        `holds` bounds the time that texts of a stream are held, by a clock of your own.
        """
        where = self._where(context)
        return Exchange(self._border, self._tokens(where), where, protocol=protocol, holds=holds)

    def duplex(self, *, context: Context | None = None, protocol: str = "") -> Duplex:
        """Return the state machine of one websocket ("openai.realtime" for OpenAI Realtime)."""
        where = self._where(context)
        return Duplex(self._border, self._tokens(where), where, protocol=protocol)

    def http_client(
        self, *, library: Library = "httpx2", max_body: int = 0, **options: object
    ) -> httpx2.Client:
        """Return an HTTP client whose every call is guarded, for `OpenAI(http_client=...)` and the like.

        `max_body` is the number of bytes of one body that are held (0: 64 MiB), `options` are those
        of `httpx2.Client`; see `guardrail.transport`.

        Raises:
            ConfigError: the library is not installed.
        """
        from guardrail import transport  # noqa: PLC0415 - a shell above us

        return transport.http_client(self, library=library, max_body=max_body, **options)

    def async_http_client(
        self, *, library: Library = "httpx2", max_body: int = 0, **options: object
    ) -> httpx2.AsyncClient:
        """Return the same for an event loop."""
        from guardrail import transport  # noqa: PLC0415 - a shell above us

        return transport.async_http_client(self, library=library, max_body=max_body, **options)

    def install(self, *, hosts: Sequence[str] = (), strict: bool = False) -> None:
        """Guard every httpx2 and httpx client of this process; see `guardrail.transport.install`.

        Raises:
            ConfigError: another guard is installed; with `strict`, something is not covered.
        """
        from guardrail import transport  # noqa: PLC0415 - a shell above us

        transport.install(self, hosts=hosts, strict=strict)

    def uninstall(self) -> None:
        """Take it off again."""
        from guardrail import transport  # noqa: PLC0415 - a shell above us

        transport.uninstall(self)

    def record(self, what: Event) -> Entry:
        """Append an event; return when it is durable. On a `LedgerError` nothing may be forwarded."""
        return self.ledger.append(what)

    def erase(self, subject: str, *, tenant: str = "", reason: str = "request") -> Certificate:
        """Make everything under the subject's keys unreadable, here and in the vault; return the certificate.

        `subject` is the id that contexts name, `tenant` whose it is (by default the
        context's in force). See `guardrail.subjects.erase` for what is raised.
        """
        return erase(
            self.ledger, self.vault.store, subject, tenant=tenant or self.current().tenant, reason=reason
        )

    def close(self) -> None:
        """Close the ledger: its last checkpoint is published. Close what `load` made, too."""
        if self._owned is not None:
            self._owned.close()
            self.vault.store.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Guard {', '.join(document.name for document in self.policy.documents)}>"

    def _where(self, context: Context | None) -> Context:
        return self.current() if context is None else checked(context)

    def _tokens(self, context: Context, channel: Channel = "prompt") -> TokenMap:
        # What a line of a log hides, nobody gets back: its rule must not speak for the conversation.
        heard = channel not in {"log", "trace"}
        tokens = self.vault.tokens(
            context.tenant, context.conversation, subject=context.subject, remembered=heard
        )
        return tokens.with_standins() if self._standing else tokens

    def _scrub(self, text: str, channel: Channel, context: Context, tokens: TokenMap) -> ScrubResult:
        _check(text, channel)
        case = Case(self._border, tokens, context, Tally())
        case.tally.seen += len(text.encode("utf-8", "surrogatepass"))
        tokens.reserve(text)
        facts = {"channel": channel}
        try:
            with case.sure():
                decisions = case.decide([Passage(text)], [channel])[0]
                new = case.apply(text, decisions)
        except GuardrailError:
            self.record(event("scrub.blocked", case.tally, policy=self.policy, context=context, facts=facts))
            raise
        entry = self.record(event("scrub", case.tally, policy=self.policy, context=context, facts=facts))
        return ScrubResult(new, decisions, entry)


class Session:
    """Texts that belong together: a token issued for one is restored in every other.

    The map of tokens lives as long as the session. With a `conversation` id, the
    same values get the same tokens in the next session of that conversation, and
    it restores them too, for as long as the policy keeps the vault.
    """

    def __init__(self, guard: Guard, context: Context) -> None:
        self._guard = guard
        self._context = context
        self._tokens = guard._tokens(context)  # noqa: SLF001 - two classes, one noun

    def scrub(self, text: str, *, channel: Channel = "prompt") -> ScrubResult:
        """Return `text` as the policy lets it pass; see `Guard.scrub`."""
        return self._guard._scrub(text, channel, self._context, self._tokens)  # noqa: SLF001 - two classes, one noun

    def restore(self, text: str, *, destination: str = "completion") -> str:
        """Return `text` with this session's tokens replaced, as far as `destination` may see the values.

        What only looks like a token, or was issued elsewhere, stays as it is.
        """
        return self._tokens.restore(text, destination=destination)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tokens = self._guard._tokens(self._context)  # noqa: SLF001 - two classes, one noun


def ledger_path(ledger: str | Place | None, keys: str | Path | None = None) -> Place | None:
    """Return where a ledger lives: a path, a `sqlite:///` URL, an address of PostgreSQL; None is in memory.

    The files of one in PostgreSQL lie beside its key file, if `keys` is one.

    Raises:
        ConfigError: a URL of another database.
    """
    if not isinstance(ledger, str):
        return ledger
    return place_of(ledger, beside_keys(keys))


def _check(text: object, channel: str) -> None:
    """Refuse what is no text and what is no channel, before anything is looked at."""
    if not isinstance(text, str):
        raise ConfigError(
            f"the text is of type {type(text).__name__}", advice="give a str; decode bytes first"
        )
    if channel not in CHANNELS:
        raise ConfigError("there is no such channel", advice=f"use one of {', '.join(CHANNELS)}")


def _keys(keys: str | Path | None, ledger: Place | None) -> Keys:
    """Return the keys of a ledger. Only where neither exists are new ones made.

    A lost key file must not be replaced by another in silence: nothing that it
    tokenized could be restored, and someone would keep the wrong one.
    """
    if ledger is None:
        return Keys.ephemeral() if keys is None else Keys.open(keys, make=True)
    there = is_there(ledger)
    files = files_of(ledger)
    if there and keys is None and not files.with_name(f"{files.name}.key").exists():
        Reader.open(ledger).close()  # what is no ledger is told as that, and not for want of a key
    return Keys.open(keys, ledger=files, make=not there)
