"""Headless Chromium by playwright, which fails a test on whatever goes wrong in a page: errors in its console, scripts
that throw, requests that leave the machine."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WAIT_MS = 20_000
SIZES = {"laptop": (1280, 800), "desk": (1920, 1080), "phone": (390, 844)}
expect.set_options(timeout=WAIT_MS)
_OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
]


class Browser:
    """Pages for the length of a block.

    Attributes:
        complaints: what went wrong so far.
    """

    def __init__(self, chromium: Chromium, origin: str) -> None:
        """`origin` is the only one that pages may ask."""
        self._chromium, self._origin = chromium, origin
        self._forgiven: list[re.Pattern[str]] = []
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(self, size: str | tuple[int, int] = "laptop", **more: Any) -> Page:
        """A page of a browser of its own, as of somebody else's; `more` goes to playwright's `new_context`."""
        width, height = SIZES[size] if isinstance(size, str) else size
        phone = {"is_mobile": True, "has_touch": True} if width < 600 else {}
        context = self._chromium.new_context(
            base_url=self._origin, viewport={"width": width, "height": height}, **{**phone, **more}
        )
        context.set_default_timeout(WAIT_MS)
        self._contexts.append(context)
        return self.tab(context)

    def tab(self, context: BrowserContext) -> Page:
        """One more tab of a browser."""
        page = context.new_page()
        page.on("console", lambda said: self._note(said.text, said.type == "error"))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", lambda request: self._note(f"asked {request.url}", self._is_foreign(request.url)))
        page.on("websocket", lambda opened: self._note(f"asked {opened.url}", self._is_foreign(opened.url)))
        return page

    def forgive(self, pattern: str) -> None:
        """What a test provokes: complaints that hold this are none."""
        self._forgiven.append(re.compile(pattern))

    def check(self) -> None:
        """Nothing went wrong so far."""
        left = [said for said in self.complaints if not any(pattern.search(said) for pattern in self._forgiven)]
        assert left == [], left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close every page; whatever went wrong in one fails the test."""
        for context in self._contexts:
            context.close()
        if kind is None:
            self.check()

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme not in ("data", "blob", "about") and parts.netloc != urlsplit(self._origin).netloc

    def _note(self, said: str, wrong: bool = True) -> None:
        if wrong:
            self.complaints.append(said[:500])


@contextmanager
def chromium() -> Iterator[Chromium]:
    """One browser process, for the length of a block."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=_OPTIONS)
        try:
            yield started
        finally:
            started.close()
