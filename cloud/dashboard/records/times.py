"""Times in words, in the time zone of the machine that the dashboard runs on."""

from datetime import UTC, date, datetime, timedelta

from device.contract.errors import DataError

_DAY_S = 86_400


def zone() -> str:
    """The time zone's name."""
    return datetime.now().astimezone().tzname() or "UTC"


def local(seconds: float | None) -> datetime | None:
    """A time in seconds since 1970; None where nobody knows, or no calendar has it."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def moment(seconds: float | None) -> str:
    """`Wed 4 Nov 2026, 15:00`; 'time unknown' where nobody knows."""
    at = local(seconds)
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M}" if at else "time unknown"


def day(seconds: float | None) -> str:
    """`4 Nov 2026`."""
    at = local(seconds)
    return f"{at.day} {at:%b %Y}" if at else "date unknown"


def named_day(text: str) -> str:
    """`4 Nov 2026` of `2026-11-04`; the text itself where that is no day."""
    try:
        at = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.day} {at:%b %Y}"


def end_of(text: str) -> float:
    """Seconds since 1970 at which a day, YYYY-MM-DD, is over here. Raises `DataError`."""
    try:
        return (datetime.fromisoformat(text) + timedelta(days=1)).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise DataError("A day is written YYYY-MM-DD, and is one of the calendar.") from None


def ago(seconds: float | None, now_s: float) -> str:
    """`today`, `yesterday`, `12 days ago`, by the calendar."""
    at, now = local(seconds), local(now_s)
    if at is None or now is None:
        return "time unknown"
    days = (now.date() - at.date()).days
    if days <= 1:
        return "today" if days == 0 else "yesterday" if days == 1 else "in the future, by its clock"
    return f"{days} days ago" if days < 60 else f"{round(days / 30.4)} months ago"


def within(seconds: float) -> str:
    """How long until then, from now: `6 days`, `3 hours`."""
    if seconds >= 2 * _DAY_S:
        return f"{int(seconds // _DAY_S)} days"
    hours = max(int(seconds // 3600), 1)
    return f"{hours} hour{'s' * (hours != 1)}"


def length(seconds: float) -> str:
    """`48 minutes`, `1 hour 3 minutes`, `40 seconds`."""
    minutes = round(seconds / 60)
    if minutes < 2:
        whole = round(seconds)
        return f"{whole} second{'s' * (whole != 1)}"
    hours, rest = divmod(minutes, 60)
    over = f"{rest} minute{'s' * (rest != 1)}" if rest or not hours else ""
    return f"{hours} hour{'s' * (hours != 1)} {over}".strip() if hours else over


def clock(seconds: float) -> str:
    """Minutes and seconds of a session: `12:05`; `1:02:05` from an hour on."""
    whole = max(round(seconds), 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def from_clock(text: str) -> float:
    """Seconds of `12:05`, `1:02:05` or `12` (minutes). Raises `DataError`."""
    parts = text.strip().split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or any(not 0 <= number < 100_000 for number in numbers):
        raise DataError(f"'{text[:20]}' is no time of a session: write minutes and seconds, such as 12:05.")
    if len(numbers) == 1:
        return numbers[0] * 60
    seconds = 0.0
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds
