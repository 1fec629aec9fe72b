"""Configuration: the commented file, the defaults in code and the command line agree, and mistakes are explained."""

import tomllib
from pathlib import Path

import pytest

from device.config import DEFAULTS, dump, keys, load_settings
from device.contract.errors import ConfigError
from device.settings import Settings


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_the_commented_file_holds_exactly_the_defaults() -> None:
    assert load_settings(DEFAULTS) == Settings()
    tables = tomllib.loads(DEFAULTS.read_text())
    assert sorted(f"{section}.{key}" for section in tables for key in tables[section]) == sorted(keys())


def test_what_check_config_prints_can_be_loaded_again(tmp_path: Path) -> None:
    changed = load_settings(None, ["detector.zone=[0.1, 0.2, 0.3, 0.4]", 'run.sinks=["jsonl:a \\"b\\".jsonl"]'])
    assert load_settings(write(tmp_path, dump(changed))) == changed


def test_the_command_line_overrides_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[run]\nsource = "file.mp4"\nmax_frames = 5\n[device]\nid = "from-file"\n')
    settings = load_settings(path, ["device.id=from-line"], {"run": {"max_frames": 9}})
    assert (settings.run.source, settings.run.max_frames, settings.device.id) == ("file.mp4", 9, "from-line")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tracker]\nrecheck = 1\n", "perhaps you meant 'tracker.recheck_s'"),
        ("[traker]\nrecheck_s = 1\n", "perhaps you meant 'tracker'"),
        ("zone = 3\n", "Unknown key 'zone'"),
        ("run = 3\n", r"write \[run\]"),
        ("[camera]\nwidth = '640'\n", "must be of type int"),
        ("[camera]\nwidth = 0\n", "at least 1"),
        ("[camera]\nwidth = true\n", "must be of type int"),
        ("[upload]\ntimeout_s = -1\n", "must not be negative"),
        ("[upload]\ntimeout_s = nan\n", "must not be negative"),
        ("[run]\npace = 'slow'\n", "one of auto, realtime, fast"),
        ("[run]\nsinks = 'jsonl:x'\n", "must be of type list"),
        ("[device]\nid = 'Jane Doe'\n", "lower-case letters"),
        ("[detector]\nzone = [0.5, 0.5, 0.6, 0.2]\n", "inside the frame"),
        ("[detector]\nzone = [0.5]\n", "inside the frame"),
        ("[run\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load_settings(write(tmp_path, text))


@pytest.mark.parametrize("text", ["nonsense", "camera=3", "camera.width", "camera.widht=3", "camera.width=wide"])
def test_a_wrong_assignment_is_explained(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--set {text}"):
        load_settings(None, [text])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        load_settings(tmp_path / "none.toml")
