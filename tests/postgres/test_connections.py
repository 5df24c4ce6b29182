"""Connections to PostgreSQL: lost and regained, safe after a fork, and silent about addresses and values."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from guardrail.errors import ConfigError, LedgerError
from guardrail.postgres import Address, Database, connect, placed

SECRET = "hunter2"


@pytest.fixture
def database(postgres_url):
    """Return a database with one table; its schema is fresh."""
    found = Database(Address.parse(postgres_url), patience=5, fault=LedgerError)
    with found.transaction() as session:
        session.run(f"CREATE SCHEMA {found.schema}")
        session.run("CREATE TABLE @t(k bigint PRIMARY KEY, v bytea)")
    yield found
    found.close()


def count(database):
    return database.rows("SELECT count(*) FROM @t")[0][0]


def end_all_sessions(database, postgres_url):
    """Do what a restart of the server does to the connections of a process."""
    other = connect(Address.parse(postgres_url), patience=5)
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND application_name = 'guardrail'"
    )
    other.close()


def test_bytes_and_numbers_come_back_as_they_went(database):
    with database.transaction() as session:
        session.run("INSERT INTO @t VALUES (?, ?)", 2**62, bytes(range(256)))
        session.run_many("INSERT INTO @t VALUES (?, ?)", [(1, b""), (2, None)])
    assert database.rows("SELECT k, v FROM @t ORDER BY k") == [
        (1, b""),
        (2, None),
        (2**62, bytes(range(256))),
    ]


def test_a_block_that_fails_leaves_nothing_and_the_connection_serves_the_next(database):
    def fail(statement):
        with database.transaction() as session:
            session.run("INSERT INTO @t VALUES (1, NULL)")
            statement(session)

    with pytest.raises(LedgerError):
        fail(lambda session: session.run("INSERT INTO @t VALUES (1, NULL)"))
    with pytest.raises(ZeroDivisionError):
        fail(lambda _: 1 / 0)
    assert count(database) == 0
    assert len(database._idle) == 1


def test_connections_that_the_server_ended_are_replaced_without_a_word(database, postgres_url):
    assert count(database) == 0
    end_all_sessions(database, postgres_url)
    assert count(database) == 0
    end_all_sessions(database, postgres_url)
    with database.transaction() as session:
        session.run("INSERT INTO @t VALUES (1, NULL)")
    assert count(database) == 1


def test_a_connection_lost_in_the_middle_is_an_error_and_the_next_block_has_another(database, postgres_url):
    def lose():
        with database.transaction() as session:
            session.run("INSERT INTO @t VALUES (1, NULL)")
            end_all_sessions(database, postgres_url)
            session.run("INSERT INTO @t VALUES (2, NULL)")

    with pytest.raises(LedgerError, match="cannot be reached") as caught:
        lose()
    assert caught.value.advice
    assert count(database) == 0


def test_a_snapshot_sees_one_state_and_writes_nothing(database):
    with database.transaction(snapshot=True) as session:
        before = session.rows("SELECT count(*) FROM @t")
        with database.transaction() as other:
            other.run("INSERT INTO @t VALUES (1, NULL)")
        assert session.rows("SELECT count(*) FROM @t") == before
    with pytest.raises(LedgerError, match="only reads"), database.transaction(snapshot=True) as session:
        session.run("INSERT INTO @t VALUES (2, NULL)")


def test_a_statement_that_waits_too_long_is_an_error(postgres_url):
    found = Database(Address.parse(postgres_url), patience=0.05, fault=LedgerError)
    with pytest.raises(LedgerError, match="did not answer in time"):
        found.rows("SELECT pg_sleep(10)")
    found.close()


def test_no_object_of_another_schema_stands_in_for_one_of_ours(database):
    assert database.rows("SELECT current_setting('search_path'), current_setting('synchronous_commit')") == [
        ("pg_catalog, pg_temp", "on")
    ]
    with database.transaction() as session:
        session.run("CREATE TEMP TABLE t(k bigint, v bytea)")
        session.run("INSERT INTO @t VALUES (7, NULL)")
        assert session.rows("SELECT count(*) FROM @t") == [(1,)]


def test_a_server_that_does_not_sync_is_refused(postgres_url, monkeypatch):
    monkeypatch.setattr("guardrail.postgres._DURABLE", "nothing")
    with pytest.raises(LedgerError, match="fsync"):
        connect(Address.parse(postgres_url), patience=5, fault=LedgerError)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@127.0.0.1:1/db",
        f"postgresql://u:{SECRET}@127.0.0.1:1/db?schema=Select",
        f"postgresql://u:{SECRET}@127.0.0.1:1/db?schema=pg_own",
        f"postgresql://u:{SECRET}@127.0.0.1:1/db?schema=a&schema=b",
        f"postgresql://u:{SECRET}@127.0.0.1:x/db",
        f"postgresql://u:{SECRET}@[::1/db",
        f"postgresql://u:{SECRET}@h/db?nonsense=1",
        f"mysql://u:{SECRET}@h/db",
    ],
)
def test_no_error_and_no_repr_holds_an_address(url):
    with pytest.raises((ConfigError, LedgerError)) as caught:
        connect(Address.parse(url), patience=1, fault=LedgerError)
    error = caught.value
    assert SECRET not in f"{error} {error.advice} {error!r}"
    assert error.__suppress_context__ or error.__context__ is None
    assert SECRET not in repr(Address(url))
    assert error.advice


def test_a_schema_is_taken_off_and_the_rest_is_libpqs():
    address = Address.parse("postgresql:///db?host=/run/pg&schema=acme&sslmode=require")
    assert (address.schema, address.conninfo) == ("acme", "postgresql:///db?host=%2Frun%2Fpg&sslmode=require")
    assert Address.parse("postgres://h/db").schema == "guardrail"
    assert placed("SELECT @entry.hdr FROM @entry WHERE idx % 2 = ?", "acme") == (
        b'SELECT "acme".entry.hdr FROM "acme".entry WHERE idx %% 2 = %s'
    )


def test_more_connections_than_are_kept_are_closed_after_use(database):
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(database.transaction())
    assert len(database._idle) == 8
    database.close()
    with pytest.raises(LedgerError, match="closed"):
        count(database)


def test_a_forked_child_takes_connections_of_its_own_and_the_parents_go_on(database):
    with database.transaction() as session:
        session.run("INSERT INTO @t VALUES (1, NULL)")
    child = os.fork()
    if not child:
        os._exit(count(database))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert count(database) == 1


def test_without_psycopg_the_error_names_the_extra():
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from guardrail.errors import ConfigError\nfrom guardrail.postgres import Address\n"
        "try: Address.parse('postgresql://h/db')\nexcept ConfigError as error: print(error.advice)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "guardrail-pii[postgres]" in run.stdout
