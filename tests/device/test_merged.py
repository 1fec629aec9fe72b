"""A clip with its timing diagram: what is drawn once, what moves, and what becomes of times, rows and disks."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from device.arrays import ByteImage
from device.cli import main
from device.commands.marking import GROUND, OF_TIER, WHITE
from device.commands.merged.columns import peaks, relevant, span_of
from device.commands.merged.diagram import LEFT, RIGHT, Diagram
from device.commands.merged.layout import HEIGHT, WIDTH, Area, layout_for
from device.commands.merged.making import Merged
from device.commands.merged.noted import Notes, Seen
from device.commands.merged.panel import draw_form, draw_values
from device.contract.errors import ConfigError, RuntimeMissingError, SourceError, StorageError
from device.contract.labels import ACTION_UNITS, EMOTIONS, LOWER, Reason, Tier
from device.film import Film
from device.observation import Observation
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.landmarks import Face
from device.stages.personal import Personal
from device.stages.reader import Actions
from device.stages.tracker import Track
from tests.people import actions

BESIDE = Area(540, 0, 740, HEIGHT)
SHAPES = {"wide": (360, 640), "square": (480, 480), "old television": (480, 640), "tall": (1920, 1080)}
HAPPY = np.eye(len(EMOTIONS), dtype=np.float32)[EMOTIONS.index("happiness")]


def seen(
    at_s: float, aus: dict[str, float] | None = None, image: ByteImage | None = None, **fields: object
) -> Observation:
    """Somebody whose face shows that and happiness, in a picture of which nothing matters."""
    shown = np.zeros((48, 64, 3), np.uint8) if image is None else image
    frame = Frame(shown, 0, 0.0, media_s=at_s)
    found: dict[str, object] = {"ms": {}, "actions": actions(aus), "emotions": HAPPY, **fields}
    return Observation(frame, 1, (), **found)  # type: ignore[arg-type]


def unseen(at_s: float, *reasons: Reason) -> Observation:
    frame = Frame(np.zeros((48, 64, 3), np.uint8), 0, 0.0, media_s=at_s)
    return Observation(frame, 1, reasons or (Reason.TURNED_AWAY,), {})


@contextmanager
def noted(tmp_path: Path, *observations: Observation) -> Iterator[np.ndarray]:
    with Notes(tmp_path / "out.mp4") as notes:
        for one in observations:
            notes.take(one, 1.0)
        yield notes.rows()


def diagram_of(tmp_path: Path, *observations: Observation, at: int = 0) -> ByteImage:
    """The diagram with its line at the moment of one of the observations (720, 740, 3)."""
    with noted(tmp_path, *observations) as rows:
        canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        Diagram(rows, False, BESIDE).draw(canvas, Seen(rows[at]))
    return BESIDE.of(canvas)


def columns_in(image: ByteImage, colour: tuple[int, int, int]) -> np.ndarray:
    """Columns of the curves in which some pixel has a colour."""
    near = np.abs(image[:, 260:].astype(int) - colour).max(2) < 30
    return np.flatnonzero(near.any(0)) + 260


def test_only_the_line_and_the_values_move(tmp_path: Path) -> None:
    frames = [seen(at / 10, {"AU12": at / 10}) for at in range(40)]
    one, other = (diagram_of(tmp_path, *frames, at=at) for at in (10, 30))
    lines = [np.flatnonzero((image[300, 250:] == WHITE).all(axis=1)) + 250 for image in (one, other)]
    width = 740 - 268 - 18
    assert [line.mean() for line in lines] == pytest.approx([268 + width / 4, 268 + width * 3 / 4], abs=3)
    changed = np.flatnonzero((one != other).any(axis=(0, 2)))
    curves = changed[changed >= 260]
    assert {*curves.tolist()} <= {int(x) + more for line in lines for x in line for more in range(-6, 8)}
    assert len(changed) > len(curves), "values and bright names beside them"


def test_the_rows_are_in_the_order_of_what_showed_and_how_surely(tmp_path: Path) -> None:
    sure, unsure = (
        next(unit for unit in ACTION_UNITS if unit.tier is level) for level in (Tier.REPORTED, Tier.EXPERIMENTAL)
    )
    frames = [seen(at / 10, {unsure.key: 3.0, sure.key: 2.5, "AU12": 4.5}) for at in range(10)]
    with noted(tmp_path, *frames) as rows:
        found = relevant(rows, span_of(rows["time"], False, 100))
    assert [ACTION_UNITS[row.number].key for row in found.moved] == ["AU12", sure.key, unsure.key]
    assert len(found.moved) + len(found.still) == len(ACTION_UNITS) and not found.never


def test_a_peak_that_is_narrower_than_a_pixel_is_seen(tmp_path: Path) -> None:
    times = np.arange(0, 3000, 0.1)
    values = np.zeros((len(times), 1), np.float32)
    values[12345] = 5.0
    found = peaks(span_of(times, False, 400), values)[:, 0]
    assert np.flatnonzero(found == 5.0).tolist() == [int(1234.5 / 3000 * 400)] and not np.isnan(found).any()


def test_what_was_not_measured_is_hatched_and_has_no_value(tmp_path: Path) -> None:
    frames = [seen(at / 10, {"AU12": 4.0}) if not 10 <= at < 20 else unseen(at / 10) for at in range(40)]
    drawn = diagram_of(tmp_path, *frames)
    columns = columns_in(drawn, OF_TIER[Tier.REPORTED])
    begin, end = 268 + 454 * 0.25, 268 + 454 * 0.5
    assert not ((columns > begin + 3) & (columns < end - 3)).any()
    within = drawn[60:500, int(begin) + 5 : int(end) - 5]
    assert len(np.unique(within.reshape(-1, 3), axis=0)) >= 2 and (within.max() - within.min()) > 40, "strokes"


def test_nothing_is_drawn_through_a_gap(tmp_path: Path) -> None:
    frames = [seen(at, {"AU12": 4.0}) for at in (0.0, 0.1, 0.2, 5.0, 5.1, 5.2)]
    columns = columns_in(diagram_of(tmp_path, *frames), OF_TIER[Tier.REPORTED])
    middle = 268 + 454 // 2
    assert not ((columns > middle - 100) & (columns < middle + 100)).any()


def test_both_sides_are_drawn_where_they_differ_and_only_there(tmp_path: Path) -> None:
    def smile(at: int) -> Actions:
        apart = {"left": {"AU12": 1.0}, "right": {"AU12": 4.0}} if at >= 20 else {}
        return actions({"AU12": 4.0}, **apart)

    drawn = diagram_of(tmp_path, *(seen(at / 10, actions=smile(at)) for at in range(40)))
    for colour in (LEFT, RIGHT):
        columns = columns_in(drawn[:600], colour)
        assert len(columns) > 100 and columns.min() > 268 + 454 * 0.45


def test_a_clip_in_which_nothing_was_measured_has_a_diagram_that_says_so(tmp_path: Path) -> None:
    drawn = diagram_of(tmp_path, *(unseen(at / 10, Reason.NO_FACE) for at in range(30)))
    assert not len(columns_in(drawn[:600], OF_TIER[Tier.REPORTED]))


def test_of_one_frame_there_is_a_diagram_too(tmp_path: Path) -> None:
    assert len(columns_in(diagram_of(tmp_path, seen(0.0, {"AU12": 4.0})), OF_TIER[Tier.REPORTED])) > 400


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_everything_has_its_room_whatever_the_shape_of_the_clip(shape: tuple[int, int], tmp_path: Path) -> None:
    layout = layout_for(shape)
    taken = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    for area in (layout.picture, layout.panel.area, layout.diagram):
        area.of(taken)[:] += 1
    assert taken.max() == 1 and taken.mean() > 0.95
    shown, _ = layout.place(shape)
    assert shown.width / shown.height == pytest.approx(shape[1] / shape[0], rel=0.01)
    assert shown.width * shown.height > 0.17 * WIDTH * HEIGHT
    assert layout.diagram.width >= 660 and layout.diagram.height >= 350


OWN = Personal(9.84, 20, ("AU10", "AU12", "AU14", "AU15", "AU16", "AU17"), "own-1.0.0")
WATCHED = {"personal": 0.1}


def test_own_movement_has_a_row_and_words_where_it_was_watched(tmp_path: Path) -> None:
    near = replace(OWN, distance=4.0, movement=2, units=("AU12", "AU6"))
    watched = [seen(0.0, {"AU12": 4.0}, ms=WATCHED), seen(1.0, {"AU12": 4.0}, personal=near, ms=WATCHED)]
    plain, drawn = ([replace(one, ms=ms) for one in watched] for ms in ({}, WATCHED))
    marked = [(diagram_of(tmp_path, *shown) == OF_TIER[Tier.EXPERIMENTAL]).all(2).sum() for shown in (plain, drawn)]
    assert marked[1] > marked[0] + 3000
    with noted(tmp_path, *watched) as rows:
        nothing, said = Seen(rows[0]), Seen(rows[1])
    assert nothing.row["watched"] and nothing.personal is None
    assert said.personal == replace(near, units=("AU6", "AU12"), bundle="")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_panel_has_room_for_a_person_s_own_movement(
    shape: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, texts = layout_for(shape).panel, []
    monkeypatch.setattr("device.commands.merged.panel.write", lambda *drawn: texts.append(drawn[3]))
    with noted(tmp_path, seen(0.0, personal=OWN, ms=WATCHED)) as rows:
        draw_values(np.zeros((HEIGHT, WIDTH, 3), np.uint8), panel, Seen(rows[0]), "")
    assert "Own movement  9.8 times usual, near 20" in texts


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_full_panel_fits(shape: tuple[int, int], tmp_path: Path) -> None:
    panel = layout_for(shape).panel
    everything = {"happily_disgusted": 0.9, "disgustedly_surprised": 0.8}
    observation = seen(
        0.0, {"AU12": 5.0}, expressions=everything, hidden=(LOWER,), disagree=True, personal=OWN, ms=WATCHED
    )
    canvas = np.full((HEIGHT, WIDTH, 3), GROUND, np.uint8)
    with noted(tmp_path, observation) as rows:
        draw_form(canvas, panel)
        draw_values(canvas, panel, Seen(rows[0]), "a very long name of a picture, as cameras and people give.jpeg" * 2)
    place = panel.area.of(canvas)
    assert (place[-3:] == GROUND).all() and (place[:, -8:] == GROUND).all(), "nothing is cut off"
    outside = canvas.copy()
    panel.area.of(outside)[:] = GROUND
    assert (outside == GROUND).all()


def test_what_is_noted_does_not_grow_with_the_picture_and_is_seen_by_nobody(tmp_path: Path) -> None:
    sizes = []
    for side in (64, 1024):
        points = np.random.default_rng(0).uniform(0, side, (478, 3)).astype(np.float32)
        track = Track(1, 0.0, 0.0, Face(points, 1.0, Box(0, 0, side, side)))
        image = np.zeros((side, side, 3), np.uint8)
        with Notes(tmp_path / "out.mp4") as notes:
            notes.take(seen(0.0, image=image, track=track), 0.5)
            rows = notes.rows()
            sizes.append(rows.nbytes)
            assert Seen(rows[0]).points == pytest.approx(points[:, :2] / 2, abs=0.13)
            assert list(tmp_path.iterdir()) == []
    assert sizes[0] == sizes[1] < 3000


def clip(path: Path, times: list[float]) -> Path:
    with Film(path, (64, 48), 10.0) as film:
        for index, at_s in enumerate(times):
            film.write(np.full((48, 64, 3), 40 * index, np.uint8), at_s)
    return path


def merge(tmp_path: Path, times: list[float]) -> Path:
    recording = clip(tmp_path / "clip.mp4", times)
    with Merged(recording, Settings(), tmp_path / "out.mp4", 10.0) as merged:
        for at_s in times:
            merged.take(seen(at_s, {"AU12": 2.0}))
        assert merged.make() == len(times)
    return tmp_path / "out.mp4"


def test_the_film_keeps_the_times_and_the_pictures_of_the_clip(tmp_path: Path) -> None:
    times = [0.0, 0.014, 0.1, 0.5, 0.6]  # the first two as in a telephone's .mov
    with av.open(str(merge(tmp_path, times))) as film:
        frames = [(float(one.time), one.to_ndarray(format="gray")) for one in film.decode(video=0)]
    assert [at_s for at_s, _ in frames] == pytest.approx(times, abs=1e-4)
    assert [round(float(one[100:300, 100:400].mean()) / 40) for _, one in frames] == [0, 1, 2, 3, 4]
    assert frames[0][1].shape == (HEIGHT, WIDTH)
    assert (tmp_path / "out.mp4").stat().st_mode & 0o777 == 0o600


def test_stills_stand_for_a_second_each_and_nothing_is_between_them(tmp_path: Path) -> None:
    values = np.array([[0.0], [4.0]], np.float32)
    assert peaks(span_of(np.array([0.0, 1.0]), True, 10), values)[:, 0].tolist() == [0.0] * 5 + [4.0] * 5


def test_a_clip_that_changes_while_it_is_drawn_upon_leaves_nothing(tmp_path: Path) -> None:
    recording = clip(tmp_path / "clip.mp4", [0.0, 0.1])
    with Merged(recording, Settings(), tmp_path / "out.mp4", 10.0) as merged:
        for index in range(3):
            merged.take(seen(index / 10))
        with pytest.raises(SourceError, match="was changed while it was drawn upon"):
            merged.make()
    assert list(tmp_path.iterdir()) == [recording]


def test_a_disk_that_fills_while_a_clip_is_watched_leaves_nothing(tmp_path: Path) -> None:
    recording = clip(tmp_path / "clip.mp4", [0.0, 0.1])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (
        pytest.raises(StorageError, match=r"What was seen cannot be noted beside .*out\.mp4"),
        Merged(recording, Settings(), tmp_path / "out.mp4", 10.0) as merged,
    ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        try:
            for index in range(10):
                merged.take(seen(index / 10))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == [recording]


def test_without_the_library_nothing_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = clip(tmp_path / "clip.mp4", [0.0])
    monkeypatch.setitem(sys.modules, "av", None)
    code = main(["replay", str(recording), "--overlay", str(tmp_path / "out.mp4")])
    assert code == RuntimeMissingError.exit_code
    assert "pip install 'affectbox[video]'" in capsys.readouterr().err


def test_a_video_is_annotated_beside_its_rows(
    tmp_path: Path, portrait: ByteImage, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "clip.mp4"
    with Film(recording, (512, 512), 10.0) as film:
        for index in range(3):
            film.write(portrait, index / 10)
    out, rows = tmp_path / "out.mp4", tmp_path / "rows.csv"
    assert main(["au", "--video", str(recording), "--annotate", str(out), "--csv", str(rows)]) == 0
    assert len(rows.read_text().splitlines()) == 4
    with av.open(str(out)) as film_again:
        assert len([*film_again.decode(video=0)]) == 3
    assert f"3 pictures drawn in {out}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--video", "clip.mp4", "--annotate", "out.mov"], "give --annotate out.mp4"),
        (["--video", "clip.mp4", "--annotate", "clip.mp4"], "clip.mp4 is read or written too"),
        (["--video", "clip.mp4", "--annotate", "rows.mp4", "--csv", "rows.mp4"], "rows.mp4 is read or written too"),
        (["--image", "clip.mp4", "--annotate", "out.mp4"], "replay --overlay"),
    ],
)
def test_what_cannot_be_annotated_is_told(
    tmp_path: Path, words: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = clip(tmp_path / "clip.mp4", [0.0])
    monkeypatch.chdir(tmp_path)
    before = recording.read_bytes()
    assert main(["au", *words]) == ConfigError.exit_code
    assert says in capsys.readouterr().err
    assert recording.read_bytes() == before and list(tmp_path.iterdir()) == [recording]
