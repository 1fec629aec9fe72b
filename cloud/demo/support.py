"""What diagnosis support would have said of a simulated session: made up, of a study that never was, and says so."""

import random

from cloud.demo.people import Plan
from device.contract.fields import Json
from device.contract.support import Abstained

COVERED = "diagnosis"
#: People of each group, and the share of them whose set held it.
_STUDY = {"bipolar": (60, 0.87), "depressed": (72, 0.92), "healthy": (80, 0.93)}
_SITES, _ALPHA = 3, 0.1
_POPULATION = "Simulated: no patient was measured, and no study was held."
#: The groups that are left, with the networks' probabilities; how much of the time was measured; why no answer.
_OUTCOMES: tuple[tuple[tuple[str, ...], tuple[float, ...], float, tuple[Abstained, ...]], ...] = (
    (("depressed", "healthy"), (0.11, 0.46, 0.43), 0.9, (Abstained.UNCERTAIN,)),
    (("bipolar", "depressed", "healthy"), (0.31, 0.36, 0.33), 0.88, (Abstained.UNCERTAIN,)),
    (("healthy",), (0.05, 0.09, 0.86), 0.91, ()),
    ((), (), 0.34, (Abstained.COVERAGE, Abstained.UNMEASURED)),
)


def said(plan: Plan) -> Json:
    """The `support` of the event. In the last session, of which every record was sent, two groups are left."""
    number = 0 if plan.records else random.Random(f"{plan.chance}/support").randrange(len(_OUTCOMES))
    left, probabilities, coverage, why = _OUTCOMES[number]
    groups: Json = {
        f"g{at}": {"name": name, "n": people, "held": held}
        for at, (name, (people, held)) in enumerate(_STUDY.items(), 1)
    }
    for group, probability in zip(groups.values(), probabilities, strict=False):
        group |= {"probability": probability, "possible": group["name"] in left}
    evidence = {
        "n": sum(people for people, _ in _STUDY.values()),
        "sites": _SITES,
        "alpha": _ALPHA,
        "population": _POPULATION,
    }
    evidence |= {"answered_right": 0.81, "answered_right_low": 0.7, "answered_right_high": 0.9}
    told = {"bundle": "simulated-groups-1", "supported": True, "simulated": True, "coverage": coverage}
    return told | evidence | groups | ({"why": [one.value for one in why]} if why else {})
