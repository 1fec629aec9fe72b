"""Calibrating: who relaxes is calibrated; who does not is told what to do, and then why it failed."""

import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from device.arrays import ByteImage
from device.cli import main
from device.commands.calibrate import INSTRUCTION, RelaxedFace, guide
from device.contract.errors import ConfigError, DataError, SourceError, StorageError
from device.contract.labels import ACTION_UNITS, LOWER, Reason
from device.contract.record import Json
from device.models import Models
from device.neutrals import NeutralStore
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import NeutralSettings, Settings
from device.stages.calm import Measured
from device.stages.frame import Frame
from device.stages.neutral import Neutral, relative
from device.stages.pose import Pose
from tests.people import ANATOMY, BROW, blinking, covered, doing, measured, relaxed, talking
from tests.recordings import records_in

FPS = 25
Person = Callable[[float], Measured | None]


def seen(person: Person, seconds: float) -> Iterator[Observation]:
    for index in range(round(seconds * FPS)):
        frame = Frame(np.zeros((1, 1, 3), np.uint8), index, 0.0, media_s=index / FPS)
        measured = person(index / FPS)
        reasons = () if measured else (Reason.NO_FACE,)
        yield Observation(frame, int(measured is not None), reasons, {}, measured=measured)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def guided(person: Person, seconds: float, asked_s: float = 5.0) -> tuple[RelaxedFace, str]:
    """The face, and what a terminal has said: the instruction, and a line for each hint that is new."""
    out = Terminal()
    face = guide(seen(person, seconds), asked_s, out)
    instruction, *lines = out.getvalue().replace("\r\x1b[K", "").split("\n")[0], *out.getvalue().split("\r\x1b[K")[1:]
    return face, "\n".join([instruction, *(hint for hint, _ in groupby(line.partition("  ")[2] for line in lines))])


def shown(face: RelaxedFace) -> dict[str, float]:
    """What the face at rest shows that is more than noise."""
    return {key: value for key, value in face.actions().known().items() if value > 0.1}


def test_a_relaxed_face_is_enough_after_what_was_asked_for_and_half_a_second_to_settle() -> None:
    assert not guided(relaxed, 5.4)[0].enough
    face, said = guided(relaxed, 5.7)
    assert face.enough
    assert shown(face) == pytest.approx(ANATOMY, abs=0.03)
    assert said.splitlines()[0] == INSTRUCTION


def test_blinks_only_make_it_longer() -> None:
    face, said = guided(blinking(2.5), 30)
    assert shown(face) == pytest.approx(ANATOMY, abs=0.03)
    assert said.count("keep the eyes open") == 1, "once, at the start, when they are shut"


def restless(time_s: float) -> Measured | None:
    """Whom the camera sees a little differently in every frame."""
    number = round(time_s * FPS)
    if number % 3 == 0:
        return measured(time_s, {"AU25": 3.0})
    return measured(time_s, pose=Pose(20.0, 0.0, 0.0)) if number % 3 == 1 else relaxed(time_s)


def hardly_seen(time_s: float) -> Measured | None:
    return relaxed(time_s) if int(time_s * 5) % 2 else None


@pytest.mark.parametrize("person", [restless, talking, blinking(1.0), hardly_seen])
def test_advice_can_be_followed_for_it_stays_for_a_second(person: Person) -> None:
    said = guided(person, 20)[1].splitlines()[1:]
    assert 1 <= len(said) <= 20, "at most once a second"


def test_advice_is_given_at_once_and_changes_when_it_is_followed() -> None:
    said = guided(lambda t: measured(t, {"AU12": 4.0}) if t < 3 else relaxed(t), 6)[1]
    assert said.splitlines()[1].endswith("let go of the smile")
    assert said.index("let go of the smile") < said.index("good, hold still")


def test_weak_action_units_are_taken_for_anatomy() -> None:
    face, _ = guided(doing(**{BROW: 1.5}), 30)
    assert face.enough
    assert face.actions().of(BROW) == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize(
    ("person", "seconds", "hint", "why"),
    [
        (doing(AU12=4.0), 40, "let go of the smile", "the person smiles"),
        (talking, 40, "do not talk", "the mouth is open or moves"),
        (lambda t: measured(t, pose=Pose(25.0, 0.0, 0.0)), 40, "look at the camera", "turned away"),
        (lambda t: measured(t, pose=Pose(12 * np.sin(5 * t), 0.0, 0.0)), 40, "hold still", "too much movement"),
        (covered(LOWER), 40, "uncover the face", "a part of the face is hidden"),
        (doing(**{BROW: 4.0}), 40, "relax brows and mouth", "the face is not relaxed"),
        (lambda t: None, 40, "sit where the camera sees", "no face can be measured"),
        (relaxed, 3, "good, hold still", "there are too few frames"),
    ],
)
def test_who_does_not_is_told_what_to_do_and_then_why_it_failed(
    person: Person, seconds: float, hint: str, why: str
) -> None:
    face, said = guided(person, seconds)
    assert hint in said
    with pytest.raises(DataError, match=f"nothing was stored: .*{why}"):
        face.actions()


def test_it_is_given_up_after_half_a_minute() -> None:
    frames = seen(doing(AU12=4.0), 100)
    guide(frames, 5.0, io.StringIO())
    assert next(frames).frame.time_s == pytest.approx(30, abs=0.1)


