"""`ratings.csv`: how unusual the movement of a face looked to each rater, from 1 (as most people's) to 5.

    recording,from_s,to_s,rater,rating
    child-0007.jsonl,0.0,3.0,r1,2

`recording` is a file's name, a session's id, or DEVICE~SESSION; times are seconds since its first record. Between the
cells stand commas, semicolons or tabs. Ratings are of whatever stretches people were shown; no rater need have rated
all. What is wrong with single rows is collected, so that somebody can mend all of it at once.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from device.contract.finding import Finding, Level
from training.atypicality.plan import LEAST, MOST
from training.cohort.study import Rows, number_of, read_table

RATINGS = "ratings.csv"
HEADER = ("recording", "from_s", "to_s", "rater", "rating")
#: A stretch longer than this is no window that somebody could rate as one.
_LONGEST_S = 600.0
_FEWEST = 10


@dataclass(frozen=True)
class Rating:
    """What one rater said of `from_s` to `to_s`, seconds since the recording's first record."""

    recording: str
    from_s: float
    to_s: float
    rater: str
    rating: float


@dataclass(frozen=True)
class Ratings:
    """All of a study: the `rows` that are sound, and what is wrong with the others."""

    rows: tuple[Rating, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def raters(self) -> tuple[str, ...]:
        """Everybody who rated, in the order of the alphabet."""
        return tuple(sorted({row.rater for row in self.rows}))

    def of(self, names: Sequence[str]) -> list[Rating]:
        """The ratings of a recording that has these names."""
        return [row for row in self.rows if row.recording in names]


def read_ratings(path: Path) -> Ratings:
    """The table. Raises `DataError`: it cannot be read, has no row, or lacks a column."""
    table = read_table(path, HEADER, HEADER)
    told = [(number, rating) for number, row in table.rows if (rating := _rating(table, number, row))]
    _tell_twice(table, told)
    rows = tuple(dict.fromkeys(rating for _, rating in told))
    return Ratings(rows, (*table.findings, *_of_raters(rows)))


def _rating(table: Rows, number: int, row: dict[str, str]) -> Rating | None:
    from_s, to_s, rating = (number_of(row[name]) for name in ("from_s", "to_s", "rating"))
    rater = " ".join(row["rater"].split()).casefold()
    if not row["recording"] or not rater:
        table.tell(Level.FAIL, number, f"it names no {'rater' if row['recording'] else 'recording'}.")
    elif not 0 <= from_s < to_s:
        told = f"from {row['from_s']!r} to {row['to_s']!r}"
        table.tell(Level.FAIL, number, f"{told} are no seconds in their order.")
    elif to_s - from_s > _LONGEST_S:
        table.tell(
            Level.FAIL, number, f"it is of {to_s - from_s:g} s: nobody rates more than {_LONGEST_S:g} s as one."
        )
    elif math.isnan(rating) or not LEAST <= rating <= MOST:
        table.tell(Level.FAIL, number, f"the rating {row['rating']!r} is no number from {LEAST} to {MOST}.")
    else:
        return Rating(row["recording"], from_s, to_s, rater, rating)
    return None


def _tell_twice(table: Rows, told: Sequence[tuple[int, Rating]]) -> None:
    """A rater who said two things of one stretch: which of them counts is for people to say."""
    said: dict[tuple[str, str], list[tuple[int, Rating]]] = defaultdict(list)
    for number, one in told:
        said[one.recording, one.rater].append((number, one))
    for several in said.values():
        several.sort(key=lambda each: (each[1].from_s, each[0]))
        for (first, before), (second, after) in pairwise(several):
            if after.from_s < before.to_s - 1e-9 and after != before:
                text = f"{after.rater} rated the same seconds of {after.recording} in row {first}: leave one of them."
                table.tell(Level.FAIL, second, text)


def _of_raters(rows: Sequence[Rating]) -> Iterator[Finding]:
    """What of the raters makes their ratings worth less."""
    raters = sorted({row.rater for row in rows})
    if len(raters) == 1:
        text = "One rater alone rated: how far raters agree, so how good anything can be, cannot be known."
        yield Finding(Level.WARNING, "raters", text)
    for rater in raters:
        said = [row.rating for row in rows if row.rater == rater]
        if len(said) >= _FEWEST and len(set(said)) == 1:
            text = f"{rater} rated {said[0]:g} all of {len(said)} times: that says nothing of any movement."
            yield Finding(Level.WARNING, "raters", text)
