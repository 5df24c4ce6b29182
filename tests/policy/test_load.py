"""A policy is refused whole when anything in it is unclear, with an error that a person can act on."""

import pytest

from guardrail.errors import PolicyError
from guardrail.policy import load, parse, policy_path, shipped

HEAD = 'schema = 1\nname = "names"\nversion = "1"\n'
RULE = '[[rules]]\nid = "names"\nfind = ["PERSON"]\naction = "redact"\n'


def refusal(body, head=HEAD):
    with pytest.raises(PolicyError) as caught:
        parse((head + body).encode(), file="gdpr-chat.toml")
    return caught.value


# --- the file ----------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"gone\.toml: there is no such file"):
        load(tmp_path / "gone.toml")


def test_a_directory_is_told_apart_from_a_file(tmp_path):
    with pytest.raises(PolicyError, match="this is a directory"):
        load(tmp_path)


def test_a_path_that_the_system_refuses_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PolicyError, match="cannot be read"):
        load(tmp_path / "file" / "below.toml")


def test_no_policy_at_all_is_refused():
    with pytest.raises(PolicyError, match="no policy is given"):
        load()


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff"])
def test_an_empty_policy_is_refused_and_the_advice_begins_one(text):
    with pytest.raises(PolicyError, match=r"gdpr-chat\.toml: the policy is empty") as caught:
        parse(text.encode(), file="gdpr-chat.toml")
    assert "[[rules]]" in caught.value.advice


def test_a_policy_without_rules_is_refused():
    assert "the key 'rules' is missing" in str(refusal(""))
    assert "'rules' is empty" in str(refusal("rules = []\n"))


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path):
    path = tmp_path / "huge.toml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(PolicyError, match="larger than 1000000 bytes"):
        load(path)
    with pytest.raises(PolicyError, match="larger than"):
        parse(path.read_bytes())


def test_text_that_is_not_utf8_is_refused_with_its_line():
    with pytest.raises(PolicyError, match=r"\(line 3\): the file is not UTF-8"):
        parse(b'schema = 1\nname = "a"\ntitle = "K\xfcche"\n')


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    document = parse(("\ufeff" + HEAD + RULE).replace("\n", "\r\n").encode())
    assert document.name == "names"


def test_the_digest_is_that_of_the_bytes_of_the_file(tmp_path):
    from hashlib import sha256

    source = (HEAD + RULE).encode()
    (tmp_path / "a.toml").write_bytes(source)
    policies = load(tmp_path / "a.toml")
    assert policies.digest == sha256(source).digest()
    assert policies.documents[0].source == source


def test_two_policies_of_one_name_are_refused(tmp_path):
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(HEAD + RULE)
    with pytest.raises(PolicyError, match=r"a policy named 'names' is already loaded from a\.toml"):
        load(tmp_path / "a.toml", tmp_path / "b.toml")


# --- the syntax --------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('title = "a"\ntitle = "b"\n', "(line 5, column 12): 'title' is written twice"),
        ('[defaults]\non_error = "block"\n[defaults]\n', "'defaults' is written twice"),
        ("defaults = { min_score = 0.5, min_score = 0.1 }\n", "is written twice"),
        ("title = redact\n", "(line 4, column 9): a value is missing or not in quotes"),
        ('title = "a\n', "(line 4, column 11): a text is not closed"),
        ("title\n", "a key without '='"),
        ('title = "a" owner = "b"\n', "more than one thing on a line"),
        ("rules = [\n", "gdpr-chat.toml"),
        ("[defaults\n", "a table name is not closed"),
        ('title = "a\\q"\n', "a single '\\' in a text"),
        ("title = '''a", "(at its end): a text is not closed"),
        ("rules = " + "[" * 20_000, "nested too deep"),
        (f"x = {'1' * 5_000}\n", "a number is too long"),
        ("= 1\n", "a key is missing"),
        ("review_by = 2027-13-01\n", "gdpr-chat.toml"),
    ],
)
def test_broken_toml_is_told_in_plain_words_with_its_place(body, said):
    error = refusal(body)
    assert said in str(error)
    assert str(error).startswith("gdpr-chat.toml")


