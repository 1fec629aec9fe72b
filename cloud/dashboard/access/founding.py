"""What a local database is begun with, above the rules, as nobody is there yet who may: the first admin, and the
account of the watch of the fleet.

Only an embedded database takes it, on this machine: `Authorization: Bearer owner` is nothing to a Firebase project.
"""

from collections.abc import Awaitable, Callable

import httpx

from cloud.dashboard.person import ADMIN, ENGINEER
from cloud.local.tokens import OWNER
from device.contract.address import is_loopback, parse_url
from device.contract.errors import DataError, SinkError

#: Writes an admin: the id of an account and a name.
Found = Callable[[str, str], Awaitable[None]]
_TIMEOUT_S = 20.0


#: The account of the watch of the fleet, an engineer.
WATCH = "watch-of-the-fleet"


def owner_found(url: str) -> Found:
    """How the first admin is written into the local database at `url`. Raises `SinkError`: it is elsewhere."""
    write = _writer(url)

    async def found(uid: str, name: str) -> None:
        await write(uid, {"role": ADMIN} | ({"name": name} if name else {}))

    return found


async def found_watch(url: str) -> None:
    """Give the watch its role in the local database at `url`. Raises `SinkError`, `DataError`."""
    await _writer(url)(WATCH, {"role": ENGINEER, "name": "Watch of the fleet"})


def _writer(url: str) -> Callable[[str, dict[str, str]], Awaitable[None]]:
    place = parse_url(url)
    if place.secure or not is_loopback(place.host):
        raise SinkError("The first account is made in a local database only: give one on this machine.")
    query = {"ns": place.namespace} if place.namespace else {}
    base = f"http://{f'[{place.host}]' if ':' in place.host else place.host}:{place.port}"

    async def write(uid: str, who: dict[str, str]) -> None:
        headers = {"Authorization": OWNER}
        try:
            async with httpx.AsyncClient(base_url=base, timeout=_TIMEOUT_S, headers=headers) as client:
                (await client.put(f"/staff/{uid}.json", params=query, json=who)).raise_for_status()
        except httpx.HTTPError:
            raise DataError("The database does not take the first account: look where you started this.") from None

    return write
