"""Login names by their spelling and by the only place they can stand in."""

import pytest

from guardrail.detect.usernames import Usernames

NAMES = Usernames()


def found(text):
    return {text[f.start : f.end] for f in NAMES.recognize(text) if f.score >= 0.5}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my teams id is w.aldous and my desk is 4", "w.aldous"),
        ("Skype: harsh.example_ie", "harsh.example_ie"),
        ("my steam is xX_tofu_Xx add me", "xX_tofu_Xx"),
        ("username sunny_b i forgot the rest", "sunny_b"),
        ("Username* yoha_g", "yoha_g"),
        ("please log in as demo.lou and open it", "demo.lou"),
        ("he is on there as jonas404", "jonas404"),
        ("u/throwaway_nn_88 here", "throwaway_nn_88"),
        ("Ticket #1\nReporter: lgriff\nSummary: none", "lgriff"),
        ("venmo me @jess-trn please", "@jess-trn"),
        (".@bright_jo you promised", "@bright_jo"),
        ('{"event":"login","user":"gthorn","n":1}', "gthorn"),
        ("Nov 22 04:11:09 web3 sudo: rkapo : TTY=pts/1 ; USER=root", "rkapo"),
        ('203.0.113.7 - emerald7 [12/Sep/2025:07:41:09 +0000] "GET /"', "emerald7"),
        ("# TODO(anselm): remove", "anselm"),
        ("curl -u lmartin:x https://ci.example.com", "lmartin"),
        ("ssh -p 22 lmartin@host", "lmartin"),
        ("cd /home/annlee/src", "annlee"),
        (r"C:\Users\annlee\Desktop", "annlee"),
    ],
)
def test_a_name_is_told_by_its_spelling_or_its_place(text, name):
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "teams is fine. github is down; Discord: v2.1 is out; account 2.5",
        "login 1.2.3; user user_1; user test_2",
        '{"role":"user","content":"hi"} {"user": "hello there"} {"user":"admin"}',
        "use @media-query and @types/node",
        "cd /home/user/src; cd /root; ls /usr/home",
        "Reporter: Unassigned person",
        "visit github example.com",
    ],
)
def test_versions_words_and_system_accounts_are_no_names(text):
    assert found(text) == set()


def test_a_text_whose_small_letters_are_longer_is_read_whole():
    assert "harsh_p" in found("İ Skype: harsh_p")