def test_a_second_person_takes_nothing_from_the_first() -> None:
    face, _ = guided(lambda t: measured(t, {BROW: 1.5}) if t < 4 else measured(t, track=2), 12)
    assert shown(face) == pytest.approx(ANATOMY, abs=0.03)


def test_a_terminal_has_one_line_that_is_rewritten() -> None:
    out = Terminal()
    guide(seen(relaxed, 6), 5.0, out)
    assert out.getvalue().count("\n") == 2
    assert out.getvalue().endswith("\r\x1b[K5.0 of 5 s  good, hold still\n")


@pytest.mark.parametrize("person", [doing(AU12=4.0), talking, lambda t: measured(t, pose=Pose(25.0, 0.0, 0.0))])
def test_where_lines_are_kept_nothing_is_told_of_the_person(person: Person) -> None:
    out = io.StringIO()
    face = guide(seen(lambda t: relaxed(t) if 3 < t < 5 else person(t), 40), 5.0, out)
    lines = out.getvalue().splitlines()[1:]
    assert {line.partition("  ")[2] for line in lines} == {"good", "not yet"}
    with pytest.raises(DataError, match="in a terminal you are told why"):
        face.actions(private=False)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["--source", "none.mp4"], ConfigError, "give --patient"),
        (["--source", "none.mp4", "--patient", "Jane Doe"], ConfigError, "looks like a name"),
        (["--source", "none.mp4", "--patient", "p-01", "--seconds", "0"], ConfigError, "--seconds"),
        (["--source", "none.mp4", "--patient", "p-01", "--seconds", "nan"], ConfigError, "--seconds"),
        (["--source", "none.mp4", "--patient", "p-01"], SourceError, "does not exist"),
        (
            ["--source", "none.mp4", "--patient", "p-01", "--set", "neutral.folder=/proc/x"],
            StorageError,
            "neutral.folder",
        ),
    ],
)
def test_wrong_use_is_one_sentence(
    capfd: pytest.CaptureFixture[str], arguments: list[str], error: type[ConfigError], sentence: str
) -> None:
    assert main(["calibrate", *arguments]) == error.exit_code
    (line,) = capfd.readouterr().err.splitlines()
    assert sentence in line


@pytest.fixture(scope="module")
def calibrated(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `p-01` is calibrated, who relaxes as asked."""
    folder = tmp_path_factory.mktemp("neutrals")
    command = ["calibrate", "--source", str(clip), "--patient", "p-01", "--seconds", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("device.commands.calibrate.Watch", lambda source, settings: nullcontext(seen(relaxed, 10)))
        assert main([*command, "--set", f'neutral.folder="{folder}"']) == 0
    return folder


def recorded(clip: Path, out: Path, folder: Path, person: str) -> list[Json]:
    settings = [f"jsonl:{out}", "--set", f'neutral.folder="{folder}"', "--set", f'session.patient="{person}"']
    assert main(["run", "--source", str(clip), "--max-frames", "20", "--sink", *settings]) == 0
    return records_in(out)


def test_who_is_named_is_seen_relative_to_their_calibrated_face_and_records_say_so(
    clip: Path, calibrated: Path, tmp_path: Path
) -> None:
    records = recorded(clip, tmp_path / "records.jsonl", calibrated, "p-01")
    (made,) = NeutralStore(NeutralSettings(folder=str(calibrated))).history("p-01")
    assert made.estimator == records[0]["models"]["aus"]
    assert made.neutral().actions.of("AU12") == pytest.approx(ANATOMY["AU12"], abs=0.03)
    assert {record["neutral"] for record in records} == {made.version}


def test_the_pipeline_takes_the_face_at_rest_away(models: Models, portrait: ByteImage) -> None:
    """Where that helps; here everywhere."""
    everywhere = partial(relative, helped=np.ones(len(ACTION_UNITS), bool))
    frame = Frame(portrait, 0, 0.0)
    plain = Pipeline(models, Settings())(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("device.pipeline.relative", everywhere)
        seen = Pipeline(models, Settings(), Neutral(plain.actions, "calibrated:01234567"))(frame)
    assert seen.neutral == "calibrated:01234567"
    assert max(seen.actions.known().values()) == pytest.approx(0, abs=1e-5)
    assert seen.measured is not None
    assert seen.measured.actions.both == pytest.approx(plain.actions.both), "as it was read"


def test_nobody_elses_face_at_rest_is_used(clip: Path, calibrated: Path, tmp_path: Path) -> None:
    records = recorded(clip, tmp_path / "records.jsonl", calibrated, "p-02")
    assert {record["neutral"] for record in records} == {"none"}


def test_a_calibration_that_fails_leaves_nothing(
    clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "neutrals"
    command = ["calibrate", "--source", str(clip), "--patient", "p-01", "--seconds", "60"]
    assert main([*command, "--set", f'neutral.folder="{folder}"', "--set", "run.max_frames=80"]) == DataError.exit_code
    assert "nothing was stored" in capfd.readouterr().err
    assert not folder.exists()


def test_doctor_says_whether_the_named_person_is_calibrated(
    calibrated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person, finding in (("p-01", "ok       neutral"), ("p-02", "warning  neutral")):
        main(["doctor", "--set", f'neutral.folder="{calibrated}"', "--set", f'session.patient="{person}"'])
        assert finding in capsys.readouterr().out
