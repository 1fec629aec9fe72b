"""What a tab may want to hear: a topic by its name, of something (a box, a patient), for some roles."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from cloud.dashboard.means import Means
from cloud.dashboard.person import Visit
from device.contract.fields import Json

#: Yields objects that the tab's script understands, until it is closed; what it raises is told to the tab in words.
Source = Callable[[Means, Visit, str], AsyncIterator[Json]]


@dataclass(frozen=True)
class Topic:
    """One kind of news.

    Attributes:
        name: as the browser wants it.
        roles: who may want it. The database's rules decide what they get.
        source: what is heard of something.
    """

    name: str
    roles: tuple[str, ...]
    source: Source
