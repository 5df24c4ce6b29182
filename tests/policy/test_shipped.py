"""The shipped policies do what they say: each is clean, and its own tests pass on real detection."""

import hashlib
from datetime import date

import pytest

from guardrail import spans
from guardrail.errors import BlockedError
from guardrail.operators import Tools, act
from guardrail.policy import judge, lint, load, shipped
from guardrail.types import CHANNELS, Context, Finding, Passage

NAMES = ("ccpa", "eu-ai-act-logging", "gdpr-chat", "hipaa-safe-harbor", "pci-dss", "support-logs")
TODAY = date(2026, 11, 22)
PERSONAL = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "ADDRESS",
    "IBAN_CODE",
    "CREDIT_CARD",
    "US_SSN",
    "SECRET",
)

TOOLS = Tools(
    issue=lambda entity, _value: f"<{entity}_7Q9NXQV>",
    key=lambda purpose: hashlib.sha512(purpose.encode()).digest(),
)


def scrubbed(policies, detector, example):
    """Return the example's text as its policy lets it pass, or None if it is blocked."""

    def decide(finding):
        return policies.decide(finding, channel=example.where, context=example.context)

    (found,) = detector.detect([Passage(example.text)])
    acted = [f for f in found if (d := decide(f)) is not None and d.action.type != "allow"]
    text, at = "", 0
    for finding in spans.trim(example.text, spans.resolve(acted)):
        try:
            new = act(example.text[finding.start : finding.end], decide(finding), TOOLS)
        except BlockedError:
            return None
        text += example.text[at : finding.start] + new
        at = finding.end
    return text + example.text[at:]


def test_six_policies_are_shipped():
    assert tuple(shipped()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_says_that_it_is_an_example_and_not_legal_advice(name):
    source = shipped()[name].read_text("utf-8")
    assert "An example, not legal advice" in " ".join(source.replace("#", " ").split())
    assert "†" in source


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_is_clean(detector, name):
    assert lint(load(shipped()[name]), detectable=detector.entities, today=TODAY) == ()


def test_all_shipped_policies_can_be_loaded_together(detector):
    found = lint(load(*shipped().values()), detectable=detector.entities, today=TODAY)
    assert [str(problem) for problem in found if problem.severity == "error"] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_shipped_policy_pass(detector, name):
    policies = load(shipped()[name])
    assert policies.examples
    failed = [judge(e, scrubbed(policies, detector, e)) for e in policies.examples]
    assert [str(problem) for problem in failed if problem] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("entity", PERSONAL)
def test_no_shipped_policy_lets_a_person_pass_anywhere(name, channel, entity):
    made = load(shipped()[name]).decide(Finding(0, 9, entity, 0.99, "t"), channel=channel, context=Context())
    assert made is not None
    assert made.action.type != "allow"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", ["log", "trace", "document"])
def test_nothing_comes_back_in_what_is_written_down(name, channel):
    policies = load(shipped()[name])
    made = policies.decide(Finding(0, 9, "PERSON", 0.99, "t"), channel=channel, context=Context())
    assert made.action.type in {"redact", "hash"}
    assert made.restore == ()


def test_every_rule_says_why_and_which_clause_it_serves():
    for document in load(*shipped().values()).documents:
        assert all(rule.why and rule.controls for rule in document.rules)
