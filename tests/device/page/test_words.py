"""What the page says: the same in every language, and a word for everything that the box can say."""

import re

import pytest

from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.session import Why
from device.host.view import Matter, Refusal, State
from device.page.documents import FOLDER, page
from device.page.drawing import HINTS, advice
from device.page.releases import Release
from device.page.words import LANGUAGES, language_of, words
from device.service.glimpse import CONTOURS
from device.update.standing import Step

ENGLISH = words("en")
PLACE = re.compile(r"\{\w+\}")
HTML = "".join((FOLDER / f"{name}.html").read_text() for name in ("page", "signin"))
SCRIPT = (FOLDER / "page.js").read_text()
#: Commands of the page cannot be refused for these reasons: they are of marks and of commands from afar.
ELSEWHERE = {Refusal.NAME, Refusal.LATE, Refusal.CLOCK}
#: Names that are put together: the script says `why.${one.why}`.
MADE = ("lamp. state. advice. view. camera. network. clock. storage. cloud. why. refused. notice. covers. ages. "
        "confirm. update. session.patient session.guardian signin.").split()  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_with_the_same_places(language: str) -> None:
    said = words(language)
    assert list(said) == list(ENGLISH)
    for key, text in said.items():
        assert text.strip(), key
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(ENGLISH[key])), key


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_no_language_leaves_english_standing(language: str) -> None:
    same = {key for key, text in words(language).items() if text == ENGLISH[key]}
    assert same <= {"page.title"}


def test_there_is_a_word_for_everything_that_the_box_says_in_codes() -> None:
    said = {
        *(f"refused.{refusal.value}" for refusal in Refusal if refusal not in ELSEWHERE),
        *(f"state.{state.value}" for state in State),
        *(f"advice.{advice(state, None).code}" for state in State),
        *(f"advice.{advice(state, None, troubled=True).code}" for state in State),
        *(f"advice.{hint}" for hint in HINTS),
        *(
            f"update.{Release('1', offered, step, '2', text).says}"
            for step in Step
            for offered in ("", "2")
            for text in ("", "t")
        ),
        *(f"notice.{matter.value}" for matter in Matter),
        *(f"why.{why.value}" for why in Why),
        *(f"covers.{name}" for name in COVERS),
        *(f"ages.{name}" for name in AGES),
        *(f"session.{name}" for name in GIVERS),
    }
    assert said - set(ENGLISH) == set()


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    used = set(re.findall(r"\{\{(\w+\.\w+)\}\}", HTML)) | set(re.findall(r'say\("([\w.]+)"', SCRIPT))
    assert used - set(ENGLISH) == set()
    unused = [key for key in ENGLISH if key not in used and not key.startswith(tuple(MADE)) and key != "name"]
    assert unused == []


def test_what_the_script_draws_closed_is_closed() -> None:
    closed = re.search(r"CLOSED = /(.*)/", SCRIPT)
    assert closed
    assert [name for name in CONTOURS if re.search(closed[1], name)] == "oval right_eye left_eye lips mouth".split()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["page", "signin"])
def test_a_page_asks_for_nothing_from_elsewhere(name: str, language: str) -> None:
    text = page(name, language).decode()
    assert "{{" not in text
    assert re.findall(r"""(?:src|href)=["']?(?!/|#)[^"'> ]+""", text) == []
    assert re.search(r"https?://|data:|<img|<style|style=|onclick", text.replace("http://www.w3.org/", "")) is None


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "fr-FR,fr;q=0.9,es-MX;q=0.8,en;q=0.7", "es"),
        (None, "zh-CN,zh;q=0.9", "zh"),
        ("es", "zh-CN", "es"),
        ("xx", "zh-CN", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(chosen: str | None, accepted: str, language: str) -> None:
    assert language_of(chosen, accepted) == language
