"""The analysis of recordings whose course is known, and the report that shows it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.analysis import whole as analysing
from cloud.analysis.episodes import LIMITS, Episode
from cloud.analysis.plain import clock
from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis, to_json
from cloud.cli import main
from cloud.reading.timeline import durations
from cloud.reports.summary import dominant, summary
from device.contract.errors import StorageError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, LOWER
from device.contract.record import Json, encode
from device.features.episodes import learn
from tests.recordings import table_of

RATE = 25
Fields = Callable[[float], Json]


def analyse(records: list[Json]) -> Analysis:
    return analysing.analyse(table_of(records))


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


def whole(**aus: float) -> Json:
    """All action units, 0 except those given."""
    return dict.fromkeys(ACTION_UNIT_KEYS, 0.0) | aus


def emotions(**given: float) -> Json:
    return dict.fromkeys(EMOTIONS, 0.0) | given


def written(path: Path, records: list[Json]) -> Path:
    path.write_bytes(b"\n".join(encode(record) for record in records))
    return path


def of(analysis: Analysis, key: str) -> list[Episode]:
    return [episode for episode in analysis.episodes if episode.key == key]


def smiles(t: float) -> Json:
    """Two smiles with a happy look, brows within the second, a sad look after it; nobody there from 12 to 13 s."""
    if 12 <= t < 13:
        return {}
    smile = max(bump(t, 2, 4, rest=0.3), bump(t, 7, 9, 3.0, rest=0.3))
    aus = whole(AU12=smile, AU1=bump(t, 7.5, 8.5), AU10=0.2)
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


def test_expressions_share_the_session_the_best_supported_first(analysis: Analysis) -> None:
    shares = {one.name: one.share for one in analysis.dominance}
    assert list(shares) == ["happy", "peaceful", "sad"]
    assert sum(shares.values()) == pytest.approx(13 / 14, abs=0.03)
    assert shares["happy"] == pytest.approx(4 / 14, abs=0.03)
    assert analysis.at_rest == pytest.approx(9 / 13, abs=0.03)
    session = analysis.session
    assert (session.measured_s, session.not_measured_s) == (pytest.approx(13), pytest.approx(1))


def test_time_without_records_was_not_measured() -> None:
    records = [record for record in recording(20, smiles) if not 2 <= record["time"]["mono"] < 10]
    session = analyse(records).session
    assert session.lasted_s == pytest.approx(20)
    assert session.not_measured_s == pytest.approx(20 - 11 - 0.5, abs=0.1)


def crying(t: float) -> Json:
    """Sad for 10 s, crying for most of it; a contradiction for 5 s; unsure for 1 s; away for 4 s."""
    if t < 10:
        looks = {"expressions": {"crying": 0.6, "threatened": 0.3}} if t < 8 else {}
        return {"aus": whole(AU4=3.0), "emotions": emotions(sadness=0.9), **looks}
    if t < 15:
        contradiction = {"expressions": {"happy": 0.7}, "disagree": True}
        return {"aus": whole(AU6=3.0, AU12=3.0), "emotions": emotions(anger=1.0), **contradiction}
    return {"aus": whole(), "emotions": emotions(neutral=0.4, sadness=0.4)} if t < 16 else {}


def test_the_leading_emotion_comes_with_the_expressions_that_agree() -> None:
    assert dominant(analyse(recording(20, crying))) == "sadness 50 % of the session (low-confidence: crying 40 %)"


def test_what_is_doubtful_is_said_to_be_and_what_is_hardly_there_is_left_out_beside_an_emotion() -> None:
    def fields(t: float) -> Json:
        looks = {"happy": 0.8} if t < 9.5 else {"peaceful": 0.8}
        return {"aus": whole(), "emotions": emotions(happiness=0.9), "expressions": looks}

    assert dominant(analyse(recording(10, fields))) == "happiness 100 % of the session (happy 95 %)"
    calm = {"aus": whole(), "emotions": emotions(neutral=0.9), "expressions": {"peaceful": 0.8}}
    assert dominant(analyse(recording(4, lambda t: calm))) == (
        "neutral 100 % of the session (low-confidence: peaceful 100 %)"
    )


def test_a_contradiction_counts_for_neither_side_and_is_told() -> None:
    found = analyse(recording(20, crying))
    assert {one.name for one in found.dominance} == {"sadness", "crying"}
    assert [e.key for e in found.episodes if e.kind == "expressions"] == ["crying"]
    lines = list(summary(found))
    assert any(line.startswith("Disagree     25 % of the session") for line in lines)
    assert "Otherwise    no clear emotion 5 %; not measured 20 %" in lines
    assert any("none recognised 15 % of the session" in line for line in lines)


@pytest.mark.parametrize("seconds", [1.9, 0.0])
def test_what_was_rare_is_not_called_dominant(seconds: float) -> None:
    def fields(t: float) -> Json:
        return {"emotions": emotions(**({"happiness": 0.9} if t < seconds else {"neutral": 0.4}))}

    said = dominant(analyse(recording(20, fields)))
    assert said.startswith("nothing stood out")
    assert "happiness" not in said


def test_the_better_supported_comes_before_the_more_frequent() -> None:
    found = analyse(recording(20, lambda t: {"emotions": emotions(**{"fear" if t < 12 else "sadness": 0.9})}))
    assert dominant(found) == "sadness 40 % of the session; low-confidence: fear 60 %"


def masked(t: float) -> Json:
    """A smile from 2 to 4 s and brows up from 2 to 8; the mouth is hidden from 5 to 10 s."""
    aus = whole(AU12=bump(t, 2, 4), AU1=bump(t, 2, 8))
    if t < 5:
        return {"aus": aus, "expressions": {"peaceful": 0.5}}
    seen = {unit.key: aus[unit.key] for unit in ACTION_UNITS if unit.part != LOWER}
    return {"aus": seen, "hidden": ["lower"]}


def test_what_is_hidden_is_not_measured_and_never_zero() -> None:
    records = recording(10, masked)
    hidden = np.array([record["time"]["mono"] >= 5 for record in records])
    for group, key in (("aus", "AU12"), ("expressions", "happy"), ("expressions", "peaceful")):
        assert np.isnan(values_of(table_of(records), group, key)).tolist() == hidden.tolist()
    for group, key in (("aus", "AU1"), ("expressions", "domineering")):
        assert not np.isnan(values_of(table_of(records), group, key)).any()


def test_hidden_time_counts_neither_for_rest_nor_against_what_went_together() -> None:
    found = analyse(recording(10, masked))
    assert found.whole_s == pytest.approx(5)
    assert found.at_rest == pytest.approx(2 / 5, abs=0.03)
    (pair,) = found.pairs
    assert pair.jaccard == pytest.approx(2 / 3, abs=0.05)
    assert any(line.startswith("Hidden       mouth hidden for 0:05.0 (50 %)") for line in summary(found))


def test_blinks_a_minute_are_of_the_time_in_which_they_could_be_told() -> None:
    seen = recording(20, lambda t: {"eyes": {"blink": 0.2} if t in (2.0, 4.0) else {"open": 1.0}})
    slow = [one for number, one in enumerate(seen) if number < RATE * 10 or number % 5 == 0]  # five a second, at last
    blinks = analyse(slow).blinks
    assert blinks is not None
    assert blinks.per_minute == pytest.approx(12, rel=0.02), "two in ten seconds"
    assert analyse(slow[RATE * 10 :]).blinks is None


def test_an_average_of_no_blinks_is_not_made_up() -> None:
    found = analyse(recording(5, lambda t: {"aus": whole(), "eyes": {"open": 1.0}}))
    assert found.blinks is not None
    assert (found.blinks.count, found.blinks.mean_s) == (0, None)
    assert "Blinks       none seen" in summary(found)


def test_a_smile_is_no_pain() -> None:
    def fields(t: float) -> Json:
        return {"aus": whole(AU12=bump(t, 2, 4)), "pain": bump(t, 2, 4, 6.0) + bump(t, 7, 8, 5.0)}

    found = analyse(recording(10, fields))
    (episode,) = of(found, "pain")
    assert episode.onset_s >= 7
    assert found.pain is not None
    assert found.pain.greatest == 5.0


@pytest.mark.parametrize(("seconds", "said"), [(2.34, "0:02.3"), (59.96, "1:00.0"), (3723.0, "62:03.0")])
def test_times_are_minutes_and_seconds(seconds: float, said: str) -> None:
    assert clock(seconds) == said
    assert clock(seconds, tenths=False) == clock(round(seconds))[:-2]


def test_what_overlaps_is_paired_within_its_kind(analysis: Analysis) -> None:
    (pair,) = analysis.pairs
    assert {pair.first, pair.second} == {"AU12", "AU1"}
    assert pair.together_s == pytest.approx(1, abs=0.15)
    assert pair.jaccard == pytest.approx(0.25, abs=0.04)


def test_what_follows_is_counted(analysis: Analysis) -> None:
    found = {(s.first, s.second): s.count for s in analysis.successions}
    assert found == {("happy", "sad"): 1}


def test_what_goes_together_has_a_heading_whatever_it_is_of() -> None:
    looks = {"happy": 0.9, "happily_surprised": 0.9}
    found = analyse(recording(10, lambda t: {"aus": whole(), "expressions": looks if 2 < t < 6 else {"sad": 0.1}}))
    assert any(line.startswith("Together     happy and happily surprised") for line in summary(found))
    moving = analyse(
        recording(10, lambda t: {"aus": whole(AU1=bump(t, 2, 6), AU2=bump(t, 2, 6)), "expressions": looks})
    )
    assert sum(line.startswith("Together") for line in summary(moving)) == 1


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
    assert 2.9 < before.offset_s < 3.01
    assert after.onset_s == 4


def test_neither_a_flicker_nor_noise_is_an_episode() -> None:
    noise = np.random.default_rng(7).normal(0.6, 0.08, 1000)
    records = recording(40, lambda t: {"aus": {"AU4": float(noise[round(t * RATE)]), "AU12": 4.0 * (t == 5.0)}})
    assert analyse(records).episodes == []


def test_noise_at_the_threshold_does_not_cut_an_episode_in_pieces() -> None:
    noise = np.random.default_rng(7).normal(0, 0.15, 1000)
    found = analyse(
        recording(20, lambda t: {"aus": {"AU4": max(0.0, bump(t, 8, 12, 1.4) + float(noise[round(t * RATE)]))}})
    )
    assert len(found.episodes) == 1


def test_the_threshold_follows_the_resting_level_of_the_recording() -> None:
    rest = np.random.default_rng(7).normal(0.7, 0.1, 700)
    moving = np.full(300, 4.0)
    found = learn(np.concatenate([rest, moving]), LIMITS["aus"])
    assert found.rest == pytest.approx(0.7, abs=0.1)
    assert 1.0 < found.on < 1.6
    assert found.rest < found.off < found.on
    assert found.found_rest


def test_an_episode_begins_above_the_usual_level_also_where_that_is_high() -> None:
    found = analyse(recording(10, lambda t: {"aus": {"AU25": bump(t, 4, 6, rest=1.51)}}))
    threshold = found.thresholds["AU25"]
    assert (threshold.found_rest, threshold.on) == (False, 2.0)
    assert threshold.rest < threshold.off < threshold.on
    (episode,) = found.episodes
    assert 4 <= episode.onset_s < 4.1
    assert 5.9 < episode.offset_s <= 6


def test_a_short_episode_lasts_to_the_end_of_its_last_row() -> None:
    records = recording(10, lambda t: {"aus": {"AU43": 4.5 if 4 <= t < 4.2 else 0.0}})
    (blink,) = of(analyse(records), "AU43")
    assert blink.offset_s - blink.onset_s == pytest.approx(0.2, abs=0.01)


def test_a_smile_that_lasts_never_becomes_the_neutral_face() -> None:
    found = analyse(recording(10, lambda t: {"aus": {"AU12": bump(t, 0.5, 9.5)}}))
    assert not found.thresholds["AU12"].found_rest
    (smile,) = found.episodes
    assert smile.offset_s - smile.onset_s > 8.5


def test_a_gap_lasts_for_nobody() -> None:
    assert durations(np.array([0.0, 0.1, 0.2, 9.0])) == pytest.approx([0.1, 0.1, 0.5, 0.1])


@pytest.mark.parametrize("fields", [{}, {"emotions": {"neutral": 1}}, {"aus": {"AU12": 1.0}}])
def test_a_recording_with_little_in_it_is_analysed_too(fields: Json) -> None:
    for seconds in (1 / RATE, 1):
        found = analyse(recording(seconds, lambda t: dict(fields)))
        assert [one.name for one in found.dominance] == list(fields.get("emotions", ()))
        assert (found.pain, found.blinks) == (None, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    records = recording(14, smiles)
    for record in records:
        if not record.get("expressions", True):
            del record["expressions"]
    return written(tmp_path / "session.jsonl", records)


def test_the_report_says_what_happened_and_how_reliable_it_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(path), "--text"]) == 0
    printed = capsys.readouterr().out
    for words in (
        "AU12 Lip Corner Puller",
        "low-confidence",
        "Dominant     happy 27 % of the session; low-confidence: peaceful 55 %, sad 11 %",
        "Blinks       2",
        "Measured     93 % of a session of 0:14.0; else no face",
        "not evidence beside them",
    ):
        assert words in printed
    for unwanted in ("AU10", "Jaccard", "Pain", "pain", "Expressions  "):
        assert unwanted not in printed


def test_where_readings_disagree_all_the_time_that_is_why_nothing_stood_out() -> None:
    said = dominant(analyse(recording(4, lambda t: {"emotions": {"neutral": 1}, "disagree": True})))
    assert said == "nothing stood out: the readings disagreed for 100 % of the session"


def test_a_line_that_a_power_cut_ended_does_not_keep_from_the_others(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:100], lines[100][:60], *lines[101:-1], lines[-1][:-9]]))

    assert main(["report", str(path), "--text"]) == 0

    printed = capsys.readouterr().out
    assert "348 records" in printed
    assert "Passed over  2 lines are cut off, as a power cut leaves them" in printed


def test_of_a_file_with_several_sessions_the_last_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"v": 1, "device": "tester", "boot": "b", "number": 1, "event": "began", "patient": "unnamed"}
    lines: list[Json] = []
    for session, seconds in (("one", 5), ("two", 4)):
        records = recording(seconds, lambda t: {"emotions": {"neutral": 1}})
        lines += [event | {"session": session}, *(record | {"session": session} for record in records)]
        count = len(records)
    path = tmp_path / "session.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert main(["report", str(path), "--text"]) == 0

    assert f"{count} records" in capsys.readouterr().out


def test_pain_and_threat_are_told_only_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fields(t: float) -> Json:
        looks = {"threatened": 0.8, "painful": 0.5} if 2 < t < 6 else {"peaceful": 1.0}
        return {"aus": whole(AU1=bump(t, 2, 6)), "expressions": looks, "pain": bump(t, 2, 6)}

    path = written(tmp_path / "session.jsonl", recording(10, fields))
    printed = {}
    for option in ((), ("--all",), ("--json", "-")):
        assert main(["report", str(path), "--text", *option]) == 0
        printed[option] = capsys.readouterr().out
    assert not {"threatened", "pain"} & set(printed[()].lower().replace("(", " ").split())
    for words in ("Pain (PSPI)", "threatened", "painful"):
        assert words in printed[("--all",)]
    assert '"threatened"' in printed[("--json", "-")]


def test_times_are_told_since_the_session_began_and_what_was_cut_is_put_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = recording(10, lambda t: {} if 3 <= t < 4 else {"aus": {"AU12": bump(t, 2, 3.8, 3.0) + bump(t, 4.5, 5)}})
    for record in records:
        record["time"]["mono"] += 1000
    assert main(["report", str(written(tmp_path / "session.jsonl", records[:100])), "--text"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "AU12" in line and "reported" in line)
    assert row.split()[-5:] == ["0:02.0", "0:02.2", "after", "0:03.0", "3.00"]


def test_the_report_says_where_no_rest_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = recording(10, lambda t: {"aus": {"AU12": bump(t, 0.5, 9.5), "AU4": 0.1}})
    path = written(tmp_path / "smile.jsonl", records)
    assert main(["report", str(path), "--text"]) == 0
    assert "Hardly still AU12 Lip Corner Puller: shown most of the time" in capsys.readouterr().out


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


@pytest.mark.parametrize("option", ["--picture", "--json", "--csv"])
def test_what_cannot_be_written_is_an_error(
    option: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["report", str(path), option, str(tmp_path / "no" / "such" / "folder.svg")])
    assert code == StorageError.exit_code
    assert "cannot be written" in capsys.readouterr().err
