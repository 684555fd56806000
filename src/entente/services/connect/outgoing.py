"""The one way out by HTTP: addresses are checked after they are resolved and then kept to, nothing is followed.

Refused are other schemes than HTTP, names and passwords in addresses, and everything that is no public address, so
that nobody reaches the installation's own network through it (`reference/security.md` 8.17).
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from urllib.parse import SplitResult, urlsplit

import msgspec

from entente.kernel.kit.refusal import Refused

SECONDS = 10.0
MOST_BYTES = 5_000_000
SILENCES: dict[type[Exception], str] = {
    TimeoutError: "outgoing.too_slow",
    ConnectionRefusedError: "outgoing.nobody_there",
    ssl.SSLError: "outgoing.not_trusted",
}
CHUNK = 65_536
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Answered(msgspec.Struct, frozen=True):
    """What the other side answered."""

    status: int
    body: bytes


class Unanswered(Exception):  # noqa: N818 - says what did not happen
    """The other side could not be reached or did not answer in time; trying again may help."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, internal: Collection[str] = ()) -> Answered:
    """What an address answers to a POST within 10 s; Refused when it may not be called, Unanswered when it is silent.

    `internal` are the hosts (`name:port`) that the installation may call although their addresses are not public.
    """
    parts = proved_url(url)
    port = parts.port or PORTS[parts.scheme]
    host = str(parts.hostname)
    ends = time.monotonic() + SECONDS
    addresses = _resolved(host, port, allowed=f"{host}:{port}" in internal)
    connection = _connection(parts.scheme, host, port, addresses[0])
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Content-Length": str(len(body))})
        answer = connection.getresponse()
        return Answered(answer.status, _read(answer, ends))
    except (OSError, http.client.HTTPException) as fault:
        raise Unanswered(_silence(fault)) from fault
    finally:
        connection.close()


def proved_url(url: str) -> SplitResult:
    """The parts of an address that may be called; Refused for all others."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in PORTS and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.password or not url.isascii() or not url.isprintable():
        raise Refused("outgoing.bad_address", field="url", url=url[:100])
    return parts


def _resolved(host: str, port: int, *, allowed: bool) -> list[str]:
    """The addresses of a host; Refused when even one of them is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise Unanswered("outgoing.unknown_host") from fault
    addresses = [str(each[4][0]) for each in found]
    if not allowed and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
        raise Refused("outgoing.not_public", field="url", host=host)
    return addresses


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also when it wraps an older one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _connection(scheme: str, host: str, port: int, address: str) -> http.client.HTTPConnection:
    """A connection to exactly the address that was checked, under the name that was asked for."""
    made = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        plain = socket.create_connection((address, port), timeout=SECONDS)
        if scheme == "https":
            made.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        else:
            made.sock = plain
    except OSError as fault:
        raise Unanswered(_silence(fault)) from fault
    return made


def _silence(fault: Exception) -> str:
    """Why there is no answer, as a code; what has no words of its own is a broken connection."""
    return next((code for kind, code in SILENCES.items() if isinstance(fault, kind)), "outgoing.broken")


def _read(answer: http.client.HTTPResponse, ends: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise Unanswered("outgoing.answer_too_large")
        if time.monotonic() > ends:
            raise Unanswered("outgoing.too_slow")
    return b"".join(parts)
