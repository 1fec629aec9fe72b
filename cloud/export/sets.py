"""The sets of columns, by name."""

from cloud.export import affectbox, codes, openface, pyfeat
from cloud.export.columns import ColumnSet

SETS: dict[str, ColumnSet] = {one.name: one for one in (affectbox.SET, openface.SET, pyfeat.SET, codes.SET)}
