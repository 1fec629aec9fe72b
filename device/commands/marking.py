"""What every drawing of what the box sees has in common: colours, marks, the face, and facts in words."""

import math

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.commands.lettering import Colour
from device.contract.labels import ActionUnit, Tier
from device.stages.eyes import Eyes
from device.stages.personal import Personal
from device.stages.pose import Pose

#: BGR, after Okabe & Ito 2008: told apart also by those who do not tell green from red.
BLUE, ORANGE, GREY = (233, 180, 86), (0, 159, 230), (165, 165, 165)
WHITE, SOFT, GROUND, TRACK, LINE = (240, 240, 240), (190, 190, 190), (30, 27, 26), (58, 54, 52), (92, 88, 86)
OF_TIER = {Tier.REPORTED: BLUE, Tier.LOW_CONFIDENCE: ORANGE, Tier.EXPERIMENTAL: GREY}
CALLED = {Tier.REPORTED: "reliable", Tier.LOW_CONFIDENCE: "low confidence", Tier.EXPERIMENTAL: "experimental"}
#: Expressions that are left out, as in reports: every raised brow would show them.
WITHHELD = ("threatened",)
#: From here on an action unit is present, and its name is bright.
PRESENT = 1.0
_NOSE_TIP = 1


def mark_face(
    image: ByteImage,
    points: FloatArray,
    width: float,
    pose: Pose | None,
    trusted: bool,
    dots: FloatArray | None = None,
) -> None:
    """Landmarks, the direction of the head, and a frame: whole where the face was measured, else corners alone.

    Args:
        image: is drawn upon.
        points: (N, 2) landmarks, in its pixels.
        width: of the face, likewise.
        pose: of the head, where it is known.
        trusted: whether the face was measured.
        dots: (K, 2) other landmarks to be shown in place of these.
    """
    colour = BLUE if trusted else ORANGE
    for point in points if dots is None else dots:
        cv2.circle(image, _pixel(point), 1, colour, -1, cv2.LINE_AA)
    low, high = points.min(0), points.max(0)
    if trusted:
        cv2.rectangle(image, _pixel(low), _pixel(high), colour, 2, cv2.LINE_AA)
    else:
        _corners(image, low, high, colour)
    if pose is not None:
        yaw, pitch = math.radians(pose.yaw), math.radians(pose.pitch)
        tip = points[_NOSE_TIP] + np.array([math.sin(yaw), -math.sin(pitch)], np.float32) * width
        cv2.arrowedLine(image, _pixel(points[_NOSE_TIP]), _pixel(tip), WHITE, 2, cv2.LINE_AA)


def _corners(image: ByteImage, low: FloatArray, high: FloatArray, colour: Colour) -> None:
    arm = (high - low) / 5
    for x, step_x in ((low[0], arm[0]), (high[0], -arm[0])):
        for y, step_y in ((low[1], arm[1]), (high[1], -arm[1])):
            corner = _pixel(np.array([x, y]))
            for end in (np.array([x + step_x, y]), np.array([x, y + step_y])):
                cv2.line(image, corner, _pixel(end), colour, 2, cv2.LINE_AA)


def mark_tier(image: ByteImage, x: int, y: int, level: Tier) -> None:
    """A disc, a triangle or a ring: how far a number can be relied on, for who does not see colours."""
    colour = OF_TIER[level]
    if level is Tier.REPORTED:
        cv2.circle(image, (x, y), 5, colour, -1, cv2.LINE_AA)
    elif level is Tier.LOW_CONFIDENCE:
        warning(image, x - 6, y - 6, 11)
    else:
        cv2.circle(image, (x, y), 5, colour, 1, cv2.LINE_AA)


def warning(image: ByteImage, x: int, y: int, height: int) -> None:
    """A triangle, whose upper left corner would be there."""
    half = (height + 1) // 2
    corners = np.array([(x, y + height), (x + 2 * half, y + height), (x + half, y)], np.int32)
    cv2.fillPoly(image, [corners], ORANGE, cv2.LINE_AA)


def in_view(faces: int, followed: bool) -> str:
    """Who is there, in words."""
    said = f"{faces} faces in view" if faces != 1 else "1 face in view"
    if not followed:
        return "nobody in view" if not faces else f"{said}, none followed"
    return said if faces == 1 else f"{said}, one followed"


def facts(pose: Pose | None, eyes: Eyes, calibrated: bool) -> list[str]:
    """The head, the eyes and the face at rest, each in its line."""
    turned = "not seen"
    if pose is not None:
        sides, heights = _degrees(pose.yaw, "right", "left"), _degrees(pose.pitch, "up", "down")
        turned = f"{sides}, {heights}, tilted {abs(pose.roll):.0f}°"
    opened = "not known" if eyes.open is None else f"{min(eyes.open, 1.0):.0%} open"
    blinks = "" if eyes.blinks is None else f", {eyes.blinks:.0f} blinks a minute"
    rest = "taken into account" if calibrated else "not calibrated"
    return [f"Head  {turned}", f"Eyes  {opened}{blinks}", f"Face at rest  {rest}"]


def own_facts(said: Personal | None) -> list[str]:
    """The person's own movement, in a line, and what belongs to the movement that is near in another."""
    if said is None:
        return ["Own movement  not measured"]
    near = f"near {said.movement}" if said.movement else "none near"
    units = ", ".join(key.removeprefix("AU") for key in said.units)
    belong = [f"Their movement {said.movement}  AU {units}"] if units else []
    return [f"Own movement  {min(said.distance, 99.9):.1f} times usual, {near}", *belong]


def title(unit: ActionUnit) -> str:
    """`12  lip corner puller`."""
    name = unit.name.partition(" (")[0]
    return f"{unit.key.removeprefix('AU')}  {name.lower()}"


def clock(seconds: float) -> str:
    """`0:02.3`."""
    minutes, rest = divmod(round(seconds * 10), 600)
    return f"{minutes}:{rest / 10:04.1f}"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.0f}° {positive if value >= 0 else negative}"


def _pixel(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
