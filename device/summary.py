"""What a run came to: counted from committed records, shown while it runs and at the end."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from device.contract.record import Json, seen_live

_RATE_S = 2.0
_STRONGEST = 3


@dataclass
class Summary:
    """Running totals; `hear` takes each committed record."""

    records: int = 0
    measured: int = 0
    dropped: int = 0
    spared: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    top: Counter[str] = field(default_factory=Counter)
    tracks: set[int] = field(default_factory=set)
    peaks: dict[str, float] = field(default_factory=dict)
    last: Json = field(default_factory=dict)
    host: Json = field(default_factory=dict)
    ms: Json = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    timed: int = 0
    recent: deque[float] = field(default_factory=deque)
    next: int = 0

    def hear(self, record: Json) -> None:
        """Count one committed record, of which nothing is taken that nobody sees live: telemetry, the log and the page
        are told from here."""
        record = seen_live(record)
        self.records += 1
        dropped = record["frame"].get("dropped", 0)
        self.dropped += dropped
        self.spared += max(record["frame"]["index"] - self.next - dropped, 0)
        self.next = record["frame"]["index"] + 1
        self.measured += record["status"] == "measured"
        self.reasons.update(record.get("reasons", ()))
        if "track" in record:
            self.tracks.add(record["track"]["id"])
        if "emotions" in record:
            self.top[_largest(record["emotions"])[0][0]] += 1
        for unit, intensity in record.get("aus", {}).items():
            self.peaks[unit] = max(self.peaks.get(unit, 0.0), intensity)
        self.last = record
        self.host = record.get("host", self.host)
        if "ms" in record:
            self.ms = record["ms"]
            self.timed += 1
            for stage, ms in self.ms.items():
                self.stages[stage] = round(self.stages.get(stage, 0.0) + ms, 3)
        captured_s = record["time"]["mono"]
        self.recent.append(captured_s)
        while captured_s - self.recent[0] > _RATE_S:
            self.recent.popleft()

    @property
    def rate(self) -> float:
        """Records a second over the last two seconds."""
        span = self.recent[-1] - self.recent[0] if len(self.recent) > 1 else 0.0
        return (len(self.recent) - 1) / span if span > 0 else 0.0

    def line(self, queue: int | None, of_the_person: bool) -> str:
        """One line of how the run does.

        Args:
            queue: the outbox's depth, None without an outbox.
            of_the_person: whether it also tells what is seen of whoever is watched.
        """
        if not self.last:
            return "waiting for the first frame"
        seen = _seen(self.last) if of_the_person else f"measured {self.measured / self.records:.0%}"
        waiting = "" if queue is None else f"  queue {queue}"
        cost = f"  cpu {self.host['cpu']:.0f} %" if "cpu" in self.host else ""
        return f"{self.records:6d} frames  {self.rate:5.1f} fps  {seen}{waiting}{cost}  {self.host['rss']:.0f} MB"

    def rows(self, of_the_person: bool) -> list[tuple[str, str]]:
        """The summary table: name and value; `of_the_person` as for `line`."""
        spared = f", {self.spared} left out to keep the pace" if self.spared else ""
        frames = [
            ("frames", f"{self.records} recorded, {self.dropped} skipped{spared}"),
            ("measured", f"{self.measured} of {self.records}"),
        ]
        if not of_the_person:
            return frames
        gated = ", ".join(f"{words(reason)} {count}" for reason, count in self.reasons.most_common()) or "none"
        top = ", ".join(f"{name} {count}" for name, count in self.top.most_common()) or "none"
        peaks = ", ".join(f"{unit} {value:.1f}" for unit, value in _largest(self.peaks)[:6]) or "none"
        return [
            *frames,
            ("without a guess", gated),
            ("patient's tracks", str(len(self.tracks))),
            ("strongest emotion", top),
            ("highest intensities", f"{peaks}  (0 to 5)"),
        ]


def words(code: str) -> str:
    """A code of a record as people read it."""
    return code.replace("_", " ")


def _seen(record: Json) -> str:
    if "emotions" in record:
        name, share = _largest(record["emotions"])[0]
        units = " ".join(f"{unit} {value:.1f}" for unit, value in _largest(record.get("aus", {}))[:_STRONGEST])
        seen = f"{name} {share:.0%}  {units}"
    else:
        seen = "no guess: " + ", ".join(map(words, record["reasons"]))
    return f"faces {record['faces']}  {seen:<44}"


def table(rows: list[tuple[str, Any]]) -> str:
    """Two aligned columns."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)


def _largest(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda item: -item[1])
