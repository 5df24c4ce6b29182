"""What `guardrail check` finds in a policy that is valid and still wrong, or doubtful."""

from datetime import date

import pytest

from guardrail.entities import ENTITIES
from guardrail.policy import lint

TODAY = date(2026, 11, 22)
HEAD = "review_by = 2027-03-31\n"
KEPT = '[retention]\nledger = { keep = "6 years", at_least = "6 months" }\n'


def rule(name, action='"redact"', find='["PERSON"]', **more):
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'[[rules]]\nid = "{name}"\nwhy = "Because."\nfind = {find}\naction = {action}\n{extra}'


@pytest.fixture
def findings(policy):
    def look(*bodies, detectable=frozenset(ENTITIES)):
        return lint(policy(*(HEAD + body for body in bodies)), detectable=detectable, today=TODAY)

    return look


@pytest.fixture
def the(findings):
    """Return the only finding in words: severity, place, message, advice."""

    def look(*bodies, **more):
        found = findings(*bodies, **more)
        assert len(found) == 1, [str(problem) for problem in found]
        return found[0]

    return look


def test_a_good_policy_has_no_findings(findings):
    assert findings(KEPT + rule("names")) == ()


# --- header ------------------------------------------------------------------


def test_an_expired_review_is_found(policy):
    (found,) = lint(
        policy("review_by = 2026-11-21\n" + KEPT + rule("names")), detectable=frozenset(ENTITIES), today=TODAY
    )
    assert (found.severity, found.where) == ("warning", "(line 4, column 1)")
    assert "the review was due on 2026-11-21" in found.message


def test_a_review_that_is_due_today_is_not_late(policy):
    policies = policy("review_by = 2026-11-22\n" + KEPT + rule("names"))
    assert lint(policies, detectable=frozenset(ENTITIES), today=TODAY) == ()


def test_a_policy_without_review_date_and_why_is_noted(policy):
    bare = '[[rules]]\nid = "names"\nfind = ["PERSON"]\naction = "redact"\n'
    found = lint(policy(bare), detectable=frozenset(ENTITIES), today=TODAY)
    assert [p.severity for p in found] == ["note", "note"]


def test_shadow_mode_is_noted(the):
    assert the('mode = "shadow"\n' + KEPT + rule("names")).severity == "note"


@pytest.mark.parametrize(
    "line", ['unlisted = "allow"', 'on_error = "pass"', 'on_unreadable = "pass"', 'unknown_field = "pass"']
)
def test_a_default_that_lets_data_pass_is_warned_of(findings, line):
    found = findings(f"[defaults]\n{line}\n" + KEPT + rule("codes", find='["PERSON", "CARD_SECURITY_CODE"]'))
    assert [(p.severity, p.where) for p in found] == [("warning", "[defaults] (line 6, column 1)")]
    assert line in found[0].message


# --- entities ----------------------------------------------------------------


def test_an_unknown_entity_is_an_error_with_the_nearest_right_word(the):
    found = the(KEPT + rule("mail", find='["EMIAL_ADDRESS"]'))
    assert found.severity == "error"
    assert str(found) == (
        "policy-0.toml, rule 'mail' (line 10, column 10): unknown entity 'EMIAL_ADDRESS': nothing finds it"
    )
    assert "did you mean 'EMAIL_ADDRESS'?" in found.advice


def test_an_entity_that_no_installed_recognizer_finds_is_warned_of(the):
    found = the(KEPT + rule("mail", find='["US_SSN"]'), detectable=frozenset({"PERSON"}))
    assert (found.severity, found.message) == ("warning", "no installed recognizer finds US_SSN")


def test_an_entity_of_a_users_own_recognizer_is_known(findings):
    assert findings(KEPT + rule("staff", find='["EMPLOYEE_ID"]'), detectable=frozenset({"EMPLOYEE_ID"})) == ()


# --- reach -------------------------------------------------------------------


def test_a_rule_behind_another_of_the_same_entities_never_decides(the):
    found = the(KEPT + rule("one") + rule("two", '"block"'))
    assert (found.severity, found.where) == ("error", "rule 'two' (line 13, column 1)")
    assert found.message == "this rule never decides: 'one' comes first"


def test_rules_that_shadow_together_are_all_named(the):
    one = rule("one", where='["prompt", "completion", "tool"]')
    two = rule("two", where='["log", "trace", "document"]')
    assert "'one', 'two' comes first" in the(KEPT + one + two + rule("three", '"block"')).message


def test_an_entity_that_never_reaches_a_rule_is_found(the):
    found = the(KEPT + rule("one") + rule("two", find='["URL", "PERSON"]'))
    assert (found.severity, found.where) == ("warning", "rule 'two' (line 15, column 17)")
    assert found.message == "PERSON never reaches this rule: 'one' comes first"


def test_a_channel_in_which_a_rule_never_decides_is_found(the):
    one = rule("one", where='["prompt"]')
    found = the(KEPT + one + rule("two", where='["log", "prompt"]'))
    assert found.message == "this rule never decides in the channel 'prompt': 'one' comes first"
    assert found.where == "rule 'two' (line 18, column 18)"


