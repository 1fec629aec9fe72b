"""A session's report, downloaded from its page."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.cloud.dashboard.stack import Stack
from tests.cloud.dashboard.test_by_hand import call, signed_in
from tests.cloud.dashboard.test_patients import last_session, told
from tests.servers import WAIT_S

WHOM = "p-0007"
pytestmark = pytest.mark.pages


def made(client: httpx.Client, kind: str, place: str) -> dict[str, Any]:
    client.timeout = httpx.Timeout(3 * WAIT_S)
    answer = json.loads(call(client, f"report-{kind}.n_clicks", **{f"report_{kind}": 1, "session_place": place}))
    found: dict[str, Any] = answer["response"]
    return found


@pytest.mark.parametrize(("kind", "begins"), [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF")])
def test_a_report_is_downloaded_and_noted(stack: Stack, kind: str, begins: bytes) -> None:
    place, before = "~".join(last_session(stack, WHOM, 1)), told(stack, "exported", WHOM)
    with signed_in(stack, "clinician") as client:
        found = made(client, kind, place)
    file = found["report-file"]["data"]
    content = base64.b64decode(file["content"])
    assert content.startswith(begins)
    assert file["filename"].startswith("report-") and file["filename"].endswith(f".{kind}")
    assert kind == "pdf" or f"Session of {WHOM}".encode() in content
    assert "was sent to your downloads" in found["report-progress"]["children"]
    assert told(stack, "exported", WHOM) == before + 1