def test_a_second_key_never_silently_wins():
    body = '[[rules]]\nid = "a"\nfind = ["PERSON"]\naction = "redact"\naction = "allow"\n'
    assert "'action' is written twice" in str(refusal(body))


# --- what it says ------------------------------------------------------------


def test_an_unknown_action_is_told_with_rule_line_and_the_nearest_right_word():
    error = refusal(RULE.replace('"redact"', '"redcat"'))
    assert str(error) == "gdpr-chat.toml, rule 'names' (line 7, column 11): unknown action 'redcat'"
    assert error.advice.startswith("did you mean 'redact'? actions: allow, mask, ")


@pytest.mark.parametrize(
    ("body", "said", "advice"),
    [
        (
            RULE + 'acton = "x"\n',
            "rule 'names' (line 8, column 1): unknown key 'acton'",
            "did you mean 'action'",
        ),
        ("[default]\nmin_score = 1\n" + RULE, "(line 4, column 2): unknown key 'default'", "'defaults'"),
        ("[defaults]\nmin_scor = 1\n" + RULE, "[defaults] (line 5, column 1): unknown key", "'min_score'"),
        ('[defaults]\nunlisted = "pass"\n' + RULE, "unknown action 'pass'", "actions: allow"),
        ('[defaults]\non_error = "blok"\n' + RULE, "unknown value for 'on_error': 'blok'", "'block'"),
        ("[defaults]\non_error = true\n" + RULE, "'on_error' must be a word in", "pass, redact, block"),
        ("[defaults]\nmin_score = 1.5\n" + RULE, "'min_score' must be between 0 and 1", ""),
        ("[defaults]\nmin_score = nan\n" + RULE, "'min_score' must be a number", ""),
        ('[defaults]\nmin_score = "0.5"\n' + RULE, "'min_score' must be a number", ""),
        (RULE.replace('"PERSON"', '"Person"'), "'Person' is not the name of an entity", "EMAIL_ADDRESS"),
        (RULE.replace('"PERSON"', '"PERSON", "PERSON"'), "names one thing twice", "repetition"),
        (RULE.replace('["PERSON"]', '"PERSON"'), "'find' must be a list", ""),
        (RULE.replace('["PERSON"]', "[]"), "'find' is empty", ""),
        (RULE.replace('["PERSON"]', "[7]"), 'must be a text in "quotes"', ""),
        (RULE + 'where = ["promt"]\n', "unknown channel 'promt'", "did you mean 'prompt'"),
        (RULE + "where = []\n", "'where' is empty", ""),
        (RULE + "why = 5\n", "'why' must be a text", ""),
        (RULE + f'controls = ["{"x" * 501}"]\n', "'controls' is too long", "500"),
        (RULE + 'controls = ["a\\nb"]\n', "holds a control character", "one line"),
        (RULE.replace('"names"', '"Names!"'), "'Names!' cannot be an id", "small letters"),
        (RULE.replace('"names"', '"unlisted"'), "the id 'unlisted' stands for the default", "another id"),
        (RULE + RULE, "(line 9, column 1): two rules have the id 'names'", "own id"),
        (RULE + 'restore = ["log"]\n', "values come back only in", "tool:crm_*"),
        (RULE + 'restore = ["tool:c?m"]\n', "values come back only in", "tool:crm_*"),
        (RULE + 'review_by = "x"\n', "unknown key 'review_by'", "keys: id"),
        ('review_by = "2027-01-01"\n' + RULE, "'review_by' must be a date without quotes", ""),
        ('mode = "off"\n' + RULE, "unknown value for 'mode': 'off'", "enforce, shadow"),
        ('rules = "x"\n', "'rules' must be a list", ""),
        ("rules = [5]\n", "rule 1 (line 4, column 1): 'rules' must be a table", ""),
        ('retention = "x"\n' + RULE, "'retention' must be a table", ""),
        ('[retention]\nlegder = "1 year"\n' + RULE, "unknown key 'legder'", "did you mean 'ledger'"),
        ('[retention]\nvault = "a while"\n' + RULE, "'keep': not a duration", "30 days"),
        ("[retention]\nvault = 30\n" + RULE, "'vault' must be a table", 'write "30 days"'),
        ('[retention]\nvault = { keep = "200 years" }\n' + RULE, "longer than 100 years", ""),
        ('[retention]\nvault = { keep = "1 day", at_least = "never" }\n' + RULE, "a bound cannot be", ""),
        (RULE + '[[examples]]\ntext = "a"\n', "example 1", "write one of the two"),
        (RULE + '[[examples]]\ntext = "a"\nexpect = "a"\nblocked = 1\n', "must be true or false", ""),
    ],
)
def test_each_fault_is_told_with_its_place_and_its_remedy(body, said, advice):
    error = refusal(body)
    assert said in str(error)
    assert advice in error.advice


