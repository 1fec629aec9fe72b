"""The script of the sample clip: what happens when, and what each frame therefore shows."""

import math
from dataclasses import dataclass

DIM = 0.06


@dataclass(frozen=True)
class Segment:
    """One scripted interval: something rises from nothing at `start_s`, lasts, and is over at `end_s`."""

    name: str
    start_s: float
    end_s: float
    ramp_s: float
    action_units: tuple[str, ...]
    expect: str
    stays: bool = False  # True: there is no way back at the end

    def envelope(self, t: float) -> float:
        """Raised cosine, 0 outside the segment and at its ends, 1 between the ramps."""
        until_end = math.inf if self.stays else self.end_s - t
        edge = min(t - self.start_s, until_end) / self.ramp_s
        return 0.5 - 0.5 * math.cos(math.pi * min(max(edge, 0.0), 1.0))


def script() -> tuple[Segment, ...]:
    """What happens in the clip, in order. Between segments, and wherever none says otherwise, the face is neutral."""
    return (
        Segment("neutral", 0.0, 2.0, 0.4, (), "a still, neutral face: no action unit stands out"),
        Segment("smile", 2.0, 4.2, 0.4, ("AU6", "AU12", "AU25"), "lip corners and cheeks rise, teeth show; happiness"),
        Segment("brows", 4.9, 6.4, 0.3, ("AU1", "AU2"), "inner and outer brows rise"),
        Segment("blink", 7.1, 7.6, 0.16, ("AU43",), "both eyes close once, shut for about 0.2 s"),
        Segment("jaw_drop", 8.3, 10.0, 0.4, ("AU25", "AU26"), "the jaw drops and the lips part"),
        Segment("head_roll", 10.7, 13.0, 0.5, (), "the head moves aside and rolls 15 degrees each way; still neutral"),
        Segment("dim", 13.7, 15.2, 0.3, (), "light falls to 6 %: frames are refused as too_dark, no guess"),
        Segment("away", 15.9, 18.9, 1.0, (), "the patient leaves, no_face for 1 s, and comes back as the same person"),
        Segment(
            "second_face", 19.6, 22.0, 0.6, (), "someone enters at the right; the patient stays the patient", True
        ),
        Segment(
            "smile_again", 20.4, 21.6, 0.3, ("AU6", "AU12", "AU25"), "the patient smiles; the other face stays neutral"
        ),
    )


@dataclass(frozen=True)
class Pose:
    """How far each movement has gone, 0 to 1."""

    smile: float = 0.0
    brows: float = 0.0
    blink: float = 0.0
    jaw: float = 0.0


@dataclass(frozen=True)
class Moment:
    """Everything a frame shows."""

    pose: Pose
    roll_deg: float
    shift: tuple[float, float]  # of the patient, frame pixels
    light: float
    second: float  # 0: out of the frame, 1: in its place


def moment(t: float) -> Moment:
    """What the frame at `t` seconds shows."""
    on = {segment.name: segment.envelope(t) for segment in script()}
    roll = next(segment for segment in script() if segment.name == "head_roll")
    turn = math.sin(2 * math.pi * (t - roll.start_s) / (roll.end_s - roll.start_s)) * on["head_roll"]
    pose = Pose(max(on["smile"], on["smile_again"]), on["brows"], on["blink"], on["jaw_drop"])
    shift = (30.0 * turn - 660.0 * on["away"], 6.0 * on["head_roll"])
    return Moment(pose, 15.0 * turn, shift, 1.0 - (1.0 - DIM) * on["dim"], on["second_face"])
