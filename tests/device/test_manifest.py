"""Bundles are opened fail-closed, and written so that a crash leaves none rather than half of one."""

import json
import os
from pathlib import Path

import pytest

from converter.bundle import write_bundle as write
from device.bundle_folders import find_bundle
from device.contract.errors import ModelError, StorageError
from device.contract.manifest import CARD, MANIFEST, MODEL, InputSpec, Manifest, OutputSpec, open_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    manifest = Manifest(
        name="tiny",
        version="1.2.3",
        task="facial-expression",
        input=InputSpec((1, 48, 48, 1), "int8", "grey", "aligned", scale=0.5, zero_point=-3),
        outputs=(OutputSpec("ferplus", (1, 8), "int8", labels=("a", "b"), activation="softmax"),),
        provenance={"data": "made up"},
        intended_use="tests",
        forbidden_use="everything else",
        receipt={"accuracy": 0.5},
    )
    return write(tmp_path, manifest, b"network", "# card", {"extra.txt": b"more"})


def edit(bundle: Path, **changes: object) -> None:
    path = bundle / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_was_written_is_read_back(bundle: Path) -> None:
    opened = open_bundle(bundle)
    assert bundle.name == opened.manifest.id == "tiny-1.2.3"
    assert opened.model == b"network"
    assert opened.contents["extra.txt"] == b"more"
    assert opened.manifest.input.shape == (1, 48, 48, 1)
    assert opened.manifest.output("ferplus")[1].labels == ("a", "b")
    assert opened.manifest.receipt == {"accuracy": 0.5}


@pytest.mark.parametrize("name", [MODEL, CARD, "extra.txt"])
def test_an_altered_or_missing_file_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"altered")
    with pytest.raises(ModelError, match=f"{name}.*SHA-256"):
        open_bundle(bundle)
    (bundle / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        open_bundle(bundle)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"task": "Mind reading"},
        {"task": ["face-reading"]},
        {"name": "tiny\0", "version": "1"},
        {"name": "../tiny"},
        {"version": "1/2"},
        {"intended_use": "\x1b[2Jgone"},
        {"receipt": [1]},
        {"provenance": {"data": 3}},
        {"files": {}},
        {"files": {MODEL: "0" * 64}},
        {"files": {MODEL: "0" * 64, CARD: "0" * 64, "../../etc/passwd": "0" * 64}},
        {"files": {MODEL: "0" * 64, CARD: "0" * 64, "weights\0": "0" * 64}},
        {"files": {MODEL: "0" * 64, CARD: "0" * 64, MANIFEST: "0" * 64}},
        {"files": {MODEL: "short", CARD: "0" * 64}},
        {"outputs": []},
        {"outputs": [{"name": "x"}]},
        {"surprise": 1},
        {"input": "none"},
    ],
)
def test_a_manifest_that_is_not_understood_is_refused(bundle: Path, changes: dict[str, object]) -> None:
    edit(bundle, **changes)
    with pytest.raises(ModelError) as caught:
        open_bundle(bundle)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"range": [0, 1, 2]}, r"'input\.range' has 3 items, not 2"),
        ({"range": [0, float("nan")]}, r"'input\.range\[1\]' is nan, not a number"),
        ({"range": [0, float("inf")]}, r"'input\.range\[1\]' is inf, not a number"),
        ({"range": [1, 0]}, r"range is \(1\.0, 0\.0\)"),
        ({"range": [True, 2]}, r"'input\.range\[0\]' is True"),
        ({"shape": [1, 0, 48]}, r"shape of input is \(1, 0, 48\)"),
        ({"shape": [1, 48.5]}, r"'input\.shape\[1\]' is 48\.5, not a whole number"),
        ({"shape": [10**400]}, "shape of input"),
        ({"dtype": "float16"}, "dtype of input is 'float16'"),
        ({"colour": "infrared"}, "colour is 'infrared'"),
        ({"crop": {}}, r"'input\.crop' is \{\}, not a text"),
        ({"margin": -0.1}, "margin is -0.1"),
    ],
)
def test_an_impossible_input_is_said_field_and_value(bundle: Path, changes: dict[str, object], why: str) -> None:
    edit(bundle, input=json.loads((bundle / MANIFEST).read_text())["input"] | changes)
    with pytest.raises(ModelError, match=why) as caught:
        open_bundle(bundle)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["personal", "diagnosis-support", "atypicality"])
