"""Configuration: the commented file, the defaults in code and the command line agree, and mistakes are explained."""

import random
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from device.cli import main
from device.config import DEFAULTS, dump, load_settings
from device.contract.choices import MODES
from device.contract.errors import ConfigError
from device.contract.mistakes import keys
from device.settings import Settings

TABLES = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
NUMBERS = [
    f"{section}.{key}"
    for section, table in TABLES.items()
    for key, value in table.items()
    if isinstance(value, (int, float)) and not isinstance(value, bool)
]


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_commented_file_holds_exactly_the_defaults() -> None:
    assert load_settings(DEFAULTS) == Settings()
    assert [f"{section}.{key}" for section in TABLES for key in TABLES[section]] == list(keys(Settings))


def some(hint: Any, draw: random.Random) -> Any:
    """A value that the type allows."""
    odd = "".join(draw.choices("ab\"'\\\n\r\t\b\f\x01\x1b\x7f\x85\u2028ü€😀{}[]#=. ", k=draw.randrange(9)))
    lists = [[], [odd, odd], [0.1, 0.2, 0.3, 1 / 3]]
    numbers = [
        0,
        1,
        64,
        180,
        draw.randrange(1, 64),
        draw.randrange(64, 999),
        draw.random(),
        30 * draw.random(),
        1e-5,
        0.5,
    ]
    values = [True, False, odd, "", "fast", "child", MODES[1], "bgr", *numbers, *lists]
    for value in draw.sample(values, len(values)):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(value, hint)
    raise AssertionError(hint)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_settings_there_are_load_again_as_check_config_prints_them(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    made: dict[str, Any] = {}
    while len(made) < len(Settings.__struct_fields__):
        section = Settings.__struct_fields__[len(made)]
        kind = get_type_hints(Settings)[section]
        hints = get_type_hints(kind, include_extras=True)
        with suppress(ConfigError):  # values that do not go together: others are drawn
            made[section] = kind(**{key: some(hints[key], draw) for key in kind.__struct_fields__})
    settings = Settings(**made)
    assert load_settings(write(tmp_path, dump(settings))) == settings


def test_the_command_line_overrides_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[run]\nsource = "file.mp4"\nmax_frames = 5\n[device]\nid = "from-file"\n')
    settings = load_settings(path, ["device.id=from-line"], {"run": {"max_frames": 9}})
    assert (settings.run.source, settings.run.max_frames, settings.device.id) == ("file.mp4", 9, "from-line")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tracker]\nrecheck = 1\n", "perhaps you meant 'tracker.recheck_s'"),
        ("[traker]\nrecheck_s = 1\n", "perhaps you meant 'tracker'"),
        ("zone = 3\n", "Unknown key 'zone' in .*config.toml: perhaps you meant 'detector.zone'"),
        ("[camera]\nbatch = 3\n", "perhaps you meant 'upload.batch'"),
        ('[camera]\n"a\\nb" = 3\n', r"Unknown key 'camera.a\\nb' in .*: known are width, height, fps"),
        ('"upload.batch" = 3\n', "Unknown key 'upload.batch'"),
        ("run = 3\n", r"'run' in .* must be a table: write \[run\]"),
        (
            "[camera]\nwidth = '640'\n",
            "'camera.width' in .*config.toml is '640', and must be a whole",
        ),
        ("[camera]\nwidth = 0\n", "is 0, and must be a whole number from 64 to 8192"),
        ("[camera]\nturned = 90\n", "must be 0, or 180 for a camera that is mounted upside down"),
        ("[camera]\nwidth = true\n", "is true, and must be a whole number"),
        ("[camera]\nwidth = 1.5\n", "is 1.5, and must be a whole number"),
        ("[upload]\ntimeout_s = -1\n", "must be a number from 0.1 to 600"),
        ("[upload]\ntimeout_s = 0\n", "must be a number from 0.1 to 600"),
        ("[upload]\ntimeout_s = nan\n", "'upload.timeout_s' in .* is not a number"),
        ("[upload]\ntimeout_s = inf\n", "'upload.timeout_s' in .* is infinite"),
        ("[upload]\ninterval_s = 1e300\n", "must be a number from 0.01 to 86400"),
        ("[upload]\nbatch = 99999999999999999999999\n", "must be a whole number from 1 to 10000"),
        (f"[upload]\nbatch = 0x{'f' * 9999}\n", "is a number of thousands of digits, and must be a whole number"),
        (f"[upload]\nbatch = {'9' * 9999}\n", "not valid TOML"),
        (f"[upload]\ntimeout_s = 0x{'f' * 400}\n", "must be a number from 0.1 to 600"),
        ("[models]\nthreads = 4294967297\n", "must be a whole number from 1 to 64"),
        ("[outbox]\nmax_mb = 0\n", "must be a number from 1 to"),
        ("[detector]\nshort_score = 0\n", "must be a number from 0.01 to 0.99"),
        ("[detector]\nshort_score = 5\n", "must be a number from 0.01 to 0.99"),
        ("[quality]\nmin_brightness = 0.95\n", "'quality.min_brightness' must be below"),
        ("[run]\npace = 'slow'\n", "one of auto, realtime, fast"),
        ('[run]\npace = "fast\\n"\n', "one of auto, realtime, fast"),
        ("[session]\nconsent_by = 'nurse'\n", "must be one of patient, guardian"),
        ("[session]\nconsent = ['units', 'all']\n", "must be a list, each item one of expressions, units"),
        ("[run]\nsinks = 'jsonl:x'\n", "must be a list, each item text in quotes"),
        ("[run]\nsinks = [1]\n", r"'run.sinks' in .* is \[1\], and must be a list, each item text in quotes"),
        ('[run]\nsource = "a\\u0000b"\n', "'run.source' in .* holds a NUL character"),
        ("[device]\nid = 'Jane Doe'\n", "lower-case letters"),
        ('[device]\nid = "room-3\\n"\n', "lower-case letters"),
        (f"[device]\nid = '{'x' * 999}'\n", "lower-case letters"),
        ("[detector]\nzone = [0.5, 0.5, 0.6, 0.2]\n", "config.toml: 'detector.zone' must be .* inside the frame"),
        ("[detector]\nzone = [0.5]\n", "inside the frame"),
        ("[detector]\nzone = [0.1, 0.1, 0.2, 0.001]\n", "at least 0.05"),
        ("[detector]\nzone = [0.1, 0.1, 0.2, -1]\n", "must be a list, each item a number from 0 to 1"),
        ("[run\n", "not valid TOML"),
        (f"a = {'[' * 9999}{']' * 9999}\n", "is nested too deeply"),
        (f"a = {'{a=' * 9999}1{'}' * 9999}\n", "is nested too deeply"),
        (f"{'a.' * 1500}a = 1\n", "Unknown key 'a'"),
        (f"camera.width.{'a.' * 1500}a = 1\n", "'camera.width' in .* is a table, and must be a whole number"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_settings(write(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_values_that_go_together_may_be_set_one_after_the_other() -> None:
    bright = ["quality.min_brightness=0.95", "quality.max_brightness=0.99"]
    assert load_settings(None, bright).quality.min_brightness == 0.95
    with pytest.raises(ConfigError, match=r"--set quality\.min_brightness: .* must be below"):
        load_settings(None, [bright[0], "camera.fps=5"])


@pytest.mark.parametrize("key", NUMBERS)
def test_every_number_has_limits(key: str) -> None:
    for value in ("-1e300", "1e300"):
        with pytest.raises(ConfigError, match=f"'{key}' in --set {key} is .* must be"):
            load_settings(None, [f"{key}={value}"])


@pytest.mark.parametrize(
    "text",
    ["nonsense", "camera=3", "camera.width", "camera.widht=3", "camera.width=wide", "camera.width.px=3", "run=3"],
)
def test_a_wrong_assignment_is_explained(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--set {text.partition('=')[0]}"):
        load_settings(None, [text])


@pytest.mark.parametrize("text", ["=3", "a b=3", "a..b=3", ".=3", f"run.source={'[' * 9999}", "run.source=a\udcffb"])
def test_an_odd_assignment_is_a_sentence_or_a_text(text: str) -> None:
    try:
        assert load_settings(None, [text]).run.source == "[" * 9999
    except ConfigError as error:
        assert "--set" in str(error)


@pytest.mark.parametrize("value", ["1980-01-02", "Anna Maier", '"Anna Maier"', "anna@maier.de", "['Anna']"])
@pytest.mark.parametrize("where", ["file", "--set", "--patient", "key alone"])
def test_what_may_be_a_name_is_not_repeated(tmp_path: Path, capsys: Any, value: str, where: str) -> None:
    arguments = {
        "file": ["check-config", "--config", str(write(tmp_path, f"[patient]\nid = {value}\n"))],
        "--set": ["check-config", f"--set=session.patient={value}"],
        "--patient": ["calibrate", "--source", "none.mp4", "--patient", value],
        "key alone": ["check-config", f"--set=patient={value}"],
    }[where]
    assert main(arguments) == ConfigError.exit_code
    said = capsys.readouterr().err
    assert "anna" not in said.lower()
    assert "1980" not in said


def test_a_date_of_birth_is_told_as_one() -> None:
    with pytest.raises(ConfigError, match="looks like a telephone number or a date of birth"):
        load_settings(None, ["session.patient=1980-01-02"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file: check the path after --config"):
        load_settings(tmp_path)
