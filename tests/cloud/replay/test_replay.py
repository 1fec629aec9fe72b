"""`affectbox-cloud replay`: which part is shown, what stands in a picture, and a film that is whole or not there."""

import io
import json
import resource
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from cloud.analysis.episodes import Episode
from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.erasing import known
from cloud.face.track import State
from cloud.reading.table import Table
from cloud.replay.columns import peaks
from cloud.replay.diagram import WIDTH as PLOT
from cloud.replay.making import Replay, make, prepared
from cloud.replay.painting import Painters
from cloud.replay.part import Part, part_of, seconds_of
from cloud.replay.picture import FACE, HEIGHT, WIDTH, Picture
from cloud.reports.source import read_file
from device.contract.errors import ConfigError, DataError, StorageError
from tests.cloud.reported import EMPTY, SHORT, one_sided, session_lines

AT_SMILE, AT_NOBODY, STIMULUS = 39.4, 72.0, 56.5  # of the simulated session
BLANK = np.full((FACE, FACE, 3), 200, np.uint8)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    (folder / "short.jsonl").write_bytes(session_lines(SHORT))
    (folder / "one-sided.jsonl").write_bytes(session_lines(SHORT, one_sided))
    (folder / "empty.jsonl").write_bytes(session_lines(EMPTY))
    return folder


def table_of(path: Path) -> Table:
    return read_file(path).of(0)


def replay_of(path: Path, begin: str | None = None, end: str | None = None) -> Replay:
    table = table_of(path)
    analysis = analyse(table)
    lasted_s = float(table.time[-1] + table.durations[-1])
    return prepared(table, analysis, part_of(lasted_s, analysis.episodes, begin, end, None), 10.0)


@pytest.fixture(scope="module")
def whole(recordings: Path) -> Replay:
    return replay_of(recordings / "short.jsonl")


