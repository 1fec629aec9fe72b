"""What features cost: of a record while a session runs, and at its end. `python -m tests.device.features.bench`."""

import time
import tracemalloc

from device.contract.features import SESSION
from device.features.features import features_of
from device.features.gatherer import Gatherer
from tests.behaviour import behaviour, watched

_MINUTES = 50


def main() -> None:
    """Measure 50 minutes at 10 and at 25 records a second, and print processor time and memory."""
    seen = behaviour(_MINUTES * 60)
    for rate in (10, 25):
        records = watched(seen, rate)
        tracemalloc.start()
        kept = _gathered(records)
        held = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        del kept
        began_s = time.process_time()
        gatherer = _gathered(records)
        gathered_s = time.process_time()
        features_of(gatherer.parts()[SESSION])
        ended_s = time.process_time()
        each_us, end_ms = (gathered_s - began_s) / len(records) * 1e6, (ended_s - gathered_s) * 1e3
        print(
            f"{_MINUTES} min at {rate} /s: {each_us:.1f} µs a record, {end_ms:.0f} ms at the end, {held:.1f} MB held"
        )


def _gathered(records: list) -> Gatherer:
    gatherer = Gatherer()
    for record in records:
        gatherer.add(record)
    return gatherer


if __name__ == "__main__":
    main()
