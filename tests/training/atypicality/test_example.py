"""`make atypicality`: what its script runs are commands that there are, with options that they take."""

import re
import shlex
from pathlib import Path

import pytest

import training.cli
from device.contract.toml import parse, read_toml
from tests.training.diagnosis.test_example import PARSERS
from training.atypicality import refusal
from training.atypicality.plan import Plan

FOLDER = Path(training.__file__).parent / "atypicality"
SCRIPT = (FOLDER / "example.sh").read_text().replace("\\\n", " ")
LINES = [re.split(r" (?:2>&1 &&|>>?|\|)", line)[0] for line in re.findall(r"^\s*run (affectbox.*)$", SCRIPT, re.M)]


def test_the_whole_road_is_walked():
    steps = {" ".join(shlex.split(line)[1:3]) for line in LINES}

    assert {f"atypicality {step}" for step in ("simulate", "check", "evaluate", "train", "export")} <= steps
    assert any(line.startswith("affectbox atypicality ") for line in LINES)


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_taken(line):
    program, *words = shlex.split(line)

    PARSERS[program]().parse_args(words)


def test_its_children_are_enough_for_both_bundles():
    file = FOLDER / "example.toml"
    plan = parse(Plan, [(read_toml(file, "--plan"), str(file))])

    assert plan.people["typical"] > refusal.FEWEST_PEOPLE  # one is held out
