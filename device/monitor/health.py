"""Whether the box does what it is for, in checks: what a monitor that reads no metrics asks."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from device.contract.fields import Json
from device.host.view import Snapshot
from device.monitor.text import Sample

_NEEDED_BYTES = 200_000_000
_LAG_S = 3600.0


@dataclass(frozen=True)
class Check:
    """One of them: `text` is a sentence, without a pseudonym."""

    name: str
    ok: bool
    text: str


def checks(now: Snapshot, said: Json, samples: list[Sample], delivers: bool) -> Iterator[Check]:
    """All of them; `delivers`: whether a process has to be there that sends."""
    yield Check("host", ok=True, text=f"The box is {now.state.value}.")
    yield Check("trouble", now.trouble is None, now.trouble.text if now.trouble else "Nothing is in the way.")
    if delivers:
        yield _delivery(said)
    found = {(sample.name, sample.labels.get("state")): sample.value for sample in samples}
    free = found.get(("system_filesystem_usage_bytes", "free"))
    if free is not None:
        yield Check("card", free >= _NEEDED_BYTES, f"{free / 1e6:.0f} MB are free on the card.")
    if (low := found.get(("hw_under_voltage", None))) is not None:
        text = "The supply is too weak: use the board's own." if low else "The supply holds."
        yield Check("voltage", not low, text)
    text = "The clock is synchronized." if now.clock_trusted else "The clock is not synchronized: see to the network."
    yield Check("clock", now.clock_trusted, text)


def document(found: list[Check]) -> Json:
    """As `/health` answers."""
    status = "ok" if all(check.ok for check in found) else "failing"
    return {"status": status, "checks": [asdict(check) for check in found]}


def _delivery(said: Json) -> Check:
    if not said:
        return Check("delivery", ok=False, text="Nobody sends: see `journalctl -u affectbox-deliver`.")
    lag_s = said.get("lag", 0.0)
    late = isinstance(lag_s, int | float) and lag_s > _LAG_S
    trouble = str(said.get("trouble", ""))
    text = f"Nothing went out for {lag_s / 60:.0f} min: {trouble}." if late else trouble or "What is due goes out."
    return Check("delivery", not late, text)
