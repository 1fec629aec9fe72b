"""Who used the processor during a load: the database, the generator, or other programs on the machine.

Read from Linux's `/proc`; elsewhere nothing is known and nothing is claimed.

Source: proc(5), `/proc/PID/stat` fields 14 and 15, `/proc/stat` first line; both in clock ticks.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_FULL = 0.9  # a process of one thread, or a machine, that is this busy has nothing left


@dataclass(frozen=True)
class Moment:
    """Clocks at one moment, in seconds: wall, and processor time of database, of this process, of the machine."""

    wall_s: float
    database_s: float
    generator_s: float
    machine_s: float


@dataclass(frozen=True)
class Share:
    """Cores in use over a stretch of time, of `cores`; `others` are programs that belong to neither."""

    database: float
    generator: float
    others: float
    cores: int

    def limit(self, kept_up: bool) -> str:
        """One sentence about what kept the database from accepting more."""
        if kept_up:
            return "none was met: every batch was accepted in the second in which it was due"
        if self.database >= _FULL:
            return "the database: it uses one core, and that is full"
        if self.generator >= _FULL:
            return "the load generator: it uses one core, and that is full"
        if self.database + self.generator + self.others >= _FULL * self.cores:
            return f"the machine: its {self.cores} cores are full, {self.others:.1f} of them with other programs"
        return "the disk: the processor had time left while commits were synced"


def moment(database_pid: int) -> Moment | None:
    """The clocks now; None where they cannot be read."""
    try:
        process = Path(f"/proc/{database_pid}/stat").read_text().rpartition(")")[2].split()
        machine = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return None
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, machine)
    busy = user + nice + system + irq + softirq + steal
    database = int(process[11]) + int(process[12])
    return Moment(time.monotonic(), database * tick_s, time.process_time(), busy * tick_s)


def share(begin: Moment | None, end: Moment | None) -> Share | None:
    """Cores in use between two moments."""
    if begin is None or end is None:
        return None
    wall_s = end.wall_s - begin.wall_s
    database = (end.database_s - begin.database_s) / wall_s
    generator = (end.generator_s - begin.generator_s) / wall_s
    machine = (end.machine_s - begin.machine_s) / wall_s
    return Share(database, generator, max(0.0, machine - database - generator), os.cpu_count() or 1)