def test_a_rule_for_everywhere_else_is_no_finding(findings):
    assert findings(KEPT + rule("one", where='["prompt"]') + rule("else", '"block"')) == ()


def test_a_rule_for_surer_findings_hides_nothing(findings):
    assert findings(KEPT + rule("sure", '"block"', min_score=0.9) + rule("rest")) == ()


def test_a_rule_for_weaker_findings_hides_the_surer_rule_behind_it(the):
    found = the(KEPT + rule("all", min_score=0.1) + rule("sure", '"block"', min_score=0.9))
    assert found.message == "this rule never decides: 'all' comes first"


SCOPE = '[[scopes]]\nwhen = { role = "guest" }\n'


def scoped(*rules):
    return SCOPE + "".join(rules).replace("[[rules]]", "[[scopes.rules]]")


def test_a_rule_of_a_scope_that_is_milder_than_the_policy_is_found(the):
    found = the(KEPT + rule("names") + scoped(rule("mild", '"mask"')))
    assert found.where == "scope 1, rule 'mild' (line 18, column 1)"
    assert found.message == "the scope's rule has no effect: 'names' is stricter already"


def test_a_rule_of_a_scope_that_is_stricter_somewhere_is_no_finding(findings):
    assert findings(KEPT + rule("names", where='["prompt"]') + scoped(rule("mild", '"mask"'))) == ()
    assert findings(KEPT + rule("names") + scoped(rule("strict", '"block"'))) == ()


def test_rules_of_one_scope_shadow_each_other(the):
    found = the(KEPT + rule("names") + scoped(rule("first", '"block"'), rule("second", '"block"')))
    assert found.message == "this rule never decides: 'first' comes first"


# --- actions -----------------------------------------------------------------


@pytest.mark.parametrize("action", ["redact", "hash", "encrypt", "mask"])
def test_a_destination_for_what_cannot_come_back_is_found(the, action):
    found = the(KEPT + rule("names", f'"{action}"', restore='["completion"]'))
    assert (found.severity, found.message) == (
        "error",
        f"nothing comes back from '{action}', so restore has no effect",
    )


def test_a_destination_for_a_channel_without_answers_is_found(the):
    found = the(KEPT + rule("names", '"tokenize"', where='["log", "trace"]', restore='["completion"]'))
    assert found.message == "restore has no effect: no answer comes back to log, trace"


def test_generalize_for_what_has_no_coarser_form_is_found(the, findings):
    assert (
        "CREDIT_CARD has no coarser form" in the(KEPT + rule("c", '"generalize"', '["CREDIT_CARD"]')).message
    )
    own = rule("salary", '{ type = "generalize", band = 1000 }', '["SALARY"]')
    assert findings(KEPT + own, detectable=frozenset({"SALARY"})) == ()
    assert findings(KEPT + rule("d", '"generalize"', '["DATE_TIME", "AGE", "IP_ADDRESS"]')) == ()


def test_what_lint_holds_to_have_a_coarser_form_is_what_the_operator_has():
    from guardrail.operators.generalize import _BY_ENTITY, _nothing
    from guardrail.policy.lint import COARSER

    assert {entity for entity, function in _BY_ENTITY.items() if function is not _nothing} == COARSER


# --- clauses -----------------------------------------------------------------

MASK = '{ type = "mask", keep_last = 4 }'


def test_hash_and_mask_of_one_card_number_are_found_within_a_policy(the):
    found = the(
        KEPT + rule("a", MASK, '["CREDIT_CARD"]', where='["prompt"]') + rule("b", '"hash"', '["CREDIT_CARD"]')
    )
    assert found.severity == "error"
    assert "PCI DSS 3.5.1" in found.message


def test_hash_and_mask_of_one_card_number_are_found_between_policies(the):
    found = the(KEPT + rule("a", MASK, '["CREDIT_CARD"]'), KEPT + rule("b", '"hash"', '["CREDIT_CARD"]'))
    assert found.file == "policy-1.toml"
    assert "masked by rule 'a' of policy 'policy-0'" in found.message


def test_a_mask_that_shows_nothing_goes_with_a_hash(findings):
    masked = rule("a", '"mask"', '["CREDIT_CARD"]', where='["prompt"]')
    assert findings(KEPT + masked + rule("b", '"hash"', '["CREDIT_CARD"]')) == ()


def test_a_card_may_show_no_more_than_its_last_four_digits(the):
    found = the(KEPT + rule("a", '{ type = "mask", keep_last = 5 }', '["CREDIT_CARD"]'))
    assert "PCI DSS 3.4.1" in found.message


@pytest.mark.parametrize("action", ["allow", "mask", "tokenize", "encrypt", "hash"])
def test_a_security_code_may_not_be_kept_in_any_form(the, action):
    found = the(KEPT + rule("codes", f'"{action}"', '["CARD_SECURITY_CODE"]'))
    assert found.message == f"'{action}' keeps a card's security code (PCI DSS 3.3.1)"


def test_a_security_code_that_falls_to_a_mild_unlisted_is_found(findings):
    found = findings('[defaults]\nunlisted = "mask"\n' + KEPT + rule("names"))
    assert len(found) == 6
    assert "no rule names CARD_SECURITY_CODE for 'prompt'" in found[0].message


