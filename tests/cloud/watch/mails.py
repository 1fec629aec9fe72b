"""A real SMTP server, with STARTTLS or TLS and a sign-in, that takes mails, or does not, as a test wants it.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import base64
import queue
import socketserver
import ssl
import subprocess
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.servers import WAIT_S

USER, PASSWORD = "watch@example.org", "SECRET-of-mail"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that is its own authority, and what a server needs to show it."""
    made, key = folder / "mail.pem", folder / "mail.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*make, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return made, context


class Mails:
    """Listens at `port`. `refuse` is answered to the next DATA, such as `451 later`; `tls`: "starttls", "ssl" or
    none."""

    def __init__(self, context: ssl.SSLContext | None = None, tls: str = "starttls") -> None:
        self.refuse: list[str] = []
        self.secure: list[bool] = []
        self._taken: queue.Queue[EmailMessage] = queue.Queue()
        self._context, self._tls = context, tls
        mails = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    Talk(mails, self).hold()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> EmailMessage:
        """The next mail, waited for."""
        return self._taken.get(timeout=WAIT_S)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class Talk:
    """One conversation."""

    def __init__(self, mails: Mails, handler: socketserver.StreamRequestHandler) -> None:
        self._mails = mails
        self._socket = handler.request
        self._file = handler.rfile
        self._is_secure = self._is_known = False
        if mails._context and mails._tls == "ssl":
            self._protect()

    def hold(self) -> None:
        self._say("220 mail.example.org")
        while line := self._file.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if not getattr(self, f"_{word.lower()}", self._odd)(rest):
                return

    def _say(self, text: str) -> bool:
        self._socket.sendall(f"{text}\r\n".encode())
        return True

    def _protect(self) -> None:
        assert self._mails._context
        self._socket = self._mails._context.wrap_socket(self._socket, server_side=True)
        self._file = self._socket.makefile("rb")
        self._is_secure = True

    def _odd(self, rest: str) -> bool:
        return self._say("502 what?")

    def _ehlo(self, rest: str) -> bool:
        offers = ["250-mail.example.org"]
        if self._mails._context and self._mails._tls == "starttls" and not self._is_secure:
            offers.append("250-STARTTLS")
        return self._say("\r\n".join([*offers, "250 AUTH PLAIN" if self._is_secure else "250 OK"]))

    def _starttls(self, rest: str) -> bool:
        self._say("220 go")
        self._protect()
        return True

    def _auth(self, rest: str) -> bool:
        given = base64.b64decode(rest.partition(" ")[2]).decode()
        self._is_known = given == f"\0{USER}\0{PASSWORD}"
        return self._say("235 hello" if self._is_known else "535 no")

    def _mail(self, rest: str) -> bool:
        return self._say("250 OK")

    _rcpt = _rset = _mail

    def _data(self, rest: str) -> bool:
        if self._mails.refuse:
            return self._say(self._mails.refuse.pop(0))
        self._say("354 go")
        lines = []
        while (line := self._file.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        self._mails.secure.append(self._is_secure)
        self._mails._taken.put(message_from_bytes(b"".join(lines), policy=policy.default))
        return self._say("250 taken")

    def _quit(self, rest: str) -> bool:
        self._say("221 bye")
        return False
