"""Key pairs, signing, and the signatures that ship for fetched bundles."""

import shutil
from pathlib import Path

import pytest

from converter.bundle import write_bundle
from converter.cli import main
from converter.fetch import make_all
from converter.signing import SHIPPED_SIGNATURES
from converter.third_party import FULL_RANGE, LANDMARKER_TASK, RECIPES
from device.bundle_folders import bundle_cache
from device.contract.errors import ConfigError, ModelError, StorageError
from device.contract.manifest import MODEL, InputSpec, Manifest, OutputSpec, open_bundle
from device.contract.signature import SIGNATURE, key_id, read_key
from device.signatures import authenticator, known_keys

DOWNLOADS = bundle_cache() / "downloads"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "clinic.key"
    path.parent.mkdir()
    assert main(["keygen", "--out", str(path)]) == 0
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    manifest = Manifest(
        name="tiny",
        version="1.0.0",
        task="facial-expression",
        input=InputSpec((1, 2), "float32", "none", "points"),
        outputs=(OutputSpec("out", (1, 2), "float32"),),
        provenance={},
        intended_use="tests",
        forbidden_use="",
    )
    return write_bundle(tmp_path, manifest, b"network", "# card")


def test_a_key_pair_is_made_once_and_the_private_half_is_for_its_owner_only(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    public = read_key(key.with_name("clinic.key.pub").read_text())
    assert read_key(key.read_text()) != public
    assert key_id(public) in known_keys(key.parent)
    assert main(["keygen", "--out", str(key)]) == StorageError.exit_code


def test_a_signed_bundle_opens_with_the_key_and_not_without(bundle: Path, key: Path) -> None:
    assert main(["sign", str(bundle), "--key", str(key)]) == 0
    assert open_bundle(bundle, authenticator(known_keys(key.parent))).manifest.id == "tiny-1.0.0"
    with pytest.raises(ModelError, match="unknown key"):
        open_bundle(bundle, authenticator(known_keys()))


def test_a_bundle_that_is_not_whole_is_not_signed(bundle: Path, key: Path) -> None:
    (bundle / MODEL).write_bytes(b"altered")
    assert main(["sign", str(bundle), "--key", str(key)]) == ModelError.exit_code
    assert not (bundle / SIGNATURE).exists()


def test_writing_a_bundle_again_drops_the_old_signature(bundle: Path, key: Path) -> None:
    main(["sign", str(bundle), "--key", str(key)])
    write_bundle(bundle.parent, open_bundle(bundle).manifest, b"another", "# card", replace=True)
    assert not (bundle / SIGNATURE).exists()


@pytest.mark.parametrize("content", [None, "", "hello"])
def test_what_is_no_private_key_is_said(bundle: Path, tmp_path: Path, content: str | None, capsys) -> None:
    path = tmp_path / "some.key"
    if content is not None:
        path.write_text(content)
    assert main(["sign", str(bundle), "--key", str(path)]) == ConfigError.exit_code
    assert "some.key is no private key" in capsys.readouterr().err


def test_sign_wants_either_a_bundle_or_third_party(key: Path) -> None:
    assert main(["sign", "--key", str(key)]) == ConfigError.exit_code


def test_every_third_party_bundle_has_its_signature() -> None:
    assert {p.stem for p in SHIPPED_SIGNATURES.glob("*.sig")} == {recipe.manifest.id for recipe in RECIPES}


has_downloads = pytest.mark.skipif(
    not all((DOWNLOADS / artifact.filename).is_file() for artifact in (LANDMARKER_TASK, FULL_RANGE)),
    reason="`affectbox-converter fetch` has not run here",
)


@has_downloads
def test_what_fetch_makes_verifies_with_the_shipped_keys(tmp_path: Path) -> None:
    for folder in make_all(DOWNLOADS, tmp_path):
        assert open_bundle(folder, authenticator(known_keys())).manifest.id == folder.name


@has_downloads
def test_a_bundle_fetched_before_there_were_signatures_gets_its_own(tmp_path: Path) -> None:
    shutil.copytree(DOWNLOADS, tmp_path / "downloads")
    [first, *_] = make_all(DOWNLOADS, tmp_path)
    (first / SIGNATURE).unlink()
    assert main(["fetch", "--offline", "--cache", str(tmp_path)]) == 0
    assert (first / SIGNATURE).read_bytes() == (SHIPPED_SIGNATURES / f"{first.name}.sig").read_bytes()


@has_downloads
def test_a_maintainer_renews_the_shipped_signatures(key: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("converter.signing.SHIPPED_SIGNATURES", tmp_path / "signatures")
    monkeypatch.setattr("converter.cli.SHIPPED_SIGNATURES", tmp_path / "signatures")
    assert main(["sign", "--third-party", "--key", str(key), "--cache", str(DOWNLOADS.parent)]) == 0
    [first, *_] = make_all(DOWNLOADS, tmp_path)
    assert open_bundle(first, authenticator(known_keys(key.parent))).manifest.id == first.name
