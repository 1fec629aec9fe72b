"""The command `affectbox`: what runs on the box."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.contract.command import concluded
from device.contract.version import ShowVersion

_EPILOG = """\
sources: picamera2:0, v4l2:/dev/video0, a video file, an image, a folder of images
sinks:   jsonl:FILE, rtdb:http://127.0.0.1:9000?ns=NAME, rtdb:https://NAME.firebaseio.com

Every setting of `affectbox check-config` can be given as --set SECTION.KEY=VALUE.
Exit codes: 0 done; 2 wrong usage; 11 configuration; 12 source; 13 model; 14 no inference library; 15 sink; 16 outbox;
19 a file or folder; 20 a worker hung; 21 a recording, or no relaxed face; 22 doctor found something; 25 the account of
the box.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "affectbox", description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = _command(commands, "run", "hold a session: watch a source and record what is seen", _run)
    run.add_argument("--patient", metavar="ID", help="pseudonym of the person who is watched; else nobody is named")
    run.add_argument(
        "--consent", metavar="WHAT,WHAT", type=_listed, help="what the person agreed to: expressions, units, …"
    )
    run.add_argument("--consent-by", metavar="WHO", help="who gave the consent: patient or guardian")
    run.add_argument(
        "--phase", dest="phases", metavar="NAME=SECONDS", action="append", help="a part of the session; several follow"
    )
    run.add_argument("--consent-until", metavar="DAY", help="last day on which it holds: YYYY-MM-DD")
    run.add_argument("--source", metavar="SRC", help="what to watch")
    run.add_argument("--sink", metavar="SINK", action="append", help="where records go; may be given several times")
    run.add_argument("--max-frames", metavar="N", type=int, help="stop after N frames")
    pace = run.add_mutually_exclusive_group()
    pace.add_argument("--realtime", dest="pace", action="store_const", const="realtime", help="newest frame wins")
    pace.add_argument(
        "--as-fast-as-possible", dest="pace", action="store_const", const="fast", help="process every frame"
    )

    bench = _command(commands, "bench", "measure the cost of a frame on this machine", _bench)
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
    bench.add_argument("--json", action="store_true", help="print one JSON object")

    check = _command(commands, "check-config", "print the configuration in effect, as TOML", _check_config)
    check.formatter_class = argparse.RawDescriptionHelpFormatter
    check.epilog = Path(__file__).with_name("config.toml").read_text(encoding="utf-8")

    calibrate = _command(commands, "calibrate", "learn a person's face at rest", _calibrate)
    calibrate.add_argument("--source", metavar="SRC", help="where the person is seen")
    calibrate.add_argument("--patient", metavar="ID", help="the person's pseudonym")
    calibrate.add_argument("--seconds", metavar="S", type=float, default=5.0, help="of a relaxed face (default 5)")

    forget = _command(commands, "forget", "erase a person from this box, and say what is out of its reach", _forget)
    forget.add_argument("person", metavar="ID", help="the person's pseudonym")
    forget.add_argument(
        "--file",
        metavar="F",
        type=Path,
        action="append",
        default=[],
        help="also erase their lines in this file of records (.jsonl); may be given several times",
    )

    doctor = _command(commands, "doctor", "check everything that a session needs, and say how to mend it", _doctor)
    doctor.add_argument("--source", metavar="SRC", help="also open this source and take a picture")
    doctor.add_argument("--sink", metavar="SINK", action="append", help="also check this sink")

    enrol = _command(
        commands, "enrol", "make this box sign in as itself, by a file of `affectbox-cloud provision`", _enrol
    )
    enrol.add_argument("file", type=Path, help="the enrolment file; it is deleted once it was used")

    replay = _command(commands, "replay", "send a recording again, or draw on a clip what the box sees in it", _replay)
    replay.add_argument("recording", type=Path, help="records (.jsonl), or a video, an image, a folder of images")
    replay.add_argument("--sink", metavar="SINK", action="append", help="where records are sent again")
    replay.add_argument("--overlay", metavar="OUT", type=Path, help="clip drawn upon: .mp4, or a folder for PNG files")

    au = _command(commands, "au", "estimate the action units of pictures or a video", _au)
    what = au.add_mutually_exclusive_group(required=True)
    what.add_argument("--image", metavar="FILE", type=Path, help="a picture")
    what.add_argument("--folder", metavar="DIR", type=Path, help="the pictures of a folder")
    what.add_argument("--video", metavar="FILE", type=Path, help="a video")
    whose = au.add_mutually_exclusive_group()
    whose.add_argument("--neutral", metavar="FILE", type=Path, help="a picture of the same person with a relaxed face")
    whose.add_argument("--patient", metavar="ID", help="the person's pseudonym, whose calibrated face at rest is used")
    au.add_argument("--ungated", action="store_true", help="read also what the box would not trust; see `doubts`")
    au.add_argument("--csv", metavar="OUT", type=Path, help="a row for each picture or frame; - prints them")
    return parser


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _command(commands: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="TOML file; overrides the defaults")
    command.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="override one setting")
    command.set_defaults(run=run)
    return command


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see `device.contract.errors`)."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # what is wrong is said by us, once
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

    def run() -> int:
        args = _parser().parse_args(argv)
        return int(args.run(args))

    return concluded("affectbox", run)


