"""Participants into training, validation and test: each participant in one part only.

The parts' sizes are counted in participants and are those of largest remainder; then every part gets at least one
participant, as long as there are enough. With two participants there is no test part, with one nothing but training.
With labels, each part gets its share of each kind of participant, a kind being the set of labels of the participant's
videos. Who goes where depends on the names and the seed alone, so a study split again is split alike.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from device.contract.errors import ConfigError
from training.videos.study import Video

PARTS = ("train", "validation", "test")
Kind = tuple[str, ...]


def parse_weights(text: str) -> tuple[int, ...]:
    """`7:2:1` as numbers, in the order of `PARTS`. Raises `ConfigError`."""
    fields = text.split(":")
    if len(fields) != len(PARTS) or not all(field.isascii() and field.isdigit() for field in fields):
        raise ConfigError(f"--split {text!r}: give three whole numbers TRAIN:VALIDATION:TEST, such as 7:2:1.")
    weights = tuple(int(field) for field in fields)
    if not weights[0]:
        raise ConfigError(f"--split {text!r} leaves nobody to train on: the first number must be at least 1.")
    return weights


def split(videos: Iterable[Video], weights: tuple[int, ...], seed: int) -> dict[str, str]:
    """The part of every participant, in the order of names."""
    labels: dict[str, set[str]] = defaultdict(set)
    for video in videos:
        labels[video.participant].add(video.label)
    groups: dict[Kind, list[str]] = defaultdict(list)
    for participant in sorted(labels, key=lambda name: _draw(seed, name)):
        groups[tuple(sorted(labels[participant]))].append(participant)
    shares = allot({kind: len(members) for kind, members in groups.items()}, weights, seed)
    parts: dict[str, str] = {}
    for kind, members in groups.items():
        places = [part for part, count in zip(PARTS, shares[kind], strict=True) for _ in range(count)]
        parts.update(zip(members, places, strict=True))
    return dict(sorted(parts.items()))


def sizes(total: int, weights: tuple[int, ...]) -> list[int]:
    """How many of `total` each part gets; see the module's docstring. Ties go to the smaller, then the earlier."""
    whole = sum(weights)
    counts = [total * weight // whole for weight in weights]
    rests = [total * weight % whole for weight in weights]
    for part in sorted(range(len(weights)), key=lambda p: (-rests[p], counts[p], p))[: total - sum(counts)]:
        counts[part] += 1
    for part in sorted(range(len(weights)), key=lambda p: -weights[p]):
        if weights[part] and not counts[part] and max(counts) > 1:
            counts[counts.index(max(counts))] -= 1
            counts[part] = 1
    return counts


def allot(members: Mapping[Kind, int], weights: tuple[int, ...], seed: int) -> dict[Kind, list[int]]:
    """How many of each kind every part gets, so that the parts have their `sizes` and kinds are spread evenly.

    Each kind is dealt the whole part of its share; who is left goes where the remainder of the share is largest and
    the part still has room.
    """
    total = sum(members.values())
    aims = sizes(total, weights)
    shares = {kind: [count * aim // total for aim in aims] for kind, count in members.items()}
    left = {kind: count - sum(shares[kind]) for kind, count in members.items()}
    room = [aim - sum(share[part] for share in shares.values()) for part, aim in enumerate(aims)]
    rests = {(kind, part): members[kind] * aim % total for kind in members for part, aim in enumerate(aims)}
    order = sorted(rests, key=lambda place: (-rests[place], _draw(seed, repr(place))))
    for most in (1, total):  # the second time for those whose best parts were full
        for kind, part in order:
            count = min(left[kind], room[part], most)
            shares[kind][part] += count
            left[kind] -= count
            room[part] -= count
    return shares


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
