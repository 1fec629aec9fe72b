"""Who may see the demo: two clinicians, an engineer and an admin, with passwords that are drawn anew each time."""

from dataclasses import dataclass, field

from cloud.demo.boxes import SILENT_S, Box, state
from cloud.demo.people import EVERYBODY, PEOPLE
from device.contract import box as named
from device.contract import passphrase, telemetry
from device.contract.fields import Json
from device.contract.session import UNNAMED

REAL = "demo-box"
#: Whom it watches: the person in the clip.
PSEUDONYM = "p-0050"
_ALL = (*(person.pseudonym for person in PEOPLE), PSEUDONYM)
_SECOND = PEOPLE[-1].pseudonym
_ROOMS = tuple(sorted({person.device for person in EVERYBODY}))


@dataclass(frozen=True)
class Account:
    """One person of the demo's staff; `sees` says in words what they may see."""

    uid: str
    email: str
    role: str
    name: str
    sees: str
    patients: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    password: str = field(default_factory=passphrase.make, repr=False)

    def document(self) -> Json:
        """What stands of them at `staff/UID`."""
        marks = {"patients": dict.fromkeys(self.patients, True), "devices": dict.fromkeys(self.devices, True)}
        return {"role": self.role, "name": self.name} | {name: value for name, value in marks.items() if value}


def accounts() -> tuple[Account, ...]:
    """Everybody, with new passwords."""
    return (
        Account(
            "clinician-1",
            "clinician@demo.invalid",
            "clinician",
            "Simulated clinician",
            "all patients, the boxes of their rooms and the real one",
            _ALL,
            (*_ROOMS, REAL),
        ),
        Account(
            "clinician-2",
            "clinician2@demo.invalid",
            "clinician",
            "Second clinician",
            f"{_SECOND} alone, and the box of that room",
            (_SECOND,),
            _ROOMS[-1:],
        ),
        Account(
            "engineer-1",
            "engineer@demo.invalid",
            "engineer",
            "Simulated engineer",
            "the state of every box, and nothing clinical",
        ),
        Account("admin-1", "admin@demo.invalid", "admin", "Simulated admin", "everything, and who may see what"),
    )


def watcher(*devices: str) -> Account:
    """Who may see what one box recorded of somebody without a pseudonym."""
    sees = f"what {', '.join(devices)} recorded"
    return Account("clinician-1", "clinician@demo.invalid", "clinician", "Clinician", sees, (UNNAMED,), devices)


def staff(people: tuple[Account, ...]) -> dict[str, object]:
    """Path → document of who may do what."""
    return {f"staff/{account.uid}": account.document() for account in people}


def names(boxes: list[Box], by: str, now_s: float) -> dict[str, object]:
    """Path → what the boxes are called; two of them the same by mistake, the last few not at all."""
    found: dict[str, object] = {named.key(REAL): _named("Room with the clip", "real", by, now_s)}
    for box in boxes:
        if box.number % 25 == 24:
            continue
        name = "Simulated room 43" if box.number == 44 else box.name
        found[named.key(box.device)] = _named(name, box.group, by, now_s)
    return found


def _named(name: str, group: str, by: str, now_s: float) -> Json:
    return {"v": named.VERSION, "name": name, "group": group, "at": int(now_s * 1000), "by": by}


def last_words(boxes: list[Box], now_s: float) -> dict[str, object]:
    """Path → the last state of boxes that say nothing any more."""
    found: dict[str, object] = {}
    for box in boxes:
        if box.trouble in ("silent", "ended"):
            at_s = now_s - SILENT_S
            found[telemetry.key(box.device)] = state(box, at_s) | {"seen": int(at_s * 1000)}
    return found
