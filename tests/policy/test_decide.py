"""First match inside a policy, strictest between policies, `unlisted` only where no policy speaks."""

import pytest

from guardrail.errors import PolicyError
from guardrail.policy import PolicySet, parse
from guardrail.types import CHANNELS, Context, Finding


def rule(name, action, *, find='["PERSON"]', **more):
    lines = [f'id = "{name}"', f"find = {find}", f"action = {action if action[0] == '{' else repr(action)}"]
    lines += [f"{key} = {value}" for key, value in more.items()]
    return "[[rules]]\n" + "\n".join(lines) + "\n"


def decision(policies, *, channel="prompt", score=0.9):
    return policies.decide(Finding(0, 5, "PERSON", score, "test"), channel=channel, context=Context())


def test_the_first_matching_rule_decides(policy, decided):
    assert decided(policy(rule("one", "mask") + rule("two", "block"))) == "mask by one"


def test_a_rule_for_another_entity_does_not_match(policy, decided):
    assert (
        decided(policy(rule("mail", "allow", find='["EMAIL_ADDRESS"]') + rule("all", "hash")))
        == "hash by all"
    )


def test_a_rule_without_where_holds_in_every_channel(policy, decided):
    policies = policy(rule("one", "mask"))
    assert {decided(policies, channel=channel) for channel in CHANNELS} == {"mask by one"}


def test_between_policies_the_strictest_matching_rule_decides(policy, decided):
    assert decided(policy(rule("mild", "mask"), rule("strict", "redact"), rule("other", "tokenize"))) == (
        "redact by strict"
    )


def test_of_two_masks_the_one_that_shows_less_decides(policy, decided):
    some, less = '{ type = "mask", keep_last = 4 }', '{ type = "mask", keep_last = 2 }'
    assert decided(policy(rule("four", some), rule("two", less))) == "mask by two"


@pytest.mark.parametrize(
    ("mild", "strict"),
    [
        ('{ type = "generalize" }', '{ type = "generalize", date = "year" }'),
        ('{ type = "generalize", date = "year" }', '{ type = "generalize", rules = "safe-harbor" }'),
        ('{ type = "generalize" }', '{ type = "generalize", band = 20 }'),
        ('{ type = "redact" }', '{ type = "redact", label = false }'),
    ],
)
def test_of_equal_actions_the_one_that_hides_more_decides(policy, decided, mild, strict):
    assert decided(policy(rule("a-mild", mild), rule("b-strict", strict))).endswith("by b-strict")


def test_equal_rules_are_told_apart_by_name_never_by_order(policy, decided):
    assert decided(policy(b=rule("two", "redact"), a=rule("one", "redact"))) == "redact by one"


def test_unlisted_applies_to_what_no_policy_names(policy, decided):
    policies = policy(rule("mail", "mask", find='["EMAIL_ADDRESS"]'))
    assert decided(policies) == "redact by unlisted"


def test_unlisted_gives_way_to_any_policy_that_names_the_entity(policy, decided):
    strict = '[defaults]\nunlisted = "block"\n' + rule("mail", "mask", find='["EMAIL_ADDRESS"]')
    assert decided(policy(strict, rule("names", "mask"))) == "mask by names"


def test_a_rule_for_prompts_says_nothing_about_logs(policy, decided):
    policies = policy(rule("names", "tokenize", where='["prompt"]'))
    assert decided(policies, channel="log") == "redact by unlisted"


def test_of_several_unlisted_the_strictest_holds(policy, decided):
    mail = rule("mail", "mask", find='["EMAIL_ADDRESS"]')
    policies = policy(mail, '[defaults]\nunlisted = "block"\n' + mail)
    assert decided(policies) == "block by unlisted"


def test_a_finding_below_every_min_score_has_no_decision(policy, decided):
    policies = policy("[defaults]\nmin_score = 0.6\n" + rule("names", "mask"))
    assert decided(policies, score=0.59) is None
    assert decided(policies, score=0.6) == "mask by names"
    assert decided(policies, "US_SSN", score=0.59) is None


def test_one_policy_that_counts_a_weak_finding_is_enough(policy, decided):
    picky = "[defaults]\nmin_score = 0.9\n" + rule("picky", "redact")
    policies = policy(picky, rule("easy", "mask"))
    assert decided(policies, score=0.6) == "mask by easy"
    assert decided(policies, score=0.9) == "redact by picky"


def test_a_rule_may_ask_for_surer_findings_and_the_next_one_takes_the_rest(policy, decided):
    policies = policy(rule("sure", "block", min_score=0.9) + rule("rest", "mask"))
    assert decided(policies, score=0.95) == "block by sure"
    assert decided(policies, score=0.6) == "mask by rest"


def test_a_rule_may_take_weaker_findings_than_the_default(policy, decided):
    assert decided(policy(rule("weak", "mask", min_score=0.1)), score=0.2) == "mask by weak"


