"""Real servers that take messages."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud.watch.hooks import Hooks
from tests.cloud.watch.mails import Mails, certificate


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """A server of webhooks."""
    hooks = Hooks()
    yield hooks
    hooks.close()


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate and its server's side."""
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def open_mails(trusted: tuple[Path, ssl.SSLContext]) -> Iterator[Callable[[str], Mails]]:
    """Mail servers: with "starttls", "ssl" or "none"."""
    opened: list[Mails] = []

    def opener(tls: str) -> Mails:
        opened.append(Mails(None if tls == "none" else trusted[1], tls))
        return opened[-1]

    yield opener
    for mails in opened:
        mails.close()
