"""Layouts that hold episodes: our tables, ELAN's and BORIS's."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from device.contract.errors import DataError
from tests.training.annotation.coders import everything, film, pictures, saw
from training.annotation.coding import Coded, Episode, Mark, Scale, Side
from training.annotation.files import boris, plain, spans
from training.annotation.files.boris import reading as boris_reading
from training.annotation.files.boris import writing as boris_writing
from training.annotation.files.elan import reading, writing
from training.annotation.files.exchange import Into

SCALES = pytest.mark.parametrize("scale", Scale)


@pytest.fixture
def clip():
    """Thirty frames a second, whose times are no whole milliseconds; frames are counted from 100."""
    return film(8, "s1/clip.mp4", "s1", rate=30 / 1.001, first=100)


def into(mine, coder=""):
    return Into((mine.sequence,), mine.scale, mine.actions, coder)


def same(found, mine):
    """Whether everything is there; of a frame that is not codable no marks remain."""
    assert (found.coder, found.scale, found.sequence) == (mine.coder, mine.scale, mine.sequence)
    assert found.frames == mine.frames
    assert set(found.episodes) == set(mine.episodes)
    assert [one.onset for one in found.episodes] == sorted(one.onset for one in mine.episodes)


@SCALES
@pytest.mark.parametrize("kind", [film, pictures])
def test_tables_hold_everything(tmp_path, scale, kind):
    mine = everything(kind(8), scale)
    mine.frames[5] = Coded({"AU1": Mark(1)})

    done = plain.write([mine], tmp_path)
    (found,) = plain.read(tmp_path, into(mine)).annotations

    same(found, mine)
    assert not done.lost and [path.name for path in done.files] == ["frames.csv", "episodes.csv"]


def test_tables_are_what_statistics_want(tmp_path, clip):
    plain.write([everything(clip)], tmp_path)

    frames, episodes = ((tmp_path / name).read_text().splitlines() for name in ("frames.csv", "episodes.csv"))
    assert frames[0].startswith(
        "sequence,participant,coder,scale,frame,picture,time_s,submitted,codable,hidden,asked,AU1,"
    )
    assert frames[2] == "s1/clip.mp4,s1,anna,presence,101,,0.0334,1,1,,0,0,1,1,0,0,,left,top,,"
    assert episodes[1] == "s1/clip.mp4,s1,anna,presence,AU12,100,102,103,0.0000,0.0667,0.1001,1,left"


@pytest.mark.parametrize(
    ("header", "row", "sentence"),
    [
        (None, "s1/clip.mp4,,a,presence,99,,,1,1,,0,1", "row 2: frame: frame 99 is not in s1/clip.mp4"),
        (None, "s1/clip.mp4,,a,intensity,100,,,1,1,,0,1", "it codes intensity, and the project presence"),
        (None, "s2.mp4,,a,presence,100,,,1,1,,0,1", "'s2.mp4' stands for no sequence"),
        (None, "s1/clip.mp4,,,presence,100,,,1,1,,0,1", "give --coder"),
        (None, "s1/clip.mp4,,a,presence,100,,,1,1,chin,0,1", "hidden is 'chin': give upper, lower"),
        (None, "s1/clip.mp4,,a,presence,100,,,AU9,1,,0,1", "submitted is 'AU9': give 1, 0, or actions"),
        (None, "s1/clip.mp4,,a,presence,100,,,1,2,,0,1", "codable is '2': give 0 or 1"),
        (None, "s1/clip.mp4,,a,presence,100,,,1,1,,0,3", "AU1 is 3, and the project's scale ends at 1"),
        ("sequence,frame", "s1/clip.mp4,1", r"frames\.csv has no column participant"),
    ],
)
def test_mistakes_in_tables(tmp_path, clip, header, row, sentence):
    known = "sequence,participant,coder,scale,frame,picture,time_s,submitted,codable,hidden,asked,AU1"
    (tmp_path / "frames.csv").write_text(f"{header or known}\n{row}\n")

    with pytest.raises(DataError, match=sentence):
        plain.read(tmp_path, Into((clip,), Scale.PRESENCE, ("AU1",)))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("AU9,100,,103,1,", "AU9 is not coded in this project"),
        ("AU1,103,,100,1,", "row 2: its onset, apex and offset are not in the order of time"),
        ("AU1,103,101,,1,", "not in the order of time"),
        ("AU1,99,,100,1,", "row 2: onset: frame 99 is not in s1/clip.mp4"),
        ("AU1,100,,103,0,", "an episode of AU1 is 0"),
        ("AU1,100,,103,1,west", "the side is 'west'"),
    ],
)
def test_mistakes_in_tables_of_episodes(tmp_path, clip, row, sentence):
    known = "sequence,participant,coder,scale,action,onset,apex,offset,value,side,onset_s,apex_s,offset_s"
    (tmp_path / "episodes.csv").write_text(f"{known}\ns1/clip.mp4,,a,presence,{row},,,\n")

    with pytest.raises(DataError, match=sentence):
        plain.read(tmp_path, Into((clip,), Scale.PRESENCE, ("AU1",)))


@SCALES
def test_elan_holds_everything(tmp_path, clip, scale):
    mine = everything(clip, scale)
    mine.frames[5] = Coded({"AU1": Mark(1)})

    done = writing.write([mine], tmp_path)
    (found,) = reading.read(tmp_path, into(mine)).annotations

    same(found, mine)
    assert not done.lost


@pytest.mark.parametrize("layout", [(writing, reading), (plain, plain)])
def test_a_project_of_more_actions_takes_what_was_coded(tmp_path, clip, layout):
    """A frame that was done where three actions are coded is not done where four are: the fourth may be there."""
    mine = everything(clip)
    layout[0].write([mine], tmp_path)

    (found,) = layout[1].read(tmp_path, Into((clip,), Scale.PRESENCE, (*mine.actions, "AU2"))).annotations

    assert {place: frame.final for place, frame in found.frames.items()} == {
        place: frame.final for place, frame in mine.frames.items()
    }
    assert [place for place, frame in found.frames.items() if frame.submitted] == [3, 4]  # hidden, not codable


def test_elan_shows_what_is_there(tmp_path, clip):
    """An absent action has no annotation, and an action that was never seen no tier."""
    mine = everything(clip)
    writing.write([mine], tmp_path)

    root = ElementTree.parse(tmp_path / "s1-clip.mp4.eaf").getroot()
    values = {
        tier.get("TIER_ID"): [one.text for one in tier.iter("ANNOTATION_VALUE")]
        for tier in root.iter("TIER")
        if tier.get("TIER_ID").endswith(" frames")
    }
    assert values == {
        "AU1 frames": ["1"],  # of a frame that is no more than begun
        "AU12 frames": ["1 left", "1"],
        "AU26 frames": ["1 top", "1 bottom", "1"],
        "AU43 frames": ["1"],
        "AD19 frames": ["1 right"],
    }


def test_elan_finds_every_frame_again(tmp_path):
    """Milliseconds are coarser than times of frames; a film of ten minutes with a jump in the middle."""
    times = np.cumsum(np.r_[0, np.full(8999, 1001 / 30000), 2.5, np.full(8999, 1001 / 60000)])
    clip = replace(film(18000), times_s=times)
    mine = saw(
        "anna", clip, *(Episode("AU1", n, n + n % 7) for n in range(0, 17990, 13)), Episode("AU1", 17999, 17999)
    )

    writing.write([mine], tmp_path)
    (found,) = reading.read(tmp_path, into(mine)).annotations

    assert found.episodes == mine.episodes


def test_episodes_that_share_a_frame_have_tiers_of_their_own(tmp_path, clip):
    mine = saw("anna", clip, Episode("AU1", 0, 2), Episode("AU1", 2, 4))

    writing.write([mine], tmp_path)

    tiers = [one.get("TIER_ID") for one in ElementTree.parse(tmp_path / "s1-clip.mp4.eaf").iter("TIER")]
    assert tiers == ["AU1", "AU1 #2"] and reading.read(tmp_path, into(mine)).annotations[0].episodes == mine.episodes


def test_elan_opens_it(tmp_path, clip):
    """The order and the attributes that EAFv3.0.xsd asks for; every reference is to something that is there."""
    writing.write([everything(clip)], tmp_path)

    root = ElementTree.parse(tmp_path / "s1-clip.mp4.eaf").getroot()
    order = [one.tag for one in root]
    ids = [one.get("ANNOTATION_ID") for one in root.iter("ALIGNABLE_ANNOTATION")]
    slots = {one.get("TIME_SLOT_ID"): int(one.get("TIME_VALUE")) for one in root.iter("TIME_SLOT")}
    types = {one.get("LINGUISTIC_TYPE_ID") for one in root.iter("LINGUISTIC_TYPE")}
    assert {"AUTHOR", "DATE", "FORMAT", "VERSION"} <= set(root.keys()) and root.get("FORMAT") == "3.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", root.get("DATE"))
    assert order == sorted(order, key=["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"].index)
    assert [one.tag for one in root[0]] == ["MEDIA_DESCRIPTOR", *["PROPERTY"] * 4]
    assert root.find("HEADER/MEDIA_DESCRIPTOR").get("MEDIA_URL").startswith("file:///")
    assert len(set(ids)) == len(ids) and str(len(ids)) == root.findtext(
        "HEADER/PROPERTY[@NAME='lastUsedAnnotationId']"
    )
    for tier in root.iter("TIER"):
        assert tier.get("LINGUISTIC_TYPE_REF") in types and tier.get("ANNOTATOR") == "anna"
        ends = [
            (slots[one.get("TIME_SLOT_REF1")], slots[one.get("TIME_SLOT_REF2")])
            for one in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        assert all(start < end for start, end in ends)
        assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    names = {one.get("TIER_ID") for one in root.iter("TIER")}
    assert {"AU12 left", "AU12 right", "AU1", "AU26", "frames"} == {n for n in names if not n.endswith(" frames")}


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0">
<HEADER TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/videos/clip.mp4" MIME_TYPE="video/mp4"{origin}/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="{start}"/><TIME_SLOT TIME_SLOT_ID="b"{end}/></TIME_ORDER>
<TIER TIER_ID="{tier}" LINGUISTIC_TYPE_REF="x" ANNOTATOR="{annotator}"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a7" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">
<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="speech" LINGUISTIC_TYPE_REF="x"><ANNOTATION/></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="x"/></ANNOTATION_DOCUMENT>"""
GOOD = {"origin": "", "start": "34", "end": ' TIME_VALUE="98"', "tier": "au12 Left", "annotator": "ben", "value": ""}


