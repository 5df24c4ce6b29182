"""Files that appear whole or not at all, and progress that only those see who wait."""

import io
import sys
from pathlib import Path

import pytest

from guardrail.cli import output
from guardrail.errors import ConfigError


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_file_is_there_when_the_block_ends_well(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with output.written(path) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def break_off(path, fault):
    with output.written(path) as stream:
        stream.write(b"half")
        raise fault


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interrupted_block_leaves_the_old_file_and_no_draft(tmp_path, fault):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(fault):
        break_off(path, fault)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_is_missing_is_a_clear_error(tmp_path):
    with (
        pytest.raises(ConfigError, match="no such file or directory"),
        output.written(tmp_path / "no" / "out"),
    ):
        pass


def test_a_disk_that_fills_up_is_a_clear_error(tmp_path):
    with pytest.raises(ConfigError, match="no space"), output.written(tmp_path / "out"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_neither_cut_nor_wrapped_in_a_pipe(capsys):
    output.print_table(("A", "B"), [("x" * 300, "[bold]y[/bold]")])
    out = capsys.readouterr().out
    assert "x" * 300 + "  [bold]y[/bold]" in out


def test_progress_is_silent_without_a_terminal(capsys):
    with output.progress("working") as report:
        report("step", 0.5)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_a_bar_to_those_who_wait_and_takes_it_away(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(output, "PATIENCE_S", -1.0)
    with output.progress("loading") as report:
        report("names", 0.5)
        report("", 0.9)
    assert "loading: names" in screen.getvalue()


def test_progress_of_short_work_shows_nothing(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(output, "PATIENCE_S", 3_600.0)
    with output.progress("loading") as report:
        report("names", 0.5)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("name", [".", "/"])
def test_a_folder_is_refused_as_output(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="is a directory"), output.written(Path(name)):
        pass
    assert list(tmp_path.iterdir()) == []
