"""What a network is said to ask of a processor, against what its own shapes and its authors say."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from converter.operations import operations
from device.bundle_folders import SHIPPED, bundle_cache
from device.contract.errors import ConversionError
from device.settings import ModelSettings


def counted(name: str) -> tuple[float, float]:
    """Multiply-adds and bytes of a bundle, in millions."""
    folder = next(place / name for place in (SHIPPED, bundle_cache()) if (place / name).is_dir())
    found = operations((folder / "model.tflite").read_bytes(), name)
    return sum(each.macs for each in found) / 1e6, sum(each.moved for each in found) / 1e6


def test_the_short_range_detector_takes_what_its_authors_say() -> None:
    """About 31 million multiply-adds. Source: MediaPipe, "BlazeFace model card (short range)"."""
    macs, moved = counted("blazeface-short-1.0.0")
    assert macs == pytest.approx(31, abs=1)
    assert moved > 4 * 128 * 128 * 3 / 1e6


def test_the_face_network_multiplies_integers_and_moves_a_quarter_of_the_bytes() -> None:
    name = ModelSettings().face
    found = operations((SHIPPED / name / "model.tflite").read_bytes(), name)
    assert all(each.integer for each in found if each.macs)
    kernels = sum(each.macs for each in found if each.name == "FULLY_CONNECTED")
    assert 0 < kernels < 0.01 * sum(each.macs for each in found)


def test_kernels_are_counted_as_multiplied_by_hand() -> None:
    """The first convolution of the detector: 128² × 3, stride 2, to 24 channels of 64² by 5 × 5 kernels."""
    data = (bundle_cache() / "blazeface-short-1.0.0" / "model.tflite").read_bytes()
    first = next(each for each in operations(data, "detector") if each.name == "CONV_2D")
    assert first.macs == 64 * 64 * 24 * 5 * 5 * 3
    assert first.moved >= 4 * (5 * 5 * 3 * 24 + 24 + 64 * 64 * 24)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ConversionError, match=r"is no \.tflite model"):
        operations(np.zeros(64, np.uint8).tobytes(), "nothing")


def test_the_estimates_of_the_boards_are_of_these_networks() -> None:
    spec = importlib.util.spec_from_file_location("estimates", Path(__file__).parents[2] / "docs" / "estimates.py")
    assert spec and spec.loader
    estimates = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(estimates)
    text = estimates.PAGE.read_text()
    assert estimates.BEGIN in text
    assert estimates.page(text) == text, "run `python docs/estimates.py`"
    assert estimates.page(text).count("**estimated**, not measured") == 1
