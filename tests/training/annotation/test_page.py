"""What the page's server answers, and to whom."""

import webbrowser
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from urllib.parse import quote

import pytest

from device.contract.errors import AddressInUseError, ConfigError
from tests.training.annotation.paged import ACTIONS, Page, made_film, made_pictures, made_project, paged
from training.annotation.codebook import read_codebook
from training.annotation.coding import ACTIONS as ALL
from training.annotation.page import keymap
from training.annotation.page.desk import Desk
from training.annotation.page.serving import Server, listen, serve, usual_port
from training.annotation.project import open_project
from training.cli import main


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with made_project(tmp_path / "project") as project, paged(project) as served:
        yield served


def mark(page: Page, place: int, action: str, value: int, **more: object) -> dict[str, object]:
    name = page.desk.names[0]
    mark = {"value": value, "side": more.pop("side", "")} if value else None
    return {"type": "setmark", "sequence": name, "place": place, "action": action, "mark": mark, **more}


def submit(page: Page, place: int) -> dict[str, object]:
    return {"type": "submit", "sequence": page.desk.names[0], "place": place}


def coded(page: Page, place: int) -> dict[str, object]:
    return dict(page.get(f"/api/sequences/0/frames?places={place}").json[str(place)]["coded"])


@pytest.mark.parametrize("path", ["/", "/api/project", "/pictures/0/0", "/static/js/queue.js", "/api/codebook"])
def test_nobody_without_the_link_sees_anything(page: Page, path: str) -> None:
    answer = page.ask("GET", path)
    assert answer.status == 403
    assert "link" in answer.json["error"]
    assert page.ask("GET", path, Cookie=page.cookie()).status == 200


def test_a_link_with_another_secret_opens_nothing(page: Page) -> None:
    answer = page.ask("GET", "/enter?key=guessed")
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)


def test_a_ticket_lets_one_browser_in_and_that_one_again(page: Page) -> None:
    path = f"/enter?key={page.desk.ticket()}"
    first = page.ask("GET", path)
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert (first.status, page.ask("GET", "/api/project", Cookie=cookie).status) == (303, 200)
    assert page.ask("GET", path).status == 403
    assert page.ask("GET", path, Cookie=cookie).status == 303


def test_the_browser_is_opened_with_a_ticket_and_the_secret_is_printed_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: Queue[str] = Queue()
    monkeypatch.setattr(webbrowser, "open", opened.put)
    monkeypatch.setattr(Server, "run", lambda server, sockets: server._ready())
    with made_project(tmp_path / "project") as project:
        desk = Desk(project, project.add("anna"))
        serve(desk, 0)
        assert {opened.get(timeout=20).partition("key=")[2]} == desk.tickets
        assert desk.secret in capsys.readouterr().out


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
    ],
    ids=str,
)
def test_other_sites_and_names_are_not_answered_even_with_the_cookie(page: Page, headers: dict[str, str]) -> None:
    assert page.ask("GET", "/api/project", Cookie=page.cookie(), **headers).status == 403


def test_nothing_is_kept_by_the_browser_and_nothing_comes_from_elsewhere(page: Page) -> None:
    headers = page.get("/pictures/0/0").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "httponly" in page.ask("GET", f"/enter?key={page.desk.secret}").headers["set-cookie"].lower()
    assert "https://" not in page.get("/").body.decode()


def test_what_is_coded_is_there_after_the_program_was_started_again(tmp_path: Path) -> None:
    with made_project(tmp_path / "project") as project, paged(project) as page:
        page.act(mark(page, 2, "AU12", 3, side="left"), submit(page, 2))
        secret = page.desk.secret
    with open_project(tmp_path / "project") as project, paged(project) as page:
        assert page.desk.secret == secret
        found = coded(page, 2)
    assert found["marks"] == {"AU12": [3, "left"]}
    assert found["submitted"] is True


def test_an_act_that_is_sent_twice_is_done_once(page: Page) -> None:
    page.act(mark(page, 0, "AU1", 1))
    page.act(mark(page, 0, "AU4", 2), first=2)
    page.act(mark(page, 0, "AU1", 1), mark(page, 0, "AU4", 2))
    page.act({"type": "undo"}, first=3)
    assert coded(page, 0)["marks"] == {"AU1": [1, ""]}


