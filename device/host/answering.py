"""What is asked at the control socket, and what the interlock answers to each."""

from collections.abc import Callable

from msgspec import Struct, field

from device.host.interlock import Interlock

_WHENCE = ("button", "page", "command", "afar")


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked: `do`, and what belongs to it.

    Attributes:
        age: of the person, of `AGES`, with a consent.
        until: the last day on which a consent holds, YYYY-MM-DD; ends: its end, in seconds since 1970.
        command, left_s: with a command from afar, what is to be done, and for how many seconds it is still meant.
        called: with one, the name of what is noted.
        giver: with one, who gave the consent.
    """

    do: str
    patient: str = ""
    covers: tuple[str, ...] = ()
    by: str = ""
    until: str = ""
    name: str = ""
    source: str = field(name="from", default="")
    command: str = ""
    left_s: float | None = None
    called: str = ""
    giver: str = ""
    ends: float | None = None
    age: str = ""

    @property
    def whence(self) -> str:
        """Who commands, for the journal."""
        return self.by if self.by in _WHENCE else "command"


Answer = Callable[[Interlock, Question], str]


def _consent(interlock: Interlock, asked: Question) -> str:
    interlock.consent(asked.patient, asked.covers, asked.giver or asked.by, asked.until, asked.ends, asked.age)
    return "The consent is recorded."


def _forget(interlock: Interlock, asked: Question) -> str:
    return "erased" if interlock.forget(asked.patient) else ""


def _plain(name: str, text: str) -> Answer:
    """A command without more to say."""

    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(by=asked.whence)
        return text

    return answer


def _named(name: str, text: str) -> Answer:
    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(asked.name, by=asked.whence)
        return text

    return answer


def _of_patient(name: str, text: str) -> Answer:
    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(asked.patient, by=asked.whence)
        return text

    return answer


def _prepare(interlock: Interlock, asked: Question) -> str:
    interlock.prepare(asked.patient)
    return "The button begins with this person now." if asked.patient else "The button begins with nobody now."


def _update(interlock: Interlock, asked: Question) -> str:
    interlock.update(asked.source, by=asked.whence)
    return "The update is asked for: `affectbox update --status` says how it goes."


COMMANDS: dict[str, Answer] = {
    "status": lambda interlock, asked: "",
    "consent": _consent,
    "prepare": _prepare,
    "begin": _of_patient("begin", "The session begins."),
    "pause": _plain("pause", "The camera is being closed; the session stays open."),
    "resume": _plain("resume", "The session goes on."),
    "end": _plain("end", "The session is being ended."),
    "revoke": _of_patient("revoke", "The consent is withdrawn; what was not sent is being erased."),
    "frame": _plain("frame", "The view for setting up opens."),
    "mark": _named("mark", "Marked."),
    "phase": _named("phase", "The part of the session is noted."),
    "stimulus": _named("stimulus", "The stimulus is noted."),
    "update": _update,
    "forget": _forget,
}
