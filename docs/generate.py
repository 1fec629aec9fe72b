"""Writes `docs/commands.md` and the completions of shells, made of the commands' own parsers and of the classes of
errors: `make docs`."""

import argparse
import importlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "commands.md"
COMPLETIONS = ROOT / "docs" / "completions"
SIDES = ("device", "converter", "training", "cloud")
_HOME = "/home/you"
_GENERAL = {"affectbox": {"--help", "--config", "--set"}}  # of every command of a program, so said once
_INTRODUCTION = """\
# The commands

<!-- Made by `make docs` from the commands' own parsers; changes go there. -->

For whoever types them. Each has `--help`, and each program is also `python -m device`, `converter`, `training` or
`cloud`. What goes wrong is one sentence and an [exit code](#exit-codes).

In bash, `. docs/completions/affectbox` (where it is installed, `. share/bash-completion/completions/affectbox` in its
environment, and likewise for the others) completes commands, options and file names.

Each command of `affectbox` also takes `--config FILE` (TOML) and, as often as you like, `--set SECTION.KEY=VALUE`.
Every setting, with its default and its meaning, stands in
[device/config.toml](../device/config.toml) and in `affectbox check-config --help`.
"""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    for name, text in completions().items():
        (COMPLETIONS / name).write_text(text, encoding="utf-8")
    print(f"Written {PAGE.relative_to(ROOT)} and {COMPLETIONS.relative_to(ROOT)}/")


def page() -> str:
    """The whole page; the same on every machine."""
    programs = parsers()
    parts = [_INTRODUCTION, contents(programs)]
    parts += [text for program in programs for text in program_text(program)]
    return "\n".join([*parts, exit_codes()])


def completions() -> dict[str, str]:
    """File name → what bash reads to complete a program's commands, options and file names, by shtab."""
    import shtab  # noqa: PLC0415  # the tests of the page need it not

    found = {}
    for parser in parsers():
        for command, _ in commands_of(parser):
            for action in command._actions:
                if action.type is Path:
                    action.complete = shtab.FILE  # type: ignore[attr-defined]
        found[parser.prog] = shtab.complete(parser, "bash")
    return found


def parsers() -> list[argparse.ArgumentParser]:
    """The parsers of the four programs, with the defaults of a machine that is nobody's."""
    kept, cores = dict(os.environ), os.cpu_count
    for name in [name for name in os.environ if name.startswith(("XDG_", "AFFECTBOX_", "CACHE_"))]:
        del os.environ[name]
    os.environ["HOME"] = _HOME
    os.cpu_count = lambda: "one a core"  # type: ignore[assignment, return-value]
    try:
        return [importlib.import_module(f"{side}.cli")._parser() for side in SIDES]
    finally:
        os.cpu_count = cores
        os.environ.clear()
        os.environ.update(kept)


def commands_of(parser: argparse.ArgumentParser, help_text: str = "") -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every command below a program, or below a group of commands, and what the list of commands says of it."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups or parser.get_default("run"):
        yield parser, help_text
    for group in groups:
        said = {choice.dest: choice.help or "" for choice in group._choices_actions}
        for name, command in group.choices.items():
            yield from commands_of(command, said.get(name, ""))


def contents(programs: list[argparse.ArgumentParser]) -> str:
    rows = ["| command | what it does |", "|---|---|"]
    for program in programs:
        for command, said in commands_of(program):
            rows.append(f"| [`{name_of(command)}`](#{name_of(command).replace(' ', '-')}) | {said} |")
    return "\n".join(rows) + "\n"


def program_text(program: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## {program.prog}\n\n{(program.description or '').strip()}\n"
    if program.epilog:
        yield f"```\n{program.epilog.strip()}\n```\n"
    yield from table(program, shown(program, program.prog))
    for command, said in commands_of(program):
        yield command_text(command, said, shown(command, program.prog))


def command_text(command: argparse.ArgumentParser, said: str, actions: list[argparse.Action]) -> str:
    """A heading, how it is called, what it says of itself, and a table of what it takes."""
    text = command.description or said[:1].upper() + said[1:] + "."
    parts = [f"### {name_of(command)}\n", f"    {synopsis(command, actions)}\n", f"{text.strip()}\n"]
    return "\n".join([*parts, *table(command, actions)])


def table(command: argparse.ArgumentParser, actions: list[argparse.Action]) -> list[str]:
    rows = [f"| `{written(action)}` | {meaning(command, action)} |" for action in actions]
    return ["\n".join(["| argument | meaning |", "|---|---|", *rows]) + "\n"] if rows else []


def shown(command: argparse.ArgumentParser, program: str) -> list[argparse.Action]:
    """What a command takes, without what is the same for all."""
    hidden = _GENERAL.get(program, {"--help"})
    groups = (argparse._SubParsersAction,)
    return [a for a in command._actions if not set(a.option_strings) & hidden and not isinstance(a, groups)]


def synopsis(command: argparse.ArgumentParser, actions: list[argparse.Action]) -> str:
    grouped = [action for group in command._mutually_exclusive_groups for action in group._group_actions]
    words = [name_of(command)]
    for action in actions:
        if action not in grouped and (action.required or not action.option_strings):
            words.append(written(action))
    for group in command._mutually_exclusive_groups:
        if group.required:
            words.append("(" + " | ".join(written(action) for action in group._group_actions) + ")")
    return " ".join([*words, "[…]"] if len(words) <= len(actions) else words)


def written(action: argparse.Action) -> str:
    """As it is typed: `--option VALUE`, or the name of what stands there."""
    name = str(action.metavar or action.dest.upper())
    if action.choices and not action.metavar:
        name = "{" + ",".join(str(choice) for choice in action.choices) + "}"
    name = f"[{name}]" if action.nargs == "?" else name
    if not action.option_strings:
        return name
    return f"{action.option_strings[-1]} {name}" if action.nargs != 0 else action.option_strings[-1]


def meaning(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    """What the help says, on one line, in the user's words for their own folder."""
    text = " ".join((command._get_formatter()._expand_help(action) if action.help else "").split())
    needed = "; needed" if action.required and action.option_strings else ""
    return text.replace(_HOME, "~").replace("|", "\\|") + needed


def name_of(command: argparse.ArgumentParser) -> str:
    return command.prog


def exit_codes() -> str:
    """The classes of errors, as they say themselves what they are."""
    errors = importlib.import_module("device.contract.errors")
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.AffectboxError)]
    said = {c.exit_code: " ".join((c.__doc__ or "").split()) for c in classes if c is not errors.AffectboxError}
    said |= {0: "Done.", 2: "Wrong usage: an option that there is not, or a value that it does not take."}
    said |= {130: "Stopped by Ctrl-C. `affectbox run` ends its session in good order then, and with 0."}
    rows = ["## Exit codes\n", "| code | what it means |", "|---|---|"]
    return "\n".join([*rows, *(f"| {code} | {text} |" for code, text in sorted(said.items()))]) + "\n"


if __name__ == "__main__":
    main()