def elan(folder, **changes):
    path = folder / "session one.eaf"
    path.write_text(EAF.format(**GOOD | changes))
    return path


def test_what_coders_make_in_elan(tmp_path, clip):
    found = reading.read(elan(tmp_path), Into((clip,), Scale.PRESENCE, ("AU12",)))

    (one,) = found.annotations
    assert one.coder == "ben" and one.episodes == (Episode("AU12", 1, 2, side=Side.LEFT),)
    assert found.notes == ("session one.eaf: the tier 'speech' is passed over: it is named after no action.",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"origin": ' TIME_ORIGIN="500"'}, "shifted in ELAN"),
        ({"end": ""}, "tier au12 Left, a7: it has no time: align it in ELAN first"),
        ({"end": ' TIME_VALUE="99000"'}, r"0\.034 to 99\.000 s is not in the film, which ends at 0\.267 s"),
        ({"value": "strong"}, r"'strong' is no code: give 1 or 0 \(this project codes presence\)"),
        ({"value": "C"}, "'C' is no code"),
        ({"value": "1; apex 900"}, "the apex, frame 900, is not between its onset and offset"),
        ({"value": "1; later"}, "'later' is neither 'apex'"),
        ({"value": "0"}, "an episode of AU12 is 0"),
        ({"tier": "AU9"}, "AU9 is not coded in this project"),
        ({"annotator": ""}, "give --coder"),
    ],
)
def test_mistakes_in_elan(tmp_path, clip, changes, sentence):
    with pytest.raises(DataError, match=sentence):
        reading.read(elan(tmp_path, **changes), Into((clip,), Scale.PRESENCE, ("AU12",)))


