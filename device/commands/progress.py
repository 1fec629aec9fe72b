"""Live progress: one line that is rewritten on a terminal, a line now and then elsewhere, a table at the end.

What goes anywhere but to a terminal is kept: in the journal, in a file. So it says how the box does, never the person.
"""

from typing import TextIO

from device.commands.display import Display
from device.service.service import Service
from device.summary import table

_PLAIN_EVERY_S = 10.0


class Progress:
    """Shows a `Service` while it runs."""

    def __init__(self, out: TextIO) -> None:
        self._display = Display(out)
        self._shown_s = 0.0

    def show(self, service: Service) -> None:
        """Show the newest state; called often."""
        now, live = service.clock.monotonic(), self._display.live
        if not live and now - self._shown_s < _PLAIN_EVERY_S:
            return
        self._shown_s = now
        self._display.status(service.summary.line(_queue(service), of_the_person=live))

    def end(self, service: Service) -> None:
        """The summary table, if anything was recorded."""
        self._display.end()
        if service.summary.records:
            self._display.say(table(service.summary.rows(of_the_person=self._display.live) + _delivery(service)))


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
    parts = [f"{service.uploader.sent} records and aggregates"]
    parts += [f"{waiting} waiting for the next start"] if waiting else []
    parts += [f"{counts.dead} refused"] if counts.dead else []
    parts += [
        f"{number} of kind {kind} dropped, for want of room or after waiting too long"
        for kind, number in counts.dropped_by.items()
        if number
    ]
    parts += [f"{service.unkept} that a full disk did not take"] if service.unkept else []
    parts += [f"{counts.damaged} damaged outboxes set aside"] if counts.damaged else []
    parts += [f"last trouble: {trouble}"] if trouble else []
    return [("sent to the database", ", ".join(parts))]
