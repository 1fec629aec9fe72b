"""What the live page writes: commands, consents, notes, each with its entry in the audit in the same request."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloud.dashboard.base import Base, Lost, apply
from cloud.dashboard.person import Visit
from cloud.operations import orders
from device.contract import audit, paper, person, telemetry
from device.contract import note as notes_contract
from device.contract import patient as pseudonyms
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.keys import new_key
from device.contract.session import UNNAMED
from device.contract.telemetry import SERVER_TIME

#: For so long an answer is waited for after the command has ended, seconds.
_AFTER_S = 3.0
_DAY_S = 86_400


@dataclass(frozen=True)
class Consent:
    """A consent that is recorded now: what it covers, who gives it, its last day (YYYY-MM-DD; "" none), and the
    person's age, of `AGES`, where they may be compared with other people."""

    covers: tuple[str, ...]
    giver: str
    until: str = ""
    age: str = ""


async def order(base: Base, visit: Visit, device: str, asked: Json) -> Json:
    """Send the command that a button asks for; the command. Raises `DataError`, `IdentityError`."""
    name = tidy(str(asked.get("name") or ""))
    about = {"patient": str(asked.get("patient") or ""), "name": name}
    if asked["do"] == "stimulus" and not name:
        raise DataError("Say what was shown or asked: a stimulus has a name.")
    if asked["do"] == "revoke":
        await _withdraw(base, visit, about["patient"])
    return await _send(base, visit, device, str(asked["do"]), **about)


async def begin(base: Base, visit: Visit, device: str, patient: str, anew: Consent | None) -> str:
    """Record the consent on the box, and begin; why that did not work, in a sentence, "" when it did.

    Args:
        anew: a consent that was given now; None: the one that is noted.

    Raises:
        DataError: nobody is named, or no consent is; the database is away.
        IdentityError: they may not.
    """
    if not pseudonyms.PSEUDONYM.fullmatch(patient) or patient == UNNAMED:
        raise DataError("Say whom to watch: choose one of your patients, or draw a pseudonym for somebody new.")
    if anew is not None:
        await _note_consent(base, visit, patient, anew)
    holds = await held(base, visit, patient)
    if holds is None:
        raise DataError("No consent that holds is noted: ask the person, and record what they say.")
    consent: Json = {"covers": holds["covers"], "by": holds["giver"]}
    if "age" in holds:
        consent["age"] = holds["age"]
    if "until" in holds:
        consent["until"] = _end_of(holds["until"])
    for do, about in (("consent", {"consent": consent}), ("begin", {})):
        sent = await _send(base, visit, device, do, patient=patient, **about)
        answer = await _answer(base, visit, device, sent)
        if answer is None:
            return "The box did not answer in time. The command is void: nothing of it will be done later."
        if not answer.get("done", True):
            return str(answer.get("answer") or "The box refused it.")
    return ""


async def held(base: Base, visit: Visit, patient: str) -> Json | None:
    """The newest consent on paper that holds today, None where there is none."""
    there = await base.object(visit, f"{person.ROOT}/{patient}/consents")
    return holding(there, _today(base))


def holding(consents: Json, today: str) -> Json | None:
    """The newest of a person's consents, by name of entry, that was not withdrawn and has not ended."""
    withdrawn = {one.get("withdrawn") for one in consents.values()}
    for name in sorted(consents, reverse=True):
        one = consents[name]
        if one.get("covers") and name not in withdrawn and one.get("until", today) >= today:
            return dict(one)
    return None


async def take_on(base: Base, visit: Visit, patient: str) -> None:
    """Make a drawn pseudonym one of the visit's patients, with which their record begins.

    Raises:
        DataError: the database is away.
        IdentityError: it is somebody's already.
    """
    uid, now_ms = visit.person.uid, base.now_ms()
    began = {"v": person.VERSION, "at": SERVER_TIME, "by": uid, "number": 1, "status": person.STATUSES[0]}
    changes = {
        f"staff/{uid}/patients/{patient}": True,
        person.key(patient, 1): began,
        audit.key(now_ms, new_key(now_ms)): orders.entry("edited", uid, patient=patient),
    }
    await base.patch(visit, changes)


