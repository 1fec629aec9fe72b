"""Where messages go: a webhook, and e-mail. Each takes a message or says in a sentence why not; neither an address
with a secret in it nor a password stands in that sentence.

Source: RFC 2104 (HMAC); RFC 5322 (Message-ID); the documentation of httpx and smtplib.
"""

import asyncio
import hashlib
import hmac
import json
import os
import smtplib
import ssl
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from cloud.watch.rules import Email, Rules, Webhook
from device.contract.address import printable
from device.contract.errors import ConfigError
from device.contract.fields import Json

SECRET, PASSWORD = "AFFECTBOX_WEBHOOK_SECRET", "AFFECTBOX_SMTP_PASSWORD"
_TIMEOUT_S = 20.0
_PORTS = {"starttls": 587, "ssl": 465, "none": 25}


class NotTakenError(Exception):
    """The outlet did not take a message; the text completes 'the webhook …' or 'the mail server …'."""


class Outlet(Protocol):
    """Somewhere messages go."""

    name: str

    async def send(self, message: Json) -> None:
        """Hand over a message (`cloud.watch.messages.Message.to_json`). Raises `NotTakenError`."""


class WebhookOutlet:
    """A POST of JSON. With a secret, `X-Affectbox-Signature` is `sha256=` and the HMAC of `TIME.BODY` in hexadecimal,
    where TIME is the header `X-Affectbox-Time`, seconds since 1970."""

    name = "webhook"

    def __init__(self, settings: Webhook, secret: str = "", client: httpx.AsyncClient | None = None) -> None:
        """`client` for tests that need another one."""
        self._url = settings.url
        self._host = printable(urlsplit(settings.url).hostname or "")
        self._secret = secret.encode()
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)

    async def send(self, message: Json) -> None:
        """As the protocol says; whatever is no 2xx is not taken, and a redirect is not followed."""
        body = json.dumps(message, separators=(",", ":")).encode()
        try:
            answer = await self._client.post(self._url, content=body, headers=self._headers(body))
        except httpx.TimeoutException:
            raise NotTakenError(f"at {self._host} does not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise NotTakenError(f"at {self._host} cannot be reached: check its address and the network") from None
        if answer.is_redirect:
            raise NotTakenError(f"at {self._host} redirects elsewhere: write the address that it redirects to")
        if not answer.is_success:
            raise NotTakenError(f"at {self._host} answers {answer.status_code}")

    def _headers(self, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        headers = {"Content-Type": "application/json", "User-Agent": "affectbox-watch", "X-Affectbox-Time": at}
        if self._secret:
            signed = hmac.new(self._secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers["X-Affectbox-Signature"] = f"sha256={signed}"
        return headers


class EmailOutlet:
    """A mail to everybody, over TLS unless the server is on this machine."""

    name = "email"

    def __init__(self, settings: Email, password: str = "") -> None:
        self._settings = settings
        self._password = password

    async def send(self, message: Json) -> None:
        """As the protocol says. Tried again, the mail has the same Message-ID."""
        try:
            await asyncio.to_thread(self._send, self._mail(message))
        except smtplib.SMTPAuthenticationError:
            raise NotTakenError("refuses user and password") from None
        except smtplib.SMTPNotSupportedError:
            raise NotTakenError("offers no STARTTLS or no sign-in: check email.security") from None
        except smtplib.SMTPRecipientsRefused:
            raise NotTakenError("refuses every recipient") from None
        except smtplib.SMTPResponseException as error:
            raise NotTakenError(f"answers {error.smtp_code}") from None
        except ssl.SSLCertVerificationError as error:
            raise NotTakenError(f"shows a certificate that is not accepted ({error.verify_message})") from None
        except (UnicodeError, ValueError):
            raise NotTakenError("cannot be spoken to: user, password and addresses are plain ASCII") from None
        except (OSError, smtplib.SMTPException):
            raise NotTakenError("cannot be reached: check email.server, its port and the network") from None

    def _mail(self, message: Json) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = printable(message["subject"])[:200]
        mail["From"], mail["To"] = self._settings.sender, ", ".join(self._settings.to)
        mail["Message-ID"] = f"<{message['id']}@{self._settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message["text"])
        return mail

    def _send(self, mail: EmailMessage) -> None:
        settings = self._settings
        port = settings.port or _PORTS[settings.security]
        trust = ssl.create_default_context(cafile=settings.ca_file or None)
        if settings.security == "ssl":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.server, port, timeout=_TIMEOUT_S, context=trust)
        else:
            server = smtplib.SMTP(settings.server, port, timeout=_TIMEOUT_S)
        with server:
            if settings.security == "starttls":
                server.starttls(context=trust)
            if settings.user:
                server.login(settings.user, self._password)
            server.send_message(mail)


def open_outlets(rules: Rules) -> list[Outlet]:
    """The outlets that the file names. Raises `ConfigError`: a file of a secret that cannot be read, or is empty."""
    outlets: list[Outlet] = []
    if rules.webhook.url:
        outlets.append(WebhookOutlet(rules.webhook, _secret(rules.webhook.secret_file, SECRET, "webhook.secret_file")))
    if rules.email.server:
        password = _secret(rules.email.password_file, PASSWORD, "email.password_file")
        if rules.email.user and not password:
            raise ConfigError(f"email.user signs in: name email.password_file, or put the password into ${PASSWORD}.")
        outlets.append(EmailOutlet(rules.email, password))
    return outlets


def _secret(file: str, variable: str, key: str) -> str:
    if not file:
        return os.environ.get(variable, "")
    try:
        found = Path(file).read_text("utf-8").strip()
    except (OSError, ValueError):
        found = ""
    if not found:
        raise ConfigError(f"{key}: {printable(file)} cannot be read, or is empty.")
    return found