def test_one_act_that_does_not_fit_stops_no_other(page: Page) -> None:
    answer = page.act(mark(page, 0, "AU1", 1), mark(page, 0, "AU2", 1), mark(page, 0, "AU4", 5)).json
    assert [one["number"] for one in answer["refused"]] == [2]
    assert "does not code 'AU2'" in answer["refused"][0]["error"]
    assert coded(page, 0)["marks"] == {"AU1": [1, ""], "AU4": [5, ""]}


def test_what_was_submitted_is_changed_only_by_an_act_that_says_so(page: Page) -> None:
    page.act(mark(page, 0, "AU1", 1), submit(page, 0))
    refused = page.act(mark(page, 0, "AU1", 2), first=3).json["refused"]
    assert len(refused) == 1
    assert coded(page, 0)["marks"] == {"AU1": [1, ""]}
    page.act(mark(page, 0, "AU1", 2, overwrite=True), first=4)
    assert coded(page, 0)["marks"] == {"AU1": [2, ""]}


def test_undo_says_where_to_look(page: Page) -> None:
    page.act(mark(page, 4, "AU1", 1))
    answer = page.act({"type": "undo"}, first=2).json
    assert answer["went"] == {"sequence": 0, "place": 4, "what": "undone"}
    assert (answer["undo"], answer["redo"] != "") == ("", True)


def test_a_second_window_must_take_over_and_the_first_is_told(page: Page) -> None:
    assert page.send("/api/enter", {"seat": "first"}).status == 200
    taken = page.send("/api/enter", {"seat": "second"})
    assert (taken.status, "another window" in taken.json["error"]) == (409, True)
    assert page.send("/api/enter", {"seat": "second", "take_over": True}).status == 200
    assert page.act(mark(page, 0, "AU1", 1), seat="first").status == 409
    assert coded(page, 0)["marks"] == {}


def test_a_coder_sees_nothing_of_what_another_coded(tmp_path: Path) -> None:
    with made_project(tmp_path / "project") as project:
        with paged(project, "anna") as page:
            page.act(mark(page, 1, "AU12", 3), submit(page, 1))
        with paged(project, "ben") as page:
            assert coded(page, 1)["marks"] == {}
            assert page.get("/api/progress").json["sequences"][0]["submitted"] == 0
            assert page.get("/api/sequences/0").json["status"] == [[0, 6]]
            assert b"anna" not in page.get("/api/project").body


def test_a_coder_reads_no_names_of_folders_where_a_table_names_the_participants(tmp_path: Path) -> None:
    for group in ("autistic", "typical"):
        made_film(tmp_path / "films" / group)
    table = tmp_path / "participants.csv"
    table.write_text("video,participant\nautistic/film.mp4,p-07\ntypical/film.mp4,p-08\n")
    project = made_project(tmp_path / "project", tmp_path / "films", participants=table)
    with project, paged(project) as page:
        rows = page.get("/api/progress").json["sequences"]
        assert [row["title"] for row in rows] == ["p-07, 1", "p-08, 1"]
        assert b"autistic" not in page.get("/api/progress").body
        assert page.get("/api/sequences/0").json["title"] == "p-07, 1"
        assert page.get("/api/sequences/0/frames?places=3").json["3"]["label"] == ""


def test_nor_where_a_picture_is_gone(tmp_path: Path) -> None:
    source, table = made_pictures(tmp_path / "source" / "autism" / "x", 2), tmp_path / "who.csv"
    table.write_text("image,participant\nautism/x,p-01\n")
    with made_project(tmp_path / "project", source.parents[1], participants=table) as project, paged(project) as page:
        (source / "0.png").unlink()
        answer = page.get("/pictures/0/0")
    assert (answer.status, "autism" in answer.json["error"]) == (404, False)


def test_it_resumes_where_the_coder_stopped(page: Page) -> None:
    assert page.get("/api/project").json["resume"] == {"sequence": 0, "place": None}
    page.send("/api/position", {"sequence": 0, "place": 4})
    assert page.get("/api/project").json["resume"] == {"sequence": 0, "place": 4}


def test_how_far_each_frame_is_follows_the_order_of_coding(page: Page) -> None:
    order = page.get("/api/sequences/0").json["order"] or list(range(6))
    page.act(mark(page, order[0], "AU1", 1), submit(page, order[0]), mark(page, order[1], "AU1", 1))
    assert page.get("/api/sequences/0").json["status"] == [[2, 1], [1, 1], [0, 4]]


