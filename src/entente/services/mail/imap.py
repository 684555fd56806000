"""A mailbox read over IMAP: what arrived after the last mail that was seen, oldest first; nothing in it is changed."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

SECONDS = 30
LARGEST = 25_000_000
FAULTS = (OSError, imaplib.IMAP4.error, ImapToolsError)


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails arrive, under which address if it is known.

    `listens` keeps the line open so that mails are told of at once (IDLE).
    """

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    security: Literal["none", "starttls", "tls"] = "none"
    listens: bool = False
    address: str = ""

    def __repr__(self) -> str:
        """User, host and folder; never the password."""
        return f"<IMAP {self.user}@{self.host}:{self.port}/{self.folder}>"

    @property
    def name(self) -> str:
        """The mailbox as the organisation remembers it."""
        return f"{self.user}@{self.host}/{self.folder}"


class Mark(msgspec.Struct, frozen=True):
    """How far a mailbox was read: numbers of mails count within one validity only (RFC 3501, 2.3.1.1)."""

    validity: int = 0
    uid: int = 0


class Arrival(msgspec.Struct, frozen=True):
    """A mail with its place; of one larger than 25 MB only the headers."""

    mark: Mark
    raw: bytes
    whole: bool


def read_mailbox(url: str) -> Mailbox:
    """The mailbox of `imap[s]://user:password@host[:port][/folder][?starttls&idle&address=a@b]`.

    ValueError when it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise ValueError("an IMAP address begins with imap:// or imaps:// and names a user and a host")
    tls = parts.scheme == "imaps"
    options = parse_qs(parts.query, keep_blank_values=True)
    user = unquote(parts.username)
    return Mailbox(
        host=parts.hostname,
        port=parts.port or (993 if tls else 143),
        user=user,
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        security="tls" if tls else "starttls" if "starttls" in options else "none",
        listens="idle" in options,
        address=options.get("address", [user if "@" in user else ""])[0].casefold(),
    )


def read_mailboxes(urls: str) -> list[Mailbox]:
    """The mailboxes of addresses with blanks between them; ValueError when one of them is none."""
    return [read_mailbox(url) for url in urls.split()]


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """The mailbox signed in to; raises one of FAULTS when the server does not let in or does not answer in 30 s."""
    line = _line(mailbox)
    try:
        line.login(mailbox.user, mailbox.password, initial_folder=None)
        line.folder.set(mailbox.folder, readonly=True)
        yield line
    finally:
        _leave(line)


def _line(mailbox: Mailbox) -> BaseMailBox:
    context = ssl.create_default_context()
    if mailbox.security == "tls":
        return MailBox(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=context)
    if mailbox.security == "starttls":
        return MailBoxStartTls(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=context)
    return MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=SECONDS)


def _leave(line: BaseMailBox) -> None:
    try:
        line.logout()
    except FAULTS:
        line.client.shutdown()


def arrivals(line: BaseMailBox, folder: str, after: Mark) -> Iterator[Arrival]:
    """The mails behind a mark; all of them when the server has numbered its mails anew."""
    validity = int(line.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
    last = after.uid if validity == after.validity else 0
    for uid in sorted(int(each) for each in line.uids(f"UID {last + 1}:*")):
        # `*` is the last mail there is, however low its number.
        if uid > last and (found := _fetched(line, Mark(validity, uid))):
            yield found


def _fetched(line: BaseMailBox, mark: Mark) -> Arrival | None:
    sizes = _data(line, mark.uid, "(RFC822.SIZE)")
    size = next((int(word) for word in b" ".join(sizes).rstrip(b")").split()[-1:] if word.isdigit()), 0)
    whole = size <= LARGEST
    parts = _data(line, mark.uid, "(BODY.PEEK[])" if whole else "(BODY.PEEK[HEADER])")
    return Arrival(mark, parts[1], whole) if len(parts) > 1 else None


def _data(line: BaseMailBox, uid: int, items: str) -> list[bytes]:
    """The lines and literals of an answer; empty when the mail is gone."""
    answer, data = line.client.uid("FETCH", str(uid), items)
    if answer != "OK":
        raise imaplib.IMAP4.error(f"FETCH {uid}: {answer}")
    first: Any = data[0] if data else None
    return [bytes(part) for part in first] if isinstance(first, tuple) else [bytes(first)] if first else []


def wait_for_news(line: BaseMailBox, seconds: float) -> bool:
    """Whether the server told of something new within the time (IDLE); at once false when it cannot."""
    if "IDLE" not in {str(each).upper() for each in line.client.capabilities}:
        return False
    return bool(line.idle.wait(timeout=seconds))
