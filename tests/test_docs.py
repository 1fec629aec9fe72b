"""README, docs, help and configuration comments tell the truth."""

import argparse
import ast
import importlib.util
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import cloud.cli
import converter.cli
import device.cli
import training.cli
from device.config import DEFAULTS
from device.contract import errors, patient, record, support
from device.contract.mistakes import keys
from device.settings import Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCS, ROOT / "training" / "README.md"]
PARSERS = {
    "affectbox": device.cli._parser(),
    "affectbox-converter": converter.cli._parser(),
    "affectbox-training": training.cli._parser(),
    "affectbox-cloud": cloud.cli._parser(),
}
PROGRAM = r"affectbox(?:-converter|-training|-cloud)?"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every `PROGRAM COMMAND`, or `PROGRAM COMMAND STEP`, with its parser."""
    for program, parser in PARSERS.items():
        yield from commands_of(program, parser)


def commands_of(program: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                steps = list(commands_of(f"{program} {name}", command))
                yield from [(f"{program} {name}", command)] if command.get_default("run") or not steps else []
                yield from steps


COMMANDS = dict(commands())


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(text: str) -> list[str]:
    """The code blocks of a page, fenced or indented, without their indent."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?:^(?: {4,}.*)\n)+", re.sub(r"^ *```\w*\n.*?^ *```$", "", text, flags=re.M | re.S), re.M)
    return [*fenced, *indented]


def command_lines(page: Path) -> list[str]:
    """What a page tells people to type, of our programs; continued lines in one."""
    lines = "\n".join(blocks(page.read_text())).replace("\\\n", " ").splitlines()
    typed = [re.sub(r"^(\S*/)?(?=affectbox)", "", line.strip()) for line in lines]
    return [line for line in typed if re.match(rf"{PROGRAM} [a-z]", line) and "[…]" not in line]


# --- commands


def test_the_page_of_commands_is_what_the_parsers_say(generate: ModuleType) -> None:
    assert generate.page() == generate.PAGE.read_text(), "run `make docs`"


