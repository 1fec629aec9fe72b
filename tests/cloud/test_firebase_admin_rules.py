"""`firebase_admin.db` and security rules: an SDK's `databaseAuthVariableOverride`, and rules put by it.

The scenarios of `TestAuthVariableOverride` in firebase-admin-python's `integration/test_db.py`, in our own words. That
file itself runs where FIREBASE_ADMIN_SOURCE names a checkout of the project.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

firebase_admin = pytest.importorskip("firebase_admin")
from firebase_admin import db, exceptions  # noqa: E402  only if installed

from cloud.local.evaluator import NODE_MODULES  # noqa: E402
from tests.servers import Server  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules")

CLOSED = {"rules": {".read": False, ".write": False}}
RULES = {
    "rules": {
        "notes": {"$owner": {".read": "auth !== null", ".write": "auth.uid === $owner"}},
        "notice": {".read": True},
    }
}
DATA = {"notes": {"ada": "hers", "bea": "hers too"}, "notice": "to all", "till": 9}
OWNER = {"Authorization": "Bearer owner"}
EVERYBODY = {"databaseURL": "https://shop.firebaseio.com"}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    """The address of a database with closed rules, which the tests replace."""
    assert NODE_MODULES.is_dir(), "`make rules-evaluator` has not been run"
    folder = tmp_path_factory.mktemp("ruled")
    (folder / "closed.json").write_text(json.dumps(CLOSED))
    server = Server(folder, "--rules", str(folder / "closed.json"))
    yield server.url
    assert server.end() == (0, "")


@pytest.fixture
def as_user(ruled, monkeypatch):
    """`as_user(PATH)` is the admin's reference, `as_user(PATH, auth)` that of who is treated as `auth`."""
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", urlsplit(ruled).netloc)
    apps = []

    def reference(path, *auth):
        options = EVERYBODY | ({"databaseAuthVariableOverride": auth[0]} if auth else {})
        apps.append(firebase_admin.initialize_app(None, options, f"ruled-{next(_numbers)}"))
        return db.reference(path, apps[-1])

    admin = reference("/")
    admin._client.request("put", "/.settings/rules.json", json=RULES)
    admin.set(DATA)
    yield reference
    for app in apps:
        firebase_admin.delete_app(app)


def denied(ask, *arguments):
    with pytest.raises(exceptions.UnauthenticatedError) as refusal:
        ask(*arguments)
    return str(refusal.value) == "Permission denied"


def test_the_admin_is_above_the_rules(as_user):
    assert as_user("till").get() == 9
    as_user("till").set(10)
    assert as_user("till").get() == 10


def test_a_user_is_denied_what_no_rule_allows(as_user):
    till = as_user("till", {"uid": "ada"})
    assert denied(till.get)
    assert denied(till.set, 0)
    assert as_user("till").get() == 9


def test_a_user_reads_what_is_anothers_and_writes_what_is_theirs(as_user):
    others = as_user("notes/bea", {"uid": "ada"})
    assert others.get() == "hers too"
    assert denied(others.set, "mine")
    own = as_user("notes/ada", {"uid": "ada"})
    own.set("changed")
    assert own.get() == "changed"


def test_an_update_is_denied_as_a_whole(as_user):
    assert denied(as_user("notes", {"uid": "ada"}).update, {"ada": "mine", "bea": "mine"})
    assert as_user("notes").get() == DATA["notes"]


def test_a_query_needs_the_right_to_read_all_of_it(as_user):
    assert denied(as_user("notes", {"uid": "ada"}).order_by_key().limit_to_first(2).get)


def test_nobody_reads_what_is_for_all_and_nothing_else(as_user):
    assert as_user("notice", None).get() == "to all"
    assert denied(as_user("notes/ada", None).get)
    assert denied(as_user("notice", None).set, "mine")


def test_the_rules_in_force_can_be_read_and_replaced(as_user):
    client = as_user("/")._client
    assert client.body("get", "/.settings/rules.json", params="format=strict") == RULES
    client.request("put", "/.settings/rules.json", json=CLOSED)
    assert client.body("get", "/.settings/rules.json") == CLOSED
    assert denied(as_user("notice", None).get)


def test_rules_that_do_not_parse_are_refused_and_the_old_ones_stay(as_user):
    client = as_user("/")._client
    with pytest.raises(exceptions.InvalidArgumentError):
        client.request("put", "/.settings/rules.json", json={"rules": {".read": "auth ==="}})
    assert client.body("get", "/.settings/rules.json") == RULES
    assert as_user("notice", None).get() == "to all"


def test_only_the_admin_sees_and_changes_the_rules(ruled, as_user):
    address = f"{ruled}/.settings/rules.json"
    assert httpx.get(address).status_code == 401
    assert httpx.put(address, json=CLOSED).status_code == 401
    override = {"auth_variable_override": '{"uid":"ada"}'}
    assert httpx.put(address, json=CLOSED, headers=OWNER, params=override).status_code == 401
    assert httpx.delete(address, headers=OWNER).status_code == 405
    assert as_user("notice", None).get() == "to all"


def test_an_override_is_the_owners_alone(ruled, as_user):
    own, override = f"{ruled}/notes/ada.json", {"ns": "shop", "auth_variable_override": '{"uid":"ada"}'}
    assert httpx.get(own, params=override, headers=OWNER).json() == "hers"
    assert httpx.get(own, params=override).status_code == 401
    assert httpx.get(own, params=override | {"auth_variable_override": "ada"}, headers=OWNER).status_code == 400


def test_without_rules_they_can_be_read_and_not_replaced(server):
    address = f"{server.url}/.settings/rules.json"
    assert httpx.get(address, headers=OWNER).json() == {"rules": {".read": True, ".write": True}}
    refused = httpx.put(address, json=RULES, headers=OWNER)
    assert (refused.status_code, "--rules" in refused.json()["error"]) == (400, True)


@pytest.mark.skipif("FIREBASE_ADMIN_SOURCE" not in os.environ, reason="no FIREBASE_ADMIN_SOURCE: no checkout to run")
def test_firebase_admin_pythons_own_integration_tests_pass(ruled):
    source = Path(os.environ["FIREBASE_ADMIN_SOURCE"])
    environment = os.environ | {"FIREBASE_DATABASE_EMULATOR_HOST": urlsplit(ruled).netloc}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "integration/test_db.py"]
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
