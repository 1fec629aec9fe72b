"""Where something is erased: databases that are named, above their rules."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cloud.erasing.folder import Local, opened
from cloud.erasing.shard import Served, Shard
from cloud.reading.database import Database
from cloud.reading.signin import of_owner, of_service_account
from device.contract.errors import ConfigError

_TIMEOUT_S = 120.0  # Firebase refuses what would take it more than a minute


@dataclass(frozen=True)
class Where:
    """What is erased from: databases, and the folder of a local one."""

    shards: list[Shard]
    local: Local | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What says which databases."""
    parser.add_argument("--database", metavar="URL[,URL…]", help="these databases; all that boxes report to")
    parser.add_argument("--local", metavar="DIR", type=Path, help="the local database in this folder")
    who = parser.add_argument_group("who asks", "What is erased is above the rules:")
    who.add_argument("--service-account", metavar="FILE", type=Path, help="the service account's key")
    who.add_argument("--owner", action="store_true", help="of a local database on this machine")


@contextmanager
def named(args: argparse.Namespace, none: bool = False) -> Iterator[Where]:
    """The databases that are named. Raises `ConfigError`, `IdentityError`, `SinkError`, `StorageError`."""
    if none:
        yield Where([])
        return
    if bool(args.database) == bool(args.local):
        raise ConfigError("Say where: --database URL with --service-account FILE, or --local DIR, and not both.")
    with ExitStack() as stack:
        if args.local:
            local = stack.enter_context(opened(args.local))
            yield Where(local.shards, local)
            return
        if not (args.service_account or args.owner):
            raise ConfigError(
                "What is erased is above the rules: give the service account's key (--service-account FILE), or "
                "--owner for a local database on this machine."
            )
        credential = of_owner(args.database) if args.owner else of_service_account(args.service_account)
        urls = args.database.split(",")
        yield Where([Served(url, stack.enter_context(Database(url, credential, _TIMEOUT_S))) for url in urls])
