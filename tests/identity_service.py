"""A sign-in service on this machine that answers as Firebase does, for tests that need no more than its words."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

REFRESH_TOKEN = "refresh-SECRET-0001"
CUSTOM_TOKEN = "custom-SECRET-0002"
API_KEY = "key-SECRET-0003"
PASSWORD = "password-SECRET-0004"
SECRETS = (PASSWORD, REFRESH_TOKEN, CUSTOM_TOKEN, API_KEY, "id-SECRET")


class IdentityService:
    """`refuse` is the word of a refusal; `answers` are (status, body) to be given first, whatever is asked."""

    def __init__(self) -> None:
        service = self
        self.refuse = ""
        self.answers: list[tuple[int, str]] = []
        self.lasts_s = 3600
        self.refresh_token = REFRESH_TOKEN
        self.given = 0
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                service.asked.append(urlsplit(self.path).path)
                status, text = service.answer(self.path, body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/portal")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str, body: str) -> tuple[int, str]:
        if self.answers:
            return self.answers.pop(0)
        if parse_qs(urlsplit(path).query).get("key") != [API_KEY]:
            return 400, refusal("API key not valid. Please pass a valid API key.")
        if self.refuse:
            return 400, refusal(self.refuse)
        names = ("idToken", "refreshToken", "expiresIn")
        if "signInWithCustomToken" in path:
            wrong = "INVALID_CUSTOM_TOKEN" if json.loads(body).get("token") != CUSTOM_TOKEN else ""
        elif "signInWithPassword" in path:
            wrong = "INVALID_LOGIN_CREDENTIALS" if json.loads(body).get("password") != PASSWORD else ""
        else:
            wrong = "INVALID_REFRESH_TOKEN" if parse_qs(body).get("refresh_token") != [REFRESH_TOKEN] else ""
            names = ("id_token", "refresh_token", "expires_in")
        if wrong:
            return 400, refusal(wrong)
        self.given += 1
        values = (f"id-SECRET-{self.given}", self.refresh_token, str(self.lasts_s))
        return 200, json.dumps(dict(zip(names, values, strict=True)))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def refusal(word: str) -> str:
    return json.dumps({"error": {"code": 400, "message": word}})
