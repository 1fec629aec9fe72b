"""A person's own movement in a frame: what the stage says, where it says nothing, and what becomes of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.contract.errors import ModelError
from device.contract.labels import LOWER
from device.contract.manifest import OutputSpec, open_bundle
from device.contract.personal import FARTHEST
from device.contract.session import Consent
from device.contract.tasks import ATYPICALITY
from device.pipeline import Pipeline
from device.recorder import not_covered, to_json
from device.runtime.model import Model
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.personal import Personal, PersonalReader, Usual
from tests.personal_bundles import FILE, halves, personal_bundle

OUTPUT = OutputSpec("embedding", (1, 2), "float32")
NAMED = {"emotions": "face-1.0.0", "aus": "face-1.0.0"}


def reader(folder: Path) -> PersonalReader:
    return PersonalReader(Model(open_bundle(folder, lambda *_: None)))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PersonalReader]:
    with reader(personal_bundle(tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize("int8", [False, True])
def test_a_usual_face_is_near_and_others_are_as_far_as_they_are(tmp_path: Path, int8: bool) -> None:
    with reader(personal_bundle(tmp_path, int8=int8)) as own:
        usual, tilted = own(halves(0.5, 0.5)), own(halves(0.7, 0.3))
    assert usual is not None and tilted is not None
    assert usual.distance < 0.06 and usual.movement is None and usual.units == ()
    # (0.2 + 0.2) · 0.7071 / 0.1 = 2.83 along the first axis, nothing along the second
    assert tilted.distance == pytest.approx(2.83 / np.sqrt(2), abs=0.06)
    assert (tilted.movement, tilted.units, tilted.bundle) == (1, ("AU12", "AU6"), "own-1.0.0")


def test_the_nearest_movement_is_one_that_is_near(own: PersonalReader) -> None:
    assert [own(halves(*seen)).movement for seen in ((0.3, 0.7), (0.5, 0.5), (0.55, 0.45), (0.9, 0.1))] == [
        2,
        None,
        None,
        None,
    ]


def test_where_two_are_near_it_is_the_nearer_and_where_none_is_known_none() -> None:
    wide = tuple(replace(one, radius=10.0) for one in FILE.movements)
    places = np.array([[0.5, 0.0], [-0.5, 0.0], [40.0, 0.0]], np.float32)
    assert Usual(replace(FILE, movements=wide)).nearest(places).tolist() == [1, 2, 0]
    assert Usual(replace(FILE, movements=())).nearest(places).tolist() == [0, 0, 0]


@pytest.mark.parametrize("light", [0.05, 0.95])
def test_in_light_that_the_network_never_saw_nothing_is_said(own: PersonalReader, light: float) -> None:
    assert own(halves(light, light)) is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"outputs": (replace(OUTPUT, activation="sigmoid"),)}, "gives .* by 'sigmoid'.*is of 2 values"),
        ({"file": replace(FILE, centre=(0.5, 0.5, 0.5), axes=((1.0, 0.0, 0.0),) * 2)}, "gives .*is of 3 values"),
        ({"task": ATYPICALITY}, "is for 'atypicality', not for 'personal-movement'"),
        ({"evidence": None}, "tells no evidence of what it says"),
        ({"content": b"{"}, "personal.json of bundle own-1.0.0 cannot be read"),
        ({"content": json.dumps({"embedding_version": 2}).encode()}, "embeddings of version 2"),
        ({"file": replace(FILE, scale=(1e-300, 0.4))}, "the least of 'scale' is 1e-300"),
        ({"file": replace(FILE, centre=(0.5, -1e300))}, r"the greatest of its numbers is 1e\+300"),
        ({"content": FILE.to_bytes().replace(b"0.9\n", b"NaN\n")}, r"'light\[1\]' is nan, not a number"),
        ({"content": FILE.to_bytes().replace(b"0.9\n", b"9" * 400)}, r"'light\[1\]' is 99.*, not a number"),
    ],
)
def test_a_bundle_at_odds_with_itself_is_refused(tmp_path: Path, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        reader(personal_bundle(tmp_path, **wrong))


@pytest.fixture
def seen(models, portrait, own):  # type: ignore[no-untyped-def]
    """The portrait, watched by a bundle of this person."""
    return Pipeline(models, Settings(), own=own)(Frame(portrait, 0, 0.0))


def test_a_record_says_how_far_and_which_and_by_what(seen) -> None:  # type: ignore[no-untyped-def]
    said = seen.personal
    record = to_json(seen, NAMED)
    assert record["personal"]["distance"] == pytest.approx(said.distance, abs=5e-4)
    assert record["personal"].get("movement") == said.movement
    assert record["models"] == NAMED | {"personal": "own-1.0.0"}
    assert seen.ms["personal"] > 0
    assert not {"centre", "embedding"} & json.loads(json.dumps(record["personal"])).keys()


def test_it_is_of_the_frame_alone_and_nothing_is_smoothed(models, portrait, own) -> None:  # type: ignore[no-untyped-def]
    pipeline = Pipeline(models, Settings(), own=own)
    darker = (portrait * 0.7).astype(np.uint8)
    first, _, again = (
        pipeline(Frame(picture, at, at / 25)) for at, picture in enumerate((portrait, darker, portrait))
    )
    assert again.personal.distance == pytest.approx(first.personal.distance, abs=0.1)


def test_what_is_far_is_recorded_as_far_as_a_record_goes(seen) -> None:  # type: ignore[no-untyped-def]
    far = replace(seen, personal=Personal(12345.0, 2, ("AU4",), "own-1.0.0"))
    assert to_json(far, NAMED)["personal"] == {"distance": FARTHEST, "movement": 2}


def test_of_a_face_of_which_a_part_is_hidden_nothing_is_said(models, portrait, own, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    pipeline = Pipeline(models, Settings(), own=own)
    read = pipeline._read
    monkeypatch.setattr(pipeline, "_read", lambda *given: replace(read(*given), hidden=(LOWER,)))
    assert pipeline(Frame(portrait, 0, 0.0)).personal is None


@pytest.mark.parametrize("gate", [True, False])
def test_of_a_frame_that_is_not_trusted_nothing_is_said(models, portrait, own, gate: bool) -> None:  # type: ignore[no-untyped-def]
    dark = (portrait * 0.05).astype(np.uint8)
    observation = Pipeline(models, Settings(), gate=gate, own=own)(Frame(dark, 0, 0.0))
    assert observation.reasons and observation.personal is None


def test_it_can_be_taken_away_and_come_back_between_two_frames(models, portrait, own) -> None:  # type: ignore[no-untyped-def]
    pipeline = Pipeline(models, Settings())
    said = []
    for index, watching in enumerate((None, own, None)):
        pipeline.own = watching
        said.append(pipeline(Frame(portrait, index, index / 25)))
    assert [one.personal is None for one in said] == [True, False, True]
    assert ["personal" in one.ms for one in said] == [False, True, False]
    assert said[0].actions.of("AU12") == pytest.approx(said[1].actions.of("AU12"), abs=0.2)


@pytest.mark.parametrize(
    ("covers", "withheld"),
    [
        (None, True),
        (("personal", "units", "expressions"), False),
        (("personal", "expressions"), True),
        (("units", "expressions", "atypicality"), True),
    ],
)
def test_it_is_withheld_unless_the_consent_covers_it_and_the_units(
    covers: tuple[str, ...] | None, withheld: bool
) -> None:
    consent = None if covers is None else Consent(covers, "patient", 0.0)
    assert ("personal" in not_covered(consent)) is withheld