def test_a_bundle_for_a_task_of_which_nobody_knows_yet_opens(bundle: Path, name: str) -> None:
    edit(bundle, task=name)
    assert open_bundle(bundle).manifest.task == name


@pytest.mark.parametrize("depth", [2_000, 400_000])
def test_a_manifest_nested_too_deeply_is_said(bundle: Path, depth: int) -> None:
    (bundle / MANIFEST).write_text("[" * depth + "]" * depth)
    with pytest.raises(ModelError, match="no bundle manifest"):
        open_bundle(bundle)


def test_a_manifest_beyond_all_bounds_is_refused_before_it_is_read(bundle: Path) -> None:
    with (bundle / MANIFEST).open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(ModelError, match="longer than any manifest"):
        open_bundle(bundle)


def test_a_pipe_in_the_place_of_a_file_stops_nobody(bundle: Path) -> None:
    (bundle / "extra.txt").unlink()
    os.mkfifo(bundle / "extra.txt")
    with pytest.raises(ModelError, match=r"extra\.txt is missing or unreadable"):
        open_bundle(bundle)
    (bundle / MANIFEST).unlink()
    os.mkfifo(bundle / MANIFEST)
    with pytest.raises(ModelError, match="no model bundle at"):
        open_bundle(bundle)


def test_a_manifest_written_before_there_were_temperatures_opens(bundle: Path) -> None:
    outputs = json.loads((bundle / MANIFEST).read_text())["outputs"]
    assert outputs[0].pop("temperature") == 1.0
    edit(bundle, outputs=outputs)
    assert open_bundle(bundle).manifest.outputs[0].temperature == 1.0


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf"), "warm"])
def test_an_impossible_temperature_is_refused(bundle: Path, temperature: object) -> None:
    outputs = json.loads((bundle / MANIFEST).read_text())["outputs"]
    edit(bundle, outputs=[outputs[0] | {"temperature": temperature}])
    with pytest.raises(ModelError, match=r"temperature|manifest"):
        open_bundle(bundle)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_manifest_that_is_no_json_object_is_refused(bundle: Path, text: str) -> None:
    (bundle / MANIFEST).write_text(text)
    with pytest.raises(ModelError):
        open_bundle(bundle)


def test_without_a_manifest_there_is_no_bundle(bundle: Path) -> None:
    (bundle / MANIFEST).unlink()
    with pytest.raises(ModelError, match=r"no model bundle at .*manifest\.json"):
        open_bundle(bundle)
    with pytest.raises(ModelError, match="affectbox-converter fetch"):
        find_bundle(bundle.name, [bundle.parent])


def test_an_unknown_output_is_named_with_those_there_are(bundle: Path) -> None:
    with pytest.raises(ModelError, match=r"no output 'fer2013'.*ferplus"):
        open_bundle(bundle).manifest.output("fer2013")


def test_a_crash_while_writing_leaves_no_bundle(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = open_bundle(bundle).manifest
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(bundle.parent, manifest, b"new network", "# card", replace=True)
    with pytest.raises(ModelError):
        open_bundle(bundle)


def test_a_version_is_one_network(bundle: Path) -> None:
    manifest = open_bundle(bundle).manifest
    with pytest.raises(StorageError, match=r"tiny-1\.2\.3 is there already: give a new version, or --replace"):
        write(bundle.parent, manifest, b"another", "# card")
    assert open_bundle(bundle).model == b"network"
    write(bundle.parent, manifest, b"another", "# card", replace=True)
    assert open_bundle(bundle).model == b"another"
