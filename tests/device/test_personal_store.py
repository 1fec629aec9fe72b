"""Bundles of one person on the box: private, whole or not there, used by version, for nobody else, and erasable."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from device.cli import main
from device.config import load_settings
from device.contract.errors import ModelError, StorageError
from device.contract.manifest import OutputSpec
from device.contract.tasks import ATYPICALITY
from device.personal.history import History, Remembered
from device.personal.store import HISTORY, OtherPersonError, PersonalStore
from tests.movement_bundles import movement_bundle
from tests.personal_bundles import EVIDENCE, FILE, PERSON, personal_bundle


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def store(kept: Path, said: list[str]) -> PersonalStore:
    settings = load_settings(None, ["models.allow_unsigned=true", f"personal.folder='{kept}'"])
    return PersonalStore(settings, said.append)


def opened(store: PersonalStore, person: str = PERSON) -> str:
    """The bundle that is used."""
    reader = store.open(person)
    if reader is None:
        return ""
    with reader:
        return reader.bundle


def test_a_bundle_is_kept_for_its_owners_eyes_and_the_source_is_not_needed_any_more(
    store: PersonalStore, kept: Path, tmp_path: Path
) -> None:
    made = personal_bundle(tmp_path)
    assert store.add(made) == (PERSON, kept / PERSON / "own-1.0.0")
    shutil.rmtree(made)
    assert opened(store) == "own-1.0.0"
    paths = [kept, *kept.rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}


def test_the_newest_version_that_can_be_is_used(
    store: PersonalStore, kept: Path, tmp_path: Path, said: list[str]
) -> None:
    for version in ("1.9.0", "1.10.0rc1", "1.10.0", "1.2.0"):
        store.add(personal_bundle(tmp_path, version=version))
    assert [folder.name for folder in store.bundles(PERSON)] == [
        "own-1.10.0",
        "own-1.10.0rc1",
        "own-1.9.0",
        "own-1.2.0",
    ]
    assert (opened(store), said) == ("own-1.10.0", [])
    (kept / PERSON / "own-1.10.0" / "model.tflite").write_bytes(b"something else")
    assert opened(store) == "own-1.10.0rc1"
    assert len(said) == 1
    assert PERSON not in said[0] and "own" not in said[0].replace("own movement", "")


def test_of_whom_there_is_none_nothing_is_used_and_nothing_is_said(store: PersonalStore, said: list[str]) -> None:
    assert (store.people(), store.open("p-0008"), said) == ([], None, [])


def test_a_bundle_of_somebody_else_is_never_used(store: PersonalStore, kept: Path, tmp_path: Path) -> None:
    store.add(personal_bundle(tmp_path))
    shutil.copytree(kept / PERSON, kept / "p-0008")
    with pytest.raises(OtherPersonError, match="of somebody else"):
        store.open("p-0008")
    assert opened(store) == "own-1.0.0"


def test_where_none_can_be_used_it_is_said_why(store: PersonalStore, kept: Path, tmp_path: Path) -> None:
    store.add(personal_bundle(tmp_path))
    (kept / PERSON / "own-1.0.0" / "personal.json").write_text("{}")
    with pytest.raises(ModelError, match="wrong SHA-256"):
        store.open(PERSON)


def test_what_is_no_bundle_of_one_person_or_not_signed_is_not_kept(kept: Path, tmp_path: Path) -> None:
    settings = load_settings(None, [f"personal.folder='{kept}'"])
    with pytest.raises(ModelError, match="is unsigned"):
        PersonalStore(settings).add(personal_bundle(tmp_path))
    loose = PersonalStore(load_settings(None, [f"personal.folder='{kept}'", "models.allow_unsigned=true"]))
    with pytest.raises(ModelError, match=f"is for '{ATYPICALITY}', not for 'personal-movement'"):
        loose.add(movement_bundle(tmp_path))
    with pytest.raises(ModelError, match=r"personal\.json of bundle own-1\.0\.0 cannot be read"):
        loose.add(personal_bundle(tmp_path / "other", content=b"[]"))
    with pytest.raises(ModelError, match=r"own-1\.0\.0"):
        loose.add(personal_bundle(tmp_path / "torn", outputs=(OutputSpec("embedding", (1, 3), "float32"),)))
    with pytest.raises(ModelError, match="tells no evidence"):
        loose.add(personal_bundle(tmp_path / "without", receipt={}))
    assert not kept.exists()


def test_another_bundle_of_the_same_version_takes_no_place(store: PersonalStore, tmp_path: Path) -> None:
    first = personal_bundle(tmp_path)
    assert store.add(first) == store.add(first)
    shutil.rmtree(first)
    with pytest.raises(StorageError, match="export the new one with a higher version"):
        store.add(personal_bundle(tmp_path, intended_use="another one"))
    with pytest.raises(StorageError, match=r"and this version, own-1\.0\.0, is on this box"):
        store.add(personal_bundle(tmp_path, name="trained-anew"))
    assert [folder.name for folder in store.bundles(PERSON)] == ["own-1.0.0"]


def test_what_a_power_cut_left_half_written_is_no_bundle(
    store: PersonalStore, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = personal_bundle(tmp_path)

    def cut(self: Path, target: Path) -> Path:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        with pytest.raises(SystemExit):
            store.add(made)
    assert len([*kept.rglob("*.tflite")]) == 1
    assert (store.bundles(PERSON), store.open(PERSON)) == ([], None)
    store.add(made)
    assert opened(store) == "own-1.0.0"
    assert len([*kept.rglob("*.tflite")]) == 1


def test_a_card_that_takes_nothing_is_told_and_nothing_is_left(
    store: PersonalStore, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = personal_bundle(tmp_path)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageError, match="No space left on device"):
        store.add(made)
    assert [path for path in kept.rglob("*") if path.is_file()] == []


def test_a_person_is_forgotten_as_a_whole_and_nobody_else_is(store: PersonalStore, kept: Path, tmp_path: Path) -> None:
    for person in (PERSON, "p-0008"):
        store.add(personal_bundle(tmp_path / person, file=replace(FILE, person=person)))
        History(store).add(person, Remembered("s-1", "s-1", "own-1.0.0", 100.0, 1.0))
    assert (store.forget(PERSON), store.forget(PERSON)) == (True, False)
    assert store.people() == ["p-0008"]
    assert (kept / "p-0008" / HISTORY).exists()


def test_what_is_no_persons_is_not_erased_for_one(store: PersonalStore, kept: Path) -> None:
    """As where personal.folder is that of something else, which has folders of its own."""
    (kept / "neutrals").mkdir(parents=True)
    (kept / "neutrals" / "p-0007.json").write_text("{}")
    with pytest.raises(StorageError, match=r"holds p-0007\.json, which is no bundle: check personal\.folder"):
        store.forget("neutrals")
    assert (kept / "neutrals" / "p-0007.json").exists()


@pytest.mark.parametrize("person", ["", "..", "p-0007/..", "Anna"])
def test_who_is_no_pseudonym_is_refused(store: PersonalStore, person: str) -> None:
    with pytest.raises(StorageError, match="a pseudonym"):
        store.forget(person)


def command(kept: Path, *words: object) -> int:
    where = ("--set", f"personal.folder='{kept}'", "--set", "models.allow_unsigned=true")
    return main(["personal", *map(str, words), *where])


def test_the_command_keeps_lists_and_removes(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = [personal_bundle(tmp_path, version=version) for version in ("1.1.0", "1.0.0")]
    assert command(kept, "add", *made) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"Kept own-1.1.0 of '{PERSON}'. Sessions do not use it, for personal.use is false")
    assert second == f"Kept own-1.0.0 of '{PERSON}'. Not used: own-1.1.0 is newer."
    assert command(kept, "add", made[0], "--set", "personal.use=true") == 0
    assert "Used from the next session of this person on" in capsys.readouterr().out

    (kept / PERSON / "own-1.1.0" / "model.tflite").write_bytes(b"")
    assert command(kept, "list") == 0
    broken, used, unused = capsys.readouterr().out.splitlines()
    assert broken.startswith(f"{PERSON}  own-1.1.0  cannot be used: ")
    assert used == f"{PERSON}  own-1.0.0  the newest, 2 movements, 0 sessions remembered"
    assert unused == "Sessions use none of these, for personal.use is false."
    assert command(kept, "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["bundle"], row["newest"]) for row in told["bundles"]] == [("own-1.1.0", False), ("own-1.0.0", True)]

    assert command(kept, "remove", PERSON, "--bundle", "own-1.1.0") == 0
    assert [path.name for path in (kept / PERSON).iterdir()] == ["own-1.0.0"]
    assert command(kept, "remove", PERSON) == 0
    assert command(kept, "list") == 0
    assert capsys.readouterr().out.endswith("No bundle is kept.\n")
    assert not (kept / PERSON).exists()


def test_a_bundle_that_its_evidence_does_not_support_is_listed_as_such(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = replace(EVIDENCE, simulated=True, supported=False, unsupported=("Only 40 s were held out.",))
    assert command(kept, "add", personal_bundle(tmp_path, evidence=short)) == 0
    assert capsys.readouterr().out.endswith(
        "It is made of a simulated person.\nIt is not supported by its evidence (Only 40 s were held out.).\n"
    )
    assert command(kept, "list", "--set", "personal.use=true") == 0
    assert capsys.readouterr().out.endswith(
        "the newest, 2 movements, 0 sessions remembered, made of a simulated person, not supported by its evidence "
        "(Only 40 s were held out.)\n"
    )


def test_what_is_not_there_cannot_be_removed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(kept, "remove", PERSON) == StorageError.exit_code
    assert capsys.readouterr().err.endswith(
        f"There is no bundle of '{PERSON}' on this box: see `affectbox personal list`.\n"
    )
