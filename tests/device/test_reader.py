"""The face network as a stage: from its scales to intensities, what it leaves out, and which bundles are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, LOWER, PARTS, SIDED_KEYS, UPPER
from device.contract.manifest import Bundle, InputSpec, Manifest, OutputSpec
from device.runtime.fake import FakeInterpreter
from device.runtime.interpreter import Tensor
from device.runtime.model import Model
from device.stages.aligner import align
from device.stages.frame import Frame
from device.stages.reader import NOTHING, FaceReader, intensities
from training.sample_clip.script import script

CROP = np.zeros((48, 48), np.uint8)
CURVE = (-2.0, 0.0, 1.0, 3.0, 4.0, 6.0)
SEGMENTS = {segment.name: segment for segment in script()}


def head(name, labels, **more):
    return OutputSpec(name, (1, len(labels)), "float32", labels=labels, **more)


def scales(name, labels):
    return head(name, labels, curves=(CURVE,) * len(labels))


MANIFEST = Manifest(
    "face",
    "9.9.9",
    "face-reading",
    InputSpec((1, 48, 48, 1), "float32", "grey", "aligned"),
    (
        scales("right", SIDED_KEYS),
        head("ferplus", EMOTIONS, activation="softmax"),
        scales("units", ACTION_UNIT_KEYS),
        scales("left", SIDED_KEYS),
        head("hidden", PARTS, activation="sigmoid"),
    ),
    {},
    "",
    "",
)


def opened(answers=None, manifest=MANIFEST):
    """A network that gives these values for its outputs, by name, and zeros for the others."""
    tensors = tuple(Tensor(spec.shape, spec.dtype, 0.0, 0) for spec in manifest.outputs)
    values = tuple(
        np.full(spec.shape, (answers or {}).get(spec.name, 0.0), np.float32).reshape(spec.shape)
        for spec in manifest.outputs
    )
    network = FakeInterpreter(Tensor(manifest.input.shape, "float32", 0.0, 0), tensors, lambda _: values)
    return Model(Bundle(Path(), manifest, {"model.tflite": b""}), load=lambda content, threads: network)


def read(**answers):
    return FaceReader(opened(answers))(CROP)


def held(sights, name):
    segment = SEGMENTS[name]
    start_s, end_s = segment.start_s + segment.ramp_s, segment.end_s - segment.ramp_s
    return [sight.reading for sight in sights if start_s <= sight.time_s <= end_s]


def typical(sights, name, unit):
    return float(np.median([reading.actions.of(unit) for reading in held(sights, name)]))


def test_the_places_of_a_curve_are_the_intensities_and_between_them_it_is_straight():
    places = np.array([*CURVE, -1.0, 2.0, 5.0], np.float32)
    found = intensities(places, np.tile(np.array(CURVE, np.float32), (len(places), 1)))
    assert found == pytest.approx([0, 1, 2, 3, 4, 5, 0.5, 2.5, 4.5])
    assert found.dtype == np.float32


def test_more_on_the_scale_is_never_less_and_intensities_stay_between_nought_and_five():
    places = np.linspace(-100, 100, 4001, dtype=np.float32)
    found = intensities(places, np.tile(np.array(CURVE, np.float32), (len(places), 1)))
    assert (np.diff(found) >= 0).all()
    assert (found.min(), found.max()) == (0, 5)


def test_each_unit_has_its_own_curve():
    curves = np.array([[0, 1, 2, 3, 4, 5], [-5, -4, -3, -2, -1, 0]], np.float32)
    assert intensities(np.array([1.5, -1.5], np.float32), curves) == pytest.approx([1.5, 3.5])


def test_every_head_is_found_wherever_it_stands():
    reading = read(units=1.0, left=3.0, right=6.0, hidden=-5.0)
    assert reading.actions.both == pytest.approx(np.full(22, 2.0))
    assert reading.actions.left == pytest.approx(np.full(13, 3.0))
    assert reading.actions.right == pytest.approx(np.full(13, 5.0))
    assert reading.emotions == pytest.approx(np.full(8, 1 / 8))
    assert reading.hidden == ()


@pytest.mark.parametrize("parts", [(UPPER,), (LOWER,), (UPPER, LOWER)])
def test_where_a_part_is_hidden_exactly_its_units_are_no_numbers(parts):
    reading = read(units=1.0, hidden=[5.0 if part in parts else -5.0 for part in PARTS])
    assert reading.hidden == parts
    covered = {unit.key for unit in ACTION_UNITS if unit.part in parts}
    assert set(ACTION_UNIT_KEYS) - set(reading.actions.known()) == covered
    for side in (reading.actions.left, reading.actions.right):
        assert {key for key, value in zip(SIDED_KEYS, side, strict=True) if np.isnan(value)} == covered & {*SIDED_KEYS}
    assert np.isfinite(reading.emotions).all()


def test_a_part_is_hidden_from_one_half_on():
    assert read(hidden=[-0.01, 0.01]).hidden == (LOWER,)


def test_one_reading_does_not_change_the_one_before():
    reader = FaceReader(opened({"units": 1.0, "hidden": -5.0}))
    first = reader(CROP)
    reader(CROP).actions.both[:] = 9.0
    assert first.actions.both == pytest.approx(np.full(22, 2.0))


def test_units_are_asked_by_name():
    reading = read(units=np.linspace(-2, 6, 22), hidden=-5.0)
    assert reading.actions.of("AU1") == 0
    assert reading.actions.of("AU43") == 5
    assert reading.actions.known()["AU12"] == pytest.approx(reading.actions.of("AU12"))
    assert NOTHING.known() == {}


def outputs(**changes):
    return tuple(replace(spec, **changes.get(spec.name, {})) for spec in MANIFEST.outputs)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"task": "facial-expression"}, "is for 'facial-expression', not for"),
        ({"input": replace(MANIFEST.input, shape=(1, 64, 64, 1))}, "does not read"),
        ({"input": replace(MANIFEST.input, crop="roi")}, "takes the crop 'roi'"),
        ({"outputs": outputs(ferplus={"labels": EMOTIONS[::-1]})}, "other labels in 'ferplus'"),
        ({"outputs": outputs(units={"labels": ACTION_UNIT_KEYS[::-1]})}, "other labels in 'units'"),
        ({"outputs": outputs(hidden={"labels": PARTS[::-1]})}, "other labels in 'hidden'"),
        ({"outputs": MANIFEST.outputs[:-1]}, "the box needs .*hidden"),
        ({"outputs": outputs(units={"curves": ()})}, "curves of 'units'"),
        ({"outputs": outputs(left={"curves": (CURVE,) * 12})}, "curves of 'left'"),
        ({"outputs": outputs(left={"curves": (*(CURVE,) * 12, CURVE[:5])})}, "curves of 'left'"),
        ({"outputs": outputs(right={"curves": (CURVE[::-1],) * 13})}, "curves of 'right'"),
        ({"outputs": outputs(right={"curves": ((*CURVE[:5], float("nan")),) * 13})}, "curves of 'right'"),
    ],
)
def test_a_bundle_that_gives_something_else_is_refused_in_a_sentence(change, complaint):
    with pytest.raises(ModelError, match=complaint) as caught:
        FaceReader(opened(manifest=replace(MANIFEST, **change)))
    assert "face-9.9.9" in str(caught.value) and "\n" not in str(caught.value)


def test_a_bundle_for_something_else_is_named(models):
    with pytest.raises(ModelError, match=r"blazeface-short-1\.0\.0 is for 'face-detection'"):
        FaceReader(models.short_range)


def test_a_smiling_face_is_happy_and_pulls_its_lip_corners(models, portrait, face):
    reading = FaceReader(models.face)(align(Frame(portrait, 0, 0.0), face))
    assert EMOTIONS[int(reading.emotions.argmax())] == "happiness"
    assert reading.emotions.sum() == pytest.approx(1, abs=1e-5)
    assert reading.actions.of("AU12") > 2
    assert reading.hidden == ()


@pytest.mark.parametrize(
    ("name", "unit", "by"),
    [
        ("smile", "AU12", 0.5),
        ("smile", "AU6", 0.5),
        ("brows", "AU2", 0.1),
        ("jaw_drop", "AU26", 1.5),
        ("blink", "AU43", 1.5),
    ],
)
def test_what_the_clips_script_moves_rises_over_its_rest(clip_sights, name, unit, by):
    assert typical(clip_sights, name, unit) > typical(clip_sights, "neutral", unit) + by


def test_in_the_clip_nothing_hides_the_face(clip_sights):
    hidden = sum(bool(sight.reading.hidden) for sight in clip_sights)
    assert hidden < len(clip_sights) / 20


@pytest.mark.parametrize(("part", "rows"), [(UPPER, slice(8, 24)), (LOWER, slice(29, 48))])
def test_a_part_that_is_covered_is_found_hidden(models, portrait, face, part, rows):
    crop = align(Frame(portrait, 0, 0.0), face).copy()
    crop[rows] = 20
    assert part in FaceReader(models.face)(crop).hidden


def test_both_sides_together_are_about_the_stronger_one(clip_sights):
    at = [ACTION_UNIT_KEYS.index(key) for key in SIDED_KEYS]
    for reading in held(clip_sights, "smile"):
        stronger = np.fmax(reading.actions.left, reading.actions.right)
        assert np.nanmedian(np.abs(reading.actions.both[at] - stronger)) < 1


def test_a_mirrored_face_has_its_sides_changed(models, portrait, face):
    crop = align(Frame(portrait, 0, 0.0), face)
    read = FaceReader(models.face)
    seen, mirrored = read(crop).actions, read(np.ascontiguousarray(crop[:, ::-1])).actions
    assert np.nanmean(np.abs(seen.left - mirrored.right)) < 1
    assert np.nanmean(np.abs(seen.right - mirrored.left)) < 1
