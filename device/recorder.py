"""From observations to records that are safe: numbered, encoded, committed in groups to every sink.

A group is committed when it is `commit_s` old or `commit_records` long: one sync of the card for several frames. Only
then does anyone hear of a record. One of which something is still being computed (`Saying`) waits for that, and those
after it with it, for `LATEST_S` at most.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from device.clock import Clock
from device.contract.boot import moment
from device.contract.labels import EMOTIONS, SIDED_KEYS
from device.contract.personal import FARTHEST
from device.contract.record import VERSION, Json, encode, key
from device.contract.session import Consent
from device.delivery.sink import Line, Sink
from device.metrics import Host, HostMeter
from device.observation import Observation
from device.saying import LATEST_S, Saying
from device.settings import RecorderSettings
from device.stages.eyes import Eyes
from device.stages.geometry import Box
from device.stages.reader import Actions

#: Intensities of left and right are recorded where they are at least this far apart.
SIDES_DIFFER = 0.5
#: What a consent has to cover → the groups of a record for which it must.
_NEEDS: dict[str, tuple[str, ...]] = {
    "expressions": ("emotions", "expressions", "disagree"),
    "units": ("aus", "left", "right", "codes", "eyes", "pain", "personal"),
    "personal": ("personal",),
}


@dataclass(frozen=True)
class Waiting:
    """A record of the group, and what is still being said of it."""

    record: Json
    line: Line
    saying: Saying | None
    since_s: float

    def told(self, wait_s: float) -> "Waiting":
        """With what was said of it."""
        if self.saying is None:
            return self
        record = self.saying.into(self.record, wait_s)
        return Waiting(record, Line(self.line.path, encode(record)), None, self.since_s)


class Recorder:
    """Turns observations into records and hands them, once committed, to `heard`."""

    def __init__(
        self,
        identity: Json,
        models: dict[str, str],
        sinks: Sequence[Sink],
        clock: Clock,
        settings: RecorderSettings,
        meter: HostMeter,
        heard: Callable[[Json], None] = lambda record: None,
        withheld: Collection[str] = (),
        compare: Callable[[Json], Saying | None] = lambda record: None,
    ) -> None:
        """One session's.

        Args:
            identity: `device`, `boot` and `session`.
            models: names the bundles that give the emotions and the action units.
            withheld: groups of a record that the person has not agreed to; see `not_covered`.
            compare: begins to say what compares a record, and those before it, with other people.
        """
        self._identity = {"v": VERSION, **identity}
        self._withheld = withheld
        self._models = models
        self._sinks = sinks
        self._clock = clock
        self._settings = settings
        self._heard = heard
        self._compare = compare
        self._meter = meter
        self._seq = 0
        self._group: list[Waiting] = []
        self._group_began_s = 0.0
        self._costs_told_s: float | None = None
        self._discarding = False

    def add(self, observation: Observation, pace: Json | None = None) -> None:
        """Number and encode one observation; commits when the group is full or old enough. `pace`: the one that held,
        where one did."""
        self._seq += 1
        now = self._clock.monotonic()
        if "personal" in self._withheld:
            observation = replace(observation, personal=None)
        record = self._identity | {"seq": self._seq} | to_json(observation, self._models)
        if pace is not None:
            record["pace"] = pace
        for group in self._withheld:
            record.pop(group, None)
        if self._costs_told_s is None or now - self._costs_told_s >= self._settings.costs_s:
            self._costs_told_s = now
            record |= _costs(observation, self._meter())
        if not self._group:
            self._group_began_s = now
        self._group.append(Waiting(record, Line(key(record), encode(record)), self._compare(record), now))
        if len(self._group) >= self._settings.commit_records:
            self.commit()
        else:
            self.commit_if_due()

    def withhold(self, groups: Collection[str]) -> None:
        """From now on leave out other groups, for the person agreed to something else; see `not_covered`."""
        self._withheld = groups

    def discard(self) -> None:
        """Record nothing more, and not what was not committed yet; safe in any thread."""
        self._discarding = True

    def commit_if_due(self) -> None:
        """Commit the group when it is old enough; call this also while no frames come."""
        if self._group and self._clock.monotonic() - self._group_began_s >= self._settings.commit_s:
            self.commit()

    def commit(self, last: bool = False) -> None:
        """Write the group to every sink, then tell the listener; `last`: no more records come, so that it is waited
        for what is still being said of any. Raises what the sinks raise."""
        group, self._group = self._parted(last)
        if not group or self._discarding:
            return
        for sink in self._sinks:
            sink.write([one.line for one in group])
        for one in group:
            self._heard(one.record)

    def _parted(self, last: bool) -> tuple[list[Waiting], list[Waiting]]:
        """What is to be committed now, and what waits on."""
        latest_s = self._clock.monotonic() - LATEST_S
        waits = (one.saying and not (one.saying.done or last or one.since_s < latest_s) for one in self._group)
        count = next((at for at, waiting in enumerate(waits) if waiting), len(self._group))
        wait_s = LATEST_S if last and not self._discarding else 0.0
        return [one.told(wait_s) for one in self._group[:count]], self._group[count:]


def not_covered(consent: Consent | None) -> tuple[str, ...]:
    """The groups of a record that a consent leaves out; where nobody recorded a consent, none but `personal`."""
    if consent is None:
        return ("personal",)
    return sum((groups for name, groups in _NEEDS.items() if name not in consent.covers), ())


def to_json(observation: Observation, models: dict[str, str]) -> Json:
    """Everything of a record but its identity and its costs; see `device.contract.record` for the fields."""
    frame, measured = observation.frame, not observation.reasons
    record: Json = {
        "status": "measured" if measured else "gated",
        "time": moment(frame.mono_s, frame.wall_s, frame.trusted),
        "frame": {"index": frame.index},
        "faces": observation.faces,
    }
    if frame.dropped:
        record["frame"]["dropped"] = frame.dropped
    if frame.media_s is not None:
        record["frame"]["media"] = _round(frame.media_s, 3)
    return record | _face(observation) | (_clinical(observation, models) if measured else _gated(observation))


def _face(observation: Observation) -> Json:
    track, pose, quality = observation.track, observation.pose, observation.quality
    if track is None or pose is None or quality is None:
        return {}
    return {
        "track": {"id": track.number, "age": _round(track.seen_s - track.began_s, 3)},
        "face": _share(track.face.box, observation.frame.bounds),
        "pose": {name: _round(value, 1) for name, value in vars(pose).items()},
        "quality": {
            "presence": _round(quality.presence, 3),
            "width": _round(quality.width_px, 1),
            "sharpness": _round(quality.sharpness, 3),
            "brightness": _round(quality.brightness, 3),
        },
    }


def _clinical(observation: Observation, models: dict[str, str]) -> Json:
    known: Json = {
        "emotions": {name: _round(p, 3) for name, p in zip(EMOTIONS, observation.emotions.tolist(), strict=False)},
        "aus": {name: _round(intensity, 2) for name, intensity in observation.actions.known().items()},
        **_sides(observation.actions),
        "hidden": list(observation.hidden),
        "neutral": observation.neutral,
        "models": models,
        "codes": list(observation.codes),
        "eyes": _eyes(observation.eyes),
        "expressions": {name: _round(value, 3) for name, value in observation.expressions.items()},
    }
    if observation.disagree:
        known["disagree"] = True
    if (own := observation.personal) is not None:
        known["personal"] = {"distance": _round(min(own.distance, FARTHEST), 3)}
        known["personal"] |= {} if own.movement is None else {"movement": own.movement}
        known["models"] = models | {"personal": own.bundle}
    if observation.pain is not None:
        known["pain"] = _round(observation.pain, 2)
    return {name: value for name, value in known.items() if value not in ({}, [])}


def _sides(actions: Actions) -> Json:
    """Left and right of the action units whose sides differ."""
    pairs = zip(SIDED_KEYS, actions.left.tolist(), actions.right.tolist(), strict=True)
    differ = [(unit, left, right) for unit, left, right in pairs if abs(left - right) >= SIDES_DIFFER]
    return {
        "left": {unit: _round(left, 2) for unit, left, _ in differ},
        "right": {unit: _round(right, 2) for unit, _, right in differ},
    }


def _eyes(eyes: Eyes) -> Json:
    known = {"open": eyes.open, "blink": eyes.blink_s, "blinks": eyes.blinks, "perclos": eyes.perclos}
    return {name: _round(value, 3) for name, value in known.items() if value is not None}


def _gated(observation: Observation) -> Json:
    return {"reasons": [reason.value for reason in observation.reasons]}


def _costs(observation: Observation, host: Host) -> Json:
    return {"ms": {stage: _round(ms, 2) for stage, ms in observation.ms.items()}, "host": host.to_json()}


def _share(box: Box, bounds: Box) -> Json:
    return {
        "x": _round(box.x / bounds.w, 4),
        "y": _round(box.y / bounds.h, 4),
        "w": _round(box.w / bounds.w, 4),
        "h": _round(box.h / bounds.h, 4),
    }


def _round(value: float, digits: int) -> float:
    return round(float(value), digits)
