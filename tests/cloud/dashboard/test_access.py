"""Signing in and out, as a browser does it: over HTTP, on a real socket, on a database with its rules."""

import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cloud.dashboard.access import totp
from cloud.dashboard.access.visits import Limits
from tests.cloud.dashboard.standing import PASSWORD, Standing, standing
from tests.cloud.test_rules import FILE, needs_node
from tests.servers import Server

pytestmark = needs_node
PAGE = {"Accept": "text/html"}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    yield server.url
    server.end()


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Standing]:
    """A dashboard with three people."""
    with standing(tmp_path_factory.mktemp("stood"), f"{database}?ns=access") as stood:
        stood.person("anna", "clinician", "Anna")
        stood.person("bert", "clinician", "Bert")
        stood.person("adam", "admin")
        yield stood


@pytest.fixture
def alone(tmp_path: Path, database: str) -> Iterator[Standing]:
    """A dashboard of the test's own, with nobody."""
    with standing(tmp_path, f"{database}?ns=alone-{next(_numbers)}") as alone:
        yield alone


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_whoever_signs_in_gets_where_they_were_going(stood: Standing) -> None:
    with stood.client() as browser:
        away = browser.get("/patients/p-0042?week=3", headers=PAGE)
        assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Fpatients%2Fp-0042%3Fweek%3D3")
        form = browser.get(away.headers["location"])
        assert 'value="/patients/p-0042?week=3"' in form.text and form.status_code == 200
        went = stood.sign_in(browser, "anna@clinic.example", next="/patients/p-0042?week=3")
        assert (went.status_code, went.headers["location"]) == (303, "/patients/p-0042?week=3")
        assert browser.get("/").headers["location"] == "/live"
        assert browser.get("/_dash-layout").status_code == 200


def test_the_first_account_needs_the_phrase_that_was_printed_and_only_once(alone: Standing) -> None:
    phrase = alone.identity.first_phrase()
    asked = {"email": "Frieda@clinic.example", "name": "Frieda", "password": PASSWORD, "again": PASSWORD}
    with alone.client() as browser, alone.client() as other:
        assert browser.get("/sign-in").headers["location"] == "/first"
        assert browser.get("/first").status_code == 200
        refused = browser.post("/first", data={**asked, "phrase": "k7mq-x2vd-9hta"})
        assert refused.status_code == 403 and "not the pass-phrase" in refused.text
        assert alone.read("staff") is None
        made = browser.post("/first", data={**asked, "phrase": phrase.upper()})
        assert (made.status_code, made.headers["location"]) == (303, "/")
        assert list(alone.read("staff").values()) == [{"role": "admin", "name": "Frieda"}]
        assert browser.get("/").headers["location"] == "/staff"
        assert other.post("/first", data={**asked, "phrase": phrase}).headers["location"] == "/sign-in"
        assert alone.identity.first_phrase() == ""


def test_a_first_account_that_the_database_does_not_take_is_none(tmp_path: Path) -> None:
    with standing(tmp_path, "http://127.0.0.1:9?ns=x") as stood, stood.client() as browser:
        asked = {"email": "f@clinic.example", "password": PASSWORD, "again": PASSWORD}
        answer = browser.post("/first", data={**asked, "phrase": stood.identity.first_phrase()})
        assert answer.status_code == 503 and "does not take the first account" in answer.text
        assert stood.identity.users.all() == [] and stood.identity.first_phrase()


def test_nobody_signs_in_while_the_database_is_away_and_is_told_why(tmp_path: Path) -> None:
    with standing(tmp_path, "http://127.0.0.1:9?ns=x") as stood, stood.client() as browser:
        stood.identity.users.add("anna@clinic.example", PASSWORD)
        answer = stood.sign_in(browser, "anna@clinic.example")
        assert answer.status_code == 503 and "The database at 127.0.0.1 cannot be reached" in answer.text
        assert not browser.cookies


def test_a_wrong_password_and_a_wrong_email_are_told_in_the_same_words(stood: Standing) -> None:
    with stood.client() as browser:
        wrong = stood.sign_in(browser, "anna@clinic.example", "four other words here")
        nobody = stood.sign_in(browser, "zora@clinic.example", "four other words here")
    assert wrong.status_code == nobody.status_code == 403
    assert "E-mail or password is wrong." in wrong.text
    assert wrong.text.replace("anna@", "zora@") == nobody.text


