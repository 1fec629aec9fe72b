"""The sets of columns, by name."""

from cloud.export import affectbox
from cloud.export.columns import ColumnSet

SETS: dict[str, ColumnSet] = {one.name: one for one in (affectbox.SET,)}
