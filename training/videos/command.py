"""`affectbox-training faces`: videos of a study become aligned faces with a split by participant."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.erasing.known import note_all
from device.contract.errors import DataError
from training.arguments import add_workers, count, crop_side, positive_number
from training.videos.split import PARTS, parse_weights, split
from training.videos.study import Video, read_study

if TYPE_CHECKING:
    from training.videos.store import Outcome

_DESCRIPTION = """\
Samples frames of every video in a folder, finds the face as the box finds it, and keeps the crop that the box's
networks would see. Participants are split into training, validation and test; nobody is on two sides. Videos that
are done already are passed over, so the same command continues a run that was stopped.
"""
_EPILOG = """\
Crops of faces are personal data; `affectbox-cloud erase PARTICIPANT --files` takes somebody out of them. They stay in
--out, which is closed to everybody else (mode 0700); nothing is sent anywhere, except that workers of --scheduler
write to the same folder. They need this package, the fetched models and both folders under the same paths, run as the
same user, and best have one thread each (dask worker --nthreads 1). A Dask cluster obeys everybody who reaches it, so
keep it on a network of your own.
With two participants there is no test part, with one only training.
"""
_INTERRUPTED = 130


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `faces`."""
    parser = commands.add_parser(
        "faces",
        help="make aligned faces of the videos of a study, split by participant",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("--videos", type=Path, required=True, metavar="FOLDER", help="searched with all folders in it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where faces, split and index go")
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument(
        "--every",
        type=positive_number,
        default=1.0,
        metavar="SECONDS",
        help="one frame this often (default: %(default)s)",
    )
    rate.add_argument("--fps", type=positive_number, metavar="N", help="or this many frames a second")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--participants", type=Path, metavar="CSV", help="a table: video,participant[,label]")
    who.add_argument(
        "--participant-pattern",
        metavar="REGEX",
        help="finds the participant as its one group in the path below FOLDER (default: the folder below FOLDER)",
    )
    parser.add_argument(
        "--split", default="7:2:1", metavar="A:B:C", help="participants for training:validation:test (%(default)s)"
    )
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of the split (default: %(default)s)")
    parser.add_argument("--size", type=crop_side, default=48, metavar="N", help="side of a crop, pixels (%(default)s)")
    parser.add_argument(
        "--colour", action="store_true", help="keep the crops' colours; grey otherwise, as the box sees"
    )
    parser.add_argument("--gate", action="store_true", help="drop also faces that the box's quality gate refuses")
    add_workers(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the faces; 130 when interrupted.

    Raises:
        DataError: at the end, when some videos could not be read; the others are done.
        AffectboxError: as the parts raise.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is told of once, in our words
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    weights = parse_weights(arguments.split)
    videos = read_study(arguments.videos, arguments.participants, arguments.participant_pattern)
    parts = split(videos, weights, arguments.seed)
    from training.videos.index import open_folder, write_split  # noqa: PLC0415

    open_folder(arguments.out)
    moved = write_split(arguments.out, parts, weights, arguments.seed)
    _say(_split_lines(parts, weights, moved))
    try:
        return _make(arguments, videos, parts)
    except KeyboardInterrupt:
        print("\nStopped. The same command continues after the last whole video.", file=sys.stderr)
        return _INTERRUPTED


def _make(arguments: argparse.Namespace, videos: list[Video], parts: dict[str, str]) -> int:
    try:  # these load OpenCV, the networks' library and Dask
        from training.videos.index import write_index  # noqa: PLC0415
        from training.videos.progress import Bar  # noqa: PLC0415
        from training.videos.spread import run_jobs  # noqa: PLC0415
        from training.videos.store import face_file, read_outcome, strays  # noqa: PLC0415
        from training.videos.task import How, Job  # noqa: PLC0415
    except ImportError as error:
        raise DataError(f"Dask or OpenCV is missing ({error}): pip install 'affectbox[training]'") from error

    folder, out = arguments.videos.resolve(), arguments.out.resolve()
    how = How(
        1 / arguments.fps if arguments.fps else arguments.every, arguments.size, arguments.gate, arguments.colour
    )
    jobs = [Job(folder, out, video.name, how) for video in videos]
    found = {job: read_outcome(face_file(out, job.video), job.made_of()) for job in jobs}
    outcomes = {job.video: done for job, done in found.items() if done}
    todo = [job for job in jobs if job.video not in outcomes]
    if outcomes:
        print(f"{len(outcomes)} of {len(jobs)} videos are done already.")
    # Those that are done, too: perhaps an earlier version made them, or another machine.
    note_all([(face_file(out, video.name), [video.participant], []) for video in videos], "faces of a video")
    bar = Bar(len(todo), sys.stderr)
    try:
        for outcome in run_jobs(todo, arguments.scheduler, arguments.workers):
            outcomes[outcome.video] = outcome
            bar.step(outcome.faces)
    finally:
        bar.end()
        write_index(out, videos, parts, outcomes)
    left_over = strays(out, [video.name for video in videos])
    _say([f"{path} belongs to no video of this study: remove it if it should not be kept." for path in left_over])
    return _report(list(outcomes.values()), out)


def _split_lines(parts: dict[str, str], weights: tuple[int, ...], moved: list[str]) -> list[str]:
    members = list(parts.values())
    lines = [f"{len(parts)} participants: " + ", ".join(f"{members.count(part)} {part}" for part in PARTS)]
    empty = [part for part, weight in zip(PARTS, weights, strict=True) if weight and part not in members]
    if empty:
        lines.append(f"Too few participants for every part: none for {' and '.join(empty)}.")
    if moved:
        lines.append(
            f"The split has changed for {len(moved)} participants ({moved[0]}, …): a network trained on the former "
            "split must not be tested on this one."
        )
    return lines


def _report(outcomes: "list[Outcome]", out: Path) -> int:
    good = [outcome for outcome in outcomes if not outcome.trouble]
    bad = [outcome for outcome in outcomes if outcome.trouble]
    _say(
        f"{o.video} breaks off at {o.seconds:.0f} of {o.stated_s:.0f} s: its faces up to there are kept."
        for o in good
        if o.cut_short
    )
    _say(f"{outcome.video} was left out: {outcome.trouble}" for outcome in bad)
    frames, faces = sum(o.frames for o in good), sum(o.faces for o in good)
    print(f"wrote {out}: {faces} faces in {frames} frames of {len(good)} videos")
    if bad:
        raise DataError(f"{len(bad)} of {len(outcomes)} videos could not be read (see above); the others are done.")
    return 0


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)
