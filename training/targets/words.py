"""What was found, in sentences that claim no more than what was found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.targets.contrast import Contrast
from training.targets.rows import Row

#: Below this number in a group, effects of usual size are mostly missed.
_SMALL = 30
_FEW_WAYS = 1000
_NAMED = 5
SIMULATED = "These people are simulated: nothing here says anything about patients."
NOTHING = (
    "That is no proof that they are alike: with so many people, only larger differences would have been seen. The "
    "intervals in the tables say how large a difference may still be."
)
LUCK = "What stands first is there partly by luck: expect a smaller difference in the next study."
GROUPS_ONLY = "It is a difference of means between groups: it says nothing about any one person."


def summary(found: Mapping[str, Any], tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Lines for the terminal."""
    if found["simulated"]:
        yield SIMULATED
    yield compared(found)
    for name, rows in tables.items():
        yield from _of_table(name == "units", rows)
    if any(row.differs for rows in tables.values() for row in rows):
        yield LUCK
    if "courses" in found:
        yield from _over_time(found["courses"])
    yield from found["cautions"]


def compared(found: Mapping[str, Any]) -> str:
    """Who was compared, in what."""
    people = " and ".join(f"{number} {name}" for name, number in found["people"].items())
    sites = len(found["sites"])
    at = f" at {sites} sites" if sites > 1 else ""
    return f"{people}{at}; {', '.join(found['phases'])}; {found['permutations']} permutations."


def p_text(p: float) -> str:
    """`p = .021`, or `p < .001`."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def effect_text(row: Row) -> str:
    """`d = −0.82 (−1.31 to −0.35)`."""
    numbers = (f"{value:.2f}".replace("-", "−") for value in (row.effect, row.effect_low, row.effect_high))
    return "d = {} ({} to {})".format(*numbers)


def _of_table(is_units: bool, rows: Sequence[Row]) -> Iterator[str]:
    what, more, less = ("action unit", "stronger", "weaker") if is_units else ("point", "moves more", "moves less")
    known = [row for row in rows if row.is_measured]
    differing = [row for row in known if row.differs]
    if not differing:
        least = min(row.p_max for row in known)
        yield f"No {what} differs for certain: after correction for all {len(known)}, the smallest {p_text(least)}."
        yield NOTHING
        return
    yield f"{len(differing)} of {len(known)} comparisons of {what}s differ, after correction for all of them:"
    for row in differing[:_NAMED]:
        where = f"{row.phase}: {row.point} ({row.name}) {more if row.effect > 0 else less} in {row.second}"
        yield f"  {where}, {effect_text(row)}, {p_text(row.p_max)}"


def span(cluster: Mapping[str, Any]) -> str:
    """`20 to 60 % of the phase`, or `4 to 12 s`."""
    share = cluster["axis"] != "s"
    begin, end = (f"{cluster[name] * (100 if share else 1):.3g}" for name in ("begin", "end"))
    return f"{begin} to {end} {'% of the phase' if share else 's'}"


def _over_time(courses: Mapping[str, Any]) -> Iterator[str]:
    found = courses["clusters"]
    if not found:
        yield "Over time, no cluster of action units differs for certain."
        return
    yield f"Clusters of action units that differ over time: {len(found)}."
    for one in found[:_NAMED]:
        side = "stronger" if one["more"] else "weaker"
        yield f"  {one['phase']}: {one['points']} {side} in {one['second']}, {span(one)}, {p_text(one['p'])}"
    yield courses["caution"]


def cautions(contrast: Contrast, units: Sequence[Row]) -> list[str]:
    """What whoever reads the tables must know."""
    found = [GROUPS_ONLY] if contrast.asked.kind == "groups" else []
    people = [person.group for person in contrast.people]
    if contrast.asked.kind == "groups":
        small = [name for name in (contrast.asked.first, contrast.asked.second) if people.count(name) < _SMALL]
        if small:
            told = " and ".join(f"{people.count(name)} people in {name}" for name in small)
            found.append(
                f"Only {told}: with fewer than {_SMALL} in a group, differences of usual size are mostly missed, and "
                "those that are found are mostly overstated."
            )
    if contrast.ways < _FEW_WAYS:
        found.append(f"Labels can be dealt in {contrast.ways} ways only: no p can be below {1 / contrast.ways:.2g}.")
    if missing := sorted({row.point for row in units if not row.is_measured}, key=lambda key: int(key[2:])):
        whole = [key for key in missing if not any(row.is_measured for row in units if row.point == key)]
        partly = [key for key in missing if key not in whole]
        if whole:
            found.append(f"Not measured in enough people, so nothing is said of: {', '.join(whole)}.")
        if partly:
            found.append(f"In some phases not measured in enough people: {', '.join(partly)}.")
    return found
