"""The words that name a number: its label, or what a speaker says right before it.

`phone: 212...`, `"homePhone":212...`, `<ssn>...`, "my number is ...", "reach me
at ...". Of two readings of one number the label decides, whichever checksum
holds. A bounded piece of one line is read for each number.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

__all__ = ["PHONE_WORDS", "THINGS", "label", "telephone", "words_of"]

LOOK: Final = 64  # code points before a number
AFTER: Final = 16
_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_OPEN: Final = " \t\"'`([*_"
_SIGNS: Final = ":=#>|"
_CUT: Final = re.compile(r"[,;|{}\[\]<>=:()\n]|[.!?]\s|\s-\s")
_IS: Final = re.compile(
    r"(?<![^\W\d_])(?:is|was|no|nr|num|number|numbers|nummer|ist|lautet|est|numéro|es|número|numero|è|jest|är|er"
    r"|é|numer|n[°º])[.:]?\Z",
    re.IGNORECASE,
)
_WORDS: Final = 8

PHONE_WORDS: Final = frozenset(
    """
    phone phones telephone tel cell cellphone cellular mobile mob fax telefax facsimile whatsapp sms
    hotline voicemail landline pager extension dial call calls called calling text ring reach ph contact
    callback switchboard handy telefon telefonnummer handynummer mobil mobilnummer mobiltelefon
    mobilfunk mobilfunknummer festnetz rufnummer durchwahl faxnummer fon anrufen erreichbar telefonnr
    mobilnr téléphone portable fixe tél télécopie fax appeler appelez joindre teléfono telefono móvil
    movil celular tfno tlf tlfno telf llamar llame llámame cellulare chiamare chiamami recapito telefoon
    telefoonnummer mobiel mobiele gsm bellen bereikbaar telnr telefone telemóvel telemovel fone ligar
    ligue contacto telefonu komórka komórkowy komórkowego faks zadzwoń tfn tfnnr ringa
    mobiltelefonnummer telefonnumret телефон телефона тел моб мобильный сотовый факс звоните cep هاتف
    جوال موبايل تلفون فاكس
    """.split()  # noqa: SIM905 - word lists read as words
)
_EAST_ASIAN: Final = re.compile(
    "电话|電話|手机|手機|传真|傳真|座机|联系方式|携帯|ファックス|ファクス|전화|휴대폰|핸드폰|연락처|팩스"
)
# A number that such a word names is another number than a telephone's.
THINGS: Final = frozenset(
    """
    id ids identifier identification identity account acct ssn ssns social npi dea mrn nhs passport
    licence license order invoice case ticket ref reference policy member membership tax taxpayer vat
    tin itin ein iban routing serial imei meid imsi iccid isbn issn sku zip postcode postal shift
    version build docket claim batch lot national individual association enterprise employee student
    registration register registry bank apt suite ste unit box postfach apartado uid gid pid insurance
    security tracking parcel product transaction card cards code job task port bytes size epoch
    timestamp ts offset block blk hash checksum commit revision rev issue request quantity count total
    price amount bates exhibit section article patent dni nie nif cif nass nhc col colegiado ncol siret
    siren cpf cnpj curp rfc pesel nip regon krs bsn kvk btw ust personnummer cpr cvr steuer konto
    part parts pn model item catalog catalogue component drawing bauteil teilenummer artikel artikelnummer
    kontonummer kundennummer versicherungsnummer organisation organisationsnummer tva edad kunde
    aktenzeichen az sgk tckn egn ico dic
    """.split()  # noqa: SIM905 - word lists read as words
)
_REACH: Final = re.compile(
    r"(?<![^\W\d_])(?:reach(?:ed|able)?|call(?:ing|ed)?|text(?:ed|ing)?|ring|dial(?:ed|ing|er)?|contact(?:ed|ing)?|answer(?:ing)?"
    r"|phon(?:ed|ing)|sms|whatsapp|message|erreich(?:en|bar|t)|anrufen|angerufen|ruf(?:en|t)?|joindre|joignable|appele[rz]"
    r"|llam[ae]\w{0,4}|llámame|contact[ae]\w{0,4}|chiam\w{2,5}|raggiung\w{2,6}|bel(?:len)?|bereikbaar|bereiken"
    r"|lig(?:ar|ue|a)|zadzwo\w{1,4}|dzwoni\w{1,3}|ringa?|nås|fås)"
    r"(?![^\W\d_])[^.!?\n\d]{0,36}(?<![^\W\d_])(?:at|on|under|via|is|unter|au|al|en|allo?|op|om|na|em|no|pod|på)\W{0,3}\Z",
    re.IGNORECASE,
)
_MY: Final = re.compile(
    r"(?<![^\W\d_])(?:(?:my|his|her|their|our|your|mom's|dad's)\s(?:new\s|old\s|home\s|work\s|office\s|other\s|direct\s)?(?:number|num|nr|no\.?|#)"
    r"|(?:meine|seine|ihre|unsere)\snummer|(?:mon|son|notre)\snuméro|mi\snúmero|(?:il\s)?mio\snumero|mijn\snummer"
    r"|(?:o\s)?meu\snúmero|mój\snumer|mitt\snummer|mit\snummer)"
    r"(?:'s|\s(?:is|was|ist|lautet|est|es|è|é|to|jest|är|er))?\W{0,3}\Z|(?<![^\W_])ext\W{1,3}\Z",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?<![^\W\d_])(?:number|no\.?|num|nummer|numéro|número|numer)(?![^\W\d_])[^.!?\n\d()]{0,24}\Z",
    re.IGNORECASE,
)
# Kept for fiction (ATIS-0300115): who writes one means a telephone, whatever word stands beside it.
_FICTION: Final = re.compile(r"(?:(?:\+ ?|00)?1[-. ]{1,2})?\(?[2-9]\d\d\)?[-. ]{1,2}555[-. ]01\d\d")
# A list of numbers says where each one rings.
_PLACES: Final = frozenset(
    {"desk", "office", "home", "work", "direct", "main", "day", "daytime", "evening", "emergency", "privat"}
    | {"maison", "casa"}
)
_PLACE_AFTER: Final = re.compile(
    r"[ \t]{0,2}[-(\[,]?[ \t]?(?:office|home|mobile|cell|work|fax|direct|desk|landline|tel|privat|mobil"
    r"|maison|casa)\b",
    re.IGNORECASE,
)


# Who speaks, in a transcript: "Customer:", "[Agent 2]:", "A.".
_SPEAKER: Final = re.compile(r"[\s>*-]{0,4}(?:\[[\w ]{1,24}\]|[A-Z][\w ]{0,20}|[a-z]{1,12})\s?[:.][\s*]*")
_COUNTERS: Final = ("number", "numbers", "no", "nr", "num", "nummer", "numéro", "número", "numero", "numer")
# Of the words for a telephone those that are verbs: a question with one may be about anything.
_CALLING: Final = frozenset(
    {"call", "calls", "called", "calling", "text", "ring", "dial", "reach", "sms", "contact"}
)
_WHOM: Final = frozenset({"you", "me", "him", "her", "them", "us", "back"})
_FEW: Final = 4  # words of a label that stands alone in its line


def label(text: str, start: int) -> tuple[str, ...]:
    """Return the words of the label that names the value at `start`, in lower case; () where none does."""
    rest = _line_before(text, start).rstrip(_OPEN)
    bare = rest.rstrip(_SIGNS + _OPEN + "-/.")
    signed = rest.endswith((":", "=", "#", ">", "|", " -"))
    if not signed and not _IS.search(rest):
        return ()
    if bare.endswith(")"):  # IMEI (International Mobile Equipment Identity):
        return words_of(bare)[-_WORDS:]
    return words_of(_CUT.split(bare)[-1])[-_WORDS:]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of `text` in lower case; `homePhone` is two."""
    return tuple(word.lower() for word in _WORD.findall(text))


