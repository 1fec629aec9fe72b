"""Many jobs at once: in this process, over this machine's cores, or over a cluster, by Dask.

Every process has one thread, also for what numpy calculates.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import dask.config
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from device.contract.errors import AffectboxError, ConfigError

CONNECT_S = 20.0
#: Dask has processes hand memory back at once; whoever makes arrays frame after frame then spends a third of the time
#: on getting it again.
_KEEPS_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 128 << 20}

Job = TypeVar("Job")
Result = TypeVar("Result")


def _nothing() -> None:
    """All that a worker needs is this package."""


def done(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    scheduler: str | None,
    workers: int | None,
    *,
    ready: Callable[[], object] = _nothing,
    died: Callable[[Job], Result] | None = None,
) -> Iterator[tuple[Job, Result]]:
    """Do all jobs and give each with its result as soon as it is there, in any order.

    Args:
        function: what to do, of a module that workers can import.
        jobs: what to do it with.
        scheduler: address of a Dask scheduler whose workers have this package.
        workers: processes on this machine, by default one for each core; 0 does the work in this process.
        ready: is called once by every worker of a scheduler, before any job.
        died: the result of a job of which every process died; without it, that is an error.

    Raises:
        ConfigError: no such cluster, or one whose workers lack this package or died.
        Exception: as raised by the first job that does.
    """
    if workers == 0 and scheduler is None:
        yield from ((job, function(job)) for job in jobs)
        return
    if not jobs:
        return
    with _client(scheduler, min(workers or CPU_COUNT, len(jobs)), ready) as client:
        waiting = {client.submit(function, job, pure=False): job for job in jobs}
        for future in as_completed(list(waiting)):
            job, error = waiting.pop(future), future.exception()
            if isinstance(error, KilledWorker):
                if died is None:
                    raise ConfigError("Every process that did a part of it died: give the workers more memory.")
                yield job, died(job)
            elif error is not None:
                raise error
            else:
                yield job, future.result()


@contextmanager
def _client(scheduler: str | None, workers: int, ready: Callable[[], object]) -> Iterator[Client]:
    with ExitStack() as stack:
        if scheduler is None:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="affectbox-"))
            stack.enter_context(dask.config.set(_KEEPS_MEMORY))
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",  # else a second one at the same time warns of a taken port
                scheduler_kwargs={"dashboard": False},
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
            yield stack.enter_context(Client(stack.enter_context(cluster)))
        else:
            client = stack.enter_context(_connected(scheduler))
            _require_package(client, scheduler, ready)
            yield client


def _connected(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError, MemoryError) as error:  # of memory: what a web server answers is taken for a size
        raise ConfigError(f"No Dask scheduler answers at {scheduler}: start one, or correct --scheduler.") from error


def _require_package(client: Client, scheduler: str, ready: Callable[[], object]) -> None:
    """Ask every worker for what it would need, before any job is sent."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
        client.run(ready)
    except TimeoutError as error:
        raise ConfigError(
            f"The Dask scheduler at {scheduler} has no worker: start some with `dask worker`."
        ) from error
    except AffectboxError:
        raise
    except Exception as error:  # whatever a worker says on a function that it cannot import
        raise ConfigError(f"The workers of {scheduler} lack this package: install it there ({error}).") from error
