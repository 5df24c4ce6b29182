"""Numbers that identify a person: by checksum, by label, by both, and never by chance."""

from __future__ import annotations

import random
import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.context import in_context
from guardrail.detect.headers import Headers
from guardrail.detect.ids import Ids
from guardrail.detect.ids_beside import label_words, words_of
from guardrail.detect.ids_checks import check, sg_nric, vin
from guardrail.detect.ids_forms import FORMS, score_of
from guardrail.detect.ids_table import COUNTRIES, NUMBERS, VAT
from guardrail.detect.prose import Lines
from guardrail.detect.table import ROWS, main, render
from guardrail.types import Finding

IDS = Ids.load()


def found(text):
    """Return {(entity, value)} of what a policy would act on, in context."""
    findings = in_context(text, Lines(text), list(IDS.recognize(text)))
    return {(f.entity, text[f.start : f.end]) for f in findings if f.score >= 0.5}


LABELLED = [
    ("a checksum and its name", "CPF: 390.533.447-05", "NATIONAL_ID", "390.533.447-05"),
    ("a name without capitals", "mein pesel ist 44051401359", "NATIONAL_ID", "44051401359"),
    ("a name behind the number", "12345678Z es mi DNI", "NATIONAL_ID", "12345678Z"),
    ("a country and a kind", "her Polish tax number: 856-734-62-15", "TAX_ID", "856-734-62-15"),
    ("a country in capitals", "US TIN: 12-3456789", "TAX_ID", "12-3456789"),
    ("VAT and a country", "VAT (Bulgarian): 175074752", "TAX_ID", "175074752"),
    ("a name in its own script", "ИНН 123456789047", "TAX_ID", "123456789047"),
    ("a script without spaces", "我的身份证号码是 11010519491231002X", "NATIONAL_ID", "11010519491231002X"),
    ("a prefix in capitals", "IBAN: BE31 4354 1116 1155", "IBAN_CODE", "BE31 4354 1116 1155"),
    ("a health number", "NHS number 943 476 5919", "UK_NHS", "943 476 5919"),
    ("a record number", "MRN: 00482913", "MEDICAL_RECORD", "00482913"),
    ("a word after the value", "MRN 0048291 admitted", "MEDICAL_RECORD", "0048291"),
    ("a connector", "the patient's insurance ID is XQF-118842.", "HEALTH_ID", "XQF-118842"),
    ("an abbreviation's stop", "Case No. 2031-CRIM-0406", "ID", "2031-CRIM-0406"),
    ("a docket", "Docket No: 5:31-mc-04428-QOQ", "ID", "5:31-mc-04428-QOQ"),
    ("a bar number", "Ann Smith (Bar No. FL-388001)", "LICENSE_NUMBER", "FL-388001"),
    ("a leaning word and a mark", "Policy: POL-1676441 | next", "HEALTH_ID", "POL-1676441"),
    ("a leaning word and a mixed code", "Case 2031-FAM-3761", "ID", "2031-FAM-3761"),
    ("a key and quotes", '{"employee_id": "EMP-36731"}', "ID", "EMP-36731"),
    ("an attribute", '<employer empid="EMP-36611"/>', "ID", "EMP-36611"),
    ("a compound", "Kundennummer: 4711-0815", "ID", "4711-0815"),
    ("an unknown compound", "Wartungsnummer: 4711-0815", "ID", "4711-0815"),
    ("a compound of known words", "customerid: 88123401", "ID", "88123401"),
    ("an unknown name", "Klub number: 4711081", "ID", "4711081"),
    ("an id number", "ID number: 8812340112", "ID", "8812340112"),
    ("a number's own label", "see MRN-3981690 there", "MEDICAL_RECORD", "MRN-3981690"),
    ("a number's own label, parted", "SSN#536228726", "US_SSN", "536228726"),
    ("a passport of two groups", "passport AB 1234567 issued", "PASSPORT", "AB 1234567"),
    ("a licence plate", "Kennzeichen B-MW 1234", "LICENSE_PLATE", "B-MW 1234"),
    ("a vehicle", "VIN 1M8GDM9AXKP042788", "VEHICLE_ID", "1M8GDM9AXKP042788"),
    ("a driver's licence in German", "Führerscheinnummer B072RRE2I55", "DRIVER_LICENSE", "B072RRE2I55"),
    ("a Spanish doctor", "NºCol: 28 28 20943", "LICENSE_NUMBER", "28 28 20943"),
    ("a DEA number", "DEA AB1234563", "MEDICAL_LICENSE", "AB1234563"),
    ("an NPI whose checksum fails", "NPI: 7163000669", "US_NPI", "7163000669"),
    ("a social security number that cannot be", "my social is 987-65-4321", "US_SSN", "987-65-4321"),
    ("a question", "What is your SSN?\n987654321", "US_SSN", "987654321"),
    ("a question on the same line", "Your SSN? 987654321", "US_SSN", "987654321"),
    ("a question that goes on", "Q: Your account number, please?\nA: 10147031", "BANK_ACCOUNT", "10147031"),
    ("a question for a leaning word", "What is the badge id then?\n44-8120", "ID", "44-8120"),
    ("a question for a word and a code", "What is the claim code?\n88123401", "ID", "88123401"),
    ("two words for a number", "Passport ref number: AB 1234567", "PASSPORT", "AB 1234567"),
    ("a sentence before", "He came late. MRN: 00482913", "MEDICAL_RECORD", "00482913"),
    ("a column", "name,ssn,city\nAnn,987654321,Rome\nBob,123456789,Oslo\n", "US_SSN", "123456789"),
    ("a value before a year count", "patient id 1234567 45 years", "MEDICAL_RECORD", "1234567"),
    ("a unit behind the groups", "member id 1234 45 years", "HEALTH_ID", "1234"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "entity", "value"), [row[1:] for row in LABELLED], ids=[row[0] for row in LABELLED]
)
def test_a_number_beside_its_label_is_found_whole(text, entity, value):
    assert (entity, value) in found(text)


