"""The keys as they are delivered, and as a coder keeps them.

Letters stand where the face has what they code: brows, eyes and nose in the upper row of a keyboard, the corners of
the mouth, chin and jaw in the middle, lips and tongue below. What is rare has Alt beside its letter.
"""

from typing import Any

from msgspec import Struct

ACTION_KEYS = {
    **{"AU1": "q", "AU2": "w", "AU4": "e", "AU5": "r", "AU6": "t", "AU7": "y", "AU43": "u", "AU9": "i", "AU10": "o"},
    **{"AU12": "a", "AU14": "s", "AU15": "d", "AU20": "f", "AU16": "g", "AU17": "h", "AU25": "j", "AU26": "k"},
    **{"AU28": "l", "AU18": "z", "AU22": "x", "AU23": "c", "AU24": "v", "AD19": "b", "AD32": "n"},
    **{"AU8": "Alt+x", "AU13": "Alt+a", "AU21": "Alt+f", "AD29": "Alt+k", "AD30": "Alt+j", "AU31": "Alt+l"},
    **{"AD33": "Alt+z", "AD34": "Alt+s", "AD35": "Alt+q", "AD36": "Alt+b", "AD37": "Alt+n"},
}
COMMAND_KEYS = {
    **{"submit": "Enter", "remove": "Backspace", "other": "ArrowUp", "repeat": "ArrowDown", "clear": "Delete"},
    **{"upper": ",", "lower": ".", "uncodable": "m", "undo": "Ctrl+z", "redo": "Ctrl+y", "ask": "p"},
    **{"back": "ArrowLeft", "on": "ArrowRight", "back10": "Shift+ArrowLeft", "on10": "Shift+ArrowRight"},
    **{"first": "Home", "last": "End", "open": "Ctrl+ArrowRight", "jump": "/", "previous": "PageUp"},
    **{"next": "PageDown", "choose": "Ctrl+o", "play": " ", "run": "Shift+ ", "slower": "Shift+ArrowDown"},
    **{"faster": "Shift+ArrowUp", "mode": "Ctrl+e", "onset": ",", "apex": "m", "offset": ".", "loop": "Shift+Enter"},
    **{
        "closer": "+",
        "wider": "-",
        "whole": "Ctrl+0",
        "face": "Ctrl+f",
        "brighter": "Ctrl+ArrowUp",
        "darker": "Ctrl+ArrowDown",
    },
    **{"neutral": "Shift+m", "view": "F7", "help": "?"},
}
_COMMAND = "do:"  # before a command's name where both kinds are kept in one table


class KeyMap(Struct, frozen=True):
    """Action → key and command → key, written as the page's `keys.js` says."""

    actions: dict[str, str]
    commands: dict[str, str]


def delivered(actions: tuple[str, ...]) -> KeyMap:
    """The keys before any was changed."""
    return KeyMap({key: ACTION_KEYS[key] for key in actions}, dict(COMMAND_KEYS))


def kept(keys: dict[str, str], actions: tuple[str, ...]) -> KeyMap:
    """The keys of a coder who changed some; `keys` as `to_keep` makes them."""
    first = delivered(actions)
    return KeyMap(
        {action: keys.get(action, key) for action, key in first.actions.items()},
        {command: keys.get(_COMMAND + command, key) for command, key in first.commands.items()},
    )


def to_keep(keymap: KeyMap) -> dict[str, str]:
    """One table of both."""
    return keymap.actions | {_COMMAND + command: key for command, key in keymap.commands.items()}


def as_data(keymap: KeyMap) -> dict[str, Any]:
    """For the page."""
    return {"actions": keymap.actions, "commands": keymap.commands}
