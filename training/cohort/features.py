"""From sessions to a table with a row for each participant."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from device.contract.errors import ConfigError, DataError
from device.contract.features import NAMES, SESSION
from device.contract.session import UNNAMED
from training.cohort.people import Participant, named_after
from training.cohort.table import FeatureTable
from training.cohort.taken import Floats, Taken

#: Share of the participants who must have held a phase, for it to be a column if nobody names the columns.
MOST = 0.5
NOTHING = "No feature was measured in anybody (the records' `reasons`, and what the consents cover, say why)"


@dataclass(frozen=True, eq=False)
class Chosen:
    """The sessions of a study.

    Attributes:
        by_person: pseudonym → sessions that count, those of participants alone.
        twice: sessions that stand in several files; the one with the most records counts.
        revoked, empty: sessions that do not count.
        nobodys: sessions of people who are not among the participants.
    """

    by_person: dict[str, list[Taken]]
    twice: list[str] = field(default_factory=list)
    revoked: list[Taken] = field(default_factory=list)
    empty: list[Taken] = field(default_factory=list)
    nobodys: list[Taken] = field(default_factory=list)

    @property
    def sessions(self) -> list[Taken]:
        """All that count."""
        return [one for several in self.by_person.values() for one in several]


def choose(people: Sequence[Participant], sessions: Iterable[Taken]) -> Chosen:
    """The sessions of these people, each once; the same in whatever order they come."""
    found, twice = _each_once(sessions)
    revoked = [one for one in found if one.is_revoked]
    empty = [one for one in found if not one.is_revoked and not one.parts]
    by_person: dict[str, list[Taken]] = {person.pseudonym: [] for person in people}
    nobodys = []
    for one in (one for one in found if one.parts):
        whose = whose_is(one, by_person.keys())
        by_person[whose].append(one) if whose else nobodys.append(one)
    return Chosen(by_person, twice, revoked, empty, nobodys)


def _each_once(sessions: Iterable[Taken]) -> tuple[list[Taken], list[str]]:
    found: dict[str, Taken] = {}
    twice = set()
    for one in sorted(sessions, key=lambda one: (one.visit, not one.is_revoked, -one.frames[:1].sum(), one.source)):
        if found.setdefault(one.visit, one) is not one:
            twice.add(one.visit)
    return [*found.values()], sorted(twice)


def first_alone(chosen: Chosen) -> Chosen:
    """Of the sessions of each person only the first, as a box judges a single one."""
    found = {
        pseudonym: sorted(several, key=lambda one: (one.began, one.visit))[:1]
        for pseudonym, several in chosen.by_person.items()
    }
    return replace(chosen, by_person=found)


def whose_is(session: Taken, pseudonyms: Iterable[str]) -> str:
    """Whose session it is: by what it tells, else by the name of its file, which begins with the pseudonym; '' where
    neither is a participant."""
    known = set(pseudonyms)
    if session.patient and session.patient != UNNAMED:
        return session.patient if session.patient in known else ""
    return named_after(session.source, known)


def phases_of(chosen: Chosen, wanted: Sequence[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The phases that become columns, and how many participants held each of the others.

    Raises:
        ConfigError: a phase is wanted that nobody held, or the whole session beside phases.
        DataError: there is no session.
    """
    recorded = [several for several in chosen.by_person.values() if several]
    if not recorded:
        raise DataError("No participant has a recording: check the pseudonyms in the table and in the sessions.")
    held = Counter(part for several in recorded for part in {part for one in several for part in one.parts})
    del held[SESSION]
    if SESSION in wanted and len(wanted) > 1:
        raise ConfigError(f"--phases is {SESSION}, or phases: not both.")
    if unknown := [name for name in wanted if name != SESSION and name not in held]:
        there = ", ".join(sorted(held)) or "there is none"
        raise ConfigError(f"Nobody held a phase {unknown[0]!r}: {there}.")
    usual = tuple(name for name in sorted(held) if held[name] >= MOST * len(recorded))
    picked = tuple(wanted) or usual or (SESSION,)
    return picked, {name: count for name, count in sorted(held.items()) if name not in picked}


def feature_table(
    people: Sequence[Participant], chosen: Chosen, phases: tuple[str, ...], made: dict[str, str]
) -> FeatureTable:
    """The table: a row for each participant of whom there is a session; of several sessions the mean, weighted by the
    time in which the face was measured."""
    rows = [person for person in people if chosen.by_person[person.pseudonym]]
    shape = (len(rows), len(phases))
    values = np.full((*shape, len(NAMES)), np.nan)
    coverage, seconds, frames = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape)
    for row, person in enumerate(rows):
        for column, phase in enumerate(phases):
            held = [(one, one.parts.index(phase)) for one in chosen.by_person[person.pseudonym] if phase in one.parts]
            if not held:
                continue
            lasted = np.array([one.seconds[at] for one, at in held])
            covered = np.nan_to_num([one.coverage[at] for one, at in held])
            measured = lasted * covered
            values[row, column] = _mean(np.stack([one.values[at] for one, at in held]), measured)
            seconds[row, column], frames[row, column] = lasted.sum(), sum(one.frames[at] for one, at in held)
            coverage[row, column] = measured.sum() / lasted.sum() if lasted.sum() else np.nan
    return FeatureTable(
        tuple(rows),
        phases,
        values,
        coverage,
        seconds,
        frames,
        simulated=any(one.is_simulated for one in chosen.sessions),
        sessions=max(len(_holding(phases, several)) for several in chosen.by_person.values()),
        off_box=tuple(
            name for name in phases if all(name in one.off_box for one in _holding([name], chosen.sessions))
        ),
        made=made,
    )


def _holding(phases: Sequence[str], sessions: Sequence[Taken]) -> list[Taken]:
    """Those of the sessions that have one of these phases."""
    return [one for one in sessions if not {*phases}.isdisjoint(one.parts)]


def measured(table: FeatureTable) -> tuple[FeatureTable, list[str]]:
    """The table without those of whom nothing was measured, and their pseudonyms: what is filled in for them would
    count as theirs, and a box says nothing of such people. Raises `DataError`: there is nobody else."""
    known = np.asarray(np.isfinite(table.matrix).any(axis=1))
    if not known.any():
        raise DataError(f"{NOTHING}, so there is no table.")
    return table.take(known), [table.people[row].pseudonym for row in np.flatnonzero(~known).tolist()]


def _mean(values: Floats, weights: Floats) -> Floats:
    """(F,) the mean of (N, F) by weights (N,), over what is known; NaN where nothing is."""
    known = np.isfinite(values) * weights[:, None]
    total = known.sum(0)
    with np.errstate(invalid="ignore"):
        found: Floats = (np.nan_to_num(values) * known).sum(0) / total
    return found
