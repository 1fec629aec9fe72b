"""Who used the processor during a load, who had to wait for it, and so what the limit was.

Read from Linux's `/proc`; elsewhere nothing is known and nothing is claimed.

Source: proc(5) for `/proc/PID/stat` (fields 14 and 15) and `/proc/stat` (first line), both in clock ticks; the
kernel's Documentation/scheduler/sched-stats.rst for `/proc/PID/schedstat`: nanoseconds of running and of waiting.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_FULL = 0.9  # a process of one thread that runs for this share of the time has nothing left


@dataclass(frozen=True)
class Moment:
    """Clocks at one moment, in seconds: wall, processor time of database, of this process and of the whole machine,
    and the time for which the database and this process were ready to run but did not get a processor."""

    wall_s: float
    database_s: float
    generator_s: float
    machine_s: float
    database_waited_s: float
    generator_waited_s: float


@dataclass(frozen=True)
class Share:
    """Shares of a stretch of time, in cores of `cores`; `others` are programs that belong to neither."""

    database: float
    database_waited: float
    generator: float
    generator_waited: float
    others: float
    cores: int

    def limit(self, kept_up: bool) -> str:
        """One sentence about what kept the database from accepting more."""
        if kept_up:
            return "none was met: every batch was accepted in the second in which it was due"
        if self.database >= _FULL:
            return "the database: it runs on one core, and that is full"
        if self.generator >= _FULL:
            return "the load generator: it runs on one core, and that is full"
        if _starved(self.database, self.database_waited) or _starved(self.generator, self.generator_waited):
            return f"the machine: other programs use {self.others:.1f} of its {self.cores} cores"
        return "the disk: the database waited for its commits to be synced"


def _starved(ran: float, waited: float) -> bool:
    """Whether a process waited for a processor longer than it had nothing to do."""
    return waited > 1.0 - ran - waited


def moment(database_pid: int) -> Moment | None:
    """The clocks now; None where they cannot be read."""
    try:
        process = Path(f"/proc/{database_pid}/stat").read_text().rpartition(")")[2].split()
        machine = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        waited_s = [int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9 for pid in (database_pid, "self")]
    except OSError:
        return None
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _iowait, irq, softirq, _steal = map(int, machine)
    busy = user + nice + system + irq + softirq
    database = int(process[11]) + int(process[12])
    return Moment(time.monotonic(), database * tick_s, time.process_time(), busy * tick_s, *waited_s)


def share(begin: Moment | None, end: Moment | None) -> Share | None:
    """What was used between two moments."""
    if begin is None or end is None:
        return None
    wall_s = end.wall_s - begin.wall_s
    database = (end.database_s - begin.database_s) / wall_s
    generator = (end.generator_s - begin.generator_s) / wall_s
    return Share(
        database,
        (end.database_waited_s - begin.database_waited_s) / wall_s,
        generator,
        (end.generator_waited_s - begin.generator_waited_s) / wall_s,
        max(0.0, (end.machine_s - begin.machine_s) / wall_s - database - generator),
        os.cpu_count() or 1,
    )
