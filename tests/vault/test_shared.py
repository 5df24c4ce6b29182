"""A vault's keys change hands, and processes share it: nothing is lost, and no token means two values."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sealed_file import CANARY, HERE, KEYS, SCOPE, get, put, raw

from guardrail.errors import VaultError
from guardrail.vault.memory import TokenMap
from guardrail.vault.opening import open_sealed
from guardrail.vault.store import Scope

# --- keys


def test_a_rotation_changes_no_row_and_other_processes_go_on(opened, path):
    first, second = opened(), opened()
    put(first)
    before = raw(path, "SELECT env FROM vault_row")
    old = Path(f"{path}.kek").read_bytes()
    told = []
    assert first.rotate(lambda done, of: told.append((done, of))) == 3
    assert told[-1] == (3, 3)
    assert raw(path, "SELECT env FROM vault_row") == before
    second.ring.forget()
    assert get(second).value == CANARY
    put(second, "Bob", "PERSON_0000000", subject="another")
    assert get(first, "PERSON_0000000").value == "Bob"
    Path(f"{path}.kek").write_bytes(old)
    with pytest.raises(VaultError, match="does not open"):
        opened()


def test_a_rotation_that_was_cut_short_is_finished_by_the_next(opened, path, monkeypatch):
    store = opened()
    put(store)
    with monkeypatch.context() as patch:
        patch.setattr(store.ring._kek, "settle", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.rotate()
    assert json.loads(Path(f"{path}.kek").read_bytes())["n"] == 2
    assert get(opened()).value == CANARY
    store.rotate()
    found = json.loads(Path(f"{path}.kek").read_bytes())
    assert (found["n"], "old" in found) == (2, False)
    assert get(opened()).value == CANARY


def test_the_key_over_the_keys_is_wrapped_where_the_keys_have_a_wrapper(opened, path):
    from dataclasses import replace

    from guardrail.custody.root_key import RootKey

    wrapped = replace(KEYS, wrapper=RootKey(KEYS.secrets))
    store = opened(wrapped)
    put(store)
    found = json.loads(Path(f"{path}.kek").read_bytes())
    assert (found["v"], found["by"], found["n"]) == (2, "root", 1)
    store.rotate()
    assert get(opened(wrapped)).value == CANARY
    with pytest.raises(VaultError, match="not a guardrail key"):
        opened(KEYS)


# --- threads and processes


def forked(count, work):
    """Run `work` in children of this process; return what each gave."""
    pipes = []
    for number in range(count):
        read, write = os.pipe()
        if os.fork() == 0:
            status = 1
            try:
                os.write(write, json.dumps(work(number)).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(write)
        pipes.append(read)
    found = []
    for read in pipes:
        with os.fdopen(read, "rb") as pipe:
            found.append(pipe.read())
    assert all(os.wait()[1] == 0 for _ in pipes)
    return [json.loads(one) for one in found]


def test_processes_that_share_a_vault_never_give_one_token_to_two_values(opened):
    store = opened()
    put(store)  # the parent's connection is open when the children are forked

    def work(number):
        given = {}
        for at in range(12):
            value = f"person {(at * 5 + number * 3) % 12}"
            while True:
                mine = TokenMap(bytes(32), length=1, shelf=store.shelf(SCOPE, keep=60), reserving=False)
                token = mine.issue("PERSON", value, restore=[HERE])
                try:
                    mine.commit()
                except VaultError as error:
                    assert "another request" in error.message  # noqa: PT017 - told by the exit code
                    continue
                given[value] = token
                break
        return given

    given = forked(3, work)
    assert given[0] == given[1] == given[2]
    assert len(set(given[0].values())) == 12
    for value, token in given[0].items():
        assert get(store, token.strip("<>")).value == value
    assert get(store).value == CANARY


def test_a_child_waits_for_no_lock_that_a_thread_of_the_parent_held(opened):
    store = opened()
    put(store)
    with store._turn, store._gate, store.ring._lock, store._database._writing, store._database._reading:
        given = forked(1, lambda number: (put(store, "Ann", "ID_0000000"), number)[1])
    assert given == [0]
    assert get(store, "ID_0000000").value == "Ann"


WRITER = """
import sys
from pathlib import Path
from guardrail.vault.keys import Keys
from guardrail.vault.opening import open_sealed
from guardrail.vault.store import Row, Scope
store = open_sealed(Path(sys.argv[1]), Keys(root=bytes(32), log_seed=bytes(32)))
for number in range(100_000):
    shelf = store.shelf(Scope("", sys.argv[2]), keep=3600, subject=f"u{number % 7}")
    for part in "AB":
        shelf.put(f"ID_{number:06}{part}", Row(b"m", str(number), frozenset({"completion"})))
    shelf.commit()
    print(number, flush=True)
"""


def storm(path, kills):
    """Kill writers in the midst of their work; return how many rows were acknowledged, and check them."""
    count = 0
    for number in range(kills):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), f"{number}-{one}"], stdout=subprocess.PIPE
            )
            for one in range(2)
        ]
        for process in running:
            for _ in range(5):
                process.stdout.readline()
        acked = []
        for process in running:
            process.send_signal(signal.SIGKILL)
            acked.append(len(process.stdout.read().split()) + 5)
            process.stdout.close()
            process.wait()
        store = open_sealed(path, KEYS)
        for one, total in enumerate(acked):
            shelf = store.shelf(Scope("", f"{number}-{one}"), keep=3600)
            for at in range(total - 1):
                rows = [shelf.get(f"ID_{at:06}{part}") for part in "AB"]
                assert all(row is not None and row.value == str(at) for row in rows)
            half = [shelf.get(f"ID_{total:06}{part}") is None for part in "AB"]
            assert half[0] == half[1], "a request is there whole or not at all"
            count += total
        store.close()
    return count


def test_what_was_committed_survives_a_killed_writer(path):
    assert storm(path, 1) > 0


@pytest.mark.slow
def test_what_was_committed_survives_many_killed_writers(path):
    assert storm(path, 50) > 500
