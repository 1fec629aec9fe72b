"""What the daemon says of itself to the host: counts, costs and, for the page, the drawn view; nothing clinical."""

import math
from collections.abc import Callable

from msgspec import UNSET, UnsetType

from device.clock import Clock
from device.contract.control import Doing, ErasedSaid, Glimpse, Report
from device.contract.fields import LONGEST
from device.contract.finding import Finding
from device.metrics import HostMeter
from device.observation import Observation
from device.service.glimpse import glimpse_of
from device.service.pace import Pace
from device.service.service import Service
from device.settings import Settings
from device.summary import Summary

_GLIMPSE_S = 0.25
_COUNT_S = 1.0


class Reporter:
    """Makes reports of one task and hands them on."""

    def __init__(self, settings: Settings, clock: Clock, say: Callable[[Report], None]) -> None:
        self._settings, self._clock, self._say = settings, clock, say
        self._glimpse: Glimpse | None = None
        self._drawn_s = self._counted_s = -math.inf
        self._waiting = 0
        self._session = ""

    def look(self, seen: Observation) -> None:
        """Draw what is seen, some times a second; for `Service`, in the pipeline's thread."""
        now = self._clock.monotonic()
        if now - self._drawn_s >= _GLIMPSE_S:
            self._drawn_s = now
            self._glimpse = glimpse_of(seen, self._settings)

    def starting(self) -> None:
        """Networks and camera are being opened."""
        self._say(Report(Doing.STARTING))

    def of_session(self, service: Service) -> None:
        """How a session does; for `Service`, which calls it also when the camera is closed."""
        if service.session is not None:
            self._session = service.session.id
        seen = self._glimpse is not None
        doing = (Doing.WATCHING if seen else Doing.STARTING) if service.camera_open else Doing.CLOSING
        trouble = service.uploader.trouble if service.uploader else ""
        if service.unkept:
            full = "The card is full, free it" if service.is_full else "The card was full"
            trouble = f"{full}: {service.unkept} records could not be kept."
        self._tell(
            doing, service.camera_open, service.summary, service.meter, self._count(service), trouble, service.pace
        )

    def of_framing(self, camera_open: bool, summary: Summary, meter: HostMeter) -> None:
        """How setting up does."""
        seen = self._glimpse is not None
        doing = (Doing.WATCHING if seen else Doing.STARTING) if camera_open else Doing.CLOSING
        self._tell(doing, camera_open, summary, meter, 0, "")

    def found(self, finding: Finding) -> None:
        """One of the findings of an examination, which also opens the camera."""
        camera_open = bool(self._settings.run.source)
        self._say(Report(Doing.WATCHING, camera_open=camera_open, findings=[finding.to_json()]))

    def busy(self) -> None:
        """What is done without a camera goes on."""
        self._say(Report(Doing.CLOSING))

    def ended(self, why: str, text: str = "", erased: ErasedSaid | UnsetType = UNSET) -> None:
        """The last word."""
        self._say(Report(Doing.ENDED, session=self._session, why=why, text=text, erased=erased))

    def _tell(
        self,
        doing: Doing,
        camera_open: bool,
        summary: Summary,
        meter: HostMeter,
        waiting: int,
        trouble: str,
        pace: Pace | None = None,
    ) -> None:
        host, glimpse = meter(), self._glimpse if camera_open else None
        report = Report(
            doing,
            session=self._session,
            camera_open=camera_open,
            camera=self._settings.run.source,
            width=glimpse.width if glimpse else 0,
            height=glimpse.height if glimpse else 0,
            recorded=summary.records,
            measured=summary.measured,
            skipped=summary.dropped,
            rate=round(summary.rate, 1),
            pace=pace.rate if pace else 0.0,
            paced_by=tuple(reason.value for reason in pace.why) if pace else (),
            temperature=host.temperature,
            throttled=host.throttled,
            rss=round(host.rss, 1),
            waiting=waiting,
            trouble=trouble[:LONGEST],
            glimpse=glimpse,
        )
        self._say(report)

    def _count(self, service: Service) -> int:
        """What waits in the outbox, counted once a second."""
        now = self._clock.monotonic()
        if service.outbox is not None and now - self._counted_s >= _COUNT_S:
            self._counted_s, self._waiting = now, service.outbox.counts().pending
        return self._waiting
