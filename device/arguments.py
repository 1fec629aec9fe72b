"""The arguments of the command `affectbox`. What a command does stands in `device.cli`."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from device.commands.personal.parsing import add_personal
from device.contract.choices import AGES
from device.contract.landmarks import COUNTS
from device.contract.version import ShowVersion

Run = Callable[[argparse.Namespace], int]

_ACTIONS = "status consent prepare begin pause resume end revoke frame mark phase stimulus".split()
_EPILOG = """\
sources: auto (the one camera of this machine), picamera2:0, usb:NAME, v4l2:/dev/video0, a video file, an image,
         a folder of images
sinks:   jsonl:FILE, rtdb:http://127.0.0.1:9000?ns=NAME, rtdb:https://NAME.firebaseio.com

Every setting of `affectbox check-config` can be given as --set SECTION.KEY=VALUE.
Exit codes: 0 done; 2 wrong usage; 11 configuration; 12 source; 13 model; 14 no inference library; 15 sink; 16 outbox;
19 a file or folder; 20 a worker hung; 21 a recording, or no relaxed face; 22 doctor found something; 25 the account of
the box; 26 the host process refused; 27 a release.
"""


def parser_of(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The parser; `runs`: what runs each command, by its name."""
    parser = argparse.ArgumentParser(
        "affectbox",
        description="The command `affectbox`: what runs on the box.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _sessions(commands, runs)
    _box(commands, runs)
    _processes(commands, runs)
    add_personal(commands, _command, runs["personal"])
    _pictures(commands, runs)
    return parser


def _sessions(commands: Any, runs: Mapping[str, Run]) -> None:
    run = _command(commands, "run", "hold a session: watch a source and record what is seen", runs["run"])
    run.add_argument("--patient", metavar="ID", help="pseudonym of the person who is watched; else nobody is named")
    run.add_argument(
        "--consent", metavar="WHAT,WHAT", type=_listed, help="what the person agreed to: expressions, units, …"
    )
    run.add_argument("--consent-by", metavar="WHO", help="who gave the consent: patient or guardian")
    run.add_argument(
        "--phase", dest="phases", metavar="NAME=SECONDS", action="append", help="a part of the session; several follow"
    )
    run.add_argument("--consent-until", metavar="DAY", help="last day on which it holds: YYYY-MM-DD")
    run.add_argument(
        "--consent-age",
        metavar="YEARS",
        help=f"how old the person is, where they may be compared with other people: {', '.join(AGES)}",
    )
    run.add_argument("--source", metavar="SRC", help="what to watch")
    run.add_argument("--sink", metavar="SINK", action="append", help="where records go; may be given several times")
    run.add_argument("--max-frames", metavar="N", type=int, help="stop after N frames")
    pace = run.add_mutually_exclusive_group()
    pace.add_argument("--realtime", dest="pace", action="store_const", const="realtime", help="newest frame wins")
    pace.add_argument(
        "--as-fast-as-possible", dest="pace", action="store_const", const="fast", help="process every frame"
    )

    calibrate = _command(commands, "calibrate", "learn a person's face at rest", runs["calibrate"])
    calibrate.add_argument("--source", metavar="SRC", help="where the person is seen")
    calibrate.add_argument("--patient", metavar="ID", help="the person's pseudonym")
    calibrate.add_argument("--seconds", metavar="S", type=float, default=5.0, help="of a relaxed face (default 5)")

    forget = _command(
        commands, "forget", "erase a person from this box, and say what is out of its reach", runs["forget"]
    )
    forget.add_argument("person", metavar="ID", help="the person's pseudonym")
    forget.add_argument(
        "--file",
        metavar="F",
        type=Path,
        action="append",
        default=[],
        help="also erase their lines in this file of records (.jsonl); may be given several times",
    )


def _box(commands: Any, runs: Mapping[str, Run]) -> None:
    check = _command(commands, "check-config", "print the configuration in effect, as TOML", runs["check-config"])
    check.formatter_class = argparse.RawDescriptionHelpFormatter
    check.epilog = Path(__file__).with_name("config.toml").read_text(encoding="utf-8")

    doctor = _command(
        commands, "doctor", "check everything that a session needs, and say how to mend it", runs["doctor"]
    )
    doctor.add_argument("--source", metavar="SRC", help="also open this source and take a picture")
    doctor.add_argument("--sink", metavar="SINK", action="append", help="also check this sink")
    doctor.add_argument(
        "--here",
        action="store_true",
        help="look from this process, as with a source or sink of your own, and do not ask the service that runs",
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object, for a fleet")

    enrol = _command(
        commands, "enrol", "make this box sign in as itself, by a file of `affectbox-cloud provision`", runs["enrol"]
    )
    what = enrol.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="the enrolment file; it is deleted once it was used")
    what.add_argument(
        "--passphrase", action="store_true", help="only make another pass-phrase for the box's own page, and show it"
    )

    _command(commands, "host", "the process that is always there: button, lamp, page, consents", runs["host"])

    session = _command(commands, "session", "ask the host process: consents, sessions, the state", runs["session"])
    session.add_argument("action", choices=_ACTIONS, metavar="ACTION", help=", ".join(_ACTIONS))
    session.add_argument("subject", metavar="WHO", nargs="?", default="", help="pseudonym, or the name of a mark")
    session.add_argument("--covers", metavar="WHAT,WHAT", type=_listed, default=[], help="what a consent covers")
    session.add_argument("--by", metavar="WHO", default="", help="who gave a consent: patient or guardian")
    session.add_argument("--until", metavar="DAY", default="", help="last day on which a consent holds: YYYY-MM-DD")
    session.add_argument(
        "--age",
        metavar="YEARS",
        default="",
        choices=AGES,
        help=f"with a consent to be compared with other people: how old the person is ({', '.join(AGES)})",
    )
    session.add_argument("--json", action="store_true", help="print the state as one JSON object")

    update = _command(commands, "update", "install a release, and take it back if it does not work", runs["update"])
    update.add_argument(
        "release", metavar="FILE", nargs="?", default="", help="a file or address; else the newest at update.url"
    )
    update.add_argument("--stick", action="store_true", help="what the stick brought that was plugged in last")
    update.add_argument("--status", action="store_true", help="only tell what runs, and how the last update went")
    update.add_argument("--force", action="store_true", help="also if the file is older than what runs")

    maintain = "look after the outbox and check the models; a timer runs it, when no session is open"
    _command(commands, "maintain", maintain, runs["maintain"])


def _processes(commands: Any, runs: Mapping[str, Run]) -> None:
    daemon = _command(
        commands, "daemon", "do one task for the host process, which starts it: a session, for one", runs["daemon"]
    )
    daemon.add_argument(
        "--fd", metavar="N", type=int, help="inherited connection to the host; else the socket of systemd"
    )
    deliver = _command(commands, "deliver", "send what waits, without a camera, until it is stopped", runs["deliver"])
    deliver.add_argument("--fd", metavar="N", type=int, help="inherited descriptor: stop when its other end is closed")


def _pictures(commands: Any, runs: Mapping[str, Run]) -> None:
    bench = _command(commands, "bench", "measure the cost of a frame on this machine", runs["bench"])
    bench.add_argument("--source", metavar="FILE", required=True, help="video to measure on")
    bench.add_argument("--max-frames", metavar="N", type=int, help="stop after N frames")
    bench.add_argument("--versus-haar", action="store_true", help="also measure OpenCV's Haar cascade with one CNN")
    bench.add_argument(
        "--versus-mediapipe",
        metavar="PYTHON",
        nargs="?",
        type=Path,
        const=Path(sys.executable),
        help="also measure MediaPipe's FaceLandmarker, in turns; PYTHON: of an environment with mediapipe (this one)",
    )
    bench.add_argument("--patient", metavar="ID", help="the pseudonym of the person whom --bundle is of")
    _add_own(bench)
    form = bench.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument(
        "--report", action="store_true", help="print a block of text to send in from a board; it names nobody"
    )

    replay = _command(
        commands, "replay", "send a recording again, or draw on a clip what the box sees in it", runs["replay"]
    )
    replay.add_argument("recording", type=Path, help="records (.jsonl), or a video, an image, a folder of images")
    replay.add_argument("--sink", metavar="SINK", action="append", help="where records are sent again")
    replay.add_argument(
        "--overlay",
        metavar="OUT",
        type=Path,
        help="draw what the box sees: OUT.mp4, a film with the timing diagram of the clip; or a folder for PNG files",
    )

    replay.add_argument("--patient", metavar="ID", help="the person's pseudonym, with whose face at rest it is drawn")
    _add_own(replay)

    diagnosis = _command(
        commands,
        "diagnosis",
        "what a bundle for diagnosis support says of recorded sessions: a set of groups, or why there is no answer",
        runs["diagnosis"],
    )
    _add_recorded(diagnosis, "diagnosis.bundle")

    atypicality = _command(
        commands,
        "atypicality",
        "what a bundle that compares with other people says of recorded sessions, window by window",
        runs["atypicality"],
    )
    _add_recorded(atypicality, "atypicality.bundle, else .typical")

    au = _command(commands, "au", "estimate the action units of pictures or a video", runs["au"])
    what = au.add_mutually_exclusive_group(required=True)
    what.add_argument("--image", metavar="FILE", type=Path, help="a picture")
    what.add_argument("--folder", metavar="DIR", type=Path, help="the pictures of a folder")
    what.add_argument("--video", metavar="FILE", type=Path, help="a video")
    what.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        default=[],
        help="pictures, videos, folders of both; by itself it makes NAME-au.csv and NAME-au.html here",
    )
    whose = au.add_mutually_exclusive_group()
    whose.add_argument("--neutral", metavar="FILE", type=Path, help="a picture of the same person with a relaxed face")
    whose.add_argument("--patient", metavar="ID", help="the person's pseudonym, whose calibrated face at rest is used")
    _add_own(au)
    au.add_argument("--ungated", action="store_true", help="read also what the box would not trust; see `doubts`")
    au.add_argument("--csv", metavar="OUT", type=Path, help="a row for each picture or frame; - prints them")
    au.add_argument("--page", metavar="OUT.html", type=Path, help="a page for the browser, which needs nothing else")
    au.add_argument(
        "--thumbnails",
        action="store_true",
        help="with small pictures of the faces on the page: whoever gets it sees who they are",
    )
    au.add_argument(
        "--vote",
        metavar="NAME-VERSION",
        action="append",
        default=[],
        help="a further network whose expressions go into the vote; may be given several times",
    )
    au.add_argument(
        "--landmarks",
        metavar="N",
        type=int,
        choices=COUNTS,
        help="68 or 478 landmarks of the face in the file, and in what --annotate draws; 478, with irises, need "
        "face-landmarks, which is used for them",
    )
    au.add_argument(
        "--annotate",
        metavar="OUT",
        type=Path,
        help="of a video: OUT.mp4, a film with what was read and its timing diagram; of pictures with --landmarks: a "
        "picture or a folder on which they are drawn",
    )
    au.add_argument("--numbered", action="store_true", help="draw the landmarks of pictures with their numbers")


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _add_recorded(command: argparse.ArgumentParser, settings: str) -> None:
    """What a bundle is asked of recorded sessions by; `settings` name it where nobody else does."""
    command.add_argument("recording", type=Path, help="records and events (.jsonl)")
    command.add_argument(
        "--bundle",
        metavar="NAME-VERSION",
        help=f"the bundle, else {settings}; where it is looked for, models.folders says",
    )
    command.add_argument("--patient", metavar="ID", help="only the sessions of this person, by pseudonym")


def _add_own(command: argparse.ArgumentParser) -> None:
    """By what the own movement of the person is watched whom `--patient` names."""
    command.add_argument(
        "--bundle",
        metavar="FOLDER",
        type=Path,
        help="with --patient: the bundle that learnt this person's own movement; else, where personal.use is set, the "
        "one that is kept of them",
    )


def _command(commands: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="TOML file; overrides the defaults")
    command.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="override one setting")
    command.set_defaults(run=run)
    return command
