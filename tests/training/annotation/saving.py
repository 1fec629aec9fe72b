"""A process that saves one act after the other, until it is killed."""

from multiprocessing.connection import Connection
from pathlib import Path

from training.annotation.acts import Act, Clear, SetMark, Submit, SubmitMany, Undo
from training.annotation.coding import Mark
from training.annotation.project import open_project

NAME, FRAMES = "p-01", 12
ACTIONS = ("AU1", "AU4", "AU12")


def act(number: int) -> Act:
    """What the coder did as their act of this number."""
    place = number % FRAMES
    kinds: list[Act] = [
        SetMark(NAME, place, ACTIONS[number % 3], Mark(1), overwrite=True),
        SubmitMany(NAME, {at: {"AU1": Mark(1)} for at in range(place, FRAMES)}, overwrite=True),
        Submit(NAME, place),
        Undo(),
        Clear(NAME, place, overwrite=True),
    ]
    return kinds[number % len(kinds)]


def serve(folder: Path, first: int, told: Connection) -> None:
    """Save one act after the other, and tell of each that is saved."""
    with open_project(folder) as project:
        for number in range(first, 10**9):
            project.apply("ana", "page", act(number), ("page", number))
            told.send(number)
