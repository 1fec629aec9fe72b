"""Sends; before each batch the clock is looked at, and the steward sees to the budget.

What nobody foresaw in it is told as trouble and tried again later: it stops no recording.
"""

from collections.abc import Callable

from device.contract.errors import AffectboxError
from device.delivery.boot_time import BootTime
from device.delivery.steward import Steward
from device.delivery.uploader import Uploader

_LATER_S = 60.0


class Upload:
    """The steps of the upload worker."""

    def __init__(
        self,
        uploader: Uploader,
        steward: Steward,
        boot_time: BootTime,
        drains: Callable[[], bool] = lambda: True,
    ) -> None:
        """`drains` says at the end whether what is due is still sent."""
        self._uploader = uploader
        self._steward = steward
        self._boot_time = boot_time
        self._drains = drains

    def step(self) -> float:
        """Send a batch if any is due; seconds to wait before the next step. Raises `OutboxError`."""
        try:
            self._boot_time.look()
            self._steward.tick()
            return self._uploader.step()
        except AffectboxError:
            raise
        except Exception as error:
            self._uploader.trouble = f"a fault of the box's own ({type(error).__name__}): please report it"
            return _LATER_S

    def finish(self) -> None:
        """Send what is due, and last of all how things stand now; or only write that down, to be sent later."""
        self._steward.finish()
        if self._drains():
            self._uploader.drain()
        self._steward.report()
        if self._drains():
            self._uploader.drain()
