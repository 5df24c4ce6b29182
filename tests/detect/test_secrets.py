# ruff: noqa: E501, PT018 - cases stand in one line
"""Secrets: made at run time from published formats, in the texts that carry them; and what only looks like one."""

import pathlib
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.detect.secret_format import cased, crc_62, decoded, generated, placeholder, sparse
from guardrail.detect.secret_labels import around
from guardrail.detect.secrets import FORMATS, Secrets

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from secret_formats import BLOCKS, LABELLED, crc, secrets_of
from secret_formats import FORMATS as MADE

SECRETS = Secrets()


def found(text, least=0.5):
    return [text[f.start : f.end] for f in SECRETS.recognize(text) if f.score >= least]


def covered(text, start, end):
    places = {at for f in SECRETS.recognize(text) if f.score >= 0.5 for at in range(f.start, f.end)}
    return set(range(start, end)) <= places


def test_there_are_formats_enough():
    assert len(FORMATS) >= 100
    assert len(MADE) + len(BLOCKS) + len(LABELLED) >= 100


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_secrets_of_every_format_are_covered_whole_in_every_carrier(seed):
    rows = list(secrets_of(seed))
    missed = sorted(
        {(name, carrier) for name, carrier, text, start, end in rows if not covered(text, start, end)}
    )
    assert len(missed) <= 0.03 * len(rows), missed


@given(st.integers(0, 2**32))
def test_a_checksum_of_github_holds_and_makes_certain(seed):
    import random

    value = crc("gh" + "p_")(random.Random(seed))
    assert crc_62(value)
    assert max(f.score for f in SECRETS.recognize(value)) == 1.0
    other = value[:-1] + ("a" if value[-1] != "a" else "b")
    assert not crc_62(other)
    assert 0.5 <= max(f.score for f in SECRETS.recognize(other)) < 1.0


SAID = [
    ("my password is hunter2!", "hunter2!"),
    ("pw: Sommer2024!", "Sommer2024!"),
    ("Password for the wifi is: BlueHorse77", "BlueHorse77"),
    ("use Tr0ub4dor&3 as password", "Tr0ub4dor&3"),
    ("mein Passwort ist Geheim!42", "Geheim!42"),
    ("mot de passe : Soleil-99", "Soleil-99"),
    ("la contrase\u00f1a es Gato_2020", "Gato_2020"),
    ("has\u0142o: Zielony7", "Zielony7"),
    ("wachtwoord is Fiets1234", "Fiets1234"),
    ("a minha senha: Abacaxi88", "Abacaxi88"),
    ("mitt l\u00f6senord \u00e4r Blomma55", "Blomma55"),
    ("adgangskode: Gr\u00f8d4712", "Gr\u00f8d4712"),
    ("la password \u00e8 Ciao123!", "Ciao123!"),
    ('{"password": "letmein"}', "letmein"),
    ('\\"password\\": \\"hunter2x\\"', "hunter2x"),
    ("password: letmein", "letmein"),
    ("password: swordfish", "swordfish"),
    ("password=changeme", "changeme"),
    ("DB_PASSWORD=tulips", "tulips"),
    ("deploy --password tulips now", "tulips"),
    ("<password>hunter2</password>", "hunter2"),
    ('passphrase: "correct horse battery staple"', "correct horse battery staple"),
    ("password has been changed to Winter2025!", "Winter2025!"),
    ("my password is swordfish.", "swordfish"),
    ("SECRET_KEY = 'insecure-#x8f@k2l!m'", "insecure-#x8f@k2l!m"),
    ("**Password:** hunter2 (old)", "hunter2"),
    ("password = Zx9kPq2LmT\nprint(1)", "Zx9kPq2LmT"),
    ("passw\u00f6rt \u0130 password: hunter2", "hunter2"),
    ("sshpass -p hunter22 ssh a@b", "hunter22"),
    ("PIN 4821", "4821"),
    ("my pin is 4821", "4821"),
    ("Your verification code is 482913", "482913"),
    ("G-482913 is your verification code", "G-482913"),
    ("Ihr Best\u00e4tigungscode lautet 482913", "482913"),
    ("code de v\u00e9rification : 482 913", "482 913"),
    (
        "seed phrase: legal winner thank year wave sausage worth useful legal winner thank yellow",
        "legal winner",
    ),
]


