"""Postal addresses of many countries: found whole, and not where numbers and words only look like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.detect.addresses import Addresses
from guardrail.detect.addresses_fields import AddressFields, address_labels
from guardrail.detect.addresses_join import with_addresses
from guardrail.spans import resolve
from guardrail.types import Finding

# The address stands between [[ and ]]; names and places are invented.
WHOLE = {
    "US: street, city, state, code": "Send it to [[12 Oak Street, Springfield, IL 62704]] today.",
    "US: direction, unit, long code": "I moved to [[742 N Elm Ave Apt 4B, Denver, CO 80203-1122]], call me.",
    "US: letter head": "Ana\n[[1450 Willow Creek Blvd\nSuite 200\nAustin, TX 78701\nUSA]]\n\nDear Ms",
    "US: lower case": "my place is at [[94 n elm st, westfield, ma, 010852917]] since may",
    "US: capitals": "SHIP TO [[161 JACKSON ST STE 14, LOWELL, MA, 018522103]]",
    "US: state in words": "[[899 O Street Northwest, Washington, District of Columbia 20001]]",
    "US: ordinal street": "It is at [[50 8th Street]].",
    "US: unit with a hash": "The office is at [[68 Coombs Street # A-1]].",
    "US: unit before": "Mail: [[Suite 541, 12 Harbor Road]]",
    "US: post office box": "Please write to [[P.O. Box 2211, Reno, NV 89501]].",
    "US: army post": "Reach me at [[PSC 1234, Box 5678\nAPO AE 09204]].",
    "US: ship": "Letters go to [[USS Example\nFPO AP 96601]]",
    "US: rural route": "[[RR 2 Box 45, Elkton, KY 42220]]",
    "US: county road": "He farms at [[4500 County Road 12, Burr Oak, KS 66936]].",
    "US: state highway": "[[17 State Route 9, Hudson, NY 12534]]",
    "US: weak word with a label": "She lives at [[12 Heron Landing]]",
    "US: weak word with a unit": "to [[104 Kessel Gate Unit 59]], please",
    "US: care of": "[[c/o Maria Lopez, 12 Oak Street]]",
    "US: corner": "Meet me at [[the corner of 5th and Main]] at 7",
    "US: quoted mail": "> [[45 Maple Court\n> Apt. 902\n> Dayton, OH 45402]]",
    "GB: code": "She is at [[10 Birch Lane, London SW1A 2AA]].",
    "GB: flat": "[[Flat 3, 27 Kings Road, Brighton BN1 2RU]]",
    "GB: lines": "[[10 Mill Lane\nLeeds\nLS1 4AP]]",
    "CA": "[[221 Rideau Street, Ottawa, ON K1N 5Y3]]",
    "AU": "[[12 Smith St, Sydney NSW 2000]]",
    "NZ": "[[5 Kauri Road, Wellington 6011]]",
    "IE": "[[7 Abbey Street, Dublin, D01 X2P3]]",
    "IN: initials": "[[No. 5, MG Road, Bengaluru 560001]]",
    "IN: lines": "[[14 Gandhi Marg\nPune 411001]]",
    "ZA": "[[2450 Rissik St, Pretoria 0002, South Africa]]",
    "MY": "[[58, Jalan Melati, Brickfields, 50470]]",
    "SG": "[[12 Orchid Road, Singapore 238823]]",
    "DE: joined word": "Ich wohne in der [[Hauptstraße 12a, 10115 Berlin]].",
    "DE: hyphens": "[[Albert-Einstein-Str. 7, 80331 München]]",
    "DE: two words": "[[Lange Straße 88, D-04103 Leipzig]]",
    "DE: lower case": "[[lindenstraße 5, 50674 Köln]]",
    "DE: box": "[[Postfach 10 12 34, 50667 Köln]]",
    "DE: label": "Anschrift: [[Am Markt 7, 04109 Leipzig]]",
    "AT": "[[Mariahilfer Straße 10, 1060 Wien]]",
    "CH": "[[Bahnhofstrasse 3, 8001 Zürich]]",
    "FR: bis": "J'habite [[12 bis rue de la Paix, 75002 Paris]].",
    "FR: avenue": "[[8, avenue des Tilleuls, 69003 Lyon]]",
    "FR: box": "[[BP 123, 13001 Marseille]]",
    "BE": "[[5 rue du Moulin, 1000 Bruxelles]]",
    "ES: floor": "Vivo en [[Calle Mayor 5, 2º A, 28013 Madrid]].",
    "ES: short": "[[C/ Olmo, 14, 3º B, 41001 Sevilla]]",
    "ES: no number": "[[Avda. de la Constitución s/n, 18001 Granada]]",
    "ES: lower case": "vivo en [[calle mayor 5]]",
    "CO": "[[Carrera 7 # 71-21, Bogotá]].",
    "CO: number word": "[[Calle 100 No. 8A-55, Bogotá]]",
    "MX": "[[Av. Reforma 222, 06600 Ciudad de México]]",
    "BR": "[[Av. Paulista, 1578, São Paulo - SP, 01310-200]]",
    "PT": "[[Rua Augusta 10, 1100-053 Lisboa]]",
    "IT": "Abita in [[Via Roma 1, 00184 Roma]].",
    "IT: square": "[[Piazza Dante 4, 20121 Milano]]",
    "NL": "[[Damstraat 5, 1012 JS Amsterdam]]",
    "PL": "[[ul. Marszałkowska 10/5, 00-590 Warszawa]]",
    "SE": "[[Storgatan 5, 111 29 Stockholm]]",
    "DK": "[[Nørregade 10, 1165 København K]]",
    "NO": "[[Karl Johans gate 5, 0154 Oslo]]",
    "FI": "[[Mannerheimintie 12, 00100 Helsinki]]",
    "CZ": "[[Vodičkova ulice 12, 110 00 Praha]]",
    "HU": "[[Petőfi utca 3, 1052 Budapest]]",
    "TR": "[[Atatürk Caddesi No: 5, 34000 İstanbul]]",
    "RO": "[[Str. Lalelelor 5, 010101 București]]",
    "RU": "Адрес: [[ул. Ленина 5]]",
}
NOTHING = [
    "It takes 5 Star Way to do it",
    "12 March Road closures",
    "We had 3 drive failures and 2 Court cases for 100 Main reasons.",
    "order 1204 parts, card ending 4242",
    "24 hour street parking",
    "It was the first place in 2023.",
    "version 10.2.3 street build 5",
    "1 million road users",
    "Take I-80 for 5 miles, then a 2 lane road",
    "Boeing 747 Park visitors",
    "at 5 Ask Dr. Smith",
    "Heimweg 5 Minuten",
    "Parkplatz 12 ist frei",
    "The score of Brigade 5",
    "He sold 200 Ocean View apartments",
    "See you via Slack 3 times",
    "Box 12 is empty",
    "Route 66 is long",
    "chapter 3 section 2",
    "R. 5 and S. 6",
    "Python 3 Path objects",
    "const street = 5;",
    "Level 5 Access Point",
    "Windows 10 Home users",
    "Section 8 Housing",
    "The 4 Seasons Place",
    "5 of the street's 12 lamps",
    "a 10 minute drive and a 2 way street",
    "price: $12 road tax",
    "street view of 1999",
    "Umweg 5 km",
    "al. 12 and os. 5",
    "place 3 cups on the table",
    "12/24 Street-level data",
    "vom 7. 3. 2016 ihren Antrag bei Prof. Dr. T.",
    "after say 11:00 search the street corners",
]


def cut(marked: str) -> tuple[str, int, int]:
    start, end = marked.index("[["), marked.index("]]") - 2
    return marked.replace("[[", "").replace("]]", ""), start, end


def read(text: str, least: float = 0.5) -> list[str]:
    found = [f for part in (Addresses(), AddressFields()) for f in part.recognize(text)]
    return [text[f.start : f.end] for f in resolve([f for f in found if f.score >= least])]


@pytest.mark.parametrize("kind", WHOLE)
def test_an_address_is_found_whole_and_nothing_beside_it(kind):
    text, start, end = cut(WHOLE[kind])
    assert read(text) == [text[start:end]]


@pytest.mark.parametrize("text", NOTHING)
def test_numbers_beside_words_are_no_address(text):
    assert read(text) == []


def test_a_number_and_a_street_word_alone_are_likely_and_a_city_makes_them_certain():
    alone = next(iter(Addresses().recognize("I saw 12 Oak Street now")))
    proven = next(iter(Addresses().recognize("12 Oak Street, Springfield, IL 62704")))
    assert 0.6 <= alone.score <= 0.7
    assert proven.score >= 0.85


def test_a_code_with_letters_is_doubtful_by_itself():
    assert read("see SW1A 2AA") == []
    assert read("see SW1A 2AA", 0.35) == ["SW1A 2AA"]


FIELDS = {
    "Street: 12 Oak St\nCity: Springfield\nZIP: 62704": ["12 Oak St", "Springfield", "62704"],
    '{"street": "12 Oak St", "city": "Springfield", "zip": "62704", "state": "IL"}': [
        "12 Oak St",
        "Springfield",
        "62704",
        "IL",
    ],
    "<city>Springfield</city><zip>62704</zip>": ["Springfield", "62704"],
    "| City | Springfield |": ["Springfield"],
    "Straße: Am Wall 5\nPLZ: 10115\nOrt: Berlin": ["Am Wall 5\nPLZ: 10115", "Berlin"],
    "Rue: 5 rue Verte\nCode postal: 75002\nVille: Paris": ["5 rue Verte\nCode postal: 75002", "Paris"],
    "Domicilio: Olmo Viejo 14, 3 B\nLocalidad: Huelva\nCP: 21001": ["Olmo Viejo 14, 3 B", "Huelva", "21001"],
    "Indirizzo: Via Verdi 9\nComune: Parma\nCAP: 43121": ["Via Verdi 9", "Parma", "43121"],
    "Adres: Dorpsweg 3\nPlaats: Edam\nPostcode: 1135 AB": ["Dorpsweg 3", "Edam", "1135 AB"],
    "Endereço: Rua Nova 8\nCidade: Braga\nCEP: 01310-200": ["Rua Nova 8", "Braga", "01310-200"],
    "Adres zamieszkania: Lipowa 4 m. 2\nMiasto: Toruń\nKod pocztowy: 87-100": [
        "Lipowa 4 m. 2",
        "Toruń",
        "87-100",
    ],
    "Adress: Storgatan 5\nPostnummer: 111 29\nPostort: Lund": ["Storgatan 5", "111 29", "Lund"],
    "Adresse: Møllevej 5\nBy: Odense": ["Møllevej 5", "Odense"],
    "My zip code is 76400": ["76400"],
    "the postal code for her residence is 02780.": ["02780"],
    "The relevant zip code would be 01970": ["01970"],
    "registered with 01040 as his postal code": ["01040"],
    "The postal code is 021389999 in the US": ["021389999"],
    "Address:\n376 Ring Road 13": ["376 Ring Road 13"],
    "shippingAddressLine1: 5 Elm Way": ["5 Elm Way"],
    "City: St. Louis": ["St. Louis"],
    "City: Reno, NV 89501": ["Reno"],
    "Country: x\nState: California": ["California"],
}


@pytest.mark.parametrize("text", FIELDS)
def test_a_field_that_a_label_names_is_found(text):
    assert read(text) == FIELDS[text]


@pytest.mark.parametrize(
    "text",
    [
        "IP address: 10.0.0.1 port 80",
        "email address: a.b@example.com",
        "MAC address: 00 11 22",
        "state: RUNNING",
        "city = get_city()",
        '{"city": str, "zip": int}',
        "city: string",
        "return zip(a, b)",
        "zip: none",
        "location:4, i:0, top:333.0",
        "address: 5 bytes",
        "address: 0x1234",
        "address: somewhere",
        "street:",
        'sort_values(by="score")',
        "by: 12 people",
        "the city: 4",
        ": 5",
        "memory address: 12 of 14 pages",
        "Street: x@example.com 5",
        "my own home town street address: 5",
    ],
)
def test_a_label_without_a_value_of_its_kind_is_no_address(text):
    assert read(text) == []


def test_the_labels_are_known_to_whoever_reads_hints():
    assert {"street", "city", "plz", "domicilio"} <= address_labels()


def place(text: str, part: str, entity: str = "ADDRESS", score: float = 0.95, by: str = "rampart") -> Finding:
    start = text.index(part)
    return Finding(start, start + len(part), entity, score, by)


def joined(text: str, *pieces: Finding, least: float = 0.5) -> list[tuple[str, str]]:
    found = with_addresses(text, [*Addresses().recognize(text), *pieces])
    return [(text[f.start : f.end], f.entity) for f in resolve([f for f in found if f.score >= least])]


def test_the_pieces_that_a_name_finder_sees_become_one_address():
    text = "to 353 Buerlia 227\n Apt. 391\n SANDEFJORD\n Norway 6645 please"
    pieces = [place(text, "353 Buerlia 227"), place(text, "391"), place(text, "SANDEFJORD", "LOCATION")]
    assert joined(text, *pieces) == [("353 Buerlia 227\n Apt. 391\n SANDEFJORD\n Norway 6645", "ADDRESS")]


def test_a_city_beside_a_street_belongs_to_the_address_and_another_place_does_not():
    text = "from Oslo to Ombu 9091, Salto and then Paris"
    pieces = [
        place(text, "Oslo", "LOCATION"),
        place(text, "Ombu 9091"),
        place(text, "Salto", "LOCATION"),
        place(text, "Paris", "LOCATION"),
    ]
    assert joined(text, *pieces) == [
        ("Oslo", "LOCATION"),
        ("Ombu 9091, Salto", "ADDRESS"),
        ("Paris", "LOCATION"),
    ]


def test_a_code_after_a_city_is_an_address_though_the_finder_doubts_it():
    text = "in Boston 02139 then"
    assert joined(text, place(text, "Boston", "LOCATION"), place(text, "02139", score=0.6)) == [
        ("Boston 02139", "ADDRESS")
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1204 parts", "1204"),
        ("card ending 4242", "4242"),
        ("BILLING CODES: 99213, J1100", "99213"),
        ("measured at 92.1 cm", "92.1"),
        ("pick it up on Main Street", "Main Street"),
        ("Civic Example LLC is new", "Civic Example LLC"),
    ],
)
def test_a_bare_number_or_a_street_without_one_is_not_acted_on(text, part):
    assert joined(text, place(text, part)) == []


def test_a_name_beside_a_number_needs_a_sure_finder():
    text = "a classic Model 900"
    assert joined(text, place(text, "Model 900", score=0.6)) == []
    assert joined(text, place(text, "Model 900", score=0.9)) == [("Model 900", "ADDRESS")]


def test_a_doubtful_street_is_believed_where_a_name_finder_sees_it_too():
    text = "I saw 5 Heron Way today"
    assert joined(text) == []
    assert joined(text, place(text, "5 Heron Way")) == [("5 Heron Way", "ADDRESS")]


def test_a_person_ends_where_the_address_begins():
    text = "by Dr. Ana Vidal. C/ Olmo 14, 41001 Sevilla"
    person = place(text, "Ana Vidal. C/ Olmo", "PERSON", 0.99)
    assert joined(text, person) == [("Ana Vidal", "PERSON"), ("C/ Olmo 14, 41001 Sevilla", "ADDRESS")]


def test_a_person_without_a_name_before_the_address_is_none_of_ours():
    text = ". C/ Olmo 14, 41001 Sevilla"
    assert joined(text, place(text, ". C/ Olmo", "PERSON", 0.99)) == [
        ("C/ Olmo 14, 41001 Sevilla", "ADDRESS")
    ]


def test_a_long_list_of_places_is_no_single_address():
    text = "Salto, " * 60 + "Ombu 9091"
    places = [Finding(at * 7, at * 7 + 5, "LOCATION", 0.9, "rampart") for at in range(60)]
    found = joined(text, *places, place(text, "Ombu 9091"))
    assert found[0] == ("Salto", "LOCATION")
    assert found[-1][0].endswith("Ombu 9091")


def test_a_doubtful_piece_stays_doubtful():
    text = "it is 14 Aqq there"
    found = with_addresses(text, [place(text, "14 Aqq", score=0.45)])
    assert [f.score for f in found] == [0.45]
    far = "Ombu 9091" + " word" * 12 + " Salto"
    pieces = [place(far, "Ombu 9091"), place(far, "Salto", "LOCATION")]
    assert joined(far, *pieces) == [("Ombu 9091", "ADDRESS"), ("Salto", "LOCATION")]


def test_two_addresses_in_a_list_stay_two():
    text = "12 Oak Street, Springfield, IL 62704\n5 Elm Road, Reno, NV 89501"
    assert joined(text) == [
        ("12 Oak Street, Springfield, IL 62704", "ADDRESS"),
        ("5 Elm Road, Reno, NV 89501", "ADDRESS"),
    ]


def test_the_street_word_and_the_region_around_a_finders_piece_are_added():
    text = "a C/ Arjona, 23, Salto VIC."
    assert joined(text, place(text, "Arjona, 23, Salto"))[0][0].endswith("Salto VIC")
    ended = "in Ombu 9091, Salto St."
    assert joined(ended, place(ended, "Ombu 9091, Salto St.")) == [("Ombu 9091, Salto St", "ADDRESS")]
    spain = "Domicilio ul. Lipowa 4"
    assert joined(spain, place(spain, "Lipowa 4"))[0][0] == "ul. Lipowa 4"


PIECES = ["12", "1", "a", "Oak", "Street", "St", "Calle", "Mayor", "ul.", "Apt.", "4B", "Springfield", "IL"]
PIECES += [
    "62704",
    "\n",
    ",",
    ".",
    "Box",
    "P.O.",
    "zip",
    "city:",
    "address:",
    "Straße",
    "10115",
    "(",
    "#",
    "corner of",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60), st.booleans())
def test_findings_lie_inside_the_text_and_joining_loses_no_surely_found_character(parts, spaced):
    text = (" " if spaced else "").join(parts)
    found = [f for part in (Addresses(), AddressFields()) for f in part.recognize(text)]
    assert all(0 <= f.start < f.end <= len(text) and 0 < f.score <= 1 for f in found)
    after = with_addresses(text, found)
    assert all(0 <= f.start < f.end <= len(text) for f in after)
    covered = {at for f in after if f.score >= 0.5 for at in range(f.start, f.end)}
    assert {at for f in found if f.score >= 0.6 for at in range(f.start, f.end - 1)} <= covered


@pytest.mark.parametrize(
    "unit", ["1 a ", "12 Oak Street ", "Calle A ", "Apt 5 ", "city: ", "box 1 ", "A, ", "1 A st ", "A de la "]
)
def test_a_long_text_is_read_to_its_end(unit):
    text = unit * (50_000 // len(unit)) + "\n\nSend it to 12 Oak Street, Springfield, IL 62704"
    assert read(text)[-1].endswith("Springfield, IL 62704")
