"""The documents are true in what can be checked: links, commands, keys, bounds, tests, words."""

from __future__ import annotations

import re
import shlex
import types
import typing
from importlib import import_module

import pages
import pytest
import typer

from guardrail.cli.app import app
from guardrail.detect import Detector
from guardrail.entities import ENTITIES
from guardrail.policy.actions import OPTIONS
from guardrail.policy.model import Closed, Policy
from guardrail.policy.retention import DEFAULTS
from guardrail.types import CHANNELS

PAGES = {pages.name(page): page for page in pages.pages()}
POLICIES = PAGES["docs/policies.md"]
LIMITATIONS = PAGES["docs/limitations.md"]

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^(?:.*\| *)?(guardrail (?:[a-z]|--).*)$")
NOT_USED = re.compile(
    r"\b(anonymi[sz]ed|compliant|scan(?:s|ned|ning)?|saniti[sz]\w*|cleans(?:e|es|ed|ing)|blobs?|metadata"
    r"|managers?|helpers?|utils?)\b",
    re.IGNORECASE,
)


def anchors(text):
    """Return the names that a forge gives to the headings."""
    heads = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_between_pages_leads_somewhere(name):
    page = PAGES[name]
    for target in LINK.findall(pages.prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(linked.read_text("utf-8")), f"{name}: {target}"


def test_every_page_of_the_folder_is_reached_from_the_index():
    index = (pages.ROOT / "docs/README.md").read_text("utf-8")
    for page in (pages.ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
    for page in (pages.ROOT / "docs/spec").glob("*.md"):
        assert f"(spec/{page.name})" in index


@pytest.mark.parametrize("name", PAGES)
def test_no_page_uses_a_word_that_means_something_else(name):
    text = pages.prose(PAGES[name]).partition("## Words that are not used")[0]
    assert not NOT_USED.findall(text)


def commands_of(page):
    """Return every command line of guardrail that the page names."""
    shell = [block for block in pages.blocks(page) if block.language == "sh"]
    lines = [line for block in shell for line in block.source.splitlines()]
    joined = [" ".join(span.split()) for span in pages.spans(page)]
    return [match[1] for line in [*lines, *joined] if (match := COMMAND.match(line))]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_a_page_names_exists_with_its_options(name):
    for line in commands_of(PAGES[name]):
        command = typer.main.get_command(app)
        words = shlex.split(line.partition(" #")[0], posix=False)[1:]
        while words and getattr(command, "commands", None) and not words[0].startswith("-"):
            first = words.pop(0)
            alternatives = first.split("\\|") if "\\|" in first else first.split("|")
            assert set(alternatives) <= set(command.commands), f"{name}: {line}"
            command = command.commands[alternatives[0]]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= known, f"{name}: {line}"


def test_the_table_of_commands_is_whole():
    def leaves(command, path):
        for name, inner in command.commands.items():
            if getattr(inner, "commands", None):
                yield from leaves(inner, f"{path} {name}")
            else:
                yield f"{path} {name}"

    readme = PAGES["README.md"].read_text("utf-8")
    told = set(re.findall(r"^\| `(guardrail [a-z ]+)` \|", readme, re.MULTILINE))
    assert told == set(leaves(typer.main.get_command(app), "guardrail"))


def inner_model(annotation):
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, Closed) else None
    return next((m for part in typing.get_args(annotation) if (m := inner_model(part))), None)


def default_of(key, field):
    if field.is_required():
        return "required"
    if key.startswith("retention.") and key.count(".") == 1:
        return f'`"{DEFAULTS[key.partition(".")[2]]}"`'
    if field.default is None or field.default == ():
        return "–"
    if field.default == CHANNELS:
        return "all channels"
    if isinstance(field.default, str):
        return f'`"{field.default}"`'
    return f"`{str(field.default).lower()}`"


def keys_of(model, path=()):
    """Yield every key of a policy and what holds where it is left out."""
    for attribute, field in model.model_fields.items():
        key = ".".join([*path, field.alias or attribute])
        inner = inner_model(field.annotation)
        if inner is None or key == "scopes.rules":
            yield [f"`{key}`", default_of(key, field)]
            continue
        if path == ("retention",):
            yield [f"`{key}`", default_of(key, field)]
        yield from keys_of(inner, (*path, field.alias or attribute))


def test_the_table_of_keys_is_that_of_the_model():
    assert [row[:2] for row in pages.table(POLICIES, "keys")] == list(keys_of(Policy))


def test_the_table_of_actions_is_that_of_the_language():
    told = {row[0].strip("`"): row[1] for row in pages.table(POLICIES, "actions")}
    assert told == {
        # A presidio operator has options of its own; the one that names it is ours.
        name: ", ".join(f"`{option}`" for option in options) or "none"
        for name, options in OPTIONS.items()
    }


def test_the_table_of_entities_is_that_of_the_detectors():
    rows = pages.table(POLICIES, "entities")
    assert {row[0].strip("`"): row[1] for row in rows} == dict(ENTITIES)
    patterns = Detector.load(names="none").entities
    assert {row[0].strip("`") for row in rows if row[2] == "yes"} == patterns
    everything = Detector.load(wanted=frozenset({"ORGANIZATION"})).entities
    assert {row[0].strip("`") for row in rows if row[2] != "no"} == everything


def test_the_bounds_are_those_of_the_code():
    rows = pages.table(LIMITATIONS, "bounds")
    assert rows
    for _, value, where in rows:
        module, _, constant = where.strip("`").partition(":")
        assert getattr(import_module(module), constant) == int(value.replace(",", "")), where


def test_every_test_that_a_page_names_exists():
    defined = {
        name
        for file in (pages.ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    for name, page in PAGES.items():
        told = {span for span in pages.spans(page) if re.fullmatch(r"test_\w+", span)}
        assert told <= defined, f"{name}: {sorted(told - defined)}"


def test_every_file_that_a_page_names_exists():
    for name, page in PAGES.items():
        for span in pages.spans(page):
            if re.fullmatch(r"(?:guardrail|tests|docs|policies|examples|bench)/[\w./-]*\w", span):
                assert (pages.ROOT / span).exists(), f"{name}: {span}"


def test_every_word_of_the_glossary_has_one_row():
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", PAGES["docs/glossary.md"].read_text("utf-8"), re.MULTILINE)
    assert words
    assert len(words) == len(set(words))
