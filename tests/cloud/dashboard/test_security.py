"""The dashboard as somebody attacks it: chapter by chapter of OWASP's ASVS 4.0.3, over HTTP on a real socket.

The table in docs/dashboard.md names these tests.
"""

import contextlib
import logging
import re
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cloud.dashboard.access.body import Bounded
from cloud.dashboard.access.guard import Guard
from cloud.dashboard.access.identities import EndedError, WrongCredentialsError
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Place, check_listening, hosts_of, own_path
from device.contract.errors import ConfigError
from tests.cloud.dashboard.standing import PASSWORD, QUICK, Standing, standing
from tests.cloud.test_rules import FILE, needs_node
from tests.servers import WAIT_S, Server

pytestmark = needs_node
PAGE = {"Accept": "text/html"}
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A dashboard with three people; its proxy is believed, for tests that give clients addresses."""
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    with standing(tmp_path_factory.mktemp("stood"), f"{server.url}?ns=security") as stood:
        stood.person("anna", "clinician", "<script>alert('Anna')</script>")
        stood.person("bert", "clinician", "Bert")
        stood.person("adam", "admin")
        yield stood
    server.end()


@pytest.fixture
def anna(stood: Standing) -> Iterator[httpx.Client]:
    """Anna's browser, signed in."""
    with stood.client() as browser:
        stood.sign_in(browser, "anna@clinic.example")
        yield browser


@pytest.fixture
def nobody(stood: Standing) -> Iterator[httpx.Client]:
    with stood.client() as browser:
        yield browser


def raw(stood: Standing, request: bytes) -> bytes:
    """What the server answers to bytes, until it has nothing more to say."""
    with socket.create_connection(("127.0.0.1", stood.port), timeout=WAIT_S) as sock:
        sock.sendall(request)
        answer = b""
        while more := sock.recv(65536):
            answer += more
    return answer


# Access control (V4)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/_dash-layout",
        "/_dash-dependencies",
        "/_dash-update-component",
        "/assets/affectbox.js",
        "/_dash-component-suites/dash/deps/react@18.v4_4_1m0.js",
        "/_reload-hash",
        "/download/anything.csv",
        "/docs",
        "/openapi.json",
        "/sign-in/",
        "/%2e%2e/sign-in",
        "//sign-in",
        "/door.css/../",
        "/SIGN-IN",
    ],
)
def test_without_a_visit_nothing_answers_but_the_door(nobody: httpx.Client, path: str) -> None:
    assert nobody.get(path).status_code == 401
    assert nobody.post(path, json={}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/assets/..%2f..%2fperson.py", "/assets/%2e%2e/person.py", "/assets/....//person.py"]
)
def test_no_path_leads_out_of_the_assets(anna: httpx.Client, path: str) -> None:
    answer = anna.get(path)
    assert "SignedOutError" not in answer.text
    assert b"SignedOutError" not in raw_get(anna, path)


def raw_get(browser: httpx.Client, path: str) -> bytes:
    """The same without a client that tidies paths up."""
    port = int(str(browser.base_url).rstrip("/").rpartition(":")[2])
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as sock:
        sock.sendall(head.encode())
        answer = b""
        while more := sock.recv(65536):
            answer += more
    return answer


def test_a_page_for_another_role_is_not_shown_and_the_database_would_not_give_it(stood: Standing) -> None:
    with stood.client() as browser:
        stood.sign_in(browser, "anna@clinic.example")
        visit = stood.visits.of("anna")[-1]
        with pytest.raises(Exception, match="may not"):
            stood.run(stood.base.get(visit, "staff"))


# Authentication (V2)


def test_a_name_and_a_wrong_password_take_as_long_as_nobodys(tmp_path: Path) -> None:
    identity = LocalIdentity(tmp_path / "users.db")
    identity.users.add("anna@clinic.example", PASSWORD)
    took: dict[str, list[float]] = {"anna": [], "zora": []}
    for name in ("anna", "zora") * 2:
        began = time.perf_counter()
        with pytest.raises(WrongCredentialsError, match=r"^E-mail or password is wrong\.$"):
            identity.users.signed_in(f"{name}@clinic.example", "four other words here")
        took[name].append(time.perf_counter() - began)
    anna, zora = (median(times) for times in took.values())
    assert min(anna, zora) > 0.5 * max(anna, zora)
    assert min(anna, zora) > 0.02  # argon2id was at work


