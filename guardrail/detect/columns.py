"""What only the name of its column says: ages, dates of birth in bare digits, login names and passwords.

In a table the label stands once, far above: `34` below "Age" is somebody's age,
`hunter2` below "password" a secret. The names are compared whole, so that prose
with as many commas in each line as the line before it says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.headers import Headers
from guardrail.detect.ids_beside import fold
from guardrail.detect.secret_format import placeholder
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Columns"]

SCORE: Final = 0.7


def _names(entity: str, text: str) -> dict[str, str]:
    return {name.strip(): entity for name in text.replace("\n", " ").split(";")}


_KINDS: Final = {
    **_names(
        "AGE",
        """age; ages; patient age; age years; age in years; age yrs; alter; edad; eta; idade; leeftijd;
        wiek; alder""",
    ),
    **_names(
        "DATE_TIME",
        """dob; d o b; date of birth; birth date; birthdate; birthday; birth day; born; born on; year of
        birth; birth year; yob; patient dob; member dob; geburtsdatum; geburtstag; geboren; geb;
        date de naissance; ne le; fecha de nacimiento; fecha nacimiento; data di nascita;
        geboortedatum; data urodzenia; data de nascimento; fodelsedatum; fodselsdato""",
    ),
    **_names(
        "USERNAME",
        """username; user name; user id; userid; login; login name; login id; screen name; handle; uname;
        account name; benutzername; benutzer; nom d utilisateur; identifiant; usuario; nombre de
        usuario; nome utente; gebruikersnaam; nazwa uzytkownika; anvandarnamn; brugernavn""",
    ),
    **_names(
        "SECRET",
        """password; passwd; pwd; pass; pw; passcode; passphrase; temp password; temporary password;
        initial password; new password; default password; user password; wifi password; pin; pin
        code; api key; apikey; api token; access token; access key; secret; secret key; token;
        passwort; kennwort; mot de passe; contrasena; wachtwoord; senha; haslo; losenord;
        adgangskode; clave""",
    ),
    **_names("CARD_SECURITY_CODE", "cvv; cvc; cvv2; cvc2; cid; security code; card security code"),
}
_DATE: Final = (
    r"(?:1[89]|20)\d{6}|\d{2}(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d"
    r"|\d{1,2}[-./ ]\d{1,2}(?:[-./ ](?:\d{4}|\d{2}))?|\d{4}[-./]\d{1,2}(?:[-./]\d{1,2})?"
)
_VALUES: Final = {
    "AGE": re.compile(r"(?:1[0-2]\d|[1-9]?\d)(?:\s?(?:y|yo|y/o|yrs?|years?))?", re.IGNORECASE),
    "DATE_TIME": re.compile(_DATE),
    "USERNAME": re.compile(r"@?[A-Za-z0-9][\w.+~-]{1,62}"),
    "SECRET": re.compile(r"\S{4,256}"),
    "CARD_SECURITY_CODE": re.compile(r"\d{3,4}"),
}
# Words of a program or a form, in the place of a value.
_NOTHING: Final = frozenset(
    """null none nil n/a na true false yes no required optional string text varchar char int integer
        bool boolean unset empty default reset changed expired invalid missing unknown tbd todo
        hidden masked root admin system name user guest login username password secret token
        enabled disabled active""".split()  # noqa: SIM905 - as above
)
_WORD: Final = re.compile(r"[^\W\d_]+")


class Columns:
    """Finds values that the name of their column tells."""

    name: Final = "guardrail/column"
    entities: Final = frozenset(_VALUES)
    # A table has two lines, SQL or HTML marks.
    needs: Final = re.compile(r"\n|<t[rd]\b|\bVALUES\b", re.IGNORECASE)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the cells of telling columns that look like what the column's name says."""
        kinds: dict[str, str] = {}
        for start, end, name in Headers(text).cells():
            kind = kinds.get(name)
            if kind is None:
                kind = kinds[name] = _KINDS.get(" ".join(map(fold, _WORD.findall(name))), "")
            if kind and _holds(kind, text[start:end]):
                yield Finding(start, end, kind, SCORE, self.name)


def _holds(kind: str, value: str) -> bool:
    """Tell whether a value looks like what its column is called."""
    if len(value) > 256 or _VALUES[kind].fullmatch(value) is None:
        return False
    if kind not in {"USERNAME", "SECRET"}:
        return True
    return value.lower() not in _NOTHING and len(set(value)) > 2 and not placeholder(value)
