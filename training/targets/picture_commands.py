"""`affectbox-training targets attention | colours`: pictures made of a picture of a person who agreed to it."""

import argparse
import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.errors import ConfigError, DataError
from training.files import write_there

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CONSENT = (
    "This makes a picture of a person: say with --consented that they agreed to it, or that the picture is free for "
    "this use."
)
_ATTENTION = """\
Draws heat of key points over a picture of a person who agreed to it: of targets, a table that `targets compare` wrote,
or of what a network looks at in this picture. H(x) = Σ w/ρ · exp(−|x − p|² / 2σ²), σ = 0.08 of the distance of the
outer corners of the eyes (docs/diagnosis.md). Heat of targets is of the people who were compared, and heat of a
network tells of the network: neither is a finding about the person in the picture.
"""
_COLOURS = """\
Shows what of a picture lies in a range of hue, saturation and value, the rest white, and writes how much of each part
of the face that is. OpenCV's numbers: hue 0–180, the others 0–255; a range may go over red (170,…  to 10,…).
"""
_SIZES = "effect"
_METHODS = ("gradient", "gradient-x-activation", "integrated")


def add_parsers(actions: Any) -> None:
    """Register `targets attention` and `targets colours`."""
    attention = actions.add_parser(
        "attention", help="draw targets as heat over a picture of a person who agreed to it", description=_ATTENTION
    )
    _picture(attention)
    what = attention.add_mutually_exclusive_group(required=True)
    what.add_argument("--targets", type=Path, metavar="CSV", help="points-68.csv or points-478.csv")
    what.add_argument("--network", type=Path, metavar="RUN", help="instead: the folder of a training")
    attention.add_argument("--head", default="", metavar="NAME", help="of --network: of several, the one that answers")
    attention.add_argument("--answer", default="", metavar="NAME", help="of --network: a group, an expression, a unit")
    attention.add_argument(
        "--method", choices=_METHODS, default=_METHODS[1], help="of --network, as of `targets gradients` (%(default)s)"
    )
    attention.add_argument("--phase", metavar="NAME", default="", help="of several phases in the table")
    attention.add_argument("--column", metavar="NAME", default=_SIZES, help="whose sizes are drawn (%(default)s)")
    attention.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="the picture to write")
    attention.set_defaults(run=_attention)
    colours = actions.add_parser(
        "colours", help="show what of a picture has certain colours, and of each part of a face", description=_COLOURS
    )
    _picture(colours)
    colours.add_argument("--low", type=_bound, default=(0, 50, 50), metavar="H,S,V", help="from here (0,50,50)")
    colours.add_argument("--high", type=_bound, default=(180, 255, 255), metavar="H,S,V", help="to here (180,255,255)")
    colours.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="the picture to write")
    colours.add_argument("--csv", type=Path, metavar="FILE", help="region, pixels, within, share")
    colours.set_defaults(run=_colours)


def _picture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="of one person")
    parser.add_argument("--consented", action="store_true", help="the person agreed to it")


def _bound(text: str) -> tuple[int, int, int]:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError("three numbers: hue,saturation,value")
    hue, saturation, value = map(int, parts)
    return hue, saturation, value


def _attention(arguments: argparse.Namespace) -> int:
    weights, simulated, top = None, False, None
    if arguments.targets:
        weights, simulated = _weights(arguments.targets, arguments.phase, arguments.column)
    shot = _shot(arguments)
    from device.stages.landmarks import sixty_eight  # noqa: PLC0415
    from training.targets.pictured import attention, attention_page, face_of  # noqa: PLC0415

    if weights is None:
        from training.targets.attended import looked_at  # noqa: PLC0415

        asked = (arguments.head, arguments.answer, arguments.method)
        weights = looked_at(arguments.network, shot.bgr, shot.landmarks, *asked)
        title, unit = f"What the network looks at: {arguments.answer}", f"share of the {arguments.method}"
        note = "Of this network, in this picture. No finding about the person in it."
    else:
        title = f"Size of {arguments.column}" + (f" in {arguments.phase}" if arguments.phase else "")
        whose = "Of simulated people." if simulated else "Of the people who were compared."
        note, unit = f"{whose} No finding about the person in the picture.", arguments.column
        if arguments.column == _SIZES:
            title, unit, top = _told(weights, arguments.phase)
    image, landmarks = face_of(shot.bgr, shot.landmarks[:, :2])
    if len(weights) == 68:
        landmarks = sixty_eight(landmarks)
    heat, end = attention(image, landmarks, weights[: len(landmarks)], top)
    _write(arguments.out, attention_page(heat, end, title, note, unit), arguments.picture)
    return 0


