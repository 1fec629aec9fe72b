"""Boxes are asked to erase a person, and tell when they have.

A box may be away for months. What it still has to erase stands at `control/DEVICE/erase/PATIENT`, in the database that
the box was last heard in; when it has, the box takes that away and leaves a proof (`device/contract/erasure.py`).
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.erasing.shard import Shard, children
from device.contract import erasure, remote, telemetry
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.telemetry import SERVER_TIME


@dataclass(frozen=True)
class Waiting:
    """A box that has not erased a person yet: `id` of the request, when the box was last heard and when it was asked,
    milliseconds since 1970 (None: never, or nobody knows), and what it says that is left."""

    device: str
    shard: Shard
    id: str
    asked_ms: int | None
    seen_ms: int | None
    left: str


@dataclass(frozen=True)
class Proof:
    """That a box erased somebody."""

    device: str
    document: Json

    def __str__(self) -> str:
        told = self.document
        parts = ["the face at rest"] if told["face"] else []
        parts += ["bundles of their own movement"] if told.get("personal") else []
        parts += ["consent and memory of sessions"] if told["consent"] else []
        parts += [f"{told['outbox']} documents of the outbox"] if told["outbox"] else []
        parts += [f"{told['lines']} lines of its own files"] if told["lines"] else []
        when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(told["done"] / 1000))
        return f"{self.device} erased {', '.join(parts) or 'nothing, for it held nothing'} ({when} UTC)"


def ask(shards: Sequence[Shard], whom: str, devices: Iterable[str], name: str) -> None:
    """Ask boxes to erase a person, each in the database where it was last heard; by the name of the erasure, which
    is that of its entry in the audit. Raises as `Shard`."""
    for device in devices:
        request = {"v": erasure.VERSION, "id": name, "at": SERVER_TIME}
        home_of(shards, device).patch(
            {erasure.request_key(device, whom): request, erasure.asked_key(device, name): SERVER_TIME}
        )


def was_asked(shards: Iterable[Shard], device: str, name: str) -> bool:
    """Whether a box was asked by this name, and may have done it. Raises as `Shard`."""
    return any(shard.get(erasure.asked_key(device, name)) is not None for shard in shards)


def home_of(shards: Sequence[Shard], device: str) -> Shard:
    """The database in which a box was last heard; the first where it never was."""
    return max(shards, key=lambda shard: seen_ms(shard, device) or 0)


def seen_ms(shard: Shard, device: str) -> int | None:
    """When a box was last heard, milliseconds since 1970."""
    seen = shard.get(f"{telemetry.ROOT}/{device}/seen")
    return seen if isinstance(seen, int) else None


def waiting(shards: Iterable[Shard], whom: str = "") -> dict[str, list[Waiting]]:
    """Pseudonym → boxes that have not erased that person; of one person, or of all. Raises as `Shard`."""
    found: dict[str, list[Waiting]] = {}
    for shard in shards:
        for device in shard.keys(remote.ROOT):
            standing = children(shard.get(f"{remote.ROOT}/{device}/{erasure.ERASE}"))
            for person in standing if not whom else standing.keys() & {whom}:
                found.setdefault(person, []).append(_waiting(shard, device, standing[person]))
    return found


def take_back(one: Waiting, whom: str) -> None:
    """A box will never return: nothing is asked of it any more. Raises as `Shard`."""
    one.shard.patch({erasure.request_key(one.device, whom): None})


def proofs(shards: Iterable[Shard], name: str) -> list[Proof]:
    """The proofs of the erasure of this name, without those of boxes that have something left. Raises as `Shard`."""
    found = []
    for shard in shards:
        for device in shard.keys(erasure.ROOT):
            document = shard.get(erasure.key(device, name))
            try:
                erasure.validate(document)
            except DataError:
                continue
            if "left" not in document:
                found.append(Proof(device, document))
    return found


def clean(shard: Shard, name: str) -> dict[str, None]:
    """The changes that take proofs of the erasure of this name away, and what tells of its requests. Raises as
    `Shard`."""
    places = [erasure.key(device, name) for device in shard.keys(erasure.ROOT)]
    places += [erasure.asked_key(device, name) for device in shard.keys(erasure.ASKED_ROOT)]
    return {place: None for place in places if shard.get(place) is not None}


def _waiting(shard: Shard, device: str, request: object) -> Waiting:
    told = request if isinstance(request, dict) else {}
    name, asked = told.get("id"), told.get("at")
    name = name if isinstance(name, str) else ""
    proof = shard.get(erasure.key(device, name)) if name else None
    left = proof.get("left") if isinstance(proof, dict) else ""
    return Waiting(
        device,
        shard,
        name,
        asked if isinstance(asked, int) else None,
        seen_ms(shard, device),
        left if isinstance(left, str) else "",
    )
