"""A database that enforces the rules, and the identity of a box that is let in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud import rules
from device.contract.enrolment import claims, uid
from device.delivery.identity import Identity, save
from tests.e2e.enrolled import DEVICE, unsigned
from tests.identity_service import API_KEY, REFRESH_TOKEN, IdentityService
from tests.servers import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    file = Path(rules.__file__).parents[1] / "database.rules.json"
    server = Server(tmp_path / "database", "--rules", str(file))
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.fixture
def identity_file(tmp_path: Path, identity_service: IdentityService, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The identity of a box whose tokens bear the claims of its account, unsigned, as emulators take them."""
    answer = identity_service.answer

    def with_claims(path: str, body: str) -> tuple[int, str]:
        status, text = answer(path, body)
        if status != 200:
            return status, text
        return status, json.dumps(json.loads(text) | {"id_token": unsigned(claims(DEVICE) | {"sub": uid(DEVICE)})})

    monkeypatch.setattr(identity_service, "answer", with_claims)
    path = tmp_path / "identity.json"
    save(Identity(DEVICE, "http://127.0.0.1", API_KEY, REFRESH_TOKEN), path)
    return path