def _colours(arguments: argparse.Namespace) -> int:
    from training.targets.colours import in_range, kept, regions_of, shares_of  # noqa: PLC0415

    shot = _shot(arguments)
    from training.targets.pictured import colours_page, shown_size  # noqa: PLC0415

    within = in_range(shot.bgr, arguments.low, arguments.high)
    shares = shares_of(within, regions_of(shot.bgr.shape[:2], shot.landmarks[:, :2]))
    low, high = (",".join(map(str, bound)) for bound in (arguments.low, arguments.high))
    note = (
        f"Hue, saturation, value from {low} to {high} (OpenCV's numbers); the rest white. Light and camera are in it."
    )
    pair = shown_size(shot.bgr), shown_size(kept(shot.bgr, within))
    _write(arguments.out, colours_page(*pair, shares, "Colours of the picture", note), arguments.picture)
    if arguments.csv:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["region", "pixels", "within", "share"])
        writer.writerows(
            [one.region, one.pixels, one.within, "" if math.isnan(one.share) else f"{one.share:.4f}"] for one in shares
        )
        _write(arguments.csv, text.getvalue().encode(), arguments.picture)
    return 0


def _told(weights: "NDArray[np.float64]", phase: str) -> tuple[str, str, float]:
    """Title, unit, and where colours end, of the effects of points that differ."""
    import numpy as np  # noqa: PLC0415

    from training.targets.drawn import LEAST_END, UNIT  # noqa: PLC0415
    from training.targets.heat import round_up  # noqa: PLC0415

    largest = float(np.nanmax(weights, initial=0))
    title = "Points that differ" if largest else "No point differs beyond chance"
    return title + (f", {phase}" if phase else ""), f"{UNIT} of points that differ", max(LEAST_END, round_up(largest))


class _Shot:
    """A picture (height, width, 3) BGR and the landmarks (468, 3) of the face in it."""

    def __init__(self, bgr: "NDArray[np.uint8]", landmarks: "NDArray[np.float32]") -> None:
        self.bgr, self.landmarks = bgr, landmarks


def _shot(arguments: argparse.Namespace) -> _Shot:
    if not arguments.consented:
        raise ConfigError(_CONSENT)
    if arguments.out.suffix.lower() != ".png":
        raise ConfigError(f"{arguments.out} cannot be drawn: name a picture that ends in .png with --out.")
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from device.stages.frame import Frame  # noqa: PLC0415
    from training.face_finder import FaceFinder  # noqa: PLC0415

    try:
        image = cv2.imdecode(np.frombuffer(arguments.picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except OSError as error:
        raise DataError(f"{arguments.picture} cannot be read ({error.strerror}): name a picture.") from error
    except cv2.error:
        image = None
    if image is None:
        raise DataError(f"{arguments.picture} cannot be read as a picture.")
    with FaceFinder() as finder:
        seen = finder(Frame(np.asarray(image, np.uint8), 0, 0.0))
    if seen.face is None:
        raise DataError(f"No face was found in {arguments.picture}: take one that shows it from ahead, in good light.")
    if seen.faces > 1:
        raise DataError(
            f"{arguments.picture} shows {seen.faces} people: cut it to the one who agreed, for the others did not."
        )
    return _Shot(np.asarray(image, np.uint8), seen.face.points)


def _weights(path: Path, phase: str, column: str) -> "tuple[NDArray[np.float64], bool]":
    """The sizes of a column of a table of key points, by number (68,) or (478,), NaN where empty, and of effects 0
    where a point is not said to differ; and whether the people are simulated. Raises `ConfigError`, `DataError`."""
    import numpy as np  # noqa: PLC0415

    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read ({error}): give a table that `targets compare` wrote.") from error
    if not rows or not {"point", "phase", column} <= rows[0].keys():
        raise DataError(f"{path} has no columns point, phase and {column}: give a table that `targets compare` wrote.")
    phases = list(dict.fromkeys(row["phase"] for row in rows))
    if phase not in phases and (phase or len(phases) > 1):
        raise ConfigError(f"{path} holds the phases {', '.join(phases)}: name one with --phase.")
    own = [row for row in rows if row["phase"] == (phase or phases[0])]
    if len({row["point"] for row in own}) < len(own):
        raise DataError(f"{path} has several rows of a point: give points-68.csv or points-478.csv.")
    if not all(row["point"].isdecimal() for row in own):
        raise DataError(f"{path} is not of key points: give points-68.csv or points-478.csv.")
    try:
        found = {int(row["point"]): _size(row, column) for row in own}
    except ValueError as error:
        raise DataError(f"{path} has no numbers in the column {column}: name another with --column.") from error
    count = 68 if max(found) < 68 else 478
    if max(found) >= count:
        raise DataError(f"{path} has a point {max(found)}: give points-68.csv or points-478.csv.")
    simulated = any(row.get("simulated") == "yes" for row in own)
    return np.array([found.get(point, math.nan) for point in range(count)], np.float64), simulated


def _size(row: dict[str, str], column: str) -> float:
    """Raises `ValueError`: no number."""
    from training.targets.contrast import ALPHA  # noqa: PLC0415

    size = abs(float(row[column] or "nan"))
    by_chance = column == _SIZES and float(row.get("p_max") or 0) > ALPHA
    return 0.0 if by_chance and size >= 0 else size


def _write(path: Path, content: bytes, picture: Path) -> None:
    if path.resolve() == picture.resolve():
        raise ConfigError(f"{path} is the picture itself, and would be written over: name another file.")
    write_there(path, lambda file: file.write(content))
    print(f"Wrote {path}.")