@pytest.mark.parametrize(("text", "value"), SAID, ids=[row[0][:30] for row in SAID])
def test_what_a_label_names_is_a_secret(text, value):
    assert any(one.startswith(value) for one in found(text)), found(text)


CLEAN = """my password is too long|my password is expired|password is required|password: string
the password must be at least 8 characters|password = os.environ['X']|password=<your password>|password: ${DB_PASS}
password: ********|password: xxxxx|api_key=YOUR_API_KEY|token = get_token()|self.token = token|secret: Optional[str] = None
password: userPassword,|tokens: 1234|max_tokens=100|token_type: bearer|password reset link|boarding pass: A1|pin 13|PIN 12
background: #a3b4c5|commit 3f786850e387550fdab836ed7e6dc881de23001b|id 550e8400-e29b-41d4-a716-446655440000
password: [REDACTED]|password: <SECRET_7Q9NXQVXA>|password: <PERSON>|token: {{token}}|if (password === 'x') {
const token = localStorage.getItem('token');|password_hash = bcrypt.hash(pw)|https://example.com:8080/a@b
https://a.example:8080?q=foo@bar.example|the secret is out|bearer of bad news 12345678901234567890|https://user:password@host/
public key: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7|zip code is 90210|area code: 2125|error code is 482913
access token: expired|password=%s|password: 'Your password'|print(f'password: {password}')|secret_name: db-credentials-1
AppWindowToken{df0798e token=Token{78af589|activity token: android.os.BinderProxy@2bd79ce|secret=SECRET,
api_key=model_api_dict["key"]|left_secret = left_secrets[left_index]|token: /var/run/token1|session_id: 12
basic aaaaaaaa|eyJhbGciOiJIUzI1NiJ|eyJmb28iOiJiYXIifQ.aaaaaaaaaa.bbbbbbbbb|eyJub3Rqc29uLi4uLg.aaaaaaaaaa.bbb
token_2 = token_1|sk-your-api-key-goes-here-1234567890|-----BEGIN PRIVATE KEY-----|mnemonic: a b c|password (optional)|security code 4821
password: "must be eight or more characters"|password:\nnext""".replace("\n", "|").split("|")


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_like_a_secret_is_left_alone(text):
    assert found(text) == []


def test_a_plain_word_beside_a_label_in_prose_is_doubtful():
    text = "note: password: swordfish\nnext line"
    assert found(text) == []
    assert found(text, least=0.35) == ["swordfish"]


def test_a_key_block_without_an_end_is_covered_as_far_as_it_goes():
    lines = "\n".join("Ab1" * 20 for _ in range(4))
    begin = "-----BEGIN RSA PRIVATE " + "KEY-----"
    text = f"{begin}\n{lines}\n\n{begin}\n{lines}\n{begin.replace('BEGIN', 'END')} and more"
    assert len(found(text)) == 2
    assert all(lines in one for one in found(text))


def test_the_checks_tell_made_values_from_spelt_ones():
    assert generated("a1b2c3d4e5f6") and not generated("abcdefghijkl")
    assert cased("LTAIabcDEFghiJKL") and not cased("LTAIabcdefghijkl")
    assert sparse("aaaabbbb") and not sparse("abcdefgh1")
    assert decoded("YTpi") == b"a:b" and decoded("\u00e9") == b"" and decoded("a") == b""
    assert placeholder("my_password") and not placeholder("hunter2")


@given(st.text("ab pas", max_size=60))
def test_the_pieces_around_stems_hold_every_stem(text):
    pieces = around(text, ("pass",), before=3, after=5)
    places = [at for at in range(len(text)) if text.startswith("pass", at)]
    held = {at for start, end in pieces for at in range(start, end)}
    assert pieces == sorted(pieces)
    firsts = [at for at in places if not any(at - 4 < other < at for other in places)]
    assert set(firsts) <= held


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_without_error_and_findings_lie_in_it(text):
    assert all(0 <= f.start < f.end <= len(text) for f in SECRETS.recognize(text))
