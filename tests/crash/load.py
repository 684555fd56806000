"""People who create and change records while the installation is struck."""

from typing import Any

import httpx
import msgspec

from tests.crash.crowd import Crowd
from tests.crash.installation import Served

WORKERS = 3
# Between two writes of a client: what is killed is under way, and both the killed and the load have processor time.
PAUSE_SECONDS = 0.02


class Promise(msgspec.Struct):
    """A record that was acknowledged: its version and title of the moment, and what unanswered tries may have done."""

    version: int
    title: str
    tried: list[str]


class Load(Crowd):
    """Clients who create records and change them again and again."""

    pause_seconds = PAUSE_SECONDS

    def __init__(self, served: Served) -> None:
        super().__init__(served, WORKERS)
        self.promises: dict[str, Promise] = {}
        self.rules: list[str] = []
        self._in_hand: dict[int, str] = {}

    def take_turn(self, client: httpx.Client, worker: int, turn: int) -> None:
        """Create a record now and then, and change it in the turns between."""
        mine = self._in_hand.get(worker)
        if mine is None or turn % 5 == 1:
            self._create(client, worker, turn)
        else:
            self._change(client, mine, f"{worker}-{turn}")

    def start_again(self, worker: int) -> None:
        """Leave the record: whether its last change was done is open."""
        self._in_hand.pop(worker, None)

    def _create(self, client: httpx.Client, worker: int, turn: int) -> None:
        self._in_hand.pop(worker, None)
        if turn % 25 == 1:
            self._promise_job(client, f"rule {worker}-{turn}")
        answer = client.post("/leads", json={"last_name": f"Load {worker}-{turn}", "company_name": f"Co {turn}"})
        if answer.status_code != 201:
            self.refuse(answer)
            return
        made: dict[str, Any] = answer.json()
        self.promises[made["id"]] = Promise(1, "", [])
        self._in_hand[worker] = str(made["id"])
        self.acknowledged += 1

    def _promise_job(self, client: httpx.Client, name: str) -> None:
        """A new rule: the product promises to look at all that is known in the light of it, as a job."""
        conditions = [{"source_field": "company_name", "target_field": "company_name", "normaliser": "text"}]
        body = {"name": name, "source": "lead", "target": "lead", "conditions": conditions, "active": True}
        answer = client.post("/duplicate-rules", json={**body, "action": "hint", "scopes": ["create"]})
        if answer.status_code == 201:
            self.rules.append(answer.json()["id"])
        else:
            self.refuse(answer)

    def _change(self, client: httpx.Client, record: str, title: str) -> None:
        promise = self.promises[record]
        promise.tried.append(title)
        answer = client.patch(f"/leads/{record}", json={"job_title": title}, headers={"If-Match": "*"})
        if answer.status_code != 200:
            self.refuse(answer)
            return
        promise.version, promise.title = answer.json()["version"], title
        promise.tried.clear()
        self.acknowledged += 1
