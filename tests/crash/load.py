"""People at work on the API who write down what was acknowledged, and who go on after every failure."""

import threading
import time
from typing import Any

import httpx
import msgspec

from tests.crash.installation import Served

WORKERS = 3
# Between two writes of a client: what is killed is under way, and both the killed and the load have processor time.
PAUSE_SECONDS = 0.02


class Promise(msgspec.Struct):
    """A record that was acknowledged: its version and title of the moment, and what unanswered tries may have done."""

    version: int
    title: str
    tried: list[str]


class Load:
    """Several clients who create records and change them again and again."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.promises: dict[str, Promise] = {}
        self.rules: list[str] = []
        self.unexpected: list[str] = []
        self.acknowledged = 0
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(at,), daemon=True) for at in range(WORKERS)]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the requests under way."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(30)

    def await_progress(self, more: int, seconds: float) -> float:
        """How long it took until so many more writes were acknowledged; fails after so many seconds."""
        goal, started = self.acknowledged + more, time.monotonic()
        while self.acknowledged < goal:
            assert time.monotonic() - started < seconds, f"no work done for {seconds} s\n{self.served.log()}"
            time.sleep(0.02)
        return time.monotonic() - started

    def _work(self, worker: int) -> None:
        client, turn, mine = self.served.client(), 0, ""
        while not self.stopping.is_set():
            turn += 1
            try:
                if not mine or turn % 5 == 1:
                    mine = self._create(client, worker, turn)
                else:
                    self._change(client, mine, f"{worker}-{turn}")
                time.sleep(PAUSE_SECONDS)
            except httpx.HTTPError:
                # Nobody answered: whether the write was done is open, and nothing was promised.
                client.close()
                client, mine = self.served.client(), ""
                time.sleep(0.1)

    def _create(self, client: httpx.Client, worker: int, turn: int) -> str:
        if turn % 25 == 1:
            self._promise_job(client, f"rule {worker}-{turn}")
        answer = client.post("/leads", json={"last_name": f"Load {worker}-{turn}", "company_name": f"Co {turn}"})
        if answer.status_code != 201:
            return self._failed(answer)
        made: dict[str, Any] = answer.json()
        self.promises[made["id"]] = Promise(1, "", [])
        self.acknowledged += 1
        return str(made["id"])

    def _promise_job(self, client: httpx.Client, name: str) -> None:
        """A new rule: the product promises to look at all that is known in the light of it, as a job."""
        conditions = [{"source_field": "company_name", "target_field": "company_name", "normaliser": "text"}]
        body = {"name": name, "source": "lead", "target": "lead", "conditions": conditions, "active": True}
        answer = client.post("/duplicate-rules", json={**body, "action": "hint", "scopes": ["create"]})
        if answer.status_code == 201:
            self.rules.append(answer.json()["id"])
        else:
            self._failed(answer)

    def _change(self, client: httpx.Client, record: str, title: str) -> None:
        promise = self.promises[record]
        promise.tried.append(title)
        answer = client.patch(f"/leads/{record}", json={"job_title": title}, headers={"If-Match": "*"})
        if answer.status_code != 200:
            self._failed(answer)
            return
        promise.version, promise.title = answer.json()["version"], title
        promise.tried.clear()
        self.acknowledged += 1

    def _failed(self, answer: httpx.Response) -> str:
        if answer.status_code < 500:
            self.unexpected.append(f"{answer.status_code} {answer.text[:300]}")
        time.sleep(0.1)
        return ""
