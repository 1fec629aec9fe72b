"""`prepare --layout`: from an annotated data set to one `data.npz` of crops.

Every recording's crops are kept in a folder beside it until all are there, so that an interrupted call goes on with
the recording where it was.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cloud.erasing.known import note, note_all
from device.contract.errors import ConfigError, DataError
from training.action_units.crops import Crops, crop_recording
from training.action_units.data import Annotated, coded_labels, coding, load_annotated, save_annotated
from training.action_units.layouts import Options, read_recordings
from training.action_units.recording import Recording
from training.data.copies import near_copies
from training.data.faces import SIDE
from training.face_finder import finder_models
from training.files import write_there
from training.progress import bar

_WHAT, _AGAIN = "annotated faces", "affectbox-training prepare"


@dataclass(frozen=True)
class Source:
    """What to prepare and how: `data` in `layout`, with what that leaves open; `side` of the crops, pixels; every
    `every`th picture."""

    data: Path
    layout: str
    side: int = 48
    every: int = 1
    options: Options = field(default_factory=Options)

    def command(self) -> str:
        """What to type to prepare the same data, without folders of this machine."""
        given = [f"--camera {self.options.camera}"] * (self.layout == "disfa")
        given += [f"--rows-of {self.options.rows_of.name}"] if self.options.rows_of else []
        given += ["--coder NAME"] * len(self.options.coders)
        words = [f"--layout {self.layout}", *given, f"--size {self.side}", f"--every {self.every}"]
        return " ".join(["affectbox-training prepare --data DATA", *words, "--out data.npz"])


def prepare(source: Source, out: Path, processes: int = 1, log: Callable[[str], None] = print) -> Annotated:
    """Read the data set, crop its faces and write `out`.

    Raises:
        DataError: the data set is missing or broken, or the box finds no face in it.
        ConfigError: `out` holds other data.
        ModelError, RuntimeMissingError: the box's models have not been fetched, or cannot be run.
        StorageError: whose faces it holds cannot be noted.
    """
    recordings = read_recordings(source.data, source.layout, source.options)
    keys = [_key(recording, source) for recording in recordings]
    digest = hashlib.sha256("".join(keys).encode()).hexdigest()
    if out.is_file():
        data = load_annotated(out)
        if data.about.get("source") != digest:
            raise ConfigError(f"{out} holds other data: remove it, or give another --out.")
        log(f"{out} is prepared already: {summary(data)}")
        return data
    work = out.with_name(out.name + ".crops")
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = [work / f"{key}.npz" for key in keys]
    people = [recording.participant for recording in recordings]
    note_all([(path, [person], []) for path, person in zip(paths, people, strict=True)], _WHAT, _AGAIN)
    note(out, people, [], _WHAT, _AGAIN)
    _crop_all(recordings, paths, source, processes)
    data = _gathered(recordings, [_load(path) for path in paths], {"source": digest, "command": source.command()})
    save_annotated(out, data)
    shutil.rmtree(work, ignore_errors=True)
    log(f"wrote {out}: {summary(data)}")
    return data


def summary(data: Annotated) -> str:
    """How many faces of how many people there are, what is coded, and what was left out."""
    people = len(set(data.participants.tolist()))
    heads = ", ".join(f"{head} of {len(labels)} action units" for head, labels in data.labels.items())
    told = f"{len(data)} faces of {people} participants, {heads}; {data.about['without_face']} pictures without a face"
    passed = data.about.get("passed_over", 0)
    return told + f"; {passed} passed over, of which the coder had asked the network" * bool(passed)


def _key(recording: Recording, source: Source) -> str:
    """What a recording's crops depend on, as a name of a file."""
    files = [(path.name, (state := path.stat()).st_size, state.st_mtime_ns) for path in recording.pictures]
    parts = [recording.name, recording.participant, files, source.side, source.every, finder_models()]
    whole = hashlib.sha256(json.dumps(parts).encode() + recording.frames.tobytes())
    if recording.crops is not None:
        whole.update(recording.crops.tobytes())
    for table in (recording.presence, recording.intensity):
        for label, column in table.items():
            whole.update(label.encode() + column.tobytes())
    return whole.hexdigest()[:32]


def _crop_all(recordings: list[Recording], paths: list[Path], source: Source, processes: int) -> None:
    todo = [(recording, path) for recording, path in zip(recordings, paths, strict=True) if not path.is_file()]
    done = len(recordings) - len(todo)
    with bar(None, "crops", len(recordings), "recording", done) as shown:
        for _ in _spread(partial(_crop, side=source.side, every=source.every), todo, processes):
            shown.update()


def _spread(
    work: Callable[[tuple[Recording, Path]], None], todo: list[tuple[Recording, Path]], processes: int
) -> Iterator[None]:
    if processes == 1 or len(todo) < 2:
        yield from map(work, todo)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(work, todo)


def _crop(job: tuple[Recording, Path], side: int, every: int) -> None:
    recording, path = job
    cv2.setNumThreads(1)
    crops = crop_recording(recording, side, every)
    write_there(path, lambda file: np.savez(file, **vars(crops)))


def _load(path: Path) -> Crops:
    with np.load(path) as arrays:
        return Crops(arrays["images"], arrays["places"], int(arrays["looked_at"]))


def _gathered(recordings: list[Recording], crops: list[Crops], about: dict[str, Any]) -> Annotated:
    pairs = [(recording, found) for recording, found in zip(recordings, crops, strict=True) if len(found.images)]
    if not pairs:
        raise DataError("The box finds no face in any picture: look at some with `affectbox replay --overlay`.")
    labels = coded_labels([recording for recording, _ in pairs])
    if not labels:
        raise DataError("No action unit is coded in any of these pictures: give a data set with labels.")
    values = {
        head: np.concatenate([coding(recording, head, names)[found.places] for recording, found in pairs])
        for head, names in labels.items()
    }
    named = np.concatenate([np.full(len(found.images), recording.participant) for recording, found in pairs])
    missed = sum(found.looked_at - len(found.images) for found in crops)
    images = np.concatenate([found.images for _, found in pairs])
    passed = sum(recording.passed_over for recording in recordings)
    about |= {"without_face": missed, "passed_over": passed}
    return Annotated(images, _people(named, images), labels, values, about)


def _people(named: NDArray[np.str_], images: NDArray[np.uint8]) -> NDArray[np.str_]:
    """Who is seen, where nobody says it: somebody else in every picture, but near copies show the same person."""
    unknown = np.flatnonzero(named == "")
    if not len(unknown):
        return named
    small = [np.asarray(cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA)) for face in images[unknown]]
    people = named.astype(object)
    people[unknown] = [f"picture {number}" for number in unknown[near_copies(np.stack(small))]]
    return people.astype(str)
