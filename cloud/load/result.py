"""The figures of a load, for people and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from cloud.load.fleet import Findings, Tally
from cloud.load.processor import Share

_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Result:
    """What one load showed; `used` is None where the database is not this command's own."""

    boxes: int
    records: int
    elapsed_s: float
    tally: Tally
    findings: Findings
    used: Share | None

    @property
    def accepted(self) -> int:
        """Batches that the database acknowledged."""
        return len(self.tally.latencies_s)

    def kept_up(self) -> bool:
        """Whether every batch that was due was accepted before the box's next one was due."""
        return self.accepted == self.tally.due and max(self.tally.latencies_s) < 1.0

    def limit(self) -> str:
        """What kept the database from accepting more, as far as that is known."""
        if self.used is None:
            return "not known for a database that runs elsewhere"
        return self.used.limit(self.kept_up())

    def figures(self) -> dict[str, Any]:
        """Everything, by name with unit; what is unknown is absent."""
        latencies = {f"p{p}_ms": round(1e3 * percentile(self.tally.latencies_s, p), 1) for p in _PERCENTILES}
        figures: dict[str, Any] = {
            "boxes": self.boxes,
            "records_a_batch": self.records,
            "elapsed_s": round(self.elapsed_s, 2),
            "due_batches": self.tally.due,
            "accepted_batches": self.accepted,
            "accepted_batches_a_second": round(self.accepted / self.elapsed_s, 1),
            "accepted_bytes_a_second": round(self.tally.bytes_accepted / self.elapsed_s),
            "latency": latencies if self.accepted else {},
            "failures": dict(self.tally.failures),
            "read_back": asdict(self.findings),
            "limit": self.limit(),
        }
        if self.used:
            milliseconds = 1e3 * self.used.database * self.elapsed_s / max(1, self.accepted)
            figures["database_processor_ms_a_batch"] = round(milliseconds, 2)
            figures["cores"] = {name: round(value, 2) for name, value in asdict(self.used).items()}
        return figures

    def text(self) -> str:
        """The same in a few lines."""
        figures, back = self.figures(), self.findings
        latency = ", ".join(f"{name[:-3]} {value:g} ms" for name, value in figures["latency"].items())
        failures = ", ".join(f"{count} × {what}" for what, count in self.tally.failures.most_common())
        lines = [
            f"Fleet        {self.boxes} boxes, a batch of {self.records} records a second each",
            f"Accepted     {self.accepted} of {self.tally.due} batches due, "
            f"{figures['accepted_batches_a_second']:g} a second, "
            f"{figures['accepted_bytes_a_second'] / 1e6:.2f} MB a second",
            f"Latency      {latency or 'none was measured'}, from when a batch was due",
            f"Failures     {failures or 'none'}",
            f"Read back    {back.found} acknowledged records are there, {back.lost} are lost; "
            f"of {back.compared} compared byte for byte, {back.altered} differ",
        ]
        if self.used:
            lines.append(
                "Processor    database {database:.2f} cores and {database_waited:.2f} of waiting for one, generator "
                "{generator:.2f} and {generator_waited:.2f}, others {others:.2f}; there are {cores}".format(
                    **asdict(self.used)
                )
            )
            lines.append(f"A batch      {figures['database_processor_ms_a_batch']:g} ms of the database's core")
        return "\n".join([*lines, f"Limit        {self.limit()}"])


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that at least `percent` per cent of the values do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)] if ordered else 0.0
