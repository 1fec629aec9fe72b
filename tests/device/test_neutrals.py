"""Calibrated faces on disk: found again, versioned, expiring, private, erasable, and never half written."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import StorageError
from device.neutrals import NeutralStore
from device.settings import NeutralSettings
from device.stages.neutral import Neutral, named
from device.stages.reader import Actions
from tests.people import actions

DAY_S = 86_400.0
NOW_S = 1_800_000_000.0
ESTIMATOR = "face-1.0.0"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> NeutralStore:
    return NeutralStore(NeutralSettings(folder=str(tmp_path / "neutrals"), expiry_days=30), said.append)


def face(value: float = 0.1) -> Neutral:
    return named(actions({"AU4": value, "AU12": 0.2}, left={"AU12": 0.3}), ESTIMATOR)


def file(tmp_path: Path) -> Path:
    return tmp_path / "neutrals" / "p-01.json"


def version(found: Neutral | None) -> str | None:
    return found and found.version


def test_a_calibration_is_found_again_bit_for_bit(store: NeutralStore) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    found = store.newest("p-01", ESTIMATOR, NOW_S + DAY_S)
    assert found is not None
    assert found.version == face().version
    assert found.values().dtype == np.float32
    assert found.values().tobytes() == face().values().tobytes()


def test_sides_that_were_not_told_apart_stay_unknown(store: NeutralStore) -> None:
    both = face().actions.both
    sideless = named(Actions(both, *np.full((2, 13), np.nan, np.float32)), ESTIMATOR)
    store.add("p-01", sideless, ESTIMATOR, NOW_S)
    found = store.newest("p-01", ESTIMATOR, NOW_S)
    assert found is not None
    assert found.actions.both.tobytes() == both.tobytes()
    assert np.isnan(found.actions.left).all() and np.isnan(found.actions.right).all()


def test_the_newest_wins_and_history_is_kept(store: NeutralStore) -> None:
    for day, value in enumerate((0.1, 0.2, 0.3)):
        store.add("p-01", face(value), ESTIMATOR, NOW_S + day * DAY_S)
    assert version(store.newest("p-01", ESTIMATOR, NOW_S + 3 * DAY_S)) == face(0.3).version
    assert [made.version for made in store.history("p-01")] == [face(value).version for value in (0.1, 0.2, 0.3)]


def test_it_expires(store: NeutralStore) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert store.newest("p-01", ESTIMATOR, NOW_S + 30 * DAY_S) is not None
    assert store.newest("p-01", ESTIMATOR, NOW_S + 30 * DAY_S + 1) is None


def test_a_clock_that_is_behind_expires_nothing(store: NeutralStore) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert store.newest("p-01", ESTIMATOR, 0.0) is not None


def test_another_estimators_is_not_used(store: NeutralStore) -> None:
    store.add("p-01", face(0.1), ESTIMATOR, NOW_S)
    store.add("p-01", face(0.2), "face-2.0.0", NOW_S + 1)
    assert version(store.newest("p-01", ESTIMATOR, NOW_S + 2)) == face(0.1).version
    assert store.newest("p-01", "face-3.0.0", NOW_S + 2) is None


def test_persons_are_apart(store: NeutralStore) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert store.newest("p-02", ESTIMATOR, NOW_S) is None


def test_only_the_owner_can_read_it_and_it_holds_only_numbers(store: NeutralStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store.add("p-01", face(), ESTIMATOR, NOW_S)
        store.add("p-01", face(), ESTIMATOR, NOW_S)
    finally:
        os.umask(before)
    assert file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert file(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    (first, _) = json.loads(file(tmp_path).read_text())["calibrations"]
    assert set(first) == {"version", "estimator", "made_s", "units"}


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"v": 1, "calibrations": []}',
        b'{"v": 2, "calibrations": [{}]}',
        *(
            b'{"v": 2, "calibrations": [{"version": "x", "estimator": "y", "made_s": 1, "units": [%s]}]}' % units
            for units in (b"", b"1", b", ".join([b'"1"'] * 48), b", ".join([b"NaN"] * 48))
        ),
    ],
)
def test_a_damaged_file_is_kept_aside_with_a_sentence(
    store: NeutralStore, tmp_path: Path, said: list[str], damage: bytes
) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    file(tmp_path).write_bytes(damage)
    assert store.newest("p-01", ESTIMATOR, NOW_S) is None
    assert file(tmp_path).with_suffix(".damaged").read_bytes() == damage
    (sentence,) = said
    assert "p-01.damaged" in sentence
    assert "calibrate 'p-01' again" in sentence
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert store.newest("p-01", ESTIMATOR, NOW_S) is not None


def test_a_write_that_fails_leaves_what_was(
    store: NeutralStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        store.add("p-01", face(0.2), ESTIMATOR, NOW_S)
    monkeypatch.undo()
    assert version(store.newest("p-01", ESTIMATOR, NOW_S)) == face().version
    store.add("p-01", face(0.2), ESTIMATOR, NOW_S)
    assert version(store.newest("p-01", ESTIMATOR, NOW_S)) == face(0.2).version


def test_forgetting_leaves_nothing(store: NeutralStore, tmp_path: Path) -> None:
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    file(tmp_path).write_bytes(b"{")
    store.history("p-01")
    store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert store.forget("p-01")
    assert list(file(tmp_path).parent.iterdir()) == []
    assert not store.forget("p-01")


@pytest.mark.parametrize("person", ["", "../p-01", "Jane Doe", "p/1"])
def test_only_pseudonyms_name_a_file(store: NeutralStore, person: str) -> None:
    with pytest.raises(StorageError, match="named by 1 to 40 lower-case letters"):
        store.newest(person, ESTIMATOR, NOW_S)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = NeutralStore(NeutralSettings(folder=str(tmp_path / "file" / "neutrals")), print)
    with pytest.raises(StorageError, match=r"neutral\.folder"):
        store.add("p-01", face(), ESTIMATOR, NOW_S)


def test_a_full_disk_leaves_nothing_behind(
    store: NeutralStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        store.add("p-01", face(), ESTIMATOR, NOW_S)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_whether_a_calibration_can_be_kept_is_known_before_it_is_made(tmp_path: Path) -> None:
    store = NeutralStore(NeutralSettings(folder=str(tmp_path / "neutrals")), print)
    store.ready("p-01")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StorageError, match=r"/proc/neutrals cannot be written .*neutral\.folder"):
        NeutralStore(NeutralSettings(folder="/proc/neutrals"), print).ready("p-01")


def test_by_default_it_lies_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    NeutralStore(NeutralSettings(), print).add("p-01", face(), ESTIMATOR, NOW_S)
    assert (tmp_path / "neutrals" / "p-01.json").is_file()