def test_many_wrong_passwords_wait_even_all_at_once_and_for_nobody_too(alone: Standing) -> None:
    alone.person("anna")
    for email in ("anna@clinic.example", "zora@clinic.example"):
        answers: list[httpx.Response] = []

        def try_one(email: str = email, answers: list[httpx.Response] = answers) -> None:
            with alone.client() as browser:
                answers.append(alone.sign_in(browser, email, "four other words here"))

        threads = [threading.Thread(target=try_one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 4 and len(answers) == 8
        assert all(re.search(r"wait \d+ s and try again", answer.text) for answer in refused)


def test_the_cookie_is_new_at_sign_in_and_the_old_one_worth_nothing(stood: Standing) -> None:
    name = stood.place.cookie
    with stood.client() as browser, stood.client() as thief:
        browser.cookies.set(name, "planted-by-somebody-else", domain="127.0.0.1", path="/")
        stood.sign_in(browser, "anna@clinic.example")
        first = browser.cookies[name]
        assert first != "planted-by-somebody-else" and len(first) == 43
        answer = stood.sign_in(browser, "anna@clinic.example")
        thief.cookies.set(name, first)
        assert thief.get("/_dash-layout").status_code == 401
        set_cookie = answer.headers["set-cookie"]
        assert all(part in set_cookie for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=46800"))


def test_signing_out_ends_the_visit_on_the_server_and_empties_the_browser(stood: Standing) -> None:
    with stood.client() as browser, stood.client() as thief:
        stood.sign_in(browser, "anna@clinic.example")
        thief.cookies.update(browser.cookies)
        out = browser.post("/sign-out")
        assert out.headers["location"] == "/sign-in" and out.headers["clear-site-data"] == '"cache", "storage"'
        assert not browser.cookies
        assert thief.get("/_dash-layout").status_code == 401


def test_signing_out_everywhere_ends_the_others(stood: Standing) -> None:
    with stood.client() as one, stood.client() as two, stood.client() as bert:
        for browser, email in ((one, "anna"), (two, "anna"), (bert, "bert")):
            stood.sign_in(browser, f"{email}@clinic.example")
        one.post("/sign-out-everywhere")
        assert [b.get("/_dash-layout").status_code for b in (one, two, bert)] == [401, 401, 200]
        assert "You signed out everywhere" in two.get("/sign-in").text


def test_changing_the_password_ends_other_visits_and_wants_the_old_one(stood: Standing) -> None:
    email = stood.person("pchangin")
    new = "quite another four words"
    with stood.client() as browser, stood.client() as other:
        stood.sign_in(browser, email)
        stood.sign_in(other, email)
        wrong = browser.post("/password", data={"current": "four other words here", "password": new, "again": new})
        assert wrong.status_code == 403 and "is wrong" in wrong.text
        weak = browser.post(
            "/password", data={"current": PASSWORD, "password": "affectbox123456", "again": "affectbox123456"}
        )
        assert weak.status_code == 403 and "this program" in weak.text
        differs = browser.post("/password", data={"current": PASSWORD, "password": new, "again": new + "x"})
        assert "differ" in differs.text
        before = browser.cookies[stood.place.cookie]
        assert browser.post("/password", data={"current": PASSWORD, "password": new, "again": new}).status_code == 303
        assert browser.get("/_dash-layout").status_code == 200 and browser.cookies[stood.place.cookie] != before
        assert other.get("/_dash-layout").status_code == 401
        assert stood.sign_in(other, email).status_code == 403
        assert stood.sign_in(other, email, new).status_code == 303


def test_a_password_that_an_admin_set_is_changed_before_anything_else(stood: Standing) -> None:
    email = stood.person("papassw")
    temporary = stood.run(stood.identity.reset("papassw"))
    new = "quite another four words"
    with stood.client() as browser:
        assert stood.sign_in(browser, email, temporary, next="/patients").headers["location"] == "/password"
        assert browser.get("/patients", headers=PAGE).headers["location"].startswith("/password")
        assert browser.get("/_dash-layout").status_code == 401
        browser.post("/password", data={"current": temporary, "password": new, "again": new})
        assert browser.get("/_dash-layout").status_code == 200


def test_a_code_of_an_app_is_asked_for_and_good_once(stood: Standing) -> None:
    email = stood.person("pacode")
    with stood.client() as browser, stood.client() as other:
        stood.sign_in(browser, email)
        shown = browser.get("/authenticator").text
        secret = "".join(re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', shown)[1].split())  # type: ignore[index]
        now = int(__import__("time").time() // totp.STEP_S)
        refused = browser.post("/authenticator", data={"code": "000000", "password": PASSWORD})
        assert refused.status_code == 403
        turned = browser.post("/authenticator", data={"code": totp.code(secret, now), "password": PASSWORD})
        assert "for the next sign-in" in turned.text
        asked = stood.sign_in(other, email, next="/patients")
        assert asked.headers["location"] == "/code" and other.get("/_dash-layout").status_code == 401
        assert "authenticator app shows" in text(other.get("/code").text)
        assert other.post("/code", data={"code": totp.code(secret, now)}).status_code == 403  # used already
        entered = other.post("/code", data={"code": totp.code(secret, now + 1)})
        assert entered.headers["location"] == "/patients" and other.get("/_dash-layout").status_code == 200


def test_who_does_nothing_for_a_while_types_the_password_again_and_stays_where_they_were(
    tmp_path: Path, database: str
) -> None:
    with standing(tmp_path, f"{database}?ns=idle", limits=Limits(idle_s=1.0)) as stood, stood.client() as browser:
        email = stood.person("anna", name="Anna")
        stood.sign_in(browser, email)
        visit = stood.visits.of("anna")[0]
        stood.run(visit.closed.wait())
        assert visit.locked
        told = browser.get("/_dash-layout", headers={"Sec-Fetch-Dest": "empty"})
        assert told.status_code == 401 and told.json()["to"] == "/locked"
        assert browser.get("/patients", headers=PAGE).headers["location"] == "/locked?next=%2Fpatients"
        page = browser.get("/locked?next=%2Fpatients")
        assert "Anna" in text(page.text) and 'value="/patients"' in page.text
        assert browser.get("/sign-in?next=/patients").headers["location"] == "/locked?next=%2Fpatients"
        assert browser.post("/locked", data={"password": "four other words here"}).status_code == 403
        back = browser.post("/locked", data={"password": PASSWORD, "next": "/patients"})
        assert back.headers["location"] == "/patients" and browser.get("/_dash-layout").status_code == 200


def test_a_visit_ends_after_its_longest_time_however_busy(tmp_path: Path, database: str) -> None:
    limits = Limits(longest_s=1.0, check_s=0.2)
    with standing(tmp_path, f"{database}?ns=longest", limits=limits) as stood, stood.client() as browser:
        stood.sign_in(browser, stood.person("anna"))
        stood.run(stood.visits.of("anna")[0].closed.wait())
        assert browser.get("/_dash-layout").status_code == 401
        assert "signed in for long" in browser.get("/sign-in").text


@pytest.mark.parametrize("change", ["disabled", "role", "erased"])
def test_a_disabled_account_and_a_changed_role_end_the_visit_at_the_next_look(
    tmp_path: Path, database: str, change: str
) -> None:
    place = f"{database}?ns=ended-{change}"
    with standing(tmp_path, place, limits=Limits(check_s=0.2)) as stood, stood.client() as browser:
        email = stood.person("anna")
        stood.person("bert")
        stood.sign_in(browser, email)
        visit = stood.visits.of("anna")[0]
        if change == "disabled":
            stood.identity.users.set_disabled("anna", True)
        elif change == "erased":
            stood.identity.users.remove("anna")
        else:
            stood.seed("staff/anna/role", "engineer")
        stood.run(visit.closed.wait())
        assert browser.get("/_dash-layout").status_code == 401
        why = {"disabled": "was disabled", "role": "role was changed", "erased": "no such account"}[change]
        assert why in browser.get("/sign-in").text
        again = stood.sign_in(browser, email)
        assert again.status_code == (303 if change == "role" else 403)


def test_patients_that_are_given_and_taken_are_known_at_the_next_look(tmp_path: Path, database: str) -> None:
    with standing(tmp_path, f"{database}?ns=marks") as stood, stood.client() as browser:
        stood.sign_in(browser, stood.person("anna", patients={"p-0042": True}, devices={"box-1": True}))
        visit = stood.visits.of("anna")[0]
        assert (visit.person.patients, visit.person.devices) == ({"p-0042"}, {"box-1"})
        stood.seed("staff/anna/patients", {"p-0043": True})
        visit.checked_s = -1000.0
        stood.run(stood.visits.look())
        assert visit.person.patients == {"p-0043"} and not visit.closed.is_set()


def test_signing_in_is_noted_with_the_persons_own_token(stood: Standing) -> None:
    stood.seed("audit", None)
    with stood.client() as browser:
        stood.sign_in(browser, "anna@clinic.example")
    entries = [entry for month in stood.read("audit").values() for entry in month.values()]
    assert [(entry["by"], entry["did"]) for entry in entries] == [("anna", "signed_in")]