def test_a_named_entity_below_its_own_score_is_ignored_not_unlisted(policy, decided):
    assert decided(policy(rule("sure", "mask", min_score=0.9)), score=0.6) is None


def test_the_decision_carries_policy_rule_controls_and_finding(policy):
    policies = policy(chat=rule("names", "tokenize", controls='["GDPR Art. 4(5)"]', restore='["completion"]'))
    made = decision(policies)
    assert (made.policy, made.rule, made.controls) == ("chat", "names", ("GDPR Art. 4(5)",))
    assert made.restore == ("completion",)
    assert made.finding.entity == "PERSON"


# --- restore -----------------------------------------------------------------

COMPLETION = '["completion", "tool:crm_*"]'


@pytest.mark.parametrize(
    ("other", "back"),
    [
        (rule("same", "tokenize", restore=COMPLETION), ("completion", "tool:crm_*")),
        (rule("fewer", "tokenize", restore='["completion"]'), ("completion",)),
        (rule("none", "tokenize"), ()),
        (rule("every-tool", "tokenize", restore='["tool:*"]'), ("tool:crm_*",)),
        (rule("one-tool", "tokenize", restore='["tool:crm_read"]'), ("tool:crm_read",)),
        (rule("allows", "allow"), ("completion", "tool:crm_*")),
        (rule("masks", "mask"), ()),
        (rule("elsewhere", "tokenize", where='["log"]'), ("completion", "tool:crm_*")),
    ],
    ids=lambda value: value.split('"')[1] if isinstance(value, str) else "",
)
def test_a_value_comes_back_only_where_every_policy_lets_it(policy, other, back):
    policies = policy(rule("names", "tokenize", restore=COMPLETION), other)
    assert decision(policies).restore == back


def test_a_stricter_action_brings_nothing_back(policy):
    policies = policy(rule("names", "tokenize", restore=COMPLETION), rule("gone", "redact"))
    assert decision(policies).restore == ()


# --- several -----------------------------------------------------------------


def test_the_digest_of_several_covers_each_in_order_of_names(policy):
    one, two = rule("one", "mask"), rule("two", "hash")
    assert policy(a=one, b=two).digest == policy(b=two, a=one).digest
    assert policy(a=one, b=two).digest not in {policy(a=one).digest, policy(a=two, b=one).digest}


def test_a_set_of_no_policies_is_refused():
    with pytest.raises(PolicyError, match="no policy is given"):
        PolicySet.of([])


def test_the_entities_of_a_set_are_all_that_rules_name(policy):
    scoped = '[[scopes]]\nwhen = { role = "x" }\n' + rule("s", "block", find='["US_SSN"]').replace(
        "[[rules]]", "[[scopes.rules]]"
    )
    policies = policy(rule("one", "mask"), rule("two", "mask", find='["URL"]') + scoped)
    assert policies.entities == {"PERSON", "URL", "US_SSN"}


def test_a_shadow_policy_decides_nothing_beside_one_in_force(policy, decided):
    policies = policy(rule("live", "mask"), 'mode = "shadow"\n' + rule("trial", "block"))
    assert policies.mode == "enforce"
    assert decided(policies) == "mask by live"
    assert decided(policies.beside) == "block by trial"


def test_a_set_of_shadow_policies_decides_in_shadow(policy, decided):
    policies = policy('mode = "shadow"\n' + rule("trial", "block"))
    assert policies.mode == "shadow"
    assert policies.beside is None
    assert decided(policies) == "block by trial"


def test_settings_are_the_strictest_of_all(policy):
    mild = '[defaults]\non_error = "pass"\non_unreadable = "pass"\nunknown_field = "pass"\n' + rule(
        "a", "mask"
    )
    policies = policy(mild, '[defaults]\non_error = "redact"\n' + rule("b", "mask"))
    names = ("on_error", "on_unreadable", "unknown_field")
    assert [policy(mild).setting(name, Context()) for name in names] == ["pass", "pass", "pass"]
    assert [policies.setting(name, Context()) for name in names] == ["redact", "block", "scrub"]


def test_many_tenants_do_not_fill_the_memory(policy, decided):
    scope = '[[scopes]]\nwhen = { tenant = "x*" }\nunlisted = "block"\n'
    policies = policy(rule("names", "mask") + scope)
    for number in range(5_000):
        assert decided(policies, tenant=f"t{number}") == "mask by names"
    assert len(policies._plans) <= 4_096


def test_a_set_says_nothing_of_its_texts_when_printed(policy):
    policies = policy(rule("names", "mask") + '[[examples]]\ntext = "Ann Smith"\nexpect = "Ann Smith"\n')
    assert "Smith" not in repr(policies) + repr(policies.examples) + repr(policies.documents[0].policy)


def test_a_document_can_be_made_from_bytes_alone():
    document = parse(b'schema = 1\nname = "a"\nversion = "1"\ntitle = "T"\n' + rule("r", "mask").encode())
    assert (document.name, document.version, document.title, document.file) == ("a", "1", "T", "policy.toml")
