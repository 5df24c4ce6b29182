"""What stock recognizers miss, half cover or raise without reason, each as one line of a table."""

from __future__ import annotations

import pytest

from guardrail.types import Passage

CERTAIN = 0.5  # the score at which a policy acts by default


def found(detector, text, hint=""):
    """Return {(entity, covered text)} of what a policy would act on."""
    (findings,) = detector.detect([Passage(text, hint=hint)])
    return {(f.entity, text[f.start : f.end]) for f in findings if f.score >= CERTAIN}


FOUND = [
    ("a lower-case first name", "hey its priya here", "PERSON", "priya"),
    ("a name behind a sign-off", "Best,\nAnn", "PERSON", "Ann"),
    ("a name with initials in a copy line", "cc: J. R. Smith", "PERSON", "J. R. Smith"),
    ("a name in capitals", "PLEASE CALL JENNIFER GARCIA IN BOSTON", "PERSON", "JENNIFER GARCIA"),
    ("a place in capitals", "PLEASE CALL JENNIFER GARCIA IN BOSTON", "LOCATION", "BOSTON"),
    (
        "an address spelled out",
        "john.doe [at] gmail [dot] com",
        "EMAIL_ADDRESS",
        "john.doe [at] gmail [dot] com",
    ),
    ("an address in words", "write to ann at example dot com", "EMAIL_ADDRESS", "ann at example dot com"),
    ("a zero-width space in an address", "ann\u200b@example.com", "EMAIL_ADDRESS", "ann\u200b@example.com"),
    ("a zero-width joiner in a number", "ssn 536\u200d-90-4399", "US_SSN", "536\u200d-90-4399"),
    ("a soft hyphen in a number", "ssn 536-\u00ad90-4399", "US_SSN", "536-\u00ad90-4399"),
    (
        "full-width digits",
        "card ４１１１ １１１１ １１１１ １１１１",
        "CREDIT_CARD",
        "４１１１ １１１１ １１１１ １１１１",
    ),
    (
        "no-break spaces",
        "card 4111\u00a01111\u00a01111\u00a01111",
        "CREDIT_CARD",
        "4111\u00a01111\u00a01111\u00a01111",
    ),
    ("no-break hyphens", "ssn 536\u201190\u20114399", "US_SSN", "536\u201190\u20114399"),
    ("a card broken by a line end", "card: 4111 1111\n1111 1111", "CREDIT_CARD", "4111 1111\n1111 1111"),
    (
        "digits one by one",
        "card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "CREDIT_CARD",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    ),
    ("a number in JSON", '{"phone":2125550199}', "PHONE_NUMBER", "2125550199"),
    ("a number behind an escaped line end", "\\n212-555-0199", "PHONE_NUMBER", "212-555-0199"),
    ("a domain that is not public", "anna@firm.internal", "EMAIL_ADDRESS", "anna@firm.internal"),
    ("a placeholder number beside its label", "SSN: 123-45-6789", "US_SSN", "123-45-6789"),
    ("a label behind the number", "536-90-4399 is my social security number", "US_SSN", "536-90-4399"),
    ("a fictitious phone beside its label", "phone: (555) 555-0142", "PHONE_NUMBER", "(555) 555-0142"),
    (
        "a mobile number in Chinese text",
        "请拨打电话 +86 138 1234 5678 谢谢",
        "PHONE_NUMBER",
        "+86 138 1234 5678",
    ),
    ("a German number", "Tel.: 030 901820", "PHONE_NUMBER", "030 901820"),
    ("an extension", "call 212-555-0199 ext. 42", "PHONE_NUMBER", "212-555-0199 ext. 42"),
    ("an IBAN followed by a word", "DE89370400440532013000 2 days", "IBAN_CODE", "DE89370400440532013000"),
    ("an IBAN in groups", "GB82 WEST 1234 5698 7654 32, thanks", "IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
    ("a card of nineteen digits", "card 4111111111111111110", "CREDIT_CARD", "4111111111111111110"),
    ("a card of the 2-series", "2223 0031 2200 3222", "CREDIT_CARD", "2223 0031 2200 3222"),
    ("an OpenAI key", "use sk-proj-A1b2C3d4E5f6G7h8J9k0", "SECRET", "sk-proj-A1b2C3d4E5f6G7h8J9k0"),
    ("an AWS key", "AKIAIOSFODNN7EXAMPLE", "SECRET", "AKIAIOSFODNN7EXAMPLE"),
    ("a password in prose", "my password is hunter2!", "SECRET", "hunter2!"),
    ("a password in an address", "postgres://app:s3cr3t@db/x", "SECRET", "s3cr3t"),
    ("a security code", "cvv: 123", "CARD_SECURITY_CODE", "123"),
    (
        "an address of several parts",
        "I live at 12 Oak Street, Springfield, IL 62704.",
        "ADDRESS",
        "12 Oak Street, Springfield, IL 62704",
    ),
    ("a date in words", "born March 5, 1984 in Ohio", "DATE_TIME", "March 5, 1984"),
    ("an age", "a 34-year-old man", "AGE", "34"),
    ("a country", "The minister flew to France.", "LOCATION", "France"),
    ("a nationality", "He works for a German bank.", "NRP", "German"),
    ("an IPv6 address", "from 2001:db8::8a2e:370:7334 again", "IP_ADDRESS", "2001:db8::8a2e:370:7334"),
    ("a hardware address", "mac 00:1A:2B:3C:4D:5E", "MAC_ADDRESS", "00:1A:2B:3C:4D:5E"),
    (
        "a wallet",
        "pay 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ now",
        "CRYPTO",
        "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ",
    ),
    ("a health number beside its label", "NHS number 943 476 5919", "UK_NHS", "943 476 5919"),
    ("an account beside its label", "bank account 945456787654", "US_BANK_NUMBER", "945456787654"),
    ("a passport beside its label", "passport 912803456", "US_PASSPORT", "912803456"),
    (
        "a web address without its full stop",
        "see https://example.com/a?b=c.",
        "URL",
        "https://example.com/a?b=c",
    ),
    ("a bare host name", "visit www.example.com today", "URL", "www.example.com"),
    ("struck-through digits", "ssn 5\u03363\u03366\u0336-90-4399", "US_SSN", "5\u03363\u03366\u0336-90-4399"),
    ("a Cyrillic letter in an address", "to \u0430nn@example.com", "EMAIL_ADDRESS", "\u0430nn@example.com"),
    ("a social security number broken by a line end", "ssn: 536-90-\n4399", "US_SSN", "536-90-\n4399"),
    ("a percent-encoded address", "to=ann%40example%2Ecom", "EMAIL_ADDRESS", "ann%40example%2Ecom"),
    ("a number in entities", "ssn &#53;&#51;6-90-4399", "US_SSN", "&#53;&#51;6-90-4399"),
    ("a number in escapes", "ssn \\u0035\\x336-90-4399", "US_SSN", "\\u0035\\x336-90-4399"),
    (
        "a telephone number in words",
        "call two one two, five five five, zero one nine nine",
        "PHONE_NUMBER",
        "two one two, five five five, zero one nine nine",
    ),
    ("markup inside a card", "<b>4111</b> 1111 1111 1111", "CREDIT_CARD", "<b>4111</b> 1111 1111 1111"),
    (
        "base64 of a name, a number and an address",
        "x TXkgbmFtZSBpcyBBbm4gU21pdGgsIG15IFNTTiBpcyA1MzYtOTAtNDM5OSwgYW5uQGV4YW1wbGUuY29t y",
        "US_SSN",
        "TXkgbmFtZSBpcyBBbm4gU21pdGgsIG15IFNTTiBpcyA1MzYtOTAtNDM5OSwgYW5uQGV4YW1wbGUuY29t",
    ),
    (
        "a JSON record inside a string",
        '{\\"name\\":\\"Ann Smith\\",\\"dob\\":\\"1984\\"}',
        "PERSON",
        "Ann Smith",
    ),
]


@pytest.mark.parametrize(
    ("text", "entity", "value"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND]
)
def test_is_found_whole(detector, text, entity, value):
    assert (entity, value) in found(detector, text)


CLEAN = [
    ("a build number and a duration", "Build 20394857 took 1250 ms"),
    ("versions and paper sizes", "v2 and H1 on A4 paper"),
    ("a word that holds 'lic'", "public policy report A1"),
    ("file names and attributes", "main.py reads user.name and calls logger.info('x')"),
    ("seconds since 1970", "ts=1712345678"),
    ("microseconds since 1970", "1712345678123456"),
    ("a digest", "sha256 9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5"),
    ("a relative time", "done in two weeks"),
    ("an order number", "order 4085551234 has shipped"),
    ("nine digits without a label", "123456780"),
    ("ten digits that pass a checksum", "invoice 9434765919"),
    ("a number whose checksum fails", "4111 1111 1111 1112"),
    ("an IBAN whose checksum fails", "DE89 3704 0044 0532 0130 01"),
    ("a password that is asked for", "password is required"),
    ("a password from a call", "password = get_password()"),
    ("a variable for a password", "password: ${DB_PASSWORD}"),
    ("a machine account", "git@github.com:org/repo.git"),
    ("a class name", "dfs.DataNode$PacketResponder: Received block blk_38865049064139660 of size 67108864"),
    ("a package name", "import org.apache.commons.net.io"),
    ("a decimal", "loss is 0.19255035 now"),
    ("the end of a card number", "card ending 4242"),
    ("a count", "we ship 1204 parts"),
    ("capitals without a name", "PLEASE READ THE MANUAL BEFORE MONDAY"),
    ("greetings in small letters", "thanks, see you monday"),
    ("class names", "Class UserManager extends BaseManager"),
    ("three digits without a label", "take 123 of them"),
]


@pytest.mark.parametrize("text", [row[1] for row in CLEAN], ids=[row[0] for row in CLEAN])
def test_noise_is_left_alone(detector, text):
    assert found(detector, text) == set()


def test_one_number_is_not_several_kinds(detector):
    text = "my passport number is 912803456"
    assert {entity for entity, _ in found(detector, text)} == {"US_PASSPORT"}


def test_a_name_in_json_ends_at_its_quotes(detector):
    text = '{"name":"Ann Smith","dob":"1984-02-03"}'
    assert ("PERSON", "Ann Smith") in found(detector, text)


def test_a_field_name_counts_as_context(detector):
    assert ("PHONE_NUMBER", "2125550199") in found(detector, "2125550199", hint="homePhone")
    assert ("CARD_SECURITY_CODE", "123") in found(detector, "123", hint="card_cvv")
    assert ("SECRET", "hunter2") in found(detector, "hunter2", hint="password")
    assert found(detector, "123", hint="quantity") == set()


def test_in_log_lines_a_time_stamp_is_no_value_of_anyone(detector):
    text = "2015-10-18 18:04:29,707 INFO [main] org.apache.hadoop: 081110 103107 30 done"
    assert found(detector, text) == set()


def test_without_names_only_patterns_are_looked_for(detector):
    text = "Ann Smith, ann@example.com"
    (findings,) = detector.detect([Passage(text, names=False)])
    assert {f.entity for f in findings} == {"EMAIL_ADDRESS"}
