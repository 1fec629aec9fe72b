"""What `affectbox-training coding` does."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from device.contract.errors import ConfigError, DataError, SourceError, StorageError
from training.annotation.agreement import report
from training.annotation.agreement.compare import Agreement, compare
from training.annotation.agreement.disagreements import disagreements
from training.annotation.coders import clean_name
from training.annotation.coding import AGREED, Annotations
from training.annotation.coding import Sequence as Frames
from training.annotation.files.exchange import Into, keep
from training.annotation.files.layouts import BY_NAME, CSV, PUBLISHED, layout_of
from training.annotation.project import Project, open_project
from training.tables import read_table, table_bytes, unfloated

_PAGE = "agreement.html"


def export(arguments: argparse.Namespace) -> int:
    """Write the files. Raises `AffectboxError`."""
    with open_project(arguments.project) as project:
        coded = [one for coder in project.chosen(arguments.coder or ()) for one in project.annotations(coder)]
    if not coded:
        raise DataError(f"Nothing is coded in {arguments.project} yet: there is nothing to export.")
    _require_free(arguments.out, arguments.overwrite)
    groups = _groups(arguments)
    options = {} if groups is None else {"groups": groups}
    written = BY_NAME[arguments.layout].write(coded, arguments.out, **options)
    _say(written.lost)
    if not written.files:
        raise DataError(
            f"Nothing that is coded in {arguments.project} has a place in the layout {arguments.layout}: submit "
            f"frames first, or take another layout, as --layout {CSV}, which holds everything. No file was written."
        )
    print(f"wrote {len(written.files)} {'file' if len(written.files) == 1 else 'files'} to {arguments.out}")
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Read the files into the project. Raises `AffectboxError`; nothing was changed, then."""
    layout = arguments.layout or layout_of(arguments.path)
    if layout is None:
        raise ConfigError(f"{arguments.path} does not say what it is: give --layout, one of {', '.join(BY_NAME)}.")
    if layout == PUBLISHED and not arguments.coder:
        raise ConfigError("The published layout does not say who coded: give --coder.")
    coder = clean_name(arguments.coder) if arguments.coder else ""
    with open_project(arguments.project) as project:
        sequences = tuple(_readable(project))
        found = BY_NAME[layout].read(arguments.path, Into(sequences, project.scale, project.actions, coder))
        _say(found.notes)
        if not found.annotations:
            raise DataError(f"{arguments.path} holds no codes of this project's actions: nothing was changed.")
        if not arguments.overwrite:
            _require_unlike_nothing(project, found.annotations)
        project.put_all(found.annotations, arguments.overwrite)
    for one in found.annotations:
        print(f"{one.sequence.name}, {one.coder}: {len(one.frames)} frames, {len(one.episodes)} episodes")
    return 0


def agreement(arguments: argparse.Namespace) -> int:
    """Say how far coders agree. Raises `AffectboxError`."""
    with open_project(arguments.project) as project:
        names = project.chosen(arguments.coders or ())
        if not arguments.coders:
            names = tuple(name for name in names if name != AGREED)
        coded = [mine for name in names if (mine := project.annotations(name))]
    if len(coded) < 2:
        raise DataError(f"{len(coded)} of {len(names)} coders coded anything in {arguments.project}: it takes two.")
    found = compare(coded, arguments.window)
    print(report.text(found), end="")
    if arguments.out is not None:
        by_coder = {mine[0].coder: mine for mine in coded}
        differing = {(a, b): disagreements(by_coder[a], by_coder[b], arguments.window) for a, b in report.pairs(found)}
        again = f"affectbox-training coding agreement {arguments.project} --out {arguments.out}"
        files = _write_agreement(arguments.out, found, differing, [one for mine in coded for one in mine], again)
        print(f"wrote {arguments.out / _PAGE} and {len(files) - 1} tables beside it")
    return 0


def _write_agreement(
    out: Path, found: Agreement, differing: report.Found, coded: Sequence[Annotations], again: str
) -> list[Path]:
    tables = report.tables(found, differing)
    contents = {_PAGE: report.page(found, differing).encode()} | {
        name: table_bytes(header, rows) for name, (header, rows) in tables.items() if rows
    }
    return [keep(out / name, content, coded, "agreement of coders", again) for name, content in contents.items()]


def _readable(project: Project) -> Iterator[Frames]:
    """The sequences, but for videos that cannot be read, which is said."""
    for entry in project.entries():
        try:
            yield project.sequence(entry.name)
        except SourceError as error:
            _say([f"{entry.name} is passed over. {error}"])


def _require_free(out: Path, overwrite: bool) -> None:
    is_full = out.is_file() or (out.is_dir() and any(out.iterdir()))
    if is_full and not overwrite:
        raise StorageError(f"{out} holds files already: name another folder, or give --overwrite.")


def _groups(arguments: argparse.Namespace) -> dict[str, str] | None:
    """Participant → 1 or 0, for the published layout."""
    if arguments.participants is None:
        return None
    if arguments.layout != PUBLISHED:
        raise ConfigError(
            f"--participants is for --layout {PUBLISHED}: the other layouts have no column of the group."
        )
    table = read_table(arguments.participants, "a table participant,ASD")
    found: dict[str, str] = {}
    for row, cells in table.dicts():
        group = unfloated(cells.get("ASD", ""))
        person = cells.get("participant", "")
        if group not in ("0", "1") or not person:
            raise DataError(f"{table.where(row)}: give participant,ASD, and 1 or 0 as ASD.")
        if found.setdefault(person, group) != group:
            raise DataError(f"{table.where(row)}: {person} is in both groups: remove one of the rows.")
    return found


def _require_unlike_nothing(project: Project, annotations: Iterable[Annotations]) -> None:
    """Refuse what would replace other codes of the same coder, before any of it is taken over."""
    known = project.coders()
    for one in annotations:
        coder = clean_name(one.coder)
        if coder not in known:
            continue
        there = project.coded(coder, one.sequence.name)
        other = sum(place in there and there[place] != frame for place, frame in one.frames.items())
        episodes = project.episodes(coder, one.sequence.name).values()
        if other or (one.episodes and episodes and set(episodes) != set(one.episodes)):
            what = f"{other} of these frames" if other else "the episodes"
            raise ConfigError(
                f"{coder} coded {what} of {one.sequence.name} otherwise: give --overwrite to replace them (the "
                "journal keeps them, and the coder can undo it), or another --coder."
            )


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
