"""What is told from a text at a look costs nothing more, and changes no finding."""

from __future__ import annotations

import pytest

from guardrail.detect.addresses import Addresses
from guardrail.detect.gates import LONG
from guardrail.detect.places import places
from guardrail.detect.prose import Lines
from guardrail.detect.secrets import Secrets
from guardrail.detect.usernames import Usernames

UNITS = """apt 5|Flat 3B,|suite 200|1st floor,|2nd fl.|ground floor|2º izda|dcha.|s/n|3. OG|basement,|# 4
4ème étage
st. th|kl. tv|Unit A|bldg C-12,|no. 7|B12|planta 3ª|Piso 2º|lejl 4"""


@pytest.mark.parametrize("unit", UNITS.replace("\n", "|").split("|"))
def test_a_unit_before_a_street_belongs_to_the_address(unit: str) -> None:
    text = f"write to {unit} 12 Oak Street, Leeds"
    (found,) = (f for f in Addresses().recognize(text) if f.score >= 0.5)
    assert text[found.start : found.end].startswith((unit, unit.partition(" ")[2]))


@pytest.mark.parametrize(
    "label", ["address: ", "lives at the ", "Anschrift: ", "send it to me at the ", "home is "]
)
def test_a_label_before_a_street_proves_it(label: str) -> None:
    (found,) = Addresses().recognize(f"well, {label}12 Oak Street now")
    assert found.score == 0.9
    (found,) = Addresses().recognize("well, the yellow 12 Oak Street now")
    assert found.score < 0.9


@pytest.mark.parametrize("length", [0, LONG])
def test_a_key_is_found_in_short_and_in_long_texts(length: int) -> None:
    key = "ghp_" + "a1B2" * 9
    text = "x " * (length // 2) + key
    assert any(text[f.start : f.end] == key for f in Secrets().recognize(text))
    assert not list(Secrets().recognize("a." * LONG))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from Buenos Aires to Dortmund", ["Buenos Aires", "Dortmund"]),
        ("x.Dortmund and a-Dortmund, _Dortmund, O'Dortmund", []),
        ("5Dortmund", ["Dortmund"]),
        ("in Dortmund-Dortmund", []),
        ("Dortmund.", ["Dortmund"]),
    ],
)
def test_a_place_is_no_piece_of_something_longer(text: str, found: list[str]) -> None:
    assert [text[f.start : f.end] for f in places(text, Lines(text))] == found


def test_an_alias_is_found_by_its_words() -> None:
    text = "he goes by zorvia_77 here"
    assert [text[f.start : f.end] for f in Usernames().recognize(text)] == ["zorvia_77"]
