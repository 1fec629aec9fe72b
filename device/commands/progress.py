"""Live progress: one line that is rewritten on a terminal, a line now and then elsewhere, a table at the end.

What goes anywhere but to a terminal is kept: in the journal, in a file. So it says how the box does, never the person.
"""

from typing import TextIO

from device.app import App
from device.commands.display import Display
from device.summary import table

_PLAIN_EVERY_S = 10.0


class Progress:
    """Shows an `App` while it runs."""

    def __init__(self, out: TextIO) -> None:
        self._display = Display(out)
        self._shown_s = 0.0

    def show(self, app: App) -> None:
        """Show the newest state; called often."""
        now, live = app.clock.monotonic(), self._display.live
        if not live and now - self._shown_s < _PLAIN_EVERY_S:
            return
        self._shown_s = now
        self._display.status(app.summary.line(_queue(app), of_the_person=live))

    def end(self, app: App) -> None:
        """The summary table, if anything was recorded."""
        self._display.end()
        if app.summary.records:
            self._display.say(table(app.summary.rows(of_the_person=self._display.live) + _delivery(app)))


def _queue(app: App) -> int | None:
    if app.outbox is None:
        return None
    counts = app.outbox.counts()
    return counts.pending + counts.inflight


def _delivery(app: App) -> list[tuple[str, str]]:
    if not app.settings.run.sinks:
        return [("kept", "nothing: no --sink was given")]
    if app.uploader is None or app.outbox is None:
        return []
    counts, trouble = app.outbox.counts(), app.uploader.trouble
    waiting = counts.waiting["frame"] + counts.waiting["second"] or counts.waiting["summary"]
    parts = [f"{app.uploader.sent} records and summaries"]
    parts += [f"{waiting} waiting for the next start"] if waiting else []
    parts += [f"{counts.dead} refused"] if counts.dead else []
    parts += [
        f"{number} of kind {kind} dropped for want of room" for kind, number in counts.dropped_by.items() if number
    ]
    parts += [f"{app.unkept} that a full disk did not take"] if app.unkept else []
    parts += [f"{counts.damaged} damaged outboxes set aside"] if counts.damaged else []
    parts += [f"last trouble: {trouble}"] if trouble else []
    return [("sent to the database", ", ".join(parts))]
