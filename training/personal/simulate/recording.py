"""One recording of somebody: the video, and what is true of every frame of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.contract.labels import ACTION_UNIT_KEYS
from device.film import SUFFIX, Film
from training.cohort.simulate import write_table
from training.files import make_private
from training.personal.simulate.course import Course, draw_course
from training.personal.simulate.idiolect import Idiolect, draw_idiolect
from training.personal.simulate.mold import Mold
from training.personal.simulate.person import draw_head
from training.personal.simulate.plan import Plan
from training.personal.simulate.scene import Scene, draw_room

VIDEOS, TRUTH = "videos", "truth"
HEADER = ("frame", "time_s", "movement", *ACTION_UNIT_KEYS, "yaw", "pitch", "roll", "light", "talking", "loose")
_PERSON, _RECORDING = 1, 2


@dataclass(frozen=True)
class People:
    """The people of a plan: the same for the same seed, whoever else there is."""

    plan: Plan
    seed: int

    def name(self, person: int) -> str:
        """Somebody's pseudonym."""
        return f"{self.plan.name}-{person + 1:03d}"

    def recording(self, number: int) -> str:
        """A recording's name."""
        return f"visit-{number + 1:02d}"

    def tone(self, person: int) -> float:
        """Of the skin, 0 to 1: spread evenly over the first people, and over all (golden ratio)."""
        return (0.1 + person * 0.618034) % 1.0

    def idiolect(self, person: int) -> Idiolect:
        """How somebody moves."""
        return draw_idiolect(self.plan, self._chance(_PERSON, person))

    def record(self, mold: Mold, person: int, folder: Path) -> int:
        """Make all recordings of somebody, with their truth; how many frames. Raises `StorageError`, `OSError`."""
        head = draw_head(mold, self.tone(person), self._chance(_PERSON, person, 1))
        idiolect = self.idiolect(person)
        places = [folder / part / self.name(person) for part in (VIDEOS, TRUTH)]
        for place in places:
            make_private(place)
        frames = 0
        for number in range(self.plan.recordings):
            chance = self._chance(_RECORDING, person, number)
            course = draw_course(self.plan, idiolect, chance)
            scene = Scene(mold, head, draw_room(self.plan.noise, chance), self.plan.size)
            self._film(places[0] / f"{self.recording(number)}{SUFFIX}", scene, course, chance)
            write_table(places[1] / f"{self.recording(number)}.csv", HEADER, self._rows(course))
            frames += len(course)
        return frames

    def _film(self, path: Path, scene: Scene, course: Course, chance: np.random.Generator) -> None:
        with Film(path, (self.plan.size, self.plan.size), self.plan.fps, "rgb24") as film:
            for frame in range(len(course)):
                film.write(scene.picture(course, frame, chance), frame / self.plan.fps)

    def _rows(self, course: Course) -> list[list[object]]:
        columns = np.column_stack((course.units, course.pose, course.light[:, 0])).round(3).tolist()
        flags = np.column_stack((course.talking, course.loose)).astype(int).tolist()
        return [
            [frame, round(frame / self.plan.fps, 4), int(movement), *values, *flagged]
            for frame, (movement, values, flagged) in enumerate(zip(course.movement, columns, flags, strict=True))
        ]

    def _chance(self, *of: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, *of))
