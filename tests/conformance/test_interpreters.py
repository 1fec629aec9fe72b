"""Every interpreter keeps the same promises, on the tensors of the network that reads faces."""

import numpy as np
import pytest

from device.contract.errors import ModelError, RuntimeMissingError
from device.runtime.fake import FakeInterpreter
from device.runtime.interpreter import LIBRARIES, Tensor, TfLiteInterpreter, available_library


def tensor(spec):
    return Tensor(spec.shape, spec.dtype, spec.scale, spec.zero_point)


def fake(manifest):
    """Answers every tensor full of the first input value, in arrays that it uses again."""
    outputs = tuple(map(tensor, manifest.outputs))
    arrays = tuple(np.zeros(t.shape, t.dtype) for t in outputs)

    def answer(value):
        for array in arrays:
            array[:] = value.flat[0]
        return arrays

    return FakeInterpreter(tensor(manifest.input), outputs, answer)


@pytest.fixture(params=["fake", *LIBRARIES])
def interpreter(request, models):
    if request.param == "fake":
        opened = fake(models.face.manifest)
    else:
        pytest.importorskip(request.param)
        opened = TfLiteInterpreter(models.face.bundle.model, library=request.param)
    with opened:
        yield opened


def noise(interpreter, seed):
    limits = np.iinfo(interpreter.input.dtype)
    shape = interpreter.input.shape
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, interpreter.input.dtype)


def test_tensors_are_those_of_the_manifest(interpreter, models):
    pairs = zip(interpreter.outputs, models.face.manifest.outputs, strict=True)
    for found, spec in [(interpreter.input, models.face.manifest.input), *pairs]:
        assert (found.shape, found.dtype, found.zero_point) == (spec.shape, spec.dtype, spec.zero_point)
        assert found.scale == pytest.approx(spec.scale)


def test_outputs_are_as_declared(interpreter):
    outputs = interpreter.invoke(noise(interpreter, 0))
    assert [(o.shape, o.dtype.name) for o in outputs] == [(t.shape, t.dtype) for t in interpreter.outputs]


def test_the_same_input_gives_the_same_outputs_and_another_gives_others(interpreter):
    one, again, other = ([o.copy() for o in interpreter.invoke(noise(interpreter, seed))] for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_outputs_are_copies_that_the_next_invoke_leaves_alone(interpreter):
    outputs = interpreter.invoke(noise(interpreter, 0))
    before = [o.copy() for o in outputs]
    interpreter.invoke(noise(interpreter, 1))
    assert all(np.array_equal(o, b) for o, b in zip(outputs, before, strict=True))


@pytest.mark.parametrize(("shape", "dtype"), [((1, 32, 32, 1), "int8"), ((1, 48, 48, 1), "float32")])
def test_a_value_of_another_shape_or_type_is_refused(interpreter, shape, dtype):
    with pytest.raises(ValueError):
        interpreter.invoke(np.zeros(shape, dtype))


def test_close_may_be_called_twice_and_ends_inference(interpreter):
    value = noise(interpreter, 0)
    interpreter.close()
    interpreter.close()
    with pytest.raises(AttributeError):
        interpreter.invoke(value)


def test_the_fake_answers_zeros_unless_told_otherwise(models):
    manifest = models.face.manifest
    plain = FakeInterpreter(tensor(manifest.input), tuple(map(tensor, manifest.outputs)))
    assert not any(o.any() for o in plain.invoke(noise(plain, 0)))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("content", [b"", b"garbage", b"\x1c\x00\x00\x00TFL3" + bytes(40)])
def test_what_is_no_model_is_refused_in_one_sentence(library, content):
    pytest.importorskip(library)
    with pytest.raises(ModelError) as caught:
        TfLiteInterpreter(content, library=library)
    assert "\n" not in str(caught.value)


def test_a_library_is_there():
    assert available_library() in {name.split(".")[0] for name in LIBRARIES}


def test_a_missing_library_is_said(models):
    with pytest.raises(RuntimeMissingError, match="pip"):
        TfLiteInterpreter(models.face.bundle.model, library="no_such_library.interpreter")
