"""The daemon's task `erase`: a thread erases, the task's own thread tells that it is alive meanwhile."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from device.clock import Clock
from device.contract.control import ErasedSaid, Order
from device.contract.errors import AffectboxError, OutboxError
from device.erasure import Erasure, erase_here
from device.identity import device_id
from device.service.handing_over import handed_over
from device.service.said import check_session
from device.settings import Settings

#: A large outbox is written anew for half a minute on a slow card, in which systemd and the host want to hear of us.
_ALIVE_S = 1.0


def erased(
    task: Order, settings: Settings, clock: Clock, stopping: threading.Event, alive: Callable[[], None]
) -> ErasedSaid:
    """Erase whom the task names; `alive` is called about once a second until that is done.

    Raises:
        AffectboxError: nothing was erased.
    """
    for session in task.sessions:
        check_session(session)
    sessions = [f"{device_id(settings)}/{session}" for session in task.sessions]
    came: SimpleQueue[Erasure | AffectboxError] = SimpleQueue()

    def work() -> None:
        came.put(
            _outcome(
                lambda: erase_here(task.patient, settings, sessions, task.quick, stopping.is_set), clock, stopping
            )
        )

    worker = threading.Thread(target=work, name="erasing", daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(_ALIVE_S)
        alive()
    outcome = came.get()
    if isinstance(outcome, AffectboxError):
        raise outcome
    lines = sum(file.erased for file in outcome.files)
    return ErasedSaid(outcome.face, outcome.personal, outcome.outbox.documents, lines, outcome.left)


def _outcome(work: Callable[[], Erasure], clock: Clock, stopping: threading.Event) -> Erasure | AffectboxError:
    try:
        return handed_over(work, clock, stopping)
    except AffectboxError as error:
        return error
    except Exception as error:  # what it says may be of the person
        return OutboxError(f"A fault of the box's own ({type(error).__name__}): please report it.")
