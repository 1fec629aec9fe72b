"""A command to several boxes, from the first that is sent to the last answer: what the engineer is told of each."""

import json

import pytest

from cloud.dashboard.fleet import rollout
from cloud.dashboard.fleet.rollout import At, Rollout, Step
from device.contract.fields import Json

NOW = 1_700_000_000_000
IDLE: Json = {"version": "0.4.0", "state": "idle"}


class Boxes:
    """What each box says, and a rollout that looks at it."""

    def __init__(self, *devices: str, do: str = "update", staged: bool = True, at_once: int = 2) -> None:
        steps = tuple(Step(device) for device in devices)
        self.rollout = Rollout("r1", do, "erin", "Erin", NOW, at_once, staged, steps, "visit")
        self.says = {device: dict(IDLE) for device in devices}
        self.now = NOW

    def send(self) -> list[str]:
        """Send what is due."""
        devices = rollout.due(self.rollout)
        for device in devices:
            self.rollout = rollout.sent(self.rollout, device, f"c-{device}", self.says[device], self.now)
        return devices

    def hears(self, device: str, answer: str = "The update is asked for.", done: bool = True, **more: object) -> None:
        """The box answers its command."""
        self.says[device] |= {"control": {"id": f"c-{device}", "answer": answer, "done": done}} | more
        self.look()

    def updates(self, device: str, state: str, version: str = "0.5.0") -> None:
        """The box says how far its update is."""
        self.says[device] |= {"update": {"version": version, "state": state, "text": f"{version}: {state}"}}
        if state == "done":
            self.says[device]["version"] = version
        self.look()

    def look(self, later_ms: int = 1000) -> None:
        self.now += later_ms
        self.rollout = rollout.observed(self.rollout, lambda device: self.says[device], self.now)

    def at(self, device: str) -> At:
        return next(step.at for step in self.rollout.steps if step.device == device)


def test_one_box_goes_first_and_the_others_when_it_has_proved_itself() -> None:
    boxes = Boxes("a", "b", "c", "d")
    assert boxes.send() == ["a"]
    assert boxes.send() == []
    boxes.hears("a")
    assert boxes.at("a") is At.HEARD
    for state, at in (("asked", At.INSTALLING), ("fetching", At.INSTALLING), ("trying", At.PROVING)):
        boxes.updates("a", state)
        assert (boxes.at("a"), boxes.send()) == (at, [])
    boxes.updates("a", "done")
    assert boxes.at("a") is At.DONE
    assert boxes.send() == ["b", "c"], "no more than two at once"
    boxes.hears("b")
    boxes.updates("b", "trying")
    boxes.updates("b", "done")
    assert boxes.send() == ["d"]


@pytest.mark.parametrize("ends", ["back", "refused"])
def test_where_the_first_does_not_prove_itself_the_others_are_not_begun(ends: str) -> None:
    boxes = Boxes("a", "b", "c")
    boxes.send()
    boxes.hears("a")
    boxes.updates("a", "fetching")
    boxes.updates("a", ends)
    assert boxes.send() == []
    assert [boxes.at(device) for device in "bc"] == [At.LEFT, At.LEFT]
    assert boxes.rollout.is_over
    assert "a came first" in boxes.rollout.stopped and "other 2 were not begun" in boxes.rollout.stopped


def test_a_box_in_a_session_refuses_and_says_so() -> None:
    boxes = Boxes("a", "b", staged=False)
    assert boxes.send() == ["a", "b"]
    boxes.hears("a", "Somebody is watched: end the session first.", done=False)
    boxes.hears("b")
    assert boxes.at("a") is At.REFUSED
    assert boxes.rollout.steps[0].text == "Somebody is watched: end the session first."
    assert boxes.at("b") is At.HEARD, "one that refuses stops nobody"


def test_a_box_that_is_away_has_no_answer_once_it_would_not_obey_any_more() -> None:
    boxes = Boxes("a", staged=False)
    boxes.send()
    boxes.look(rollout.HEARD_MS)
    assert boxes.at("a") is At.SENT, "it may have heard it, and report later"
    boxes.look(60_001)
    assert boxes.at("a") is At.NO_ANSWER


def test_the_end_of_an_earlier_update_is_not_taken_for_this_one() -> None:
    boxes = Boxes("a", staged=False)
    boxes.says["a"] |= {"update": {"version": "0.4.0", "state": "done", "text": "0.4.0 runs."}}
    boxes.send()
    boxes.hears("a")
    assert boxes.at("a") is At.HEARD
    boxes.look(rollout.ENDS_MS + 1)
    assert boxes.at("a") is At.NO_END


def test_a_box_that_was_rolled_back_before_and_refuses_now_is_shown_as_refusing() -> None:
    boxes = Boxes("a", staged=False)
    boxes.says["a"] |= {"update": {"version": "0.5.0", "state": "back", "text": "0.4.0 runs again."}}
    boxes.send()
    boxes.hears("a", "Somebody is watched.", done=False)
    assert (boxes.at("a"), boxes.rollout.steps[0].text) == (At.REFUSED, "Somebody is watched.")


def test_an_update_that_is_rolled_back_while_its_command_counts_as_not_done() -> None:
    boxes = Boxes("a", staged=False)
    boxes.send()
    boxes.hears("a")
    boxes.updates("a", "trying")
    boxes.updates("a", "back")
    boxes.hears("a", "0.4.0 runs again.", done=False)
    assert boxes.at("a") is At.BACK


def test_an_update_that_went_on_while_nobody_looked_is_found_at_its_end() -> None:
    boxes = Boxes("a", staged=False)
    boxes.send()
    boxes.says["a"] |= {"control": {"id": "c-a", "answer": "asked for", "done": True}}
    boxes.updates("a", "done")
    assert boxes.at("a") is At.DONE


def test_a_doctor_run_is_over_with_its_answer() -> None:
    boxes = Boxes("a", "b", do="doctor", staged=False)
    boxes.send()
    boxes.look()
    assert boxes.at("a") is At.SENT
    boxes.hears("a", "2 of 14 need attention: disk, clock.")
    assert (boxes.at("a"), boxes.rollout.steps[0].text) == (At.DONE, "2 of 14 need attention: disk, clock.")


def test_who_stops_it_leaves_alone_what_is_under_way() -> None:
    boxes = Boxes("a", "b", "c", staged=False)
    boxes.send()
    boxes.rollout = rollout.stop(boxes.rollout, "Erin stopped it.", boxes.now)
    assert boxes.at("c") is At.LEFT and boxes.send() == []
    boxes.hears("a")
    boxes.updates("a", "done")
    assert boxes.at("a") is At.DONE


def test_a_rollout_that_was_kept_is_driven_by_nobody_and_told_as_before() -> None:
    boxes = Boxes("a", "b")
    boxes.send()
    kept = rollout.of_json(json.loads(json.dumps(rollout.to_json(boxes.rollout))))
    assert rollout.due(kept) == [] and kept.visit == ""
    assert kept.steps == boxes.rollout.steps
    with pytest.raises((TypeError, KeyError, ValueError)):
        rollout.of_json({"steps": [{"device": "a", "at": "in the clouds"}]})


def test_telemetry_of_an_unknown_form_is_no_news() -> None:
    boxes = Boxes("a", staged=False)
    boxes.send()
    boxes.says["a"] = {"control": "heard", "update": [1, 2]}
    boxes.look()
    assert boxes.at("a") is At.SENT
