"""Many videos at once: in this process, over this machine's cores, or over a cluster, by Dask."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from device.contract.errors import AffectboxError, ConfigError
from training.face_finder import finder_models
from training.videos.store import Outcome
from training.videos.task import Job, make_faces

CONNECT_S = 20.0


def run_jobs(jobs: list[Job], scheduler: str | None, workers: int | None) -> Iterator[Outcome]:
    """Do all jobs and give each outcome when it is there, in any order.

    Args:
        jobs: what to do.
        scheduler: address of a Dask scheduler whose workers have this package, the models and the same folders.
        workers: processes on this machine, by default one for each core; 0 does the work in this process.

    Raises:
        ConfigError: no such cluster, or one whose workers lack this package.
        ModelError, RuntimeMissingError, StorageError: as raised by the first job that does.
    """
    if workers == 0 and scheduler is None:
        yield from map(make_faces, jobs)
        return
    if not jobs:
        return
    with _client(scheduler, min(workers or CPU_COUNT, len(jobs))) as client:
        waiting = {client.submit(make_faces, job, pure=False): job for job in jobs}
        for future in as_completed(list(waiting)):
            job = waiting.pop(future)
            error = future.exception()
            if isinstance(error, KilledWorker):
                yield Outcome(
                    job.video, trouble="every process that read it died: too little memory, or a broken file."
                )
            elif error is not None:
                raise error
            else:
                yield future.result()


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Client]:
    with ExitStack() as stack:
        if scheduler is None:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="affectbox-"))
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address=None,
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
            yield stack.enter_context(Client(stack.enter_context(cluster)))
        else:
            client = stack.enter_context(_connected(scheduler))
            _require_package(client, scheduler)
            yield client


def _connected(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {scheduler}: start one, or correct --scheduler.") from error


def _require_package(client: Client, scheduler: str) -> None:
    """Ask every worker for the networks it would use, before any video is sent."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
        client.run(finder_models)
    except TimeoutError as error:
        raise ConfigError(
            f"The Dask scheduler at {scheduler} has no worker: start some with `dask worker`."
        ) from error
    except AffectboxError:
        raise
    except Exception as error:  # whatever a worker says on a function that it cannot import
        raise ConfigError(f"The workers of {scheduler} lack this package: install it there ({error}).") from error
