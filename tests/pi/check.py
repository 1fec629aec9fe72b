"""What can be proven of a Raspberry Pi without one: `make pi-check`.

    python -m tests.pi.check [SUITE …]      bookworm and trixie without

In a root of Debian for arm64, emulated, the box examines itself, its network is run on its reference inputs, and 90
frames of the sample clip are recorded; so are they here. What both say must be the same, within stated tolerances. The
frames are stored without loss first: decoders of lossy video do not give the same pixels on every processor, and a
camera needs none. The result goes into docs/pi.md. Speed, heat, camera and pins cannot be tried so.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from tests.pi.comparison import QUANTITIES, Compared, compare
from tests.pi.roots import BUILD, ROOT, SITE, SUITES, Box, Done, emulator, make, why_not

PAGE = ROOT / "docs" / "pi.md"
BEGIN, END = "<!-- pi-check: what follows is written by `make pi-check` -->", "<!-- /pi-check -->"
FRAMES = 90
_CLIP = "/tmp/frames.avi"
#: Emulation is slow, and who is slow is not hung.
_RUN = ["run", "--max-frames", str(FRAMES), "--as-fast-as-possible", "--set", "supervision.stall_s=3600"]
_VERSIONS = "import sys, numpy, cv2; print(sys.version.split()[0], numpy.__version__, cv2.__version__)"


@dataclass(frozen=True)
class Result:
    """What came of one suite."""

    suite: str
    versions: tuple[str, ...]
    doctor: Done
    verify: Done
    run: Done
    compared: Compared

    @property
    def passed(self) -> bool:
        """Whether all of it is as it should be."""
        return not any(done.code for done in (self.doctor, self.verify, self.run)) and self.compared.passed


def main(suites: list[str]) -> int:
    """Check the suites, write the result into the page, return the exit code."""
    if reason := why_not():
        print(f"pi-check {reason}", file=sys.stderr)
        return 1
    bundles = ROOT / "build" / "cache"
    wheel = build_wheel()
    clip = without_loss(ROOT / "build" / "sample.mp4", BUILD / "frames.avi")
    here = BUILD / "here.jsonl"
    here.unlink(missing_ok=True)
    module = [sys.executable, "-m", "device", *_RUN, "--source", str(clip), "--sink", f"jsonl:{here}"]
    subprocess.run(module, check=True, capture_output=True, cwd=ROOT)
    boxes = [make(suite, wheel, bundles) for suite in suites or SUITES]
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda box: check(box, clip, here), boxes))
    print(table(results))
    if not suites:
        write(results)
        print(f"Written into {PAGE.relative_to(ROOT)}")
    return 0 if all(result.passed for result in results) else 1


def without_loss(video: Path, to: Path) -> Path:
    """The first frames of a video, each pixel as it is decoded here."""
    reading = cv2.VideoCapture(str(video))
    size = int(reading.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reading.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writing = cv2.VideoWriter(str(to), cv2.VideoWriter.fourcc(*"MPNG"), reading.get(cv2.CAP_PROP_FPS), size)
    for _ in range(FRAMES):
        writing.write(reading.read()[1])
    writing.release()
    reading.release()
    return to


def build_wheel() -> Path:
    """The wheel of this checkout."""
    folder = BUILD / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), "."], check=True, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check(box: Box, clip: Path, here: Path) -> Result:
    """Run the box in its root; `here` is what this machine recorded."""
    shutil.copy2(clip, box.root / _CLIP.lstrip("/"))
    there = box.tmp / "there.jsonl"
    there.unlink(missing_ok=True)
    versions = tuple(box.python("-c", _VERSIONS).printed.split())
    doctor = told(box, "doctor", "-m", "device", "doctor", "--source", _CLIP, "--sink", "jsonl:/tmp/doctor.jsonl")
    bundle = next((box.root / SITE / "device" / "bundles").glob("face-*")).name
    verify = told(box, "verify", "-m", "converter", "verify", f"/{SITE}/device/bundles/{bundle}")
    run = told(box, "run", "-m", "device", *_RUN, "--source", _CLIP, "--sink", "jsonl:/tmp/there.jsonl")
    compared = compare(here, there) if there.exists() else Compared(0, 0, {q.name: 0.0 for q in QUANTITIES}, ())
    return Result(box.suite, versions, doctor, verify, run, compared)


def told(box: Box, name: str, *arguments: str) -> Done:
    """Run a command, and say how it ended; what it printed only if it failed."""
    done = box.python(*arguments)
    ended = f"failed, and said:\n{done.printed}" if done.code else "done"
    print(f"{box.suite}: {name} {ended} after {done.seconds:.0f} s", flush=True)
    return done


def table(results: list[Result]) -> str:
    """The result as Markdown."""
    rows = [["", *(result.suite for result in results)]]
    rows.append(["Python, numpy, OpenCV", *(", ".join(result.versions) for result in results)])
    rows.append(["`affectbox doctor`", *(outcome(result.doctor) for result in results)])
    rows.append(["`affectbox-converter verify` of the face network", *(outcome(result.verify) for result in results)])
    rows.append([f"`affectbox run`, {FRAMES} frames", *(outcome(result.run) for result in results)])
    rows.append(
        ["frames measured here and there", *(f"{r.compared.measured} of {r.compared.frames}" for r in results)]
    )
    rows.append(["frames told in other words", *(str(len(r.compared.otherwise)) for r in results)])
    for quantity in QUANTITIES:
        name = f"{quantity.name}: greatest difference (allowed {quantity.tolerance:g})"
        rows.append([name, *(f"{result.compared.greatest[quantity.name]:.3g}" for result in results)])
    rows.append(["in all", *("passed" if result.passed else "**failed**" for result in results)])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def outcome(done: Done) -> str:
    """How a command ended."""
    return "passed" if done.code == 0 else f"**exit code {done.code}**"


def write(results: list[Result]) -> None:
    """Put the result between its marks in the page."""
    text = PAGE.read_text(encoding="utf-8")
    how = f"under {emulator()}" if emulator() else "on an arm64 machine"
    told = f"Last run on {time.strftime('%-d %B %Y', time.gmtime())}, {how}, against an x86 machine:"
    between = f"{BEGIN}\n\n{told}\n\n{table(results)}\n\n{END}"
    fresh, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: between, text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{PAGE} has not one place for the result, between\n{BEGIN}\n{END}")
    with tempfile.NamedTemporaryFile("w", dir=PAGE.parent, delete=False, encoding="utf-8") as file:
        file.write(fresh)
    Path(file.name).chmod(PAGE.stat().st_mode)
    Path(file.name).replace(PAGE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
