"""Options that several commands spell alike."""

import io
import sys
from pathlib import Path

import pytest

from guardrail.cli import options
from guardrail.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("ledger.db", "ledger.db"),
        ("sqlite:///ledger.db", "ledger.db"),
        ("sqlite:////var/ledger.db", "/var/ledger.db"),
        ("sqlite://ledger.db", "ledger.db"),
    ],
)
def test_a_ledger_is_a_path_or_the_url_of_a_file(text, path):
    assert options.ledger_path(None, text) == Path(path)
    assert options.optional_ledger(text) == Path(path)


def test_no_ledger_is_none_where_none_is_needed():
    assert options.optional_ledger(None) is None


@pytest.mark.parametrize("url", ["postgres://user:secret@host/db", "postgresql://user:secret@host/db"])
def test_a_ledger_in_postgresql_has_its_files_beside_the_key_file_and_shows_no_address(url, tmp_path):
    place = options.ledger_path(url, keys=str(tmp_path / "guard.key"))
    assert options.files(place) == tmp_path / "guard"
    assert options.files(options.ledger_path(f"{url}?schema=acme")) == Path("acme").absolute()
    assert options.files(options.ledger_path(f"{url}?files=/etc/g", keys="a.key")) == Path("/etc/g")
    assert options.files(options.ledger_path(url, keys="env:NAME")) == Path("guardrail").absolute()
    assert "secret" not in f"{place} {place!r}"


def test_an_unknown_kind_of_ledger_is_refused():
    with pytest.raises(ConfigError, match="not known"):
        options.ledger_path("mysql://user:secret@host")


@pytest.mark.parametrize(("given", "said"), [((None, None), "no ledger"), (("a", "b"), "two ledgers")])
def test_exactly_one_ledger_is_named(given, said):
    with pytest.raises(ConfigError, match=said):
        options.ledger_path(*given)


def test_a_public_key_is_a_text_or_a_file_or_the_one_beside(tmp_path):
    file = tmp_path / "key"
    file.write_text("name+0+x\n")
    assert options.public_key("name+0+x", None) == "name+0+x"
    assert options.public_key(str(file), None) == "name+0+x"
    assert options.public_key(None, file) == "name+0+x"
    odd = tmp_path / "a+b"
    odd.write_text("other")
    assert options.public_key(str(odd), None) == "other"
    with pytest.raises(ConfigError, match="no public key"):
        options.public_key(None, None)
    with pytest.raises(ConfigError, match="cannot be read"):
        options.public_key(str(tmp_path / "none"), None)


def test_known_checkpoints_are_read(tmp_path):
    file = tmp_path / "note"
    file.write_bytes(b"n")
    assert options.known_checkpoints([file]) == [b"n"]
    assert options.known_checkpoints(None) == []


def test_line_ends_are_not_touched(tmp_path):
    file = tmp_path / "t"
    file.write_bytes(b"a\r\nb\rc\n")
    assert options.read_text(str(file)) == "a\r\nb\rc\n"


def test_what_is_not_utf_8_is_refused_by_the_place_of_the_byte(tmp_path):
    file = tmp_path / "t"
    file.write_bytes(b"Ann Smith\xff")
    with pytest.raises(ConfigError) as error:
        options.read_text(str(file))
    assert "byte 9" in error.value.message
    assert "Ann" not in error.value.message


def test_someone_at_a_terminal_is_told_that_the_command_waits(monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    options.invite("letter.txt")
    assert capsys.readouterr().err == ""
    options.invite("-")
    assert "Ctrl-D" in capsys.readouterr().err
