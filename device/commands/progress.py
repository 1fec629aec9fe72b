"""Live progress: one line that is rewritten in a terminal, a line every few seconds elsewhere, a table at the end."""

from typing import TextIO

from device.app import App
from device.summary import table

_PLAIN_EVERY_S = 2.0


class Progress:
    """Shows an `App` while it runs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._shown_s = 0.0

    def show(self, app: App) -> None:
        """Show the newest state; called often."""
        now = app.clock.monotonic()
        if not self._live and now - self._shown_s < _PLAIN_EVERY_S:
            return
        self._shown_s = now
        line = app.summary.line(_queue(app))
        self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        self._out.flush()

    def end(self, app: App) -> None:
        """The summary table, if anything was recorded."""
        if self._live and self._shown_s:
            self._out.write("\n")
        if app.summary.records:
            self._out.write(table(app.summary.rows() + _delivery(app)) + "\n")
        self._out.flush()


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
    waiting = counts.waiting["record"] + counts.waiting["second"] or counts.waiting["minute"]
    parts = [str(app.uploader.sent)]
    parts += [f"{waiting} waiting for the next start"] if waiting else []
    parts += [f"{counts.dead} refused"] if counts.dead else []
    parts += [
        f"{number} of kind {kind} dropped for want of room" for kind, number in counts.dropped_by.items() if number
    ]
    parts += [f"{app.unkept} that a full disk did not take"] if app.unkept else []
    parts += [f"{counts.damaged} damaged outboxes set aside"] if counts.damaged else []
    parts += [f"last trouble: {trouble}"] if trouble else []
    return [("sent to the database", ", ".join(parts))]
