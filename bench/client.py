"""A small HTTP client that costs little beside what it measures: one kept connection, no redirects, no cookies jar."""

import socket
from collections.abc import Mapping


class Connection:
    """One kept connection to a server of this machine, with headers that every request carries."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "bench", **headers}.items())

    def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """The status and the body of the answer."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{headers}Content-Length: {len(body)}\r\n"
        if body:
            head += "Content-Type: application/json\r\n"
        self._socket.sendall(f"{head}\r\n".encode() + body)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._read()
        top, _, rest = received.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in top.lower():
            return int(top[9:12]), self._chunks(rest)
        length = next((int(line[15:]) for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(rest) < length:
            rest += self._read()
        return int(top[9:12]), rest

    def close(self) -> None:
        """Give the connection up."""
        self._socket.close()

    def _read(self) -> bytes:
        got = self._socket.recv(262_144)
        if not got:
            raise ConnectionError("the server hung up")
        return got

    def _chunks(self, received: bytes) -> bytes:
        while not received.endswith(b"0\r\n\r\n"):
            received += self._read()
        return received
