"""Live progress: one line that is rewritten in a terminal, a line every few seconds elsewhere, a table at the end."""

from typing import TextIO

from device.service.service import Service
from device.summary import table

_PLAIN_EVERY_S = 2.0


class Progress:
    """Shows an `Service` while it runs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._shown_s = 0.0

    def show(self, service: Service) -> None:
        """Show the newest state; called often."""
        now = service.clock.monotonic()
        if not self._live and now - self._shown_s < _PLAIN_EVERY_S:
            return
        self._shown_s = now
        line = service.summary.line(_queue(service))
        self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        self._out.flush()

    def end(self, service: Service) -> None:
        """The summary table, if anything was recorded."""
        if self._live and self._shown_s:
            self._out.write("\n")
        if service.summary.records:
            self._out.write(table(service.summary.rows() + _delivery(service)) + "\n")
        self._out.flush()


def _queue(service: Service) -> int | None:
    if service.outbox is None:
        return None
    counts = service.outbox.counts()
    return counts.pending + counts.inflight


def _delivery(service: Service) -> list[tuple[str, str]]:
    if not service.settings.run.sinks:
        return [("kept", "nothing: no --sink was given")]
    if service.uploader is None or service.outbox is None:
        return []
    counts, trouble = service.outbox.counts(), service.uploader.trouble
    waiting = counts.waiting["record"] + counts.waiting["second"] or counts.waiting["minute"]
    parts = [str(service.uploader.sent)]
    parts += [f"{waiting} waiting for the next start"] if waiting else []
    parts += [f"{counts.dead} refused"] if counts.dead else []
    parts += [
        f"{number} of kind {kind} dropped for want of room" for kind, number in counts.dropped_by.items() if number
    ]
    parts += [f"{service.unkept} that a full disk did not take"] if service.unkept else []
    parts += [f"{counts.damaged} damaged outboxes set aside"] if counts.damaged else []
    parts += [f"last trouble: {trouble}"] if trouble else []
    return [("sent to the database", ", ".join(parts))]
