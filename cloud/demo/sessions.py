"""Everything that boxes would have written of a simulated session: events, whom it watched, minutes, packs, clocks."""

from collections.abc import Iterator

from cloud.demo import comparison, personal, support
from cloud.demo import course as courses
from cloud.demo.clocks import Part, parts
from cloud.demo.course import Course
from cloud.demo.frames import of_records
from cloud.demo.people import WEEK_S, Plan
from cloud.demo.spans import Measures, measures, minutes, of_seconds
from device.contract import aggregate, boot, pack, patient, session
from device.contract.fields import Json
from device.contract.session import REVOKED_LATER, UNNAMED, Consent, Event, Why, consent_json

FRAME = (1280, 720)
_EMPTY_S = 24.0


def documents(plan: Plan) -> Iterator[tuple[str, object]]:
    """Path and value of all that is written of a session; a part of the path is never below another."""
    course = courses.course(plan)
    read = measures(course)
    cut = parts(plan, len(course))
    for part, following in zip(cut, [*cut[1:], None], strict=True):
        for event in _events(part, following, course):
            yield session.key(event), event
        yield patient.key(plan.person.device, part.session), plan.person.pseudonym
        yield from _measured(part, course, read)
        if courses.untrusted_s(plan):
            clock = _clock(part)
            yield boot.key(clock), clock


def _measured(part: Part, course: Course, read: Measures) -> Iterator[tuple[str, Json]]:
    identity = identity_of(part)
    for minute in minutes(part, course, read, identity):
        yield aggregate.key(minute), minute
    make = of_records if part.plan.records else of_seconds
    for packed in make(part, course, read, identity):
        yield pack.key(packed), packed


def identity_of(part: Part) -> Json:
    """What every document of a session bears."""
    return {"device": part.plan.person.device, "boot": part.boot, "session": part.session}


def _events(part: Part, following: Part | None, course: Course) -> Iterator[Json]:
    """The events of one session, numbered."""
    plan, hz = part.plan, course.hz
    begins_s, ends_s = part.first / hz, part.last / hz
    happened: list[tuple[float, Event, Json]] = [(begins_s, Event.BEGAN, _beginning(part))]
    if part.last > part.first:
        frame = {"frame": {"width": FRAME[0], "height": FRAME[1]}}
        happened.append((begins_s, Event.CAMERA, frame))
        happened += _named(plan, begins_s, ends_s)
        if comparison.COVERED in plan.person.covers:
            happened.append((begins_s, Event.COMPARISON, {"comparison": comparison.told()}))
        if personal.COVERED in plan.person.covers and part.why is not Why.INTERRUPTED:
            own = personal.said(plan, course, slice(part.first, part.last))
            happened.append((ends_s, Event.PERSONAL, {"personal": own}))
        if support.COVERED in plan.person.covers and part.why is Why.STOPPED:
            happened.append((ends_s, Event.SUPPORT, {"support": support.said(plan)}))
    identity = {"v": session.VERSION, **identity_of(part), "patient": plan.person.pseudonym}
    number = 0
    for number, (at_s, event, content) in enumerate(sorted(happened, key=lambda one: one[0]), 1):
        yield identity | {"number": number, "event": event.value, "time": part.at(at_s), **content}
    teller = following if part.why is Why.INTERRUPTED and following else part
    end_s = ends_s + (_EMPTY_S if part.last == part.first else 0.0)
    ended = {"event": Event.ENDED.value, "time": teller.at(end_s), "why": part.why.value}
    yield identity | {"number": number + 1, "boot": teller.boot} | ended
    if plan.kind == "revoked":
        later = {"number": REVOKED_LATER, "time": part.at(ends_s + WEEK_S / 3)}
        yield identity | ended | later | {"why": Why.REVOKED.value}


def _beginning(part: Part) -> Json:
    content: Json = {"continues": part.continues} if part.continues else {}
    person = part.plan.person
    if person.pseudonym == UNNAMED:
        return content
    given_s = part.plan.begins_s - part.plan.week * WEEK_S - 900
    consent = Consent(person.covers, person.giver, round(given_s), round(given_s) + 52 * WEEK_S, person.age)
    return content | {"consent": consent_json(consent)}


def _named(plan: Plan, begins_s: float, ends_s: float) -> list[tuple[float, Event, Json]]:
    """Phases, stimuli and a mark between two moments; the phase that goes on begins with the part."""
    total_s = plan.minutes * 60
    phases = {name: share * total_s for name, share in courses.phase_begins().items()}
    there = [(at_s, Event.PHASE, {"name": name}) for name, at_s in phases.items() if begins_s <= at_s < ends_s]
    if begins_s:
        going_on = courses.phase_at(begins_s / total_s)
        there.append((begins_s, Event.PHASE, {"name": going_on}))
    others = [(share, Event.STIMULUS, name) for name, share in courses.STIMULI.items()] + [
        (0.45, Event.MARK, "talk-7")
    ]
    there += [
        (share * total_s, event, {"name": name})
        for share, event, name in others
        if begins_s < share * total_s < ends_s
    ]
    return there


def _clock(part: Part) -> Json:
    mono_s = part.start_mono_s + courses.untrusted_s(part.plan)
    place = {"v": boot.VERSION, "device": part.plan.person.device, "boot": part.boot}
    return place | {"offset": round(part.offset_s, 3), "mono": round(mono_s, 3), "trusted": True}