def test_keys_are_a_coders_own_and_stay(page: Page) -> None:
    data = page.get("/api/keys").json
    assert data["actions"] == {key: keymap.ACTION_KEYS[key] for key in ACTIONS}
    data["actions"]["AU12"], data["commands"]["submit"] = "1", "s"
    page.send("/api/keys", {"keymap": data, "level": 2}, method="PUT")
    assert page.get("/api/keys").json == data
    assert page.get("/api/project").json["level"] == 2
    assert page.get("/api/project").json["delivered"]["actions"]["AU12"] == "a"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/sequences/9", 422), ("/pictures/0/99", 422), ("/nothing", 404), ("/static/../app.py", 404)],
)
def test_what_is_not_there_is_said(page: Page, path: str, status: int) -> None:
    answer = page.get(path)
    assert answer.status == status
    assert answer.json["error"]


def test_a_picture_that_is_gone_is_said_and_the_others_come(tmp_path: Path) -> None:
    source = made_pictures(tmp_path / "pictures")
    with made_project(tmp_path / "project", source) as project, paged(project) as page:
        (source / "3.png").unlink()
        answer = page.get("/pictures/0/3")
        assert (answer.status, "3.png" in answer.json["error"]) == (404, True)
        assert page.get("/pictures/0/2").headers["content-type"].startswith("image/")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"client": 1}'])
def test_what_is_no_request_changes_nothing(page: Page, body: bytes) -> None:
    headers = {"Cookie": page.cookie(), "Content_Type": "application/json"}
    assert page.ask("POST", "/api/acts", body, **headers).status == 400
    assert page.ask("POST", "/api/acts", body, Cookie=page.cookie()).status == 415


def test_every_action_and_command_has_a_key_of_its_own() -> None:
    keys = [*keymap.ACTION_KEYS.values(), *keymap.COMMAND_KEYS.values()]
    shared = {key for key in keys if keys.count(key) > 1}
    assert shared == {",", ".", "m"}  # of frames and of episodes
    assert keymap.ACTION_KEYS.keys() == ALL.keys()


def test_the_codebook_has_words_on_every_action() -> None:
    book = read_codebook()
    assert book.keys() == ALL.keys()
    assert all(len(entry.seen) > 20 and len(entry.confused) > 10 for entry in book.values())


@pytest.mark.parametrize("number", [10**19, 0, -1])
def test_a_number_that_no_page_sends_changes_nothing(page: Page, number: int) -> None:
    assert page.act({"type": "undo"}, first=number).status == 400
    assert page.send("/api/position", {"sequence": 0, "place": number or -1}).status == 400


def test_a_place_beyond_all_numbers_is_refused_and_the_others_are_done(page: Page) -> None:
    answer = page.act(submit(page, 10**19), mark(page, 0, "AU1", 1)).json
    assert [one["number"] for one in answer["refused"]] == [1]
    assert coded(page, 0)["marks"] == {"AU1": [1, ""]}


@pytest.mark.parametrize("path", ["/api/sequences/0/frames?places=²,0", "/pictures/0/0?side=²"])
def test_odd_numbers_in_addresses_are_passed_over(page: Page, path: str) -> None:
    assert page.get(quote(path, safe="/?=,")).status == 200


def test_a_coder_who_is_new_beside_others_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Server, "run", lambda server, sockets: None)
    made_project(tmp_path / "project").close()
    for coder in ("anna", "ana", "anna"):
        assert main(["annotate", str(tmp_path / "project"), "--coder", coder, "--no-browser", "--port", "0"]) == 0
    assert capsys.readouterr().out == "ana is new here, beside anna.\n"


def test_a_port_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_project(tmp_path / "project").close()
    with pytest.raises(SystemExit):
        main(["annotate", str(tmp_path / "project"), "--coder", "anna", "--no-browser", "--port", "65536"])
    assert "must be 0 to 65535" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_and_the_usual_one_stays(page: Page) -> None:
    with pytest.raises(AddressInUseError, match=f"Port {page.port}"):
        listen(page.port)
    assert usual_port(page.desk) == usual_port(page.desk)


def test_a_project_that_is_not_there_wants_a_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["annotate", str(tmp_path / "project"), "--coder", "anna", "--no-browser"])
    assert code == ConfigError.exit_code
    assert "give --source" in capsys.readouterr().err


def test_what_is_fixed_with_a_project_is_not_given_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_project(tmp_path / "project").close()
    words = ["annotate", str(tmp_path / "project"), "--coder", "anna", "--no-browser", "--scale", "presence"]
    assert main(words) == ConfigError.exit_code
    assert "leave --scale out" in capsys.readouterr().err
