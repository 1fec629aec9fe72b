"""The command `affectbox`: what runs on the box."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from device.arguments import parser_of
from device.contract.command import concluded, warn
from device.contract.errors import ConfigError


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
        name: getattr(args, name, None)
        for name in ("patient", "consent", "consent_by", "consent_until", "consent_age", "phases")
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

    settings = _settings(args)
    figures = bench(settings, args.versus_haar, args.versus_mediapipe)
    if args.report:
        from device.board import board  # noqa: PLC0415
        from device.commands.bench_report import block  # noqa: PLC0415
        from device.sensors import Sensors  # noqa: PLC0415

        print(block(figures, settings, board(), Sensors().throttling()))
        return 0
    print(report(figures, as_json=args.json))
    return 0


def _check_config(args: argparse.Namespace) -> int:
    from device.config import dump  # noqa: PLC0415
    from device.service.beginning import ageless  # noqa: PLC0415

    settings = _settings(args)
    print(dump(settings), end="")
    if doubt := ageless(settings):
        warn(doubt)
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
    from device.examination.account import CONFIG, stand_in  # noqa: PLC0415

    if args.config in (None, CONFIG):
        args.config = stand_in() or args.config
    return examine(_settings(args), args.json, ask_host=not (args.here or args.source or args.sink))


def _enrol(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.commands.enrol import enrol, new_passphrase  # noqa: PLC0415
    from device.delivery.identity import identity_file  # noqa: PLC0415

    settings = _settings(args)
    if args.passphrase:
        print(f"The box's page is opened from the network by: {new_passphrase(settings.identity)}")
        print("Write it down: it is kept nowhere. The one before opens it no more.")
        return 0
    identity = enrol(args.file, settings.identity, settings.upload.timeout_s, SystemClock())
    print(f"This box is enrolled as '{identity.device}'; {identity_file(settings.identity)} signs it in.")
    print(f'Its configuration should say: device.id = "{identity.device}", sinks = ["rtdb:{identity.database}"]')
    return 0


def _maintain(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.commands.maintain import maintain  # noqa: PLC0415

    maintain(_settings(args), SystemClock(), sys.stdout)
    return 0


def _host(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.host.hosting import host  # noqa: PLC0415

    def stopping(stop: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())

    passed = ["--config", str(args.config)] if args.config else []
    passed += [part for assignment in args.set for part in ("--set", assignment)]
    host(_settings(args), SystemClock(), passed, stopping)
    return 0


def _update(args: argparse.Namespace) -> int:
    from device.commands.update import status, update  # noqa: PLC0415

    if args.status:
        status(sys.stdout)
        return 0
    update("stick" if args.stick else args.release, _settings(args), args.force, sys.stdout)
    return 0


def _session(args: argparse.Namespace) -> int:
    from device.commands.session import Consented, session  # noqa: PLC0415

    consent = Consented(tuple(args.covers), args.by, args.until, args.age)
    session(_settings(args), args.action, args.subject, consent, args.json, sys.stdout)
    return 0


def _replay(args: argparse.Namespace) -> int:
    from device.commands.replay import replay  # noqa: PLC0415

    return replay(args.recording, _settings(args), args.overlay)


def _diagnosis(args: argparse.Namespace) -> int:
    from device.commands.diagnosis import diagnosis  # noqa: PLC0415

    settings = _settings(args)
    bundle = args.bundle or settings.diagnosis.bundle
    diagnosis(args.recording, bundle, args.patient or "", settings, sys.stdout, sys.stderr)
    return 0


def _atypicality(args: argparse.Namespace) -> int:
    from device.commands.atypicality import atypicality  # noqa: PLC0415

    settings = _settings(args)
    bundle = args.bundle or settings.atypicality.bundle or settings.atypicality.typical
    atypicality(args.recording, bundle, args.patient or "", settings, sys.stdout, sys.stderr)
    return 0


def _au(args: argparse.Namespace) -> int:
    from device.camera.pictures import pictures_in  # noqa: PLC0415
    from device.commands.au import Asked, au  # noqa: PLC0415
    from device.commands.au_given import Given, free_names, given_as  # noqa: PLC0415
    from device.commands.points import Landmarks  # noqa: PLC0415

    landmarks = Landmarks(args.landmarks, args.numbered) if args.landmarks else None
    if args.numbered and not (landmarks and args.annotate and not args.video):
        raise ConfigError(
            "--numbered is of pictures with --landmarks and --annotate: give them too, or leave it away."
        )
    if landmarks and not (args.csv or args.annotate or args.paths):
        raise ConfigError("--landmarks says which landmarks: give --csv for numbers, or --annotate for a picture.")
    if args.thumbnails and not (args.page or args.paths):
        raise ConfigError("--thumbnails are of the page: give --page too, or leave it away.")
    settings, csv, page = _settings(args), args.csv, args.page
    if args.paths:
        given = given_as(args.paths)
    elif args.video:
        given = Given((), (args.video,), args.video.stem, several=False)
    elif args.folder:
        given = Given(tuple(pictures_in(args.folder)), (), args.folder.resolve().name, several=True)
    else:
        given = Given((args.image,), (), args.image.stem, several=False)
    if args.annotate and not landmarks and not given.videos:
        raise ConfigError(
            "--annotate draws landmarks on pictures: say which with --landmarks 68 or 478; everything that the box "
            "sees in pictures is drawn by `affectbox replay --overlay`."
        )
    if args.paths and not (csv or page or args.annotate):
        csv, page = free_names(Path(), given.name, (".csv", ".html"))
    asked = Asked(
        csv, page, args.thumbnails, args.neutral, not args.ungated, landmarks, args.annotate, tuple(args.vote)
    )
    return au(given, settings, asked)


def _daemon(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.service.daemon import serve  # noqa: PLC0415

    serve(_settings(args), SystemClock(), args.fd)
    return 0


def _deliver(args: argparse.Namespace) -> int:
    from device.clock import SystemClock  # noqa: PLC0415
    from device.service.daemon import deliver  # noqa: PLC0415

    deliver(_settings(args), SystemClock(), args.fd)
    return 0


_RUNS = {
    "run": _run,
    "daemon": _daemon,
    "deliver": _deliver,
    "bench": _bench,
    "check-config": _check_config,
    "calibrate": _calibrate,
    "forget": _forget,
    "doctor": _doctor,
    "enrol": _enrol,
    "host": _host,
    "session": _session,
    "update": _update,
    "maintain": _maintain,
    "replay": _replay,
    "au": _au,
    "diagnosis": _diagnosis,
    "atypicality": _atypicality,
}


def _parser() -> argparse.ArgumentParser:
    return parser_of(_RUNS)
