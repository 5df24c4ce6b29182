"""`guardrail ledger init|integrate`: what an operator of a ledger in PostgreSQL does."""

import re
import signal
import threading
from typing import Annotated, Final

import typer

from guardrail.cli import custody, options, output
from guardrail.errors import ConfigError

__all__ = ["register"]

_PREFIX: Final = re.compile(r"[a-z_][a-z0-9_]{0,39}")


def register(group: typer.Typer) -> None:
    """Add the commands to the group `ledger`."""
    group.command(
        "init",
        short_help="Make a ledger in PostgreSQL, and roles for it.",
        help=options.helped(
            "Make a ledger: schema, tables, keys of bodies, and the key file where there is none. With "
            "--roles also the roles PREFIX_reader, PREFIX_writer, PREFIX_integrator and PREFIX_eraser: they "
            "own nothing and cannot log in; grant one to the user of each process. Again it changes nothing.",
            "guardrail ledger init 'postgresql://admin@db/guard?schema=guardrail' --keys guard.key "
            "--roles guardrail",
        ),
    )(init)
    group.command(
        "integrate",
        short_help="Give queued entries their place, until told to end.",
        help=options.helped(
            "Take turns for a ledger in PostgreSQL until SIGTERM or Ctrl-C: for a host whose role may "
            "integrate, while applications wait elsewhere. Several may run: one leads, another takes over.",
            "guardrail ledger integrate 'postgresql://integrator@db/guard' --keys guard.key",
        ),
    )(integrate)


def init(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    roles: Annotated[
        str | None, typer.Option("--roles", metavar="PREFIX", help="Make the roles, named PREFIX_….")
    ] = None,
) -> None:
    """Run the command."""
    from guardrail.ledger import Ledger  # noqa: PLC0415 - commands start without databases
    from guardrail.ledger.remote import Remote, files_of  # noqa: PLC0415 - as above
    from guardrail.ledger.roles import make_roles  # noqa: PLC0415 - as above
    from guardrail.ledger.stores import is_there  # noqa: PLC0415 - as above
    from guardrail.vault.keys import Keys  # noqa: PLC0415 - as above

    place = options.ledger_path(path, ledger, keys=keys)
    if roles is not None and not (isinstance(place, Remote) and _PREFIX.fullmatch(roles)):
        raise ConfigError(
            "roles are made in PostgreSQL, with a prefix of small letters, digits and _",
            advice="write it like --roles guardrail",
        )
    there = is_there(place)
    own = Keys.open(keys, ledger=files_of(place), make=not there)
    with Ledger.open(place, seed=own.log_seed, bodies=True, custody=own.wrapper) as book:
        output.inform(f"{place}: {'is there' if there else 'made'}; public key {book.vkey}")
    if roles is not None and isinstance(place, Remote):
        for name in make_roles(place, roles):
            output.inform(f"role {name}")


def integrate(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
) -> None:
    """Run the command."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    with custody.opened(path, ledger, keys) as book:
        output.inform(f"{book.size} entries; taking turns")
        ended.wait()
