"""Drawn faces of a study that never was: groups differ by how bright the mouth is."""

import csv

import numpy as np

from training.cohort.people import Participant
from training.diagnosis.crops.data import Faces
from training.videos.store import Outcome, face_file, write_faces

PEOPLE = tuple(Participant(f"p{number}", ("case", "control")[number % 2]) for number in range(12))


def drawn(people=PEOPLE, faces=6, side=48, seed=0):
    """Faces with a mouth that is bright in one group and dark in the other, each person's on a ground of their own."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] * 48 / side
    mouth = (y - 36) ** 2 / 16 + (x - 24) ** 2 / 100 < 1
    counts = [faces(person) if callable(faces) else faces for person in people]
    images = [
        128
        + rng.normal(0, 8, (side, side))
        + np.where(mouth, 60 if person.group == "case" else -60, 0)
        + rng.normal(0, 12, (count, side, side))
        for person, count in zip(people, counts, strict=True)
    ]
    names = np.repeat([person.pseudonym for person in people], counts)
    parts = {person.pseudonym: ("train", "train", "test")[number % 3] for number, person in enumerate(people)}
    looked = {person.pseudonym: (2 * count, count) for person, count in zip(people, counts, strict=True)}
    return Faces(np.uint8(np.clip(np.concatenate(images), 0, 255)), names, people, ("case", "control"), parts, looked)


def written(folder, found, videos=1):
    """The folder that `affectbox-training faces` would have made."""
    folder.mkdir(exist_ok=True)
    rows = []
    for person in found.people:
        for video, crops in enumerate(np.array_split(found.images[found.participants == person.pseudonym], videos)):
            name = f"{person.pseudonym}-{video}.mp4"
            arrays = {"crops": crops, "times": np.arange(len(crops)), "presence": np.ones(len(crops))}
            write_faces(face_file(folder, name), arrays, {}, Outcome(name))
            file = face_file(folder, name).relative_to(folder).as_posix()
            rows.append([name, person.pseudonym, found.parts[person.pseudonym], 2 * len(crops), len(crops), file])
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["video", "participant", "part", "frames", "faces", "file"], *rows])
    return folder
