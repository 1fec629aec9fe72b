"""`affectbox session`: what the button and the page can, for whoever sits at the box's command line."""

import json
from dataclasses import dataclass
from typing import TextIO

from device.contract.errors import ConfigError
from device.contract.fields import Json
from device.host.asking import ask
from device.settings import Settings

#: What can be done → what it is done with: a pseudonym, a name, or nothing.
ACTIONS = {
    "status": "",
    "consent": "patient",
    "prepare": "patient",
    "begin": "patient",
    "pause": "",
    "resume": "",
    "end": "",
    "revoke": "patient",
    "frame": "",
    "mark": "name",
    "phase": "name",
    "stimulus": "name",
}
_WITHOUT = ("prepare", "begin", "revoke", "phase")  # and these without it, too


@dataclass(frozen=True)
class Consented:
    """What was said of a consent: what it covers, who gave it, the last day on which it holds, the person's age."""

    covers: tuple[str, ...] = ()
    by: str = ""
    until: str = ""
    age: str = ""


NOTHING = Consented()


def session(settings: Settings, action: str, subject: str, consented: Consented, as_json: bool, out: TextIO) -> None:
    """Ask the host process, and say what it answered.

    Raises:
        ConfigError: something is missing, or too much.
        InterlockError: the host process is not there, or refused.
    """
    answer = ask(settings.host, question(action, subject, consented))
    if as_json:
        out.write(json.dumps(answer["now"], indent=1) + "\n")
    elif action == "status":
        out.write("\n".join(told(answer["now"])) + "\n")
    else:
        out.write(f"{answer['text']}\n")


def question(action: str, subject: str, consented: Consented = NOTHING) -> Json:
    """What the host process is asked. Raises `ConfigError`."""
    takes = ACTIONS[action]
    if subject and not takes:
        raise ConfigError(f"`affectbox session {action}` takes nothing more.")
    if takes and not subject and action not in _WITHOUT:
        raise ConfigError(f"`affectbox session {action}` needs a {'pseudonym' if takes == 'patient' else 'name'}.")
    asked: Json = {"do": action} | ({takes: subject} if subject else {})
    if action == "consent":
        if not consented.covers or not consented.by:
            raise ConfigError(
                "A consent says what it covers and who gave it, such as --covers expressions,units --by guardian."
            )
        return asked | vars(consented) | {"covers": list(consented.covers)}
    if consented != NOTHING:
        raise ConfigError("--covers, --by, --until and --age belong to `affectbox session consent`.")
    return asked


def told(now: Json) -> list[str]:
    """How things stand, a line each."""
    lines = [f"State        {now['state']}, camera {'OPEN' if now['camera_open'] else 'closed'}, lamp {now['light']}"]
    if now["patient"]:
        left = now["limit_left_s"] or 0.0
        lines.append(f"Session      of {now['patient']}, for {_minutes(now['session_s'])}; {_minutes(left)} left")
    if report := now["report"]:
        lines.append(
            f"Frames       {report.get('recorded', 0)} recorded, {report.get('measured', 0)} measured, "
            f"{report.get('rate', 0.0):.1f} a second"
        )
    lines += [
        f"{title:<13}{now[key]['text']}" for title, key in (("Trouble", "trouble"), ("Last", "notice")) if now[key]
    ]
    if now["unattended"]:
        lines.append("UNATTENDED   sessions begin with nobody asked (host.unattended)")
    if now["prepared"]:
        lines.append(f"Button       begins {now['prepared']}")
    return [*lines, *(_consent(known) for known in now["people"])]


def _consent(known: Json) -> str:
    consent = known["consent"]
    state = "withdrawn" if known["revoked"] else "recorded"
    text = f"Consent      of {known['patient']} {state}: {', '.join(consent['covers'])}, by {consent['by']}"
    if "atypicality" not in consent["covers"]:
        return text
    age = consent.get("age")
    return f"{text}; {f'{age} years old' if age else 'no age, so not compared with other people'}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
