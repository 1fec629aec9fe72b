"""What `affectbox-training cohort` does."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from device.contract.address import printable
from device.contract.errors import DataError
from device.contract.finding import Finding, Level
from device.contract.toml import assigned, parse, read_toml
from device.contract.version import version
from training.cohort import simulate as simulating
from training.cohort.checks.apart import by_group, people, sessions, some
from training.cohort.checks.measured import check_measured
from training.cohort.checks.people import check_people
from training.cohort.checks.sessions import check_off_box, check_phases, check_sessions, check_stimuli, left_out
from training.cohort.checks.sites import check_sites
from training.cohort.features import Chosen, choose, feature_table, first_alone, measured, phases_of
from training.cohort.plan import Plan
from training.cohort.sources import Sessions, sessions_of, study_of
from training.cohort.store import check_place, save
from training.cohort.study import Study
from training.cohort.taken import Taken
from training.findings import tell
from training.progress import bar

_EXAMPLE = "sessions=2"


def simulate(arguments: argparse.Namespace) -> int:
    """Write a simulated cohort. Raises `ConfigError`, `StorageError`."""
    file = [(read_toml(arguments.plan, "--plan"), str(arguments.plan))] if arguments.plan else []
    plan = parse(Plan, [*file, *(assigned(text, _EXAMPLE) for text in arguments.set)])
    count = sum(plan.people.values()) * plan.sessions
    with closing(bar(simulating.simulate(plan, arguments.seed, arguments.out), "sessions", count, "files")) as come:
        written = sum(1 for _ in come)
    print(f"wrote {arguments.out}: {sessions(written)} of simulated people ({_counts(plan)}), seed {arguments.seed}")
    return 0


def _counts(plan: Plan) -> str:
    return ", ".join(f"{count} {group}" for group, count in plan.people.items())


def check(arguments: argparse.Namespace) -> int:
    """Say what is wrong with a study; the exit code of `CheckFailedError` where it is useless.

    Raises:
        ConfigError, DataError, IdentityError, RuntimeMissingError, SinkError, StorageError: as the readers.
    """
    return tell([*_findings(arguments)], arguments.json)


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    study = study_of(arguments)
    yield from study.findings
    if not study.people:
        return
    read = sessions_of(arguments, study)
    yield from (Finding(Level.FAIL, "recordings", trouble) for trouble in read.troubles)
    yield from (Finding(Level.WARNING, "recordings", f"{text}.") for text in read.passed_over)
    yield from findings_of(study, read.taken, arguments.phases)


def findings_of(study: Study, taken: Iterable[Taken], wanted: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with these sessions of a study; `wanted`: phases, none for the usual ones."""
    chosen = choose(study.people, taken)
    recorded = [person for person in study.people if chosen.by_person[person.pseudonym]]
    yield from check_people(recorded, study.people)
    yield from check_sessions(study.people, chosen, study.stimuli)
    if recorded:
        phases, others = phases_of(chosen, wanted)
        yield from check_phases(study.people, chosen, phases, others)
        table = feature_table(study.people, chosen, phases, {})
        yield from check_off_box(table)
        yield from check_measured(table)
        yield from check_sites(table)


def features(arguments: argparse.Namespace) -> int:
    """Write the table of features.

    Raises:
        ConfigError, DataError, IdentityError, RuntimeMissingError, SinkError, StorageError: as the readers and `save`.
    """
    check_place(arguments.out)
    study = study_of(arguments)
    study.require_sound()
    read = sessions_of(arguments, study)
    if read.troubles:
        raise DataError(_first(read.troubles))
    chosen = choose(study.people, read.taken)
    chosen = first_alone(chosen) if arguments.first else chosen
    phases, others = phases_of(chosen, arguments.phases)
    made = {
        "program": version(),
        "sessions": str(len(chosen.sessions)),
        "sources": ", ".join(sorted({model for one in chosen.sessions for model in one.models})),
        "recordings": str(arguments.database or f"{len({one.source for one in chosen.sessions})} files"),
    }
    table, blind = measured(feature_table(study.people, chosen, phases, made))
    save(table, arguments.out)
    for line in (*_beside(study, read, chosen, others, blind), *(one.text for one in check_off_box(table))):
        print(printable(line), file=sys.stderr)
    told = f"{people(len(table.people))} ({by_group(one.group for one in table.people)})"
    print(f"wrote {arguments.out}: {told}, {len(phases)} × {len(table.names)} features ({', '.join(phases)})")
    return 0


def _beside(
    study: Study, read: Sessions, chosen: Chosen, others: dict[str, int], blind: Sequence[str]
) -> Iterator[str]:
    """What a person should know of a table that was made all the same."""
    yield from (f"{text}." for text in read.passed_over)
    yield from (finding.text for finding in (*left_out(chosen), *check_stimuli(study.stimuli, chosen)))
    if blind:
        yield f"{people(len(blind))} of whom no feature was measured, who are not in the table: {some(blind)}."
    for name, count in others.items():
        yield f"{name} was held with {people(count)} only, so it is no column: name it with --phases to have it."


def _first(troubles: list[str]) -> str:
    more = f" (and {len(troubles) - 1} more: `affectbox-training cohort check`)" if len(troubles) > 1 else ""
    return f"{troubles[0]}{more}"
