"""`guard.erase`: a subject of texts that passed the guard, in the ledger's own file and in memory."""

from __future__ import annotations

import pytest

from guardrail import Context, Guard, LedgerError
from guardrail.ledger import Ledger
from guardrail.ledger.certificate import verify_certificate
from guardrail.testing import memory_guard


def test_a_guard_erases_what_its_ledger_has_on_a_subject_of_the_tenant_in_force():
    plain = memory_guard("gdpr-chat")
    with pytest.raises(LedgerError, match="without the keys"):
        plain.erase("customer-4711")
    ledger = Ledger.open(None, seed=plain.keys.log_seed, bodies=True)
    guard = Guard(
        policy=plain.policy,
        detector=plain.detector,
        keys=plain.keys,
        ledger=ledger,
        context=Context(tenant="acme"),
    )
    guard.scrub("hello", context=Context(tenant="acme", subject="customer-4711"))
    guard.scrub("hello", context=Context(tenant="other", subject="customer-4711"))
    found = guard.erase("customer-4711")
    assert (found.stage, found.records) == ("keys_deleted", 1)
    assert len(verify_certificate(found.format(), vkey=ledger.vkey)) == 2
    assert guard.erase("customer-4711", tenant="other", reason="consent").records == 1
    assert guard.erase("customer-4711").stage == "nothing"
    guard.close()
