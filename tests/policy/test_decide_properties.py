"""What holds for every set of policies: order never matters, strictness only grows."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from guardrail.policy import PolicySet, parse
from guardrail.types import ACTIONS, CHANNELS, Context, Finding

ENTITIES = ("PERSON", "CREDIT_CARD")
KINDS = ("allow", "mask", "generalize", "tokenize", "encrypt", "hash", "redact", "block")
DESTINATIONS = ("completion", "tool:crm_*", "tool:*", "tool:crm_read")
scores = st.sampled_from((0.2, 0.5, 0.8))


@st.composite
def rules(draw, table="rules"):
    texts = []
    for _ in range(draw(st.integers(1, 3))):
        find = draw(st.lists(st.sampled_from(ENTITIES), min_size=1, unique=True))
        where = draw(st.lists(st.sampled_from(CHANNELS[:3]), min_size=1, unique=True))
        restore = draw(st.lists(st.sampled_from(DESTINATIONS), unique=True))
        score = draw(st.none() | scores)
        texts.append(
            f"[[{table}]]\nid = 'ID'\nfind = {find}\nwhere = {where}\nrestore = {restore}\n"
            f"action = '{draw(st.sampled_from(KINDS))}'\n" + (f"min_score = {score}\n" if score else "")
        )
    return texts


@st.composite
def bodies(draw):
    """Return a policy's text without and with a scope that holds for the role "guest"."""
    unlisted, score = draw(st.sampled_from(KINDS)), draw(scores)
    stricter = draw(st.sampled_from(KINDS[KINDS.index(unlisted) :]))
    base = f"[defaults]\nunlisted = '{unlisted}'\nmin_score = {score}\n" + "".join(draw(rules()))
    lower = draw(st.sampled_from([s for s in (0.2, 0.5, 0.8) if s <= score]))
    scope = f"[[scopes]]\nwhen = {{ role = 'guest' }}\nunlisted = '{stricter}'\nmin_score = {lower}\n"
    return base + scope + "".join(draw(rules("scopes.rules")))


def documents(texts):
    made = []
    for number, text in enumerate(texts):
        body = text
        for count in range(body.count("'ID'")):
            body = body.replace("'ID'", f"'r{count}'", 1)
        made.append(parse(f"schema = 1\nname = 'p{number}'\nversion = '1'\n{body}".encode()))
    return made


findings = st.builds(Finding, st.just(0), st.just(5), st.sampled_from(ENTITIES), scores, st.just("t"))
policies = st.lists(bodies(), min_size=1, max_size=3)
channels = st.sampled_from(CHANNELS[:4])


@given(texts=policies, finding=findings, channel=channels)
def test_the_order_of_policies_never_matters(texts, finding, channel):
    made = documents(texts)
    context = Context(role="guest")
    found = {PolicySet.of(o).decide(finding, channel=channel, context=context) for o in permutations(made)}
    assert len(found) == 1


@given(texts=policies, finding=findings, channel=channels)
def test_a_scope_that_holds_never_weakens(texts, finding, channel):
    decided = PolicySet.of(documents(texts))
    before = decided.decide(finding, channel=channel, context=Context())
    after = decided.decide(finding, channel=channel, context=Context(role="guest"))
    if before is not None:
        assert after is not None
        assert after.action.rank >= before.action.rank


@given(texts=st.lists(bodies(), min_size=2, max_size=2), finding=findings, channel=channels)
def test_another_policy_never_weakens_what_a_rule_decides(texts, finding, channel):
    made = documents(texts)
    alone = PolicySet.of(made[:1]).decide(finding, channel=channel, context=Context())
    both = PolicySet.of(made).decide(finding, channel=channel, context=Context())
    if alone is not None and alone.rule != "unlisted":
        assert both is not None
        assert both.action.rank >= alone.action.rank
        if both.action.type == alone.action.type == "tokenize":
            assert all(_reaches(alone.restore, d) for d in both.restore)


@given(texts=policies, finding=findings, channel=channels)
def test_the_strictest_of_the_policies_that_name_the_entity_decides(texts, finding, channel):
    made = documents(texts)
    alone = [PolicySet.of([d]).decide(finding, channel=channel, context=Context()) for d in made]
    ruled = [a for a in alone if a is not None and a.rule != "unlisted"]
    both = PolicySet.of(made).decide(finding, channel=channel, context=Context())
    if ruled:
        assert both.action.type == max((a.action.type for a in ruled), key=ACTIONS.index)


@given(texts=policies, finding=findings, channel=channels)
def test_a_surer_finding_is_decided_too(texts, finding, channel):
    decided = PolicySet.of(documents(texts))
    if decided.decide(finding, channel=channel, context=Context()) is not None:
        surer = Finding(0, 5, finding.entity, 1.0, "t")
        assert decided.decide(surer, channel=channel, context=Context()) is not None


def _reaches(patterns, destination):
    from fnmatch import fnmatchcase

    return any(fnmatchcase(destination, pattern) for pattern in patterns)
