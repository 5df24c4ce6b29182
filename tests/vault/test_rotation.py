"""A rotation and the making of keys at the same time, where no file's lock orders them: nothing is lost."""

from __future__ import annotations

import threading
import time

from guardrail.vault.kek import KekFile
from guardrail.vault.keyring import KeyRing
from guardrail.vault.keys import Keys
from guardrail.vault.postgres import PostgresVault
from guardrail.vault.sealed import SealedStore

KEYS = Keys(root=bytes(32), log_seed=bytes(32))


def test_a_key_that_is_being_made_while_the_vault_rotates_is_wrapped_anew_too(postgres_url, tmp_path):
    def opened():
        kek = KekFile.open(tmp_path / "vault.kek", make=not (tmp_path / "vault.kek").exists())
        store = SealedStore(PostgresVault.open(postgres_url, patience=30), kek, KEYS)
        store.check()
        return store

    maker, turner = opened(), opened()
    done = threading.Event()

    def rotate():
        turner.rotate()
        done.set()

    thread = threading.Thread(target=rotate)
    with maker._database.transaction() as session:
        locks = maker.ring.locks(session, b"h" * 16, 20_000)
        thread.start()
        begun = time.monotonic()
        while not done.wait(0.01) and time.monotonic() - begun < 1.0:
            pass  # it must come to its lock before this is committed
    thread.join()
    fresh = opened()
    ring = KeyRing(fresh.ring._kek, fresh.clock)
    with fresh._database.transaction() as session:
        assert ring.locks(session, b"h" * 16, 20_000) == locks
    for one in (maker, turner, fresh):
        one.close()
