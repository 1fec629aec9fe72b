"""Writes the estimates into docs/pi.md, from docs/estimates.toml and the networks themselves:
`python docs/estimates.py`.

Of each network the multiply-adds and the bytes that its operators move are counted. A board takes for a multiply-add
what it takes in a published run of another network (MobileNet v1), and for a byte half of what it takes to copy one:
the low figure is the first alone, as if the caches held everything, the high figure the sum, as if they held nothing.
All else (Python, OpenCV, records) is what it takes on a PC, by the ratio of 7-Zip's ratings. That is how rough it is.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.operations import operations
from device.bundle_folders import SHIPPED, bundle_cache, find_bundle
from device.settings import ModelSettings, TrackerSettings

FOLDER = Path(__file__).parent
PAGE = FOLDER / "pi.md"
BEGIN, END = "<!-- estimates: what follows is written by `python docs/estimates.py` -->", "<!-- /estimates -->"


@dataclass(frozen=True)
class Work:
    """What a stage asks of a processor in a frame: multiply-adds of real numbers and of integers, bytes moved, and
    milliseconds on the PC."""

    name: str
    real: float = 0.0
    integer: float = 0.0
    moved: float = 0.0
    pc_ms: float = 0.0

    def ms(self, board: dict[str, Any], facts: dict[str, Any]) -> tuple[float, float]:
        """Low and high estimate of what it takes on a board."""
        each = facts["mobilenet_macs"]
        counted = (self.real * board["float_ms"] + self.integer * board["int8_ms"]) / each
        moved = self.moved / (2 * board["copy_mb_s"] * 1e6) * 1000
        rest = self.pc_ms * facts["pc"]["mips"] / board["mips"]
        return counted + rest, counted + rest + moved


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Written {PAGE}")


def page(text: str) -> str:
    """The page with the estimates of today's networks between their marks."""
    facts = tomllib.loads((FOLDER / "estimates.toml").read_text(encoding="utf-8"))
    between = f"{BEGIN}\n\n{tables(facts)}\n\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: between, text, flags=re.DOTALL)


def tables(facts: dict[str, Any]) -> str:
    """What the networks ask, and what the boards take for it."""
    return f"{networks()}\n\n{boards(facts)}"


def networks() -> str:
    """Operations and bytes of each network."""
    rows = [["network", "multiply-adds", "of", "bytes moved", "runs"]]
    tracker = TrackerSettings()
    for role, often in (
        ("short_range", f"every {tracker.recheck_s:g} s"),
        ("full_range", f"every {tracker.far_recheck_s:g} s"),
        ("landmarks", "every frame"),
        ("face", "every frame"),
    ):
        work = work_of(role)
        kind = "8-bit integers" if work.integer > work.real else "real numbers"
        macs = f"{(work.real + work.integer) / 1e6:.0f} million"
        rows.append([f"`{getattr(ModelSettings(), role)}`", macs, kind, f"{work.moved / 1e6:.0f} MB", often])
    return markdown(rows)


def boards(facts: dict[str, Any]) -> str:
    """Milliseconds of one core by stage and board, and what follows."""
    names = [f"{board['name']} ({board['cores']})" for board in facts["board"]]
    rows = [["**estimated**, not measured; ms of one core a frame", *names]]
    total = [[0.0, 0.0] for _ in names]
    for work in stages(facts):
        spans = [work.ms(board, facts) for board in facts["board"]]
        rows.append([work.name, *map(span, spans)])
        for sum_, (low, high) in zip(total, spans, strict=True):
            sum_[0] += low
            sum_[1] += high
    rows.append(["**in all**", *(f"**{span(sum_)}**" for sum_ in total)])
    rate, cores = facts["frames"]["rate"], facts["frames"]["cores"]
    shares = [[rate * ms / 10 for ms in sum_] for sum_ in total]
    rows.append([f"share of one core at {rate:g} frames a second", *(f"{span(share)} %" for share in shares)])
    fits = [[1000 * cores / sum_[1], 1000 * cores / sum_[0]] for sum_ in total]
    rows.append([f"frames a second within {cores:g} of a core", *map(span, fits)])
    return markdown(rows)


def stages(facts: dict[str, Any]) -> Iterator[Work]:
    """The work of a frame while one face is followed."""
    rate, tracker = facts["frames"]["rate"], TrackerSettings()
    near, far = work_of("short_range", 1 / (rate * tracker.recheck_s)), work_of("full_range")
    share = 1 / (rate * tracker.far_recheck_s)
    yield Work("detectors, a frame's share", near.real + far.real * share, 0.0, near.moved + far.moved * share)
    yield work_of("landmarks", name="landmarks")
    yield work_of("face", name="the reading of the face")
    pixels = facts["frames"]["width"] * facts["frames"]["height"]
    yield Work("the picture into memory, and its colours", moved=pixels * (1.5 * 3 + 3))  # copied, then read; written
    yield Work("all else: Python, OpenCV, records", pc_ms=facts["pc"]["rest_ms"])


def work_of(role: str, often: float = 1.0, name: str = "") -> Work:
    """What the network in a role asks, `often` times in a frame."""
    bundle = getattr(ModelSettings(), role)
    folder = find_bundle(bundle, [SHIPPED, bundle_cache()])
    found = operations((folder / "model.tflite").read_bytes(), bundle)
    real = sum(each.macs for each in found if not each.integer)
    integer = sum(each.macs for each in found if each.integer)
    return Work(name or bundle, real * often, integer * often, sum(each.moved for each in found) * often)


def span(low_high: Any) -> str:
    """Two figures as one, or with a dash between."""
    low, high = (f"{value:.1f}" if value < 9.95 else f"{value:.0f}" for value in low_high)
    return low if low == high else f"{low}–{high}"


def markdown(rows: list[list[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


if __name__ == "__main__":
    main()
