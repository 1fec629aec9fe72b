"""Firebase's sign-in service on this machine, as far as the dashboard asks it: one account, as its documentation and
Google's emulator answer. `make auth-emulator` holds the same against the emulator itself."""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cloud.local.tokens import unsigned

CODE = "123456"
UID = "Xy3kQ0Zr"
_WRONG = "INVALID_LOGIN_CREDENTIALS"


class FirebaseAccounts:
    """`factor` is "", "totp" or "phone"; `captcha`: text messages want Google's; `instead` is answered always."""

    def __init__(self, email: str, password: str) -> None:
        service = self
        self.email, self.password = email, password
        self.factor, self.captcha, self.instead = "", False, ""
        self.disabled = False
        self._refresh = secrets.token_hex(8)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = service.answer(urlsplit(self.path).path, body)
                text = (service.instead or json.dumps(answer)).encode()
                self.send_response(200 if service.instead else status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def disable(self) -> None:
        self.disabled = True

    def answer(self, path: str, body: str) -> tuple[int, dict[str, Any]]:
        if path.endswith("/v1/token"):
            return self._renewed(parse_qs(body))
        asked = json.loads(body)
        method = path.rpartition("/accounts")[2].lstrip(":/")
        return {
            "signInWithPassword": self._sign_in,
            "lookup": self._lookup,
            "update": self._update,
            "mfaSignIn:start": self._start,
            "mfaSignIn:finalize": self._finalize,
        }[method](asked)

    def _sign_in(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "@" not in asked["email"]:
            return refusal("INVALID_EMAIL")
        if asked["email"] != self.email or asked["password"] != self.password:
            return refusal(_WRONG)
        if self.disabled:
            return refusal("USER_DISABLED")
        if self.factor:
            info = {"mfaEnrollmentId": "f1", "totpInfo": {}}
            if self.factor == "phone":
                info = {"mfaEnrollmentId": "f1", "phoneInfo": "+********12"}
            return 200, {"mfaPendingCredential": "half", "mfaInfo": [info], "localId": UID}
        return 200, {**self._tokens(), "localId": UID, "expiresIn": "3600"}

    def _start(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.captcha:
            return refusal("MISSING_RECAPTCHA_TOKEN")
        assert (asked["mfaPendingCredential"], asked["mfaEnrollmentId"]) == ("half", "f1")
        return 200, {"phoneResponseInfo": {"sessionInfo": "sent"}}

    def _finalize(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        assert asked["mfaPendingCredential"] == "half"
        if self.factor == "phone":
            assert asked["phoneVerificationInfo"]["sessionInfo"] == "sent"
            code = asked["phoneVerificationInfo"]["code"]
        else:
            assert asked["mfaEnrollmentId"] == "f1"
            code = asked["totpVerificationInfo"]["verificationCode"]
        return (200, self._tokens()) if code == CODE else refusal("INVALID_CODE : Invalid verification code")

    def _lookup(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return refusal("USER_DISABLED") if self.disabled else (200, {"users": [{"localId": UID, "email": self.email}]})

    def _update(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.password, self._refresh = asked["password"], secrets.token_hex(8)
        return 200, {**self._tokens(), "localId": UID, "expiresIn": "3600"}

    def _renewed(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if self.disabled:
            return refusal("USER_DISABLED")
        if form["refresh_token"] != [self._refresh]:
            return refusal("TOKEN_EXPIRED")
        token = unsigned(UID, time.time(), {"email": self.email})
        return 200, {"id_token": token, "refresh_token": self._refresh, "expires_in": "3600", "user_id": UID}

    def _tokens(self) -> dict[str, Any]:
        return {"idToken": unsigned(UID, time.time(), {"email": self.email}), "refreshToken": self._refresh}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def refusal(word: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"code": 400, "message": word}}
