"""Many files at once: in this process, over this machine's cores, or over a cluster, by Dask."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cloud.statistics.task import Found, ready, summed
from device.contract.errors import ConfigError, DataError, RuntimeMissingError

CONNECT_S = 20.0


def read(paths: Sequence[Path], cluster: str | None, workers: int | None) -> Iterator[Found]:
    """What each file comes to, as soon as it is there, in any order.

    Args:
        paths: files; on a cluster, the workers have them at the same places.
        cluster: address of a Dask scheduler.
        workers: processes on this machine, by default one for each core; 0 does the work in this process.

    Raises:
        ConfigError: no such cluster, or one whose workers lack this package.
        DataError: the workers that read a file died.
        RuntimeMissingError: Dask is not installed.
    """
    if cluster is None and (workers == 0 or len(paths) == 1):
        yield from map(summed, paths)
        return
    try:
        from dask.system import CPU_COUNT  # noqa: PLC0415  optional, and heavy
        from distributed import as_completed  # noqa: PLC0415
        from distributed.scheduler import KilledWorker  # noqa: PLC0415
    except ImportError:
        raise RuntimeMissingError("Several files at once need Dask: run `pip install 'affectbox[cloud]'`.") from None
    with _client(cluster, min(workers or CPU_COUNT, len(paths))) as client:
        waiting = {client.submit(summed, path, pure=False): path for path in paths}
        for future in as_completed(list(waiting)):
            path, error = waiting.pop(future), future.exception()
            if isinstance(error, KilledWorker):
                raise DataError(
                    f"Every process that read {path} died: give workers more memory, or leave the file out."
                )
            if error is not None:
                raise DataError(f"{path} could not be read by a worker ({_first_line(error)}).") from error
            yield future.result()


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


@contextmanager
def _client(cluster: str | None, workers: int) -> Iterator[Any]:
    from distributed import Client, LocalCluster  # noqa: PLC0415

    with ExitStack() as stack:
        if cluster is not None:
            client = stack.enter_context(_connected(cluster))
            _require_package(client, cluster)
            yield client
            return
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="affectbox-"))
        local = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",  # else a second one at the same time warns of a taken port
            scheduler_kwargs={"dashboard": False},
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        )
        yield stack.enter_context(Client(stack.enter_context(local)))


def _connected(cluster: str) -> Any:
    from distributed import Client  # noqa: PLC0415

    try:
        return Client(cluster, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {cluster}: start one, or correct --cluster.") from error


def _require_package(client: Any, cluster: str) -> None:
    """Ask every worker for the package, before any file is sent."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
        client.run(ready)
    except TimeoutError as error:
        raise ConfigError(f"The Dask scheduler at {cluster} has no worker: start some with `dask worker`.") from error
    except Exception as error:  # whatever a worker says on a function that it cannot import
        raise ConfigError(
            f"The workers of {cluster} lack this package: install it there ({_first_line(error)})."
        ) from error
