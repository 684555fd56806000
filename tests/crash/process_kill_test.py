"""Kill -9 of web, worker and PostgreSQL in the middle of steps and timers: no token is lost or doubled."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.crash.installation import Served, serving
from tests.crash.kill_test import strike
from tests.crash.process_load import ONCE, ProcessLoad
from tests.journeys.served import free_port

ANSWER_SECONDS = 0.05
# Twenty strikes at workers and database, among them some at the web, through which processes are started. Those come
# last in each wave: while the web is loaded anew, the jobs of the dead worker grow old enough to be taken up.
_WAVE = ("worker", "postgres", "worker", "backend", "{web}")
ROUNDS = tuple(each.format(web=web) for web in ("web", "web child", "web", "web child", "web") for each in _WAVE)


class Mailbox:
    """A mail server that counts what arrives, by recipient and subject: every task has one of its own."""

    def __init__(self) -> None:
        self.arrived: Counter[tuple[str, str]] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        lines = envelope.content.decode("utf-8", "replace").splitlines()
        subject = next((line for line in lines if line.lower().startswith("subject:")), "")
        for address in envelope.rcpt_tos:
            self.arrived[(address, subject)] += 1
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    made, port = Mailbox(), free_port()
    server = Controller(made, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("ENTENTE_SMTP_URL", f"smtp://127.0.0.1:{port}")
    yield made
    server.stop()


class Neighbour:
    """Another program that counts how often it was called under each key, and answers slowly enough to be struck."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        calls = self.calls

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                calls[self.headers["Idempotency-Key"]] += 1
                time.sleep(ANSWER_SECONDS)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"heard": true}')

            def log_message(self, *given: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.host = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def neighbour(monkeypatch: pytest.MonkeyPatch) -> Iterator[Neighbour]:
    made = Neighbour()
    monkeypatch.setenv("ENTENTE_INTERNAL_HOSTS", made.host)
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def served(mailbox: Mailbox, neighbour: Neighbour, tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as made:
        with made.client(20) as client:
            body = {"login": "mate", "last_name": "Mate", "email": "mate@example.com"}
            answer = client.post("/users", json=body)
            assert answer.status_code == 201, answer.text
        yield made


@pytest.mark.crash
@pytest.mark.slow
def test_no_token_is_lost_or_doubled_when_processes_are_killed(
    served: Served, mailbox: Mailbox, neighbour: Neighbour
) -> None:
    load = ProcessLoad(served, f"http://{neighbour.host}/told")
    load.start()
    load.await_progress(3, 30)
    for target in ROUNDS:
        strike(served, target)
        load.await_progress(1, 40)
    load.stop()
    assert not load.unexpected
    assert len(load.started) >= len(ROUNDS)
    await_end(served, load)
    check_instances(served, load)
    check_effects(served)
    check_calls(served, neighbour)
    assert mailbox.arrived
    assert not [each for each, count in mailbox.arrived.items() if count > 1]


def await_end(served: Served, load: ProcessLoad) -> None:
    """Every instance has ended, and every message that one of them sent has arrived."""
    waiting = """
        SELECT (SELECT count(*) FROM org_main.process_instance WHERE state = 'running'),
               (SELECT count(*) FROM public.procrastinate_jobs
                WHERE status IN ('todo', 'doing') AND task_name = 'processes.deliver')
    """
    load.answer_all()
    deadline = time.monotonic() + 100
    while True:
        with served.connect() as connection:
            found = connection.execute(waiting).fetchone()
        if found == (0, 0):
            return
        assert time.monotonic() < deadline, f"running instances, messages under way: {found}\n{served.log()}"
        time.sleep(0.2)


def check_instances(served: Served, load: ProcessLoad) -> None:
    """Every acknowledged instance is there, every element was passed once, nothing stopped and nothing is left."""
    passed = """
        SELECT instance::text, element, count(*) FILTER (WHERE outcome = 'completed'),
               count(*) FILTER (WHERE outcome = 'joined')
        FROM org_main.process_history GROUP BY instance, element
    """
    left = """
        SELECT (SELECT count(*) FROM org_main.process_token), (SELECT count(*) FROM org_main.process_subscription),
               (SELECT count(*) FROM org_main.process_incident),
               (SELECT count(*) FROM org_main.process_instance WHERE state <> 'completed')
    """
    with served.connect() as connection:
        assert connection.execute(left).fetchone() == (0, 0, 0, 0)
        rows = connection.execute(passed).fetchall()
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for instance, element, completed, joined in rows:
        found.setdefault(instance, {})[element] = (completed, joined)
    assert set(load.started) <= set(found)
    for elements in found.values():
        assert {name: elements[name][0] for name in ONCE} == dict.fromkeys(ONCE, 1)
        assert elements["j"] == (1, 2)


def check_effects(served: Served) -> None:
    """Work on a record was done once; the message that leaves at the end arrived at least once with its key."""
    work = """
        SELECT i.id FROM org_main.process_instance i
        LEFT JOIN org_main.journal j ON j.record = i.record AND j.changes ? 'disqualify_reason' AND j.deed <> 'create'
        GROUP BY i.id HAVING count(j.id) <> 1
    """
    messages = """
        SELECT i.business_key FROM org_main.process_instance i
        WHERE NOT EXISTS (SELECT FROM org_main.process_message m WHERE m.correlation = i.business_key)
    """
    with served.connect() as connection:
        assert connection.execute(work).fetchall() == []
        assert connection.execute(messages).fetchall() == []


def check_calls(served: Served, neighbour: Neighbour) -> None:
    """Every instance called its neighbour at least once, always under one key, and knows what it answered."""
    asked = """
        SELECT i.id::text, (SELECT array_agg(c.key) FROM org_main.outgoing_call c
                            WHERE c.body ->> 'instance' = i.id::text AND c.state = 'sent'),
               (SELECT v.value FROM org_main.process_variable v WHERE v.instance = i.id AND v.name = 'told')
        FROM org_main.process_instance i
    """
    with served.connect() as connection:
        rows = connection.execute(asked).fetchall()
    for instance, keys, told in rows:
        assert keys is not None, f"{instance} made no call"
        assert len(keys) == 1
        assert neighbour.calls[keys[0]] >= 1
        assert told == {"status": 200, "body": {"heard": True}}
    assert set(neighbour.calls) == {keys[0] for _, keys, _ in rows}
