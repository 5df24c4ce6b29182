"""Secrets beside a label, in ten languages: passwords, keys, tokens.

Without a prefix or a form, only the label tells that a value is secret, and only
the value that it is one: `password: required` is prose, `secret = get_secret()`
a program. So a value counts when it looks chosen or generated, a plain word only
where it cannot be code or prose: in quotes, in an environment line, alone in a
form's field, after a command line's flag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.secret_format import generated, placeholder
from guardrail.tokens import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.detect.prose import Lines

__all__ = ["LITERALS", "around", "labelled", "pieces", "places"]

Span = tuple[int, int, float]
DOUBTFUL: Final = 0.45
LONG: Final = 256

# One of these must stand in the text (lower case).
LITERALS: Final = (
    *(
        "pass",
        "pwd",
        "pw",
        "secret",
        "token",
        "key",
        "credential",
        "mdp",
        "kennwort",
        "contrase",
        "wachtwoord",
    ),
    *(
        "senha",
        "hasło",
        "haslo",
        "senord",
        "adgangskode",
        "kodeord",
        "parola",
        "clave",
        "salasana",
        "heslo",
    ),
    *("pin", "session", "signature"),
)
_PASSWORD: Final = (
    r"pass(?:word|wort|wd|phrase|code|ord)|kennwort|mot de passe|contrase[ñn]a|wachtwoord|senha"  # noqa: S105 - labels, no password stands here
    r"|palavra[ -]passe"
    r"|has[łl]o|l[öo]senord|adgangskode|kodeord|parola d'ordine|salasana|heslo"
    r"|(?<![A-Za-z])(?:pass|pwd|pw|psw|mdp|clave)|(?<=[A-Z_.])pwd|(?<=_)pass"
)
_QUALIFIED: Final = (
    r"(?:api|access|secret|private|pre-?shared|auth(?:entication|orization)?|signing|encryption"
    r"|master|account|storage"
    r"|shared[ _-]?access|subscription|app(?:lication)?|service|session|refresh|id|webhook|bot|client"
    r"|consumer|deploy"
    r"|personal[ _-]access|license|admin|user|root|registration|bearer|jwt|oauth|csrf|xsrf|device"
    r"|security|functions)"
)
_KEY: Final = (
    rf"{_QUALIFIED}[ _.-]?(?:access[ _-]?|secret[ _-]?|auth[ _-]?)?(?:key|token|secret|password)"
    r"|secret(?:[ _-]?(?:access[ _-]?)?key)?|(?:j|php|asp\.net_)?sess(?:ion)?_?id|connect\.sid"
    r"|(?<![a-z])token|credential"
    r"|x-amz-signature|x-goog-signature|_authtoken"
)
_COPULA: Final = (
    r"(?:is|was|are|ist|war|lautet|wurde|est|es|era|è|é|jest|brzmi|är|er|var)"
    r"(?: (?:now|still|currently|jetzt|maintenant|ahora|adesso|nu|agora|teraz))?:?"
)
_LABEL: Final = re.compile(
    rf"(?:(?P<p>{_PASSWORD})|(?P<k>{_KEY}))(?![A-Za-z])"
    # What may stand between a label and its sign: quotes, emphasis, a bracket, "for the wifi".
    r"(?:\\?[\"'`\]*_]{1,3})?(?: ?\([^()\n]{1,30}\))?"
    r"(?: (?:for|to|of|für|zu|de|del|pour|para|per|voor|do|till|til"
    r"|på)(?: [\w'@.-]{1,30}){1,4}?(?= is |:| ist | est ))?"
    r"(?:(?P<sign>\s{0,3}(?::=|=>|={1,3}|:|->|\u2192|[\"'] value=|>)[\s*_]{0,4}(?:\n\s{0,8})?)"
    rf"|\s(?P<is>{_COPULA})\s{{1,2}}(?:set to |changed to |reset to )?"
    r"|(?P<to>\s(?:has been |was |been |got )?(?:changed|set|reset|updated|switched) to:?\s)"
    r"|(?P<bare>[ \t]{1,3}))",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"\\?([\"'`])(?P<v>[^\n\"'`]{1,1024}?)\\?\1"
    r"|[\u201c\u201e\u00ab] ?(?P<w>[^\n\u201d\u201c\u00bb]{1,200}?) ?[\u201d\u201c\u00bb]"
)
_PLAIN: Final = re.compile(r"[^\s\"'`<>\u201d\u201c]{1,1024}")
_USE: Final = re.compile(
    r"\b(?:use|with|enter|type|try|using|verwende|nutze|utilise[rz]?|usa|gebruik|use o"
    r"|użyj)\s[\"'`]?(?P<v>[^\s\"'`]{4,64})[\"'`]?"
    r"\s(?:as|als|comme|como|come|jako|som)\s(?:the|your|my|a|das|dein|ihr|le|la|ton|votre|tu|su|il"
    r"|het|je)?\s?"
    rf"(?:(?:new|temporary|admin|wifi|login) )?(?:{_PASSWORD})",
    re.IGNORECASE,
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$@&][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*")
_CALL: Final = re.compile(r"[\w.:]{1,80}[(\[{]|.*(?:\(\)|=>|\]\.|\)\.)")
_STOP: Final = frozenset(
    """required optional none null nil undefined true false yes no string str text bytes int integer number
    object any void bool boolean missing invalid incorrect wrong correct expired empty hidden visible
    enabled disabled unset reset changed protected needed here below above the this that an your not too
    must should can may will stored saved sent set given provided generated used valid weak strong short
    long secure unsafe safe same different new old default password passwd username user email name type
    token secret key value input field label form test self env var settings config options params data
    request response error unknown forgotten lost stolen gone only also now then always never being
    still already case char varchar falsch richtig erforderlich abgelaufen vergessen ungültig incorrecto
    requerido obligatorio obligatoire oublié invalide vereist ongeldig verplicht inválida incorreta
    errata obbligatoria wymagane nieprawidłowe felaktigt krävs forkert påkrævet n/a tbd todo foo bar baz
    qux in on at for with by to as of from just about what who how when where why and or but if so it
    its we you they available accessible important case-sensitive up-to-date write-only read-only""".split()  # noqa: SIM905 - words read better as prose
)
# Passwords that installations come with: they open doors until they are changed.
_DEFAULTS: Final = frozenset({"changeme", "changeit", "letmein", "qwerty", "iloveyou", "welcome"})
_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_SORTS: Final = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s.,:/-]")))
# A call, an index, a template, an address, a tag.
_WRITTEN: Final = re.compile(
    r"[\w.:$]+[(\[{][^()]*[)\]}].*|[<{\[(%$]{1,2}[\w .:-]+[>}\])%]{0,2}.?|.*(?:://|</|=>|->|\(\)).*|[\w.+-]+@[\w.-]+"
    r"|.*[\w\])]\.[a-z_]+\(.*"
)
_ENDING: Final = re.compile(r"(?:ed|ing|ly|able|ible|ful|less|ive|ment|tion)\Z", re.IGNORECASE)


def labelled(text: str, lower: str, lines: Lines) -> Iterator[Span]:
    """Yield values beside a label that can be secrets; plain words in prose as doubtful."""
    done = 0
    for label in _labels(text, lower):
        if label.end() <= done:
            continue
        span = _value(text, label)
        if span is None:
            continue
        start, end, quoted = span
        score = _judge(text, lines, label, (start, end), quoted=quoted)
        if score:
            yield start, end, score
            done = end
        elif end - start > LONG:  # what is long and no secret is not read again from every label in it
            done = start + LONG
    for match in _USE.finditer(text) if done or any(stem in lower for stem in LITERALS) else ():
        if not placeholder(match["v"]) and _mixed(match["v"]):
            yield (*match.span("v"), 0.75)


def _labels(text: str, lower: str) -> Iterator[re.Match[str]]:
    """Yield the labels, read only around their stems: the pattern is long, and most text holds none."""
    if len(lower) != len(text):  # a letter whose small form is two
        yield from _LABEL.finditer(text)
        return
    at = 0
    for start, end in around(lower, LITERALS, before=40, after=220):
        for label in _LABEL.finditer(text, max(start, at), end):
            yield label
            at = label.end()


def around(lower: str, stems: tuple[str, ...], *, before: int, after: int) -> list[tuple[int, int]]:
    """Return the disjoint, sorted pieces of the text around every stem."""
    return pieces(sorted(places(lower, stems)), before=before, after=after, end=len(lower))


def places(lower: str, stems: tuple[str, ...]) -> list[int]:
    """Return where the stems stand, stem by stem."""
    found = []
    for stem in stems:
        at = lower.find(stem)
        while at >= 0:
            found.append(at)
            at = lower.find(stem, at + len(stem))
    return found


def pieces(at: Iterable[int], *, before: int, after: int, end: int) -> list[tuple[int, int]]:
    """Return the disjoint, sorted pieces of a text of `end` code points around sorted places."""
    found: list[tuple[int, int]] = []
    for place in at:
        low, high = max(place - before, 0), min(place + after, end)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _value(text: str, label: re.Match[str]) -> tuple[int, int, bool] | None:
    """Return the span of what stands after the label, and whether it is quoted."""
    quoted = _QUOTED.match(text, label.end())
    if quoted:
        return (*quoted.span("v" if quoted["v"] is not None else "w"), True)
    plain = _PLAIN.match(text, label.end())
    if plain is None:
        return None
    value = plain[0]
    cut = re.search(r"&(?:amp;)?\w{1,40}=|;\s?\w{1,40}=|;$|\\n|\\[\"']|%26", value)
    if cut:
        value = value[: cut.start()]
    line = text[max(label.start() - LONG, 0) : label.end()].rpartition("\n")[2]
    return label.end(), label.end() + len(_trimmed(value, line)), False


def _trimmed(value: str, before: str) -> str:
    """Return the value without the punctuation of what is around it; brackets that it opened stay.

    A closing bracket or star that nothing before opened is a password's own.
    """
    while value:
        last = value[-1]
        if last in ")]}*" and _strong(value) and {")": "(", "]": "[", "}": "{"}.get(last, "*") not in before:
            break
        if (
            last in ",;:"
            or (last == "." and len(value) > 1)
            or (last in ")]}|*" and {")": "(", "]": "[", "}": "{"}.get(last, "\n") not in value)
        ):
            value = value[:-1]
        else:
            break
    return value


def _judge(text: str, lines: Lines, label: re.Match[str], span: tuple[int, int], *, quoted: bool) -> float:  # noqa: PLR0911 - rules, one after the other
    """Return the score of the value beside its label, 0 where it is none."""
    start, end = span
    value, password = text[start:end], label["p"] is not None
    strong = password and _strong(value)
    if len(value) < 3 or len(set(value)) < 3 or well_formed(value.upper()):
        return 0.0
    if placeholder("." + value if strong else value):
        return 0.0
    if value.lower().rstrip(".,!?") in _STOP or "://" in value:
        return 0.0
    if label["bare"] is not None and not _flag(text, label):
        return 0.65 if strong and not quoted and lines.kind(start) == "prose" else 0.0
    if strong and "=" not in (label["sign"] or ""):
        return 0.8
    if " " in value and not (quoted and "phrase" in label[0].lower()):
        return 0.0
    if not password:
        return _key_score(lines, label, value, quoted=quoted)
    if quoted:
        return 0.85
    return _password_score(text, lines, label, (start, end))


def _key_score(lines: Lines, label: re.Match[str], value: str, *, quoted: bool) -> float:
    """Score what stands beside a label of a key or token: it must be generated."""
    if value.isdigit() or _is_call(value) or value.startswith(("/", "./", "~/", "arn:", "@")):
        return 0.0
    if not generated(value) and not (len(value) >= 16 and _random(value)):
        chosen = _mixed(value) and len(value) >= 8 and not _IDENTIFIER.fullmatch(value)
        secret = "secret" in label[0].lower() and label["sign"] is not None
        return 0.7 if secret and chosen and (quoted or lines.kind(label.start()) != "code") else 0.0
    if _IDENTIFIER.fullmatch(value) and not _random(value):
        return 0.0
    if not quoted and ("{" in value or "@" in value):  # an object as programs print it: Token{a64f992
        return 0.0
    return 0.85 if quoted else 0.8


def _password_score(text: str, lines: Lines, label: re.Match[str], span: tuple[int, int]) -> float:  # noqa: PLR0911 - rules, one after the other
    """Score an unquoted value beside a label of a password."""
    start, end = span
    value = text[start:end]
    if _is_call(value) or text[end : end + 1] in {"(", "["}:
        return 0.0
    if not label.start() and ":" in (label["sign"] or "") and not text[end:].strip(" .\n"):
        return 0.85  # a field of a form, and nothing else
    name = _IDENTIFIER.fullmatch(value)
    if name and "." in value and label["sign"]:
        return 0.0
    if (
        label["sign"]
        and name
        and value.lower() not in _DEFAULTS
        and lines.kind(label.start()) == "code"
        and not _environment(text, label)
    ):
        return 0.75 if _random(value) and "." not in value else 0.0
    if _mixed(value) or value.lower() in _DEFAULTS:
        return 0.8
    if _environment(text, label) or label["bare"] is not None:
        return 0.7
    if not label["sign"] and (_ENDING.search(value) or not _closes(text, end)):
        return 0.0
    mine = re.search(
        r"\b(?:my|mein|mon|mi|mia|mijn|minha|moje|mitt|min|our|his|her|their)\W",
        text[max(label.start() - 20, 0) : label.start()],
        re.IGNORECASE,
    )
    if mine and label["is"] and len(value) >= 5:
        return 0.55
    return (
        DOUBTFUL
        if label["sign"] and len(value) >= 5 and "=" not in label["sign"] and _closes(text, end)
        else 0.0
    )


def _is_call(value: str) -> bool:
    """Tell whether the value is an expression of a program: `get()`, `os.environ["X"]`, `map[key`."""
    return _CALL.match(value) is not None


def _mixed(value: str) -> bool:
    """Tell whether the value has what passwords must have: digits, symbols, inner capitals."""
    core = value.rstrip(".,;:!?")
    if any(map(str.isdigit, core)):
        return any(not c.isdigit() for c in value) or len(value) >= 4
    if re.fullmatch(r"[A-Z_]+|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,}", core):
        return False  # CONSTANT, camelCase, ClassName
    inner = core[1:] != core[1:].lower() and core != core.upper()
    return inner or re.fullmatch(r"[\w.'/-]+", core) is None


def _strong(value: str) -> bool:
    """Tell whether the value has small and capital letters, digits and signs, and no program wrote it."""
    return (
        8 <= len(value) <= 64
        and all(sign.search(value) for sign in _SORTS)
        and _WRITTEN.fullmatch(value) is None
    )


def _random(value: str) -> bool:
    """Tell whether an identifier-like value is generated rather than named: its "words" are short."""
    parts = _PART.findall(value)
    return len(parts) >= 4 and len(value) < 3.3 * len(parts) and "_" not in value


def _environment(text: str, label: re.Match[str]) -> bool:
    """Tell whether the label ends a variable in capitals that is set without spaces: `DB_PASSWORD=x`."""
    word = label["p"] or label["k"]
    return word.isupper() and label["sign"] == "=" and text[label.end() : label.end() + 1] not in {"", " "}


def _flag(text: str, label: re.Match[str]) -> bool:
    """Tell whether the label is a flag of a command line: `--password hunter2`."""
    before = text[max(label.start() - 24, 0) : label.start()]
    return re.search(r"(?:^|\s)--?(?:[a-z]{1,12}-){0,2}\Z", before) is not None


def _closes(text: str, end: int) -> bool:
    """Tell whether the sentence or line ends here."""
    return re.match(r"[.,;!?)]*\s*(?:\n|\Z|[.,;!)]\s)", text[end : end + 8]) is not None