def shown(replay: Replay, at_s: float) -> Picture:
    return replay.form.picture(at_s, replay.track.at(at_s, between=True), BLANK)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written on pictures from now on."""
    texts: list[str] = []
    monkeypatch.setattr("cloud.replay.picture.write", lambda *drawn, **_: texts.append(drawn[3]))
    return texts


@pytest.mark.parametrize(
    ("text", "seconds"), [("12:30", 750), ("0:02.5", 2.5), ("1:02:03", 3723), ("90", 90), (" 75.5 ", 75.5)]
)
def test_moments_are_written_as_people_do(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:99", "-3", "1:2:3:4", "0:05x", "١:٣٠"])
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="is no moment of a session"):
        seconds_of(text)


def episode(key: str, onset_s: float, apex: float) -> Episode:
    return Episode("aus", key, "reported", onset_s, onset_s + 1, onset_s + 2, apex, apex, False, False, 0, 1)


EPISODES = [episode("AU12", 1.0, 2.0), episode("AU4", 20.0, 3.0), episode("AU12", 58.5, 4.0)]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ((None, None, None), Part(0.0, 60.0)),
        (("0:10", None, None), Part(10.0, 60.0, "0:10–1:00")),
        ((None, "9:00", None), Part(0.0, 60.0, "0:00–1:00")),
        ((None, None, "AU12"), Part(56.5, 60.0, "episode of AU12, the strongest of 2")),
        ((None, None, "au12:1"), Part(0.0, 5.0, "episode of AU12, 1 of 2")),
    ],
)
def test_a_part_is_what_is_asked_for_and_there(asked: tuple[str | None, ...], part: Part) -> None:
    assert part_of(60.0, EPISODES, *asked) == part


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("1:00", None, None), "lasts 1:00: let --from be before that"),
        (("0:20", "0:10", None), "let --to come after --from"),
        ((None, "0:00", None), "let --to come after --from"),
        ((None, None, "AU9"), "no episode of AU9 in this session; there are of: AU12, AU4"),
        ((None, None, "AU12:3"), "Of AU12 there are 2, at 0:01, 0:58: none has number 3"),
        ((None, None, "AU12:0"), "none has number 0"),
        ((None, None, "12?"), "names no episode"),
        (("0:10", None, "AU12"), "give --episode, or --from and --to"),
    ],
)
def test_what_is_no_part_is_told_with_what_is(asked: tuple[str | None, ...], says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")):
        part_of(60.0, EPISODES, *asked)


def test_nothing_that_is_brief_is_lost_and_nothing_stands_in_a_gap() -> None:
    times = np.concatenate([np.arange(0, 100, 0.1), np.arange(200, 300, 0.1)])
    values = np.zeros(len(times))
    values[333] = 5.0
    found = peaks(times, times + 0.1, values, np.linspace(0, 300, 61))
    assert np.flatnonzero(found == 5.0).tolist() == [6]
    assert np.isnan(found[20:40]).all() and not np.isnan(found[:20]).any()


def test_only_the_line_the_clock_and_the_values_move(whole: Replay) -> None:
    one, other = shown(whole, 20.0), shown(whole, 30.0)
    plot = slice(WIDTH - PLOT - 16, WIDTH - 16)
    columns = np.flatnonzero((one != other)[76:, plot].any(axis=(0, 2))).tolist()
    assert len(columns) == 4, "a line of two pixels, there and here"
    assert min(columns) == pytest.approx(20 / 90 * PLOT, abs=2) and max(columns) == pytest.approx(
        30 / 90 * PLOT, abs=2
    )
    assert (one[:68] != other[:68]).any()


def test_a_smile_is_told_with_when_it_was(whole: Replay, said: list[str]) -> None:
    shown(whole, AT_SMILE)
    assert {"0:39.4", "phase: talk", "Measured", "Strongest expression: happiness"} <= set(said)
    assert [text for text in said if text.startswith("Friday 27 November 2026, ")]
    assert "3.0" in said


def test_of_what_was_not_measured_it_says_why_and_no_value(whole: Replay, said: list[str]) -> None:
    shown(whole, AT_NOBODY)
    assert "Not measured: nobody in view" in said and "Measured" not in said
    assert not [text for text in said if text.replace(".", "").isdecimal()], "no value"


def test_what_was_just_shown_is_told(whole: Replay, said: list[str]) -> None:
    shown(whole, STIMULUS)
    assert "phase: imagery,   shown: breathing" in said


def test_it_says_that_the_face_is_nobodys(recordings: Path, said: list[str]) -> None:
    replay_of(recordings / "short.jsonl", "0:10", "0:20")
    assert "This face is nobody's: a standardized head moves" in said
    assert "sim-room-1, 0:10–0:20" in said


def test_both_sides_are_lines_where_they_differ(recordings: Path, whole: Replay) -> None:
    def has_yellow(picture: Picture) -> int:
        below_the_ribbon = picture[130:, WIDTH - PLOT - 16 :].astype(int)
        return int((np.abs(below_the_ribbon - (230, 159, 0)).max(2) < 40).sum())

    assert has_yellow(shown(whole, 5.0)) == 0
    assert has_yellow(shown(replay_of(recordings / "one-sided.jsonl"), 5.0)) > 100


def test_a_session_in_which_nothing_was_measured_is_hatched_all_over(recordings: Path, said: list[str]) -> None:
    replay = replay_of(recordings / "empty.jsonl")
    picture = shown(replay, 5.0)
    assert {"No action unit was measured.", "Not measured: too dark"} <= set(said)
    rows = picture[150:600, WIDTH - PLOT - 10 : WIDTH - 20]
    assert (rows != 255).any(axis=2).mean() > 0.9


@pytest.mark.parametrize("at_s", [0.0, 89.95])
def test_the_ends_of_a_session_have_pictures(whole: Replay, at_s: float) -> None:
    assert shown(whole, at_s).shape == (HEIGHT, WIDTH, 3)


def ran(*words: object) -> int:
    return main(["replay", *map(str, words)])


def test_a_film_is_made_for_its_owners_eyes_and_noted(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "film.mp4"
    assert ran(recordings / "short.jsonl", "--video", out, "--from", "1:12", "--to", "1:12.3") == 0
    with av.open(str(out)) as film:
        frames = [*film.decode(video=0)]
    assert [float(one.time) for one in frames] == pytest.approx([0.0, 0.1, 0.2], abs=1e-3)
    assert (frames[0].width, frames[0].height) == (WIDTH, HEIGHT)
    assert out.stat().st_mode & 0o777 == 0o600
    assert f"Film         {out}: 0 s, 1:12–1:12" in capsys.readouterr().out
    (noted,) = [one for one in known.written() if one.path == out]
    assert noted.patients == {"p-0007"} and noted.what == "video of the digital face"


def revoked(lines: bytes) -> bytes:
    documents = [json.loads(line) for line in lines.splitlines()]
    changed = [one | {"why": "revoked"} if one.get("event") == "ended" else one for one in documents]
    return b"\n".join(json.dumps(one).encode() for one in changed) + b"\n"


def test_of_a_revoked_session_there_is_no_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "revoked.jsonl"
    recording.write_bytes(revoked(session_lines(SHORT)))
    assert ran(recording, "--video", tmp_path / "film.mp4") == DataError.exit_code
    told = capsys.readouterr().err
    assert "The consent was revoked" in told and "--revoked" not in told
    assert list(tmp_path.iterdir()) == [recording]


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["short.jsonl", "--video", "film.avi"], ConfigError, "let it end in .mp4"),
        (["copy.mp4", "--video", "copy.mp4"], ConfigError, "would write over"),
        (["short.jsonl", "--video", "none/film.mp4"], StorageError, "there is no such folder"),
        (["short.jsonl", "--video", "f.mp4", "--rate", "0"], ConfigError, "--rate is how many"),
        (["short.jsonl", "--video", "f.mp4", "--rate", "nan"], ConfigError, "--rate is how many"),
        (["short.jsonl", "--video", "f.mp4", "--from", "2:00"], ConfigError, "The session lasts 1:30"),
        (["nothing.jsonl", "--video", "f.mp4"], DataError, "holds no record"),
        (["--video", "f.mp4"], ConfigError, "Name a file of records"),
    ],
)
def test_what_cannot_be_made_is_told_and_leaves_nothing(
    recordings: Path,
    tmp_path: Path,
    words: list[str],
    error: type[ConfigError],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = (recordings / "short.jsonl").read_bytes()
    for name, held in (("short.jsonl", data), ("copy.mp4", data), ("nothing.jsonl", b"")):
        (tmp_path / name).write_bytes(held)
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert ran(*words) == error.exit_code
    assert says in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.files
def test_pictures_come_in_their_order_from_several_processes() -> None:
    states = [State({"AU12_L": at / 10, "AU12_R": at / 10}) for at in range(10)]
    with Painters(96, 2) as painters:
        pictures = [*painters.paint([*states, *states[::-1]])]
    assert all((one == other).all() for one, other in zip(pictures, pictures[::-1], strict=True))
    assert all((one != other).any() for one, other in pairwise(pictures[:10]))


@pytest.mark.files
def test_a_disk_that_fills_leaves_no_film(recordings: Path, tmp_path: Path) -> None:
    replay = replay_of(recordings / "short.jsonl", "0:38", "0:41")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"film\.mp4 cannot be written"):
            make(replay, tmp_path / "film.mp4", io.StringIO(), 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.files
def test_a_long_film_says_how_long_it_takes_and_how_to_take_a_part(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.replay.making._WORTH_TELLING_S", 0.0)
    told = io.StringIO()
    assert make(replay_of(recordings / "short.jsonl", "1:11", "1:15"), tmp_path / "film.mp4", told, 1) == 40
    assert "4 s of film will take about" in told.getvalue() and "--from M:SS --to M:SS" in told.getvalue()


@pytest.mark.files
def test_the_film_shows_the_face_as_it_was_measured(recordings: Path, tmp_path: Path) -> None:
    """Around the mouth: a smile differs from rest; where nobody was in view all is pale."""

    def face_at(moment: str, until: str) -> np.ndarray:
        out = tmp_path / "film.mp4"
        make(replay_of(recordings / "short.jsonl", moment, until), out, io.StringIO(), 1)
        with av.open(str(out)) as film:
            return next(film.decode(video=0)).to_ndarray(format="rgb24")[69 : 69 + FACE, :FACE].astype(int)

    smile, rest, nobody = face_at("0:38", "0:38.1"), face_at("0:30", "0:30.1"), face_at("1:12", "1:12.1")
    mouth = slice(340, 420), slice(170, 310)
    assert np.abs(smile[mouth] - rest[mouth]).mean() > 4
    assert nobody.min() > 120 > rest.min()


@pytest.mark.files
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_finds_nothing_half_made_and_no_process(
    recordings: Path, tmp_path: Path, number: signal.Signals
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    words = ["replay", str(recordings / "short.jsonl"), "--video", str(films / "film.mp4")]
    program = subprocess.Popen([sys.executable, "-m", "cloud", *words], stderr=subprocess.PIPE, text=True)
    try:
        assert program.stderr is not None
        assert program.stderr.readline() == "900 pictures for 2 min of film\n", "it is at work"
        children = psutil.Process(program.pid).children()
        program.send_signal(number)
        assert program.wait(60) == 130
    finally:
        program.kill()
        program.communicate()
    assert list(films.iterdir()) == []
    assert len(children) >= 2 and psutil.wait_procs(children, 10)[1] == []
