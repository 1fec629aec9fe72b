"""The process that saves is killed, or the power of its disk is cut: what it acknowledged is there, and once."""

import multiprocessing
import random
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.disk import Disk, why_not
from tests.training.annotation.saving import ACTIONS, FRAMES, NAME, act, serve
from training.annotation.project import Project, create, open_project

KILLS, CUTS = 20, 8
WAIT_S = 60.0


def killed(folder: Path, first: int, moment: random.Random, disk: Disk | None = None) -> int:
    """The last act that was acknowledged before the process was killed at some moment; with its disk, if one is given,
    whose power is cut."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.training.annotation.saving"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(folder, first, theirs))
    process.start()
    theirs.close()
    for _ in range(moment.randrange(1, 8)):
        assert ours.poll(WAIT_S)
        acknowledged = int(ours.recv())
    process.join(moment.random() * 0.01)
    if disk:  # what is said in the moment of the cut does not count: there even a synced file of one byte may be lost
        acknowledged = newest(ours, acknowledged)
        disk.cut_the_power()
    process.kill()
    process.join()
    if disk:
        disk.mount_again()
    return acknowledged if disk else newest(ours, acknowledged)


def newest(told: Connection, acknowledged: int) -> int:
    """The last number that was told."""
    with suppress(EOFError):
        while told.poll():
            acknowledged = int(told.recv())
    return acknowledged


def pictures(folder: Path) -> Path:
    (folder / NAME).mkdir(parents=True)
    for number in range(FRAMES):
        cv2.imwrite(str(folder / NAME / f"{number}.png"), np.zeros((4, 4), np.uint8))
    return folder


def everything(project: Project) -> object:
    return project.coded("ana", NAME), project.progress("ana"), project.undoable("ana")


def lose_nothing(folder: Path, source: Path, kills: int, disk: Disk | None = None) -> None:
    moment, last = random.Random(7), 0
    with create(folder, source, actions=ACTIONS) as project:
        project.enter("ana", "page")
    for _ in range(kills):
        acknowledged = killed(folder, last + 1, moment, disk)  # the page sends again what it never heard of
        with open_project(folder) as project:
            kept = project.last_number("page")
        assert kept >= acknowledged > last
        last = acknowledged
    with create(source.parent / "whole", source, actions=ACTIONS) as whole, open_project(folder) as project:
        whole.enter("ana", "page")
        for number in range(1, kept + 1):
            whole.apply("ana", "page", act(number), ("page", number))
        assert everything(project) == everything(whole)
        assert len(project.history()) == kept >= kills


def test_twenty_kills_in_mid_save_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    lose_nothing(tmp_path / "killed", pictures(tmp_path / "source"), KILLS)


@pytest.mark.chaos
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_power_cuts_in_mid_save_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with Disk(tmp_path / "disk") as disk:
        lose_nothing(disk.folder / "project", pictures(tmp_path / "source"), CUTS, disk)
