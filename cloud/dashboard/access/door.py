"""The door: how somebody becomes a visitor, and stops being one. Small pages without a script.

    GET POST  /sign-in        e-mail and password; `?next=` is a path of ours to go on to
    GET POST  /code           the second factor
    GET POST  /first          the first account of a local database
    GET POST  /locked         the password again, after a while without a sign of life
    GET POST  /password       change it
    GET POST  /authenticator  codes of an app, for accounts that are kept here
    POST      /lock, /sign-out, /sign-out-everywhere
    GET       /door.css, /favicon.ico

Whatever is wrong with an e-mail and a password together is told in the same words after the same time.
"""

import math
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope

from cloud.dashboard.access.account import AccountPages
from cloud.dashboard.access.attempts import Attempts
from cloud.dashboard.access.audit import told_signed_in
from cloud.dashboard.access.calls import FORGET, Call, call_of, gone_on, set_cookie, shown
from cloud.dashboard.access.documents import file
from cloud.dashboard.access.founding import Found
from cloud.dashboard.access.halves import LASTS_S, Halves
from cloud.dashboard.access.identities import Identity, NeedsCodeError, Pending, Signed, WrongCredentialsError
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Asked, Place
from cloud.dashboard.access.visit import Locked, OpenVisit
from cloud.dashboard.access.visits import Visits
from cloud.dashboard.base import Base
from device.contract.errors import AffectboxError, DataError, IdentityError

_KEPT = "public, max-age=3600"
#: A cookie outlives its visit, so that its owner is told why that is over.
_TOLD_S = 3600.0


class TooSoonError(IdentityError):
    """There were too many wrong tries."""