def telephone(text: str, start: int, end: int) -> float:
    """Tell how far words say that this is a telephone number.

    1 they name it so, 0.5 they may, 0.25 such words are near, 0 they say nothing; -1 a label names another
    number, -0.5 a word for another thing stands before it.
    """
    before = _line_before(text, start)
    here = _on_line(text, start, end, before)
    if here < 0 and _FICTION.fullmatch(text, start, end):
        return 0.0
    if here in {0.0, 0.25} and (not before.strip(_OPEN + ">|-") or _SPEAKER.fullmatch(before)):
        above = _above(text, start - len(before), end)
        return above if above < 0 else max(here, above)
    return here


def _on_line(text: str, start: int, end: int, before: str) -> float:
    named = label(text, start)
    words = named or words_of(_CUT.split(before.rstrip(" ,;."))[-1])[-2:]
    telling = [word for word in words if word in PHONE_WORDS or word in THINGS]
    if telling and telling[-1] in THINGS:  # the last one decides: mobile equipment identity
        return -1.0 if named else -0.5
    if telling or _MY.search(before) or _REACH.search(before) or _EAST_ASIAN.search(before[-12:]):
        return 1.0
    if _NUMBER.search(before) or _PLACE_AFTER.match(text, end) or (named and named[-1] in _PLACES):
        return 0.5
    wide = [*words_of(before)[-7:], *words_of(text[end : end + AFTER].split("\n", 1)[0])[:3]]
    return 0.0 if PHONE_WORDS.isdisjoint(wide) else 0.25


def _above(text: str, begin: int, end: int) -> float:
    """Tell it of a number that begins its line at `begin`, by the line above.

    That asks ("phone number?") or announces ("my numbers:"), or is the label of a
    value that is alone in its line, as in forms.
    """
    if not begin or text[begin - 1] != "\n":
        return 0.0
    line = _line_before(text, begin - 1).rstrip(" \t\r\"'`*_")
    asks = line.endswith(("?", ":"))
    words = words_of(_CUT.split(line.rstrip(" ?:"))[-1])
    alone = len(words) <= _FEW and not text[end : end + AFTER].split("\n", 1)[0].strip(_OPEN + ".")
    if not words or not (asks or (alone and line[-1].isalpha())):
        return 0.0
    pairs = list(pairwise(words))
    if asks and any(word in PHONE_WORDS and behind in _COUNTERS for word, behind in pairs):
        return 1.0  # what is the phone number on the account?
    naming = words[:-1] if words[-1] in _COUNTERS else words
    if naming and naming[-1] in THINGS:
        return -1.0
    if naming and naming[-1] in PHONE_WORDS - _CALLING:
        return 1.0
    calling = any(word in _CALLING and behind in _WHOM for word, behind in pairs)
    told = calling or (not _CALLING.isdisjoint(words) and not set(_COUNTERS).isdisjoint(words))
    return 0.5 if asks and (told or not (PHONE_WORDS - _CALLING).isdisjoint(words)) else 0.0


def _line_before(text: str, start: int) -> str:
    """Return what stands on the same line before `start`, no further than LOOK."""
    line = text[max(start - LOOK, 0) : start]
    return line[line.rfind("\n") + 1 :]
