"""What the page works on: a project, the coder who sits there, and how the coder likes it."""

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from device.contract.errors import ConfigError
from training.annotation.codebook import Entry, read_codebook
from training.annotation.coding import ACTIONS, Coded, Sequence
from training.annotation.page import keymap as keymaps
from training.annotation.page.network import FaceBox, Network
from training.annotation.project import Project

_SECRET, _LEVEL = "page-secret", "level"
_FIRST_LEVEL = 1


@dataclass(eq=False)
class Desk:
    """One coder at one project.

    Attributes:
        coder: the name as the project keeps it.
        review: the two coders whose disagreements are gone through; None: coding.
        tickets: what lets a browser in once, beside the secret.
    """

    project: Project
    coder: str
    review: tuple[str, str] | None = None
    network: Callable[[], Network] = field(default_factory=lambda: _shipped, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _opened: Network | None = None
    tickets: set[str] = field(default_factory=set, repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all sequences; the page knows them by their number in this."""
        return tuple(entry.name for entry in self.project.entries())

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """What coders call each sequence: its name, or where that may tell of the group, the participant's."""
        entries = self.project.entries()
        if not self.project.blind:
            return self.names
        so_far, titles = Counter[str](), []
        for entry in entries:
            so_far[entry.participant] += 1
            titles.append(f"{entry.participant or 'various people'}, {so_far[entry.participant]}")
        return tuple(titles)

    @cached_property
    def secret(self) -> str:
        """What lets the coder's browser in; the same each time, so that a page outlives the program."""
        kept = self.project.recall(self.coder, _SECRET)
        if not kept:
            kept = secrets.token_urlsafe(24)
            self.project.remember(self.coder, _SECRET, kept)
        return kept

    def ticket(self) -> str:
        """A new one."""
        made = secrets.token_urlsafe(24)
        self.tickets.add(made)
        return made

    @cached_property
    def identity(self) -> str:
        """A name for what the browser keeps of this project and coder."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:16]

    @property
    def codebook(self) -> dict[str, Entry]:
        """Words on the project's actions."""
        book = read_codebook()
        return {key: book[key] for key in self.project.actions}

    def sequence(self, number: int) -> Sequence:
        """The sequence of a number. Raises `ConfigError`: there is none; `SourceError`: it cannot be read."""
        return self.project.sequence(self.name(number))

    def name(self, number: int) -> str:
        """The name of a sequence. Raises `ConfigError`."""
        if not 0 <= number < len(self.names):
            raise ConfigError(f"There is no sequence {number}: reload the page.")
        return self.names[number]

    def keymap(self) -> keymaps.KeyMap:
        """The coder's keys."""
        return keymaps.kept(self.project.keys(self.coder), self.project.actions)

    def set_keymap(self, keys: keymaps.KeyMap, level: int) -> None:
        """Keep the coder's keys, and the level that an action's key codes."""
        self.project.set_keys(self.coder, keymaps.to_keep(keys))
        self.project.remember(self.coder, _LEVEL, str(level))

    @property
    def level(self) -> int:
        """The value that an action's key codes."""
        kept = self.project.recall(self.coder, _LEVEL)
        return min(int(kept), self.project.scale.largest) if kept.isdigit() and int(kept) else _FIRST_LEVEL

    def opinion(self, name: str, place: int) -> dict[str, float] | None:
        """What the face network thinks of a frame, 0–5 an action; None: it finds no face. Raises `ModelError`,
        `RuntimeMissingError`, `SourceError`."""
        with self._lock:
            return self._network()(self.project.pixels(name, place))

    def face(self, name: str, place: int) -> FaceBox | None:
        """Where the face of a frame is; None: none is found. Raises as `opinion`."""
        with self._lock:
            return self._network().face(self.project.pixels(name, place))

    def _network(self) -> Network:
        self._opened = self._opened or self.network()
        return self._opened


def _shipped() -> Network:
    from training.annotation.page.opinion import ShippedNetwork  # noqa: PLC0415 - the page opens without it

    return ShippedNetwork()


def actions(project: Project) -> list[dict[str, str]]:
    """The project's actions as the page knows them."""
    return [msgspec.to_builtins(ACTIONS[key]) for key in project.actions]


def shown(coded: Coded) -> dict[str, Any]:
    """A coded frame as the page knows it: marks that are 0 are left out."""
    return {
        "marks": {action: [mark.value, mark.side.value] for action, mark in coded.marks.items() if mark.value},
        "hidden": sorted(coded.hidden),
        "codable": coded.codable,
        "submitted": coded.submitted,
        "asked": coded.asked,
        "judged": sorted(coded.judged),
    }
