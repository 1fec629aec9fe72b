"""docs/analysis.md: its questions are asked again, and the answers are those that stand there."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cloud.cli import main
from tests.cloud import weeks
from tests.servers import Server

PAGE = Path(__file__).parents[1] / "docs" / "analysis.md"
_ASKED = re.compile(r"<!-- asked -->\n```sql\n(.*?)```\n(?:\n```\n(.*?)```\n)?", re.DOTALL)


def asked() -> list[tuple[str, str]]:
    """Question and answer, '' for what answers nothing."""
    return [(question, answer or "") for question, answer in _ASKED.findall(PAGE.read_text())]


def answer(found: duckdb.DuckDBPyRelation) -> str:
    """As the page shows it: a header, and numbers to the right."""
    rows = [found.columns, *([str(value) for value in row] for row in found.fetchall())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = [not row.replace(".", "").isdigit() for row in rows[1]]
    return "".join(
        "  ".join(
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, texts, strict=True)
        ).rstrip()
        + "\n"
        for row in rows
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    server = Server(tmp_path_factory.mktemp("weeks"))
    url = f"{server.url}/?ns=weeks"
    weeks.fill(url)
    folder = tmp_path_factory.mktemp("asked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        assert main(["export", "--database", url, "--out", str(folder / "export")]) == 0
    yield folder
    server.end()


@pytest.mark.files
def test_the_answers_are_those_that_stand_on_the_page(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exported)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        found = [(question, answer(told) if (told := connection.sql(question)) else "") for question, _ in asked()]
    assert len(found) == 5
    assert found == asked()


if __name__ == "__main__":  # python -m tests.test_docs_analysis FOLDER: writes the answers anew
    import os
    import sys

    os.chdir(sys.argv[1])
    page, told = PAGE.read_text(), duckdb.connect()
    told.sql("SET TimeZone = 'UTC'")

    def written(match: re.Match[str]) -> str:
        result = told.sql(match[1])
        shown = f"\n```\n{answer(result)}```\n" if result else ""
        return f"<!-- asked -->\n```sql\n{match[1]}```\n{shown}"

    PAGE.write_text(_ASKED.sub(written, page))
