"""From the texts after `--sink` to open sinks, and the uploader that goes with a database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.clock import Clock
from device.contract.errors import SinkError
from device.contract.shards import rank, split
from device.delivery.database import FORM, Database, DatabaseUrl, parse_url
from device.delivery.identity import open_tokens, refuse_plain
from device.delivery.jsonl import JsonlSink
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Sink
from device.delivery.uploader import Uploader
from device.settings import Settings, device_id


@dataclass(frozen=True)
class OpenSinks:
    """Sinks in the order in which they are written, the durable outbox first; `uploader` empties the outbox."""

    sinks: tuple[Sink, ...]
    outbox: Outbox | None
    uploader: Uploader | None


@contextmanager
def open_sinks(settings: Settings, clock: Clock) -> Iterator[OpenSinks]:
    """Open every sink of `settings.run.sinks` for the length of a `with` block.

    Raises:
        SinkError: a text that names no sink, two databases, a file that cannot be written.
        OutboxError: the outbox cannot be used.
        IdentityError: the identity file cannot be used, or is another box's.
    """
    files, urls = [], []
    for text in settings.run.sinks:
        scheme, _, rest = text.partition(":")
        if scheme == "jsonl" and rest:
            files.append(Path(rest))
        elif scheme == "rtdb":
            urls.append(own_shard(rest, device_id(settings)))
        else:
            raise SinkError(f"'{text}' is not a sink: write jsonl:FILE, {FORM}.")
    if len(urls) > 1:
        raise SinkError("Only one rtdb sink can be given: a box reports to one database; list shards as rtdb:URL,URL.")
    with ExitStack() as stack:
        sinks: list[Sink] = []
        outbox = uploader = None
        for url in urls:
            outbox = Outbox(settings.outbox.file(), settings.outbox.max_mb)
            sinks.append(stack.enter_context(OutboxSink(outbox)))
            uploader = Uploader(outbox, open_database(url, settings, clock), settings.upload, clock)
        sinks += [stack.enter_context(JsonlSink(path)) for path in files]
        yield OpenSinks(tuple(sinks), outbox, uploader)


def own_shard(text: str, device: str) -> DatabaseUrl:
    """The database of this box among the shards `URL,URL,…`, all of which must be addresses.

    Raises:
        SinkError: one is empty, named twice, or not a database address.
    """
    shards = {url: parse_url(url) for url in split(text)}
    return shards[rank(device, shards)[0]]


def open_database(url: DatabaseUrl, settings: Settings, clock: Clock) -> Database:
    """The client of a database; it signs in if this box is enrolled. Raises `IdentityError`, `SinkError`."""
    timeout_s = settings.upload.timeout_s
    tokens = open_tokens(settings.identity, device_id(settings), timeout_s, clock)
    if tokens is None:
        return Database(url, timeout_s)
    refuse_plain(url)
    return Database(url, timeout_s, tokens.token)
