"""One reader: whatever boxes wrote becomes one table, and what is none of theirs is counted and in nobody's way."""

import base64
import json
import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.reading import lines, parquet
from cloud.reading.columns import RECORDS, SECONDS
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract import aggregate
from device.contract.errors import DataError
from device.contract.fields import Field, Json, encode, nest
from device.contract.pack import pack, unpack
from device.contract.record import FIELDS, GUESSES, validate
from device.contract.session import validate as validate_event

BOOT = "9f1c446a-0000202347"
LATER = "9f1c446a-00000fffff"


def record(seq: int, session: str = "", **changes: Any) -> Json:
    """A measured record at 10 a second."""
    own: Json = {"v": 1, "device": "box-1", "boot": BOOT, "seq": seq, "status": "measured"}
    own |= {"time": {"mono": 100 + seq / 10, "wall": 5.0, "trusted": False}, "frame": {"index": seq - 1}}
    return own | ({"session": session} if session else {}) | changes


def event(number: int, kind: str, mono: float, session: str = BOOT, **changes: Any) -> Json:
    own: Json = {"v": 1, "device": "box-1", "boot": BOOT, "session": session, "number": number, "event": kind}
    own |= {"patient": "p-0042", "time": {"mono": mono, "wall": 5.0, "trusted": False}} | changes
    validate_event(own)
    return own


def of_packs(*packs: Json) -> Table:
    gathering = Gathering()
    gathering.packs(packs)
    return gathering.table()


def of_documents(records: list[Json]) -> Table:
    gathering = Gathering()
    gathering.documents(records)
    return gathering.table()


def of_lines(path: Path, *documents: Json | bytes) -> Table:
    path.write_bytes(b"\n".join(one if isinstance(one, bytes) else encode(one) for one in documents))
    return lines.read(path)


def content(table: Table) -> dict[str, list[Any]]:
    """Everything that a table says, in a form that can be compared."""
    found: dict[str, list[Any]] = {"time": table.time.tolist(), "wall": np.nan_to_num(table.wall, nan=-1).tolist()}
    for path in table.paths:
        match table.form.fields[path].kind:
            case "string":
                found[path] = table.texts(path).tolist()
            case "names":
                numbers, lists = table.lists(path)
                found[path] = [lists[number] if number >= 0 else () for number in numbers]
            case _:
                found[path] = np.nan_to_num(table.values(path), nan=-999).tolist()
    return found


def anything(seed: int, count: int) -> list[Json]:
    """Valid records in which fields come and go, with values of any number of decimals."""
    chance = random.Random(seed)
    return [_any_record(chance, 3 * seq + chance.randint(0, 2)) for seq in range(1, count + 1)]


def _any_record(chance: random.Random, seq: int) -> Json:
    gated = chance.random() < 0.2
    flat: Json = {}
    for field in FIELDS:
        if field.path.partition(".")[0] in GUESSES and gated:
            continue
        if field.required or chance.random() < 0.7:
            flat[field.path] = _any_value(chance, field)
    flat |= {"v": 1, "device": "box-1", "boot": BOOT, "session": "s", "seq": seq}
    flat["status"] = "gated" if gated else "measured"
    flat.pop("reasons", None)
    flat |= {"reasons": ["no_face", "too_dark"][: chance.randint(1, 2)]} if gated else {}
    found: Json = json.loads(encode(nest(flat)))
    validate(found)
    return found


def _any_value(chance: random.Random, field: Field) -> Any:
    low, high = max(field.bounds[0], -1e6), min(field.bounds[1], 1e9)
    match field.kind:
        case "boolean":
            return chance.random() < 0.5
        case "string":
            return chance.choice(["one", "ä two", "none"])
        case "names":
            return chance.sample(field.names, chance.randint(1, field.places))
        case "integer":
            return chance.choice([int(low), int(high), chance.randint(int(low), int(high))])
    digits = chance.choice([0, 1, 2, 3, 6, 15])
    return min(max(round(chance.choice([low, high, chance.uniform(low, high)]), digits), low), high)


