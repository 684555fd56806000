"""Calls of other programs: signed, told once they are delivered, and never to what is not public."""

import hashlib
import hmac
import ipaddress
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.services.automation.setting import followed, job_run, rule, runs
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.connect.outgoing import Unanswered, is_public, post, proved_url
from entente.services.connect.webhooks import deliver_webhook, secret_of


class Listener:
    """A program that is called: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        self.answer = b""
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *given: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        self.host = f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook?from=entente"


@pytest.fixture
def listener(world: World) -> Iterator[Listener]:
    made = Listener()
    world.database.settings = msgspec.structs.replace(world.database.settings, internal_hosts=(made.host,))
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def call_of(world: World) -> dict[str, Any]:
    with world.system() as tx:
        return engine_rows(tx, "SELECT * FROM {schema}.outgoing_call")[0]


def called(world: World, url: str) -> tuple[UUID, UUID]:
    made = rule(world, actions=[{"kind": "webhook", "url": url}])
    who = world.has("lead", "james", last_name="Berthier", company_name="Lisière")
    followed(world)
    return made, who


def test_call_is_signed_and_carries_the_journal_entry(world: World, listener: Listener) -> None:
    made, who = called(world, listener.url)
    assert listener.got == []
    job_run(world, deliver_webhook, call_of(world)["id"])
    ((path, headers, body),) = listener.got
    sent = json.loads(body)
    assert (path, sent["record"], sent["entry"]) == ("/hook?from=entente", str(who), runs(world, made)[0].entry)
    assert sent["values"]["company_name"] == "Lisière"
    assert "last_name" not in sent["values"]
    with world.system() as tx:
        secret = secret_of(tx, made)
    moment, proof = (part.partition("=")[2] for part in headers["Entente-Signature"].split(","))
    assert proof == hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert call_of(world)["state"] == "sent"
    job_run(world, deliver_webhook, call_of(world)["id"])
    assert len(listener.got) == 1


def test_failing_receiver_is_tried_again_and_a_refusing_one_is_not(world: World, listener: Listener) -> None:
    called(world, listener.url)
    call = call_of(world)["id"]
    listener.status = 503
    with pytest.raises(Unanswered):
        job_run(world, deliver_webhook, call)
    assert (call_of(world)["state"], call_of(world)["status"]) == ("failed", 503)
    listener.status = 204
    job_run(world, deliver_webhook, call)
    assert (call_of(world)["state"], call_of(world)["tries"]) == ("sent", 2)


def test_redirection_is_not_followed(world: World, listener: Listener) -> None:
    called(world, listener.url)
    listener.status = 307
    job_run(world, deliver_webhook, call_of(world)["id"])
    assert len(listener.got) == 1
    assert (call_of(world)["state"], call_of(world)["status"]) == ("failed", 307)


def test_neighbour_that_nobody_named_is_not_called(world: World, listener: Listener) -> None:
    world.database.settings = msgspec.structs.replace(world.database.settings, internal_hosts=())
    called(world, listener.url)
    job_run(world, deliver_webhook, call_of(world)["id"])
    assert listener.got == []
    assert (call_of(world)["state"], call_of(world)["error"]) == ("failed", "outgoing.not_public")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_why_nobody_answers_is_said_in_words(world: World, language: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reasons = []
    for host in (f"127.0.0.1:{port}", "nobody.invalid:80"):
        with pytest.raises(Unanswered) as fault:
            post(f"http://{host}/", b"{}", {}, internal=(f"127.0.0.1:{port}",))
        reasons.append(str(fault.value))
    assert reasons == ["outgoing.nobody_there", "outgoing.unknown_host"]
    with world.system() as tx:
        assert all(tx.words.say(language, each) != each for each in reasons)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "[::1]"])
def test_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((Refused, Unanswered)):
        post(f"http://{host}:9/", b"{}", {})


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "file:///etc/passwd", "https://me:pw@example.org/", "https:///x", "http://a\r\nb/"]
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        proved_url(url)