def test_a_hash_under_safe_harbor_is_an_error_and_a_token_doubtful(findings):
    harbor = rule("names", '"hash"', controls='["45 CFR 164.514(b)(2)(i)(A)"]')
    found = findings(KEPT + harbor + rule("mail", '"tokenize"', '["EMAIL_ADDRESS"]'))
    assert [p.severity for p in found] == ["error", "warning"]
    assert "164.514(c)(1)" in found[0].message
    assert "†" in found[1].message


def test_a_hash_in_a_policy_beside_safe_harbor_is_its_own_matter(findings):
    harbor = rule("names", controls='["45 CFR 164.514(b)(2)(i)(A)"]')
    assert findings(KEPT + harbor, KEPT + rule("mail", '"hash"', '["EMAIL_ADDRESS"]')) == ()


# --- retention ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("retention", "said"),
    [
        ('ledger = { keep = "3 months", at_least = "6 months" }', "at least 6 months is asked for"),
        ('ledger = { keep = "3 years", at_most = "1 year" }', "at most 1 year is allowed"),
        ('vault = "2 years"\nledger = "1 year"', "vault is kept longer than the ledger"),
        ('content = "2 years"\nledger = "1 year"', "content is kept longer than the ledger"),
    ],
)
def test_retention_that_contradicts_itself_is_found(the, retention, said):
    found = the(f"[retention]\n{retention}\n" + rule("names"))
    assert said in found.message
    assert found.severity == "error"
    assert found.where.startswith("[retention] (line ")


def test_the_same_words_for_time_and_ceiling_agree(findings):
    assert findings('[retention]\nledger = { keep = "1 month", at_most = "1 month" }\n' + rule("names")) == ()


@pytest.mark.parametrize(
    ("control", "kept", "severity"),
    [
        ("EU AI Act Art. 12", "5 months", "error"),
        ("PCI DSS 10.2", "11 months", "error"),
        ("11 CCR 7101", "1 year", "error"),
        ("45 CFR 164.312(b)", "5 years", "warning"),
    ],
)
def test_a_ledger_that_is_kept_shorter_than_a_named_clause_asks_is_found(the, control, kept, severity):
    found = the(f'[retention]\nledger = "{kept}"\n' + rule("names", controls=f'["{control}"]'))
    assert found.severity == severity
    assert f"the ledger is kept {kept}, but" in found.message


def test_a_clause_named_as_the_source_of_a_time_counts_too(the):
    found = the(
        '[retention]\nledger = { keep = "3 months", source = "EU AI Act Art. 26(6)" }\n' + rule("names")
    )
    assert "asks for 6 months" in found.message


def test_the_default_time_of_the_ledger_is_held_against_clauses(the):
    assert "asks for 24 months" in the(rule("names", controls='["11 CCR 7101"]')).message


def test_a_floor_above_the_ceiling_of_another_policy_is_found(the):
    floor = '[retention]\nledger = { keep = "6 years", at_least = "6 years" }\n'
    ceiling = '[retention]\nledger = { keep = "1 year", at_most = "1 year" }\n'
    found = the(floor + rule("a"), ceiling + rule("b"), '[retention]\nledger = "6 years"\n' + rule("c"))
    assert found.file == "policy-1.toml"
    assert "but at least 6 years by policy 'policy-0'" in found.message


# --- stand-ins ---------------------------------------------------------------


def test_the_lists_of_the_check_are_those_of_the_operators():
    from guardrail.operators.extras import NEEDS
    from guardrail.operators.surrogate import DRAWN
    from guardrail.policy import standing

    assert standing.NEEDS == NEEDS
    assert standing.DRAWN == DRAWN


@pytest.mark.parametrize(
    ("action", "find", "said"),
    [
        ('"surrogate"', '["SECRET"]', "SECRET has no surrogate"),
        ('"shift"', '["AGE"]', "AGE has no date to move"),
    ],
)
def test_an_entity_that_a_stand_in_cannot_stand_for_is_told(the, action, find, said):
    found = the(KEPT + rule("a", action, find, where='["prompt"]'))
    assert found.severity == "warning"
    assert said in found.message


@pytest.mark.parametrize(("action", "find"), [('"surrogate"', '["PERSON"]'), ('"shift"', '["DATE_TIME"]')])
def test_stand_ins_for_what_the_model_brings_are_doubtful(the, action, find):
    found = the(KEPT + rule("a", action, find, where='["prompt", "completion"]', restore='["completion"]'))
    assert "who reads it cannot tell" in found.message


@pytest.mark.parametrize("action", ["surrogate", "fpe"])
def test_a_library_that_is_missing_is_told_with_the_command(the, monkeypatch, action):
    from guardrail.policy import standing

    monkeypatch.setattr(standing, "find_spec", lambda _: None)
    found = the(KEPT + rule("a", f'"{action}"', '["CREDIT_CARD"]', where='["prompt"]'))
    assert found.severity == "error"
    assert f"guardrail-pii[{action}]" in found.advice
