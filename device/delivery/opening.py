"""From the texts after `--sink` to open sinks, and the uploader that goes with a database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.clock import Clock
from device.contract.address import FORM, DatabaseUrl, parse_url
from device.contract.errors import SinkError
from device.contract.fields import Json
from device.delivery.budget import Budget
from device.delivery.condenser import Condenser, pack_bodies
from device.delivery.database import Database
from device.delivery.identity import open_tokens, refuse_plain
from device.delivery.jsonl import JsonlSink
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Sink
from device.delivery.steward import NOTE, Steward
from device.delivery.tokens import TokenSource
from device.delivery.uploader import Uploader
from device.identity import device_id
from device.settings import Settings
from device.state import outbox_file, same_file


@dataclass(frozen=True)
class OpenSinks:
    """Sinks in the order in which they are written, the durable outbox first.

    With a database, `uploader` empties the outbox, `steward` keeps the budget and reports, and `left_open` is the last
    event of a session that an earlier start did not end; `keeper` puts into the outbox what it is told.
    `url` is the database's, and `tokens` those of an enrolled box.
    """

    sinks: tuple[Sink, ...]
    outbox: Outbox | None
    uploader: Uploader | None
    steward: Steward | None = None
    left_open: Json | None = None
    keeper: OutboxSink | None = None
    url: DatabaseUrl | None = None
    tokens: TokenSource | None = None


@contextmanager
def open_sinks(
    settings: Settings, clock: Clock, again: bool = False, about: Callable[[], Json] = dict
) -> Iterator[OpenSinks]:
    """Open every sink of `settings.run.sinks` for the length of a `with` block.

    `about` gives what telemetry says of the daemon beside its delivery.

    Records that are sent `again` go to the database as they are, each at its own path, so that it does not matter how
    often: without packs and without aggregates, which depend on what else is sent.

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
            urls.append(parse_url(rest))
        else:
            raise SinkError(f"'{text}' is not a sink: write jsonl:FILE, {FORM}.")
    if len(urls) > 1:
        raise SinkError("Only one rtdb sink can be given: a box reports to one database.")
    with ExitStack() as stack:
        sinks: list[Sink] = []
        outbox = uploader = steward = left_open = keeper = tokens = None
        for url in urls:
            outbox = open_outbox(settings, packed=settings.delivery.packed and not again)
            condenser = Condenser(settings.delivery.mode)
            keeper = stack.enter_context(OutboxSink(outbox, None if again else condenser))
            sinks.append(keeper)
            left_open = keeper.left_open()
            tokens = _open_account(url, settings, clock)
            database = stack.enter_context(_open_database(url, settings, tokens))
            uploader = Uploader(outbox, database, settings.upload, clock, tokens.renew if tokens else lambda: None)
            budget = Budget(settings.budget, clock, settings.delivery.mode, outbox.note(NOTE))
            identity = {"device": device_id(settings), "boot": clock.boot()}
            every_s = settings.delivery.telemetry_s
            steward = Steward(identity, keeper, condenser, budget, clock, database.traffic, uploader, every_s, about)
        sinks += [stack.enter_context(_open_file(path, settings.run.source)) for path in files]
        yield OpenSinks(tuple(sinks), outbox, uploader, steward, left_open, keeper, urls[0] if urls else None, tokens)


def _open_file(path: Path, source: str) -> JsonlSink:
    if source and same_file(path, Path(source)):
        raise SinkError(f"{path} is what is read: name another file for the records.")
    return JsonlSink(path)


def open_outbox(settings: Settings, packed: bool = True) -> Outbox:
    """The outbox as configured. Raises `OutboxError`."""
    packing = pack_bodies if packed else None
    return Outbox(outbox_file(settings.outbox), settings.outbox.max_mb, packing, settings.outbox.history)


def open_database(url: DatabaseUrl, settings: Settings, clock: Clock) -> Database:
    """The client of a database; it signs in if this box is enrolled. Raises `IdentityError`, `SinkError`."""
    return _open_database(url, settings, _open_account(url, settings, clock))


def _open_database(url: DatabaseUrl, settings: Settings, tokens: TokenSource | None) -> Database:
    token = tokens.token if tokens else lambda: ""
    return Database(url, settings.upload.timeout_s, token, settings.upload.gzip)


def _open_account(url: DatabaseUrl, settings: Settings, clock: Clock) -> TokenSource | None:
    tokens = open_tokens(settings.identity, device_id(settings), settings.upload.timeout_s, clock)
    refuse_plain(url, tokens is not None, settings.upload.allow_plain)
    return tokens
