"""Callbacks of pages called by hand: everybody may send the dashboard whatever they like, with any ids in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.cloud.dashboard.stack import Stack
from tests.cloud.dashboard.test_patients import last_session, told
from tests.servers import WAIT_S

WHOM = "p-0007"


@contextmanager
def signed_in(stack: Stack, who: str) -> Iterator[httpx.Client]:
    """A client with the cookie of somebody."""
    account = stack.accounts[who]
    with httpx.Client(base_url=stack.url, headers={"Origin": stack.url}, timeout=WAIT_S) as client:
        form = {"email": account.email, "password": account.password}
        assert client.post("/sign-in", data=form).status_code == 303
        yield client


def call(client: httpx.Client, asked: str, **values: Any) -> str:
    """What the callback with the input `asked` ("id.property") answers; other values by id, with `_` for `-`."""
    ids = {name.replace("_", "-"): value for name, value in values.items()}
    found = next(
        one
        for one in client.get("/_dash-dependencies").json()
        if next(f"{each['id']}.{each['property']}" for each in one["inputs"]) == asked
    )

    def filled(group: str) -> list[dict[str, Any]]:
        return [{**each, "value": ids.get(each["id"])} for each in found.get(group, [])]

    names = found["output"].strip(".").split("...")
    outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
    body = {
        "output": found["output"],
        "outputs": outputs if found["output"].startswith("..") else outputs[0],
        "inputs": filled("inputs"),
        "state": filled("state"),
        "changedPropIds": [asked],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.text


def looks(stack: Stack) -> int:
    """How often it was noted that somebody looked at the patient."""
    return sum(told(stack, did, WHOM) for did in ("opened", "session", "compared"))


def by_hand(stack: Stack, what: str) -> tuple[str, dict[str, Any]]:
    """The input and the values of a callback that shows something of the patient."""
    one, other = ("~".join(last_session(stack, WHOM, nth)) for nth in (1, 2))
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "a consent": ("start-patient.value", {"start_patient": WHOM}),
        "notes": ("live-now.data", {"live_now": {"patient": WHOM, "visit": one, "began": 0}}),
        "weeks": ("weeks-measures.value", {"weeks_measures": ["aus.AU12"], "weeks_patient": WHOM}),
        "a session": ("session-measures.value", {"session_measures": ["aus.AU12"], "session_place": one}),
        "two sessions": (
            "compare-measures.value",
            {"compare_measures": ["aus.AU12"], "url": f"?a={one}&b={other}"},
        ),
    }
    return known[what]


@pytest.mark.parametrize("what", ["a consent", "notes", "weeks", "a session", "two sessions"])
def test_who_asks_without_opening_the_page_is_noted_once_before_anything_is_shown(stack: Stack, what: str) -> None:
    """An administrator may read everything, and so would look unseen."""
    asked, values = by_hand(stack, what)
    for who in ("clinician", "admin"):
        with signed_in(stack, who) as client:
            before = looks(stack)
            shown = call(client, asked, **values)
            noted = looks(stack) - before
            assert noted or "There is no such patient among yours" in shown
            call(client, asked, **values)
            assert looks(stack) - before == noted, "and not again for each click"


@pytest.mark.parametrize("what", ["a consent", "notes", "weeks", "a session", "two sessions"])
@pytest.mark.parametrize("who", ["clinician2", "engineer"])
def test_what_is_not_theirs_is_shown_to_nobody_who_asks_by_hand(stack: Stack, what: str, who: str) -> None:
    asked, values = by_hand(stack, what)
    with signed_in(stack, who) as client:
        shown = json.loads(call(client, asked, **values))
    assert shown["response"] == {} or set(shown) == {"multi", "sideUpdate"}
    assert shown["sideUpdate"]["trouble"]["hidden"] is False


def track_of(client: httpx.Client, device: str, session: str) -> httpx.Response:
    return client.get(f"/sessions/{device}/{session}/track.json", headers={"Sec-Fetch-Site": "same-origin"})


def test_the_digital_face_is_for_the_persons_own_clinician_and_each_first_look_is_noted(stack: Stack) -> None:
    device, session = last_session(stack, WHOM)
    with signed_in(stack, "clinician") as client:
        before = told(stack, "session", WHOM)
        answer = track_of(client, device, session)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        found = answer.json()
        assert found["rows"] > 1000 and {"why", "yaw", "AU12"} <= {name for name, *_ in found["columns"]}
        assert WHOM not in answer.text and device not in answer.text
        track_of(client, device, session)
        assert told(stack, "session", WHOM) == before + 1
        assert track_of(client, device, "nothing-here").status_code in (403, 404)
    for who in ("clinician2", "engineer", "admin"):
        with signed_in(stack, who) as client:
            refused = track_of(client, device, session)
            assert (refused.status_code, [*refused.json()]) == (403, ["error"]), who
    assert told(stack, "session", WHOM) == before + 1


def test_of_a_session_whose_consent_was_withdrawn_no_face_is_shown(stack: Stack) -> None:
    whom, visits = next(
        (whom, visits)
        for whom, visits in stack.get("visits").items()
        if any(one.get("why") == "revoked" for events in visits.values() for one in events.values())
    )
    place = next(key for key, events in visits.items() if any(one.get("why") == "revoked" for one in events.values()))
    own = {account for account in ("clinician", "clinician2") if whom in patients_of(stack, account)}
    with signed_in(stack, own.pop()) as client:
        answer = track_of(client, *place.split("~"))
    assert answer.status_code == 404 and "consent to this session was withdrawn" in answer.json()["error"]


def patients_of(stack: Stack, who: str) -> set[str]:
    found = stack.get(f"staff/{stack.accounts[who].uid}/patients")
    return {name for name, is_theirs in found.items() if is_theirs}


def test_script_and_face_are_served_to_who_is_signed_in_and_kept_by_browsers(stack: Stack) -> None:
    with signed_in(stack, "clinician") as client:
        for name, kind in (("viewer.js", "text/javascript"), ("face.glb", "model/gltf-binary")):
            answer = client.get(f"/assets/face/{name}", headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
            assert "immutable" in answer.headers["cache-control"]
        assert client.get("/assets/face/..%2fembed.py").status_code == 404
    with httpx.Client(base_url=stack.url, timeout=WAIT_S) as nobody:
        assert nobody.get("/assets/face/face.glb").status_code == 401


def test_a_tab_that_says_too_much_is_cut_off(stack: Stack) -> None:
    with signed_in(stack, "clinician") as client:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        where = stack.url.replace("http", "ws") + "/socket"
        with connect(where, origin=Origin(stack.url), additional_headers=headers) as tab:
            assert '"now"' in tab.recv(WAIT_S)
            with pytest.raises(ConnectionClosed, match="1009"):
                tab.send("x" * 5_000)
                tab.recv(WAIT_S)
