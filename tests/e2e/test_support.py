"""Diagnosis support on a box, comparison with other people and with the person's own usual beside it, by bundles that
were made up: what is told, to whom, and that nobody else learns it."""

import base64
import json
import re
import shutil
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import device.delivery.live
import device.delivery.opening
import device.service.service
from converter.signing import keygen, signer
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.cli import main
from device.clock import SystemClock
from device.config import load_settings
from device.contract.control import ConsentSaid, Do
from device.contract.errors import ModelError
from device.contract.features import SESSION
from device.contract.manifest import OutputSpec
from device.contract.session import Beginning, Consent, validate
from device.contract.support import groups
from device.contract.tasks import TYPICAL_MOVEMENT
from device.delivery.tokens import FakeTokens
from device.features.gatherer import Gatherer
from device.features.support import Supporter, open_supporter
from device.host.asking import runtime_folder
from device.host.hosting import Hosting, launcher_of
from device.host.interlock import Interlock
from device.host.view import Snapshot, State
from device.personal.store import PersonalStore
from device.service.about import about
from device.service.figures import figures
from device.service.service import Service
from tests.cloud.conftest import Stream
from tests.daemons import InThread, arrived, film
from tests.movement_bundles import EVIDENCE as OF_NARWHALS
from tests.movement_bundles import movement_bundle
from tests.personal_bundles import FILE as OF_ONE
from tests.personal_bundles import personal_bundle
from tests.recordings import events_in, records_in
from tests.servers import Server
from tests.support_bundles import EVIDENCE, FILE, support_bundle

