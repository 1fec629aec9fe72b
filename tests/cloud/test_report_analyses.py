"""What the report tells beside episodes, of recordings whose truth is known."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cloud.analysis.activity import activity
from cloud.analysis.density import densities, density
from cloud.analysis.earlier import Summary, against_earlier, change_words
from cloud.analysis.episodes import LIMITS
from cloud.analysis.head import head, movement
from cloud.analysis.measures import MEASURES, Measure
from cloud.analysis.outstanding import Outstanding, outstanding
from cloud.analysis.parts import Stretch, by_part
from cloud.analysis.rapid import Rapid, rapid_changes
from cloud.analysis.sides import sides
from cloud.analysis.uncertainty import Estimate, chance, quantile
from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.reading.columns import MINUTES
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract.fields import Json, encode
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, LOWER, Tier
from device.contract.session import RESPONSE_S
from device.features.episodes import learn
from tests.recordings import table_of

Fields = Callable[[float], Json]
_RATE = 10
_AU12, _WEEK_S = MEASURES["aus.AU12"], 604_800.0
_TURNS = ("sad", "angry", "surprised", "disgusted", "fearful")


def recorded(seconds: float, fields: Fields, rate: int = _RATE, events: list[Json] | None = None) -> Table:
    """Records of a session, each with what `fields` says of its time; nobody in view without."""
    return table_of([_record(n, n / rate, fields(n / rate)) for n in range(round(seconds * rate))], events)


def _record(number: int, at_s: float, fields: Json) -> Json:
    found: Json = {"v": 1, "device": "tester", "boot": "one", "seq": number + 1, "status": "measured"}
    found |= {"time": {"mono": at_s, "wall": 0, "trusted": False}, "frame": {"index": number}}
    return found | (fields or {"status": "gated", "reasons": ["no_face"]})


def units(**given: float) -> Json:
    return dict.fromkeys(ACTION_UNIT_KEYS, 0.0) | given


def event(number: int, at_s: float, kind: str, name: str) -> Json:
    found: Json = {"v": 1, "device": "tester", "boot": "one", "session": "one", "number": number, "patient": "p-1"}
    return found | {"event": kind, "name": name, "time": {"mono": at_s, "wall": 0, "trusted": False}}


# rapid changes


def turns(names: tuple[str, ...] = _TURNS, each_s: float = 0.5, **strengths: float) -> Fields:
    """Peace, and from 20 s on one expression after the other."""

    def fields(t: float) -> Json:
        at = int(round((t - 20) / each_s, 6) // 1)
        name = names[at] if 0 <= at < len(names) else "peaceful"
        return {"aus": units(), "expressions": {name: strengths.get(name, 0.4)}}

    return fields


def test_expressions_that_take_turns_are_told_with_their_order_and_strengths() -> None:
    (found,) = rapid_changes(recorded(60, turns(sad=0.3, angry=0.48), 25))
    assert found.expressions == (
        ("sad", pytest.approx(0.3)),
        ("angry", pytest.approx(0.48)),
        *((name, pytest.approx(0.4)) for name in _TURNS[2:]),
    )
    assert 50 <= found.frames <= 300
    assert found.begin_s <= 20.25
    assert found.end_s >= 22.0 - 1e-6, "the fifth has begun in it"
    assert found.mean == pytest.approx(0.396)


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("four are too few", turns(_TURNS[:4])),
        ("one is much stronger", turns(sad=0.7)),
        ("all are weak", turns(**dict.fromkeys(_TURNS, 0.25))),
        ("what flickers does not lead", turns(each_s=0.12)),
        ("they take half a minute", turns(each_s=6)),
        ("what raised brows imitate is no expression", turns((*_TURNS[:4], "threatened"))),
    ],
)
def test_what_is_no_rapid_change(why: str, fields: Fields) -> None:
    assert rapid_changes(recorded(60, fields, 25)) == (), why


def test_what_is_much_stronger_does_not_hide_five_that_are_alike() -> None:
    names = (*_TURNS[:3], "happy", *_TURNS[3:])
    (found,) = rapid_changes(recorded(60, turns(names, happy=0.9), 25))
    assert sorted(name for name, _ in found.expressions) == sorted(_TURNS)


def test_no_rapid_change_reaches_over_time_that_was_not_measured() -> None:
    fields = turns(each_s=1.0)
    assert rapid_changes(recorded(60, fields, 25))
    assert rapid_changes(recorded(60, lambda t: {} if 22.1 < t < 22.8 else fields(t), 25)) == ()
    assert rapid_changes(recorded(60, lambda t: {}, 25)) == ()


def test_windows_do_not_overlap_and_come_in_the_order_of_time() -> None:
    restless = turns(_TURNS * 20)
    found = rapid_changes(recorded(75, restless, 25))
    assert len(found) >= 10
    assert all(one.end_s < other.begin_s for one, other in pairwise(found))
    assert all(_is_rapid(one) for one in found)


def _is_rapid(found: Rapid) -> bool:
    strengths = [strength for _, strength in found.expressions]
    return len(strengths) >= 5 and max(strengths) - min(strengths) <= 0.2 + 1e-9 and found.mean > 0.25


# density


def test_the_density_has_its_peak_at_rest_and_none_of_it_leaks_beyond_the_scale() -> None:
    rng = np.random.default_rng(1)
    values = np.abs(rng.normal(0.0, 0.1, 20_000))
    values[:2000] = rng.normal(3.0, 0.4, 2000)
    values[5000:6000] = np.nan
    found = density(values, learn(values, LIMITS["aus"]))
    assert found.n == 19_000
    assert float(found.y.sum() * (found.x[1] - found.x[0])) == pytest.approx(1.0, abs=1e-6)
    assert found.x[found.y.argmax()] < 0.1
    assert found.x[100 + found.y[100:].argmax()] == pytest.approx(3.0, abs=0.2)
    active = float(found.y[found.x > found.on].sum() * (found.x[1] - found.x[0]))
    assert active == pytest.approx(2000 / 19_000, abs=0.01)
    assert found.rest < found.off < found.on
    assert found.found_rest


def test_a_quantity_that_never_changes_has_a_density_and_one_that_was_not_measured_has_none() -> None:
    table = recorded(30, lambda t: {"aus": {"AU12": 0.0, "AU4": 1.0}})
    found = densities(table, analyse(table))
    assert [*found] == ["AU4", "AU12"]
    assert found["AU12"].y.argmax() == 0


# parts


@pytest.fixture(scope="module")
def told() -> Table:
    """Baseline without, imagery with lip corners that rise for 2 s each 20 s; two stimuli in it."""

    def fields(t: float) -> Json:
        smiles = t >= 200 and t % 20 < 2
        return {"aus": units(AU12=3.0 if smiles else 0.1), "emotions": dict.fromkeys(EMOTIONS, 0.1)} if t < 380 else {}

    events = [event(n, *one) for n, one in enumerate(_EVENTS, 1)]
    return recorded(400, fields, events=events)


_EVENTS = (
    (0.0, "phase", "baseline"),
    (200.0, "phase", "imagery"),
    (220.0, "stimulus", "sea"),
    (250.0, "stimulus", "dog"),
)


def test_each_part_has_its_own_statistics(told: Table) -> None:
    whole, baseline, imagery, sea, dog = by_part(told, analyse(told))
    assert [one.kind for one in (whole, baseline, imagery, sea)] == ["whole", "phase", "phase", "stimulus"]
    assert (sea.begin_s, sea.end_s) == (220.0, 250.0), "until the next stimulus"
    assert dog.end_s - dog.begin_s == RESPONSE_S
    smile = imagery.measures["aus.AU12"]
    assert smile.mean == pytest.approx(0.1 + 2.9 * 0.1, abs=0.01)
    assert smile.low is not None
    assert smile.low <= smile.mean <= (smile.high or 0)
    assert smile.share == pytest.approx(180 / 200, abs=0.01)
    assert (smile.episodes, smile.high95) == (9, 3.0)
    assert smile.per_minute == pytest.approx(3.0, abs=0.05)
    still = baseline.measures["aus.AU12"]
    assert (still.mean, still.episodes, still.high95) == (pytest.approx(0.1), 0, 0.1)
    assert whole.measures["aus.AU12"].episodes == 9
    assert imagery.seen == pytest.approx(0.9, abs=0.01)
    assert baseline.enough
    assert not sea.enough, "half a minute says little"


def test_what_was_marked_afterwards_is_a_part_too_and_time_without_a_face_tells_of_nothing(told: Table) -> None:
    later = Stretch("silence", "phase", 382.0, 399.0, afterwards=True)
    found = by_part(told, more=[later])[-1]
    assert (found.name, found.afterwards, found.seen, found.measures) == ("silence", True, 0.0, {})


# left and right


def one_sided(more: float, turned: bool = False, seconds: float = 300.0) -> Table:
    """The left lip corner rises `more` than the right one, by turns that last for a while; both waver."""
    rng = np.random.default_rng(3)
    count = round(seconds * _RATE)
    noise = rng.standard_normal((2, count))
    for at in range(1, count):
        noise[:, at] = 0.95 * noise[:, at - 1] + 0.31 * noise[:, at]
    left, right = np.clip(np.round(2.0 + 0.4 * noise + [[more], [0.0]], 2), 0.0, 5.0).tolist()

    def fields(t: float) -> Json:
        at = round(t * _RATE)
        apart = abs(left[at] - right[at]) >= 0.5
        told = {"left": {"AU12": left[at]}, "right": {"AU12": right[at]}} if apart else {}
        away = {"codes": ["AD51"]} if turned and t > 40 else {}
        return {"aus": units(AU12=max(left[at], right[at])), **told, **away}

    return recorded(seconds, fields)


def test_a_side_that_moves_more_is_told_with_its_interval() -> None:
    (found,) = sides(one_sided(1.2))
    assert (found.unit, found.side, found.tier) == ("AU12", "left", Tier.REPORTED)
    assert found.difference == pytest.approx(1.2, abs=0.25)
    assert found.left - found.right == pytest.approx(found.difference)
    assert found.low is not None
    assert found.low <= 1.2 <= (found.high or 0)
    assert 0.4 < found.share_differing < 0.9
    assert found.seconds == pytest.approx(300)


def test_sides_that_are_alike_are_not_told_apart() -> None:
    (found,) = sides(one_sided(0.0))
    assert found.side == ""
    assert sides(recorded(120, lambda t: {"aus": units(AU12=2.0)})) == (), "never told apart: perhaps nobody looked"


def test_sides_that_differ_now_and_then_are_told_by_what_they_do_then() -> None:
    smiles = {"aus": units(AU12=3.0), "left": {"AU12": 3.0}, "right": {"AU12": 1.5}}
    (found,) = sides(recorded(300, lambda t: smiles if t % 20 < 1 else {"aus": units()}))
    assert found.difference == pytest.approx(1.5 / 20, abs=0.01)
    assert found.while_shown == pytest.approx(1.5)
    assert found.side == "left"


def test_nothing_is_said_of_sides_where_too_little_was_seen_straight() -> None:
    assert sides(one_sided(1.2, turned=True)) == ()
    assert sides(one_sided(1.2, seconds=50)) == ()


# earlier sessions


def summed(mean: float, week: int, enough: bool = True, name: str = "aus.AU12") -> Summary:
    return Summary(week * _WEEK_S, 2700.0, 0.9 if enough else 0.1, enough, {name: Estimate(mean, None, None, 2400.0)})


def minutes_like(mean: float) -> Table:
    """Ten minutes of a session now."""
    return recorded(600, lambda t: {"aus": units(AU12=mean if t % 2 < 1 else mean + 0.1)}, rate=2)


def test_a_session_unlike_all_earlier_ones_is_told_and_one_like_them_is_not() -> None:
    before = [summed(mean, week) for week, mean in enumerate((0.50, 0.56, 0.44, 0.52, 0.48, 0.55))]
    (found,) = against_earlier(minutes_like(1.4), before, [_AU12])
    assert found.found
    assert found.sessions == 6
    assert found.difference == pytest.approx(1.45 - 0.508, abs=0.01)
    assert "more than before, 1.45; 0.51 on average in 6 earlier sessions" in change_words(found)
    (alike,) = against_earlier(minutes_like(0.46), before, [_AU12])
    assert not alike.found
    assert "no change that these can tell" in change_words(alike)
    assert alike.low is not None
    assert alike.low < alike.difference < (alike.high or 0)


def test_few_earlier_sessions_or_hardly_seen_ones_give_no_verdict() -> None:
    before = [summed(0.5, 0), summed(0.5, 1), summed(0.5, 2), summed(9.0, 3, enough=False)]
    (found,) = against_earlier(minutes_like(3.0), before, [_AU12])
    assert (found.found, found.sessions, found.low) == (False, 3, None)
    assert "too few to tell" in change_words(found)
    assert against_earlier(minutes_like(3.0), [], [_AU12]) == ()
    assert against_earlier(recorded(20, lambda t: {"aus": units()}), before, [_AU12]) == (), "hardly anything seen now"


def test_of_people_who_do_not_change_hardly_one_is_told_to_have_changed() -> None:
    rng = np.random.default_rng(4)
    measures = [one for one in MEASURES.values() if one.kind == "aus"][:8]
    alarms = 0
    for _ in range(150):
        drawn = rng.normal(2.0, 0.3, (6, len(measures)))
        made = [_session(week, row, measures) for week, row in enumerate(drawn)]
        told = against_earlier(made[-1], made[:-1], measures)
        alarms += any(one.found for one in told)
    assert alarms / 150 <= 0.09


def _session(week: int, means: np.ndarray, measures: list[Measure]) -> Summary:
    known = {one.id: Estimate(float(mean), None, None, 2400.0) for one, mean in zip(measures, means, strict=True)}
    return Summary(week * _WEEK_S, 2700.0, 0.9, True, known)


def test_a_rise_from_session_to_session_is_told_beside() -> None:
    before = [summed(0.3 + 0.1 * week, week) for week in range(7)]
    now = summed(1.0, 7)
    (found,) = against_earlier(now, before, [_AU12])
    assert found.trend.found
    assert found.trend.a_week == pytest.approx(0.1)


def test_students_t_is_that_of_tables() -> None:
    assert [round(quantile(freedom), 3) for freedom in (1, 2, 3, 5, 10)] == [12.706, 4.303, 3.182, 2.571, 2.228]
    assert chance(2.015, 5) == pytest.approx(0.1, abs=1e-4)
    assert chance(0.0, 4) == 1.0


# activity and head


def test_activity_is_of_the_time_in_which_a_part_was_measured() -> None:
    def fields(t: float) -> Json:
        if t >= 80:
            return {}
        aus = units(AU12=3.0 if t < 20 else 0.0, AU1=2.0)
        if t >= 40:  # a mask
            lower = {unit.key for unit in ACTION_UNITS if unit.part == LOWER}
            return {"aus": {key: value for key, value in aus.items() if key not in lower}, "hidden": [LOWER]}
        return {"aus": aus} | ({"left": {"AU12": 3.0}, "right": {"AU12": 0.4}} if t < 10 else {})

    found = activity(recorded(100, fields))
    assert found["AU12_L"] == pytest.approx(20 / 40, abs=0.01)
    assert found["AU12_R"] == pytest.approx(10 / 40, abs=0.01)
    assert (found["AU1_L"], found["AU1_R"], found["AU16"]) == (1.0, 1.0, 0.0)
    assert "AD61" not in found, "eyes that were never seen to turn may not have been looked at"
    upper = activity(recorded(30, lambda t: {"aus": {"AU1": 2.0}, "hidden": [LOWER]}))
    assert [*upper] == ["AU1_L", "AU1_R"]


def test_the_head_is_told_where_it_was_measured() -> None:
    def fields(t: float) -> Json:
        if t >= 50:
            return {}
        turning = min(max(t - 20, 0.0), 2.0) * 15  # 15 degrees a second for 2 s
        pose = {"yaw": round(turning, 1), "pitch": -6.0, "roll": 0.0}
        return {"aus": units(), "pose": pose} | ({"codes": ["AD51"]} if turning > 15 else {})

    table = recorded(60, fields)
    found = head(table)
    assert found is not None
    assert found.seconds == pytest.approx(50, abs=0.6)
    assert (found.yaw.low5, found.yaw.high95) == (0.0, 30.0)
    assert (found.pitch.mean, found.pitch.spread, found.speed) == (pytest.approx(-6), pytest.approx(0, abs=1e-6), 0.0)
    assert found.turned == {"AD51": pytest.approx(29 / 50, abs=0.01)}
    moved = movement(table)
    assert moved.speed[84] == pytest.approx(15, abs=1)
    assert np.isnan(moved.pose[moved.times > 51]).all()
    assert head(recorded(10, lambda t: {})) is None


def test_of_seconds_and_minutes_only_what_they_tell_is_told() -> None:
    gathering = Gathering(MINUTES)
    gathering.documents([_minute(number) for number in range(10)])
    minutes = gathering.table()
    (whole,) = by_part(minutes)
    assert whole.measures["aus.AU12"].mean == pytest.approx(1.5)
    assert whole.measures["aus.AU12"].high95 is None
    assert (sides(minutes), activity(minutes), head(minutes), rapid_changes(minutes)) == ((), {}, None, ())
    assert against_earlier(minutes, [minutes] * 5, [_AU12])[0].difference == pytest.approx(0.0)


def _minute(number: int) -> Json:
    minute: Json = {"v": 1, "device": "room-1", "boot": "b-1", "session": "b-2", "number": number, "span": 60}
    minute |= {"time": {"mono": 60.0 * number, "wall": 0.0, "trusted": False}, "frames": 600, "measured": 600}
    return minute | {"share": 1.0, "mean": {"aus": {"AU12": 1.0 if number % 2 else 2.0}}}


# what stood out


@pytest.fixture(scope="module")
def stood_out() -> Outstanding:
    """Mostly sad, lip corners that rise, puckered lips; the mouth hidden at the end, and then nobody there."""

    def fields(t: float) -> Json:
        if t >= 360:
            return {}
        sad = 0.8 if t % 10 < 6 else 0.2
        feelings = {"emotions": dict.fromkeys(EMOTIONS, 0.0) | {"sadness": sad, "neutral": 1 - sad}}
        smiles, puckers = 4.0 if 5 < t % 30 < 8 else 0.0, 3.0 if 10 < t % 60 < 12 else 0.0
        aus = units(AU12=smiles, AU18=puckers)
        if t >= 330:
            aus = {unit.key: aus[unit.key] for unit in ACTION_UNITS if unit.part != LOWER}
        return {"aus": aus, **feelings} | ({"hidden": [LOWER]} if t >= 330 else {})

    table = recorded(400, fields)
    before = [summed(2.0 + 0.05 * (week % 3), week) for week in range(5)]
    return outstanding(table, analyse(table), before)


def test_what_is_best_supported_is_told_first(stood_out: Outstanding) -> None:
    tiers = [[*Tier].index(fact.tier) for fact in stood_out.facts]
    assert tiers == sorted(tiers)
    first = stood_out.facts[0]
    assert (first.kind, first.key) == ("earlier", "aus.AU12"), "what was tested comes before what is counted"
    assert stood_out.facts[-1].words.startswith("Lips puckered (AU18): 6 times, 0:11 in all, most at ")


def test_what_stood_out_says_what_is_seen_and_where(stood_out: Outstanding) -> None:
    assert "The reading 'sadness' was the clearest for 54 % of the session." in {one.words for one in stood_out.facts}
    smile = next(fact for fact in stood_out.facts if fact.kind == "movement" and fact.key == "aus.AU12")
    assert smile.words.startswith("Lip corners pulled up (AU12): 11 times, ")
    assert smile.at_s is not None
    assert 5 <= smile.at_s % 30 <= 8


def test_what_was_not_measured_is_said(stood_out: Outstanding) -> None:
    assert stood_out.unmeasured == (
        "Not seen: nobody in view 10 % of the session.",
        "Mouth hidden for 0:30: what moves there was not measured meanwhile.",
        "Blinks were not counted: no eyes were seen, or too few frames a second to tell.",
        "Left and right were not told apart for long enough to compare them.",
    )


def test_a_session_in_which_nothing_was_measured_stands_out_by_nothing() -> None:
    table = recorded(60, lambda t: {})
    found = outstanding(table, analyse(table))
    assert found.facts == ()
    assert found.unmeasured[0] == "Not seen: nobody in view 100 % of the session."


def test_what_differs_between_phases_and_between_sides_stands_out() -> None:
    rng = np.random.default_rng(6)
    noise = np.abs(rng.normal(0.0, 0.15, 4000)).round(2).tolist()

    def fields(t: float) -> Json:
        at = round(t * _RATE)
        left, right = (2.0 + noise[at], 0.6) if t >= 200 else (1.2 + noise[at], 0.6)
        told = {"left": {"AU15": left}, "right": {"AU15": right}} if left - right >= 0.5 else {}
        return {"aus": units(AU15=left, AU1=noise[-at]), **told}

    events = [event(1, 0.0, "phase", "baseline"), event(2, 200.0, "phase", "imagery")]
    table = recorded(400, fields, events=events)
    words = [fact.words for fact in outstanding(table, analyse(table)).facts if fact.kind in ("phase", "sides")]
    called = "Lip corners drawn down (AU15): more"
    assert words[0] == f"{called} in 'imagery' than in 'baseline', 2.12 against 1.32 on average."
    assert words[1].startswith(f"{called} on their left side, by 1.1 of 5 while it showed (")
    assert not any("AU1)" in one for one in words)


# the text report and its JSON


def test_text_and_json_tell_of_parts_sides_head_and_rapid_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fields(t: float) -> Json:
        at = int(t % 40 / 0.5)
        held = {"aus": units(AU12=2.0), "left": {"AU12": 2.0}, "right": {"AU12": 1.0}}
        held["expressions"] = {_TURNS[at] if at < 5 else "peaceful": 0.4}
        pose = {"pose": {"yaw": 1.0, "pitch": 0.0, "roll": 0.0}}
        return held | pose | ({"codes": ["AD54"]} if t > 90 else {})

    events = [event(1, 0.0, "phase", "baseline"), event(2, 60.0, "phase", "imagery")]
    lines = [_record(n, n / 25, fields(n / 25)) for n in range(3000)]
    path, out = tmp_path / "s.jsonl", tmp_path / "s.json"
    path.write_bytes(b"\n".join(map(encode, [*lines, *events])))
    assert main(["report", str(path), "--json", str(out)]) == 0
    text = capsys.readouterr().out
    assert "Rapid        five or more expressions took turns, none much stronger than the others, at 0:00 for" in text
    assert "Left, right  AU12 Lip Corner Puller more on their left (by 1.0 while it showed; 1 or more apart" in text
    assert "Head         head down 25 % of the time in which it was measured" in text
    assert re.search(r"whole session +0:00 +2:00 +100 % +0.00 \(0.00 to 0.00\) / 0.0 2.00 \(2.00 to 2.00\)", text)
    found = json.loads(out.read_text())
    assert [one["name"] for one in found["parts"]] == ["whole session", "baseline", "imagery"]
    assert found["parts"][1]["measures"]["aus.AU12"]["mean"] == 2.0
    assert found["sides"][0] | {"side": "left", "difference": 1.0} == found["sides"][0]
    assert [*found["rapid"][0]["expressions"]] == [*_TURNS]
    assert found["activity"]["AU12_R"] == 1.0
    assert found["outstanding"]["facts"][0]["tier"] == "reported"
