"""Telephones, cards, IBANs and IP addresses: what form and words say, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.cards import Cards
from guardrail.detect.context import in_context
from guardrail.detect.ibans import Ibans, valid
from guardrail.detect.ips import Ips
from guardrail.detect.labels import label, telephone
from guardrail.detect.phones import OTHER, Phones
from guardrail.detect.prose import Lines
from guardrail.types import Finding

PHONES = Phones.load()
ACTED_ON = 0.5


def values(recognizer, text, least=ACTED_ON):
    return [text[f.start : f.end] for f in recognizer.recognize(text) if f.score >= least]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("call me at 2125550199 please", "2125550199"),
        ("You can reach me at 8999.", "8999"),
        ("my number is 62889.", "62889"),
        ("my number is 2212 3456", "2212 3456"),
        ("her new number's 555-0142", "555-0142"),
        ("the number there is 555-621-0142.", "555-621-0142"),
        ('{"phone":2125550199}', "2125550199"),
        ('{"customerPhone": "4915112345678"}', "4915112345678"),
        ("<phone>2125550199</phone>", "2125550199"),
        ("| Mobile | 432 03 163 |", "432 03 163"),
        ("Desk: 5403926870", "5403926870"),
        ("416 60 039 office", "416 60 039"),
        ("nobody is answering at 78 651 450", "78 651 450"),
        ("name,Ann,30301,212-555-0199,x", "212-555-0199"),
        ("call 212-555-0199, ext. 42", "212-555-0199, ext. 42"),
        ("ext. 4242", "4242"),
        ("001-665-555-0199x123", "001-665-555-0199x123"),
        ("State Farm Insurance 800-555-0199", "800-555-0199"),
        ("Ann Smith: 212-555-0199", "212-555-0199"),
        ("Reference record: 712-555-0142", "712-555-0142"),
        ("tel:+49-30-901820", "+49-30-901820"),
        ("Handy: 0171/1234567", "0171/1234567"),
        ("rufen Sie mich unter 0171 1234567 an", "0171 1234567"),
        ("mi número es 612 34 56 78", "612 34 56 78"),
        ("mon numéro est 06 12 34 56 78", "06 12 34 56 78"),
        ("我的电话是13812345678,谢谢", "13812345678"),
        ("请打13812345678联系我", "13812345678"),
        ("+1 999 999 9999", "+1 999 999 9999"),
    ],
)
def test_a_number_that_form_or_words_make_a_telephone_is_found_whole(text, value):
    assert value in values(PHONES, text)


@pytest.mark.parametrize(
    "text",
    [
        "Account: 10147030",
        "NPI: 1075515870",
        "Plaintiff SSN: 896-37-6175",
        "896-37-6175",
        "Shift: 0700-1900",
        "in the years 1998-2004",
        "admitted (2025-01-20)",
        "slope 0.1171 (0.0022)",
        "ratio 0.19255035",
        "(Norwegian bank account number): 8601 11 17947",
        "(Mobile Equipment Identity): 35-417803-685978-1",
        "my order number is 2212 3456",
        "order 4085551234 has shipped",
        "Build 20394857 took 1250 ms",
        "ts=1712345678",
        "12345678,90 EUR",
        "1,234,567,890",
        "192.168.1.100",
        "call 2000 people",
        "call me at 1530",
        "callingUid = 10037",
        "flags = 00000004",
        "phone: 4111111111111111",
        "IMEI number +49 30 901820",
        "1234567890123456789012345",
    ],
)
def test_a_number_that_is_something_else_is_no_telephone(text):
    assert values(PHONES, text) == []


def test_two_telephones_side_by_side_are_two():
    assert values(PHONES, "212-555-0199 212-555-0142") == ["212-555-0199", "212-555-0142"]
    assert values(PHONES, "98450 12345/98450 12346") == ["98450 12345", "98450 12346"]


def test_another_number_in_the_form_of_a_telephone_is_told_so():
    assert [f.score for f in PHONES.recognize("Account: 10147030")] == [OTHER]
    text = "Account: 10147030"
    seen = Finding(9, 17, "PHONE_NUMBER", 0.95, "rampart")
    assert [f.score for f in in_context(text, Lines(text), [seen])] == [OTHER]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("phone: ", ("phone",)),
        ('"homePhone": "', ("home", "phone")),
        ("Ann, my card number is ", ("my", "card", "number", "is")),
        ("(Card Identity): ", ("card", "identity")),
        ("tel - ", ("tel",)),
        ("phone:\n", ()),
        ("so I said ", ()),
    ],
)
def test_a_label_is_what_directly_names_a_value(before, words):
    assert label(before + "123", len(before)) == words


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("phone ", "", 1.0),
        ("SSN: ", "", -1.0),
        ("order ", "", -0.5),
        ("the number for Ann, ", "", 0.5),
        ("", " (office)", 0.5),
        ("", " is my cell", 0.25),
        ("", "", 0.0),
    ],
)
def test_words_say_how_far_a_number_is_a_telephones(before, after, expected):
    number = "555-0142"
    text = before + number + after
    assert telephone(text, len(before), len(before) + len(number)) == expected


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("and the card number?\n4111 1111 1111 1112", 0.6),
        ("card: 4111111111111112", 0.6),
        ("4111 1111 1111 1112 is my credit card", 0.6),
        ("4111 1111 1111 1112", None),
        ("card 1234 5678 9012 3456", None),
        ("card number 3598899323053410", 0.9),
        ("for cc 503802053770", 0.9),
        ("tarjeta 3598899323053410", 0.9),
        ("Ann|4000-0000-0000-0001|x", 0.5),
        ("4000-0000-0000-0001", None),
        ("customerPhone: 4222222222222", 0.45),
        ("4222222222222", 1.0),
        ("4111111111111111,123", 1.0),
        ("卡号4111111111111111", 1.0),
        ("4111\n1111\n1111\n1111", 0.45),
        ("order number: 4111 1111 1111 1112", None),
    ],
)
def test_words_restore_a_card_number_that_its_checksum_refuses(text, score):
    assert [f.score for f in Cards().recognize(text)] == ([] if score is None else [score])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DE89370400440532013000 2 days", [("DE89370400440532013000", 1.0)]),
        ("gb82west12345698765432", [("gb82west12345698765432", 1.0)]),
        ("de89-3704-0044-0532-0130-00", [("de89-3704-0044-0532-0130-00", 1.0)]),
        ("FR14 2004 1010 0505 0001 3M02 606", [("FR14 2004 1010 0505 0001 3M02 606", 1.0)]),
        ("my IBAN: DE89 3704 0044 0532 0130 01", [("DE89 3704 0044 0532 0130 01", 0.6)]),
        ("DE89 3704 0044 0532 0130 01", []),
        ("iban GB12ABCD", []),
        ("iban no 11 this is a text", []),
        ("XX89370400440532013000", []),
    ],
)
def test_an_iban_is_found_in_any_case_and_grouping(text, found):
    assert [(text[f.start : f.end], f.score) for f in Ibans().recognize(text)] == found


@given(st.integers(0, 10**18 - 1))
def test_one_pair_of_check_digits_fits_an_account(number):
    assert sum(valid(f"DE{check:02}{number:018}") for check in range(2, 99)) == 1


@pytest.mark.parametrize(
    ("text", "value", "score"),
    [
        ("client 10.250.3.4:8080", "10.250.3.4", 0.9),
        ("10.0.0.0/8", "10.0.0.0", 0.6),
        ("http://1.2.3.4/x", "1.2.3.4", 0.6),
        ("dsl-203.0.113.9.example.net", "203.0.113.9", 0.9),
        ("198.51.100.7.", "198.51.100.7", 0.9),
        ("from 2001:db8::8a2e:370:7334 again", "2001:db8::8a2e:370:7334", 0.9),
        ("host 2001:db8::1: up", "2001:db8::1", 0.9),
        ("fe80::1%eth0", "fe80::1", 0.9),
    ],
)
def test_addresses_of_machines_are_found(text, value, score):
    assert [(text[f.start : f.end], f.score) for f in Ips().recognize(text)] == [(value, score)]


@pytest.mark.parametrize(
    "text",
    [
        "version 1.2.3.4",
        "v1.2.3.4",
        "see section 1.2.3.4",
        "pip install foo==1.2.3.4",
        "lib-1.2.3.4.jar",
        "Agent/4.0.1.2",
        "1.3.6.1.4.1",
        "256.1.1.1",
        "::1",
        "a::b",
        "x[1::2]",
        "12:34:56",
        "00:1A:2B:3C:4D:5E",
        "1:2:3::4::5",
        "1,0.0.0.0",
    ],
)
def test_versions_sections_and_scopes_are_no_addresses(text):
    assert list(Ips().recognize(text)) == []


def test_a_network_mask_is_doubtful():
    assert [f.score for f in Ips().recognize("mask 255.255.255.0")] == [0.4]


def test_an_address_with_four_numbers_at_its_end_is_one():
    text = "from ::ffff:192.0.2.1 again"
    assert ("::ffff:192.0.2.1", 0.9) in [(text[f.start : f.end], f.score) for f in Ips().recognize(text)]
