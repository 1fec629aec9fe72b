"""`affectbox-cloud watch`: watches the fleet when nobody looks."""

import argparse
import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.reading import accounts, signin
from device.contract.command import tell
from device.contract.errors import CheckFailedError, ConfigError, IdentityError, RuntimeMissingError

if TYPE_CHECKING:
    from cloud.watch.rules import Rules

PASSWORD = "AFFECTBOX_PASSWORD"
_DESCRIPTION = """Watch every box of a database: keep a day of its numbers, and tell people what needs them, by the
webhook and the e-mail that the file of alerts names. It runs until Ctrl-C, whatever becomes of the database.

It signs in with an account of its own, whose role is engineer: that reads telemetry and the names of boxes, and
nothing clinical. One watch for each folder of --data; a dashboard on the same machine may read there meanwhile."""


def add_parser(subparsers: Any) -> None:
    """Register the `watch` command."""
    parser = subparsers.add_parser("watch", help="watch the fleet, and tell people what needs them")
    parser.description, parser.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    parser.add_argument("--database", metavar="URL", help="which database; needed, but for --test and --print-rules")
    parser.add_argument("--email", metavar="ADDRESS", help="the account of the watch")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help=f"holds its password, or ${PASSWORD} does")
    parser.add_argument(
        "--api-key", metavar="KEY", help=f"the project's web API key (no secret), or in ${accounts.API_KEY}"
    )
    parser.add_argument(
        "--token-file", metavar="FILE", type=Path, help="in place of all three: holds an ID token, and is read anew"
    )
    parser.add_argument("--alerts", metavar="FILE", type=Path, help="rules and outlets (default: what is shipped)")
    parser.add_argument(
        "--data", metavar="DIR", type=Path, default=_folder(), help="its own files (default: %(default)s)"
    )
    parser.add_argument("--test", action="store_true", help="send a message to every outlet, and end")
    parser.add_argument("--print-rules", action="store_true", help="print what is shipped, to be changed, and end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C or SIGTERM.

    Raises:
        CheckFailedError: with --test, an outlet did not take its message.
        ConfigError: the file of alerts is wrong, or an option is missing.
        IdentityError: nobody could be signed in.
        RuntimeMissingError: a package is missing.
        SinkError: no address of a database.
        StorageError: the folder cannot be used.
    """
    try:
        from cloud.watch import outlets as _  # noqa: F401, PLC0415  # the other commands need none of it
        from cloud.watch.rules import SHIPPED, load_rules  # noqa: PLC0415
    except ImportError as error:
        text = f"The package '{error.name}' is not installed: run `pip install 'affectbox[cloud,dashboard]'`."
        raise RuntimeMissingError(text) from None
    if args.print_rules:
        print(SHIPPED.read_text("utf-8"), end="")
        return 0
    rules = load_rules(args.alerts)
    if args.test:
        return asyncio.run(_test(rules))
    if not args.database:
        raise ConfigError("Name the database: --database URL.")
    _check_account(args)
    return asyncio.run(_watch(args, rules))


async def _watch(args: argparse.Namespace, rules: "Rules") -> int:
    from cloud.dashboard.base import Base  # noqa: PLC0415
    from cloud.watch.account import Account  # noqa: PLC0415
    from cloud.watch.watch import Watch  # noqa: PLC0415

    async def make() -> str:
        return await asyncio.to_thread(_token, args)

    account = Account(make)
    base = Base(args.database)
    await account.token()  # what is wrong from the start ends the program
    watch = Watch(rules, args.data, base, account, _say)
    outlets = " and ".join(outlet for outlet in watch.outlets) or "nobody (the file of alerts names no outlet)"
    _say(f"watching {len(rules.rule)} rules; telling {outlets}")
    try:
        await _until_told_to_end(asyncio.create_task(watch.run()))
    finally:
        await base.close()
    return 0


async def _until_told_to_end(task: "asyncio.Task[None]") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _test(rules: "Rules") -> int:
    from cloud.watch.messages import Message  # noqa: PLC0415
    from cloud.watch.outlets import NotTakenError, open_outlets  # noqa: PLC0415

    outlets = open_outlets(rules)
    if not outlets:
        raise ConfigError("The file of alerts names no outlet: fill in [webhook] or [email].")
    now_s = time.time()
    message = Message(now_s, note="this is a test; nothing happened").to_json(f"test-{int(now_s)}")
    failed = 0
    for outlet in outlets:
        try:
            await outlet.send(message)
            print(f"{outlet.name}: taken")
        except NotTakenError as error:
            failed += 1
            print(f"{outlet.name}: it {error}")
    if failed:
        raise CheckFailedError("Not every outlet took the message: see above.")
    return 0


def _check_account(args: argparse.Namespace) -> None:
    if not args.token_file and not args.email:
        raise IdentityError("Say who watches: --email and --password-file, an account with the role engineer.")
    if args.token_file and args.email:
        raise ConfigError("Give --email or --token-file, and not both.")


def _token(args: argparse.Namespace) -> str:
    """Sign in; files are read anew, for they may have been changed. Raises `IdentityError`."""
    if args.token_file:
        return signin.from_file(args.token_file).token
    key = accounts.api_key(args.api_key)
    return signin.with_password(args.email, _password(args.password_file), key).token


def _password(file: Path | None) -> str:
    if file is None:
        if not os.environ.get(PASSWORD):
            raise IdentityError(f"The watch needs its password: name --password-file, or put it into ${PASSWORD}.")
        return os.environ[PASSWORD]
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        raise IdentityError(f"{file} cannot be read as a password: check --password-file.") from None


def _say(sentence: str) -> None:
    tell("affectbox-cloud watch", sentence)


def _folder() -> Path:
    """`$XDG_STATE_HOME/affectbox/watch`."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "affectbox" / "watch"
