"""A surrogate is nobody's, is the same for one person in all her names, and holds nothing of the value."""

import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

from guardrail.errors import ConfigError
from guardrail.operators import Tools, act
from guardrail.operators.surrogate import DRAWN
from guardrail.types import Action, Decision, Finding
from guardrail.vault.memory import TokenMap

pytest.importorskip("faker", reason="pip install 'guardrail-pii[surrogate]'")


def tools_of(tokens=None, restore=("completion",)):
    tokens = TokenMap(bytes(32)) if tokens is None else tokens  # an empty one is false

    def stand(entity, value, candidates, *, kind):
        return tokens.standins.issue(entity, value, candidates, kind=kind, restore=restore)

    return Tools(issue=tokens.issue, key=lambda _: bytes(64), stand=stand, near=tokens.standins.secret)


def made(value, entity="PERSON", tools=None, **options):
    found = Finding(0, len(value), entity, 1.0, "")
    action = Action("surrogate", tuple(sorted(options.items())))
    return act(value, Decision(found, action, "p", "r"), tools or tools_of())


def test_one_person_has_one_surrogate_in_every_part_and_letter_case():
    tools = tools_of()
    first, last = made("Ann Smith", tools=tools).split()
    assert made("Ann", tools=tools) == first
    assert made("Smith", tools=tools) == last
    assert made("ANN SMITH", tools=tools) == f"{first} {last}".upper()
    assert made("Smith, Ann", tools=tools) == f"{last}, {first}"
    assert made("Dr. Ann van Smith", tools=tools) == f"Dr. {first} van {last}"
    assert made("Ann Miller", tools=tools).startswith(first)
    assert made("A. Smith", tools=tools).endswith(f". {last}")


def test_two_words_never_share_one():
    tools = tools_of()
    words = [f"{a}{b}son" for a in ("An", "Be", "Ka", "Lo") for b in ("ber", "der", "mil", "ton", "vel")]
    names = [made(word, tools=tools) for word in words]
    assert len(set(names)) == len(words)


def test_what_the_request_holds_is_never_borrowed():
    plain = made("Ann Smith")
    tokens = TokenMap(bytes(32))
    tokens.with_standins().reserve(f"{plain} and Ann Smith met")
    other = made("Ann Smith", tools=tools_of(tokens))
    assert not set(plain.split()) & set(other.split())


def test_a_scope_has_surrogates_of_its_own():
    ours = {made("Ann Smith", tools=tools_of(TokenMap(bytes([n]) * 32))) for n in range(20)}
    assert len(ours) > 15


def digits(text):
    return re.sub(r"\D", "", text)


@pytest.mark.parametrize("value", ["4111 1111 1111 1111", "378282246310005", "4111-1111-1111-1111"])
def test_a_card_is_of_no_network_and_passes_its_check(value):
    new = made(value, "CREDIT_CARD")
    assert digits(new).startswith("9999")
    assert luhn.is_valid(digits(new))
    assert re.sub(r"\d", "0", new) == re.sub(r"\d", "0", value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("(415) 867-5309", r"\(\d{3}\) 555-01\d\d"),
        ("+1 415 867 5309", r"\+1 \d{3} 555 01\d\d"),
        ("867-5309", r"\+1 \d{3}-555-01\d\d"),
        ("07911 123456", r"07700 900\d{3}"),
        ("+44 7911 123456", r"\+44 7700 900\d{3}"),
        ("+44 20 7123 4567", r"\+44 (?:20 7946 0|1\d\d 49\d 0|28 9649 6|29 2018 0|1632 960)\d{3}"),
        ("+49 30 1234567", r"\+49 (?:30 23125|69 90009|40 66969|221 4710|89 99998)\d{3}"),
        ("030 1234567", r"0(?:30 23125|69 90009|40 66969|221 4710|89 99998)\d{3}"),
        ("06 12 34 56 78", r"06 39 98 \d\d \d\d"),
        ("0033 1 23 45 67 89", r"0033 (?:1 99 00|2 61 91|3 53 01|4 65 71|5 36 49) \d\d \d\d"),
        ("+61 2 1234 5678", r"\+61 [2378] (?:5550|7010) \d{4}"),
    ],
)
def test_a_telephone_number_is_one_for_fiction(value, form):
    assert re.fullmatch(form, made(value, "PHONE_NUMBER"))


