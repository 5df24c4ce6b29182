"""The golden values of docs/spec/tokens.md, made a second time from the text of the spec alone.

Nothing below imports guardrail before the last tests: HMAC and HKDF come from
the standard library, GF(32) from tables of logarithms.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import unicodedata
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "vectors" / "tokens_v1.json"

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

POWERS = [1]
while len(POWERS) < 31:
    double = POWERS[-1] * 2
    POWERS.append(double if double < 32 else double ^ 0b100101)
LOGARITHMS = {power: exponent for exponent, power in enumerate(POWERS)}


def times(a, b):
    return POWERS[(LOGARITHMS[a] + LOGARITHMS[b]) % 31] if a and b else 0


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def spec_scope_key(root, scope, tenant, last):
    words = ("pgl/v1", "token", scope, tenant, last)
    info = lp(*(word.encode("utf-8", "surrogatepass") for word in words))
    secret = hmac.digest(bytes(32), root, "sha256")
    return hmac.digest(secret, info + b"\x01", "sha256")


def spec_payload(key, entity, value, length):
    normal = unicodedata.normalize("NFC", value).encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, lp(entity.encode("ascii"), normal), "sha256")
    bits = "".join(f"{byte:08b}" for byte in digest)
    return "".join(CROCKFORD[int(bits[at : at + 5], 2)] for at in range(0, 5 * length, 5))


def spec_check(entity, payload):
    total = hashlib.sha256(b"pgl/v1/token-check" + entity.encode("ascii")).digest()[0] >> 3
    for place, character in enumerate(payload, start=1):
        total ^= times(POWERS[place % 31], CROCKFORD.index(character))
    return CROCKFORD[total]


def spec_token(key, entity, value, length):
    payload = spec_payload(key, entity, value, length)
    return f"<{entity}_{payload}{spec_check(entity, payload)}>"


ROOT = bytes(range(32))
SCOPES = (
    ("tenant", "", "2026-11"),
    ("tenant", "acme", "2026-11"),
    ("tenant", "acme", "2026-12"),
    ("conversation", "acme", "c-1"),
    ("conversation", "ac", "mec-1"),
    ("conversation", "Ünïted \ud800", "\U0001f600"),
)
VALUES = (
    ("PERSON", "Ann Smith"),
    ("PERSON", "ann smith"),
    ("PERSON", "José"),
    ("PERSON", "Jose\u0301"),
    ("NRP", "Ann Smith"),
    ("EMAIL_ADDRESS", "ann@example.com"),
    ("US_SSN", "078-05-1120"),
    ("ID", ""),
    ("ID", "\x00\n\ud83d"),
    ("SECRET", "x" * 200),
    ("A" + "_9" * 19 + "Z", "\u1112\u1161\u11ab"),
)
LENGTHS = (6, 9, 12, 24)


def made_from_the_spec():
    scopes = []
    for scope, tenant, last in SCOPES:
        key = spec_scope_key(ROOT, scope, tenant, last)
        tokens = [
            {
                "entity": entity,
                "value": value,
                "tokens": {str(length): spec_token(key, entity, value, length) for length in LENGTHS},
            }
            for entity, value in VALUES
        ]
        words = {"scope": scope, "tenant": tenant, "last": last}
        scopes.append({**words, "key": key.hex(), "values": tokens})
    return {"spec": "docs/spec/tokens.md, version 1", "root": ROOT.hex(), "scopes": scopes}


@pytest.fixture(scope="module")
def golden():
    return json.loads(FILE.read_text("ascii"))


def test_the_field_of_the_spec_has_thirty_one_powers():
    assert sorted(POWERS) == list(range(1, 32))
    assert times(POWERS[-1], 2) == 1


def test_the_golden_file_is_what_the_spec_says(golden):
    assert golden == made_from_the_spec()


def test_scope_keys_are_those_of_the_golden_file(golden):
    from guardrail.vault.keys import Keys

    keys = Keys(root=bytes.fromhex(golden["root"]), log_seed=bytes(32))
    for scope in golden["scopes"]:
        derived = keys.derive("token", scope["scope"], scope["tenant"], scope["last"])
        assert derived.hex() == scope["key"]


def test_tokens_are_those_of_the_golden_file(golden):
    from guardrail import tokens

    for scope in golden["scopes"]:
        for row in scope["values"]:
            for length, token in row["tokens"].items():
                made = tokens.make(
                    bytes.fromhex(scope["key"]), row["entity"], row["value"], length=int(length)
                )
                assert f"<{made}>" == token
                assert tokens.well_formed(made)
                assert len(token) <= tokens.LONGEST


def test_a_map_issues_the_tokens_of_the_golden_file(golden):
    from guardrail import tokens
    from guardrail.vault.memory import TokenMap

    for scope in golden["scopes"]:
        length = tokens.CONVERSATION if scope["scope"] == "conversation" else tokens.TENANT
        for row in scope["values"]:
            issued = TokenMap(bytes.fromhex(scope["key"]), length=length)
            token = issued.issue(row["entity"], row["value"], restore=["completion"])
            assert token == row["tokens"][str(length)]
            assert issued.restore(token, destination="completion") == row["value"]


def test_a_guard_issues_the_tokens_of_the_golden_file(golden):
    import calendar

    from guardrail.vault.keys import Keys
    from guardrail.vault.scopes import Scopes

    keys = Keys(root=bytes.fromhex(golden["root"]), log_seed=bytes(32))
    for scope in golden["scopes"]:
        conversation = scope["last"] if scope["scope"] == "conversation" else ""
        month = (2026, 11) if conversation else tuple(map(int, scope["last"].split("-")))
        now = calendar.timegm((*month, 1, 0, 0, 0))
        issued = Scopes(keys, keep=60, now=lambda now=now: now).tokens(scope["tenant"], conversation)
        length = "6" if conversation else "9"
        row = scope["values"][0]
        assert issued.issue(row["entity"], row["value"]) == row["tokens"][length]


def test_the_longest_token_has_the_length_that_the_spec_tells(golden):
    longest = max(
        len(token) for s in golden["scopes"] for row in s["values"] for token in row["tokens"].values()
    )
    assert longest == 68


if __name__ == "__main__":  # make the golden file anew after a change of the spec
    FILE.write_text(json.dumps(made_from_the_spec(), indent=1) + "\n", "ascii")
    sys.stdout.write(f"wrote {FILE}\n")
