"""A real SMTP server in a thread, and the script of a worker that can be killed."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Postbox:
    """What the server took, and how it answers."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answer_to_rcpt = "250 OK"
        self.answer_to_data = "250 OK"
        self.hang_after_data: float = 0
        self.in_data = threading.Event()
        self.controller: Any = None

    @property
    def url(self) -> str:
        return f"smtp://{self.controller.hostname}:{self.controller.port}"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answer_to_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer_to_data.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        self.in_data.set()
        if self.hang_after_data:
            time.sleep(self.hang_after_data)
        if self.answer_to_data == "hang up":
            assert server.transport is not None
            server.transport.close()
            return "421 gone"
        return self.answer_to_data


@contextmanager
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made.controller = Controller(made, hostname="127.0.0.1", port=port)
    made.controller.start()
    try:
        yield made
    finally:
        made.controller.stop()
