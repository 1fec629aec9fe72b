"""Many videos at once: in this process, over this machine's cores, or over a cluster."""

from collections.abc import Iterator

from training.cluster import done
from training.face_finder import finder_models
from training.videos.store import Outcome
from training.videos.task import Job, make_faces


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
    for _, outcome in done(make_faces, jobs, scheduler, workers, ready=finder_models, died=_unread):
        yield outcome


def _unread(job: Job) -> Outcome:
    return Outcome(job.video, trouble="every process that read it died: too little memory, or a broken file.")
