"""A mail as it arrived, read with limits on everything that a stranger chooses."""

import binascii
import re
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from itertools import accumulate, islice

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.mail.html_lines import text_of_html

LONGEST_HEADER = 4_000
MOST_HEADERS = 400
MOST_PARTS = 60
MOST_DEPTH = 20
MOST_BOUNDARIES = 200
LONGEST_ADDRESSES = 40_000
MOST_BRACKETS = 20
LONGEST_TEXT = 1_000_000
BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
TO_US = ("delivered-to", "x-original-to", "to", "cc")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from a mail; `sender` is empty unless exactly one address stands in exactly one `From`.

    `text` and `html` are the two forms of the body as lines, either of them empty when the mail has none.
    """

    message_id: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    answers_to: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    content_type: str = ""

    def all_of(self, name: str) -> list[str]:
        """The values of every header of a name, from the top."""
        return [value for known, value in self.headers if known == name]

    def first(self, name: str) -> str:
        """The topmost header of a name, or an empty text."""
        return next(iter(self.all_of(name)), "")


def read_letter(raw: bytes) -> Letter:
    """The mail that the bytes are; Refused when its parts are too many or too deep to be read."""
    if sum(1 for _ in BOUNDARY.finditer(raw)) > MOST_BOUNDARIES:
        raise Refused("mail.unreadable")
    try:
        message = BytesParser(policy=compat32).parsebytes(raw)
        bodies = _bodies(message)
        items = list(message.raw_items())[:MOST_HEADERS]
        return _letter(message, tuple((str(name).lower()[:100], _clipped(value)) for name, value in items), *bodies)
    except (MessageError, RecursionError, ValueError, LookupError, AssertionError):
        raise Refused("mail.unreadable") from None


def _letter(message: Message, headers: tuple[tuple[str, str], ...], text: str, html: str) -> Letter:
    senders = _addresses(value for name, value in headers if name == "from")
    once = sum(name == "from" for name, _ in headers) == 1
    return Letter(
        message_id=next((value.strip() for name, value in headers if name == "message-id"), "")[:998],
        sender=senders[0] if once and len(senders) == 1 else "",
        recipients=tuple(_addresses(value for name, value in headers if name in TO_US)),
        subject=_decoded(next((value for name, value in headers if name == "subject"), "")),
        headers=headers,
        answers_to=tuple(_threads(headers)),
        text=text,
        html=html,
        content_type=message.get_content_type(),
    )


def _clipped(value: object) -> str:
    # Signs that stand in a header as they are, without encoded words, are UTF-8 (RFC 6532).
    raw = str(value)[:LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = "".join(sign if sign.isprintable() else " " for sign in raw)
    return text.encode("utf-8", "replace").decode()


def _addresses(values: Iterable[str]) -> list[str]:
    """The bare addresses, in lower case; what an encoded word hides is no address."""
    given, left = [], LONGEST_ADDRESSES
    for value in values:
        # Comments in comments: Python reads them by recursion, and not every version of it notices in time.
        if max(accumulate((sign == "(") - (sign == ")") for sign in value), default=0) > MOST_BRACKETS:
            raise Refused("mail.unreadable")
        given.append(value[:left])
        left -= len(value)
        if left <= 0:
            break
    return [address.strip().casefold() for _, address in getaddresses(given) if "@" in address]


def _decoded(value: str) -> str:
    try:
        parts = [
            part.decode(charset or "utf-8", "replace") if isinstance(part, bytes) else part
            for part, charset in decode_header(value)
        ]
    except (MessageError, LookupError, ValueError):
        return value
    return " ".join("".join(parts).split())[:500]


def _threads(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The Message-IDs that the mail answers to: `In-Reply-To`, then `References` from the last to the first."""
    known = dict(reversed([(name, value) for name, value in headers if name in ("in-reply-to", "references")]))
    yield from known.get("in-reply-to", "").split()[:5]
    yield from reversed(known.get("references", "").split()[-50:])


def _bodies(message: Message) -> tuple[str, str]:
    """The first plain text and the first HTML that are no attachments, as lines."""
    found: dict[str, str] = {}
    for part in islice(_walked(message), MOST_PARTS):
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment"
        if not part.is_multipart() and not attached and kind in ("text/plain", "text/html"):
            found.setdefault(kind, _text_of(part))
    return _flowed(message, found.get("text/plain", "")), text_of_html(found.get("text/html", ""))


def _walked(message: Message, depth: int = 0) -> Iterator[Message]:
    """The mail and its parts in their order; what lies deeper than 20 levels is left out."""
    yield message
    if message.is_multipart() and depth < MOST_DEPTH:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _walked(part, depth + 1)


def _text_of(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
    except (binascii.Error, ValueError):
        raw = b""
    raw = raw if isinstance(raw, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return text[:LONGEST_TEXT].replace("\x00", "").replace("\r\n", "\n")


def _flowed(message: Message, text: str) -> str:
    """The text with the lines joined that its writer's program broke (RFC 3676)."""
    plain = next(
        (part for part in islice(_walked(message), MOST_PARTS) if part.get_content_type() == "text/plain"), message
    )
    if str(plain.get_param("format", "")).lower() != "flowed":
        return text
    made: list[str] = []
    soft = False
    for line in text.split("\n"):
        if soft and not line.startswith(">"):
            made[-1] += line
        else:
            made.append(line)
        soft = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(made)
