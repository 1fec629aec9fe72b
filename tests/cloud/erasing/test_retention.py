"""What is older than it is kept goes, by kind of data, and what nobody knows the age of stays."""

import time
from pathlib import Path
from typing import Any

import pytest

from cloud.cli import main
from cloud.erasing.keep import SHIPPED, Keep, load
from cloud.erasing.shard import Unserved
from cloud.reading.database import TooLargeError
from device.contract import boot
from device.contract.errors import ConfigError
from tests.cloud import rules_cases
from tests.cloud.erasing.persons import DAY_S, NOTE_KEY, documents, entry, everything, fill, session_id, staff_wrote

NOW_S = time.time()
OLD_S, NEW_S = NOW_S - 400 * DAY_S, NOW_S - 3 * DAY_S
KERNEL = "9f1c446a"


def of(device: str, began_s: float) -> dict[str, Any]:
    """What a box wrote of a session that began then, by its clock, and the clock."""
    told = documents(device, 1, "p-017")
    clock = {**rules_cases.CLOCK, "device": device, "boot": f"{KERNEL}-0000000000", "offset": began_s, "mono": 5.0}
    return told | {boot.key(clock): clock}


def untold(document: Any) -> Any:
    """A document whose box did not know the time."""
    if not isinstance(document, dict):
        return document
    return document | {"time": document["time"] | {"trusted": False}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An old session of box-1, a new one of box-2, one of box-3 whose clock was never set, and staff."""
    unset = {path: untold(one) for path, one in of("box-3", OLD_S).items() if not path.startswith("boots/")}
    ms = {"old": int(OLD_S * 1000), "new": int(NEW_S * 1000)}
    months = {name: time.strftime("%Y-%m", time.gmtime(at / 1000)) for name, at in ms.items()}
    told = of("box-1", OLD_S) | of("box-2", NEW_S) | unset | staff_wrote("p-017", "box-1~x")
    told = {path: one for path, one in told.items() if "/notes/" not in path and "/marks/" not in path}
    for name, at in ms.items():
        told[f"audit/{months[name]}/{NOTE_KEY}"] = entry("opened") | {"at": at}
        told[f"people/p-017/notes/k179581797349{len(name)}-{name}000"] = {"v": 1, "at": at, "by": "c", "text": "x"}
        told[f"telemetry/box-{name}"] = rules_cases.STATE | {"device": f"box-{name}", "seen": at}
    fill(tmp_path / "database", clinic=told)
    return tmp_path / "database"


def keep(folder: Path, text: str, *words: str) -> int:
    """Run the command with a file."""
    file = folder.parent / "retention.toml"
    file.write_text(text)
    return main(["retention", "--keep", str(file), "--local", str(folder), *words])


def test_records_go_and_minutes_stay_as_the_file_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(folder)["clinic"]
    assert keep(folder, "[keep]\nrecords_days = 365\n") == 0
    out = capsys.readouterr().out
    assert "clinic: records, 3 places, of 1 session" in out
    assert "Nothing was changed" in out
    assert everything(folder)["clinic"] == before

    assert keep(folder, "[keep]\nrecords_days = 365\n", "--yes") == 0
    after = everything(folder)["clinic"]
    assert [*after["packs"]["box-1"][session_id(1)]] == ["t000000007"]
    assert "box-1" not in after["records"]
    assert "box-1" not in after["frames"]
    for root in ("minutes", "seconds", "visits", "boots", "patients", "people", "telemetry"):
        assert after[root] == before[root], root
    assert after["packs"]["box-2"] == before["packs"]["box-2"]
    told = [one for month in after["audit"].values() for one in month.values() if one["did"] == "expired"]
    assert [(one["by"], *sorted(one)) for one in told] == [("affectbox-cloud", "at", "by", "did", "v")]


def test_done_again_nothing_more_is_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything_days = "\n".join(
        f"{kind}_days = 30" for kind in "records seconds minutes visits notes audit clocks telemetry".split()
    )
    assert keep(folder, f"[keep]\n{everything_days}\n", "--yes") == 0
    after = everything(folder)["clinic"]
    capsys.readouterr()
    assert keep(folder, f"[keep]\n{everything_days}\n", "--yes") == 0
    out = capsys.readouterr().out
    assert "Nothing is older than it is kept." in out
    assert "1 session of box-3, for its clock was never set, or was ahead: kept" in out
    assert everything(folder)["clinic"] == after
    for root in ("packs", "records", "minutes", "seconds", "patients"):
        assert [*after[root]] == ["box-2", "box-3"], root
    for root in ("visits", "support"):
        assert [*after[root]["p-017"]] == [f"{box}~{session_id(1)}" for box in ("box-2", "box-3")], root
    assert [*after["boots"]] == ["box-2"]
    assert [*after["telemetry"]] == ["box-new"]
    assert {*after["people"]["p-017"]["notes"]} == {"k1795817973493-new000"}
    assert {*after["people"]["p-017"]} >= {"versions", "consents"}
    assert len(after["audit"]) == 1


def test_clocks_and_visits_stay_as_long_as_something_is_kept_of_their_sessions(folder: Path) -> None:
    assert keep(folder, "[keep]\nrecords_days = 30\nvisits_days = 30\nclocks_days = 30\n", "--yes") == 0
    after = everything(folder)["clinic"]
    assert "box-1" in after["boots"]
    assert f"box-1~{session_id(1)}" in after["visits"]["p-017"]
    assert "box-1" in after["patients"]


def test_a_session_is_as_old_as_its_first_event_says_where_no_clock_is_known(folder: Path) -> None:
    place = f"visits/p-017/box-3~{session_id(1)}/e000001"
    event = documents("box-3", 1, "p-017")[place]
    fill(folder, clinic={place: event | {"time": {"mono": 1.0, "wall": OLD_S, "trusted": True}}})
    assert keep(folder, "[keep]\nrecords_days = 365\n", "--yes") == 0
    assert "box-3" not in everything(folder)["clinic"]["records"]


def test_a_session_of_a_day_that_is_still_to_come_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder, clinic=of("box-4", time.time() + 30 * 365 * DAY_S))
    assert keep(folder, "[keep]\nrecords_days = 365\n", "--yes") == 0
    assert "1 session of box-4, for its clock was never set, or was ahead: kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[keep]\nrecord_days = 30\n", "perhaps you meant 'keep.records_days'"),
        ("[keep]\nrecords_days = -1\n", "'keep.records_days'"),
        ("[keep]\nrecords_days = 0\n", "limits nothing"),
        ("[keep\n", "is not valid TOML"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(
    folder: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(folder)
    assert keep(folder, text, "--yes") == ConfigError.exit_code
    assert said in capsys.readouterr().err
    assert everything(folder) == before


def test_a_deletion_that_is_too_large_for_one_request_goes_in_parts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Unserved.patch

    def patch(self: Unserved, changes: dict[str, Any]) -> None:
        if any(len(self.keys(path)) > 1 for path in changes) or len(changes) > 1:
            raise TooLargeError("The database refuses so large a write.")
        real(self, changes)

    monkeypatch.setattr(Unserved, "patch", patch)
    assert keep(folder, "[keep]\nrecords_days = 30\nseconds_days = 30\n", "--yes") == 0
    assert "box-1" not in everything(folder)["clinic"]["packs"]


def test_the_file_that_is_printed_names_every_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "--print"]) == 0
    text = capsys.readouterr().out
    file = tmp_path / "retention.toml"
    file.write_text(text.replace("_days = 0", "_days = 7"))
    assert load(file) == Keep(**dict.fromkeys(Keep.__struct_fields__, 7))
    assert text == SHIPPED.read_text()
