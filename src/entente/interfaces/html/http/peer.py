"""Who is at the other end of the connection, and under which name this server was called."""

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection

Connection = ASGIConnection[Any, Any, Any, Any]
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def peer_of(request: Connection, trusted: tuple[str, ...]) -> str:
    """The address of the asker: the socket's, or, from a trusted proxy, the last one that is no trusted proxy."""
    peer = request.client.host if request.client else ""
    if not trusted or not _is_trusted(peer, trusted):
        return peer
    for name in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        asker = name.strip()
        if not _is_address(asker):
            break
        peer = asker
        if not _is_trusted(asker, trusted):
            break
    return peer


def host_of(headers: list[tuple[bytes, bytes]] | Any) -> str:
    """The host by which the server was called, or nothing when the header is missing or no host."""
    found = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    return found if HOST.fullmatch(found) else ""


def _is_trusted(peer: str, trusted: tuple[str, ...]) -> bool:
    return _is_address(peer) and any(ip_address(peer) in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name, strict=False) for name in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
