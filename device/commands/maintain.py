"""`affectbox maintain`: looks after what the box keeps, when no session is open; a systemd timer runs it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from device.clock import Clock
from device.contract.errors import AffectboxError
from device.delivery.upkeep import Upkeep, look_after
from device.models import OPTIONAL, ROLES, load
from device.settings import Settings
from device.state import outbox_file


def maintain(settings: Settings, clock: Clock, out: TextIO) -> None:
    """Look after the outbox, check the models, and tell on `out` what was done, a line each.

    Raises:
        AffectboxError: the first thing that failed; the others were done all the same.
    """
    failed: list[AffectboxError] = []
    for duty in (_outbox, _models):
        try:
            duty(settings, clock, lambda text: _say(out, text))
        except AffectboxError as error:
            failed.append(error)
    for other in failed[1:]:
        _say(out, str(other))
    if failed:
        raise failed[0]


def _outbox(settings: Settings, clock: Clock, say: Callable[[str], None]) -> None:
    path = outbox_file(settings.outbox)
    if not path.exists():
        say("Outbox: none yet.")
        return
    done = look_after(path, settings.maintenance.keep_days, clock)
    say(_told(done, settings.maintenance.keep_days))


def _told(done: Upkeep, days: float) -> str:
    dropped = f"{done.dropped} records and aggregates dropped that had waited for {days:g} days"
    return (
        f"Outbox: {dropped if done.dropped else 'nothing too old'}; {done.freed / 1e6:.1f} MB given back to the disk."
    )


def _models(settings: Settings, clock: Clock, say: Callable[[str], None]) -> None:
    """Every network's files are those that were signed, and it can be loaded."""
    wrong: list[AffectboxError] = []
    names = {role: getattr(settings.models, role) for role in ROLES}
    for role, name in names.items():
        if name or role not in OPTIONAL:
            try:
                load(name, settings.models, ROLES[role]).close()
            except AffectboxError as error:
                wrong.append(error)
    if wrong:
        raise wrong[0]
    say(f"Models: {len([name for name in names.values() if name])} are as they were signed.")


def _say(out: TextIO, text: str) -> None:
    with suppress(OSError):
        print(text, file=out, flush=True)