@pytest.mark.parametrize("text", ["", "<a", "<html/>"])
def test_what_is_not_elans(tmp_path, clip, text):
    (tmp_path / "x.eaf").write_text(text)

    with pytest.raises(DataError, match=r"x\.eaf"):
        reading.read(tmp_path, Into((clip,), Scale.PRESENCE, ("AU12",)))


@SCALES
@pytest.mark.parametrize("name", [boris.PROJECT, boris.TABLE])
def test_boris_holds_the_episodes(tmp_path, clip, scale, name):
    mine = everything(clip, scale)

    done = boris_writing.write([mine], tmp_path)
    (found,) = boris_reading.read(tmp_path / name, into(mine)).annotations

    assert found.coder == "anna" and set(found.episodes) == set(mine.episodes) and not found.frames
    assert done.lost == ("Frames that were coded one by one are left out (7): BORIS has events only.",)


def test_boris_finds_every_frame_again(tmp_path):
    times = np.cumsum(np.r_[0, np.full(8999, 1001 / 30000), 2.5, np.full(8999, 1001 / 60000)])
    clip = replace(film(18000), times_s=times)
    mine = saw(
        "anna", clip, *(Episode("AU1", n, n + n % 13) for n in range(0, 17980, 13)), Episode("AU1", 17999, 17999)
    )

    boris_writing.write([mine], tmp_path)

    assert boris_reading.read(tmp_path, into(mine)).annotations[0].episodes == mine.episodes


