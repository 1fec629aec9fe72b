"""The analysis of recordings whose course is known, and the report that shows it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.analysis import Analysis, analyse, to_json
from cloud.cli import main
from cloud.episodes import LIMITS, Episode, learn
from cloud.recording import durations_of, read_last_boot
from device.contract.errors import StorageError
from device.contract.record import Json, encode

RATE = 25
Fields = Callable[[float], Json]


def recording(seconds: float, fields: Fields) -> list[Json]:
    """Records at 25 a second, each with what `fields` says of its time; gated without."""
    return [_record(number, fields(number / RATE)) for number in range(round(seconds * RATE))]


def _record(number: int, fields: Json) -> Json:
    found: Json = {"v": 1, "device": "tester", "boot": "one", "seq": number + 1, "status": "measured"}
    found |= {"time": {"mono": number / RATE, "wall": 0, "trusted": False}, "frame": {"index": number}}
    return found | (fields or {"status": "gated", "reasons": ["no_face"]})


def bump(t: float, begin: float, end: float, height: float = 4.0, rest: float = 0.0) -> float:
    """Rises within 0.2 s from rest, stays, falls within 0.2 s."""
    share = np.clip(min(t - begin, end - t) / 0.2, 0, 1)
    return float(rest + (height - rest) * share)


def of(analysis: Analysis, key: str) -> list[Episode]:
    return [episode for episode in analysis.episodes if episode.key == key]


def smiles(t: float) -> Json:
    """Two smiles with a happy look, brows within the second, a sad look after it; nobody there from 12 to 13 s."""
    if 12 <= t < 13:
        return {}
    smile = max(bump(t, 2, 4, rest=0.3), bump(t, 7, 9, 3.0, rest=0.3))
    aus = {"AU12": smile, "AU1": bump(t, 7.5, 8.5), "AU10": 0.2}
    expressions = {"happy": smile / 5} if smile > 1 else {}
    expressions |= {"sad": bump(t, 9.5, 11, 0.9)} if 9.5 < t < 11 else {"peaceful": 1.0} if smile < 1 else {}
    eyes = {"eyes": {"blink": 0.2}} if t in (5.0, 6.0) else {"eyes": {"open": 1.0}}
    return {"aus": aus, "expressions": expressions, "pain": bump(t, 9.5, 11, 6.0, rest=0.5), **eyes}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(recording(14, smiles))


def test_episodes_have_the_onset_apex_and_offset_that_they_had(analysis: Analysis) -> None:
    first, second = of(analysis, "AU12")
    for episode, begin, end, apex in ((first, 2, 4, 4.0), (second, 7, 9, 3.0)):
        assert begin <= episode.onset_s <= begin + 0.1
        assert begin + 0.2 <= episode.apex_s <= end - 0.2
        assert end - 0.1 <= episode.offset_s <= end
        assert episode.apex == apex
        assert not (episode.cut_start or episode.cut_end)
        assert (episode.tier, episode.expression) == ("reported", "happy")
    assert of(analysis, "AU10") == []
    assert [episode.onset_s for episode in analysis.episodes] == sorted(e.onset_s for e in analysis.episodes)


def test_expressions_share_the_measured_time(analysis: Analysis) -> None:
    shares = {one.name: one.strongest for one in analysis.dominance}
    assert list(shares) == ["peaceful", "happy", "sad"]
    assert sum(shares.values()) == pytest.approx(1, abs=0.03)
    assert shares["happy"] == pytest.approx(4 / 13, abs=0.03)
    assert analysis.at_rest == pytest.approx(9 / 13, abs=0.03)
    assert (analysis.measured_s, analysis.not_measured_s) == (pytest.approx(13), pytest.approx(1))


def test_what_overlaps_is_paired_within_its_kind(analysis: Analysis) -> None:
    (pair,) = analysis.pairs
    assert {pair.first, pair.second} == {"AU12", "AU1"}
    assert pair.together_s == pytest.approx(1, abs=0.15)
    assert pair.jaccard == pytest.approx(0.25, abs=0.04)


def test_what_follows_is_counted(analysis: Analysis) -> None:
    found = {(s.first, s.second): s.count for s in analysis.successions}
    assert found == {("happy", "sad"): 1}


def test_blinks_and_pain_are_summed_up(analysis: Analysis) -> None:
    assert analysis.blinks is not None
    assert (analysis.blinks.count, analysis.blinks.mean_s) == (2, pytest.approx(0.2))
    assert analysis.blinks.per_minute == pytest.approx(2 * 60 / 13, rel=0.01)
    assert analysis.pain is not None
    assert (analysis.pain.greatest, analysis.pain.tier) == (6.0, "experimental")
    assert 9.7 <= analysis.pain.greatest_s <= 10.8
    assert len(of(analysis, "pain")) == 1


@pytest.mark.parametrize("kind", ["gated", "missing"])
def test_an_episode_ends_where_measuring_ends_and_is_marked_as_cut(kind: str) -> None:
    records = recording(8, lambda t: {} if 3 <= t < 4 else {"aus": {"AU12": bump(t, 2, 5)}})
    if kind == "missing":
        records = [record for record in records if record["status"] == "measured"]
    before, after = of(analyse(records), "AU12")
    assert (before.cut_start, before.cut_end) == (False, True)
    assert (after.cut_start, after.cut_end) == (True, False)
    assert before.offset_s < 3
    assert after.onset_s == 4


def test_neither_a_flicker_nor_noise_is_an_episode() -> None:
    noise = np.random.default_rng(7).normal(0.6, 0.08, 1000)
    records = recording(40, lambda t: {"aus": {"AU4": float(noise[round(t * RATE)]), "AU12": 4.0 * (t == 5.0)}})
    assert analyse(records).episodes == []


def test_noise_at_the_threshold_does_not_cut_an_episode_in_pieces() -> None:
    noise = np.random.default_rng(7).normal(0, 0.15, 1000)
    found = analyse(recording(20, lambda t: {"aus": {"AU4": max(0, bump(t, 8, 12, 1.4) + noise[round(t * RATE)])}}))
    assert len(found.episodes) == 1


def test_the_threshold_follows_the_resting_level_of_the_recording() -> None:
    rest = np.random.default_rng(7).normal(0.7, 0.1, 700)
    moving = np.full(300, 4.0)
    found = learn(np.concatenate([rest, moving]), LIMITS["aus"])
    assert found.rest == pytest.approx(0.7, abs=0.1)
    assert 1.0 < found.on < 1.6
    assert found.rest < found.off < found.on
    assert found.found_rest


def test_a_smile_that_lasts_never_becomes_the_neutral_face() -> None:
    found = analyse(recording(10, lambda t: {"aus": {"AU12": bump(t, 0.5, 9.5)}}))
    assert not found.thresholds["AU12"].found_rest
    (smile,) = found.episodes
    assert smile.offset_s - smile.onset_s > 8.5


def test_a_gap_lasts_for_nobody() -> None:
    assert durations_of(np.array([0.0, 0.1, 0.2, 9.0])) == pytest.approx([0.1, 0.1, 0.5, 0.1])


@pytest.mark.parametrize("fields", [{}, {"emotions": {"neutral": 1}}, {"aus": {"AU12": 1.0}}])
def test_a_recording_with_little_in_it_is_analysed_too(fields: Json) -> None:
    for seconds in (1 / RATE, 1):
        found = analyse(recording(seconds, lambda t: dict(fields)))
        assert (found.dominance, found.pain, found.blinks) == ([], None, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "session.jsonl"
    records = recording(14, smiles)
    for record in records:
        if not record.get("expressions", True):
            del record["expressions"]
    path.write_bytes(b"\n".join(encode(record) for record in records))
    assert len(read_last_boot(path)) == 350
    return path


def test_the_report_says_what_happened_and_how_reliable_it_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(path)]) == 0
    printed = capsys.readouterr().out
    for words in (
        "AU12 Lip Corner Puller",
        "low-confidence",
        "Dominant     peaceful",
        "Blinks       2",
        "Pain (PSPI)",
    ):
        assert words in printed
    assert "not evidence beside them" in printed
    assert "AU10" not in printed


def test_the_report_says_where_no_rest_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "smile.jsonl"
    records = recording(10, lambda t: {"aus": {"AU12": bump(t, 0.5, 9.5), "AU4": 0.1}})
    path.write_bytes(b"\n".join(encode(record) for record in records))
    assert main(["report", str(path)]) == 0
    assert "No rest seen AU12:" in capsys.readouterr().out


def test_the_analysis_is_given_to_machines(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], analysis: Analysis
) -> None:
    assert main(["report", str(path), "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    out, table = tmp_path / "a.json", tmp_path / "e.csv"
    assert main(["report", str(path), "--json", str(out), "--csv", str(table)]) == 0
    assert json.loads(out.read_text()) == printed
    assert printed["episodes"] == to_json(analysis)["episodes"]
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["key"], float(row["onset_s"])) for row in rows] == [
        (episode["key"], episode["onset_s"]) for episode in printed["episodes"]
    ]


def test_the_diagram_is_drawn(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "timing.svg"
    assert main(["report", str(path), "--picture", str(out)]) == 0
    assert out.stat().st_size > 10_000


@pytest.mark.parametrize("option", ["--picture", "--json", "--csv"])
def test_what_cannot_be_written_is_an_error(
    option: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["report", str(path), option, str(tmp_path / "no" / "such" / "folder.svg")])
    assert code == StorageError.exit_code
    assert "cannot be written" in capsys.readouterr().err
