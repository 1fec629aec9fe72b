"""The whole way of annotated faces: prepare → train, fold by fold → evaluate → the published tables.

RUN/data-48.npz          crops for networks of 48 pixels, RUN/data-112.npz for others
RUN/au/fold-1/…          the runs of au.toml
RUN/table.txt .csv .md   accuracy and F1; RUN/evaluation.json: everything else
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import ConfigError
from training.action_units.data import Annotated, load_annotated
from training.action_units.evaluate import evaluate_run, text
from training.action_units.kind import ActionUnits
from training.action_units.layouts import Options
from training.action_units.prepare import Source, prepare
from training.action_units.published import published
from training.action_units.recipe import AuRecipe
from training.data.faces import SIDE
from training.files import make_private, write_whole
from training.kind import Say
from training.kinds import load_recipe
from training.machines import find_machines
from training.train import train


@dataclass(frozen=True)
class Asked:
    """What to do: `data` in `layout` (empty: prepared already), with what that leaves open; every `every`th picture;
    name → recipe's file; changes of every recipe; the folder; processes."""

    data: Path
    layout: str
    options: Options
    every: int
    recipes: dict[str, Path]
    changes: Sequence[str]
    out: Path
    jobs: int


def judge(asked: Asked, say: Say) -> str:
    """Do what is not done yet, and return the table.

    Raises:
        ConfigError, DataError, StorageError, ModelError, RuntimeMissingError: see the steps.
    """
    recipes = {name: _recipe(path, asked.changes) for name, path in asked.recipes.items()}
    wanted = _wanted(recipes)
    for name, recipe in recipes.items():
        if recipe.start and not Path(recipe.start).exists():  # said before hours of crops
            what = "give a bundle, a run folder, or a file of weights"
            raise ConfigError(f"{name}: there is nothing at start = {recipe.start!r}: {what}.")
    results = {}
    for name, recipe in recipes.items():
        machines = find_machines(recipe.strategy, recipe.batch)
        data = _data(asked, _side(recipe), say)
        say(f"{name}: {recipe.network.__struct_config__.tag}, {recipe.folds} folds")
        train(ActionUnits(), recipe, data, asked.out / name, machines, (), True, _command(asked, name), say)
        results[name] = evaluate_run(asked.out / name, data)
    table = published(results, wanted)
    figures = json.dumps({"labels": list(wanted), "networks": results}, indent=2) + "\n"
    details = "\n\n".join(text(result) for result in results.values()) + "\n"
    written = {"table.txt": table.text() + "\n", "table.csv": table.csv(), "table.md": table.markdown()}
    for file, content in (written | {"details.txt": details, "evaluation.json": figures}).items():
        write_whole(asked.out / file, lambda out, content=content: out.write(content.encode()))  # type: ignore[misc]
    return f"{table.text()}\nwrote {asked.out}: {', '.join(written)}, details.txt, evaluation.json"


def _recipe(path: Path, changes: Sequence[str]) -> AuRecipe:
    kind, recipe = load_recipe(path, changes)
    if not isinstance(recipe, AuRecipe):
        raise ConfigError(
            f"{path} is for networks of {kind.name}: give a recipe of action units, as training/recipes/au.toml."
        )
    return recipe


def _wanted(recipes: dict[str, AuRecipe]) -> tuple[str, ...]:
    """The actions of all recipes. Raises `ConfigError` where they differ."""
    lists = {recipe.wanted() for recipe in recipes.values()}
    if len(lists) > 1:
        raise ConfigError("The recipes have different labels, and no table holds both: give one with --set labels=17.")
    return lists.pop()


def _side(recipe: AuRecipe) -> int:
    return int(getattr(recipe.network, "side", SIDE))


def _data(asked: Asked, side: int, say: Say) -> Annotated:
    """The crops of this size, prepared where they are not yet."""
    if not asked.layout:
        return load_annotated(asked.data)
    make_private(asked.out)
    source = Source(asked.data, asked.layout, side, asked.every, asked.options)
    return prepare(source, asked.out / f"data-{side}.npz", asked.jobs, say)


def _command(asked: Asked, name: str) -> str:
    """What to type to train the same, without folders of this machine."""
    layout = f" --layout {asked.layout}" if asked.layout else ""
    changes = "".join(f" --set '{text}'" for text in asked.changes)
    return f"affectbox-training au DATA{layout} --recipe {asked.recipes[name].name}{changes} --out RUN"
