"""Hours of a session in minutes: what the daemon's memory does, with all that it does in those hours.

    python -m tests.soak CLIP DATABASE_URL FOLDER HOURS RATE

Compressed, not skipped: frames follow each other as fast as they can be processed, and the box's clock moves on by one
frame's time with each. So every frame is decoded, processed, recorded, packed and sent; seconds, minutes, telemetry
and the budget come as often as in those hours, and uploads as often as the processor allows. What is not compressed,
and so not tried: TLS (the database is on this machine), a camera's own driver, and whatever grows with time alone.

Prints a line each six minutes of the box's time: hours so far, resident memory in MB (10^6 bytes).
"""

import sys
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

import device.service.service
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.camera.video import VideoFile
from device.clock import FakeClock
from device.config import load_settings
from device.contract.session import Beginning
from device.service.service import Service

_EVERY_S = 360
_SPEED = 25  # roughly, of the box's time to ours; only the pauses between uploads go by it
_STEP = 5  # one in so many of the clip's frames is shown, again and again


def main() -> None:
    """Hold one session of so many hours."""
    clip, url, folder, hours, rate = sys.argv[1:]
    clock, pictures = FakeClock(), cycle(_pictures(Path(clip)))
    frames, told_at = round(float(hours) * 3600 * float(rate)), round(_EVERY_S * float(rate))

    def picture(index: int) -> ByteImage:
        clock.advance(1 / float(rate))
        if index % told_at == 0:
            print(f"{index / float(rate) / 3600:.3f} {_resident_mb():.2f}", flush=True)
        return np.asarray(cv2.imdecode(next(pictures), cv2.IMREAD_COLOR), np.uint8)

    device.service.service.open_source = lambda text, camera: FakeSource(picture, frames, fps=float(rate))
    given = [
        "device.id=soaked",
        f'outbox.path="{folder}/outbox.db"',
        f"upload.interval_s={15 / _SPEED}",
        "supervision.stall_s=3600",  # of the box's time, which is a moment of ours
        "budget.monthly_mb=100000",
        "budget.monthly_writes=10000000",
    ]
    run = {"source": "clip", "sinks": [f"rtdb:{url}?ns=soak"]}
    with Service(load_settings(None, given, {"run": run}), clock) as service:
        summary = service.watch(Beginning())
        assert service.uploader is not None
        print(f"{hours} {_resident_mb():.2f}", flush=True)
    print(f"frames {summary.records} measured {summary.measured}", flush=True)


def _pictures(clip: Path) -> list[ByteImage]:
    """Some frames of the clip as JPEG, as a USB camera sends them."""
    with VideoFile(clip) as video:
        frames = iter(video.read, None)
        return [cv2.imencode(".jpg", frame.image)[1] for frame in islice(frames, 0, None, _STEP)]


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
