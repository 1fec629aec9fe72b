"""Records of a person who is made up: the same behaviour, watched by boxes of different speed."""

from dataclasses import dataclass

import numpy as np

from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS

SESSION = "0123abcd-0000000001"
ORIGIN_S = 1000.0
_FINE = 100  # values a second


@dataclass(frozen=True, eq=False)
class Behaviour:
    """(K, N) hundredths of a second: action units, degrees of yaw, pitch and roll, shares of emotions, and the opening
    of the eyes; and when blinks ended."""

    units: np.ndarray
    pose: np.ndarray
    emotions: np.ndarray
    opening: np.ndarray
    blinks: np.ndarray


def behaviour(seconds: float, seed: int = 0, blinks_a_minute: float = 15) -> Behaviour:
    """Smiles and the like of 1 to 4 s, about one every 10 s of each unit; a head that sways; blinks of .2 s."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * _FINE)) / _FINE
    units = np.zeros((len(ACTION_UNIT_KEYS), len(time)))
    for number in range(len(units)):
        for begin in np.arange(3, seconds - 5, 10):
            at, width = begin + rng.uniform(-2, 2), rng.uniform(0.4, 1.2)
            units[number] += rng.uniform(1.5, 4) * np.exp(-(((time - at) / width) ** 2))
    noise = rng.normal(size=(3 + len(EMOTIONS), len(time) + 2 * _FINE))
    smooth = np.array([np.convolve(one, np.hanning(2 * _FINE), "same")[: len(time)] for one in noise])
    shares = np.exp(smooth[3:] / 4)
    ends = np.arange(2, seconds, 60 / blinks_a_minute)
    opening = np.ones(len(time))
    for end in ends:
        opening[(time >= end - 0.2) & (time < end)] = 0.1
    return Behaviour(units.clip(0, 5), smooth[:3] / 2, shares / shares.sum(0), opening, ends)


def watched(of: Behaviour, rate: float, seed: int = 1, session: str = SESSION) -> list[Json]:
    """Valid records of a box that looks about so many times a second, with a tremble of its estimates."""
    rng = np.random.default_rng(seed)
    seconds = of.units.shape[1] / _FINE
    times = np.arange(round(seconds * rate)) / rate
    times = np.round(np.maximum(times + rng.normal(0, 0.05 / rate, len(times)), 0), 3)
    times[0] = 0.0
    found = []
    for index, time in enumerate(times.tolist()):
        at = min(round(time * _FINE), of.units.shape[1] - 1)
        units = (of.units[:, at] + rng.normal(0, 0.03, len(of.units))).clip(0, 5).round(2).tolist()
        eyes = {"open": float(of.opening[at])}
        before = times[index - 1] if index else time
        if rate >= 7 and ((of.blinks > before) & (of.blinks <= time)).any():
            eyes["blink"] = 0.2
        found.append(
            {
                "v": 1,
                "device": "box-1",
                "boot": session,
                "session": session,
                "seq": index + 1,
                "status": "measured",
                "time": {"mono": round(ORIGIN_S + time, 3), "wall": round(1e9 + time, 3), "trusted": True},
                "frame": {"index": index},
                "aus": dict(zip(ACTION_UNIT_KEYS, units, strict=True)),
                "pose": dict(zip(("yaw", "pitch", "roll"), of.pose[:, at].round(1).tolist(), strict=True)),
                "emotions": dict(zip(EMOTIONS, of.emotions[:, at].round(3).tolist(), strict=True)),
                "eyes": eyes,
                "models": {"emotions": "face-1.0.0", "aus": "face-1.0.0"},
            }
        )
    return found


def event(number: int, kind: str, at_s: float, patient: str = "p-017", session: str = SESSION, **more: object) -> Json:
    """A valid event of the session, `at_s` seconds after its first record."""
    time = {"mono": ORIGIN_S + at_s, "wall": 1e9 + at_s, "trusted": True}
    named = {"v": 1, "device": "box-1", "boot": session, "session": session, "patient": patient}
    return {**named, "number": number, "event": kind, "time": time, **more}