NOTHING = [
    ("a checksum that fails", "CPF: 390.533.447-06"),
    ("a checksum of another country", "Bulgarian VAT number: 175074751"),
    ("a thing", "order number: 12345678"),
    ("a build", "Build 20394857 took 1250 ms"),
    ("a good number of a thing, in a thing's words", "container number: CSQU3054383"),
    ("prose", "MRN is unknown after 12 days"),
    ("an account of things", "the account number of the company is known since 2019"),
    ("a date", "insurance ID: 2024-05-01"),
    ("a price", "account no. 12.50"),
    ("a year", "Passport: 2024"),
    ("a measure", "patient id 120 mg"),
    ("a telephone", "their number: 617-632-3001"),
    ("a code of many", "billing code: 99215"),
    ("a bare number", "44051401359"),
    ("an end of a sentence", "I lost my passport. 12345678 people did"),
    ("a heading without question", "SSN\n987654321 is large"),
    ("a log's own number", "2024-05-01 10:00:00 INFO handler id: 12345678 done"),
    ("a number without words", "id: 12345678"),
    ("no digits", "passport number unknown"),
    ("a number without a name", "number: 1234567"),
    ("a leaning word and bare digits", "case 20313761 people"),
    ("a word with two digits", "member id ABCDEFG12"),
    ("a country without a kind", "Polish, 1234567"),
    ("only words for numbers", "number id 1234567"),
    ("a word in a shape's place", "DEA 1234567"),
]