WAIT_S = 60.0
#: Names that nothing else on a box bears, in any letters.
GROUPS = ("quagga", "wombat")
SECRET = re.compile(r"quagga|wombat|possible|probabilit|axolotl", re.IGNORECASE)
#: What compares with other people, or with their own usual: of it the person's clinicians and those of the room read.
COMPARED = re.compile(r"narwhal|unlikely|\brating|moves-1|own-1", re.IGNORECASE)
COVERS = ("expressions", "units", "diagnosis", "live", "atypicality", "personal")
CONSENT = ConsentSaid(COVERS, "guardian", 1_700_000_000.0, age="6-12")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, portrait: ByteImage) -> Path:
    return film(tmp_path_factory.mktemp("film") / "face.mp4", portrait, frames=60, rate=5)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The settings of a site with a bundle of its own, signed by its own key."""
    folder = tmp_path_factory.mktemp("study")
    keygen(folder / "site")
    support_bundle(
        folder,
        file=replace(FILE, least_seconds=1.0, least_measured=0.25, outside=1e9, quantiles=dict.fromkeys(GROUPS, 0.9)),
        evidence=replace(EVIDENCE, population="axolotls", groups=dict(zip(GROUPS, (70, 50), strict=True)), held=None),
        outputs=(OutputSpec("groups", (1, 2), "float32", labels=GROUPS, activation="softmax"),),
        sign=signer(folder / "site"),
    )
    narwhals = replace(OF_NARWHALS, population="narwhals")
    movement_bundle(folder, evidence=narwhals, sign=signer(folder / "site"))
    movement_bundle(folder, TYPICAL_MOVEMENT, evidence=narwhals, sign=signer(folder / "site"))
    own = [f'models.folders=["{folder}"]', f"models.keys={folder}", "diagnosis.bundle=simulated-1.0.0"]
    own += ["personal.use=true", f"personal.folder='{folder}/personal'"]
    whose = replace(OF_ONE, person="p-017")
    PersonalStore(load_settings(None, own)).add(personal_bundle(folder, file=whose, sign=signer(folder / "site")))
    return [*own, "atypicality.bundle=moves-1.0.0", "atypicality.typical=typical-1.0.0"]


def passed(assignments: list[str]) -> list[str]:
    return [word for text in assignments for word in ("--set", text)]


def test_a_session_of_one_command_ends_with_what_its_own_records_say(
    clip: Path, study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, bundle = tmp_path / "records.jsonl", load_settings(None, study)
    consent = ["--patient", "p-017", "--consent", "expressions,units,diagnosis", "--consent-by", "guardian"]
    watch = ["run", "--source", str(clip), "--sink", f"jsonl:{out}"]
    assert main([*watch, *consent, *passed(study)]) == 0
    assert not SECRET.search("".join(capsys.readouterr()))
    *_, told, ended = events_in(out)
    assert (told["event"], ended["event"]) == ("support", "ended")
    validate(told)
    gatherer = Gatherer()
    for record in records_in(out):
        gatherer.add(record)
    with open_supporter("simulated-1.0.0", bundle.models) as supporter:
        assert told["support"] == supporter.say(gatherer.parts())
    assert [group["name"] for group in groups(told["support"])] == [*GROUPS]
    assert told["support"].get("why", ["uncertain"]) == ["uncertain"]
    assert all("probability" in group for group in groups(told["support"]))


def test_of_a_phase_the_box_tells_what_the_command_tells_of_its_file(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = tuple(name.replace(SESSION, "task") for name in FILE.columns)
    file = replace(FILE, columns=columns, least_seconds=5.0, least_measured=0.25, outside=1e9)
    support_bundle(tmp_path, file=file, evidence=replace(EVIDENCE, phases=("task",)))
    own = passed([f'models.folders=["{tmp_path}"]', "models.allow_unsigned=true"])
    out = tmp_path / "records.jsonl"
    consent = ["--patient", "p-017", "--consent", "expressions,units,diagnosis", "--consent-by", "patient"]
    phases = ["--phase", "baseline=4", "--phase", "task=6"]
    watch = ["run", "--source", str(clip), "--sink", f"jsonl:{out}", "--set", "diagnosis.bundle=simulated-1.0.0"]
    assert main([*watch, *consent, *phases, *own]) == 0
    (told,) = [event["support"] for event in events_in(out) if event["event"] == "support"]
    assert told["phase"] == "task" and "probability" in told["g1"]
    capsys.readouterr()
    assert main(["diagnosis", str(out), "--bundle", "simulated-1.0.0", *own]) == 0
    assert json.loads(capsys.readouterr().out)["support"] == told


def test_of_each_window_the_box_says_what_the_command_says_of_its_file(
    clip: Path, study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "records.jsonl"
    consent = ["--patient", "p-017", "--consent", "expressions,units,atypicality", "--consent-by", "guardian"]
    watch = ["run", "--source", str(clip), "--sink", f"jsonl:{out}"]
    assert main([*watch, *consent, "--consent-age", "6-12", *passed(study)]) == 0
    assert not COMPARED.search("".join(capsys.readouterr()))
    compared = [event["comparison"] for event in events_in(out) if event["event"] == "comparison"]
    assert [(told["of"], told["population"], "refused" in told) for told in compared] == [
        ("rating", "narwhals", False),
        ("unlikely", "narwhals", False),
    ]
    told = {one["seq"]: one["atypicality"] for one in records_in(out) if "atypicality" in one}
    assert len(told) > 3
    for bundle, names in (("moves-1.0.0", {"rating", "low", "high"}), ("typical-1.0.0", {"unlikely"})):
        assert main(["atypicality", str(out), "--bundle", bundle, *passed(study)]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        of_bundle = {seq: {name: one[name] for name in names} for seq, one in told.items()}
        assert {line["seq"]: line["atypicality"] for line in lines} == of_bundle


def test_of_who_is_of_another_age_a_session_says_why_not_and_nothing_else(
    clip: Path, study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "records.jsonl"
    consent = ["--consent", "units,atypicality", "--consent-by", "patient", "--consent-age", "65-up"]
    watch = ["run", "--source", str(clip), "--max-frames", "15", "--sink", f"jsonl:{out}"]
    assert main([*watch, *consent, *passed(study)]) == 0
    assert [event["comparison"]["refused"] for event in events_in(out) if "comparison" in event] == ["age", "age"]
    assert not any("atypicality" in one for one in records_in(out))
    said = (
        "The person of this session is not compared with other people: nobody of their age is in a bundle's evidence."
    )
    assert said in capsys.readouterr().err


def test_without_a_consent_that_names_it_a_session_tells_nothing(clip: Path, study: list[str], tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    watch = ["run", "--source", str(clip), "--max-frames", "5", "--sink", f"jsonl:{out}"]
    for consent in ([], ["--consent", "expressions,units", "--consent-by", "patient"]):
        assert main([*watch, *consent, *passed(study)]) == 0
    assert not {"support", "comparison"} & {event["event"] for event in events_in(out)}
    assert not any("atypicality" in one for one in records_in(out))


def test_what_could_not_be_computed_is_told_before_the_end_and_the_log_says_why(
    clip: Path, study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Supporter, "say", lambda *_: 1 / 0)
    out = tmp_path / "records.jsonl"
    consent = ["--patient", "p-017", "--consent", "expressions,units,diagnosis", "--consent-by", "patient"]
    watch = ["run", "--source", str(clip), "--max-frames", "5", "--sink", f"jsonl:{out}"]
    assert main([*watch, *consent, *passed(study)]) == 0
    *_, told, ended = events_in(out)
    validate(told)
    assert (told["support"]["why"], ended["event"]) == (["fault"], "ended")
    said = "".join(capsys.readouterr())
    assert "No diagnosis support for this session: a fault of the box's own (ZeroDivisionError, " in said
    assert not SECRET.search(said)


def test_a_bundle_that_was_altered_opens_no_camera(
    clip: Path, study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    support_bundle(
        broken, content=b'{"feature_version": 9}', sign=signer(Path(load_settings(None, study).models.keys) / "site")
    )
    where = [study[1], f'models.folders=["{broken}"]', "diagnosis.bundle=simulated-1.0.0"]
    out = tmp_path / "records.jsonl"
    assert main(["run", "--source", str(clip), "--sink", f"jsonl:{out}", *passed(where)]) == ModelError.exit_code
    assert "The bundle of diagnosis.bundle cannot be used: `affectbox doctor` says why." in capsys.readouterr().err
    assert not out.exists(), "no session began"
    main(["doctor", "--here", *passed(where)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " diagnosis " in line]
    assert line.startswith("FAIL")
    assert "for features of version" in line


def test_doctor_tells_what_the_bundle_is_and_whether_its_evidence_supports_it(
    study: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(assignments: list[str]) -> str:
        main(["doctor", "--here", *passed(assignments)])
        (line,) = [line for line in capsys.readouterr().out.splitlines() if " diagnosis " in line]
        return line

    assert told(study) == (
        "warning  diagnosis  simulated-1.0.0; made of simulated people, so it says nothing of anybody; it is of 120 "
        "people of 2 sites; population: axolotls"
    )
    own = [f'models.folders=["{tmp_path}"]', "models.allow_unsigned=true", study[2]]
    support_bundle(tmp_path, evidence=replace(EVIDENCE, simulated=False, population="Adults of B"))
    assert told(own) == (
        "ok       diagnosis  simulated-1.0.0; its evidence supports it; it is of 120 people of 2 sites; population: "
        "Adults of B"
    )
    shutil.rmtree(tmp_path / "simulated-1.0.0")
    columns = tuple(name.replace(SESSION, "task") for name in FILE.columns)
    unsupported = replace(EVIDENCE, supported=False, unsupported=("Chance does as well.",), phases=("task",), sites=1)
    support_bundle(tmp_path, file=replace(FILE, columns=columns, sources=("face-9.9.9",)), evidence=unsupported)
    assert told(own) == (
        "warning  diagnosis  simulated-1.0.0; not supported by its evidence (Chance does as well.); made of simulated "
        "people, so it says nothing of anybody; never an answer here: its people were measured with face-9.9.9, this "
        "box has face-1.0.0; it is of 120 people of 1 site; it needs the phases task, and session.phases plans none: "
        "somebody has to note them in every session; population: simulated adults, nobody"
    )


# --- in the room


def until(interlock: Interlock, holds: Callable[[Snapshot], bool]) -> Snapshot:
    now = interlock.snapshot()
    for _ in range(1000):
        if holds(now):
            return now
        now = interlock.wait(now.number, WAIT_S / 1000)
    raise AssertionError(f"still {now}")


class Listening:
    """Everything that an address sends, in a thread, until it ends."""

    def __init__(self, url: str) -> None:
        self.heard = b""
        self._more = threading.Condition()
        self._answer = urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/event-stream"}))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._answer:
            for line in self._answer:
                with self._more:
                    self.heard += line
                    self._more.notify()

    def until(self, number: int) -> str:
        """Everything up to what is shown of a snapshot, or of a later one."""

        def is_there() -> bool:
            return any(int(found) >= number for found in re.findall(rb'"number":(\d+)', self.heard))

        with self._more:
            assert self._more.wait_for(is_there, WAIT_S), self.heard
            return self.heard.decode()


@pytest.fixture
def room(clip: Path, study: list[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    assignments = [
        f"host.folder={tmp_path_factory.mktemp('h')}",
        "page.port=0",
        "metrics.listen=127.0.0.1:0",
        "device.id=room-3",
        f"run.source={clip}",
        f"run.sinks=['jsonl:{tmp_path / 'records.jsonl'}']",
        "run.pace=fast",
        *study,
    ]
    settings, stop = load_settings(None, assignments), threading.Event()
    with Hosting(settings, SystemClock(), launcher_of(settings, passed(assignments))) as made:
        running = threading.Thread(target=made.run, args=(stop,))
        running.start()
        yield made
        stop.set()
        running.join(WAIT_S)


def test_nothing_in_the_room_tells_what_was_said(
    capfd: pytest.CaptureFixture[str], room: Hosting, tmp_path: Path
) -> None:
    interlock, page = room.interlock, re.search(r"http://\S+", capfd.readouterr().err)
    assert page and room.metrics
    stream, shown = Listening(f"{page[0]}events"), [""]
    interlock.consent("p-017", COVERS, "guardian", age="6-12")
    interlock.begin("p-017")
    over = until(interlock, lambda now: now.state is State.IDLE and now.notice is not None)
    streamed = stream.until(over.number)
    shown.append(repr(interlock.snapshot()))
    for url in (page[0], f"http://{room.metrics.address}/metrics", f"http://{room.metrics.address}/health"):
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(url) as answer:
            shown.append(answer.read().decode())
    *_, told, of_one, ended = events_in(tmp_path / "records.jsonl")
    assert (told["event"], of_one["event"], ended.get("why")) == ("support", "personal", "finished")
    assert all("probability" in group for group in groups(told["support"]))
    for group in ("atypicality", "personal"):
        assert any(group in one for one in records_in(tmp_path / "records.jsonl"))
    folders = (tmp_path, runtime_folder(room._settings.host))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".jsonl"]
    places = {path.name: path.read_text("utf-8", "replace") for path in files}
    places |= {"shown": "\n".join(shown), "stream": streamed, "log": "".join(capfd.readouterr())}
    assert {"status.json", "consents.json", "host.json"} <= places.keys()
    assert len(places["stream"]) > 1000 and len(places["shown"]) > 1000
    for secret in (SECRET, COMPARED):
        assert {name: secret.findall(text) for name, text in places.items() if secret.search(text)} == {}


def test_no_figure_that_a_process_keeps_of_itself_tells_it(clip: Path, study: list[str], tmp_path: Path) -> None:
    """Of these telemetry, metrics, status and the summary of a command are made."""
    sinks = {"run": {"source": str(clip), "sinks": [f"jsonl:{tmp_path / 'records.jsonl'}"]}}
    shown: list[str] = []

    def show(service: Service) -> None:
        rows = service.summary.rows(of_the_person=True)
        shown.append(repr((about(service), figures(service), rows, service.summary)))

    own = [*study, f"outbox.path={tmp_path / 'outbox.db'}"]
    with Service(load_settings(None, own, sinks), SystemClock(), show) as service:
        service.watch(Beginning("p-017", Consent(COVERS, "guardian", 1.7e9, age="6-12")))
        show(service)
    assert [event["event"] for event in events_in(tmp_path / "records.jsonl")][-3:] == ["support", "personal", "ended"]
    assert any("atypicality" in one for one in records_in(tmp_path / "records.jsonl"))
    for secret in (SECRET, COMPARED):
        assert len(shown) > 2 and [text for text in shown if secret.search(text)] == []


# --- in the database


def written(url: str) -> Stream:
    """Everything that is written to a database from now on."""
    client = httpx.Client(timeout=WAIT_S)
    asked = client.build_request("GET", f"{url}/.json?ns=clinic", headers={"Accept": "text/event-stream"})
    stream = Stream(client.send(asked, stream=True).iter_lines())
    stream.next()  # what stands there already
    return stream


def next_written(stream: Stream) -> list[tuple[str, str]]:
    """What is written next, each value by its whole path; nothing more comes: nothing."""
    event = stream.next()
    return list(places_of(event[1]["data"], event[1]["path"].rstrip("/"))) if event else []


def places_of(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each value, as text, with its whole path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places_of(inner, f"{path}/{name}")
    else:
        yield path, str(value)


def plain(columns: str) -> str:
    """What is in a pack."""
    return zlib.decompress(base64.b64decode(columns)).decode()


def test_in_the_database_it_stands_where_the_clinicians_of_the_person_read_it_and_nowhere_else(
    study: list[str], tmp_path: Path, portrait: ByteImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_live = threading.Event()

    def picture(index: int) -> ByteImage:
        assert index < 30 or shown_live.wait(WAIT_S)  # nor ends the session before somebody saw it live
        return portrait

    source = FakeSource(picture, count=60, fps=5.0)
    monkeypatch.setattr(device.service.service, "open_source", lambda text, camera: source)
    monkeypatch.setattr(device.delivery.opening, "open_tokens", lambda *_: FakeTokens())
    monkeypatch.setattr(device.delivery.live, "_EVERY_S", 0.1)
    server = Server(tmp_path / "database")
    watch = {"v": 1, "until": int(1000 * SystemClock().wall()) + 80_000, "by": "cleo"}
    httpx.put(f"{server.url}/control/tester/watch.json?ns=clinic", json=watch).raise_for_status()
    stream, told = written(server.url), list[tuple[str, str]]()
    own = ["device.id=tester", f"outbox.path={tmp_path}/outbox.db", f'run.sinks=["rtdb:{server.url}?ns=clinic"]']
    quick = ["run.source=fake", "run.pace=fast", "upload.interval_s=0.05", "delivery.telemetry_s=0.1"]
    settings = load_settings(None, [*own, *quick, *study])
    with InThread(settings) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        while not shown_live.is_set():
            told += (now := next_written(stream))
            if any(path.startswith("/live/") for path, _ in now):
                shown_live.set()
        last = host.last()
    assert last.why == "finished"
    with Service(settings, SystemClock()):
        pass  # sends what still waits
    said = arrived(server.url, "clinic", f"support/p-017/tester~{last.session}")
    server.end()
    while now := next_written(stream):
        told += now
    (event,) = said.values()
    validate(event)
    assert all("probability" in group for group in groups(event["support"]))
    roots = {path.split("/")[1] for path, _ in told}
    assert {"telemetry", "live", "packs", "visits", "minutes", "support"} <= roots
    assert {path.split("/")[1] for path, text in told if SECRET.search(path + text)} == {"support"}
    assert not SECRET.search(host.raw.decode()), "what the host process, and by it the page, is told"
    # what compares with other people, and with their own usual
    assert {path.split("/")[1] for path, text in told if COMPARED.search(path + text)} == {"visits"}
    for column in ("atypicality", "personal.distance"):
        holding = {path.split("/")[1] for path, text in told if path.endswith("/columns") and column in plain(text)}
        assert holding == {"packs"}, "and in no live view"
    assert not COMPARED.search(host.raw.decode())