@pytest.mark.parametrize("seed", range(6))
def test_columns_straight_from_packs_are_those_of_the_records_in_them(seed: int) -> None:
    records = anything(seed, 60)
    packs = [pack(records[:20]), pack(records[20:21]), pack(records[21:])]
    found = of_packs(*packs)
    assert content(found) == content(of_documents([one for each in packs for one in unpack(each)]))
    assert not found.faults.quarantined
    assert len(found) == 60


def test_lines_and_packs_of_the_same_records_are_the_same_table(tmp_path: Path) -> None:
    records = anything(7, 30)
    assert content(of_lines(tmp_path / "a.jsonl", *records)) == content(of_packs(pack(records)))


def altered(columns: Any = None, **changes: Any) -> Json:
    """A pack of ten records with other columns, by a function, or other fields."""
    found = pack([record(seq, aus={"AU12": seq / 4}, expressions={"happy": 0.1}) for seq in range(1, 11)])
    if columns:
        held = json.loads(zlib.decompress(base64.b64decode(found["columns"])))
        columns(held)
        found["columns"] = base64.b64encode(zlib.compress(json.dumps(held).encode())).decode()
    return found | changes


BAD = {
    "identity in the columns": altered(lambda held: held.update(boot={"same": "another"})),
    "an unknown field": altered(lambda held: held.update(name={"same": "Maria"})),
    "a bomb": altered(columns=None) | {"columns": base64.b64encode(zlib.compress(b" " * 10_000_000)).decode()},
    "a picture": altered() | {"columns": base64.b64encode(b"\xff\xd8\xff\xe0 JFIF").decode()},
    "no base64": altered() | {"columns": "eN?"},
    "digits": altered(lambda held: held["aus.AU12"].update(digits=30_000_000)),
    "out of range": altered(lambda held: held.update({"aus.AU12": {"same": 5.01}})),
    "steps out of range": altered(lambda held: held["aus.AU12"].update(digits=1)),
    "not a number": altered(lambda held: held.update({"aus.AU12": {"same": "high"}})),
    "a boolean for a number": altered(lambda held: held.update({"aus.AU12": {"same": True}})),
    "too few steps": altered(lambda held: held["aus.AU12"].update(step="AA")),
    "half a step": altered(lambda held: held["aus.AU12"].update(step=held["aus.AU12"]["step"][:-1] + "g")),
    "an endless step": altered(lambda held: held["aus.AU12"].update(step="g" * 20_000)),
    "other letters": altered(lambda held: held["aus.AU12"].update(step="é" * 10)),
    "negative runs": altered(lambda held: held["aus.AU12"].update({"in": [20, -10]})),
    "a missing number": altered(lambda held: held.pop("seq")),
    "guesses of what was gated": altered(
        lambda held: held.update(status={"same": "gated"}, reasons={"same": ["hidden"]})
    ),
    "not in order": altered(lambda held: held.update(seq={"each": [1, 3, 2, *range(4, 11)]})),
    "another first": altered(first=0),
    "another time": altered(time={"mono": 7, "wall": 5.0, "trusted": False}),
    "a list": [1],
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_pack_that_does_not_unpack_is_quarantined_and_stops_no_other(name: str) -> None:
    good = [pack([record(seq) for seq in range(a, a + 10)]) for a in (1, 11, 21)]
    with pytest.raises(DataError):
        unpack(BAD[name])
    found = of_packs(good[0], BAD[name], *good[1:])
    assert found.values("seq").tolist() == [*range(1, 31)]
    assert found.faults.quarantined.total() == 1
    assert found.texts("boot").tolist() == [BOOT] * 30
    assert any(sentence.startswith("1 × ") for sentence in found.faults.sentences())


def test_steps_of_one_pack_are_not_taken_for_those_of_the_next() -> None:
    def more(held: Json) -> None:
        held["aus.AU12"]["step"] += "yB"

    def less(held: Json) -> None:
        held["aus.AU12"]["step"] = held["aus.AU12"]["step"].removesuffix("yB")

    found = of_packs(altered(more), altered(less))
    assert (len(found), found.faults.quarantined.total()) == (0, 2)


def test_a_pack_of_a_newer_version_is_told_as_such() -> None:
    found = of_packs(altered(v=2), pack([record(1)]))
    assert len(found) == 1
    assert [*found.faults.sentences()] == [
        "1 × pack of version 2, which this program does not know: install a newer one"
    ]


def test_what_is_no_record_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = encode(record(3))
    found = of_lines(
        tmp_path / "a.jsonl",
        record(1),
        whole[: len(whole) // 2],
        record(2),
        record(2),
        record(4, v=2),
        record(5, aus={"AU12": 7}),
        record(6, **{"aus.AU12": 1}),
        record(7, aus=3),
        record(8, aus={"AU12": None}),
        record(9, status="gated"),
        b"[]",
        b"",
        record(10),
    )
    assert found.values("seq").tolist() == [1, 2, 10]
    assert (found.faults.torn, found.faults.repeated, found.faults.quarantined.total()) == (1, 1, 6)
    assert found.faults.versions == {"record of version 2": 1}
    assert found.sessions[0].missing == 7
    assert len([*found.faults.sentences()]) == 3 + 5 + 1


def test_only_a_line_that_was_cut_off_is_said_to_come_of_a_power_cut(tmp_path: Path) -> None:
    whole = encode(record(3))
    torn = (whole[:40], whole[:40] + b"\0" * 9, b"\0" * 9)
    foreign = (b"ftypisom \x93\xff", whole.replace(b"100", b"NaN"), whole.decode().encode("utf-16"), b'"half a text')
    assert len(foreign[2].split(b"\n")) == 1
    found = of_lines(tmp_path / "a.jsonl", record(1), *torn, *foreign)
    assert (len(found), found.faults.torn, found.faults.foreign) == (1, 3, 4)
    assert [*found.faults.sentences()] == [
        "3 lines are cut off, as a power cut leaves them",
        "4 lines are no JSON: no box wrote them",
    ]


def test_a_file_that_an_editor_began_with_a_mark_is_read_whole(tmp_path: Path) -> None:
    consent = {"covers": ["units"], "by": "patient", "given": 4.0}
    marked = b"\xef\xbb\xbf" + encode(event(1, "began", 100.0, consent=consent))
    found = of_lines(tmp_path / "a.jsonl", marked, record(1))
    assert (found.sessions[0].patient, [*found.faults.sentences()]) == ("p-0042", [])
    assert found.sessions[0].consent is not None


def test_the_same_number_with_other_content_is_no_repetition(tmp_path: Path) -> None:
    mark = event(1, "mark", 100.0, name="one")
    records = [record(1, aus={"AU12": 1.0}), record(2), record(1, aus={"AU12": 2.0}), record(2), record(1)]
    found = of_lines(tmp_path / "a.jsonl", *records, mark, mark, mark | {"name": "two"})
    assert found.values("aus.AU12").tolist()[0] == 1.0
    assert [one.name for one in found.sessions[0].marks] == ["one"]
    assert [*found.faults.sentences()] == [
        "2 came more than once, and count once",
        "3 came again with other content under the same number: the first that came counts",
    ]


def test_a_missing_file_is_an_error_and_an_empty_one_a_table_without_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="check the path"):
        lines.read(tmp_path / "none.jsonl")
    found = of_lines(tmp_path / "a.jsonl")
    assert (len(found), found.sessions, found.durations.tolist()) == (0, (), [])


def test_packs_and_single_records_and_several_databases_are_united_by_identity() -> None:
    gathering = Gathering()
    gathering.documents([record(seq) for seq in (12, 3, 21)])
    gathering.packs([pack([record(seq) for seq in range(11, 21)]), pack([record(seq) for seq in range(1, 11)])])
    found = gathering.table()
    assert found.values("seq").tolist() == [*range(1, 22)]
    assert found.faults.repeated == 2


def test_sessions_are_told_apart_and_what_names_none_is_of_the_session_of_its_start() -> None:
    mixed = [record(1), record(1, LATER), record(2, LATER), record(2), record(3, LATER)]
    found = of_documents(mixed)
    assert [(one.id, one.rows) for one in found.sessions] == [(BOOT, 2), (LATER, 3)]
    assert found.session.tolist() == [0, 0, 1, 1, 1]
    assert found.find(LATER[:14]).values("seq").tolist() == [1, 2, 3]
    with pytest.raises(DataError, match="are several sessions here"):
        found.find("9f1c")
    with pytest.raises(DataError, match="is no session here"):
        found.find("x")


def test_a_clock_that_was_set_late_corrects_what_came_before() -> None:
    late = [record(seq) for seq in range(1, 4)]
    late[2]["time"] = {"mono": 100.3, "wall": 2100.3, "trusted": True}
    assert of_documents(late).wall.tolist() == pytest.approx([2100.1, 2100.2, 2100.3])
    assert np.isnan(of_documents(late[:2]).wall).all()


def test_the_clock_of_the_database_goes_before_and_another_start_of_the_same_machine_serves() -> None:
    gathering = Gathering()
    gathering.documents([record(1)])
    gathering.clock({"v": 1, "device": "box-1", "boot": LATER, "offset": 3000, "mono": 1, "trusted": True})
    for bad in (None, 3, {"offset": "x"}, {"v": 1, "device": "box-1", "boot": BOOT, "offset": True}):
        gathering.clock(bad)
    found = gathering.table()
    assert found.wall.tolist() == pytest.approx([3100.1])
    assert found.faults.quarantined.total() == 4


def test_what_the_database_says_of_a_clock_goes_before_what_a_record_says() -> None:
    gathering = Gathering()
    gathering.documents([record(1), record(2, time={"mono": 100.2, "wall": 9100.2, "trusted": True})])
    gathering.clock({"v": 1, "device": "box-1", "boot": BOOT, "offset": 3000, "mono": 1, "trusted": True})
    assert gathering.table().wall.tolist() == pytest.approx([3100.1, 9100.2])


def test_a_session_is_what_its_events_tell(tmp_path: Path) -> None:
    consent = {"covers": ["expressions", "units"], "by": "patient", "given": 4.0}
    events = [
        event(1, "began", 100.0, consent=consent),
        event(2, "camera", 100.0, frame={"width": 640, "height": 480}),
        event(3, "phase", 100.6, name="rest"),
        event(4, "stimulus", 100.8, name="film-1"),
        event(5, "phase", 101.1, name="talk"),
        event(5, "phase", 101.1, name="talk"),
        event(6, "mark", 101.2),
        event(7, "ended", 101.6, why="stopped"),
    ]
    found = of_lines(
        tmp_path / "a.jsonl", *events, *(record(seq) for seq in range(1, 11)), {**event(8, "mark", 1), "v": 3}
    )
    (session,) = found.sessions
    assert (session.patient, session.why, session.frame) == ("p-0042", "stopped", (640, 480))
    assert session.consent and session.consent.covers == ("expressions", "units")
    assert [(span.name, round(span.begin_s, 3), round(span.end_s, 3)) for span in session.phases] == [
        ("rest", 0.5, 1.0),
        ("talk", 1.0, 1.5),
    ]
    assert [(one.name, round(one.at_s, 3)) for one in (*session.stimuli, *session.marks)] == [
        ("film-1", 0.7),
        ("", 1.1),
    ]
    assert found.during("rest").values("seq").tolist() == [6, 7, 8, 9, 10]
    assert (found.faults.repeated, found.faults.versions) == (1, {"event of version 3": 1})
    assert (session.began, session.ended) == (None, None)


def test_a_session_that_never_saw_a_frame_is_there_too(tmp_path: Path) -> None:
    found = of_lines(tmp_path / "a.jsonl", event(1, "began", 1, LATER), event(2, "ended", 2, LATER, why="failed"))
    assert [(one.id, one.rows, one.why) for one in found.sessions] == [(LATER, 0, "failed")]


def test_phases_of_a_video_are_told_by_the_videos_own_time(tmp_path: Path) -> None:
    records = [record(seq, frame={"index": seq - 1, "media": (seq - 1) * 2}) for seq in range(1, 11)]
    turns = [event(1, "phase", 100.3, name="rest"), event(2, "phase", 100.5, name="talk")]
    found = of_lines(tmp_path / "a.jsonl", *turns, *records)
    assert found.time.tolist() == [*range(0, 20, 2)]
    assert [(span.begin_s, span.end_s) for span in found.sessions[0].phases] == [(4, 8), (8, 18.5)]
    assert found.during("rest").time.tolist() == [4, 6]


def test_durations_do_not_reach_from_one_session_into_the_next() -> None:
    found = of_documents([record(1), record(2), record(1, LATER), record(2, LATER), record(9, LATER)])
    assert found.durations.tolist() == pytest.approx([0.1, 0.1, 0.1, 0.5, 0.3])


def test_seconds_become_a_table_too() -> None:
    second: Json = {
        "v": 1,
        "device": "box-1",
        "boot": BOOT,
        "number": 4,
        "span": 1,
        "frames": 9,
        "measured": 9,
        "share": 1,
    }
    second |= {"time": {"mono": 4.0, "wall": 5.0, "trusted": False}, "mean": {"aus": {"AU12": 2.5}}}
    aggregate.validate(second)
    gathering = Gathering(SECONDS)
    gathering.packs([pack([second, second | {"number": 6}]), pack([record(1)])])
    gathering.documents([second | {"number": 5}])
    found = gathering.table()
    assert found.values("mean.aus.AU12").tolist() == [2.5, 2.5, 2.5]
    assert found.faults.quarantined == {"A pack of records stands among those of seconds": 1}


def test_what_is_asked_for_and_nobody_has_is_nan_and_what_no_record_can_have_is_a_mistake() -> None:
    found = of_documents([record(1, aus={"AU1": 0.0}), record(2)])
    assert np.isnan(found.values("aus.AU4")).all()
    assert found.known("aus").tolist() == [True, False]
    assert RECORDS.fields.keys() >= set(found.paths)
    with pytest.raises(KeyError):
        found.values("aus.AU99")


def test_a_table_comes_back_from_parquet_as_it_was(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    events = [event(1, "began", 100.0, "s"), event(2, "ended", 101.6, "s", why="stopped")]
    written = of_lines(tmp_path / "a.jsonl", *events, *anything(3, 40))
    parquet.write(written, tmp_path / "a.parquet")
    found = of_parquet(tmp_path / "a.parquet")
    assert content(found) == content(written)
    assert [(one.id, one.why, one.events) for one in found.sessions] == [("s", "stopped", tuple(events))]


def test_parquet_of_somebody_else_is_quarantined_by_the_row_or_refused(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table  # noqa: PLC0415

    parquet.write(of_documents([record(seq, aus={"AU1": 1.0}) for seq in (1, 2, 3)]), tmp_path / "a.parquet")
    table = arrow.parquet.read_table(tmp_path / "a.parquet")
    high = table.set_column(table.schema.get_field_index("aus.AU1"), "aus.AU1", [arrow.array([1.0, 7.0, 2.0])])
    write_table(high.append_column("name", arrow.array([None, None, "Maria"])), tmp_path / "b.parquet")
    found = of_parquet(tmp_path / "b.parquet")
    assert found.values("seq").tolist() == [1]
    assert found.faults.quarantined.total() == 2
    for content_of_file in (b"", b"PAR1 and nothing", b"x" * 100):
        (tmp_path / "c.parquet").write_bytes(content_of_file)
        with pytest.raises(DataError, match="no Parquet"):
            of_parquet(tmp_path / "c.parquet")
    with pytest.raises(DataError, match="check the path"):
        of_parquet(tmp_path / "none.parquet")


def of_parquet(path: Path) -> Table:
    gathering = Gathering()
    parquet.gather(path, gathering)
    return gathering.table()
