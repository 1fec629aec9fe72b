"""The command `affectbox`: what runs on the box."""

import argparse
import os
import signal
import sys
from typing import Any

from device.arguments import parser_of
from device.contract.command import concluded, warn


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


def _as_the_box(args: argparse.Namespace) -> None:
    """Where a box is installed here, and no other configuration is named: with its settings, state and account, for
    what is kept is the box's own."""
    from device.examination.account import CONFIG, stand_in  # noqa: PLC0415

    if args.config in (None, CONFIG):
        args.config = stand_in() or args.config


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
    figures = bench(settings, args.versus_haar, args.versus_mediapipe, args.bundle)
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
    from device.service.beginning import ageless, alone  # noqa: PLC0415

    settings = _settings(args)
    print(dump(settings), end="")
    for doubt in filter(None, (ageless(settings), alone(settings))):
        warn(doubt)
    return 0


def _calibrate(args: argparse.Namespace) -> int:
    from device.commands.calibrate import calibrate  # noqa: PLC0415

    calibrate(_settings(args), args.seconds, sys.stdout)
    return 0


def _forget(args: argparse.Namespace) -> int:
    from device.commands.forget import forget  # noqa: PLC0415

    _as_the_box(args)
    forget(args.person, _settings(args), args.file, sys.stdout)
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from device.commands.doctor import examine  # noqa: PLC0415

    _as_the_box(args)
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

    return replay(args.recording, _settings(args), args.overlay, args.bundle)


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


def _personal(args: argparse.Namespace) -> int:
    from device.commands.personal import keep  # noqa: PLC0415

    if args.action != "watch":
        _as_the_box(args)
    settings = _settings(args)
    match args.action:
        case "watch":
            from device.commands.personal.watch import watch  # noqa: PLC0415

            watch(args.video, args.bundle, settings, sys.stdout, sys.stderr)
        case "add":
            keep.add(args.folder, settings, sys.stdout)
        case "list":
            keep.show(settings, args.json, sys.stdout)
        case _:
            keep.remove(args.person, args.bundle, settings, sys.stdout)
    return 0


def _au(args: argparse.Namespace) -> int:
    from device.commands.au import au  # noqa: PLC0415
    from device.commands.au_asked import asked_of, given_of  # noqa: PLC0415

    settings, given = _settings(args), given_of(args)
    return au(given, settings, asked_of(args, given))


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
    "personal": _personal,
}


def _parser() -> argparse.ArgumentParser:
    return parser_of(_RUNS)