def test_that_an_account_is_disabled_is_told_only_to_who_knows_its_password(tmp_path: Path) -> None:
    identity = LocalIdentity(tmp_path / "users.db", QUICK)
    uid = identity.users.add("anna@clinic.example", PASSWORD)
    identity.users.set_disabled(uid, True)
    with pytest.raises(WrongCredentialsError):
        identity.users.signed_in("anna@clinic.example", "four other words here")
    with pytest.raises(EndedError, match="disabled"):
        identity.users.signed_in("anna@clinic.example", PASSWORD)


def test_the_accounts_are_read_by_their_owner_alone_and_hold_no_password(tmp_path: Path) -> None:
    identity = LocalIdentity(tmp_path / "accounts" / "users.db")
    identity.users.add("anna@clinic.example", PASSWORD)
    file = tmp_path / "accounts" / "users.db"
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    content = file.read_bytes()
    assert PASSWORD.encode() not in content and b"$argon2id$v=19$m=65536,t=3,p=4$" in content


def test_there_is_no_account_that_nobody_made(tmp_path: Path) -> None:
    identity = LocalIdentity(tmp_path / "users.db", QUICK)
    assert identity.users.all() == []
    for email in ("admin", "admin@localhost", "root@localhost"):
        with pytest.raises(WrongCredentialsError):
            identity.users.signed_in(email, "admin")


# Session management (V3)


def test_the_server_keeps_no_cookie_and_no_two_are_alike(stood: Standing) -> None:
    cookies = set()
    for _ in range(3):
        with stood.client() as browser:
            stood.sign_in(browser, "anna@clinic.example")
            cookies.add(browser.cookies[stood.place.cookie])
    assert len(cookies) == 3
    kept = repr(vars(stood.visits))
    assert not [cookie for cookie in cookies if cookie in kept]


def test_over_tls_the_cookie_is_secure_and_of_this_host_alone(stood: Standing) -> None:
    with stood.client(headers={"X-Forwarded-Proto": "https", "Origin": stood.url.replace("http", "https")}) as browser:
        answer = stood.sign_in(browser, "anna@clinic.example")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert Place(frozenset({"dash.clinic.example"}), secure=True).cookie == "__Host-affectbox"


def test_nothing_with_data_stays_in_a_cache(stood: Standing, anna: httpx.Client) -> None:
    for path in ("/", "/_dash-layout", "/sign-in", "/password"):
        assert anna.get(path).headers["cache-control"] == "no-store"


# Requests that another page makes a browser send (V13, CSRF; clickjacking; DNS rebinding)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_page_changes_nothing(stood: Standing, anna: httpx.Client, headers: dict[str, str]) -> None:
    for path in ("/sign-out", "/sign-in", "/password", "/_dash-update-component"):
        assert anna.post(path, headers=headers).status_code == 403
    assert anna.get("/_dash-layout").status_code == 200


def test_another_page_embeds_and_reads_nothing(anna: httpx.Client) -> None:
    for dest, mode in (("iframe", "navigate"), ("script", "no-cors"), ("image", "no-cors"), ("empty", "cors")):
        asked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": mode}
        assert anna.get("/", headers=asked).status_code == 403
    answer = anna.get("/")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert (
        answer.headers["cross-origin-opener-policy"] == answer.headers["cross-origin-resource-policy"] == "same-origin"
    )
    assert "access-control-allow-origin" not in answer.headers


def test_a_link_from_elsewhere_opens_the_page_though_browsers_keep_the_cookie_back(nobody: httpx.Client) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    answer = nobody.get('/fleet?a="><script>', headers=link)
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
    assert "<script>" not in answer.text and 'url=/fleet?a=%22%3E%3Cscript%3E"' in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""])
