"""The tables of a study, as people write them: `participants.csv` and `stimuli.csv`.

    participants.csv   pseudonym, group, and as far as they are known site, age (years), sex, medication
    stimuli.csv        recording, label, from, to: parts of recordings, in seconds since their first record;
                       `recording` is a file's name, a session's id, or DEVICE~SESSION

Between the cells stand commas, semicolons or tabs. What is wrong with single rows is collected as findings, so that
somebody can mend all of it at once.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from device.contract.errors import ConfigError, DataError
from device.contract.features import SESSION
from device.contract.finding import Finding, Level
from device.contract.patient import check_pseudonym
from device.contract.support import GROUPS
from training.cohort.names import is_name, named
from training.cohort.people import Participant, groups
from training.tables import read_rows

PARTICIPANTS, STIMULI, RECORDINGS = "participants.csv", "stimuli.csv", "recordings"
PEOPLE_HEADER = ("pseudonym", "group", "site", "age", "sex", "medication")
STIMULI_HEADER = ("recording", "label", "from", "to")
_MOST_YEARS = 120.0


@dataclass(frozen=True)
class Stimulus:
    """A row of `stimuli.csv`: a part of a recording, `from_s` to `to_s` seconds since its first record."""

    recording: str
    label: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Study:
    """What the tables of a study say.

    Attributes:
        people: each once, in the order of their pseudonyms.
        stimuli: parts of recordings.
        findings: what is wrong with the tables.
    """

    people: tuple[Participant, ...]
    stimuli: tuple[Stimulus, ...] = ()
    findings: tuple[Finding, ...] = ()

    def require_sound(self) -> None:
        """Raises `DataError`: something in the tables makes the study useless."""
        failed = [finding for finding in self.findings if finding.level is Level.FAIL]
        if failed:
            more = f" (and {len(failed) - 1} more: `affectbox-training cohort check`)" if len(failed) > 1 else ""
            raise DataError(f"{failed[0].text}{more}")


@dataclass
class Rows:
    """A table that is read: its columns, its rows with their numbers in the file, and what is wrong with them."""

    path: Path
    wanted: tuple[str, ...]
    needed: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def tell(self, level: Level, number: int, text: str) -> None:
        """Note what is wrong with a row."""
        self.findings.append(Finding(level, "table", f"{self.path.name}, row {number}: {text}"))


def read_study(participants: Path, stimuli: Path | None = None) -> Study:
    """The tables. Raises `DataError`: one cannot be read, has no row, or lacks a column."""
    table = read_table(participants, PEOPLE_HEADER, PEOPLE_HEADER[:2])
    people = _people(table)
    parts, found = _stimuli(stimuli) if stimuli else ((), [])
    return Study(people, parts, (*table.findings, *found))


def read_table(path: Path, wanted: tuple[str, ...], needed: tuple[str, ...]) -> Rows:
    """The rows of a CSV file with these columns, of which some are needed; missing cells are empty.

    Raises:
        DataError: it cannot be read, has no row, or lacks a column.
    """
    header = ",".join(wanted)
    rows = read_rows(path, f"a CSV file '{header}'")
    columns = [cell.lower() for cell in rows[0][1]] if rows else []
    if missing := [name for name in needed if name not in columns]:
        raise DataError(f"{path} has no column '{missing[0]}': it begins with '{header}'.")
    if len(set(columns)) < len(columns):
        raise DataError(f"{path} has the column '{Counter(columns).most_common(1)[0][0]}' twice: leave one out.")
    table = Rows(path, wanted, needed)
    if unused := [name for name in columns if name not in wanted]:
        told = ", ".join(repr(name) for name in unused)
        table.findings.append(Finding(Level.WARNING, "table", f"{path.name}: the column {told} is not used."))
    for number, row in rows[1:]:
        if len(row) == len(columns):
            table.rows.append((number, dict.fromkeys(wanted, "") | dict(zip(columns, row, strict=True))))
        else:
            table.tell(Level.FAIL, number, f"it has {len(row)} cells, and the header {len(columns)}.")
    if not table.rows:
        raise DataError(f"{path} has no row: write one for each {wanted[0]}.")
    return table


def _people(table: Rows) -> tuple[Participant, ...]:
    found: dict[str, list[tuple[int, Participant]]] = {}
    for number, row in table.rows:
        person = _person(table, number, row)
        if person:
            found.setdefault(person.pseudonym, []).append((number, person))
    for pseudonym, several in found.items():
        _tell_twice(table, pseudonym, several)
    people = tuple(several[0][1] for _, several in sorted(found.items()))
    if len(groups(people)) > len(GROUPS):
        table.findings.append(
            Finding(
                Level.FAIL, "groups", f"{len(groups(people))} groups are named: a bundle tells {len(GROUPS)} apart."
            )
        )
    return people


def _person(table: Rows, number: int, row: dict[str, str]) -> Participant | None:
    try:
        pseudonym = check_pseudonym(row["pseudonym"])
    except ConfigError as error:
        table.tell(Level.FAIL, number, str(error).replace("The patient's pseudonym", "the pseudonym"))
        return None
    group = named(row["group"])
    if not is_name(group):
        why = f"{row['group']!r} is no group's name: use letters, digits and hyphens" if group else "it names no group"
        table.tell(Level.FAIL, number, f"{why}.")
        return None
    site, sex, medication = (" ".join(row[name].split()).casefold() for name in ("site", "sex", "medication"))
    return Participant(pseudonym, group, site, _age(table, number, row["age"]), sex, medication)


def _age(table: Rows, number: int, text: str) -> float:
    if not text:
        return math.nan
    age = number_of(text)
    if 0 < age <= _MOST_YEARS:
        return age
    table.tell(Level.WARNING, number, f"{text!r} is no age in years, so it counts as not known.")
    return math.nan


def _tell_twice(table: Rows, pseudonym: str, several: Sequence[tuple[int, Participant]]) -> None:
    if len(several) == 1:
        return
    numbers = " and ".join(str(number) for number, _ in several)
    of = sorted({person.group for _, person in several})
    if len(of) > 1:
        text = f"{pseudonym} is in {len(of)} groups ({' and '.join(of)}; rows {numbers}): a person is in one."
    else:
        text = f"{pseudonym} stands there {len(several)} times (rows {numbers}): leave one row."
    table.findings.append(Finding(Level.FAIL, "groups", f"{table.path.name}: {text}"))


def _stimuli(path: Path) -> tuple[tuple[Stimulus, ...], list[Finding]]:
    table = read_table(path, STIMULI_HEADER, STIMULI_HEADER)
    found = [stimulus for number, row in table.rows if (stimulus := _stimulus(table, number, row))]
    return tuple(found), table.findings


def _stimulus(table: Rows, number: int, row: dict[str, str]) -> Stimulus | None:
    label, from_s, to_s = named(row["label"]), number_of(row["from"]), number_of(row["to"])
    if not row["recording"]:
        table.tell(Level.FAIL, number, "it names no recording.")
    elif not is_name(label) or label == SESSION:
        table.tell(Level.FAIL, number, f"{row['label']!r} can be no label: use letters, digits and hyphens.")
    elif not 0 <= from_s < to_s:
        told = f"from {row['from']!r} to {row['to']!r}"
        table.tell(Level.FAIL, number, f"{told} are no seconds in their order.")
    else:
        return Stimulus(row["recording"], label, from_s, to_s)
    return None


def number_of(text: str) -> float:
    """NaN where the text is no finite number; a comma counts as a point."""
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def of_recording(stimuli: Sequence[Stimulus], names: Sequence[str]) -> Iterator[Stimulus]:
    """The stimuli of a recording that has these names."""
    return (one for one in stimuli if one.recording in names)
