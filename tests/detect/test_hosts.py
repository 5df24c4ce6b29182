"""E-mail and web addresses: taken whole in every spelling, told from code and from sentences."""

from __future__ import annotations

import pytest

from guardrail.detect.domains import Suffixes
from guardrail.detect.emails import Emails
from guardrail.detect.urls import Urls

SUFFIXES = Suffixes.load()
EMAILS = Emails(SUFFIXES)
URLS = Urls(SUFFIXES)


def values(recognizer, text, least=0.5):
    return [text[f.start : f.end] for f in recognizer.recognize(text) if f.score >= least]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"john doe"@example.com', '"john doe"@example.com'),
        ("anna@firm.internal", "anna@firm.internal"),
        ("ann@example.com- and", "ann@example.com"),
        ("_ann@example.com_", "_ann@example.com"),
        ("ann@firm.corp-", "ann@firm.corp"),
        ("max ät beispiel punkt de", "max ät beispiel punkt de"),
        ("ana arroba example.com", "ana arroba example.com"),
        ("ana (arroba) ejemplo (punto) com", "ana (arroba) ejemplo (punto) com"),
        ("john dot doe at example dot com", "john dot doe at example dot com"),
        ("anna.müller+x@example.de", "anna.müller+x@example.de"),
    ],
)
def test_an_address_is_taken_whole(text, value):
    assert values(EMAILS, text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "x@w.reshape(3)",
        "react@18.2.0",
        "lodash@4.17.latest",
        "root@web01:~$",
        "@app.route",
        '""@',
        "meet at noon dot",
        "it was held at that point in time",
        "look at the dot in the middle",
    ],
)
def test_programs_use_the_at_sign_otherwise(text):
    assert values(EMAILS, text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(http://example.com/a_(b))", "http://example.com/a_(b)"),
        ("[x](https://e.example/a)", "https://e.example/a"),
        ("请访问https://example.com/a。谢谢", "https://example.com/a"),
        ("https://e.example/x?token=1.", "https://e.example/x?token=1"),
        ("jane-smith.info", "jane-smith.info"),
        ("EXAMPLE.COM", "EXAMPLE.COM"),
        ("example.it/menu", "example.it/menu"),
    ],
)
def test_a_web_address_is_taken_without_the_sentence_around_it(text, value):
    assert values(URLS, text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080/x",
        "http://127.0.0.1/x",
        "the end.The",
        "the end.It was",
        "went home.no one",
        "it was finished.it was",
        "torch.no_grad",
        "args.in_file",
        "logger.info",
    ],
)
def test_sentences_attributes_and_ones_own_machine_are_no_web_addresses(text):
    assert values(URLS, text) == []