@pytest.mark.parametrize("text", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_what_is_no_persons_number_is_left_alone(text):
    assert found(text) == set()


def test_a_labelled_number_whose_checksum_fails_is_doubtful_and_no_other_reading_says_more():
    text = "CCC (Código Cuenta Corriente): 1234-1234-00 1234567890"
    (doubtful,) = IDS.recognize(text)
    assert (doubtful.entity, doubtful.score) == ("BANK_ACCOUNT", 0.45)
    other = Finding(doubtful.end - 10, doubtful.end, "US_BANK_NUMBER", 0.3, "presidio/UsBankRecognizer")
    assert in_context(text, Lines(text), [doubtful, other]) == [doubtful]


def test_a_good_number_of_a_thing_is_read_as_its_label_alone_says():
    assert found("EC Number: 200-001-8") == {("ID", "200-001-8")}
    assert found("EC Number: 200-001-9") == set()


def test_the_national_form_of_a_kind_keeps_its_name():
    text = "account number 945456787654"
    bank = Finding(15, 27, "US_BANK_NUMBER", 0.3, "presidio/UsBankRecognizer")
    (kept,) = in_context(text, Lines(text), [*IDS.recognize(text), bank])
    assert (kept.entity, kept.score) == ("US_BANK_NUMBER", 0.8)


def test_one_number_has_one_kind():
    text = "passport no: 536228726"
    place = text.index("5")
    others = [
        Finding(place, place + 9, entity, score, "presidio/x")
        for entity, score in (
            ("US_SSN", 0.35),
            ("US_BANK_NUMBER", 0.3),
            ("PHONE_NUMBER", 0.4),
            ("US_ITIN", 0.3),
        )
    ]
    kept = in_context(text, Lines(text), [*IDS.recognize(text), *others])
    assert [f.entity for f in kept] == ["PASSPORT"]


def test_a_certain_reading_outdoes_a_label():
    text = "account: 4111 1111 1111 1111"
    card = Finding(9, 28, "CREDIT_CARD", 1.0, "guardrail/card")
    assert in_context(text, Lines(text), [*IDS.recognize(text), card]) == [card]


def test_a_column_supports_a_reading_of_another_recognizer():
    text = "name;phone\nAnn;2125550199\n"
    phone = Finding(15, 25, "PHONE_NUMBER", 0.4, "guardrail/phone")
    assert [f.score for f in in_context(text, Lines(text), [phone])] == [0.75]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Hi, I am RSSMRA85T10A562S.", "NATIONAL_ID"),
        ("(X-2482300-W)", "NATIONAL_ID"),
        ("S1234567D", "NATIONAL_ID"),
        ("1M8GDM9AXKP042788", "VEHICLE_ID"),
        ("12 apples and 390.533.447-05", "NATIONAL_ID"),
        ("invoice of DE136695976", "TAX_ID"),
    ],
)
def test_a_form_that_chance_does_not_make_stands_alone(text, entity):
    assert {kind for kind, _ in found(text)} == {entity}


@pytest.mark.parametrize(
    ("form", "module", "odds"), [(form, module, odds) for form, module, _, odds in FORMS]
)
def test_the_odds_of_a_form_are_not_better_than_told(form, module, odds):
    draw = random.Random(form + module)  # the same numbers every time
    tries, valid = 4000, check(module)
    held = sum(
        valid(
            "".join(
                {"9": draw.choice(string.digits), "A": draw.choice(string.ascii_uppercase)}.get(c, c)
                for c in form
            )
        )
        for _ in range(tries)
    )
    assert held <= 3 * tries / odds + 8
    assert 0 < score_of(form, odds) <= 0.95


def test_every_number_of_the_table_has_a_check_and_a_country():
    countries = {country for country, _ in COUNTRIES}
    for module in [*(row[0] for row in NUMBERS), *VAT]:
        assert check(module)("no number") is False
        assert "." not in module or module.partition(".")[0] in countries, module


def test_a_check_that_fails_with_an_error_refuses():
    assert check("cn.ric")("820000194912310026") in {True, False}
    assert not any(check("cn.ric")(f"{county:06d}19491231002X") for county in range(810000, 820000, 997))


def test_own_checks_follow_their_rules():
    letters = ("S1234567D", "T1234567J", "F1234567N", "S1234567A", "D1234567S")
    assert [sg_nric(value) for value in letters] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert sum(sg_nric(f"M1234567{letter}") for letter in string.ascii_uppercase) == 1
    assert vin("1M8GDM9AXKP042788")
    assert not vin("1M8GDM9A1KP042788")
    assert not vin("12345678901234567")


@given(st.text(alphabet="aN1 9-./:?,\nSD#", max_size=120))
def test_spans_lie_in_the_text_in_order_and_apart(text):
    findings = list(IDS.recognize(f"SSN {text}"))
    assert all(0 <= f.start < f.end <= len(text) + 4 and 0 < f.score <= 1 for f in findings)
    assert all(a.end <= b.start for a, b in pairwise(findings))


def test_a_line_of_marks_above_a_number_is_no_label():
    assert list(IDS.recognize("\n/.\n1111")) == []


