# ruff: noqa: E501 - cases stand in one line
"""Handles, coordinates, wallets, hardware addresses and UUIDs: found where they are, and only there."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.coordinates import Coordinates
from guardrail.detect.hardware import Hardware, Uuids
from guardrail.detect.keccak import keccak_256
from guardrail.detect.usernames import Usernames
from guardrail.detect.wallets import Wallets, base58check, bech32, eth_score

UUID = "550e8400-e29b-41d4-a716-446655440000"
ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # of EIP-55
FOUND = {
    Usernames(): """username: jdoe42>jdoe42|login: maria.k>maria.k|my handle is @sunny_side>@sunny_side
Benutzername: hmueller>hmueller|nom d'utilisateur : pdupont>pdupont|nombre de usuario: pgarcia>pgarcia
thanks @maria_lopez for this>@maria_lopez|RT @alexw: hello>@alexw|{"username": "alice"}>alice|{"login": "alice"}>alice
Jun 1 10:00:00 host sshd[12]: Accepted password for alice from 192.0.2.1 port 22 ssh2>alice
2024-05-01 10:00:00 INFO login ok user=alice ip=192.0.2.1>alice|session opened for user alice by (uid=0)>alice
aka dark_knight99>dark_knight99|/profile?user=annsmith881&x=1>annsmith881|\u0130 username: jdoe42>jdoe42
2024-05-01 10:00:00 INFO User alice logged in>alice""",
    Coordinates(): """40.712776, -74.005974>40.712776, -74.005974|lat: 52.5200, lon: 13.4050>13.4050
we are at 52.520008 13.404954>52.520008 13.404954|40.7128\u00b0 N, 74.0060\u00b0 W>40.7128\u00b0 N, 74.0060\u00b0 W
40\u00b042'46"N 74\u00b000'22"W>40\u00b042'46"N 74\u00b000'22"W|geo:48.2010,16.3695>48.2010,16.3695|N 52.5200 E 13.4050>N 52.5200 E 13.4050
https://maps.example.com/@52.5200066,13.4049540,17z>52.5200066,13.4049540""",
    Wallets(): f"""{ETH}>{ETH}|{ETH.lower()}>{ETH.lower()}|1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2>1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4>bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4
5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ>5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ
solana wallet: 7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV>7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV
rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh>rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh""",
    Hardware(): """00:1A:2B:3C:4D:5E>00:1A:2B:3C:4D:5E|00-1a-2b-3c-4d-5e>00-1a-2b-3c-4d-5e|001a.2b3c.4d5e>001a.2b3c.4d5e
mac: 001A2B3C4D5E>001A2B3C4D5E|001A2B-3C4D5E>001A2B-3C4D5E""",
    Uuids(): f'user id: {UUID}>{UUID}|"customer_id":"{UUID}">{UUID}|session {UUID}>{UUID}',
}
LEFT = {
    Usernames(): """@media screen|@Override|import x from '@org/pkg'|a@b.example|@app.route('/')|meet @ 5pm|see [@smith2020]
user=root|username: str|User: hello there|user = current_user|User: 3rd of March|login: failed|for user root by|@param name
@here please|username is required|the username is already taken|stack @0x7fed|npm i @types/node|user.name = x|write to @firm.com
<PERSON>|username: <USERNAME_7Q9NXQVXA>|[REDACTED]|username: {{name}}|the user rating. Good|Illegal user bob from 192.0.2.1
tax id: TAX-70001|username = get_user(|username = alice|@12|login: 123456|known as root""",
    Coordinates(): """[0.1234, 0.5678, 0.9012]|1.2345 2.3456 3.4567|version 1.2.3, 4.5.6|loss: 0.1234, acc: 0.9876|0.12345, 0.98765
10.5, 20.5|3.14159|192.0.2.1, 10.0.0.1|95.12345, 200.12345|lat: 95.1234|geo:95.1,10.1|95.12 N, 20.12 E|[12.3456, 7.8901]""",
    Wallets(): f"""3f786850e387550fdab836ed7e6dc881de23001b|0x{"deadbeef" * 5}|0x{"0" * 40}|1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3
0x{"ab12" * 16}|bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5|rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi|xprv{"a" * 107}""",
    Hardware(): f"2024-05-01-12-30|00:00:00:00:00:00|12:30:45|deadbeefcafe|20-24-05-01-12-30|{UUID}|123456-789012",
    Uuids(): f"request id {UUID}|{UUID}",
}


def rows(table):
    return [
        (part, case)
        for part, cases in table.items()
        for line in cases.splitlines()
        for case in line.split("|")
    ]


@pytest.mark.parametrize(("part", "case"), rows(FOUND), ids=[case[:40] for _, case in rows(FOUND)])
def test_it_is_found(part, case):
    text, _, value = case.rpartition(">")
    assert value in [text[f.start : f.end] for f in part.recognize(text) if f.score >= 0.5]


@pytest.mark.parametrize(("part", "text"), rows(LEFT), ids=[case[:40] for _, case in rows(LEFT)])
def test_it_is_left_alone(part, text):
    assert [f for f in part.recognize(text) if f.score >= 0.5] == []


@given(st.binary(max_size=400))
def test_the_permutation_is_that_of_sha3(data):
    assert keccak_256(data, padding=0x06) == hashlib.sha3_256(data).digest()


def test_letters_of_a_wrong_case_lower_the_score_of_an_ethereum_address():
    value = ETH[2:]
    assert eth_score(value) == 1.0
    assert eth_score(value.swapcase()) == 0.5
    assert [f.score for f in Wallets().recognize(" ".join([ETH] * 201))][-1] == 0.7


@given(st.binary(min_size=21, max_size=21))
def test_base58check_holds_for_what_it_is_made_of_and_fails_for_a_change(payload):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    text = "1" * (len(data) - len(data.lstrip(b"\0"))) + text
    assert base58check(text) == payload
    assert base58check(text[:-1] + ("2" if text[-1] != "2" else "3")) is None


def test_both_checksums_of_bech32_hold():
    assert bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    assert bech32("BC1P0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQZK5JJ0")
    assert not bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3tp")


def test_the_private_keys_of_wallets_are_secrets():
    kinds = {f.entity for f in Wallets().recognize("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ")}
    assert kinds == {"SECRET"}


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text):
    for part in FOUND:
        assert all(0 <= f.start < f.end <= len(text) for f in part.recognize(text))


def test_the_extended_private_key_of_a_wallet_is_a_secret():
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    payload = bytes.fromhex("0488ade4") + bytes(range(74))
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    assert text.startswith("xprv")
    assert [(f.entity, f.score) for f in Wallets().recognize(text)] == [("SECRET", 1.0)]


def test_a_shielded_prefix_of_two_bytes_is_an_address():
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    payload = b"\x1c\xb8" + bytes(range(20))
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    assert [f.entity for f in Wallets().recognize(text)] == ["CRYPTO"]


def test_words_beside_a_wallet_label_are_none():
    assert list(Wallets().recognize("wallet: " + "a" * 40)) == []
