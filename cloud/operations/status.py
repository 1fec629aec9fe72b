"""How boxes are: a line for each, those that need somebody first; everything that is known of one that is named.

An engineer or admin sees every box, a clinician those that are theirs. A box that says nothing for longer than three
of its reports is silent; times are the database's.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from cloud.reading.database import Database
from cloud.reports import source
from cloud.watch.findings import minutes
from cloud.watch.fleet import Fleet
from cloud.watch.health import Health, State
from device.contract import box, telemetry
from device.contract.address import printable
from device.contract.choices import DEVICE_ID
from device.contract.errors import CheckFailedError, ConfigError, DataError
from device.contract.fields import Json

_ROW = "{:28} {:16} {:16} {:14} {}"
_QUIET = (State.IDLE, State.WATCHING, State.PAUSED)
_ASKING = "\N{EM DASH}"


def add_parser(subparsers: Any) -> None:
    """Register the `status` command."""
    parser = subparsers.add_parser("status", help="how boxes are, and what they need", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("device", nargs="?", metavar="BOX", help="tell everything of this one")
    parser.add_argument("--database", metavar="URL", required=True, help="which database")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--check", action="store_true", help="end with exit code 22 if a box does not do its work")
    source.add_identity(parser, owner=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print it.

    Raises:
        CheckFailedError: with --check, a box is silent or in trouble.
        ConfigError: BOX is no box's id.
        DataError, IdentityError, SinkError: the database is away, or shows nothing.
    """
    if args.device and not DEVICE_ID.fullmatch(args.device):
        raise ConfigError("BOX is a box's id: 1 to 40 lower-case letters, digits and hyphens.")
    fleet = Fleet()
    credential = source.credential(args)
    with Database(args.database, credential) as database:
        documents, every = _documents(database, args.device, credential.uid if credential else "")
        fleet.telemetry("/", documents, False)
        boxes = database.may(box.ROOT)
        fleet.boxes("/", {one: boxes[one] for one in boxes if every or one in documents}, False)
        now_ms = max(database.now_ms(), fleet.newest_ms())
    devices = {*documents, *fleet.devices()}
    found = sorted((fleet.health(device, now_ms) for device in devices), key=_need)
    if args.json:
        print(json.dumps([_to_json(fleet, one) for one in found], indent=1, ensure_ascii=False))
    else:
        lines = _of_one(fleet, found[0]) if args.device else _of_all(fleet, found)
        print("\n".join(printable(line).rstrip() for line in lines))
    if args.check and (bad := [one.device for one in found if _is_bad(one)]):
        raise CheckFailedError(f"{', '.join(bad)} {'do' if len(bad) > 1 else 'does'} not do what it should.")
    return 0


def _documents(database: Database, device: str | None, uid: str) -> tuple[Json, bool]:
    """Telemetry by box: of one, of those that are a clinician's, or of all; and whether it is of all."""
    if device:
        document = database.get(f"{telemetry.ROOT}/{device}")
        if document is None:
            raise DataError(f"The database holds no word of {device}: is it enrolled, and does it reach out?")
        return {device: document}, False
    told = database.may(f"staff/{uid}") if uid else {}
    if told.get("role") == "clinician":
        return {mine: database.note(f"{telemetry.ROOT}/{mine}") for mine in told.get("devices", {})}, False
    return database.object(telemetry.ROOT), True


def _is_bad(one: Health) -> bool:
    return one.state not in _QUIET


def _need(one: Health) -> tuple[int, int, str]:
    levels = [("trouble", "warning", "note").index(finding.level) for finding in one.findings]
    return int(not _is_bad(one)), min(levels, default=9), one.device


def _of_all(fleet: Fleet, found: list[Health]) -> Iterator[str]:
    if not found:
        yield "No box has said anything here yet."
        return
    states = {state: sum(one.state is state for one in found) for state in State}
    counted = ", ".join(f"{count} {state.value}" for state, count in states.items() if count)
    yield f"{len(found)} box{'es' * (len(found) != 1)}: {counted}"
    yield ""
    yield _ROW.format("box", "state", "last word", "version", "to see to")
    for one in found:
        name = fleet.name(one.device)
        called = f"{name} ({one.device})" if name else one.device
        see = one.findings[0].text if one.findings else _ASKING
        more = f" (and {len(one.findings) - 1} more)" if len(one.findings) > 1 else ""
        version = str(fleet.document(one.device).get("version", ""))
        yield _ROW.format(called, one.state.value, _last_word(one), version, see + more)


def _last_word(one: Health) -> str:
    return "never" if one.silent_s is None else f"{minutes(one.silent_s)} ago"


def _of_one(fleet: Fleet, one: Health) -> Iterator[str]:
    name = fleet.name(one.device)
    yield f"{name} ({one.device})" if name else one.device
    yield f"  {one.state.value}, last word {_last_word(one)}"
    for finding in one.findings:
        yield f"  {finding.level}: {finding.text} {finding.do}"
    document = fleet.document(one.device)
    for field in telemetry.FIELDS:
        value = _at(document, field.path)
        if value is not None and field.path not in ("v", "device"):
            yield f"  {field.path:22} {_shown(value):24} {field.meaning}"


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _to_json(fleet: Fleet, one: Health) -> Json:
    return {
        "device": one.device,
        "name": fleet.name(one.device),
        "group": fleet.group(one.device),
        "state": one.state.value,
        "silent_s": one.silent_s,
        "findings": [{"level": f.level, "what": f.what, "text": f.text, "do": f.do} for f in one.findings],
        "telemetry": fleet.document(one.device),
    }
