"""What a box has still to erase, without whom it is about: engineers read no pseudonyms."""

import asyncio

from cloud.dashboard.base import Base
from cloud.dashboard.person import Visit
from cloud.watch.fields import words
from device.contract import erasure


async def to_erase(base: Base, visit: Visit, device: str) -> str:
    """A sentence, '' where nothing waits. Raises `DataError`, `IdentityError`."""
    asked, proofs = await asyncio.gather(
        *(base.object(visit, f"{root}/{device}") for root in (erasure.ASKED_ROOT, erasure.ROOT))
    )
    told = {name: proofs.get(name) for name in asked}
    left = {name: words(one, "left") if isinstance(one, dict) else "" for name, one in told.items()}
    waiting = [name for name, one in told.items() if one is None or left[name]]
    if not waiting:
        return ""
    count = "1 person" if len(waiting) == 1 else f"{len(waiting)} people"
    why = next((f" It says: {text}" for text in left.values() if text), " It does so as soon as it is heard.")
    return f"This box has still to erase what it holds of {count}.{why}"
