"""What several test folders share: the real models, the portrait, the sample clip and what the box records of it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage.data

CHECKOUT = Path(__file__).parents[1]
os.environ |= {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8"}  # as the command sets them
if (CHECKOUT / "build" / "cache").is_dir():  # where `make test` fetches the models to
    os.environ["AFFECTBOX_CACHE"] = str(CHECKOUT / "build" / "cache")


from device.arrays import ByteImage  # noqa: E402
from device.clock import SystemClock  # noqa: E402
from device.config import load_settings  # noqa: E402
from device.contract.record import Json  # noqa: E402
from device.contract.session import Beginning  # noqa: E402
from device.models import Models, open_models  # noqa: E402
from device.service.service import Service  # noqa: E402
from device.settings import ModelSettings  # noqa: E402
from tests.identity_service import IdentityService  # noqa: E402
from tests.recordings import records_in  # noqa: E402
from training.sample_clip.clip import make_clip  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test does reaches the user's own outbox, nor the list of files that they wrote."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture(scope="session")
def models() -> Iterator[Models]:
    """The pipeline's real networks."""
    with open_models(ModelSettings()) as opened:
        yield opened


@pytest.fixture(scope="session")
def portrait() -> ByteImage:
    """A real face: Eileen Collins, NASA, 512×512, BGR; she smiles."""
    return np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample clip, as `make run` makes it, once for all processes of a test run."""
    return made_once(tmp_path_factory, "clip/sample.mp4", make_clip)


@pytest.fixture(scope="session")
def clip_records(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What the box records of the sample clip, every frame processed."""

    def watch(out: Path) -> None:
        run = {"source": str(clip), "sinks": [f"jsonl:{out}"]}
        with Service(load_settings(None, ["device.id=tester"], {"run": run}), SystemClock()) as service:
            service.watch(Beginning())

    return records_in(made_once(tmp_path_factory, "clip-records/records.jsonl", watch))


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A file that is made by whichever process of a test run wants it first; the others wait, and take it."""
    base = tmp_path_factory.getbasetemp()
    path = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    path.parent.mkdir(exist_ok=True)
    with path.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.with_name("made").exists():
            make(path)
            path.with_name("made").touch()
    return path


@pytest.fixture
def identity_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityService]:
    """A sign-in service that takes the place of Firebase's."""
    service = IdentityService()
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", service.host)
    yield service
    service.close()


@pytest.fixture(scope="module")
def one_chromium() -> Iterator["Chromium"]:
    """A browser process for the tests of a file; each has pages of its own (`tests.browser.Browser`). While it is
    there this thread has a running event loop, playwright's, so `asyncio.run` cannot be used beside it."""
    from tests.browser import PROGRAM, chromium  # noqa: PLC0415  few tests need it

    if PROGRAM is None:
        pytest.skip("no chromium on this machine")
    with chromium() as started:
        yield started
