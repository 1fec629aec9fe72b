"""Exporting: session by session, so that memory does not grow with their number."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from cloud.erasing import known
from cloud.export import codes, dictionary, folder, formats, sources
from cloud.export.folder import Folder, Kind
from cloud.export.progress import Progress
from cloud.export.sets import SETS
from cloud.export.sources import Source
from cloud.reading import comparison, personal
from cloud.reading.databases import Listed
from cloud.reading.faults import Faults
from cloud.reading.table import Table
from cloud.reports import about
from cloud.reports.summary import records
from device.contract.errors import AffectboxError, DataError
from device.contract.session import Why

_MOST = 5  # sessions that are named
Write = Callable[[Table, IO[bytes]], None]


@dataclass
class Outcome:
    """What became of the sessions.

    Attributes:
        written, size, rows: how many were written, their bytes and their records.
        anew: how many of them took the place of what stood there.
        stood: how many stood there, and were left as they are.
        empty, revoked: those that were left out, because they hold no record, or their consent was revoked.
        gone: how many of the latter stood there and were taken away.
        withheld: those of which what compared them with other people was left out.
        unwatched: those of which the person's own movement was left out.
        faults: what was passed over.
    """

    written: int = 0
    size: int = 0
    rows: int = 0
    anew: int = 0
    stood: int = 0
    empty: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    gone: int = 0
    withheld: list[str] = field(default_factory=list)
    unwatched: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def export(args: argparse.Namespace, progress: TextIO) -> Iterator[str]:
    """Write what the arguments name, and say what was done.

    Raises:
        ConfigError, DataError, IdentityError, RuntimeMissingError, SinkError, StorageError.
    """
    columns = SETS[args.set]
    kind = Kind(args.set, args.format or columns.format)
    folder.check(args.out, kind)
    with sources.opened(args) as source:
        wanted = chosen(source.listed(), args.session, sources.named(args), source.faults)
        outcome = Outcome()
        with folder.opened(args.out, kind) as out:
            for name, text in (dictionary.files(columns) | (codes.files() if args.set == "fhir" else {})).items():
                out.text(name, text)
            _all(_Task(source, out, formats.writer(columns, kind.format), args.again, outcome), wanted, progress)
            outcome.faults.add(source.faults)
            if not outcome.written and not outcome.stood:
                why = [*_left_out(outcome), *outcome.faults.sentences()]
                raise DataError(f"Nothing was written: {'; '.join(why)}.")
    yield from _sentences(outcome, args.out)


def chosen(found: list[Listed], wanted: str | None, where: str, faults: Faults) -> list[Listed]:
    """All, or the one that is wanted. Raises `DataError`: there is none, or several begin so."""
    if not found:
        told = "; ".join(faults.sentences())
        raise DataError(f"{where} holds no session{f' ({told})' if told else ''}: check what you named.")
    if wanted is None:
        return found
    device, _, session = wanted.rpartition("~")
    begun = [one for one in found if one.session.startswith(session) and device in ("", one.device)]
    matching = [one for one in begun if one.session == session] or begun
    if len(matching) != 1:
        why = "is the name or beginning of several sessions" if matching else "is no session"
        raise DataError(f"'{wanted}' {why} of {where}: `affectbox-cloud sessions` lists them.")
    return matching


@dataclass(frozen=True)
class _Task:
    source: Source
    out: Folder
    write: Write
    again: bool
    outcome: Outcome

    def do(self, one: Listed) -> None:
        """Write one session, or leave it out."""
        outcome, name = self.outcome, known.visit(one.device, one.session)
        if one.why == Why.REVOKED:
            self._revoke(one, name)
            return
        if not self.again and self.out.has(one.device, one.session):
            outcome.stood += 1
            return
        table = self.source.table(one)
        outcome.faults.add(table.faults)
        if not len(table):
            outcome.empty.append(name)
        elif table.sessions[0].is_revoked:
            self._revoke(one, name)
        else:
            outcome.anew += self.out.stands(one.device, one.session)
            shown = comparison.permitted(table)
            outcome.withheld += [name] if shown.paths != table.paths else []
            told = personal.permitted(shown)
            outcome.unwatched += [name] if told.paths != shown.paths else []
            outcome.size += self.out.write(told, self.write)
            outcome.written += 1
            outcome.rows += len(table)

    def _revoke(self, one: Listed, name: str) -> None:
        self.outcome.gone += self.out.take_away(one.device, one.session)
        self.outcome.revoked.append(name)


def _all(task: _Task, wanted: list[Listed], progress: TextIO) -> None:
    bar, outcome = Progress(len(wanted), progress), task.outcome
    try:
        for one in wanted:
            task.do(one)
            bar.step(f"{known.visit(one.device, one.session)}, {_bytes(outcome.size)} written")
    except AffectboxError as error:
        if done := outcome.written + outcome.stood:
            of = f"{done} of {len(wanted)} sessions {'stands' if done == 1 else 'stand'} whole"
            error.args = (f"{error} {of} in {task.out.path}; the same command goes on with the rest.",)
        raise
    finally:
        bar.end()


def _sentences(outcome: Outcome, path: Path) -> Iterator[str]:
    what = f"{records(outcome.rows)}, {_bytes(outcome.size)}"
    yield f"Written      {_sessions(outcome.written)}: {what}, in {path}"
    if outcome.anew:
        yield f"Replaced     {_sessions(outcome.anew)} of these stood there before, now written anew"
    if outcome.stood:
        yield f"Stood there  {_sessions(outcome.stood)}, left as they are (--again writes them anew)"
    for sentence in _left_out(outcome):
        yield f"Left out     {sentence}"
    if outcome.withheld:
        why = "no consent covers it, or nobody like this person is in its evidence"
        which = f"{_sessions(len(outcome.withheld))} without the comparison with other people ({why})"
        yield f"Withheld     {which}: {_named(outcome.withheld)}"
    if outcome.unwatched:
        why = "no consent covers it, or the bundle was not theirs"
        which = f"{_sessions(len(outcome.unwatched))} without the person's own movement ({why})"
        yield f"Withheld     {which}: {_named(outcome.unwatched)}"
    yield from about.passed_over(outcome.faults)
    yield f"Columns      {path / dictionary.FOR_PEOPLE} says what they mean"


def _left_out(outcome: Outcome) -> Iterator[str]:
    if outcome.empty:
        why = "no record (the box may have sent only seconds or minutes, or nothing yet)"
        yield f"{_sessions(len(outcome.empty))} with {why}: {_named(outcome.empty)}"
    if outcome.revoked:
        gone = f"; of {outcome.gone} the files that stood here were taken away" if outcome.gone else ""
        yield f"{_sessions(len(outcome.revoked))} whose consent was revoked: {_named(outcome.revoked)}{gone}"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
