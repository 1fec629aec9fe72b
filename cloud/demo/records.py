"""What clinicians would have written of the simulated people: records with history, notes, consents on paper,
marks."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from cloud.demo.clocks import parts
from cloud.demo.people import DAY_S, PEOPLE, WEEK_S, Person, Plan
from device.contract import mark, note, paper, person
from device.contract.fields import Json

_LANGUAGES = ("de", "en", "es", "zh", "de", "en")
_COMPLAINTS = (
    "Simulated. Sleeps badly, worries about work.",
    "Simulated. Low mood since a separation.",
    "Simulated. Says that all is well and looks sad.",
    "Simulated. Panic in crowds, hardly looks up.",
    "Simulated. Came by referral, speaks little.",
    "Simulated. Grief after a loss in the family.",
)
_NOTES = (
    "Simulated note. Came on time, talked freely of the week.",
    "Simulated note. Quieter than last time; the breathing exercise helped.",
    "Simulated note. Spoke of the family for the first time.",
    "Simulated note. Tired; sat in poor light, so little was measured.",
)


def records(plans: list[Plan], by: str, until_s: float) -> dict[str, object]:
    """Path → document of everything that `by` wrote of those who have sessions in `plans`."""
    found: dict[str, object] = {}
    for at, someone in enumerate(PEOPLE):
        own = [plan for plan in plans if plan.person is someone]
        if own:
            found |= dict(_versions(someone, own[0].begins_s, at, by, until_s))
            found |= dict(_paper(someone, own[0].begins_s, by))
            found |= dict(_notes(own, by))
            found |= dict(_marks(own[-1], by))
    return found


def key_at(at_s: float, salt: str) -> str:
    """A name of an entry, as `device.contract.keys.new_key` makes them, but always the same."""
    return f"k{int(at_s * 1000):013d}-{sha256(salt.encode()).hexdigest()[:6]}"


def _versions(someone: Person, began_s: float, at: int, by: str, until_s: float) -> Iterator[tuple[str, Json]]:
    chance = random.Random(someone.pseudonym)
    first = {
        "v": person.VERSION,
        "by": by,
        "status": "waiting",
        "year_of_birth": chance.randint(1955, 2002),
        "sex": chance.choice(person.SEXES[:2]),
        "language": _LANGUAGES[at],
        "setting": "individual",
        "complaint": _COMPLAINTS[at],
    }
    began = {"status": "active", "began": _day(began_s), "goals": "Simulated. Weekly sessions, twelve at first."}
    last = {"summary": f"Simulated. Planted in the numbers: {someone.said}."}
    for number, (at_s, change) in enumerate(((began_s - 6 * DAY_S, {}), (began_s, began), (until_s - 3600, last)), 1):
        first |= change
        yield person.key(someone.pseudonym, number), first | {"number": number, "at": int(at_s * 1000)}


def _paper(someone: Person, began_s: float, by: str) -> Iterator[tuple[str, Json]]:
    at_s = began_s - 1200
    name = key_at(at_s, someone.pseudonym)
    head: Json = {"v": paper.VERSION, "by": by, "giver": someone.giver}
    given = {"at": int(at_s * 1000), "covers": list(someone.covers), "given": _day(at_s)} | _aged(someone)
    yield paper.key(someone.pseudonym, name), head | given | {"until": _day(began_s + 52 * WEEK_S)}
    if "revoked" in someone.kinds.values():
        ended_s = began_s + WEEK_S / 3
        ended = {"at": int(ended_s * 1000), "withdrawn": name, "given": _day(ended_s)}
        yield paper.key(someone.pseudonym, key_at(ended_s, someone.pseudonym)), head | ended
        again_s = began_s + WEEK_S - 600
        again = {"at": int(again_s * 1000), "covers": list(someone.covers), "given": _day(again_s)} | _aged(someone)
        yield paper.key(someone.pseudonym, key_at(again_s, someone.pseudonym)), head | again


def _aged(someone: Person) -> Json:
    return {"age": someone.age} if someone.age else {}


def _notes(plans: list[Plan], by: str) -> Iterator[tuple[str, Json]]:
    for at, plan in enumerate(plans):
        at_s = plan.begins_s + plan.minutes * 60 + 300
        name = key_at(at_s, plan.chance)
        text = _NOTES[at % len(_NOTES)]
        written = {"v": note.VERSION, "at": int(at_s * 1000), "by": by, "text": text, "visit": visit(plan)}
        yield note.key(plan.person.pseudonym, name), written | {"moment": round(plan.minutes * 20, 1)}
        if at == len(plans) - 1:
            later_s = at_s + 900
            corrected = {
                "at": int(later_s * 1000),
                "text": f"{text} Correction: it was after the break.",
                "corrects": name,
            }
            yield note.key(plan.person.pseudonym, key_at(later_s, plan.chance)), written | corrected


def _marks(plan: Plan, by: str) -> Iterator[tuple[str, Json]]:
    if plan.kind == "empty":
        return
    at_s, total_s = plan.begins_s + DAY_S / 4, plan.minutes * 60
    head: Json = {"v": mark.VERSION, "by": by, "at": int(at_s * 1000)}
    marked = (
        {"of": mark.PHASE, "name": "silence", "from_s": round(0.2 * total_s), "to_s": round(0.28 * total_s)},
        {"of": mark.STIMULUS, "name": "photograph", "from_s": round(0.5 * total_s)},
    )
    for content in marked:
        name = key_at(at_s, f"{plan.chance}/{content['name']}")
        yield mark.key(plan.person.pseudonym, visit(plan), name), head | content


def visit(plan: Plan) -> str:
    """The session of a plan, the first one where it was cut, as DEVICE~SESSION."""
    return f"{plan.person.device}~{parts(plan, 1)[0].session}"


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d")
