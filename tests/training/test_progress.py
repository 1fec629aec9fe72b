"""Long work says how far it is, and how long it takes."""

import io

import pytest

from training import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (100, "2 min"), (1260, "21 min"), (11160, "3.1 h")]
)
def test_a_duration_is_told_in_the_unit_that_people_use(seconds, words):
    assert progress.in_words(seconds) == words


def test_on_a_terminal_there_is_a_bar_at_once_and_in_a_file_nothing_of_short_work(monkeypatch):
    for out, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", out)
        with progress.bar(None, "box crops", 3, "chunk") as bar:
            bar.update()
            assert ("box crops" in out.getvalue()) is shown
