"""The targets of a cohort, from its features to a folder of tables and pictures."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError
from device.contract.version import version
from training.cohort.people import groups
from training.cohort.store import digest, load
from training.cohort.table import FeatureTable
from training.targets import words
from training.targets.contrast import ALPHA, Contrast, Question, contrasted, gated
from training.targets.course_pictures import courses_page
from training.targets.courses import Axis
from training.targets.drawn import draw
from training.targets.folder import FILE, VERSION, check_place, folder, write
from training.targets.matrix import Matrix, of_points, of_units
from training.targets.mixed import Mixed, covariates, mixed
from training.targets.over_time import OverTime, over_time
from training.targets.ranking import rank
from training.targets.rows import Row, rows_of, to_csv, to_json


@dataclass(frozen=True)
class Wanted:
    """What is asked; of groups only in `phases`, and of phases only of the people of `group`, where they are named;
    over time, where a `study` is."""

    asked: Question
    phases: tuple[str, ...] = ()
    group: str = ""
    points: int = 68
    permutations: int = 2000
    seed: int = 0
    study: Path | None = None
    axis: Axis = field(default_factory=Axis)


def find(features: Path, wanted: Wanted, out: Path, say: Callable[[str], object]) -> None:
    """Compare, and write the folder. Raises `ConfigError`, `DataError`, `StorageError`."""
    check_place(out)
    table = load(features)
    units = _chosen(of_units(table), wanted)
    asked = wanted.asked
    of_unit, of_point = (
        contrasted(matrix, asked, wanted.permutations, wanted.seed)
        for matrix in (units, of_points(units, wanted.points))
    )
    contrasts = {"units": of_unit, f"points-{wanted.points}": gated(of_point, of_unit)}
    tables = {name: rows_of(one, rank(one, wanted.seed), table.simulated) for name, one in contrasts.items()}
    models = mixed(units, asked.first, asked.second) if asked.kind == "groups" else []
    over = _over_time(units, wanted, say)
    found = _document(table, wanted, contrasts["units"], tables, models) | (
        {"courses": over.to_json()} if over else {}
    )
    with folder(out) as new:
        for name, rows in tables.items():
            write(new / f"{name}.csv", to_csv(rows))
        if models:
            write(new / "mixed.csv", to_csv(models))
        if over:
            _write_courses(new, over)
        draw(new, tables[f"points-{wanted.points}"], wanted.points)
        write(new / FILE, (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode())
    for line in (*words.summary(found, tables), f"Wrote {out}."):
        say(line)


def _over_time(units: Matrix, wanted: Wanted, say: Callable[[str], object]) -> OverTime | None:
    if not wanted.study:
        return None
    asked = wanted.asked
    only = units.of_phases((asked.first, asked.second)) if asked.kind == "phases" else units
    drawn = (wanted.permutations, wanted.seed)
    return over_time(only, wanted.study, wanted.axis, asked, drawn, wanted.points, say)


def _write_courses(new: Path, over: OverTime) -> None:
    write(new / "courses.csv", to_csv(over.rows))
    if over.clusters or over.of_points:
        write(new / "clusters.csv", to_csv([*over.clusters, *over.of_points]))
    for suffix in (".png", ".svg"):
        write(new / f"courses{suffix}", courses_page(over, suffix))


def _chosen(matrix: Matrix, wanted: Wanted) -> Matrix:
    """Only the phases and people that are asked for. Raises `ConfigError`."""
    if wanted.phases:
        matrix = matrix.of_phases(wanted.phases)
    if wanted.group:
        taken = [person.group == wanted.group for person in matrix.people]
        if not any(taken):
            raise ConfigError(
                f"Nobody is in a group {wanted.group!r}: name one of {', '.join(groups(matrix.people))}."
            )
        matrix = matrix.of_people(taken)
    return matrix


def _document(
    table: FeatureTable, wanted: Wanted, contrast: Contrast, tables: dict[str, list[Row]], models: list[Mixed]
) -> dict[str, Any]:
    people = [person.group for person in contrast.people]
    return {
        "v": VERSION,
        **vars(wanted.asked),
        "people": {name: people.count(name) for name in sorted(set(people))},
        "sites": sorted({person.site for person in contrast.people if person.site}),
        "phases": list(contrast.phases),
        "permutations": contrast.dealings,
        "ways": contrast.ways,
        "seed": wanted.seed,
        "alpha": ALPHA,
        "simulated": table.simulated,
        "features": {"version": table.version, "digest": digest(table), "made": table.made},
        "program": version(),
        "covariates": list(covariates(contrast.people)) if models else [],
        "cautions": words.cautions(contrast, tables["units"]),
        "tables": {name: [to_json(row) for row in rows] for name, rows in tables.items()},
        "mixed": [to_json(model) for model in models],
    }
