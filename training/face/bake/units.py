"""The targets of the digital face: what of ICT-FaceKit each is made of (`units.toml`), and what of it moves."""

from pathlib import Path

import numpy as np
from msgspec import convert

from device.arrays import FloatArray
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from device.contract.toml import Table, read_toml
from training.face.heads import Heads

#: Directions of the eyes, which only both can take.
DIRECTIONS = ("AD61", "AD62", "AD63", "AD64")
TABLE = Path(__file__).parent / "units.toml"


class Unit(Table, frozen=True):
    """A row of the table: shares of the model's shapes, degrees by which the eyeballs turn to the person's left and
    up, and the reason."""

    shapes: dict[str, float]
    why: str
    turn: tuple[float, float] = (0.0, 0.0)


def units() -> dict[str, Unit]:
    """The table, in the order of the records' units; the eyes' directions last."""
    rows = read_toml(TABLE, "units")
    return {key: convert(rows[key], Unit) for key in (*ACTION_UNIT_KEYS, *DIRECTIONS)}


def at_rest(heads: Heads) -> FloatArray:
    """The neutral head as the digital face rests (V, 3). Raises `DataError` when the model lacks a shape."""
    return np.asarray(
        heads.neutral + displacement(heads, convert(read_toml(TABLE, "units")["rest"], Unit), ""), np.float32
    )


def names(key: str) -> tuple[str, ...]:
    """The targets of a unit: of each of the person's own sides, or one."""
    return (f"{key}_L", f"{key}_R") if key in SIDED_KEYS else (key,)


def displacement(heads: Heads, unit: Unit, target: str) -> FloatArray:
    """How far a target moves every vertex at weight 1 (V, 3). Raises `DataError` when the model lacks a shape."""
    side = target[-2:] if target[-2:] in ("_L", "_R") else ""
    moved = np.zeros_like(heads.neutral)
    for name, share in unit.shapes.items():
        moved += np.float32(share) * _shape(heads, name, side)
    return moved


def _shape(heads: Heads, name: str, side: str) -> FloatArray:
    found = [one for one in ([name + side] if side else [name, name + "_L", name + "_R"]) if one in heads.shapes]
    if not found:
        raise DataError(f"The face model lacks the shape '{name}{side}': give the whole of ICT-FaceKit.")
    return np.asarray(np.sum([heads.shapes[one] for one in found], axis=0), np.float32)
