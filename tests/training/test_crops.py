"""Faces of a study, read for diagnosis support."""

import numpy as np
import pytest

from device.contract.errors import DataError
from tests.drawn_faces import PEOPLE, drawn, written
from training.cohort.people import Participant
from training.diagnosis.crops.data import load_faces
from training.videos.store import face_file


def test_faces_are_read_with_their_groups_and_parts(tmp_path):
    made = drawn()

    found = load_faces(written(tmp_path, made, videos=2), PEOPLE[::-1], most=200)

    assert found.people == tuple(sorted(PEOPLE, key=lambda person: person.pseudonym))
    assert found.groups == ("case", "control") and found.parts == made.parts
    for person in PEOPLE:
        assert np.array_equal(
            found.images[found.participants == person.pseudonym], made.images[made.participants == person.pseudonym]
        )


def test_of_many_faces_of_somebody_some_are_taken_evenly(tmp_path):
    made = drawn(faces=lambda person: 50 if person.pseudonym == "p0" else 3)

    found = load_faces(written(tmp_path, made), PEOPLE, most=5)

    own = made.images[made.participants == "p0"]
    assert np.array_equal(found.images[found.participants == "p0"], own[[0, 12, 24, 37, 49]])
    assert (found.participants == "p1").sum() == 3


def test_who_has_no_face_is_left_out(tmp_path):
    made = drawn(faces=lambda person: 0 if person.pseudonym == "p3" else 2)

    found = load_faces(written(tmp_path, made), PEOPLE, most=5)

    assert "p3" not in {person.pseudonym for person in found.people} and len(found.people) == 11


def test_what_is_wrong_with_a_folder_of_faces_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="give the folder that `affectbox-training faces` wrote"):
        load_faces(tmp_path, PEOPLE, 5)
    written(tmp_path, drawn())
    with pytest.raises(DataError, match=r"faces of p11, who stands in no row"):
        load_faces(tmp_path, PEOPLE[:-1], 5)
    with pytest.raises(DataError, match="of one group only"):
        load_faces(tmp_path, [Participant(person.pseudonym, "case") for person in PEOPLE], 5)
    face_file(tmp_path, "p4-0.mp4").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"p4-0\.mp4\.npz holds no faces that can be read"):
        load_faces(tmp_path, PEOPLE, 5)


def test_crops_of_two_sizes_are_refused(tmp_path):
    written(tmp_path, drawn(PEOPLE[:6]))
    rows = (tmp_path / "index.csv").read_text()
    written(tmp_path, drawn(PEOPLE[6:], side=64))
    (tmp_path / "index.csv").write_text(rows + (tmp_path / "index.csv").read_text().split("\n", 1)[1])

    with pytest.raises(DataError, match="several sizes"):
        load_faces(tmp_path, PEOPLE, 5)


def test_the_digest_tells_groups_and_pictures_apart():
    made = drawn()
    others = [drawn(seed=1), made.of(PEOPLE[:-1]), drawn(tuple(Participant(p.pseudonym, "case") for p in PEOPLE))]

    assert made.digest() == drawn().digest()
    assert made.digest() not in {other.digest() for other in others}