def test_a_name_that_is_not_the_dashboards_gets_no_answer(stood: Standing, anna: httpx.Client, host: str) -> None:
    assert anna.get("/", headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_methods_that_no_page_needs_are_refused(stood: Standing, method: str) -> None:
    head = f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:{stood.port}\r\nConnection: close\r\n\r\n"
    status = raw(stood, head.encode()).split(b" ", 2)[1]
    assert status in (b"405", b"400")


@pytest.mark.parametrize("who", ["nobody", "stranger", "evil", "no origin"])
def test_a_socket_opens_for_a_visit_and_our_own_page_alone(stood: Standing, anna: httpx.Client, who: str) -> None:
    cookie = f"{stood.place.cookie}={anna.cookies[stood.place.cookie]}"
    headers = {} if who == "nobody" else {"Cookie": f"{stood.place.cookie}=guessed" if who == "stranger" else cookie}
    origin = {"evil": EVIL, "no origin": None}.get(who, stood.url)
    with pytest.raises(InvalidStatus, match="403"), connect(address(stood), origin=origin, additional_headers=headers):
        pass  # pragma: no cover
    with connect(address(stood), origin=stood.url, additional_headers={"Cookie": cookie}) as opened:
        assert '"now"' in opened.recv(WAIT_S)


def test_one_visit_has_no_more_than_64_tabs(stood: Standing, anna: httpx.Client) -> None:
    headers = {"Cookie": f"{stood.place.cookie}={anna.cookies[stood.place.cookie]}"}
    with contextlib.ExitStack() as tabs:
        opened = [
            tabs.enter_context(connect(address(stood), origin=stood.url, additional_headers=headers))
            for _ in range(64)
        ]
        with pytest.raises(InvalidStatus, match="403"):
            connect(address(stood), origin=stood.url, additional_headers=headers)
        assert '"now"' in opened[-1].recv(WAIT_S)


@pytest.mark.parametrize("how", ["/sign-out", "/lock", "/sign-out-everywhere"])
def test_signing_out_and_locking_end_the_sockets(stood: Standing, anna: httpx.Client, how: str) -> None:
    cookie = f"{stood.place.cookie}={anna.cookies[stood.place.cookie]}"
    with connect(address(stood), origin=stood.url, additional_headers={"Cookie": cookie}) as opened:
        opened.recv(WAIT_S)
        anna.post(how)
        with pytest.raises(Exception, match="4401"):
            opened.recv(WAIT_S)


def address(stood: Standing) -> str:
    return f"ws://127.0.0.1:{stood.port}/socket"


# Content (V5, V14): XSS, redirects, headers


@pytest.mark.parametrize(
    "to",
    [
        EVIL,
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "/%09/evil.example\t",
        "javascript:alert(1)",
        "/sign-out",
        "/\r\nSet-Cookie: a=b",
        "http://[",
        "/" + "a" * 600,
    ],
)
def test_no_sign_in_leads_elsewhere(stood: Standing, to: str) -> None:
    with stood.client() as browser:
        answer = stood.sign_in(browser, "bert@clinic.example", next=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert own_path("/patients/p-0042?a=b") == "/patients/p-0042?a=b"


def test_names_and_what_was_typed_stand_in_pages_as_text(stood: Standing, anna: httpx.Client) -> None:
    typed = '"><script>alert(1)</script>'
    with stood.client() as browser:
        again = stood.sign_in(browser, typed, "four other words here", next=f"/{typed}")
    anna.post("/lock")
    locked = anna.get(f"/locked?next=/{typed}")
    assert "Anna" in locked.text
    for page in (again, locked):
        assert "<script" not in page.text and "&lt;script&gt;" in page.text


def test_scripts_and_styles_run_from_here_alone_and_every_answer_has_a_nonce_of_its_own(anna: httpx.Client) -> None:
    pages = [anna.get("/", follow_redirects=True) for _ in range(2)]
    nonces = []
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "form-action 'self'" in policy
        assert not re.findall(r"https?:", policy)
        nonces.append(re.search(r"script-src 'self' 'nonce-([^']+)'", policy)[1])  # type: ignore[index]
        scripts = re.findall(r"<script([^>]*)>([^<]*)", page.text)
        assert scripts
        assert all("src=" in tag or f'nonce="{nonces[-1]}"' in tag or "application/json" in tag for tag, _ in scripts)
        assert " style=" not in page.text and not re.findall(r"<[^>]+ on[a-z]+=", page.text)
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/_dash-layout", "/nothing", "/door.css"])
def test_every_answer_has_the_headers_that_bind_a_browser(anna: httpx.Client, nobody: httpx.Client, path: str) -> None:
    for browser in (anna, nobody):
        headers = browser.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "content-security-policy" in headers
        assert "server" not in headers and "x-powered-by" not in headers


# Too much, too slow, and what goes wrong (V7, V12)


def is_refused(client: httpx.Client, path: str, body: bytes | Iterator[bytes]) -> bool:
    """Whether a body is refused as too large. The server hangs up without reading it, which may outrun the answer."""
    try:
        return client.post(path, content=body).status_code == 413
    except (httpx.ReadError, httpx.WriteError):
        return True


def test_a_body_that_is_too_large_is_refused_before_it_is_read(stood: Standing, anna: httpx.Client) -> None:
    assert is_refused(anna, "/_dash-update-component", b"x" * 1_000_001)
    assert is_refused(anna, "/sign-in", b"x" * 9000)
    assert is_refused(anna, "/sign-in", (b"x" * 9000 for _ in range(2)))  # no length was announced
    assert anna.get("/_dash-layout").status_code == 200


def test_a_body_that_drips_ends_at_the_deadline(stood: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.dashboard.access.guard.Bounded", partial(Bounded, within_s=0.3))
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{stood.port}\r\nOrigin: {stood.url}\r\nContent-Length: 50"
    assert raw(stood, f"{head}\r\n\r\nab".encode()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999999999999", "1e3"])
def test_an_odd_length_is_no_trouble(stood: Standing, length: str) -> None:
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{stood.port}\r\nOrigin: {stood.url}\r\nContent-Length: {length}"
    status = raw(stood, f"{head}\r\nConnection: close\r\n\r\n".encode()).split(b" ", 2)[1]
    assert status in (b"400", b"413")


@pytest.mark.parametrize(
    "kind, content",
    [("multipart/form-data; boundary=x", b"--x"), ("application/json", b"{}"), ("text/plain", b"a=b")],
)
def test_the_door_takes_forms_alone(nobody: httpx.Client, kind: str, content: bytes) -> None:
    answer = nobody.post("/sign-in", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.text) == (415, "The door takes forms only.")


def test_a_form_that_is_none_gets_a_sentence(nobody: httpx.Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"\xff\xfe=1", b"&".join(b"a=1" for _ in range(50)), b"%00=%00&email=%00&password=%00", b""):
        answer = nobody.post("/sign-in", content=content, headers=form)
        assert answer.status_code in (400, 403, 429)
        assert "Traceback" not in answer.text and len(answer.text) < 3000


def test_what_fails_inside_is_a_sentence_and_no_traceback(
    stood: Standing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inside")

    with stood.client() as browser, monkeypatch.context() as patched:
        patched.setattr(Guard, "_to_the_door", fail)
        answer = browser.get("/")
    assert answer.status_code == 500 and answer.text.startswith("Something went wrong here")
    assert answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
    assert "RuntimeError: inside" in caplog.text


def test_no_password_token_or_cookie_is_ever_logged(stood: Standing, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with stood.client() as browser:
        stood.sign_in(browser, "bert@clinic.example", "four other words here")
        stood.sign_in(browser, "bert@clinic.example")
        cookie = browser.cookies[stood.place.cookie]
        visit = stood.visits.of("bert")[-1]
        token = stood.run(visit.token())
        browser.get("/")
    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    for secret in (PASSWORD, "four other words here", cookie, token):
        assert secret not in said and secret not in repr(visit) and secret not in repr(vars(stood.visits))


# Where it listens


def test_others_reach_it_only_encrypted(tmp_path: Path) -> None:
    check_listening("127.0.0.1", tls=False, behind_proxy=False)
    check_listening("0.0.0.0", tls=True, behind_proxy=False)
    check_listening("10.0.0.4", tls=False, behind_proxy=True)
    with pytest.raises(ConfigError, match="in the clear"):
        check_listening("0.0.0.0", tls=False, behind_proxy=False)


def test_only_a_known_proxy_is_believed() -> None:
    headers = [(b"host", b"dash"), (b"x-forwarded-for", b"203.0.113.9, 10.0.0.1"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "scheme": "http", "client": ("10.0.0.1", 9), "headers": headers}
    believed = Place(frozenset({"dash"}), proxies=frozenset({"10.0.0.1"})).asked(scope)
    assert (believed.address, believed.secure, believed.origin) == ("203.0.113.9", True, "https://dash")
    doubted = Place(frozenset({"dash"})).asked(scope)
    assert (doubted.address, doubted.secure) == ("10.0.0.1", False)


def test_the_names_that_it_answers_to() -> None:
    assert hosts_of("127.0.0.1", 8050) == {"127.0.0.1:8050", "localhost:8050", "[::1]:8050"}
    assert hosts_of("0.0.0.0", 443, ["Dash.Clinic.example"]) == {"dash.clinic.example", "dash.clinic.example:443"}
    assert hosts_of("127.0.0.1", 8050, ["dash.example"], proxied=True) >= {"dash.example"}