def test_other_numbers_are_of_reserved_ranges():
    ssn = digits(made("123-45-6789", "US_SSN"))
    assert ssn[0] == "9"
    assert 10 <= int(ssn[3:5]) <= 49
    account = made("DE89 3704 0044 0532 0130 00", "IBAN_CODE")
    assert account.startswith("QZ")
    assert not iban.is_valid(account)  # no country has it
    assert int("".join(str(int(c, 36)) for c in (account[4:] + account[:4]).replace(" ", ""))) % 97 == 1
    nets = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert any(ipaddress.ip_address(made("10.1.2.3", "IP_ADDRESS")) in net for net in nets)
    six = ipaddress.ip_address(made("fe80::1", "IP_ADDRESS"))
    assert six in ipaddress.ip_network("2001:db8::/32")
    assert re.fullmatch(r"00:00:5e:00:53:[0-9a-f]{2}", made("aa:bb:cc:dd:ee:ff", "MAC_ADDRESS"))
    assert re.fullmatch(r"https://example\.com/[a-z2-9]{10}", made("https://acme.com/?u=ann", "URL"))
    assert re.fullmatch(r"[a-z.]+\d\d@example\.(com|net|org)", made("ann.smith@acme.com", "EMAIL_ADDRESS"))


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        ("12 Main Street, Springfield, IL 62704", r"^\d.*, [A-Z]{2} \d{5}$"),
        ("Hauptstr. 5, 10115 Berlin", r", \d{5} "),
        ("Hauptstraße 5", r"\d"),
        ("10 Downing St\nLondon SW1A 2AA", r"\n"),
    ],
)
def test_an_address_has_the_parts_of_the_value(value, sign):
    new = made(value, "ADDRESS")
    assert re.search(sign, new)
    assert new != value


def test_places_and_houses_become_others():
    assert made("Germany", "LOCATION") not in {"Germany", "[LOCATION]"}
    assert made("Berlin", "LOCATION") not in {"Berlin", "[LOCATION]"}
    assert made("Acme Corp", "ORGANIZATION") not in {"Acme Corp", "[ORGANIZATION]"}


@pytest.mark.parametrize(
    ("value", "entity"),
    [
        ("山田太郎", "PERSON"),
        ("Ann 3", "PERSON"),
        ("Dr.", "PERSON"),
        ("Щ. Smith", "PERSON"),
        ("12345", "CREDIT_CARD"),
        ("12", "PHONE_NUMBER"),
        ("1-2", "US_SSN"),
        ("DE1", "IBAN_CODE"),
        ("not an address", "IP_ADDRESS"),
        ("zz", "MAC_ADDRESS"),
        ("no address", "EMAIL_ADDRESS"),
        ("10115", "ADDRESS"),
        ("hunter2", "SECRET"),
    ],
)
def test_what_has_no_surrogate_is_redacted(value, entity):
    assert made(value, entity) == f"[{entity}]"


def test_a_language_can_be_named():
    assert made("Ann Smith", locale="de_DE") != made("Ann Smith", locale="fr_FR")
    assert made("Анна Иванова") != "[PERSON]"


names = st.text(alphabet="abcdefgäéñ ABCDE.-'", min_size=3, max_size=30)


@settings(max_examples=60, deadline=None)
@given(value=names | st.text(max_size=30), entity=st.sampled_from(sorted(DRAWN)))
def test_nothing_of_the_value_remains(value, entity):
    new = made(value, entity)
    assert new != value
    if entity != "PERSON" or value.isalpha():
        assert len(value.strip()) < 4 or " ".join(value.split()).casefold() not in new.casefold()
    for word in re.findall(r"[^\W\d_]{4,}", value):
        if entity in {"PERSON", "EMAIL_ADDRESS"} and new != f"[{entity}]":
            assert word.casefold() not in re.findall(r"[^\W\d_]+", new.casefold())


def test_without_faker_the_error_says_what_to_install(monkeypatch):
    from guardrail.operators import names as module

    def without(name):
        raise ImportError(name)

    monkeypatch.setattr(module, "import_module", without)
    with pytest.raises(ConfigError) as caught:
        module.provider("en_US", "person")
    assert "guardrail-pii[surrogate]" in caught.value.advice
