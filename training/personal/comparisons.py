"""Which approaches are compared, and by what: what theory and the publication lead one to expect."""

from collections.abc import Callable, Iterator, Sequence

from training.personal.arms import Compared, compared, corrected
from training.personal.evaluation import Measured, PersonFound

#: After so many epochs the publication tells how far a transfer has come; and of what an approach gains at all, this
#: share is nearly everything.
EARLY, NEARLY = 10, 0.95
#: First against second, after the last epoch: the first is expected to be higher.
LAST = (
    ("psm", "gm"),
    ("psm-curriculum", "psm"),
    ("gm-curriculum", "gm"),
    ("transfer-general", "psm"),
    ("psm", "untrained"),
    ("psm", "pixels"),
    ("psm", "box"),
)
#: After `EARLY` epochs, and in how many epochs they come near to their end.
FAST = (("transfer-general", "psm"), ("transfer-person", "psm"), ("psm-curriculum", "psm"), ("gm-curriculum", "gm"))
FIGURES = ("f1", "auc")


def comparisons(people: Sequence[PersonFound]) -> tuple[Compared, ...]:
    """Every comparison of which there are both approaches; p is corrected among those of one figure."""
    found: list[Compared] = []
    for figure in FIGURES:
        found += corrected([*_of_figure(people, figure)])
    return (*found, *corrected([*_of_speed(people)]))


def _of_figure(people: Sequence[PersonFound], figure: str) -> Iterator[Compared]:
    for first, second in LAST:
        yield from _compared(people, first, second, figure, 0, lambda of: _last(of, figure))
    for first, second in FAST:
        yield from _compared(people, first, second, figure, EARLY, lambda of: _after(of, figure, EARLY))


def _of_speed(people: Sequence[PersonFound]) -> Iterator[Compared]:
    for first, second in FAST:
        found = compared(
            first,
            second,
            "epochs",
            0,
            [(until(one, other), until(other, other)) for one, other in _both(people, first, second)],
        )
        yield from [found] if found else []


def _compared(
    people: Sequence[PersonFound], first: str, second: str, figure: str, epoch: int, of: Callable[[Measured], float]
) -> Iterator[Compared]:
    values = [(of(one), of(other)) for one, other in _both(people, first, second)]
    found = compared(first, second, figure, epoch, values)
    yield from [found] if found else []


def _both(people: Sequence[PersonFound], first: str, second: str) -> list[tuple[Measured, Measured]]:
    """Of everybody who has both approaches."""
    return [(one, other) for person in people if (one := person.arm(first)) and (other := person.arm(second))]


def _last(of: Measured, figure: str) -> float:
    return float(getattr(of, figure).value)


def _after(of: Measured, figure: str, epoch: int) -> float:
    """The figure after an epoch; NaN where the weights of that one were not kept."""
    return next((getattr(point, figure).value for point in of.course if point.epoch == epoch), float("nan"))


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
