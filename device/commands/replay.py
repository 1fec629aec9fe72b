"""`affectbox replay`: a recording goes through again: records into sinks, or a clip with what the box sees in it."""

import sys
from collections import Counter
from itertools import groupby, islice
from pathlib import Path

from device.camera.pictures import is_folder
from device.clock import SystemClock
from device.commands.display import Ticker
from device.commands.drawing import open_drawing
from device.commands.personal.opening import opened_own
from device.commands.recording import documents, open_recording
from device.commands.watch import Watch
from device.contract.errors import ConfigError, DataError
from device.contract.fields import Json, encode
from device.contract.record import key
from device.contract.session import is_event
from device.delivery.opening import open_sinks
from device.delivery.sink import Line, Sink
from device.settings import Settings
from device.state import outbox_file, same_file

_GROUP = 100


def replay(recording: Path, settings: Settings, overlay: Path | None, bundle: Path | None = None) -> int:
    """Send records again, or draw an overlay; returns the exit code.

    Args:
        bundle: what watches the own movement of the person whom the settings name; see `opened_own`.

    Raises:
        ConfigError: neither a sink for records nor an overlay for a clip was asked for.
        DataError: lines that are not records, or that the database refused, or pictures that cannot be read; the
            others were sent, or drawn.
        SourceError, StorageError: the recording cannot be read, or the drawing not be written.
        ModelError: a bundle cannot be used.
    """
    if recording.suffix == ".jsonl":
        return _send(recording, settings)
    if overlay is None:
        raise ConfigError(
            "Replaying a clip draws what the box sees: give --overlay OUT.mp4, or a folder for pictures."
        )
    return _draw(recording, settings, overlay, bundle)


def _send(recording: Path, settings: Settings) -> int:
    if not settings.run.sinks:
        raise ConfigError("Replaying records needs somewhere to send them: give --sink.")
    if any(_is_itself(recording, sink) for sink in settings.run.sinks):
        raise ConfigError(f"{recording} cannot be sent to itself: name another file after --sink.")
    broken: list[str] = []
    with open_recording(recording) as file, open_sinks(settings, SystemClock(), again=True) as opened:
        before, total = opened.outbox.counts() if opened.outbox else None, Counter[bool]()
        for of_events, run in groupby(documents(file, broken), is_event):
            while group := list(islice(run, _GROUP)):
                total[of_events] += len(group)
                for sink in opened.sinks:
                    _send_to(sink, group, of_events)
        if opened.uploader is not None:
            opened.uploader.drain()
        after = opened.outbox.counts() if opened.outbox else None
    refused = after.dead - before.dead if after and before else 0
    waiting = f", {after.pending} still waiting in the outbox" if after and after.pending else ""
    sent = f" read: {refused} refused, the others sent again" if refused else " sent again"
    print(f"{total[False]} records and {total[True]} events{sent}{waiting}")
    if refused:
        where = outbox_file(settings.outbox)
        raise DataError(f"The database refused {refused} documents; {where} keeps them with the reason.")
    if broken:
        raise DataError(
            f"{len(broken)} lines of {recording} are not records (first: {broken[0]}); the others were sent."
        )
    return 0


def _is_itself(recording: Path, sink: str) -> bool:
    scheme, _, path = sink.partition(":")
    return scheme == "jsonl" and same_file(Path(path), recording)


def _send_to(sink: Sink, group: list[Json], of_events: bool) -> None:
    if of_events:
        for event in group:
            sink.tell(event)
    else:
        sink.write([Line(key(record), encode(record)) for record in group])


def _draw(recording: Path, settings: Settings, out: Path, bundle: Path | None) -> int:
    with (
        opened_own(settings, bundle) as own,
        Watch(str(recording), settings, own=own) as seen,
        open_drawing(out, recording, seen, settings) as drawing,
    ):
        ticker = Ticker(seen.count, sys.stderr, "watched")
        for observation in seen:
            drawing.take(observation)
            ticker.tick()
        ticker.end()
        seen.close()
        drawing.finish()
    print(f"{drawing.count} pictures drawn in {out}")
    if is_folder(recording) and drawing.count < seen.count:
        left_out = seen.count - drawing.count
        raise DataError(f"{left_out} of {seen.count} pictures were left out; the others are drawn.")
    return 0