def test_boris_opens_it(tmp_path, clip):
    """What BORIS reads of a project; START and STOP of a behaviour and its modifiers are by turns."""
    boris_writing.write([everything(clip), everything(clip, coder="ben")], tmp_path)

    project = json.loads((tmp_path / boris.PROJECT).read_text())
    codes = {one["code"] for one in project["behaviors_conf"].values()}
    assert project["project_format_version"] == "7.0" and codes == {"AU1", "AU12", "AU26", "AU43", "AD19"}
    assert [one["name"] for one in project["subjects_conf"].values()] == ["s1"]
    assert list(project["observations"]) == ["s1/clip.mp4 (anna)", "s1/clip.mp4 (ben)"]
    one = project["observations"]["s1/clip.mp4 (anna)"]
    assert one["independent_variables"] == {"sequence": "s1/clip.mp4", "coder": "anna", "scale": "presence"}
    assert {one["label"] for one in project["independent_variables"].values()} == {"sequence", "coder", "scale"}
    assert one["events"][:2] == [[0.0, "s1", "AU12", "left", "apex 102", 0], [0.033, "s1", "AU12", "right", "", 1]]
    assert [event[0] for event in one["events"]] == sorted(event[0] for event in one["events"])
    assert one["media_info"]["length"] == {one["file"]["1"][0]: 0.267}
    lines = (tmp_path / boris.TABLE).read_text().splitlines()
    assert lines[0].endswith("Behavior type,Time,Media file name,Image index,Image file path,Comment")
    assert ",s1,AU12,,left,,START,0.000,/study/s1/clip.mp4,0,NA,apex 102" in lines[1]


def test_what_boris_would_confuse_is_left_out_and_said(tmp_path, clip):
    mine = saw("anna", clip, Episode("AU1", 0, 4), Episode("AU1", 4, 5), Episode("AU1", 6, None), Episode("AU1", 7, 7))

    done = boris_writing.write([mine], tmp_path)

    assert "overlap one of the same action, intensity and side (2)" in done.lost[0]
    assert boris_reading.read(tmp_path, into(mine)).annotations[0].episodes == (mine.episodes[0], mine.episodes[2])


