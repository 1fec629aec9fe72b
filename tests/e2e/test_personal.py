"""A person's own movement on a box, by a bundle that was made up: what a session tells, to whom, and what is left."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import device.service.service
from converter.signing import keygen, signer
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.cli import main
from device.clock import SystemClock
from device.config import load_settings
from device.contract.errors import ModelError
from device.contract.record import decode
from device.contract.record import validate as valid_record
from device.contract.session import Beginning, Consent, Event, validate
from device.delivery.sink import MemorySink
from device.personal.gathered import Gathered
from device.personal.history import History, Remembered
from device.personal.store import PersonalStore
from device.service.service import Service
from device.settings import Settings
from tests.personal_bundles import PERSON, personal_bundle
from tests.recordings import events_in, records_in

SECRET = re.compile(rf"own-1|distance|{PERSON}|movement", re.IGNORECASE)
COVERS = ("expressions", "units", "personal")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle, and the key of whoever signed it."""
    folder = tmp_path_factory.mktemp("site")
    keygen(folder / "site")
    personal_bundle(folder, sign=signer(folder / "site"))
    return folder


@pytest.fixture
def own(site: Path, tmp_path: Path) -> list[str]:
    """The settings of a box that keeps the bundle."""
    made = ["personal.use=true", f"personal.folder='{tmp_path}/kept'", f"models.keys={site}", "device.id=tester"]
    assert main(["personal", "add", str(site / "own-1.0.0"), *passed(made)]) == 0
    return made


def passed(assignments: list[str]) -> list[str]:
    return [word for text in assignments for word in ("--set", text)]


def sees(monkeypatch: pytest.MonkeyPatch, portrait: ByteImage, frames: int, rate: int = 2) -> None:
    """A source of so many frames of a face, as a camera of that rate would have made them."""
    source = FakeSource(lambda _: portrait, count=frames, fps=rate)
    monkeypatch.setattr(device.service.service, "open_source", lambda text, camera: source)


def history(own: list[str]) -> History:
    return History(PersonalStore(load_settings(None, own)))


def test_a_session_tells_what_its_own_records_say_and_the_room_nothing(
    own: list[str],
    monkeypatch: pytest.MonkeyPatch,
    portrait: ByteImage,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(5):
        history(own).add(PERSON, Remembered(f"s-{number}", f"s-{number}", "own-1.0.0", 600.0, 0.1 * number))
    sees(monkeypatch, portrait, 165)
    out = tmp_path / "records.jsonl"
    watch = ["run", "--source", "fake", "--sink", f"jsonl:{out}", "--patient", PERSON, "--consent-by", "patient"]
    capsys.readouterr()
    assert main([*watch, "--consent", ",".join(COVERS), *passed(own)]) == 0
    assert not SECRET.search("".join(capsys.readouterr()))

    *_, told, ended = events_in(out)
    assert (told["event"], ended["event"]) == ("personal", "ended")
    validate(told)
    gathered, records = Gathered(2), [*records_in(out)]
    for record in records:
        valid_record(record)
        gathered.add(record)
    measured = [one for one in records if one["status"] == "measured"]
    assert [one["models"]["personal"] for one in measured] == ["own-1.0.0"] * len(measured)
    means = gathered.means()
    assert means is not None
    said = told["personal"]
    assert (said["bundle"], said["earlier"]) == ("own-1.0.0", 5)
    assert (said["mean"], said["seconds"]) == (round(means[0].value, 4), round(gathered.seconds, 1))
    assert 0 <= said["unusual_low"] <= said["unusual"] <= said["unusual_high"] <= 1
    assert history(own).of(PERSON)[-1] == Remembered(
        told["session"], told["session"], "own-1.0.0", said["seconds"], said["mean"]
    )


@pytest.mark.parametrize(
    "consent", [[], ["--consent", "expressions,units", "--consent-by", "patient"], ["--set", "personal.use=false"]]
)
def test_without_a_consent_that_names_it_or_without_the_setting_nothing_is_told(
    own: list[str],
    consent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    portrait: ByteImage,
    tmp_path: Path,
) -> None:
    sees(monkeypatch, portrait, 3)
    out = tmp_path / "records.jsonl"
    watch = ["run", "--source", "fake", "--sink", f"jsonl:{out}", "--patient", PERSON, *passed(own)]
    covers = ["--consent", ",".join(COVERS), "--consent-by", "patient"] if "--set" in consent else []
    assert main([*watch, *covers, *consent]) == 0
    assert "personal" not in {event["event"] for event in events_in(out)}
    assert not any("personal" in one or "personal" in one.get("models", {}) for one in records_in(out))
    assert history(own).of(PERSON) == []


class Watched:
    """A session of a person who says something after the third record."""

    def __init__(self, own: list[str], covers: tuple[str, ...], say: Callable[[Service], None]) -> None:
        self.kept, self._say, self._done = MemorySink(), say, threading.Event()
        settings: Settings = load_settings(
            None, [*own, "run.pace=fast", "recorder.commit_records=1"], {"run": {"source": "fake"}}
        )
        with Service(settings, SystemClock(), more_sinks=[self.kept], look=self._look) as service:
            self.service, self._seen = service, 0
            service.watch(Beginning(PERSON, Consent(covers, "patient", 1.0)))

    def _look(self, _: object) -> None:
        self._seen += 1
        if self._seen == 3:
            self._say(self.service)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [decode(line.body) for line in self.kept.lines]


def test_with_a_consent_that_is_changed_it_stops_at_once(
    own: list[str], monkeypatch: pytest.MonkeyPatch, portrait: ByteImage
) -> None:
    sees(monkeypatch, portrait, 8)
    less = Consent(("expressions", "units"), "patient", 2.0)
    watched = Watched(own, COVERS, lambda service: service.say(Event.CONSENT, consent=less))
    assert ["personal" in one for one in watched.records] == [True] * 3 + [False] * 5
    assert "ms" not in watched.records[-1] or "personal" not in watched.records[-1]["ms"], "nor is the network asked"
    assert [event["event"] for event in watched.kept.events] == ["began", "camera", "consent", "ended"]
    assert history(own).of(PERSON) == []


def test_of_a_session_whose_consent_is_withdrawn_nothing_is_remembered(
    own: list[str], monkeypatch: pytest.MonkeyPatch, portrait: ByteImage
) -> None:
    before = [Remembered("s-1", "s-1", "own-1.0.0", 600.0, 1.0), Remembered("s-2", "s-2", "own-1.0.0", 600.0, 1.0)]
    for one in before:
        history(own).add(PERSON, one)
    with Service(load_settings(None, own), SystemClock(), sends=False) as service:
        service.revoke(["s-2"])
    assert history(own).of(PERSON) == before[:1]


def test_a_bundle_that_nobody_signed_is_not_kept(
    own: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = personal_bundle(tmp_path / "unsigned", version="9.0.0")
    assert main(["personal", "add", str(made), *passed(own)]) == ModelError.exit_code
    assert "is unsigned" in capsys.readouterr().err
