"""Who never sees a person's own movement: who watches live, the room's page, telemetry, metrics and the log."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.arrays import ByteImage
from device.contract import status, telemetry
from device.contract.fields import Json
from device.contract.manifest import open_bundle
from device.models import Models
from device.observation import Observation
from device.pipeline import Pipeline
from device.recorder import to_json
from device.runtime.model import Model
from device.service.afar import Afar
from device.service.glimpse import glimpse_of
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.personal import PersonalReader
from device.summary import Summary
from tests.cloud import rules_cases
from tests.personal_bundles import personal_bundle


@pytest.fixture
def seen(models: Models, portrait: ByteImage, tmp_path: Path) -> Iterator[list[Observation]]:
    """The portrait, without and with a bundle that watches it."""
    with PersonalReader(Model(open_bundle(personal_bundle(tmp_path), lambda *_: None))) as own:
        yield [Pipeline(models, Settings(), own=one)(Frame(portrait, 0, 0.0)) for one in (None, own)]


def recorded(seen: Observation) -> Json:
    return rules_cases.record() | to_json(seen, {"emotions": "face-1.0.0", "aus": "face-1.0.0"}) | {"ms": seen.ms}


def test_the_page_of_the_room_is_drawn_the_same(seen: list[Observation]) -> None:
    without, watched = (glimpse_of(one, Settings()) for one in seen)
    assert seen[1].personal is not None and without == watched


def test_the_log_and_telemetry_are_told_the_same(seen: list[Observation]) -> None:
    told = []
    for observation in seen:
        summary = Summary()
        summary.hear(recorded(observation))
        told.append((summary.line(None, of_the_person=True), summary.ms.keys(), summary.stages.keys(), summary.last))
    assert "personal" not in json.dumps([list(part) for part in told[1][:3]], default=list)
    assert "personal" not in told[1][3] and "personal" not in told[1][3]["models"]
    assert told[0][1] == told[1][1] and told[0][2] == told[1][2]
    known = {field.path for field in telemetry.FIELDS}
    assert {f"ms.{stage}" for stage in told[1][1]} <= known, "else the database would refuse the box's state"


def test_the_stages_come_to_the_whole_as_they_do_without(seen: list[Observation]) -> None:
    costs = {"detect": 2.0, "align": 1.0, "read": 3.0, "personal": 5.0, "interpret": 0.5, "total": 11.5}
    summary = Summary()
    summary.hear(recorded(seen[1]) | {"ms": costs})
    assert summary.ms == {"detect": 2.0, "align": 1.0, "read": 8.0, "interpret": 0.5, "total": 11.5}
    summary.hear(recorded(seen[0]) | {"ms": summary.ms})
    assert summary.stages["read"] == 16.0


def test_who_watches_from_afar_is_sent_none_of_it(seen: list[Observation]) -> None:
    sent: list[Json] = []
    live: Any = SimpleNamespace(hear=sent.append)
    Afar(live=live).hear(recorded(seen[1]), agreed_s=0.0)
    (shown,) = sent
    assert shown["aus"] and not {"personal"} & (shown.keys() | shown["models"].keys() | shown["ms"].keys())


def test_the_state_of_a_box_has_no_place_for_it() -> None:
    fields = (*telemetry.FIELDS, *status.FIELDS)
    assert [field.path for field in fields if "personal" in field.path] == []