def coded_in_boris(folder, **changes):
    """As a coder makes it in BORIS on Windows."""
    event = [0.034, "", "au12", "Left", "", 1]
    one = {
        "file": {"1": ["C:\\videos\\clip.mp4"], "2": []},
        "type": "MEDIA",
        "time offset": changes.pop("offset", 0.0),
        "events": changes.pop(
            "events", [[0.1, "", "au12", "Left", "smile", 3], event, [0.05, "", "walks", "", "", 1]]
        ),
    }
    behaviours = {"0": {"code": "au12", "type": STATE_EVENT}, "1": {"code": "walks", "type": STATE_EVENT}}
    behaviours["2"] = {"code": "blink", "type": "Point event"}
    path = folder / "Untitled.boris"
    path.write_text(json.dumps({"behaviors_conf": behaviours, "observations": {"first try": one}} | changes))
    return path


STATE_EVENT = "State event with coding map"


def test_what_coders_make_in_boris(tmp_path, clip):
    found = boris_reading.read(coded_in_boris(tmp_path), Into((clip,), Scale.PRESENCE, ("AU12",), "ben"))

    (one,) = found.annotations
    assert one.episodes == (Episode("AU12", 1, 2, side=Side.LEFT),)
    assert found.notes == ("The behaviour 'walks' is passed over (1 events): it is no action.",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"offset": 2.5}, "first try: its film was shifted by 2.5 s"),
        ({"events": [[99.0, "", "au12", "", "", 1]]}, r"event 1: 99\.000 s is not in the film"),
        ({"events": [[0.0, "", "au12", "", "apex 3", 1]]}, "the apex, frame 3, is not between"),
        ({"events": [["x"]]}, "give a project of BORIS"),
        ({"observations": {"a": {"file": {}, "events": [[0, "", "au12", "", "", 1]]}}}, "'a' stands for no sequence"),
        ({"behaviors_conf": None}, "give a project of BORIS"),
    ],
)
def test_mistakes_in_boris(tmp_path, clip, changes, sentence):
    with pytest.raises(DataError, match=sentence):
        boris_reading.read(coded_in_boris(tmp_path, **changes), Into((clip,), Scale.PRESENCE, ("AU12",), "ben"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("clip,AU12,,START,0:00:01", "row 2: the time is '0:00:01': export it in seconds"),
        ("clip,AU9,,START,0.1", "AU9 is not coded in this project"),
        ("film,AU12,,START,0.1", "'film' stands for no sequence"),
    ],
)
def test_mistakes_in_tables_of_events(tmp_path, clip, line, sentence):
    (tmp_path / "x.tsv").write_text(
        f"Observation id,Behavior,Modifier #1,Behavior type,Time\n{line}\n".replace(",", "\t")
    )

    with pytest.raises(DataError, match=sentence):
        boris_reading.read(tmp_path / "x.tsv", Into((clip,), Scale.PRESENCE, ("AU12",), "ben"))


def test_intensities_come_with_a_modifier(tmp_path, clip):
    path = tmp_path / "x.csv"
    path.write_text(
        "Observation id,Behavior,Modifier #1,Behavior type,Time\nclip,AU12,C,START,0\nclip,AU12,C,STOP,0.1\n"
    )
    wanted = Into((clip,), Scale.INTENSITY, ("AU12",), "ben")

    assert boris_reading.read(path, wanted).annotations[0].episodes == (Episode("AU12", 0, 2, value=3),)
    path.write_text(path.read_text().replace(",C,", ",,"))
    with pytest.raises(DataError, match="AU12 has no intensity: give it a modifier A to E"):
        boris_reading.read(path, wanted)


def test_pictures_are_no_film(tmp_path):
    with pytest.raises(DataError, match="faces is no film: its pictures have no times"):
        writing.write([everything(pictures(8))], tmp_path)
    with pytest.raises(DataError, match="and BORIS needs them"):
        boris_writing.write([everything(pictures(8))], tmp_path)
    with pytest.raises(DataError, match="less than 2 ms apart"):
        spans.edges(film(4, rate=1000), "ELAN")
    assert not list(tmp_path.iterdir())