async def note(base: Base, visit: Visit, text: str, moment: Json) -> None:
    """Keep a note on a moment of a session: `patient`, `visit` (DEVICE~SESSION), `wall`. Raises `DataError`."""
    said = text.strip()
    if not said:
        raise DataError("A note says something.")
    patient = str(moment["patient"])
    if patient in ("", UNNAMED):
        raise DataError("Notes are kept with a person, and nobody is named in this session.")
    uid, now_ms = visit.person.uid, base.now_ms()
    about = {"visit": moment["visit"], "wall": moment["wall"]}
    written = {"v": notes_contract.VERSION, "at": SERVER_TIME, "by": uid, "text": said} | about
    entry = orders.entry("noted", uid, patient=patient, visit=str(moment["visit"]))
    await base.patch(
        visit,
        {notes_contract.key(patient, new_key(now_ms)): written, audit.key(now_ms, new_key(now_ms)): entry},
    )


async def notes(base: Base, visit: Visit, patient: str, of: str) -> list[Json]:
    """The notes of a session, in order."""
    there = await base.object(visit, f"{person.ROOT}/{patient}/notes")
    return [there[name] for name in sorted(there) if there[name].get("visit") == of]


def tidy(name: str) -> str:
    """A name as boxes take it: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")


async def _send(base: Base, visit: Visit, device: str, do: str, **about: Any) -> Json:
    now_ms = base.now_ms()
    made = orders.command(do, visit.person.uid, now_ms, **about)
    await base.patch(visit, orders.changes(device, made, now_ms))
    return made


async def _answer(base: Base, visit: Visit, device: str, sent: Json) -> Json | None:
    """What the box says to a command, None when it said nothing in time."""
    left_s = (sent["until"] - base.now_ms()) / 1000 + _AFTER_S
    said: Any = None
    with suppress(TimeoutError):
        async with asyncio.timeout(left_s):
            async for change in base.follow(visit, f"{telemetry.key(device)}/control"):
                said = said if isinstance(change, Lost) else apply(said, change)
                if isinstance(said, dict) and said.get("id") == sent["id"]:
                    return said
    return None


async def _note_consent(base: Base, visit: Visit, patient: str, consent: Consent) -> None:
    if not consent.covers:
        raise DataError("Say what the person agreed to.")
    uid, now_ms = visit.person.uid, base.now_ms()
    written: Json = {"v": paper.VERSION, "at": SERVER_TIME, "by": uid, "covers": list(consent.covers)}
    written |= {"giver": consent.giver, "given": _today(base)}
    written |= {"until": consent.until} if consent.until else {}
    written |= {"age": consent.age} if consent.age and "atypicality" in consent.covers else {}
    paper.validate(written | {"at": now_ms})
    await _with_entry(base, visit, patient, {new_key(now_ms): written})


async def _withdraw(base: Base, visit: Visit, patient: str) -> None:
    """Note that the consents that are noted are withdrawn."""
    there = await base.object(visit, f"{person.ROOT}/{patient}/consents")
    gone = {one.get("withdrawn") for one in there.values()}
    common = {"v": paper.VERSION, "at": SERVER_TIME, "by": visit.person.uid, "given": _today(base)}
    written = {
        new_key(base.now_ms()): common | {"giver": one["giver"], "withdrawn": name}
        for name, one in there.items()
        if one.get("covers") and name not in gone
    }
    if written:
        await _with_entry(base, visit, patient, written)


async def _with_entry(base: Base, visit: Visit, patient: str, consents: dict[str, Json]) -> None:
    now_ms = base.now_ms()
    changes = {paper.key(patient, name): consent for name, consent in consents.items()}
    entry = orders.entry("consented", visit.person.uid, patient=patient)
    await base.patch(visit, changes | {audit.key(now_ms, new_key(now_ms)): entry})


def _today(base: Base) -> str:
    return datetime.fromtimestamp(base.now_ms() / 1000, UTC).astimezone().strftime("%Y-%m-%d")


def _end_of(day: str) -> float:
    """The end of a day, in seconds since 1970."""
    return datetime.strptime(day, "%Y-%m-%d").astimezone().timestamp() + _DAY_S
