"""Bundles are opened fail-closed, and written so that a crash leaves none rather than half of one."""

import json
from pathlib import Path

import pytest

from device.contract.errors import ModelError
from device.contract.manifest import CARD, MANIFEST, MODEL, InputSpec, Manifest, OutputSpec, find_bundle, open_bundle
from device.contract.manifest import write_bundle as write


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
        {"task": "mind-reading"},
        {"files": {}},
        {"files": {MODEL: "0" * 64}},
        {"files": {MODEL: "0" * 64, CARD: "0" * 64, "../../etc/passwd": "0" * 64}},
        {"outputs": [{"name": "x"}]},
        {"surprise": 1},
        {"input": "none"},
    ],
)
def test_a_manifest_that_is_not_understood_is_refused(bundle: Path, changes: dict[str, object]) -> None:
    edit(bundle, **changes)
    with pytest.raises(ModelError):
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
    with pytest.raises(ModelError, match="affectbox-converter fetch"):
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
        write(bundle.parent, manifest, b"new network", "# card")
    with pytest.raises(ModelError):
        open_bundle(bundle)
