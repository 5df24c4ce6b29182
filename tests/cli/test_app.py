"""How every command begins and ends."""

import re
import signal
import subprocess
import sys
from importlib import metadata

import pytest
import typer
from commands import command, fill, plain_environment, process

from guardrail.cli.app import Ending, app, main
from guardrail.cli.options import Channels
from guardrail.errors import BlockedError, ConfigError
from guardrail.ledger import Ledger
from guardrail.types import CHANNELS
from guardrail.vault.keys import Keys

COMMANDS = [
    ["scrub"],
    ["detect"],
    ["check"],
    ["doctor"],
    ["policy", "explain"],
    ["policy", "diff"],
    ["ledger", "verify"],
    ["ledger", "show"],
    ["ledger", "prove"],
    ["ledger", "checkpoint"],
    ["evidence", "export"],
    ["evidence", "verify"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_with_examples(shell, words):
    result = shell(*words, "--help")
    assert result.code == 0
    assert f"guardrail {' '.join(words)} " in result.out.split("Examples:")[1]


def test_without_a_command_the_help_is_shown(shell):
    result = shell("--help")
    assert result.code == 0
    for words in COMMANDS:
        assert words[0] in result.out
    assert shell().code == 2


def test_the_version_is_that_of_the_distribution(shell):
    assert shell("--version").out == f"guardrail {metadata.version('guardrail-pii')}\n"


def test_channels_on_the_command_line_are_the_channels():
    assert tuple(Channels) == CHANNELS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scurb"], "No such command"),
        (["scrub", "--polcy", "x"], "No such option"),
        (["ledger", "prove"], "Missing argument"),
        (["ledger", "prove", "minus"], "Invalid value"),
        (["evidence", "export"], "Missing option"),
    ],
)
def test_a_wrong_command_line_is_a_message_and_exit_2(shell, words, said):
    result = shell(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {said}")
    assert "what to do: read: guardrail" in result.err


def test_a_text_given_as_too_many_arguments_is_not_repeated(shell):
    result = shell("policy", "explain", "gdpr-chat", "x", "Ann Smith")
    assert result.code == 2
    assert "too many arguments" in result.err
    assert "Ann" not in result.err


def test_a_text_given_in_place_of_a_command_is_not_repeated(shell):
    result = shell("Ann Smith, ann@example.com")
    assert result.code == 2
    assert result.err == "error: no such command\nwhat to do: read: guardrail --help\n"


def ended(fault, capsys):
    """Run a command that raises `fault` under the real ending; return its code and messages."""
    failing = typer.Typer(cls=Ending)

    @failing.command()
    def one():
        raise fault

    @failing.command()
    def other():
        """Make it a group."""

    code = failing(["one"], standalone_mode=False)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (ConfigError("no model", advice="install one"), 2, "error: no model\nwhat to do: install one\n"),
        (ConfigError("no model"), 2, "error: no model\n"),
        (BlockedError(policy="p", rule="r", entity="ID"), 1, "blocked by rule 'r'"),
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device"), 2, "error: no space left on device"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_every_end_has_its_code_and_its_words(capsys, monkeypatch, fault, code, said):
    monkeypatch.setattr("guardrail.cli.app._leave_pipe", lambda: None)  # the test's own stdout must live on
    got, err = ended(fault, capsys)
    assert got == code
    assert said in err
    assert bool(err) == bool(said)


def test_an_internal_fault_is_told_by_type_and_place_never_by_its_message(capsys):
    code, err = ended(ValueError("Ann Smith is not a number"), capsys)
    assert code == 2
    assert "an internal fault: ValueError at test_app.py:" in err
    assert "Ann" not in err


def test_starting_the_command_line_loads_no_heavy_library():
    heavy = (
        "spacy",
        "presidio_analyzer",
        "pydantic",
        "sqlite3",
        "jinja2",
        "starlette",
        "numpy",
        "cryptography",
    )
    code = (
        "import sys; before = set(sys.modules); import guardrail.cli.app; "  # a coverage tool brings its own
        f"print([m for m in {heavy!r} if m in sys.modules and m not in before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_process_ends_with_the_code_of_the_command(tmp_path):
    for words, code in (
        (["--version"], 0),
        (["ledger", "verify", tmp_path / "none.db"], 50),
        (["nothing"], 2),
    ):
        assert subprocess.run(command(*words), capture_output=True, check=False).returncode == code


@pytest.fixture
def long_ledger(tmp_path):
    """Return a ledger that prints more than a pipe holds."""
    path = tmp_path / "long.db"
    with Ledger.open(path, seed=Keys.ephemeral().log_seed) as book:
        fill(book, 1_000)
    return path


def test_a_closed_pipe_ends_quietly(long_ledger):
    with process("ledger", "show", long_ledger, "--json") as running:
        assert running.stdout.readline().startswith(b'{"index": 0')
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(120) == 141


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_ends_with_its_code_and_without_a_traceback(number, code):
    with process("detect", "--jsonl") as running:
        running.stdin.write(b'{"id": 1, "text": "ann@example.com"}\n')
        running.stdin.flush()
        assert running.stdout.readline().startswith(b'{"id": 1')  # it answers at once, and waits for more
        running.send_signal(number)
        assert running.wait(120) == code
        assert running.stderr.read() == b""
        running.stdin.close()


def on_terminal(words, **environment):
    """Run a command whose stdout and stderr are a terminal; return what it showed."""
    import os
    import pty

    leader, follower = pty.openpty()
    done = subprocess.run(
        command(*words),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env=plain_environment(**environment),
        check=False,
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65_536):
            shown += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(leader)
    return done.returncode, shown.decode()


def test_colours_are_for_terminals_and_no_color_is_honoured(tmp_path):
    words = ["ledger", "show", tmp_path / "none.db"]
    code, shown = on_terminal(words)
    assert code == 2
    assert re.search(r"\x1b\[1;31m\s*error: ", shown)
    assert "\x1b[1;31m" not in on_terminal(words, NO_COLOR="1")[1]
    piped = subprocess.run(command(*words), capture_output=True, env=plain_environment(), check=False)
    assert b"\x1b" not in piped.stderr


def test_main_takes_the_arguments_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["guardrail", "--version"])
    from guardrail.cli import main as entry

    assert entry() == 0
    assert "guardrail" in capsys.readouterr().out


def test_an_interrupt_before_the_first_command_is_one_too(monkeypatch):
    from guardrail import cli

    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("guardrail.cli.app.main", interrupt)
    assert cli.main() == 130


def test_main_leaves_the_signals_alone_in_another_thread(capsys):
    import threading

    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0]
    assert app.info.name == "guardrail"


@pytest.mark.parametrize("words", [[], ["ledger"]], ids=["guardrail", "a group"])
def test_a_missing_command_is_called_so(shell, words):
    result = shell(*words)
    assert result.code == 2
    assert "error: no command is named" in result.err


def test_a_channel_that_does_not_exist_is_told_in_plain_words(shell):
    result = shell("scrub", "--channel", "prompts")
    assert result.code == 2
    assert "Value error" not in result.err
    assert "'prompts' is not one of" in result.err
