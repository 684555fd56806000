"""Processes under way while the installation is struck: started, answered and woken by short timers."""

from typing import Any

import httpx

from tests.crash.crowd import Crowd
from tests.crash.installation import Served

WORKERS = 2
SPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
TIMER = "<timerEventDefinition><timeDuration>PT{}S</timeDuration></timerEventDefinition>"
# Between two starts of a client: its timers keep instances under way, and the killed have processor time to come back.
PAUSE_SECONDS = 0.1
# Three ways at once: a timer, a call of another program and work on the record; a message; a task that a timer ends.
# A message leaves at the end.
MODEL = f"""<definitions xmlns="{SPACE}" xmlns:entente="urn:entente:bpmn:1.0" targetNamespace="urn:crash">
<message id="m1" name="answer"/><message id="m2" name="finished" entente:ttl="P1D"/>
<process id="crash" isExecutable="true">
<startEvent id="s"/><parallelGateway id="f"/><exclusiveGateway id="x"/>
<parallelGateway id="j"/>
<intermediateCatchEvent id="t">{TIMER.format(1)}</intermediateCatchEvent>
<serviceTask id="tell" entente:url="URL" entente:retries="PT1S,PT1S,PT1S,PT1S,PT1S" entente:result="told"/>
<serviceTask id="one" entente:action="disqualify" entente:input="{{disqualify_reason: &quot;spam&quot;}}"/>
<intermediateCatchEvent id="m"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>
<userTask id="a" name="Look" entente:destinations="user:mate" entente:subject="=&quot;Look &quot; + number"/>
<boundaryEvent id="late" attachedToRef="a">{TIMER.format(2)}</boundaryEvent>
<intermediateThrowEvent id="out" entente:correlation="number">
<messageEventDefinition messageRef="m2"/></intermediateThrowEvent><endEvent id="e"/>
FLOWS</process></definitions>"""
ONCE = ("s", "f", "t", "tell", "one", "m", "late", "x", "j", "out", "e")
HOPS = ("s f", "f t", "f m", "f a", "t tell", "tell one", "one j", "m j", "a x", "late x", "x j", "j out", "out e")


def model(called: str) -> bytes:
    """The process as a file, with the address that it calls."""
    flows = "".join(
        f'<sequenceFlow id="{hop.replace(" ", "-")}" sourceRef="{hop.split()[0]}" targetRef="{hop.split()[1]}"/>'
        for hop in HOPS
    )
    return MODEL.replace("FLOWS", flows).replace("URL", called).encode()


class ProcessLoad(Crowd):
    """Clients who start processes on fresh records, answer them, and write down what was acknowledged."""

    pause_seconds = PAUSE_SECONDS

    def __init__(self, served: Served, called: str) -> None:
        super().__init__(served, WORKERS)
        self.called = called
        self.started: dict[str, str] = {}
        self.unanswered: list[str] = []

    def start(self) -> None:
        """Deploy the process and begin to work."""
        with self.served.client(20) as client:
            made = client.post(
                "/processes/import", content=model(self.called), headers={"Content-Type": "application/xml"}
            )
            assert made.status_code == 201, made.text
            done = client.post(f"/processes/{made.json()['id']}/deploy", json={})
            assert done.status_code == 200, done.text
        super().start()

    def answer_all(self) -> None:
        """Send every message that was not acknowledged; nobody waits for those that have arrived all the same."""
        with self.served.client(20) as client:
            for number in self.unanswered:
                answer = client.post("/messages", json={"name": "answer", "business_key": number})
                assert answer.status_code in (200, 404), answer.text

    def take_turn(self, client: httpx.Client, worker: int, turn: int) -> None:
        """Start a process on a fresh record and answer what it waits for."""
        number = f"{worker}-{turn}"
        lead = client.post("/leads", json={"last_name": f"Crash {number}", "company_name": f"Co {number}"})
        if lead.status_code != 201:
            self.refuse(lead)
            return
        self.unanswered.append(number)
        body: dict[str, Any] = {"record": {"entity": "lead", "id": lead.json()["id"]}, "business_key": number}
        answer = client.post("/processes/crash/start", json={**body, "variables": {"number": number}})
        if answer.status_code != 201:
            self.refuse(answer)
            return
        self.started[answer.json()["id"]] = number
        self.acknowledged += 1
        heard = client.post("/messages", json={"name": "answer", "business_key": number})
        if heard.status_code == 200:
            self.unanswered.remove(number)
        else:
            self.refuse(heard)
