"""The wheel is whole: what it holds runs from any folder, with the checkout out of reach."""

import pytest

from device.contract import version


def test_a_bare_copy_of_the_tree_says_that_its_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "DISTRIBUTION", "affectbox-that-nobody-installed")
    assert version.version() == version.NOT_INSTALLED