def _settings(args: argparse.Namespace) -> Any:
    from device.config import load_settings  # noqa: PLC0415  # each command imports what it needs, help needs nothing

    given = {
        "source": getattr(args, "source", None),
        "sinks": getattr(args, "sink", None),
        "max_frames": getattr(args, "max_frames", None),
        "pace": getattr(args, "pace", None),
    }
    run = {key: value for key, value in given.items() if value is not None}
    told = {
        name: getattr(args, name, None) for name in ("patient", "consent", "consent_by", "consent_until", "phases")
    }
    session = {key: value for key, value in told.items() if value is not None}
    return load_settings(args.config, args.set, {"run": run, "session": session})


def _run(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.commands.progress import Progress  # noqa: PLC0415
    from device.service.beginning import beginning_of  # noqa: PLC0415
    from device.service.service import Service  # noqa: PLC0415

    progress, settings, clock = Progress(sys.stdout), _settings(args), SystemClock()
    beginning = beginning_of(settings.session, clock)
    service = Service(settings, clock, progress.show)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: service.stop())
    try:
        with service:
            service.watch(beginning)
    finally:
        progress.end(service)
    return 0


def _bench(args: argparse.Namespace) -> int:
    from device.commands.bench import bench, report  # noqa: PLC0415

    figures = bench(_settings(args), args.versus_haar, args.versus_mediapipe)
    print(report(figures, as_json=args.json))
    return 0


def _check_config(args: argparse.Namespace) -> int:
    from device.config import dump  # noqa: PLC0415

    print(dump(_settings(args)), end="")
    return 0


def _calibrate(args: argparse.Namespace) -> int:
    from device.commands.calibrate import calibrate  # noqa: PLC0415

    calibrate(_settings(args), args.seconds, sys.stdout)
    return 0


def _forget(args: argparse.Namespace) -> int:
    from device.commands.forget import forget  # noqa: PLC0415

    forget(args.person, _settings(args), args.file, sys.stdout)
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from device.commands.doctor import examine  # noqa: PLC0415

    return examine(_settings(args))


def _enrol(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.commands.enrol import enrol  # noqa: PLC0415
    from device.delivery.identity import identity_file  # noqa: PLC0415

    settings = _settings(args)
    identity = enrol(args.file, settings.identity, settings.upload.timeout_s, SystemClock())
    print(f"This box is enrolled as '{identity.device}'; {identity_file(settings.identity)} signs it in.")
    print(f'Its configuration should say: device.id = "{identity.device}", sinks = ["rtdb:{identity.database}"]')
    return 0


def _replay(args: argparse.Namespace) -> int:
    from device.commands.replay import replay  # noqa: PLC0415

    return replay(args.recording, _settings(args), args.overlay)


def _au(args: argparse.Namespace) -> int:
    from device.camera.pictures import pictures_in  # noqa: PLC0415
    from device.commands.au import au_of_pictures, au_of_video  # noqa: PLC0415

    settings, gate = _settings(args), not args.ungated
    if args.video:
        return au_of_video(args.video, settings, args.neutral, args.csv, gate)
    paths = pictures_in(args.folder) if args.folder else [args.image]
    return au_of_pictures(paths, settings, args.neutral, args.csv, gate)