def test_a_schema_of_the_future_is_refused():
    error = refusal(RULE, head=HEAD.replace("schema = 1", "schema = 2"))
    assert "this version reads policies of schema 1 only" in str(error)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('name = "Chat/1"', "cannot be a name"),
        ('version = "a b"', "cannot be a version"),
        ("version = 2", "'version'"),
    ],
)
def test_names_and_versions_have_one_form_since_the_ledger_repeats_them(line, said):
    key = line.split(" ", maxsplit=1)[0]
    head = "".join(f"{old}\n" for old in HEAD.splitlines() if not old.startswith(key))
    assert said in str(refusal(RULE, head=head + line + "\n"))


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    error = refusal('ownr = "x"\n' + RULE.replace("redact", "redcat") + 'wher = ["log"]\n')
    lines = str(error).splitlines()
    assert [line.split(": ")[-1] for line in lines] == [
        "unknown key 'ownr'",
        "unknown action 'redcat'",
        "unknown key 'wher'",
    ]
    assert len(error.advice.splitlines()) == 3


def test_a_file_full_of_faults_does_not_flood_the_screen():
    error = refusal("".join(f"key{number} = 1\n" for number in range(300)) + RULE)
    assert len(str(error).splitlines()) == 21
    assert str(error).endswith("and 280 more")


def test_a_message_never_repeats_the_text_of_an_example():
    error = refusal(RULE + '[[examples]]\ntext = "Ann Smith"\nexpct = "Ann Smith"\nwhere = ["Ann Smith"]\n')
    assert "Smith" not in str(error) + error.advice + repr(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_strange_word_is_cut_and_made_printable():
    error = refusal(RULE + f'"{"k" * 99}" = 1\n"a\\u0007b" = 2\n')
    assert "k" * 40 not in str(error)
    assert "\a" not in str(error)


def test_positions_are_not_fooled_by_texts_and_comments():
    body = 'title = """\n[[rules]]\naction = "redcat"\n"""\n# [[rules]]\n' + RULE + "owner = 1\n"
    assert "(line 13, column 1): unknown key 'owner'" in str(refusal(body))


def test_positions_are_found_inside_inline_tables_lists_and_scopes():
    body = RULE + (
        '[[scopes]]\nwhen = { provder = "x" }\nmin_score = 0.1\n'
        '[[scopes.rules]]\nid = "b"\nfind = [\n  "PERSON",\n  "email",\n]\naction = "block"\n'
    )
    error = str(refusal(body))
    assert "scope 1 (line 9, column 10): unknown key 'provder'" in error
    assert "scope 1, rule 'b' (line 15, column 4): 'email' is not the name" in error


def test_a_dotted_key_is_found_too():
    assert "(line 4, column 10)" in str(refusal("defaults.min_scor = 1\n" + RULE))


# --- shipped -----------------------------------------------------------------


def test_a_shipped_policy_is_found_by_its_bare_name():
    assert policy_path("gdpr-chat") == shipped()["gdpr-chat"]


def test_an_unknown_bare_name_is_told_with_the_nearest():
    with pytest.raises(PolicyError, match="no shipped policy is called 'gdpr-chta'") as caught:
        policy_path("gdpr-chta")
    assert "did you mean 'gdpr-chat'?" in caught.value.advice


def test_a_path_is_a_path(tmp_path):
    assert policy_path("policies/x.toml").name == "x.toml"
    assert policy_path(tmp_path) == tmp_path