@pytest.mark.parametrize(
    "piece", ["1 ", "A1-", "MRN ", "1,", "a,b\n", "SSN: ", "No. ", "?\n1", "A" * 7 + " "]
)
def test_long_runs_of_anything_are_read_in_linear_time(piece):
    text = piece * (60_000 // len(piece))
    in_context(text, Lines(text), list(IDS.recognize(text)))


def test_a_table_begins_with_names_and_ends_with_its_cells():
    text = "intro\na | b\n1 | 2\n|---|\nx\n2,3\nc,d\n4,5\n"
    headers = Headers(text)
    assert headers.label(text.index("1")) == "a"
    assert headers.label(text.index("2")) == "b"
    assert headers.label(text.index("x")) == ""
    assert headers.label(text.index("3")) == ""
    assert headers.label(text.index("5")) == "d"
    assert headers.label(0) == ""
    assert Headers("a;b;c\n" + "1;2;" + "3" * 2500 + "\n").label(10) == ""
    assert Headers("a" * 3000 + ",b\n1,2").label(3004) == ""
    assert Headers("a,b\nc,d\n\n1,2").label(10) == ""


def test_a_field_name_that_names_an_identifier_tells():
    assert {"cpf", "mrn", "passport", "number", "policy", "dni"} <= label_words()
    assert label_words().isdisjoint({"text", "message", "content", "name", "is"})


def test_words_are_compared_without_case_accents_and_stops():
    assert [word.folded for word in words_of("Núm. N.I.F. Straße łódź")] == ["num", "nif", "strasse", "lodz"]


def test_the_page_of_entities_is_written_from_the_tables(tmp_path):
    page = tmp_path / "page.md"
    marks = "".join(
        f"<!-- {name}: begin -->\nstale row\n<!-- {name}: end -->\n" for name in ("entities", "numbers")
    )
    page.write_text(marks)
    main([str(page)])
    text = page.read_text()
    assert "stale row" not in text
    assert "| `NATIONAL_ID` |" in text
    assert render(text) == text
    with pytest.raises(SystemExit):
        render("no marks")


@pytest.mark.parametrize(
    "entity", sorted(IDS.entities & ROWS.keys() - {"CRYPTO", "MAC_ADDRESS", "IBAN_CODE"})
)
def test_every_example_of_the_page_is_found(entity):
    special = {"US_BANK_NUMBER": "BANK_ACCOUNT"}
    assert {kind for kind, _ in found(ROWS[entity][0])} <= {entity, special.get(entity, entity)}


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Student Ann Lee, ID E30666, born in May", "ID", "E30666"),
        ("Ann Lee (ID 4711) called", "ID", "4711"),
        ("He owes the bank money. Account 6435-6051-23.", "BANK_ACCOUNT", "6435-6051-23"),
        ("policy ABC-123 of member 998877", "HEALTH_ID", "998877"),
        ("Sort code: 20-45-18", "BANK_ACCOUNT", "20-45-18"),
        ("Vehicle, VIN PXMGMRFE4C4AT6129, sold", "VEHICLE_ID", "PXMGMRFE4C4AT6129"),
        ("a rental, plate WOR 8831K, is due", "LICENSE_PLATE", "WOR 8831K"),
        ("the booking ref is QX7P2M ok", "ID", "QX7P2M"),
        ("Versichertennr. A123456780.", "HEALTH_ID", "A123456780"),
        ("Passport number\nDK1548062\nSigned", "PASSPORT", "DK1548062"),
        ("Driver's licence no.\nMORGA657054\n", "DRIVER_LICENSE", "MORGA657054"),
    ],
)
def test_a_number_right_behind_its_word_or_below_it(text, entity, value):
    assert (entity, value) in {
        (f.entity, text[f.start : f.end]) for f in IDS.recognize(text) if f.score >= 0.5
    }


@pytest.mark.parametrize(
    "text",
    [
        "Customer: 212-555-0187 x676",
        "Product ID: 12345678",
        '{"ID": 12345678}',
        "student 2024, client 3.12.1, account 2 of 3, policy 42, customer 10000 dollars",
        "Your reference is 88412",
        "We lost the passport\nA long day 12345678 of it",
    ],
)
def test_a_telephone_a_thing_and_a_small_number_are_no_identifiers(text):
    assert [f for f in IDS.recognize(text) if f.score >= 0.5] == []
