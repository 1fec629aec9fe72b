"""What the browser gets, several times a second: a snapshot of the host process and its surroundings, as JSON.

Everything is in codes that the page has words for; sentences of the box's own come along for what it has none for.
"""

import math
import secrets

from msgspec import to_builtins

from device.clock import Clock
from device.contract.fields import Json
from device.contract.session import UNNAMED
from device.host.view import Matter, Notice, Recorded, Snapshot, State
from device.identity import device_id
from device.page.drawing import advice, drawing, placed
from device.page.releases import Release, release
from device.page.surroundings import Lookout, Surroundings
from device.settings import Settings
from device.update.layout import Layout

_PAST = 8
_PEOPLE = 200
_OPEN = (State.STARTING, State.WATCHING, State.PAUSED, State.STOPPING)
_CAMERA = (Matter.FAILED, Matter.SILENT)
_MINUTE_S = 60


class Showing:
    """Makes it."""

    def __init__(self, settings: Settings, clock: Clock, port: int, layout: Layout | None = None) -> None:
        """
        Args:
            port: of the page, for the addresses that are told; 0 when it is on this machine alone.
            layout: where releases lie.
        """
        self._settings = settings
        self._clock = clock
        self._layout = layout
        self._port = port
        self._lookout = Lookout(settings, clock)
        self._life = secrets.token_hex(4)  # numbers of snapshots begin anew with each

    def __call__(self, snapshot: Snapshot) -> Json:
        """The page's JSON."""
        wall = self._clock.wall()
        glimpse = None if snapshot.glimpse is None else to_builtins(snapshot.glimpse)
        drawn = drawing(glimpse, self._settings.detector.zone, self._settings.quality)
        if drawn is not None and snapshot.state is not State.FRAMING:
            drawn = placed(drawn)
        trouble = snapshot.trouble
        saying = advice(snapshot.state, drawn, trouble is not None and trouble.matter in _CAMERA)
        return {
            "life": self._life,
            "number": snapshot.number,
            "box": device_id(self._settings),
            "state": snapshot.state.value,
            "camera": snapshot.camera_open,
            "unattended": snapshot.unattended,
            "button": snapshot.lamp,
            "trouble": _told(snapshot.trouble),
            "notice": _told(snapshot.notice),
            "session": _session(snapshot),
            "closes": None if snapshot.limit_left_s is None else int(snapshot.limit_left_s),
            "prepared": snapshot.prepared,
            "people": [_person(one, wall) for one in snapshot.people[:_PEOPLE]],
            "advice": {"code": saying.code, "tone": saying.tone},
            "view": drawn,
            "cards": self._cards(snapshot, wall),
            "past": [
                {"began": past.began, "seconds": int(past.seconds), "why": past.why} for past in snapshot.past[:_PAST]
            ],
        }

    def _cards(self, snapshot: Snapshot, wall: float) -> Json:
        around = self._lookout.look()
        return {
            "camera": _camera(snapshot),
            "network": self._network(around),
            "time": {
                "tone": "good" if snapshot.clock_trusted else "attention",
                "says": "good" if snapshot.clock_trusted else "unset",
                "wall": int(wall // _MINUTE_S * _MINUTE_S),
            },
            "storage": _storage(snapshot, around),
            "cloud": _cloud(around),
            "update": _update(release(self._layout)),
        }

    def _network(self, around: Surroundings) -> Json:
        shown = around.addresses if self._port else ()
        return {
            "tone": "good" if around.connected else "attention" if around.place else "off",
            "says": "up" if around.connected else "down",
            "addresses": [f"http://{address}:{self._port}" for address in shown],
        }


def _told(notice: Notice | None) -> Json | None:
    return None if notice is None else {"code": notice.matter.value, "text": notice.text}


def _session(snapshot: Snapshot) -> Json | None:
    if snapshot.state not in _OPEN or not snapshot.patient:
        return None
    named = snapshot.patient if snapshot.patient != UNNAMED else ""
    left = None if snapshot.limit_left_s is None else int(snapshot.limit_left_s)
    return {"patient": named, "seconds": int(snapshot.session_s), "left": left}


def _person(recorded: Recorded, wall: float) -> Json:
    consent = recorded.consent
    until = None if consent.until is None or not math.isfinite(consent.until) else consent.until
    over = until is not None and until <= wall
    return {
        "patient": recorded.patient,
        "covers": list(consent.covers),
        "by": consent.by,
        "age": consent.age,
        "until": until,
        "revoked": recorded.revoked is not None,
        "valid": recorded.revoked is None and not over,
    }


def _camera(snapshot: Snapshot) -> Json:
    report = snapshot.report
    if snapshot.trouble is not None and snapshot.trouble.matter in _CAMERA:
        says, tone = "trouble", "attention"
    elif snapshot.camera_open and report is not None and report.width:
        says, tone = "on", "good"
    elif snapshot.camera_open:
        says, tone = "opening", "good"
    else:
        says, tone = "off", "off"
    hot = report is not None and bool(report.throttled)
    return {
        "tone": "attention" if hot else tone,
        "says": says,
        "width": report.width if report else 0,
        "height": report.height if report else 0,
        "rate": round(report.rate) if report else 0,
        "slow": report is not None and bool(report.paced_by),
        "celsius": report.temperature if report else None,
    }


def _storage(snapshot: Snapshot, around: Surroundings) -> Json:
    waiting = around.delivery.waiting if around.delivery else None
    if snapshot.report is not None and snapshot.state is State.WATCHING:
        waiting = snapshot.report.waiting
    return {
        "tone": "attention" if around.low else "good",
        "says": "low" if around.low else "free",
        "free": around.free,
        "waiting": waiting,
    }


def _cloud(around: Surroundings) -> Json:
    delivery = around.delivery
    if not around.place:
        return {"tone": "off", "says": "none", "place": "", "sent": None, "text": ""}
    sent = delivery.sent if delivery and delivery.sent else None
    troubled = delivery is not None and bool(delivery.trouble)
    return {
        "tone": "attention" if troubled else "good" if sent else "off",
        "says": "trouble" if troubled else "here",
        "place": around.place,
        "sent": sent,
        "text": delivery.trouble if delivery and troubled else "",
    }


def _update(now: Release) -> Json:
    return {
        "tone": "good" if now.says in ("none", "done") else "attention",
        "says": now.says,
        "version": now.running,
        "available": now.offered,
        "target": now.target,
        "text": now.text,
    }
