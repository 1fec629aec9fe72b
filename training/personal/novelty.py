"""Whether a movement is one that is known: its profile of action units against the profiles of the known ones.

Known are the single units, and the combinations that are written down in `device.contract.templates`: each with what
is required alone, in every choice that it leaves, and with what it may have too, by its share. A known movement is
called by its required units (`AU6+AU12`), never by the name of an expression: what moves is told, not what is felt.
Score: Pearson's correlation of two profiles less half the L1 distance of their shares (each profile divided by its
sum): from −2 to 1, brought to 0 to 1. The published score takes its ends from the profiles at hand, so that one of
them is known by necessity; these ends are fixed. As published, a movement is novel where no score is above
`KNOWN_FROM`.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.templates import TEMPLATES

Floats = NDArray[np.float64]
KNOWN_FROM = 0.8


def nearest(profile: Floats) -> tuple[str, float]:
    """Name and score, 0–1, of the known movement that a profile (22,) is most like; '' and 0 of an empty one."""
    names, known = known_movements()
    found = scores(np.nan_to_num(profile)[None], known)[0]
    at = int(found.argmax())
    return (names[at], float(found[at])) if found[at] > 0 else ("", 0.0)


def scores(profiles: Floats, known: Floats) -> Floats:
    """(M, K) of profiles (M, 22) against known ones (K, 22). What is below rest counts as nothing."""
    first, second = np.maximum(profiles, 0.0), np.maximum(known, 0.0)
    apart = np.abs(_shares(first)[:, None] - _shares(second)[None]).sum(axis=2) / 2
    found = (_standardised(first) @ _standardised(second).T - apart + 2) / 3
    return np.asarray(np.where(first.sum(axis=1)[:, None] > 0, np.clip(found, 0.0, 1.0), 0.0))


@cache
def known_movements() -> tuple[tuple[str, ...], Floats]:
    """Names and profiles (K, 22); a name may be there several times."""
    pairs = [(name, _profile(units)) for name, units in _known()]
    return tuple(name for name, _ in pairs), np.array([profile for _, profile in pairs])


def _known() -> Iterator[tuple[str, dict[str, float]]]:
    for unit in ACTION_UNIT_KEYS:
        yield unit, {unit: 1.0}
    for template in TEMPLATES:
        for chosen in product(*template.required):
            required = dict.fromkeys(chosen, 1.0)
            name = "+".join(chosen)
            yield name, required
            if template.optional:
                yield name, template.optional | required


def _profile(units: dict[str, float]) -> Floats:
    return np.array([units.get(key, 0.0) for key in ACTION_UNIT_KEYS])


def _shares(profiles: Floats) -> Floats:
    return np.asarray(profiles / np.maximum(profiles.sum(axis=1, keepdims=True), 1e-9))


def _standardised(profiles: Floats) -> Floats:
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9))
