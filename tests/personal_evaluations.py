"""Evaluations of models of a person, made by hand: six people, whose own models are better than the general one."""

from device.contract.evidence import Interval
from training.personal.comparisons import comparisons
from training.personal.evaluation import TOLD, Epoch, Evaluation, Measured, PersonFound, Unit
from training.personal.movements import Movement, MovementsFound, Recovered

#: Approach → F1 before the first epoch, after the tenth, and after the last, of the first person.
ARMS = {
    "psm": (0.40, 0.55, 0.80),
    "gm": (0.40, 0.60, 0.74),
    "transfer-general": (0.70, 0.78, 0.81),
}


def movements() -> MovementsFound:
    """Three of them: one of no known kind, one that is known, and one that is hardly found again."""
    found = (
        Movement(300, 0.14, {"AU12": 2.4, "AU2": 1.1}, "AU6+AU12", 0.61, 0.92),
        Movement(120, 0.05, {"AU1": 1.9, "AU2": 1.7}, "AU1+AU2+AU26", 0.88, 0.81),
        Movement(40, 0.02, {"AU9": 1.2}, "AU9", 0.97, 0.31),
    )
    truth = Recovered(4, about(0.83), about(0.78), 0.7, 0.66)
    return MovementsFound(2200, 0.3, 8, 1.4, 0.9, 12, found, 0.7, about(0.86), truth)


def about(value: float) -> Interval:
    return Interval(value, value - 0.05, value + 0.05)


def measured(name: str, course: tuple[float, float, float], more: float = 0.0) -> Measured:
    begun, early, last = (value + more for value in course)
    units = {
        unit: Unit(400, present, guess, about(last + beyond), about(last + beyond / 2))
        for unit, present, guess, beyond in (("AU6", 80, 1 / 3, 0.04), ("AU12", 100, 0.4, -0.04))
    }
    points = tuple(Epoch(epoch, about(f1), about(f1)) for epoch, f1 in ((0, begun), (10, early), (30, last)))
    general, moves = name.startswith("gm"), movements() if name in ARMS else None
    return Measured(name, f"{name}-weights", general, 30, 3.5, units, about(last), about(last), points, moves)


def person(number: int = 1, labels: str = TOLD) -> PersonFound:
    """p-0001 and so on; the further, the better are all of their models, and their own somewhat more."""
    more = 0.01 * number
    return PersonFound(
        name=f"p-{number:04}",
        data=f"faces-{number}",
        recordings=2,
        faces=3000,
        learnt=2200,
        held_out=800,
        learnt_s=220.0,
        held_out_s=80.0,
        labels=labels,
        left_out={"AU1": "never present", "AU2": "never present", "AU43": "present in 1.2% of the faces"},
        arms=tuple(measured(name, course, more * (2 - (name == "gm"))) for name, course in ARMS.items()),
        references=(measured("pixels", (0.5, 0.5, 0.5)),),
    )


def evaluation(
    people: int = 6, *, simulated: bool = True, labels: str = TOLD, notes: tuple[str, ...] = ()
) -> Evaluation:
    found = tuple(person(number + 1, labels) for number in range(people))
    return Evaluation(simulated, 0, found, comparisons(found), notes)
