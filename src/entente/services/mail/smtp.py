"""One mail handed to an SMTP server, with an answer that says whether the server may have taken it."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

SECONDS = 30
Verdict = Literal["sent", "later", "refused", "uncertain"]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in and how: in the clear, upgraded by STARTTLS, or TLS from the first byte."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    security: Literal["none", "starttls", "tls"] = "none"

    def __repr__(self) -> str:
        """Host and port; never the password."""
        return f"<SMTP {self.host}:{self.port} {self.security}>"


class Delivery(msgspec.Struct, frozen=True):
    """How it went: sent; surely not taken, to be tried later or refused for good; or uncertain."""

    verdict: Verdict
    error: str | None = None


def read_server(url: str) -> Server:
    """The server of `smtp://user:password@host:port?starttls` or `smtps://…`; ValueError when the address is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("an SMTP address begins with smtp:// or smtps:// and names a host")
    tls = parts.scheme == "smtps"
    upgraded = "starttls" in parse_qs(parts.query, keep_blank_values=True)
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587 if upgraded else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        security="tls" if tls else "starttls" if upgraded else "none",
    )


def deliver(server: Server, message: EmailMessage, sender: str, recipient: str) -> Delivery:
    """Hand the mail in; once its text is on the way, a broken line leaves the verdict uncertain."""
    try:
        client = _connected(server)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # Whatever stands in the way here, a wrong password included, says nothing about this mail.
        return Delivery("later", _told(error))
    try:
        return _hand_in(client, message, sender, recipient)
    finally:
        _leave(client)


def _connected(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if server.security == "tls":
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        client.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            client.starttls(context=context)
        if server.user is not None:
            client.login(server.user, server.password or "")
    except BaseException:
        client.close()
        raise
    return client


def _hand_in(client: smtplib.SMTP, message: EmailMessage, sender: str, recipient: str) -> Delivery:
    try:
        for code, answer in (client.mail(sender), client.rcpt(recipient)):
            if code >= 400:
                return _answered(code, answer)
    except (OSError, smtplib.SMTPException) as error:
        return _before_data(error)
    try:
        code, answer = client.data(message.as_bytes())
    except smtplib.SMTPDataError as error:
        return _answered(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return Delivery("uncertain", _told(error))
    return Delivery("sent") if code < 400 else _answered(code, answer)


def _answered(code: int, answer: bytes | str) -> Delivery:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return Delivery("refused" if code >= 500 else "later", f"{code} {text}"[:500])


def _before_data(error: Exception) -> Delivery:
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
    return Delivery("refused" if code >= 500 else "later", _told(error))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _leave(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()
