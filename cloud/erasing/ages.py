"""When sessions began, by whatever a database knows of it."""

from cloud.erasing.shard import Shard, children, pages
from device.contract import boot, patient, session
from device.contract.boot import offset_of, wall_time
from device.contract.errors import DataError
from device.contract.record import started_s
from device.contract.session import UNNAMED

_BEGAN = "e000001"


class Ages:
    """The sessions of one box in one database. Raises as `Shard`."""

    def __init__(self, shard: Shard, device: str, latest_s: float) -> None:
        """`latest_s`: a session that began after that, seconds since 1970, was told of by a clock that was wrong."""
        self._shard, self._device, self._latest_s = shard, device, latest_s
        self.clocks = {key: clock for page in pages(shard, f"{boot.ROOT}/{device}") for key, clock in page.items()}
        self._offsets = {key: float(clock["offset"]) for key, clock in self.clocks.items() if _is_clock(clock)}

    def began(self, name: str, root: str) -> float | None:
        """When a session began, seconds since 1970; None where nobody knows, as where the clock was never set, or
        told a time that is still to come.

        Args:
            name: its id.
            root: where documents of it stand.
        """
        at = self._told(name, root)
        return at if at is not None and at <= self._latest_s else None

    def _told(self, name: str, root: str) -> float | None:
        offset = offset_of(name, self._offsets)
        if offset is not None and (mono_s := started_s(name)):
            return mono_s + offset
        for document in (self._event(name), *children(self._first(name, root)).values()):
            try:
                at = wall_time(document, offset) if isinstance(document, dict) else None
            except (KeyError, TypeError):
                continue
            if at is not None:
                return at
        return None

    def _event(self, name: str) -> object:
        whom = self._shard.get(patient.key(self._device, name))
        of = whom if isinstance(whom, str) else UNNAMED
        return self._shard.get(f"{session.ROOT}/{of}/{self._device}~{name}/{_BEGAN}")

    def _first(self, name: str, root: str) -> object:
        return {} if root == patient.ROOT else self._shard.page(f"{root}/{self._device}/{name}", "", 1)


def clock_s(clock: object) -> float | None:
    """When a clock was set, seconds since 1970; None for what is none."""
    return float(clock["offset"] + clock["mono"]) if isinstance(clock, dict) and _is_clock(clock) else None


def _is_clock(clock: object) -> bool:
    try:
        boot.validate(clock)  # type: ignore[arg-type]
    except DataError:
        return False
    return True