def test_completions_are_those_of_the_parsers(generate: ModuleType) -> None:
    kept = {path.name: path.read_text() for path in generate.COMPLETIONS.iterdir()}
    assert generate.completions() == kept, "run `make docs`"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("affectbox ru", "run"), ("affectbox-cloud report --pat", "--patient"), ("affectbox-converter ver", "verify")],
)
def test_bash_completes_what_is_typed(typed: str, offered: str) -> None:
    program, *_ = words = typed.split()
    function = f"_shtab_{program.replace('-', '_')}"
    script = f"""source docs/completions/{program}
        COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1}
        {function}; echo "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert offered in done.stdout.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str, generate: ModuleType) -> None:
    section = generate.PAGE.read_text().partition(f"\n### {name}\n")[2].partition("\n##")[0]
    assert section
    general = {"--help", "--config", "--set"} if name.startswith("affectbox ") else {"--help"}
    for action in COMMANDS[name]._actions:
        for option in action.option_strings:
            assert not option.startswith("--") or option in general or f"`{option}" in section, option


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name: str) -> None:
    options = [action for action in COMMANDS[name]._actions if not isinstance(action, argparse._SubParsersAction)]
    assert [action.dest for action in options if not action.help] == []


LINES = [(name_of(page), line) for page in PAGES for line in command_lines(page)]


def test_command_lines_are_found_in_the_pages() -> None:
    assert len(LINES) > 30
    assert {page for page, _ in LINES} >= {"README.md", "docs/firebase.md", "training/README.md"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_what_a_page_tells_people_to_type_is_taken(page: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *words = shlex.split(line, comments=True)
    cut = words.index("--") if "--" in words else len(words)
    words = [re.sub(r"\$\w+", "1", word) for word in words[:cut]]
    try:
        PARSERS[program].parse_args(words)
    except SystemExit:
        pytest.fail(f"{page}: {line}\n{capsys.readouterr().err}")


def test_what_commands_of_the_pages_write_is_ignored_by_git() -> None:
    """Keys and recordings of people are not committed by mistake."""
    option = r"--(?:out|picture|overlay|annotate|video|html|pdf|bundles|csv) |jsonl:|local --data |enrol "
    written = {name for _, line in LINES for name in re.findall(rf"(?:{option})([a-z0-9][\w./-]*)", line)}
    assert written >= {"session.jsonl", "session.png", "clinic.key", "bundles/", "room-3.enrolment.json"}
    given = {"fer2013.csv", "fer2013new.csv", "records.jsonl"}
    for name in written - given:
        file = name if "." in name else f"{name.rstrip('/')}/file"
        assert subprocess.run(["git", "check-ignore", "-q", file], cwd=ROOT, check=False).returncode == 0, name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_named_in_a_text_exist(page: Path) -> None:
    names = {*COMMANDS, *(name.rpartition(" ")[0] for name in COMMANDS)}
    for program, words in re.findall(rf"`({PROGRAM}) ((?:[a-z-]+ ?)+)", page.read_text()):
        assert any(f"{program} {words}".startswith(name) for name in names if " " in name), f"{program} {words}"


def test_options_named_in_a_text_exist() -> None:
    known = {
        option for command in COMMANDS.values() for action in command._actions for option in action.option_strings
    }
    known |= {"--version", "--system-site-packages"}
    known |= set(re.findall(r"^(--[a-z]+)", (ROOT / "systemd" / "install.sh").read_text(), re.MULTILINE))
    for page in PAGES:
        prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.M | re.S)
        named = set(re.findall(r"`[^`]*?(--[a-z][a-z0-9-]*)", prose))
        assert named <= known, page


# --- configuration, exit codes, make


def test_every_configuration_key_is_in_the_help_with_a_comment_or_under_one() -> None:
    text = COMMANDS["affectbox check-config"].format_help()
    section, explained = "", set()
    for line in text.splitlines():
        if header := re.match(r"\[(\w+)\](.*)", line):
            section, general = header[1], "#" in header[2]
        elif (entry := re.match(r"(\w+) = ", line)) and ("#" in line or general):
            explained.add(f"{section}.{entry[1]}")
    assert explained == set(keys(Settings))
    assert DEFAULTS.read_text().strip() in text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_named_in_a_page_exist(page: Path) -> None:
    sections = {key.partition(".")[0] for key in keys(Settings)}
    known = {*keys(Settings), "device.contract"}
    named = re.findall(rf"`((?:{'|'.join(sections)})\.[a-z_]+)\b(?!\.)", page.read_text())
    files = (".py", ".toml", ".db", ".md", ".jsonl")
    assert {name for name in named if not name.endswith(files)} <= known
    for name in re.findall(r"--set ([a-z]+\.[a-z_]+)=", page.read_text()) if page != PAGES[-1] else ():
        assert name in known


def test_every_error_has_an_exit_code_of_its_own_that_is_documented(generate: ModuleType) -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.AffectboxError)]
    codes = [c.exit_code for c in classes]
    assert len(codes) == len(set(codes))
    listed = generate.PAGE.read_text().partition("## Exit codes")[2]
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", listed, re.M)} == {*codes, 0, 2, 130} - {10}


def test_every_make_target_is_listed_and_those_in_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    listed = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    assert targets == listed
    for page in PAGES:
        told = re.findall(r"`make((?: [a-z0-9-]+)+)`", page.read_text().replace("\n", " "))
        told += re.findall(r"^ {4}make((?: [a-z0-9-]+)+)", page.read_text(), re.MULTILINE)
        assert {target for targets in told for target in targets.split()} <= targets, page


# --- links


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[str, str, str]]:
    """Path, anchor and title of every link to a file or a heading."""
    found = re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)(?: \"([^\"]*)\")?\)", page.read_text())
    assert found
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if "](" in page.read_text()], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor, _ in links(page):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_every_page_is_in_the_readme() -> None:
    told = {(ROOT / path).resolve() for path, _, _ in links(README)}
    assert set(DOCS) <= told


# --- records


def test_the_record_that_is_shown_is_one() -> None:
    text = (ROOT / "docs" / "records.md").read_text().partition("## A record")[2]
    sample = next(block for block in blocks(text) if block.lstrip().startswith("{"))
    shown = json.loads(sample.replace(",…", ""))
    record.validate(shown)
    assert set(shown) >= {"session", "boot", "aus", "emotions", "time"}


def test_every_place_in_the_database_is_told() -> None:
    text = (ROOT / "docs" / "records.md").read_text()
    told = set(re.findall(r"^\| `([a-z_]+)/", text, re.MULTILINE))
    contracts = (*cloud.cli._CONTRACTS.values(), patient, support)
    roots = {value for c in contracts for name, value in vars(c).items() if re.fullmatch(r"([A-Z]+_)?ROOT", name)}
    assert told == {*roots, "staff"}


# --- the README


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_files_named_in_the_readme_exist() -> None:
    for line in README.read_text().partition("## Where is what")[2].partition("\n## ")[0].splitlines()[4:]:
        for name in re.findall(r"`([\w./-]+)`", line):
            assert (ROOT / name).exists(), name


def test_the_house_is_as_the_readme_draws_it() -> None:
    tree = README.read_text().partition("## The house")[2].partition("```\n")[2].partition("```")[0]
    folder, drawn = ROOT, set()
    for line in tree.splitlines():
        if match := re.match(r"( *)((?:[\w.-]+/?(?:, )?)+)  ", line):
            folder = folder if match[1] else ROOT / match[2].rstrip("/").split(", ")[0]
            for name in match[2].split(", "):
                assert ((folder if match[1] else ROOT) / name.rstrip("/")).exists(), name
            drawn |= set() if match[1] else {name.rstrip("/") for name in match[2].split(", ")}
    folders = {path.parent.name for path in ROOT.glob("*/*.*") if path.parent.name[0] not in "._"}
    assert folders - {"atypicality", "build", "coding", "cohort", "personal", "run"} <= drawn


# --- what happens when…


ROWS = [line for line in (ROOT / "docs" / "delivery.md").read_text().splitlines() if "[✓]" in line]


def test_every_fault_names_its_test() -> None:
    text = (ROOT / "docs" / "delivery.md").read_text()
    tables = re.findall(r"^\| what happens .*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 20
    assert rows == ROWS
    assert {row.count(" | ") for row in rows} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.strip("| *").partition("|")[0].strip("* ")[:40])
def test_the_test_of_a_fault_exists(row: str) -> None:
    found = re.findall(r"\[✓\]\(\.\./(tests/\S+\.py) \"(\w+)\"\)", row)
    assert len(found) == row.count("[✓]")
    for path, name in found:
        tree = ast.parse((ROOT / path).read_text())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
