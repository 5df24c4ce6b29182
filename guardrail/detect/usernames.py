"""Login names and handles: beside a label in ten languages, in logs, and `@name` in people's talk.

A handle is spelt like a variable, so that it counts only where the label says
what it is, or where an @ stands in prose. Accounts of systems are nobody's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.prose import Lines
from guardrail.detect.secret_format import placeholder
from guardrail.detect.secret_labels import around
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LABELS", "Usernames"]

DOUBTFUL: Final = 0.45
_NAME: Final = r"@?[A-Za-z0-9](?:[\w.+~-]{0,62}[\w~])?"
_WORDS: Final = (
    r"(?:user|login|screen|log-?in|sign-?in)[ _-]?names?|(?:user|login)[ _-]?id|(?<![A-Za-z])uname"
    r"|(?:benutzer|nutzer|anmelde|konto)[ -]?name|nom d'utilisateur|identifiant|nombre de usuario|nome utente"
    r"|gebruikersnaam|nome de (?:usu\u00e1rio|utilizador)|nazwa u\u017cytkownika|anv\u00e4ndarnamn|brugernavn"
    r"|(?<![A-Za-z])(?:twitter|instagram|insta|tiktok|telegram|discord|github|gitlab|reddit|mastodon"
    r"|skype|snapchat|steam|linkedin|(?:ms )?teams|venmo|paypal|cash ?app|zoom|slack|twitch|psn|xbox"
    r"|signal|kik|wechat|youtube|bluesky|threads|x)(?: (?:handle|account|user(?:name)?|id|name|tag))"
    r"|(?<![A-Za-z])handle|gamer ?tag"
)
# A platform, or who a ticket is from: only a name that is spelt like none of a person's counts.
_SPELT: Final = r"(?P<v>@?(?=[\w.~-]{0,40}?(?:[\d_]|\.\w))[A-Za-z](?:[\w.~-]{1,40}\w))(?![\w@/(]|\.\w)"
_ON: Final = re.compile(
    r"(?<![A-Za-z])(?:twitter|instagram|insta|ig|tiktok|telegram|discord|github|gitlab|reddit|mastodon|skype"
    r"|snap(?:chat)?|steam|linkedin|teams|venmo|cash ?app|twitch|psn|xbox|kik|wechat|bluesky|threads"
    r"|login|user(?:name)?|account|reporter|assignee|requester|opened by|reported by|assigned to|created by"
    r"|(?:log(?:ged|ging)?|sign(?:ed|ing)?)[ -]?(?:in|on) (?:as|with)|on (?:here|there|it) as)"
    rf"(?: (?:id|handle|name|account|tag))?(?:\s?[:*]{{1,2}}\s{{1,3}}| is |\s)[\"'`(]?{_SPELT}",
    re.IGNORECASE,
)
_ON_STEMS: Final = tuple(
    """twitter insta ig tiktok telegram discord git reddit mastodon skype snap steam linkedin teams venmo cash
    twitch psn xbox kik wechat bluesky threads log sign user account report assign requester by as""".split()  # noqa: SIM905 - word lists read as words
)
# A name of letters alone, where nothing but one can stand.
_ALONE: Final = (
    re.compile(
        r"^(?:reporter|assignee|requester|reported by|opened by|assigned to):\s(?P<v>[a-z]{4,20})\s*$",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(r"(?<![\w/])/?u/(?P<v>[A-Za-z0-9_-]{3,20})(?![\w/-])"),
    re.compile(r"\bsudo: {1,3}(?P<v>[a-z][\w.-]{1,31}) : (?:TTY|PWD|\d+ incorrect)"),
    re.compile(r"(?<=\s)(?P<v>[A-Za-z][\w.@-]{1,40}) \[\d\d/[A-Z][a-z]{2}/\d{4}:"),
    re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\((?P<v>[a-z][\w.-]{1,30})\)"),
    re.compile(r"\bcurl\b[^\n]{0,160}?\s(?:-u|--user)[ =][\"']?(?P<v>[A-Za-z][\w.@-]{1,60}):"),
    re.compile(r"\bssh\s(?:-\w{1,2}\s(?:\S{1,60}\s)?){0,3}(?P<v>[a-z][\w.-]{1,30})@[\w.-]"),
    re.compile(r"(?<!\w)/(?:home|Users)/(?P<v>[A-Za-z][\w.-]{1,30})(?=/|\s|$)"),
    re.compile(r"\b[A-Z]:\\{1,2}Users\\{1,2}(?P<v>[A-Za-z][\w.-]{1,30})(?=\\)"),
)
_BESIDE: Final = re.compile(
    rf"(?:{_WORDS}|(?<![\w.])(?P<short>login|usuario|utilizador|benutzer|gebruiker|anv\u00e4ndare"
    rf"|bruger|user))"
    r"(?:\\?[\"'`\]*_]{1,3})?"
    r"(?:(?P<sign>\s{0,2}(?:=>|={1,2}|:|->|>|\*(?= ))\s{0,3}[*_]{0,2})"
    r"|\s(?:is|was|ist|lautet|est|es|\u00e8|\u00e9|jest|to|\u00e4r|er):?\s)"
    rf"(?P<q>\\?[\"'`])?(?P<v>{_NAME})(?P<after>[^\s]?)",
    re.IGNORECASE,
)
# sshd, PAM, sudo and databases name the account after the word.
_LOGGED: Final = re.compile(
    r"\b(?:(?P<guess>(?:[Ii]nvalid|[Ii]llegal|[Uu]nknown) user)|(?P<said>(?:for|by) user)|[Uu]ser"
    r"|(?P<ssh>(?:password|publickey|keyboard-interactive/pam|none) for)(?P<foreign> (?:invalid"
    r"|illegal) user)?)"
    r"[ =]{1,2}[\"'`\[(]?(?P<v>[A-Za-z][\w.@-]{0,62}\w)[\"'`\])]?"
    r"(?=,? (?:from|by|on|at|has|logged|failed|authenticated|connected|disconnected|signed|denied"
    r"|\(uid|not|port|rhost"
    r"|password|deleted|created|updated|requested)\b|,|;|$)",
    re.MULTILINE,
)
_PAIR: Final = re.compile(
    r"(?<![\w.])(?P<l>user(?:name)?|login|logname|ruser|usr|acct|account|uname|owner|principal)"
    r"=[\"']?(?P<v>[A-Za-z][\w.@\\-]{1,62})"
)
_HANDLE: Final = re.compile(
    r"(?<![\w@/:=<>\"'`$%&\\+#|*{\[-])(?<![^\s]\.)@(?P<v>[A-Za-z0-9_](?:[\w.-]{0,28}\w)?)(?![\w@/(-]|\s?=|\.\w)"
)
# No name: a version, or a word for any account with a number.
_SERIAL: Final = re.compile(
    r"v?\d[\d.]*|[A-Za-z]\.?[\d.]+|(?:user|test|admin|guest|demo|login|account|id)[_.-]?\d*", re.IGNORECASE
)
_HINTS: Final = (":", "u/", "sudo:", "/20", "(", "curl", "ssh", "/", "\\users")  # of _ALONE, in its order
_HOST: Final = re.compile(r"\.(?:com|org|net|edu|gov|io|co|ai|app|dev|info|biz|[a-z]{2})\Z", re.IGNORECASE)
_ALIAS: Final = re.compile(
    r"\b(?:known as|goes by|go by|aka|a\.k\.a\.|find me (?:as|at|under)|add me(?: as| on \w{1,12}:?)"
    r"|follow me(?: at| as)?)"
    r"\s(?P<v>@?(?=[\w.]{0,24}[\d_])[A-Za-z][\w.]{2,30}\w)",
    re.IGNORECASE,
)
_ALIASES: Final = ("known as", "goes by", "go by", "aka", "a.k.a.", "find me", "add me", "follow me")
_SYSTEM: Final = frozenset(
    """root admin administrator nobody daemon bin sys sync games man lp mail news uucp proxy backup list
    irc gnats sshd www-data www apache nginx httpd mysql postgres postgresql redis mongodb rabbitmq
    elasticsearch git jenkins docker hadoop hdfs yarn ubuntu debian centos ec2-user pi guest test tester
    user users username login anonymous public system service default operator ftp ntp named dbus cyrus
    rpc rpcuser nfsnobody oracle webmaster info support app postfix dovecot ldap unknown none null nil
    undefined true false yes no self current any all new string str int id name value password email
    input field required optional invalid missing empty here example foo bar baz varchar text bot human
    assistant ai gpt model the a an not is and or of for in on to with from your my request session data
    type object this that args kwargs params body query e.g same also only must should can may will
    already taken available failed error page button form admin1 root1 has have was were does logged log
    who if""".split()  # noqa: SIM905 - words read better as prose
)
_TAGS: Final = frozenset(
    """media import charset keyframes supports page namespace layer container property font-face include
    mixin extend use forward function return returns param params throws throw see since deprecated
    override author version link code type typedef class example private public protected readonly todo
    interface internal inheritdoc here channel everyone all team staticmethod classmethod dataclass
    pytest app context id graph value set vocab container test before after autowired bean entity table
    column component service controller suppresswarnings nonnull nullable end if else for foreach while
    section yield extends csrf""".split()  # noqa: SIM905 - words read better as prose
)
# Field names that say that the value is one.
LABELS: Final = frozenset(
    {
        "username",
        "login",
        "handle",
        "userid",
        "benutzername",
        "usuario",
        "utilisateur",
        "gebruikersnaam",
        "brugernavn",
    }
    | {"u\u017cytkownika", "anv\u00e4ndarnamn", "screenname", "nickname"}
)


_STEMS: Final = (
    *(
        "user",
        "login",
        "log-in",
        "sign",
        "screen",
        "uname",
        "nutzer",
        "anmelde",
        "konto",
        "utilis",
        "identifiant",
    ),
    *(
        "usuario",
        "usu\u00e1rio",
        "utente",
        "gebruiker",
        "u\u017cytkownika",
        "anv\u00e4ndar",
        "bruger",
        "handle",
    ),
    *(
        "account",
        "tag",
        "twitter",
        "insta",
        "github",
        "gitlab",
        "reddit",
        "discord",
        "telegram",
        "tiktok",
        "skype",
    ),
)


class Usernames:
    """Finds login names and handles."""

    name: Final = "guardrail/username"
    entities: Final = frozenset({"USERNAME"})

    def recognize(self, text: str) -> Iterator[Finding]:  # noqa: C901 - one loop for each pattern
        """Yield names beside a label (0.6 to 0.8) and handles in prose (0.6)."""
        lines, lower = Lines(text), text.lower()
        pieces = around(lower, _STEMS, before=30, after=160) if len(lower) == len(text) else [(0, len(text))]
        for match in (one for piece in pieces for one in _BESIDE.finditer(text, *piece)):
            score = _beside(lines, match)
            if score:
                yield self._finding(match, score)
        for match in _LOGGED.finditer(text) if "user" in lower or " for " in lower else ():
            told = match["said"] or match["ssh"] or lines.kind(match.start()) == "log"
            if told and _somebody(match["v"]):
                guessed = match["guess"] or match["foreign"]  # an account that there is not
                yield self._finding(match, DOUBTFUL if guessed else 0.65)
        for match in _PAIR.finditer(text) if "=" in text else ():
            if _somebody(match["v"]) and lines.kind(match.start()) == "log":
                yield self._finding(match, 0.65)
        if "@" in text:
            for match in _HANDLE.finditer(text):
                if _handle(lines, match):
                    yield Finding(match.start(), match.end(), "USERNAME", 0.6, self.name)
        yield from self._spelt(text, lower)
        for match in _ALIAS.finditer(text) if any(hint in lower for hint in _ALIASES) else ():
            if _somebody(match["v"].lstrip("@")):
                yield self._finding(match, 0.6)

    def _spelt(self, text: str, lower: str) -> Iterator[Finding]:
        """Yield names that their spelling or their only possible place tells."""
        pieces = (
            around(lower, _ON_STEMS, before=12, after=80) if len(lower) == len(text) else [(0, len(text))]
        )
        for match in (one for piece in pieces for one in _ON.finditer(text, *piece)):
            value = match["v"]
            if _somebody(value) and not _SERIAL.fullmatch(value) and not _HOST.search(value):
                yield self._finding(match, 0.6)
        for hint, pattern in zip(_HINTS, _ALONE, strict=True):
            for match in pattern.finditer(text) if hint in lower else ():
                if _somebody(match["v"]):
                    yield self._finding(match, 0.6)

    def _finding(self, match: re.Match[str], score: float) -> Finding:
        return Finding(*match.span("v"), "USERNAME", score, self.name)


def _somebody(value: str) -> bool:
    """Tell whether the name can be a person's: no account of a system, no word of a program."""
    return value.lower().rstrip(".") not in _SYSTEM and not placeholder(value) and not value.isdigit()


