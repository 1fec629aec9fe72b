"""The examination itself, in the order in which a session needs things; whatever is wrong is a finding."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from device.camera.opening import open_source
from device.clock import Clock, SystemClock
from device.contract import telemetry
from device.contract.address import parse_url
from device.contract.errors import AffectboxError, CheckFailedError, SinkError
from device.contract.fields import Json, encode
from device.contract.finding import Finding, Level
from device.contract.version import version
from device.delivery.budget import Budget, describe
from device.delivery.identity import identity_file, is_credential, open_tokens
from device.delivery.opening import open_database, open_outbox, open_sinks
from device.delivery.salvage import set_aside
from device.delivery.signin import RefusedError, SignInError
from device.delivery.steward import NOTE
from device.delivery.store import StoreInUseError
from device.delivery.verdict import Verdict, explain, judge
from device.examination import card, comparison, conditions, network, personal, support
from device.examination.sight import look
from device.identity import device_id
from device.metrics import HostMeter
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.runtime.interpreter import available_library
from device.sensors import Sensors
from device.settings import Settings
from device.state import outbox_file
from device.update.layout import Layout


class _BearableError(AffectboxError):
    """A fault with which a session can go on."""


def findings(settings: Settings) -> Iterator[Finding]:
    """Examine the box from this process, one thing after another."""
    clock = SystemClock()
    checks: dict[str, Callable[[Settings], str]] = {
        "identity": lambda s: f"records will be from '{device_id(s)}'",
        "account": _account,
        "inference": lambda s: available_library(),
        "models": _models,
        "outbox": _outbox,
        "budget": _budget,
        "source": _source,
    }
    if settings.diagnosis.bundle:
        checks["diagnosis"] = _diagnosis
    if settings.atypicality.bundle or settings.atypicality.typical:
        checks["atypicality"] = _atypicality
    if settings.personal.use:
        checks["personal"] = _personal
    if settings.run.source:
        checks["face"] = _face
    for what, check in checks.items():
        yield _finding(what, check, settings)
    if settings.session.patient:
        yield _finding("neutral", _neutral, settings)
    if not settings.run.sinks:
        yield no_sink(Layout())
    for sink in settings.run.sinks:
        yield from _of_sink(replace(settings, run=replace(settings.run, sinks=(sink,))), clock)
    folder = outbox_file(settings.outbox).parent
    if folder.is_dir():  # else the outbox has been found wanting above
        yield from card.examine(folder)
    sensors = Sensors()
    yield from conditions.examine(clock, sensors.temperature(), sensors.throttling())


def _finding(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(Level.OK, what, check(settings))
    except _BearableError as error:
        return Finding(Level.WARNING, what, str(error))
    except AffectboxError as error:
        return Finding(Level.FAIL, what, str(error))


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
    kept = ", by systemd's credential" if is_credential(identity_file(settings.identity)) else ""
    return f"signs in as '{device_id(settings)}'{kept}"


def _models(settings: Settings) -> str:
    with open_models(settings.models) as models:
        names = ", ".join(model.manifest.id for model in models.loaded().values())
    if settings.models.allow_unsigned:
        raise _BearableError(
            f"{names}; models.allow_unsigned is true: whoever can write their folder can change what is measured."
        )
    return f"{names}, each whole and signed by a known key"


def _diagnosis(settings: Settings) -> str:
    return _bearable(*support.examine(settings))


def _atypicality(settings: Settings) -> str:
    return _bearable(*comparison.examine(settings))


def _personal(settings: Settings) -> str:
    return _bearable(*personal.examine(settings))


def _bearable(text: str, good: bool) -> str:
    """The text, as it is. Raises `_BearableError` where it is not good."""
    if not good:
        raise _BearableError(text)
    return text


def _outbox(settings: Settings) -> str:
    file = outbox_file(settings.outbox)
    try:
        with open_outbox(settings) as outbox:
            counts = outbox.counts()
    except StoreInUseError:
        return f"{file}: {file.stat().st_size / 1e6:.1f} MB, in use by the running service"
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
    try:
        with open_outbox(settings) as outbox:
            budget = Budget(settings.budget, SystemClock(), settings.delivery.mode, outbox.note(NOTE))
    except StoreInUseError:
        return "kept by the running service; its telemetry tells what was used"
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


def no_sink(layout: Layout) -> Finding:
    """On a box a fault: nobody would name one when a session begins."""
    level = Level.FAIL if layout.current else Level.WARNING
    text = "none is configured, so nothing of a session would be kept: enrol this box, or set run.sinks"
    return Finding(level, "sink", text)


def _of_sink(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """The way to a sink, and whether it takes what is written; `settings` name this one alone."""
    scheme, _, address = settings.run.sinks[0].partition(":")
    if scheme == "rtdb":
        with suppress(SinkError):  # an address that is none is said by what follows
            yield network.examine(parse_url(address), settings.upload.timeout_s, conditions.year(clock))
    yield _finding("sink", _sink, settings)


def _sink(settings: Settings) -> str:
    """Write for real what the database's rules judge: that the daemon has ended, as it has while it is examined."""
    clock, text = SystemClock(), settings.run.sinks[0]
    try:
        with open_sinks(settings, clock, about=partial(_at_rest, settings, clock)) as opened:
            if opened.steward is None:
                return f"{text} can be written"
            state = opened.steward.telemetry()
    except StoreInUseError:
        return f"{text}: not written to, for the running service does that"
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
