"""The teaching map in a browser: its largest contents fit on one page of A4, and nobody is shut out."""

from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser as Chromium

from tests.browser import Browser
from training.targets.matrix import unit_points
from training.targets.rows import Row
from training.targets.teaching import page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
FIRST, SECOND = "bipolar-disorder-in-remission-for-a-year", "major-depression-with-psychotic-symptoms"
UNITS = ("AU12", "AU6", "AU4", "AU1", "AU15", "AU20", "AU25")


def row(phase: str, unit: str, rank: int) -> Row:
    """Stronger and weaker in turn."""
    points, effect = unit_points(), (-1) ** rank * 0.9
    name = points.names[points.keys.index(unit)]
    numbers = {"n_first": 40, "n_second": 40, "mean_first": 0.31, "mean_second": 0.44, "share_first": 0.1}
    numbers |= {
        "share_second": 0.1,
        "effect": effect,
        "effect_low": effect - 0.5,
        "effect_high": effect + 0.5,
        "t": 4.0,
    }
    numbers |= {"p": 0.001, "p_max": 0.01, "p_tfce": 0.01, "q": 0.01, "rank": rank, "rank_low": 1, "rank_high": 9}
    where = {"region": "mouth", "x": 0.0, "y": 0.0, "first": FIRST, "second": SECOND}
    return Row(phase=phase, point=unit, name=name, **where, **numbers, simulated=True)


def full(count: int) -> str:
    """A map of so many phases in which everything differs, with long names and every caution."""
    phases = [f"pictures-that-are-pleasant-{at}" for at in range(count)]
    rows = [
        row(phase, unit, at * len(UNITS) + k + 1) for at, phase in enumerate(phases) for k, unit in enumerate(UNITS)
    ]
    spans = [
        {"phase": phase, "points": "AU12", "begin": 0.2, "end": 0.6, "axis": "share of the phase"} for phase in phases
    ]
    cautions = ["It is a difference of means between groups: it says nothing about any one person."]
    cautions += [
        f"Only 28 people in {FIRST} and 25 people in {SECOND}: with fewer than 30 in a group, differences of "
    ]
    cautions += ["Not measured in enough people, so nothing is said of: AU9, AU16, AU22."]
    found = {
        "kind": "groups",
        "first": FIRST,
        "second": SECOND,
        "people": {FIRST: 40, SECOND: 40},
        "sites": ["a", "b"],
    }
    found |= {"phases": phases, "permutations": 2000, "simulated": True, "cautions": cautions, "program": "0.3.0"}
    found |= {
        "features": {"digest": "0123456789abcdef"},
        "courses": {"caution": "A cluster says …", "clusters": spans},
    }
    return page(found | {"tables": {"units": rows, "points-68": rows}})


@pytest.mark.pages
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_the_fullest_map_is_one_page_of_a4(count: int, one_chromium: Chromium, tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text(full(count))
    with Browser(one_chromium, "file://") as browser:
        shown = browser.page("laptop")
        shown.goto(f"file://{tmp_path}/map.html")
        shown.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True)

    paper = pypdfium2.PdfDocument(tmp_path / "map.pdf")
    assert len(paper) == 1 and [round(side / 72 * 25.4) for side in paper[0].get_size()] == [210, 297]
    paper.close()


@pytest.mark.pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1200, 900)], ids=str)
def test_nobody_is_shut_out(scheme: str, size: tuple[int, int], one_chromium: Chromium, tmp_path: Path) -> None:
    if not AXE.is_file():
        pytest.skip("axe is not installed: make build/axe/axe.stamp")
    (tmp_path / "map.html").write_text(full(3).replace("default-src 'none'; ", ""))  # for axe, which is a script
    with Browser(one_chromium, "file://") as browser:
        shown = browser.page(size, color_scheme=scheme)
        shown.goto(f"file://{tmp_path}/map.html")
        assert shown.evaluate("document.documentElement.scrollWidth") <= size[0]
        shown.evaluate(AXE.read_text())
        found = shown.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]] == []
