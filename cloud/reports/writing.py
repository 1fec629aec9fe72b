"""What `affectbox-cloud report` writes: documents, pictures, tables; and the lines that say where they are."""

import argparse
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from cloud.analysis.earlier import Summary
from cloud.analysis.episodes import Episode
from cloud.analysis.whole import Analysis
from cloud.erasing import known
from cloud.face.embed import Player
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reports import document
from cloud.reports.dated import local
from cloud.reports.output import check_outputs, write_private
from cloud.reports.paper import to_pdf
from cloud.reports.timing import draw, picture_format
from device.contract.errors import ConfigError, DataError, RuntimeMissingError

_FILES = ("html", "pdf", "picture", "json", "csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is to be written."""
    default = "Without any of these: as --out report-BOX-DAY-TIME, in this folder."
    written = parser.add_argument_group("what is written", default)
    both = "the report as OUT.html and, where WeasyPrint is installed, OUT.pdf"
    written.add_argument("--out", metavar="OUT", type=Path, help=both)
    written.add_argument("--html", metavar="OUT", type=Path, help="the report as one HTML file, whole in itself")
    written.add_argument("--pdf", metavar="OUT", type=Path, help="the report as a PDF, A4")
    written.add_argument("--text", action="store_true", help="write no report: only print the words")
    written.add_argument("--picture", metavar="OUT", type=Path, help="draw the timing diagram (.png, .svg, .pdf)")
    written.add_argument("--json", metavar="OUT", help="write the analysis as JSON; - prints it, and nothing else")
    written.add_argument("--csv", metavar="OUT", type=Path, help="write the episodes as a table")


def check(args: argparse.Namespace) -> None:
    """Raises `ConfigError`: an output is no name for it, or what is read would be written over."""
    if args.picture:
        picture_format(args.picture)
    given = {f"--{name}": getattr(args, name) for name in _FILES}
    outputs = {option: Path(out) for option, out in given.items() if out and out != "-"}
    if args.out:
        if not args.out.name:
            raise ConfigError(f"--out {args.out} is a folder: name the report, as in `--out {args.out / 'report'}`.")
        outputs |= {f"--out ({kind})": named(args.out, kind) for kind in ("html", "pdf")}
    check_outputs(outputs, filter(None, (args.recording, args.token_file, args.service_account)))


def is_default(args: argparse.Namespace) -> bool:
    """Whether nobody said what is to be written."""
    return not args.text and not args.out and not any(getattr(args, name) for name in _FILES)


def is_document(args: argparse.Namespace) -> bool:
    """Whether a page or a PDF is to be written."""
    return is_default(args) or bool(args.out or args.html or args.pdf)


def named(out: Path, kind: str) -> Path:
    """`OUT.html`, whatever dots there are in OUT."""
    return out.with_name(f"{out.name}.{kind}")


def write(
    args: argparse.Namespace, table: Table, analysis: Analysis, when: str, earlier: Sequence[Table | Summary] | None
) -> Iterator[str]:
    """Write what is asked for, a line each. Raises `RuntimeMissingError`, `StorageError`."""
    if args.picture:
        note(args.picture, table, "timing diagram")
        draw(table, analysis, args.picture, when, args.all)
        yield f"Picture      {args.picture}"
    if args.csv:
        note(args.csv, table, "episodes (CSV)")
        write_private(args.csv, _table(analysis.episodes).encode())
        yield f"Episodes in  {args.csv}"
    yield from _documents(args, document.Source(table, analysis, args.all, earlier))


def note(path: Path, table: Table, what: str) -> None:
    """Note that a file of this session's person is about to be written. Raises `StorageError`."""
    session = table.sessions[0]
    known.note(path, [session.patient], [known.visit(session.device, session.id)], what)


def name_for(table: Table) -> str:
    """`report-room-3-2026-11-27-1500`; with the session's id where nobody knows when it was."""
    session, at = table.sessions[0], local(float(table.wall[0]))
    return f"report-{session.device}-{f'{at:%Y-%m-%d-%H%M}' if at else session.id}"


def _documents(args: argparse.Namespace, source: document.Source) -> Iterator[str]:
    html, pdf = args.html, args.pdf
    out = Path(name_for(source.table)) if is_default(args) else args.out
    if out:
        html, pdf = html or named(out, "html"), pdf or named(out, "pdf")
    if not html and not pdf:
        return
    if len(source.table) == 1 and source.table.form is RECORDS:
        said = f"session {source.table.sessions[0].id} has one record here, which tells of no time."
        if not is_default(args):
            raise DataError(f"No report: {said}")
        yield f"No report    {said}"
        return
    made_of = document.compose(source)
    if html:
        face, why = _face(source)
        note(html, source.table, "report")
        write_private(html, document.to_html(made_of, face).encode())
        yield f"Report       {html}"
        if why:
            yield f"{'':13}without the digital face: {why}"
    if pdf:
        try:
            made = to_pdf(made_of)
        except RuntimeMissingError as error:
            if args.pdf:
                raise
            yield f"No PDF       {error}"
            return
        note(pdf, source.table, "report")
        write_private(pdf, made)
        yield f"{'' if html else 'Report':13}{pdf}"


def _face(source: document.Source) -> tuple[Player | None, str]:
    """The digital face; or why there is none."""
    try:
        return document.face_of(source), ""
    except DataError as error:
        return None, str(error)


def _table(episodes: list[Episode]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Episode)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(episode).items()}
        for episode in episodes
    )
    return out.getvalue()
