"""Which approaches are compared, and by what: what theory and the publication lead one to expect."""

from collections.abc import Iterator, Sequence

from training.personal.arms import Compared, compared, corrected
from training.personal.evaluation import Epoch, Measured, PersonFound

#: After so many epochs the publication tells how far a transfer has come; and of what an approach gains at all, this
#: share is nearly everything.
EARLY, NEARLY = 10, 0.95
SCRATCH = "scratch"
#: First against second, and after how many epochs (0: the last): the first is expected to be higher. What was asked
#: beforehand, what else may be looked at, and what must be better than no learning at all: p is corrected in each.
ASKED = (
    ("psm", "gm", 0),
    ("transfer-general", "psm", EARLY),
    ("transfer-person", "psm", EARLY),
    ("psm-curriculum", "psm", EARLY),
)
FURTHER = (
    ("transfer-general", "psm", 0),
    ("transfer-person", "psm", 0),
    ("psm-curriculum", "psm", 0),
    ("gm-curriculum", "gm", 0),
    ("gm-curriculum", "gm", EARLY),
)
REFERENCES = (("psm", "untrained", 0), ("psm", "pixels", 0), ("psm", "box", 0))
#: Which are compared by the epochs in which they come near to the second's end.
FAST = (("transfer-general", "psm"), ("transfer-person", "psm"), ("psm-curriculum", "psm"), ("gm-curriculum", "gm"))
FIGURES = ("f1", "auc")


def comparisons(people: Sequence[PersonFound]) -> tuple[Compared, ...]:
    """Every comparison of which there are both approaches."""
    found: list[Compared] = []
    for figure in FIGURES:
        for asked in (ASKED, FURTHER, REFERENCES):
            found += corrected([*_of_figure(people, figure, asked)])
    return (*found, *corrected([*_of_speed(people)]))


def _of_figure(
    people: Sequence[PersonFound], figure: str, asked: Sequence[tuple[str, str, int]]
) -> Iterator[Compared]:
    for first, usual, epoch in asked:
        if not epoch and "curriculum" in first and _epochs(people, first) != _epochs(people, usual):
            continue  # a learning rate that has not fallen yet cannot be compared with one that has
        second = _as_long(people, first, usual) if epoch else usual
        values = [
            (_after(one, figure, epoch), _after(other, figure, epoch)) for one, other in _both(people, first, second)
        ]
        if found := compared(first, second, figure, epoch, values):
            yield found


def _of_speed(people: Sequence[PersonFound]) -> Iterator[Compared]:
    for first, usual in FAST:
        second = _as_long(people, first, usual)
        if _epochs(people, first) != _epochs(people, second):
            continue  # who never comes so far would be as fast as it stopped early
        values = [(until(one, other), until(other, other)) for one, other in _both(people, first, second)]
        if found := compared(first, second, "epochs", 0, values):
            yield found


def _as_long(people: Sequence[PersonFound], first: str, second: str) -> str:
    """With what an approach is compared after few epochs: instead of `psm` on its way with `scratch`, which is
    the same and learns for few, where the first learns for as many, so that the learning rates of both have fallen."""
    few = _epochs(people, SCRATCH)
    return SCRATCH if second == "psm" and few and _epochs(people, first) == few else second


def _epochs(people: Sequence[PersonFound], name: str) -> set[int]:
    """For how many epochs an approach was learnt, of anybody."""
    return {of.epochs for person in people if (of := person.arm(name))}


def _both(people: Sequence[PersonFound], first: str, second: str) -> list[tuple[Measured, Measured]]:
    """Of everybody who has both approaches."""
    return [(one, other) for person in people if (one := person.arm(first)) and (other := person.arm(second))]


def _after(of: Measured, figure: str, epoch: int) -> float:
    """The figure after an epoch (0: the last); NaN where the weights of that one were not kept."""
    at: Measured | Epoch | None = next((one for one in of.course if one.epoch == epoch), None) if epoch else of
    return float(getattr(at, figure).value) if at else float("nan")


def until(of: Measured, other: Measured) -> float:
    """Epochs after which an approach's F1 is first at nearly everything that the other gains from before its first
    epoch to its last; evenly between those of which the weights were kept, its last where it never is. NaN where the
    other gains nothing."""
    if not other.course or other.course[0].epoch or not other.f1.value > other.course[0].f1.value:
        return float("nan")
    begun = other.course[0].f1.value
    wanted = begun + NEARLY * (other.f1.value - begun)
    epochs, values = [one.epoch for one in of.course], [one.f1.value for one in of.course]
    at = next((place for place, value in enumerate(values) if value >= wanted), None)
    if at is None:
        return float(of.epochs)
    if not at:
        return float(epochs[0])
    share = (wanted - values[at - 1]) / (values[at] - values[at - 1])
    return epochs[at - 1] + share * (epochs[at] - epochs[at - 1])
