"""What the page's server answers about contact sheets, and about the review of two coders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.annotation.paged import ACTIONS, Json, Page, made_project, paged
from training.annotation.coding import AGREED, Annotations, Coded, Mark
from training.annotation.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made_project(tmp_path / "project") as made:
        yield made


@pytest.fixture
def page(project: Project) -> Iterator[Page]:
    with paged(project) as served:
        assert served.send("/api/enter", {"seat": "here"}).status == 200
        yield served


def judge(page: Page, action: str, **values: int) -> Json:
    marks = {place.removeprefix("at"): {"value": value, "side": ""} for place, value in values.items()}
    return {"type": "judge", "sequence": page.desk.names[0], "action": action, "marks": marks}


def places(page: Page, query: str) -> list[int]:
    return list(page.get(f"/api/sheets/0?{query}").json["places"])


def test_a_sheet_of_one_action_shows_what_is_open_for_it_in_the_projects_order(page: Page) -> None:
    order = page.desk.project.order(page.desk.names[0]).tolist()
    assert places(page, "action=AU12") == order
    assert page.act(judge(page, "AU12", at2=0, at4=3)).json["refused"] == []
    assert places(page, "action=AU12") == [place for place in order if place not in (2, 4)]
    assert places(page, "action=AU1") == order
    assert places(page, "action=AU12&showing=strongest") == [4, 2]


def test_a_picture_judged_for_every_action_is_submitted(page: Page) -> None:
    page.act(*(judge(page, action, at3=1) for action in ACTIONS))
    found = page.get("/api/sheets/0?action=").json
    assert (3 in found["places"], found["done"]) == (False, 1)
    assert found["sequence"]["title"] == page.desk.titles[0]
    assert page.get("/api/sequences/0/frames?places=3").json["3"]["coded"]["submitted"] is True


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/sheets/0?action=AU99", "does not code 'AU99'"),
        ("/api/sheets/0?showing=weakest", "cannot show 'weakest'"),
        ("/api/sheets/7?action=AU1", "no sequence 7"),
    ],
)
def test_what_a_sheet_cannot_show_is_said(page: Page, path: str, words: str) -> None:
    answer = page.get(path)
    assert answer.status == 422
    assert words in answer.json["error"]


def put(project: Project, coder: str, rows: list[dict[str, int]]) -> None:
    sequence = project.sequence(project.entries()[0].name)
    absent = {action: Mark(0) for action in ACTIONS}
    frames = {
        place: Coded(absent | {key: Mark(value) for key, value in row.items()}, submitted=True)
        for place, row in enumerate(rows)
    }
    project.put(coder, Annotations(sequence, coder, project.scale, project.actions, frames))


@pytest.fixture
def review(project: Project) -> Iterator[Page]:
    put(project, "anna", [{"AU12": 3}, {"AU1": 1}, {}, {"AU4": 2}])
    put(project, "bert", [{"AU12": 3}, {"AU1": 5}, {"AU25": 1}])
    with paged(project, AGREED, review=("anna", "bert")) as served:
        served.send("/api/enter", {"seat": "here"})
        yield served


def test_the_review_lists_what_two_coders_disagree_on_largest_first(review: Page) -> None:
    found: dict[str, Any] = review.get("/api/review").json
    assert found["coders"] == ["anna", "bert"]
    assert review.ask("GET", f"/enter?key={review.desk.secret}").headers["location"] == "/review"
    assert [(one["place"], one["actions"], one["words"]) for one in found["frames"]] == [
        (1, ["AU1"], "AU1 A against E"),
        (2, ["AU25"], "AU25 0 against A"),
    ]
    assert [list(one["frames"]) for one in found["alike"]] == [["0"]]


def test_what_is_agreed_is_saved_as_a_coder_of_its_own(review: Page) -> None:
    name = review.desk.names[0]
    marks = {"1": {"AU1": {"value": 2, "side": ""}}}
    assert review.act({"type": "submitmany", "sequence": name, "marks": marks}).json["refused"] == []
    frame = review.get("/api/review/0/1").json
    assert [frame[who]["marks"]["AU1"][0] for who in ("first", "second", "agreed")] == [1, 5, 2]
    assert [one["settled"] for one in review.get("/api/review").json["frames"]] == [True, False]
    assert review.desk.project.frame("anna", name, 1).marks["AU1"] == Mark(1)


def test_agreement_says_null_where_nothing_is_known(review: Page) -> None:
    found = review.get("/api/agreement?window=0.5").json
    rows = {row["action"]: row for row in found["rows"]}
    assert (rows["AU25"]["agreed"]["value"], rows["AU25"]["present"]) == (pytest.approx(2 / 3), [0, 1, 0])
    assert rows["AD19"]["kappa"] == {"value": None, "low": None, "high": None}
    assert review.get("/api/agreement?window=ten").status == 422


def test_a_coder_is_blind_to_others(project: Project) -> None:
    put(project, "bert", [{"AU12": 3}])
    with paged(project) as page:
        assert [page.get(path).status for path in ("/review", "/api/review", "/api/agreement")] == [404, 404, 404]
        assert b"bert" not in page.get("/").body + page.get("/api/project").body + page.get("/sheets").body
        assert b"Review" not in page.get("/sheets").body
