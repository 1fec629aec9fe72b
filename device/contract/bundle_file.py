"""A file of JSON beside a bundle's network, for measurements of one version; and what is asked of its values."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from device.contract.errors import ModelError
from device.contract.typed import shown, typed

_Kind = TypeVar("_Kind")


def read_versioned(kind: type[_Kind], data: bytes, name: str, where: str, version: tuple[str, int]) -> _Kind:
    """The content of the file, not yet checked.

    Args:
        name: of the file.
        where: names the bundle in errors.
        version: of what the file is for (`column`: its field `column_version`), and the one that this box makes.

    Raises:
        ModelError: it cannot be read, or is for another version.
    """
    what, made = version
    try:
        raw = json.loads(data)
        if isinstance(raw, dict) and raw.get(f"{what}_version", made) != made:
            raise ModelError(
                f"Bundle {where} is for {what}s of version {shown(raw[f'{what}_version'])}, and this box makes those "
                f"of version {made}: train it again, or install the release that it is for."
            )
        found: _Kind = typed(kind, raw)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise ModelError(f"{name} of bundle {where} cannot be read ({why}): export it again.") from None
    return found


def refuse(checks: Iterable[tuple[str, Any, bool]], of: str) -> None:
    """Raises `ModelError` of the first check (what, its value, whether that may be) that is not met; `of` names the
    bundle and what of it is checked."""
    for what, value, good in checks:
        if not good:
            raise ModelError(f"{of}: {what} is {shown(value)}: export it again.")
