"""`affectbox doctor`: everything that a session needs, checked before it, each fault with its remedy."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from device.camera.opening import open_source
from device.clock import Clock, SystemClock
from device.commands.sight import look
from device.contract import telemetry
from device.contract.address import parse_url
from device.contract.errors import AffectboxError, CheckFailedError
from device.contract.fields import Json, encode
from device.contract.version import version
from device.delivery.budget import Budget, describe
from device.delivery.identity import open_tokens
from device.delivery.opening import open_database, open_outbox, open_sinks
from device.delivery.salvage import set_aside
from device.delivery.signin import RefusedError, SignInError
from device.delivery.steward import NOTE
from device.delivery.verdict import Verdict, explain, judge
from device.identity import device_id
from device.metrics import HostMeter
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.runtime.interpreter import available_library
from device.settings import Settings
from device.state import outbox_file

_LOW_DISK_MB = 500.0
_HOT_C = 80.0


class _BearableError(AffectboxError):
    """A fault with which a session can go on."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination; a `warning` does not stop a session, a failure does."""

    level: str
    what: str
    text: str


def examine(settings: Settings) -> int:
    """Print every finding; returns 0, or `CheckFailedError`'s code when a session would fail."""
    failed = 0
    for finding in findings(settings):
        print(f"{finding.level:<8} {finding.what:<10} {finding.text}")
        failed += finding.level == "FAIL"
    if failed:
        print(f"{failed} of these would stop a session: mend them and run `affectbox doctor` again.")
    return CheckFailedError.exit_code if failed else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Examine the box, one thing after another."""
    checks: dict[str, Callable[[Settings], str]] = {
        "identity": lambda s: f"records will be from '{device_id(s)}'",
        "account": _account,
        "inference": lambda s: available_library(),
        "models": _models,
        "outbox": _outbox,
        "budget": _budget,
        "source": _source,
    }
    if settings.run.source:
        checks["face"] = _face
    for what, check in checks.items():
        yield _finding(what, check, settings)
    if settings.session.patient:
        yield _finding("neutral", _neutral, settings)
    for sink in settings.run.sinks:
        yield _finding("sink", _sink, replace(settings, run=replace(settings.run, sinks=(sink,))))
    yield from _conditions(settings)


def _finding(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding("ok", what, check(settings))
    except _BearableError as error:
        return Finding("warning", what, str(error))
    except AffectboxError as error:
        return Finding("FAIL", what, str(error))


def _account(settings: Settings) -> str:
    """Sign in for real: a box that was revoked learns it here, and in the trouble that the uploader shows."""
    tokens = open_tokens(settings.identity, device_id(settings), settings.upload.timeout_s, SystemClock())
    if tokens is None:
        return "not enrolled: the box writes without signing in (see `affectbox enrol`)"
    try:
        tokens.token()
    except RefusedError as error:
        raise CheckFailedError(f"{error}: records will wait on this box until it is enrolled again.") from None
    except SignInError as error:
        raise _BearableError(f"{error}: records will wait in the outbox until the box can sign in.") from None
    return f"signs in as '{device_id(settings)}'"


def _models(settings: Settings) -> str:
    with open_models(settings.models) as models:
        return ", ".join(model.manifest.id for model in models.loaded().values())


def _outbox(settings: Settings) -> str:
    with open_outbox(settings) as outbox:
        counts = outbox.counts()
    file = outbox_file(settings.outbox)
    text = f"{file}: {counts.pending} waiting, {counts.dead} refused, {counts.dropped} ever dropped"
    waits = [path.name for path in set_aside(file) if ".version-" in path.name]
    if waits:
        text += f"; for another version of Affectbox wait: {', '.join(waits)}"
    if counts.damaged:
        raise _BearableError(
            f"{text}; damaged files set aside beside it: {counts.damaged}, of which {counts.saved} records were saved "
            f"and {counts.lost} known to be lost; see to the card."
        )
    return text


def _budget(settings: Settings) -> str:
    with open_outbox(settings) as outbox:
        budget = Budget(settings.budget, SystemClock(), settings.delivery.mode, outbox.note(NOTE))
    text = describe(budget, settings.budget)
    if budget.mode != settings.delivery.mode:
        raise _BearableError(f"{text}; the budget allows no more than '{budget.mode}' until next month.")
    return text


def _neutral(settings: Settings) -> str:
    person = settings.session.patient
    neutral = calibrated_neutral(settings, person, SystemClock())
    if neutral is None:
        raise _BearableError(f"no valid face at rest of '{person}': run `affectbox calibrate --patient {person}`")
    return f"{neutral.version} of '{person}' is used"


def _source(settings: Settings) -> str:
    if not settings.run.source:
        return "none given (try --source)"
    with open_source(settings.run.source, settings.camera) as source:
        picture = source.read()
    height, width = picture.image.shape[:2] if picture else (0, 0)
    return f"{settings.run.source}: {width}×{height}"


def _face(settings: Settings) -> str:
    try:
        text, good = look(settings)
    except AffectboxError as error:
        raise _BearableError("not looked for, because of what is said above") from error
    if not good:
        raise _BearableError(text)
    return text


def _sink(settings: Settings) -> str:
    """Write for real what the database's rules judge: that the daemon has ended, as it has while it is examined."""
    clock, text = SystemClock(), settings.run.sinks[0]
    with open_sinks(settings, clock, about=partial(_at_rest, settings, clock)) as opened:
        if opened.steward is None:
            return f"{text} can be written"
        state = opened.steward.telemetry()
    with open_database(parse_url(text.partition(":")[2]), settings, clock) as database:
        answer = database.patch([(telemetry.key(state["device"]), encode(state))])
    if answer.status == 0:
        raise _BearableError(f"{text} does not answer ({answer.text}): records will wait in the outbox until it does.")
    if judge(answer) is not Verdict.ACCEPTED:
        raise CheckFailedError(
            f"{text} does not take writes ({explain(answer)}): check the address and the account; records would wait."
        )
    return f"{text} takes writes"


def _at_rest(settings: Settings, clock: Clock) -> Json:
    """What telemetry says of a daemon that does not run."""
    return {
        "version": version(),
        "state": telemetry.State.ENDED.value,
        "frames": {"recorded": 0, "measured": 0, "skipped": 0},
        "host": HostMeter(clock)().to_json(),
        "disk": {"free": shutil.disk_usage(outbox_file(settings.outbox).parent).free // 1_000_000},
    }


def _conditions(settings: Settings) -> Iterator[Finding]:
    clock = SystemClock()
    yield (
        Finding("ok", "clock", "synchronized")
        if clock.trusted()
        else Finding("warning", "clock", "not synchronized: records say so; connect to the network for right times")
    )
    folder = outbox_file(settings.outbox).parent
    if folder.is_dir():  # else the outbox has been found wanting above
        free_mb = shutil.disk_usage(folder).free / 1e6
        level = "ok" if free_mb > _LOW_DISK_MB else "warning"
        yield Finding(level, "disk", f"{free_mb:,.0f} MB free for the outbox")
    host = HostMeter(clock)()
    if host.temperature is not None:
        yield Finding("ok" if host.temperature < _HOT_C else "warning", "heat", f"{host.temperature:.0f} °C")
    if host.throttled is not None:
        text = "throttled or under voltage: use the official power supply and a heat sink"
        yield Finding("warning" if host.throttled else "ok", "power", text if host.throttled else "not throttled")