class Door:
    """See the module."""

    def __init__(
        self, identity: Identity, visits: Visits, place: Place, base: Base, found: Found | None = None
    ) -> None:
        """`found` writes the first admin of a local database."""
        self._identity = identity
        self._visits = visits
        self._place = place
        self._base = base
        self._founding = identity if isinstance(identity, LocalIdentity) and found is not None else None
        self._found = found
        self._attempts = Attempts()
        self._halves = Halves()
        account = AccountPages(identity, visits, self._welcome, self._tried)
        self._gets: dict[str, Callable[[Call], Awaitable[Response]]] = {
            "/sign-in": self._sign_in_page,
            "/code": self._code_page,
            "/first": self._first_page,
            "/locked": self._locked_page,
            "/password": account.password_page,
            "/authenticator": account.authenticator_page,
        }
        self._posts: dict[str, Callable[[Call], Awaitable[Response]]] = {
            "/sign-in": self._sign_in,
            "/code": self._code,
            "/first": self._first,
            "/locked": self._unlock,
            "/password": account.change_password,
            "/authenticator": account.change_authenticator,
            "/lock": self._lock,
            "/sign-out": self._sign_out,
            "/sign-out-everywhere": self._sign_out_everywhere,
        }

    async def answer(
        self, scope: Scope, receive: Receive, asked: Asked, cookie: str, found: OpenVisit | Locked | None
    ) -> Response:
        """The answer to a request for one of `place.DOOR`."""
        path, get = scope["path"], scope["method"] in ("GET", "HEAD")
        if get and path == "/door.css":
            return Response(file("door.css"), headers={"Cache-Control": _KEPT}, media_type="text/css")
        if get and path == "/favicon.ico":
            return Response(file("mark.svg"), headers={"Cache-Control": _KEPT}, media_type="image/svg+xml")
        handle = (self._gets if get else self._posts).get(path)
        if handle is None:
            return PlainTextResponse("There is nothing here.", 405)
        return await handle(await call_of(scope, receive, asked, cookie, found, self._code_name))

    @property
    def _code_name(self) -> str:
        return f"{self._place.cookie}-code"

    async def _sign_in_page(self, call: Call) -> Response:
        if isinstance(call.found, OpenVisit):
            return gone_on("/password" if call.found.must_change else call.next)
        if self._founding and self._founding.first_phrase():
            return gone_on("/first")
        if isinstance(call.found, Locked):
            return gone_on(f"/locked?next={quote(call.next, safe='')}")
        answer = self._sign_in_again(call, 200, notice=self._visits.why(call.cookie))
        answer.headers.update(FORGET)
        return answer

    def _sign_in_again(self, call: Call, status: int, refusal: str = "", notice: str = "") -> Response:
        forgotten = (
            "An administrator of this dashboard sets a new one."
            if self._identity.keeps_accounts
            else "Whoever administers the Firebase project sends you a link for a new one."
        )
        told = {"email": call.typed("email")[:200], "next": call.next, "forgotten": forgotten}
        return shown(status, "sign-in", "Sign in", refusal=refusal, notice=notice, **told)

    async def _sign_in(self, call: Call) -> Response:
        email, password = call.typed("email"), call.typed("password")
        try:
            signed = await self._tried(call.asked, email, lambda: self._identity.sign_in(email, password))
            return await self._welcome(call, signed)
        except NeedsCodeError as needs:
            return self._ask_for_code(call, needs.pending)
        except AffectboxError as error:
            return self._sign_in_again(call, _status(error), str(error))

    def _ask_for_code(self, call: Call, pending: Pending) -> Response:
        answer = gone_on("/code")
        self._give(answer, call, self._code_name, self._halves.keep(pending, call.next), LASTS_S)
        return answer

    async def _code_page(self, call: Call) -> Response:
        half = self._halves.get(call.code_cookie)
        return shown(200, "code", "One more step", where=half[0].where) if half else gone_on("/sign-in")

    async def _code(self, call: Call) -> Response:
        half = self._halves.get(call.code_cookie)
        if half is None:
            return gone_on("/sign-in")
        pending, following = half
        account, code = f"code of {pending.email}", call.typed("code")
        try:
            signed = await self._tried(call.asked, account, lambda: self._identity.second(pending, code))
            self._halves.drop(call.code_cookie)
            answer = await self._welcome(call, signed, following)
        except AffectboxError as error:
            return shown(_status(error), "code", "One more step", refusal=str(error), where=pending.where)
        self._give(answer, call, self._code_name, "", 0)
        return answer

    async def _first_page(self, call: Call) -> Response:
        if not (self._founding and self._founding.first_phrase()):
            return gone_on("/sign-in")
        return shown(200, "first", "Make the first account", email="", name="")

    async def _first(self, call: Call) -> Response:
        identity, found = self._founding, self._found
        if identity is None or found is None or not identity.first_phrase():
            return gone_on("/sign-in")
        email, name = call.typed("email"), " ".join(call.typed("name").split())[:60]
        try:
            if call.typed("password") != call.typed("again"):
                raise IdentityError("The two passwords differ: type the same one twice.")
            asked = (call.typed("phrase"), email, call.typed("password"))
            signed = await self._tried(call.asked, "first account", lambda: identity.found(*asked))
            try:
                await found(signed.uid, name)
            except AffectboxError:
                print(f"The first account was not made; the pass-phrase is now {await identity.unfound(signed)}")
                raise
            return await self._welcome(call, signed)
        except AffectboxError as error:
            told = {"email": email[:200], "name": name}
            return shown(_status(error), "first", "Make the first account", refusal=str(error), **told)

    async def _locked_page(self, call: Call) -> Response:
        if not isinstance(call.found, Locked):
            return gone_on(call.next if call.found else "/sign-in")
        return self._locked_again(call, call.found, 200)

    def _locked_again(self, call: Call, locked: Locked, status: int, refusal: str = "") -> Response:
        told = {"email": locked.email, "name": locked.name or locked.email, "next": call.next}
        return shown(status, "locked", "Locked", refusal=refusal, **told)

    async def _unlock(self, call: Call) -> Response:
        locked, password = call.found, call.typed("password")
        if not isinstance(locked, Locked):
            return gone_on(call.next if call.found else "/sign-in")
        try:
            signed = await self._tried(
                call.asked, locked.email, lambda: self._identity.sign_in(locked.email, password)
            )
            return await self._welcome(call, signed)
        except NeedsCodeError as needs:
            return self._ask_for_code(call, needs.pending)
        except AffectboxError as error:
            return self._locked_again(call, locked, _status(error), str(error))

    async def _lock(self, call: Call) -> Response:
        self._visits.lock(call.cookie)
        return gone_on("/locked")

    async def _sign_out(self, call: Call) -> Response:
        self._visits.end(call.cookie)
        answer = gone_on("/sign-in", forget=True)
        self._give(answer, call, self._place.cookie, "", 0)
        return answer

    async def _sign_out_everywhere(self, call: Call) -> Response:
        if call.found is not None:
            uid = call.found.person.uid if isinstance(call.found, OpenVisit) else call.found.uid
            self._visits.end_all(uid, "You signed out everywhere: sign in again.")
        return await self._sign_out(call)

    async def _welcome(self, call: Call, signed: Signed, following: str = "") -> Response:
        """Who has signed in gets a new cookie, and the old one is worth nothing. Raises `AffectboxError`."""
        cookie, visit = await self._visits.open(signed)
        self._visits.end(call.cookie)
        await told_signed_in(self._base, visit)
        answer = gone_on("/password" if visit.must_change else following or call.next, forget=True)
        self._give(answer, call, self._place.cookie, cookie, self._visits.limits.longest_s + _TOLD_S)
        return answer

    async def _tried(self, asked: Asked, account: str, attempt: Callable[[], Awaitable[Signed]]) -> Signed:
        """What `attempt` gives, unless they come too soon. Raises `TooSoonError` and what it raises."""
        if (wait_s := self._attempts.wait_s(asked.address, account)) > 0:
            raise TooSoonError(f"There were too many wrong tries: wait {math.ceil(wait_s)} s and try again.")
        self._attempts.begin(asked.address, account)
        try:
            signed = await attempt()
        except WrongCredentialsError:
            raise
        except AffectboxError as error:
            self._attempts.undo(asked.address, account, right=isinstance(error, NeedsCodeError))
            raise
        self._attempts.undo(asked.address, account, right=True)
        return signed

    def _give(self, answer: Response, call: Call, name: str, value: str, lasts_s: float) -> None:
        set_cookie(answer, name, value, lasts_s, call.asked.secure)


def _status(error: AffectboxError) -> int:
    if isinstance(error, TooSoonError):
        return 429
    return 503 if isinstance(error, DataError) else 403
