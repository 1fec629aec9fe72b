"""The player as a part of a page: what stands in it, and what it weighs."""

import json
import re

from cloud.face.embed import packed_face, player, viewer_script
from cloud.face.packed import to_json
from tests.cloud.face.test_packed import fifty_minutes

EVIL = "</script><img src=x onerror=alert(1)><!--"


def test_whatever_stands_in_the_track_is_data() -> None:
    told = json.dumps({"phases": [[EVIL, 0, 1]], "zone": [0, "\u2028"]})
    html = player(told).html
    assert "<img" not in html and html.count("</script") == 3
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html)
    assert data and json.loads(data[1]) == json.loads(told)


def test_one_script_runs_and_a_policy_can_name_it() -> None:
    made = player("{}")
    assert re.findall(r"<script( type=\S+)?", made.html) == [' type="application/json"', ' type="text/plain"', ""]
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", made.script_hash)
    assert player('{"other": 1}').script_hash == made.script_hash


def test_a_page_with_fifty_minutes_of_the_worst_is_less_than_three_and_a_half_megabytes() -> None:
    assert len(viewer_script()) < 650_000 and len(packed_face()) < 1_800_000
    assert len(player(to_json(fifty_minutes())).html) < 3_500_000
