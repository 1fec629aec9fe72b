"""Headless Chromium, driven over its own pipe (DevTools Protocol), for tests of what a person sees and presses."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

WAIT_S = 20.0
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync"),
)
#: Chromium reads commands from 3 and writes answers to 4.
_HAND_OVER = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(commands, 3), os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class NavigatedError(Exception):
    """The page went to another while it was asked."""


class Chromium:
    """A browser with one page, from `with` to the end of its block."""

    def __init__(self, profile: Path, language: str = "en", size: tuple[int, int] = (1280, 900)) -> None:
        assert PROGRAM, "no chromium on this machine"
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()

        self._process = subprocess.Popen(
            [
                *(sys.executable, "-ISc", _HAND_OVER, str(commands), str(answers)),
                *(PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", f"--accept-lang={language}", "about:blank"),
            ],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self._watchdog = threading.Timer(6 * WAIT_S, self._kill)
        self._watchdog.start()
        self._rest = b""
        self._number = 0
        self._session = ""
        #: What went wrong in the page, and what its console says.
        self.complaints: list[str] = []
        target = next(one for one in self("Target.getTargets")["targetInfos"] if one["type"] == "page")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self(f"{domain}.enable")
        self.resize(*size)

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What Chromium answers to a command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        for answer in self._heard():
            if answer.get("id") == self._number:
                if "navigated" in answer.get("error", {}).get("message", ""):
                    raise NavigatedError
                assert "error" not in answer, (method, answer)
                return dict(answer["result"])
        raise AssertionError("chromium is gone")

    def _heard(self) -> Iterator[dict[str, Any]]:
        while True:
            while b"\0" not in self._rest:
                more = os.read(self._answers, 1 << 16)
                if not more:
                    return
                self._rest += more
            text, _, self._rest = self._rest.partition(b"\0")
            message = json.loads(text)
            self._note(message)
            yield message

    def _note(self, message: dict[str, Any]) -> None:
        method, said = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(said["exceptionDetails"])[:500])
        elif method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")

    def resize(self, width: int, height: int) -> None:
        """The size of the window, pixels."""
        narrow = width < 600
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=narrow)

    def open(self, url: str) -> None:
        """Go to a page; returns when it is there."""
        self("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        asked = self("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in asked, asked["exceptionDetails"]
        return asked["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true, looking again and again."""
        look = f"() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }}"
        waiting = (
            f"new Promise((done) => {{ const look = {look}; const end = Date.now() + {int(WAIT_S * 1000)};"
            " const again = () => look() ? done(true) : Date.now() > end ? done(false) : setTimeout(again, 15);"
            " again(); })"
        )
        try:
            seen = self.ask(waiting)
        except NavigatedError:  # to the page that is waited for, perhaps
            self.until(expression)
            return
        assert seen, (expression, self.ask("document.body.innerText"), self.complaints)

    def press(self, selector: str) -> None:
        """Click on an element as a person does, in its middle; it must be there to be seen."""
        box = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return b.width && [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        assert box, f"{selector} is not to be seen"
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, selector: str, text: str) -> None:
        """Type into a field, over what stands there."""
        self.ask(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.select(); }})()")
        self("Input.insertText", text=text)

    def text(self, selector: str) -> str:
        """What is to be read in an element."""
        return str(self.ask(f"document.querySelector({json.dumps(selector)}).innerText"))

    def picture(self, whole: bool = False) -> bytes:
        """A PNG of the window, or of the whole page."""
        return base64.b64decode(self("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._watchdog.cancel()
        self._kill()
        self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
