"""The demo's real box: `affectbox host` with a clip in the place of its camera, in real time and without end, enrolled
as boxes are. The person in the clip has a pseudonym and a consent, and a session begins when the demo does."""

import json
from pathlib import Path

from cloud.demo.children import Child
from cloud.demo.staff import PSEUDONYM
from cloud.provision import provision_locally, write
from device.contract import passphrase, person
from device.contract.errors import AffectboxError
from device.contract.fields import Json

_COVERS = "expressions,units,live"


class RealBox:
    """A box in a folder of its own."""

    def __init__(self, folder: Path, device: str, clip: Path) -> None:
        self._folder, self._device, self._clip = folder, device, clip
        self._host: Child | None = None
        self._environment = {"XDG_STATE_HOME": str(folder / "state")}

    async def start(self, accounts: Path, url: str) -> None:
        """Enrol the box against a local database with accounts in a folder, start it, and begin a session.

        Raises:
            AffectboxError: it cannot be enrolled or started, or begins no session; the text says why.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._environment["FIREBASE_AUTH_EMULATOR_HOST"] = url.removeprefix("http://").partition("?")[0]
        (self._folder / "box.toml").write_text(_configuration(self._device, self._clip, url), encoding="utf-8")
        file = self._folder / "enrolment.json"
        write(provision_locally(self._device, accounts, url, passphrase.make()), file)
        await self._run("enrol", file.name)
        self._host = await Child.start(
            "the real box", self._words("host"), self._folder, self._folder / "box.log", self._environment
        )
        await self._begin()

    async def over(self) -> None:
        """Wait until it has ended by itself; for ever where it was not started."""
        if self._host is not None:
            await self._host.over()

    async def end(self) -> None:
        """End it."""
        if self._host is not None:
            await self._host.end()

    async def _begin(self) -> None:
        """Record the consent, once the host process answers, and begin."""
        await self._run("session", "consent", PSEUDONYM, "--covers", _COVERS, "--by", "patient", patience=True)
        await self._run("session", "begin", PSEUDONYM)

    async def _run(self, *words: str, patience: bool = False) -> None:
        """A command of the box. With `patience` again and again while the host process is not there yet."""
        for attempt in range(40 if patience else 1):
            log = self._folder / f"{words[0]}-{attempt}.log"
            child = await Child.start(
                f"affectbox {words[0]}", self._words(*words), self._folder, log, self._environment
            )
            code = await child.over()
            said = child.last_words()
            log.unlink(missing_ok=True)
            if code == 0:
                return
            if not (patience and "does not answer" in said):
                break
        raise AffectboxError(f"The real box does not start: {said}")

    def _words(self, *words: str) -> list[str]:
        return ["device", *words, "--config", "box.toml"]


def record(by: str, now_s: float) -> dict[str, Json]:
    """What stands of the person in the clip."""
    version = {"v": person.VERSION, "at": int(now_s * 1000), "by": by, "number": 1, "status": "active"}
    return {person.key(PSEUDONYM, 1): version | {"summary": "Simulated. The person of the sample clip, without end."}}


def _configuration(device: str, clip: Path, url: str) -> str:
    """The box's configuration; paths are relative to its folder, for a socket's must be short."""
    settings: dict[str, Json] = {
        "device": {"id": device},
        "run": {"source": f"standin:{clip.resolve()}", "sinks": [f"rtdb:{url}"]},
        "identity": {"file": "identity.json"},
        "outbox": {"path": "outbox.db"},
        "delivery": {"telemetry_s": 5.0},
        "host": {"folder": "run", "launcher": "child"},
        "page": {"port": 0},
    }
    return "".join(
        f"[{section}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in entries.items()) + "\n"
        for section, entries in settings.items()
    )
