"""A person's own movement in a session: who is watched by their own bundle, and what the session came to.

Only where `personal.use` is set and a bundle of whom the session watches is on the box. It watches while the consent
covers `NEEDS`, and no frame longer; what was gathered under a consent that is changed to less is let go of at once. When
the session's camera is closed, an event `personal` tells what it came to, and against how many earlier sessions of this
person; then it is remembered for the next ones. Nothing of it is said anywhere else: no figure, status, line of a log
or page of the box holds any of it.

Nothing is told or remembered of a session that failed, whose consent ended or was withdrawn, or that a power cut broke
off. A bundle that cannot be used costs no session: the event says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from device.contract.command import warn
from device.contract.errors import ModelError, StorageError
from device.contract.fields import Json
from device.contract.personal import FEWEST_EARLIER, MOST_UNITS, NEEDS, Refused
from device.contract.session import UNNAMED, Beginning, Consent, Event, Why
from device.personal.gathered import Gathered, Interval, share_below
from device.personal.history import History, Remembered
from device.personal.store import OtherPersonError, PersonalStore
from device.settings import Settings
from device.stages.personal import PersonalReader

_COVERS = "personal"
_TOLD = (Why.FINISHED, Why.STOPPED, Why.PAUSED, Why.LIMIT)
_DIGITS = 3
