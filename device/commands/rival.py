"""MediaPipe's own FaceLandmarker to measure the box against: in another process, for the box never imports it."""

import json
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.bundle_folders import bundle_cache
from device.contract.errors import ConfigError, ModelError
from device.settings import Settings

ROUNDS = 3
_WORKER = Path(__file__).with_name("mediapipe_worker.py")
_TASK = Path("downloads") / "face_landmarker.task"


@dataclass(frozen=True)
class MediaPipe:
    """FaceLandmarker with blendshapes in video mode, one face, on the processor.

    Attributes:
        python: interpreter of an environment that has MediaPipe.
        task: the file `face_landmarker.task`.
    """

    python: Path
    task: Path

    def watch(self, video: str, max_frames: int) -> dict[str, Any]:
        """`frames`, `faces` and `cpu_ms_per_frame` of one pass over `video`; `max_frames` 0 means all.

        Raises:
            ConfigError: the interpreter cannot be run, or has no MediaPipe, or failed.
        """
        command = [str(self.python), "-I", str(_WORKER), str(self.task), video, str(max_frames)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise ConfigError(f"--versus-mediapipe {self.python} cannot be run ({error.strerror}).") from error
        try:
            answer = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            answer = {"error": f"it ended with exit code {done.returncode} and said: {said}"}
        if "error" in answer:
            raise ConfigError(f"MediaPipe was not measured with {self.python}: {answer['error']}.")
        return dict(answer)


def open_mediapipe(python: Path, settings: Settings) -> MediaPipe:
    """The rival with the task file that was fetched. Raises `ModelError` when it was not."""
    task = (Path(settings.models.cache) if settings.models.cache else bundle_cache()) / _TASK
    if not task.is_file():
        raise ModelError(f"{task} is missing: run `affectbox-converter fetch`.")
    return MediaPipe(python, task)


def compare(ours: Callable[[], float], theirs: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Take turns, and who is first changes, so that a machine that grows slower or faster favours nobody.

    Args:
        ours: measures this box once more; processor milliseconds a frame.
        theirs: measures the rival once; see `MediaPipe.watch`.

    Returns:
        The share of frames in which the rival saw a face, the medians of both times, the median of the rounds' ratios
        (ours ÷ theirs), and each of them.
    """
    rounds = []
    for turn in range(ROUNDS):
        if turn % 2:
            rival, box = theirs(), ours()
        else:
            box, rival = ours(), theirs()
        rounds.append((box, rival))
    mediapipe = [float(rival["cpu_ms_per_frame"]) for _, rival in rounds]
    ratios = [box / rival for (box, _), rival in zip(rounds, mediapipe, strict=True)]
    return {
        "mediapipe_face_share": statistics.mean(rival["faces"] / rival["frames"] for _, rival in rounds),
        "mediapipe_cpu_ms_per_frame": statistics.median(mediapipe),
        "cpu_ms_per_frame_beside_mediapipe": statistics.median(box for box, _ in rounds),
        "ratio_to_mediapipe": statistics.median(ratios),
        "ratios_to_mediapipe": [round(ratio, 3) for ratio in ratios],
    }
