"""PINs and one-time codes beside their labels, in ten languages.

Digits alone say nothing: the label must name a code that lets someone in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["codes"]

Span = tuple[int, int, float]
_PIN: Final = re.compile(
    r"(?<![A-Za-z])(?:PIN|pin(?= ?(?:code|number|is|:|=|kod|nummer))|Pin(?= ?(?:code|number|is|:|=)))"
    r"(?:[ -]?(?:code|number|no\.?|nummer|kod|kode|Code))?[\"']?\s{0,2}(?::|=|#|\b(?:is|ist|est|es|è"
    r"|jest|är|er|to)\b)?\s{0,2}[\"']?"
    r"(?P<v>\d{4,8})(?![\d.,/:-]*\d)"
)
_SENT: Final = (
    r"(?:verification|security|login|log-?in|sign-?in|access|authentication|authorization|one[- ]time"
    r"|2fa|mfa|otp"
    r"|passcode|confirmation|activation)"
)
_CODE: Final = re.compile(
    rf"(?:\b(?:{_SENT}[ -](?:pass)?(?:code|pin|password)|otp(?: code)?|passcode|(?:two|2)-factor code"
    r"|(?:bestätigungs|verifizierungs|sicherheits|anmelde|zugangs)code|code de (?:vérification"
    r"|sécurité|confirmation)"
    r"|código de (?:verifica\S{2,4}n?|seguridad|segurança|acceso|acesso)|codice di (?:verifica"
    r"|sicurezza|accesso)"
    r"|(?:verificatie|beveiligings|toegangs)code|kod (?:weryfikacyjny|bezpieczeństwa)|verifieringskod"
    r"|säkerhetskod"
    r"|bekræftelseskode|sikkerhedskode|engangskode|engångskod))"
    r"(?: (?:for|to|de|pour|für|from)(?: \w{1,20}){1,3}?)?[\"']?"
    r"\s{0,2}(?::|=|\b(?:is|ist|lautet|est|es|è|é|jest|är|er|to)\b:?)?\s{0,2}[\"'*]{0,2}"
    r"(?P<v>(?:[A-Z]-)?\d{3}[ -]?\d{3}|\d{4,8})(?![\d.,/:-]*\d)"
    rf"|\b(?P<w>(?:[A-Z]-)?\d{{3}}[ -]?\d{{3}}|\d{{4,8}}) (?:is|ist|est|es|è|é|jest|är|er) "
    rf"(?:your|the|my|ihr|dein|votre|ton|tu|su|il tuo|je|uw|o seu|twój|din|dit)(?: \w{{1,20}}){{0,2}}? "
    rf"(?:{_SENT}|code|otp|pin|password|passcode|bestätigungscode|código|codice|kod)",
    re.IGNORECASE,
)


# What opens a door, and a code that is announced first and told later.
_DOOR: Final = re.compile(
    r"\b(?:(?:(?:front |back )?door|gate|alarm|lock ?box|key ?(?:box|safe|pad)|safe|entry|garage"
    r"|building|padlock|locker|combination lock|intercom|voicemail|burglar alarm)(?:'s)?"
    r"[ -](?:pass)?(?:code|pin|combination|combo)"
    r"|(?:code|pin|combination) (?:for|to|of) (?:the |my |our |your )?(?:\w{1,12} )?(?:door|gate|alarm"
    r"|(?:lock|key)? ?box|safe|garage|building|lock|padlock|locker|flat|house|entrance)|lock ?box|key ?safe)"
    r"(?: is(?: now)?|:| =|,)? [(\"']?(?P<v>\d{3,8}[#*]?)(?![\w%]|[.,/:-]\d)",
    re.IGNORECASE,
)
_LATER: Final = re.compile(
    r"\b(?:one[- ]time|verification|security|2fa|otp|sign-?in|log-?in|access|confirmation)"
    r" (?:pass)?(?:code|pin)\b"
    # Where the word right before belongs to it, it is a voucher's code.
    r"[^\n]{0,120}?(?<!promo)(?<!coupon)(?<!voucher)(?<!discount)(?<!postal)[.\n] ?code"
    r"(?:: ?| is )(?P<v>\d{4,8})(?![\w]|[.,/:-]\d)",
    re.IGNORECASE,
)
_PAIR: Final = re.compile(
    r"\b(?:log(?:ged)?[ -]?in|sign(?:ed)? in|creds?|credentials?|user(?:name)?)(?: (?:as|with|is|are))?:? "
    r"[\w.@+-]{2,64} ?/ ?(?P<v>[^\s/\"'`<>]{6,64})",
    re.IGNORECASE,
)
_SORTS: Final = tuple(map(re.compile, ("[A-Za-z]", "[0-9]", "[A-Z].*[a-z]|[a-z].*[A-Z]|[^\\w.-]")))


def codes(text: str, lower: str) -> Iterator[Span]:
    """Yield PINs and one-time codes beside a label, and a password behind a login name and a stroke."""
    yield from _said(text, lower)
    if "pin" in lower:
        for match in _PIN.finditer(text):
            yield (*match.span("v"), 0.75)
    if "cod" in lower or "kod" in lower or "otp" in lower or "pass" in lower:
        for match in _CODE.finditer(text):
            group = "v" if match["v"] else "w"
            if group == "w" or len(match["v"]) > 4 or "security" not in match[0].lower():
                yield (*match.span(group), 0.75)


def _said(text: str, lower: str) -> Iterator[Span]:
    """Yield the codes of doors, codes that were announced before, and passwords behind a stroke."""
    if "/" in text:
        for match in _PAIR.finditer(text):
            if all(sort.search(match["v"]) for sort in _SORTS):
                yield match.start("v"), match.start("v") + len(match["v"].rstrip(".,;:)")), 0.65
    if any(word in lower for word in ("code", "pin", "combination", "box", "key")):
        for match in _DOOR.finditer(text):
            yield (*match.span("v"), 0.7)
        for match in _LATER.finditer(text):
            yield (*match.span("v"), 0.7)
