"""The box runs what is signed by a key that it knows, and nothing else unless told so."""

import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from nacl.signing import SigningKey

from device.bundle_folders import SHIPPED, find_bundle
from device.contract.errors import ModelError
from device.contract.manifest import CARD, MANIFEST, open_bundle
from device.contract.signature import SIGNATURE, Signature, key_id, parse_signature, read_key, write_key
from device.models import load
from device.settings import ModelSettings
from device.signatures import SHIPPED_KEYS, authenticator, known_keys

SHIPPED_ID = ModelSettings().face
KEY = SigningKey(bytes(range(32)))
PUBLIC = bytes(KEY.verify_key)


@pytest.fixture
def settings(tmp_path: Path) -> ModelSettings:
    """Settings that name a copy of the shipped bundle under another name, so that the shipped one is not found."""
    copy = tmp_path / "face-9.9.9"
    shutil.copytree(SHIPPED / SHIPPED_ID, copy)
    raw = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps(raw | {"version": "9.9.9"}))
    (copy / SIGNATURE).unlink()
    return ModelSettings(face=copy.name, cache=str(tmp_path))


def folder(settings: ModelSettings) -> Path:
    return Path(settings.cache) / settings.face


def sign(settings: ModelSettings, key: SigningKey = KEY) -> None:
    signed = key.sign((folder(settings) / MANIFEST).read_bytes())
    signature = Signature.of(key_id(bytes(key.verify_key)), signed.signature)
    (folder(settings) / SIGNATURE).write_bytes(signature.encode())


def trusting(settings: ModelSettings, tmp_path: Path) -> ModelSettings:
    keys = tmp_path / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "mine.pub").write_text(write_key(PUBLIC, "of a test"))
    return replace(settings, keys=str(keys))


def open_with(settings: ModelSettings) -> str:
    with load(settings.face, settings) as model:
        return model.manifest.id


def test_what_ships_is_signed_by_the_shipped_key() -> None:
    assert open_with(ModelSettings()) == SHIPPED_ID
    assert len(known_keys()) == len(list(SHIPPED_KEYS.glob("*.pub"))) == 1


def test_fetched_bundles_are_signed_by_the_shipped_key() -> None:
    settings = ModelSettings()
    for name in (settings.short_range, settings.full_range, settings.landmarks):
        with load(name, settings) as model:
            assert model.manifest.id == name


def test_an_unsigned_bundle_is_refused_unless_allowed(settings: ModelSettings) -> None:
    with pytest.raises(ModelError, match=r"^Bundle face-9\.9\.9 is unsigned: .*models\.allow_unsigned"):
        open_with(settings)
    assert open_with(replace(settings, allow_unsigned=True)) == "face-9.9.9"


def test_a_key_must_be_known(settings: ModelSettings, tmp_path: Path) -> None:
    sign(settings)
    with pytest.raises(ModelError, match=f"signed by the unknown key {key_id(PUBLIC)}.*models.keys"):
        open_with(settings)
    assert open_with(replace(settings, allow_unsigned=True)) == "face-9.9.9"
    assert open_with(trusting(settings, tmp_path)) == "face-9.9.9"


@pytest.mark.parametrize("allow_unsigned", [False, True])
def test_a_manifest_that_was_changed_after_signing_is_refused(
    settings: ModelSettings, tmp_path: Path, allow_unsigned: bool
) -> None:
    sign(settings)
    path = folder(settings) / MANIFEST
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ModelError, match="is not what was signed"):
        open_with(replace(trusting(settings, tmp_path), allow_unsigned=allow_unsigned))


def test_a_file_that_was_changed_after_signing_is_refused(settings: ModelSettings, tmp_path: Path) -> None:
    sign(settings)
    (folder(settings) / CARD).write_text("It diagnoses.")
    with pytest.raises(ModelError, match=r"MODEL_CARD\.md.*SHA-256"):
        open_with(trusting(settings, tmp_path))


def test_a_signature_of_another_key_under_a_known_name_is_refused(settings: ModelSettings, tmp_path: Path) -> None:
    signed = SigningKey(bytes(32)).sign((folder(settings) / MANIFEST).read_bytes())
    (folder(settings) / SIGNATURE).write_bytes(Signature.of(key_id(PUBLIC), signed.signature).encode())
    with pytest.raises(ModelError, match="is not what was signed"):
        open_with(trusting(settings, tmp_path))


def test_a_signed_bundle_under_anothers_name_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / SHIPPED_ID, tmp_path / "face-9.9.9")
    with pytest.raises(ModelError, match=f"is {SHIPPED_ID}"):
        open_with(ModelSettings(face="face-9.9.9", cache=str(tmp_path)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"key": "a", "signature": "!"}',
        b'{"key": "a", "signature": "AAAA"}',
        b"[" * 2000 + b"]" * 2000,
        b"[" * 400_000,
        b" " * 10_000_000,
    ],
    ids=range(9),
)
def test_what_is_no_signature_is_refused(settings: ModelSettings, content: bytes) -> None:
    (folder(settings) / SIGNATURE).write_bytes(content)
    with pytest.raises(ModelError, match=r"^The signature of bundle face-9\.9\.9 is no signature") as caught:
        open_with(replace(settings, allow_unsigned=True))
    assert "\n" not in str(caught.value)


def test_a_signature_is_no_longer_than_signatures_are(settings: ModelSettings, tmp_path: Path) -> None:
    sign(settings)
    with (folder(settings) / SIGNATURE).open("ab") as file:
        file.write(b" " * 5000)
    with pytest.raises(ModelError, match="is no signature"):
        open_with(trusting(settings, tmp_path))


def test_the_signature_is_judged_before_the_manifest_is_read(settings: ModelSettings) -> None:
    (folder(settings) / MANIFEST).write_text("no manifest at all")
    with pytest.raises(ModelError, match="is unsigned"):
        open_bundle(find_bundle("face-9.9.9", [Path(settings.cache)]), authenticator(known_keys()))


def test_a_folder_of_keys_that_is_missing_or_holds_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"models\.keys"):
        known_keys(tmp_path / "nowhere")
    (tmp_path / "bad.pub").write_text("hello")
    with pytest.raises(ModelError, match=r"bad\.pub is no public key"):
        known_keys(tmp_path)


def test_keys_and_signatures_are_read_as_they_were_written() -> None:
    assert read_key(write_key(PUBLIC, "a comment")) == PUBLIC
    signature = Signature.of("0123", bytes(64))
    assert parse_signature(signature.encode(), "here") == signature
