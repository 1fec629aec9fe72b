"""The stack that tests of pages look at, and a browser in which nothing may go wrong."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from cloud.local.evaluator import NODE_MODULES
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack


@contextmanager
def started(folder: Path) -> Iterator[Stack]:
    """Database, dashboard, simulated data, two boxes, accounts."""
    if not ((NODE_MODULES / "targaryen").is_dir() and shutil.which("node")):
        pytest.skip("no targaryen: `make rules-evaluator`")
    running = Stack(folder)
    yield running
    running.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all tests that need no other."""
    with started(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def browser(stack: Stack, one_chromium: Chromium) -> Iterator[Browser]:
    """Pages; what goes wrong in one of them fails the test."""
    with Browser(one_chromium, stack.url) as opened:
        yield opened


@pytest.fixture
def sign_in(stack: Stack) -> Callable[..., Page]:
    """`sign_in(page, "clinician", "/patients")`: sign in as somebody of `stack.accounts`, and go there."""

    def signed_in(page: Page, who: str, path: str = "/") -> Page:
        account = stack.accounts[who]
        form = {"email": account.email, "password": account.password}
        answer = page.context.request.post(f"{stack.url}/sign-in", form=form, headers={"Origin": stack.url})
        assert answer.ok, answer.text()
        page.goto(path)
        return page

    return signed_in
