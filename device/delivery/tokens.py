"""The seam to who the box is: a source of ID tokens for the database's `?auth=`.

                        ┌────────────── refreshed ──────────────┐
                        ▼                                       │
    (start) ─► none ─► fresh ── within `refresh_before_s` ─► due ── not reached ─► due, asked again after a delay
                 ▲                 of its end                   │                       │
                 │                                              └── refused             └── ended
                 └──────────────────────────────────────────────────┴───────────────────────┘

Tokens last an hour by the monotonic clock; the wall clock of a box may be wrong. A fleet that was switched on together
does not refresh together: the moment is drawn anew each time. A refused box (disabled, deleted, revoked) gives up its
token at once, so a revocation shows within the hour, and asks again every `refused_s` or so: who disabled an account
by mistake need not travel to the box. Its records wait in the outbox.
"""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from device.clock import Clock
from device.contract.errors import IdentityError
from device.delivery.signin import RefusedError, SignInError, Tokens


class TokenSource(Protocol):
    """Gives ID tokens. Safe to use from several threads."""

    def token(self) -> str:
        """A token that is good for some minutes yet.

        Raises:
            SignInError: there is none now, and why.
            RefusedError: there will be none until somebody changes the account.
        """

    def renew(self) -> None:
        """The database does not accept the token: get another one when next asked."""

    @property
    def trouble(self) -> str:
        """Why there was no token, or no newer one, when it was last asked for; empty when all is well."""


@dataclass(frozen=True)
class RefreshSettings:
    """When to ask for a new token; see `config.toml`."""

    refresh_before_s: float = 300.0
    refused_s: float = 300.0
    retry_cap_s: float = 60.0


class RefreshedTokens:
    """Tokens from a refresh token, each used until shortly before its end."""

    def __init__(
        self,
        refresh: Callable[[str], Tokens],
        refresh_token: str,
        keep: Callable[[str], None],
        settings: RefreshSettings,
        clock: Clock,
    ) -> None:
        """
        Args:
            refresh: asks the service, such as `SignIn.with_refresh_token`.
            refresh_token: what the box was enrolled with.
            keep: told when the service replaces the refresh token; may raise `IdentityError`.
            settings: when to ask.
            clock: whose monotonic time counts.
        """
        self._refresh = refresh
        self._refresh_token = self._kept = refresh_token
        self._keep = keep
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._ends_s = self._due_s = 0.0
        self._failures = 0
        self._trouble: SignInError | None = None

    @property
    def trouble(self) -> str:
        return str(self._trouble or "")

    def token(self) -> str:
        with self._lock:
            now_s = self._clock.monotonic()
            if now_s >= self._due_s:
                self._ask(now_s)
            if self._trouble and now_s >= self._ends_s:
                raise type(self._trouble)(str(self._trouble))
            return self._token

    def renew(self) -> None:
        with self._lock:
            if self._trouble is None:  # else it is being asked for already, after a delay
                self._due_s = self._clock.monotonic()

    def _ask(self, now_s: float) -> None:
        try:
            tokens = self._refresh(self._refresh_token)
        except RefusedError as error:
            self._trouble, self._ends_s = error, now_s
            self._due_s = now_s + self._settings.refused_s * random.uniform(0.5, 1.5)
        except SignInError as error:
            self._failures += 1
            self._trouble = error
            self._due_s = now_s + random.uniform(0.0, min(self._settings.retry_cap_s, 2.0**self._failures))
        else:
            self._take(tokens, now_s)

    def _take(self, tokens: Tokens, now_s: float) -> None:
        before_s = min(self._settings.refresh_before_s, tokens.lasts_s / 4)
        self._token, self._ends_s = tokens.id_token, now_s + tokens.lasts_s
        self._due_s = self._ends_s - before_s * random.uniform(1.0, 2.0)
        self._failures, self._trouble = 0, None
        self._refresh_token = tokens.refresh_token
        if self._refresh_token != self._kept:
            with suppress(IdentityError):  # the disk is full: at the next renewal again
                self._keep(self._refresh_token)
                self._kept = self._refresh_token


class FakeTokens:
    """Tokens without a service, for tests and for trying what a revocation does: set `refusal` to take them away."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self._count = 1

    def token(self) -> str:
        if self.refusal:
            raise RefusedError(self.refusal)
        return f"token-{self._count}"

    def renew(self) -> None:
        self._count += 1

    @property
    def trouble(self) -> str:
        return self.refusal
