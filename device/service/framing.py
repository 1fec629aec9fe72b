"""Setting up: camera, where the face is, how good the picture is, for whoever aims the box. Nothing is recorded."""

import threading
from collections.abc import Callable

import cv2

from device.camera.opening import open_source
from device.clock import Clock
from device.mailbox import Mailbox
from device.models import open_some
from device.observation import Observation
from device.service.capture import Capture
from device.service.pace import Gate
from device.service.pulse import Pulse
from device.settings import Settings
from device.viewfinder import ROLES, Viewfinder
from device.worker import Worker

_TICK_S = 0.25


def frame(
    settings: Settings,
    clock: Clock,
    look: Callable[[Observation], None],
    show: Callable[[bool], None],
    stopping: threading.Event,
) -> None:
    """Look until `stopping` is set, or the source has no more frames.

    Args:
        look: is shown every observation.
        show: called some times a second, and when the camera is closed, with whether it is open.

    Raises:
        AffectboxError: there is no camera, no model, or one of them fails.
    """
    cv2.setNumThreads(1)
    with open_some(settings.models, ROLES) as networks:
        if stopping.is_set():
            return
        find, mailbox, pulse = Viewfinder(networks, settings), Mailbox(newest_wins=True), Pulse(clock)
        source = open_source(settings.run.source, settings.camera)
        capture = Capture(source, mailbox, clock, True, settings.run.max_frames, Gate(settings.pace.rate))
        silence_s = min(settings.supervision.stall_s, settings.camera.silence_s)
        worker = Worker("capture", capture.step, clock, silence_s, finish=mailbox.close)
        worker.start()
        try:
            shown_s = clock.monotonic()
            while not stopping.is_set() and not mailbox.finished:
                worker.check()
                if (taken := mailbox.take(_TICK_S)) is not None:
                    look(find(taken))
                    pulse.seen(taken)
                if clock.monotonic() - shown_s >= _TICK_S:
                    shown_s = clock.monotonic()
                    pulse.beat()
                    show(True)
        finally:
            capture.let_go()
            worker.stop()
            if not worker.alive:
                source.close()
                show(False)
        worker.check()