def _beside(lines: Lines, match: re.Match[str]) -> float:
    """Score a name beside a label: in code a quoted one, after a short label a telling one."""
    value, quoted = match["v"].lstrip("@"), match["q"] is not None
    if not _somebody(value) or len(value) < 2 or match["after"] in {"(", "[", "{", "<"}:
        return 0.0
    kind = lines.kind(match.start())
    if kind == "code" and not quoted:
        return 0.0
    marked = any(not c.isalpha() for c in value) or match["v"].startswith("@")
    if match["short"] and match["short"].lower() != "login" and not quoted:  # "User: ok" is who speaks
        return 0.6 if _spelt(value) and match["after"] in {"", "&", ";"} and "\n" not in match[0] else 0.0
    if match["short"] and not marked:
        field = match["after"] == match["q"] if quoted else False
        return 0.6 if quoted and (match["short"].lower() != "user" or field) else 0.0
    if not match["sign"] and not quoted and not marked:
        return DOUBTFUL if value.islower() else 0.0
    return 0.8 if marked else 0.65


def _spelt(value: str) -> bool:
    """Tell whether the name has what words have not: digits or a dash below after letters."""
    return re.match(r"[A-Za-z]{2,}[._-]?[A-Za-z]*[\d_]", value) is not None


def _handle(lines: Lines, match: re.Match[str]) -> bool:
    """Tell whether a word after @ is a handle: no tag of a program, host, place in memory or time."""
    value = match["v"]
    if value.lower().partition("-")[0] in _TAGS or not any(map(str.isalpha, value)) or len(value) < 2:
        return False
    if _HOST.search(value):
        return False
    return re.match(r"0x|\d{1,2}(?:am|pm|h)?\b", value) is None and lines.kind(match.start()) == "prose"
