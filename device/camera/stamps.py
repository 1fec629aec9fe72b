"""Cameras stamp their pictures: libcamera when the first row was read out of the sensor, V4L2 when a USB camera's
picture began to arrive.

libcamera documents its stamp as of CLOCK_BOOTTIME; on a Raspberry Pi it is the kernel's buffer's, of CLOCK_MONOTONIC
(https://bugs.libcamera.org/show_bug.cgi?id=254), as is V4L2's. The clocks differ by the time that the machine was
suspended, which a Pi cannot be; where they do, the one by which the picture is younger is meant.
"""

import time

#: No picture waits longer than this for its reader; an older stamp is of some other clock.
_OLDEST_S = 5.0
#: A stamp that is reckoned from a camera's own clock, as uvcvideo does, may lie so far ahead.
_AHEAD_S = 0.1


def taken_s(stamp_s: float | None) -> float | None:
    """A camera's stamp as a time of the monotonic clock, seconds, and not in the future; None where it is none."""
    if not stamp_s:
        return None
    now_s = time.monotonic()
    ages = (now_s - stamp_s, time.clock_gettime(time.CLOCK_BOOTTIME) - stamp_s)
    possible = [age_s for age_s in ages if -_AHEAD_S <= age_s <= _OLDEST_S]
    return now_s - max(min(possible), 0.0) if possible else None
