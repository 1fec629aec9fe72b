"""Commands from afar, as the host process carries them out: what button and page do, and each of them once.

An examination takes longer than anybody waits at the socket, and whoever asked is ended by it, for one process at a
time has the outbox. So it goes on here, and who asks again is told how it ended. What it found lies in a file for
whoever delivers then (`device.service.noticed`).
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from device.contract import checkup
from device.contract.control import Doing, Report
from device.contract.errors import AffectboxError, InterlockError
from device.contract.finding import Finding, Level, read_findings
from device.contract.remote import DO
from device.examination import releases
from device.host.answering import COMMANDS, Question
from device.host.asking import CHECKUP
from device.host.interlock import Interlock
from device.host.refusals import RefusedError
from device.host.view import Refusal
from device.update.request import Source

_DOCTOR = "doctor"
_GOES_ON = "The box is being examined."
_BROKEN_OFF = "The examination was begun and came to no end: ask for it again."


@dataclass(frozen=True)
class Outcome:
    """What is answered to a command: a sentence, whether it was done, and whether it is still being done."""

    text: str
    done: bool
    goes_on: bool = False


class Afar:
    """May be called from several threads."""

    def __init__(self, interlock: Interlock, folder: Path, person: str = "") -> None:
        """
        Args:
            folder: for what an examination found.
            person: a pseudonym that it does not tell.
        """
        self._interlock, self._path, self._person = interlock, folder / CHECKUP, person
        self._examining = ""

    def __call__(self, asked: Question) -> Outcome:
        """Carry out a command, of which `asked.name` is the id, or say what became of it."""
        answer = self._interlock.afar(asked.name, lambda: self._act(asked))
        if asked.name == self._examining:
            return Outcome(_GOES_ON, done=True, goes_on=True)
        if asked.command == _DOCTOR:  # it may have come to its end a moment ago
            answer = self._interlock.afar(asked.name, lambda: answer)
        return Outcome(*answer)

    def _act(self, asked: Question) -> tuple[str, bool]:
        if asked.left_s is None:
            raise RefusedError(Refusal.CLOCK)
        if asked.left_s <= 0:
            raise RefusedError(Refusal.LATE)
        if asked.command == _DOCTOR:
            return self._examine(asked.name)
        if asked.command not in DO:
            raise InterlockError(f"The host process does not do '{asked.command[:20]}' for somebody afar.")
        meant = Question(
            asked.command,
            asked.patient,
            asked.covers,
            by="afar",
            name=asked.called,
            source=Source.NETWORK.value,
            giver=asked.giver,
            ends=asked.ends,
            age=asked.age,
        )
        return COMMANDS[asked.command](self._interlock, meant), True

    def _examine(self, command: str) -> tuple[str, bool]:
        """Begin an examination; what is answered where nothing comes of it. Raises `RefusedError`."""
        reports = self._interlock.examine()
        self._examining = command
        threading.Thread(target=self._follow, args=(command, reports), name="checkup", daemon=True).start()
        return _BROKEN_OFF, False

    def _follow(self, command: str, reports: Iterator[Report]) -> None:
        found: list[Finding] = []
        answer = _BROKEN_OFF, False
        try:
            found += _found(reports)
            found += releases.examine()
            answer = summed_up(found), True
            self._keep(command, found)
        except AffectboxError as error:
            answer = str(error), False
        finally:
            self._interlock.answer(command, *answer)
            self._examining = ""

    def _keep(self, command: str, found: Iterable[Finding]) -> None:
        """Leave it to whoever delivers; a folder that takes nothing costs the findings, and not the answer."""
        told = [Finding(one.level, one.what, self._plain(one.text)) for one in found]
        document = {"v": checkup.VERSION, "id": command, "findings": checkup.findings(told)}
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            part.write_text(json.dumps(document), encoding="utf-8")
            part.chmod(0o640)
            part.replace(self._path)

    def _plain(self, text: str) -> str:
        return text.replace(self._person, "…") if self._person else text


def summed_up(found: Iterable[Finding]) -> str:
    """Findings in one sentence."""
    all_of_them = list(found)
    odd = [one.what for one in all_of_them if one.level is not Level.OK]
    if not odd:
        return f"All {len(all_of_them)} findings are well."
    need = "needs" if len(odd) == 1 else "need"
    return f"{len(odd)} of {len(all_of_them)} {need} attention: {', '.join(dict.fromkeys(odd))}."


def _found(reports: Iterable[Report]) -> Iterator[Finding]:
    """The findings of a daemon, as they come. Raises `AffectboxError`."""
    for report in reports:
        yield from read_findings(report.findings or ())
        if report.state is Doing.ENDED and report.text:
            yield Finding(Level.FAIL, "daemon", report.text)
