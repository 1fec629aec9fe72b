"""An evaluation as text, for people."""

from collections.abc import Iterable
from math import isnan
from textwrap import wrap

from device.contract.evidence import Interval
from training.cohort.table import OFF_BOX
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.metrics import BINS
from training.diagnosis.sites import LeftOut

WIDTH = 110
SIMULATED = "Simulated people: this tries the method. No figure here is clinical accuracy."
#: Ten seeds gave p-values from .02 to .4 for one and the same simulated cohort without an effect.
_SEED = "Folds drawn with seed {}, not with the usual 0: ask how many were tried, for p and all figures vary with it."


def text(found: Evaluation) -> str:
    """Tables and sentences, some forty lines."""
    parts = [_about(found), _whole(found), _groups(found), _confusion(found), _sets(found)]
    if found.confounds:
        parts.append(_confounds(found))
    if found.left_out:
        parts.append(_left_out(found.left_out))
    parts += [_permutation(found), [*found.notes, *unlike_a_box(found)]]
    return "\n\n".join("\n".join(folded(part)) for part in parts if part)


def folded(lines: list[str]) -> Iterable[str]:
    """Sentences in lines of a terminal; lines of tables are left as they are."""
    for line in lines:
        yield from [line] if "  " in line else wrap(line, WIDTH)


def unlike_a_box(found: Evaluation) -> Iterable[str]:
    """Why a box would do otherwise than these figures say, in sentences."""
    if found.sessions > 1:
        yield (
            "The features of some people are means of several sessions, and a box judges one: make them with `cohort "
            "features --first`."
        )
    if found.off_box:
        yield f"The phases of this study ({', '.join(found.off_box)}) stand in stimuli.csv alone. {OFF_BOX}"


def shown(figure: Interval) -> str:
    """`0.638 (0.579 to 0.696)`."""
    if isnan(figure.value):
        return "not known"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _about(found: Evaluation) -> list[str]:
    age = f", {found.age[0]:.0f} to {found.age[1]:.0f} years old" if found.age else ""
    sites = "1 site" if len(found.sites) == 1 else f"{len(found.sites)} sites"
    how = (
        f"One split {found.split}, by participant."
        if found.split
        else f"{found.repeats} × {found.folds} folds of participants; whoever is tested was not learnt from."
    )
    first = [SIMULATED] if found.simulated else []
    return [
        *first,
        f"{found.n} participants ({_numbers(found.groups)}) at {sites}{age}; phases: {', '.join(found.phases)}.",
        how,
        *([_SEED.format(found.seed)] if found.seed else []),
    ]


def _numbers(groups: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in groups.items())


def _whole(found: Evaluation) -> list[str]:
    lines = [
        "In brackets: 95 % interval, by bootstrap over participants within groups; of shares no narrower than the "
        "exact one. Groups weigh the same.",
        *table(
            [
                ("balanced accuracy", shown(found.balanced_accuracy), f"{1 / len(found.groups):.3f} is chance"),
                ("area under ROC curve", shown(found.auc), "mean, each group against the others; 0.500 is chance"),
                ("Brier score", shown(found.brier), f"{1 - 1 / len(found.groups):.3f} is knowing nothing"),
                (
                    "calibration error",
                    shown(found.ece),
                    f"{BINS} equal bins of confidence; exact probabilities would show {found.ece_of_chance:.3f}",
                ),
            ]
        ),
    ]
    if found.other_splits:
        other = found.other_splits
        lines.append(
            f"Other splits of the same people, with other seeds, gave a balanced accuracy from {other.low:.3f} to "
            f"{other.high:.3f} (median {other.value:.3f}): a single split says little. Leave --split out."
        )
    return lines


def _groups(found: Evaluation) -> list[str]:
    rows = [
        (name, str(group.n), shown(group.sensitivity), shown(group.specificity), shown(group.auc))
        for name, group in found.by_group.items()
    ]
    return table([("group", "tested", "sensitivity", "specificity", "area under ROC curve"), *rows])


def _confusion(found: Evaluation) -> list[str]:
    names = list(found.by_group)
    rows = [(name, *(f"{n:.1f}" for n in row)) for name, row in zip(names, found.confusion, strict=True)]
    return table([("is \\ taken for", *names), *rows])


def _sets(found: Evaluation) -> list[str]:
    alpha = found.recipe.alpha
    return [
        f"Conformal sets at α = {alpha:g}: at least {1 - alpha:.0%} should hold the person's group.",
        *table(
            [
                ("hold it", shown(found.coverage)),
                *((f"  of {name}", shown(group.coverage)) for name, group in found.by_group.items()),
                ("are an answer", shown(found.answered)),
                ("answers that are right", shown(found.answered_right)),
            ]
        ),
    ]


def _confounds(found: Evaluation) -> list[str]:
    assert found.confounds
    used = ", ".join(found.confounds.used) or "none differs between participants"
    return [
        f"Without any expression, from what else is known ({used}):",
        *table(
            [
                ("balanced accuracy", shown(found.confounds.balanced_accuracy)),
                ("features are better by", shown(found.confounds.advantage)),
            ]
        ),
    ]


def _left_out(found: LeftOut) -> list[str]:
    rows = [(one.site, str(one.n), _numbers(one.groups), shown(one.balanced_accuracy)) for one in found.sites]
    whole = [("all of these", "", "", shown(found.balanced_accuracy))] if found.balanced_accuracy else []
    lines = table([("site left out", "n", "of them", "balanced accuracy"), *rows, *whole]) if rows else []
    return [*lines, *found.notes]


def _permutation(found: Evaluation) -> list[str]:
    test = found.permutation
    if not test:
        return ["No permutation test: whether this is more than chance is not known."]
    return [
        f"Groups permuted among the participants of each site, {test.permutations} times: p = {test.p_value:.4f}.",
        f"{test.statistic[0].upper()}{test.statistic[1:]}: {test.observed:.3f}; permuted, {test.chance:.3f} on "
        f"average, and {test.exceeding} of them at least as good.",
    ]


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows of as many cells each, in columns."""
    found = list(rows)
    widths = [max(len(row[place]) for row in found) for place in range(len(found[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in found]
