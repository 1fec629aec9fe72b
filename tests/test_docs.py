"""README, help and configuration comments tell the truth."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cloud.cli
import converter.cli
import device.cli
import training.cli
from device.config import DEFAULTS
from device.contract import errors
from device.contract.mistakes import keys
from device.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PARSERS = {
    "affectbox": device.cli._parser(),
    "affectbox-converter": converter.cli._parser(),
    "affectbox-training": training.cli._parser(),
    "affectbox-cloud": cloud.cli._parser(),
}


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every `PROGRAM COMMAND`, or `PROGRAM COMMAND STEP`, with its parser."""
    for program, parser in PARSERS.items():
        yield from commands_of(program, parser)


def commands_of(program: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from list(commands_of(f"{program} {name}", command)) or [(f"{program} {name}", command)]


COMMANDS = dict(commands())


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 11


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_readme(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `{name}`")), "")
    assert row, f"'{name}' has no row in the README's table"
    general = {"--help", "--config", "--set"}
    for action in COMMANDS[name]._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in general:
                assert f"`{option}`" in row, f"{name} {option} is not in the README"
    assert "`--set SECTION.KEY=VALUE`" in README
    assert "`--config`" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name: str) -> None:
    assert [action.dest for action in COMMANDS[name]._actions if not action.help] == []


def test_every_configuration_key_is_in_the_help_with_a_comment_or_under_one() -> None:
    text = COMMANDS["affectbox check-config"].format_help()
    section, explained = "", set()
    for line in text.splitlines():
        if header := re.match(r"\[(\w+)\](.*)", line):
            section, general = header[1], "#" in header[2]
        elif (entry := re.match(r"(\w+) = ", line)) and ("#" in line or general):
            explained.add(f"{section}.{entry[1]}")
    assert explained == set(keys(Settings))
    assert DEFAULTS.read_text().strip() in text


def test_every_exit_code_is_in_the_readme_and_its_own() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.AffectboxError)]
    codes = [c.exit_code for c in classes]
    assert len(codes) == len(set(codes))
    listed = re.search(r"\*\*Failures\*\*.*?\n\n", README, re.DOTALL)
    assert listed
    assert {int(n) for n in re.findall(r"\b\d+\b", listed[0])} == {*codes, 2} - {errors.AffectboxError.exit_code}


def test_every_make_target_is_listed_and_those_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    listed = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    assert targets == listed
    assert set(re.findall(r"\bmake ([a-z0-9-]+)", README)) - {"alone"} <= targets


def test_links_and_files_named_in_the_readme_exist() -> None:
    for target in re.findall(r"\]\((?!#|https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    tree = README.partition("## The house")[2].partition("```")[2].partition("```")[0]
    folder = ROOT
    for line in tree.splitlines():
        if match := re.match(r"( *)((?:[\w.-]+/?(?:, )?)+)  ", line):
            folder = folder if match[1] else ROOT / match[2].rstrip("/").split(", ")[0]
            base = folder if match[1] else ROOT
            for name in match[2].split(", "):
                assert (base / name.rstrip("/")).exists(), name


def test_no_document_names_a_bundle_that_is_not_there() -> None:
    for name in set(re.findall(r"\bfer-\d+\.\d+\.\d+", README)):
        assert (ROOT / "device" / "bundles" / name).is_dir()
