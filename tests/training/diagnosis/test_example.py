"""`make cohort`: what its script runs are commands that there are, with options that they take."""

import re
import shlex
from pathlib import Path

import pytest

import converter.cli
import device.cli
import training.cli
from training.cohort.plan import read_plan
from training.diagnosis import refusal

FOLDER = Path(training.__file__).parent / "diagnosis"
PARSERS = {
    "affectbox": device.cli._parser,
    "affectbox-converter": converter.cli._parser,
    "affectbox-training": training.cli._parser,
}
SCRIPT = (FOLDER / "example.sh").read_text().replace("\\\n", " ")
LINES = [re.split(r" (?:2>&1 &&|>>?|\|)", line)[0] for line in re.findall(r"^\s*run (affectbox.*)$", SCRIPT, re.M)]


def test_the_whole_road_is_walked():
    steps = [" ".join(shlex.split(line)[:3]) for line in LINES]

    for step in ("cohort simulate", "cohort check", "cohort features", "diagnosis evaluate", "diagnosis train"):
        assert f"affectbox-training {step}" in steps
    for step in ("affectbox-training diagnosis export", "affectbox-training targets compare"):
        assert step in steps
    assert any(line.startswith("affectbox diagnosis ") for line in LINES)


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_taken(line):
    program, *words = shlex.split(line)

    PARSERS[program]().parse_args(words)


def test_its_groups_are_large_enough_though_one_of_each_is_held_out():
    people = read_plan(FOLDER / "example.toml").people

    assert min(people.values()) - 1 > refusal.FEWEST_PEOPLE
