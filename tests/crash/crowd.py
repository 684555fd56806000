"""Clients at work on the API who write down what was acknowledged, and who go on after every failure."""

import threading
import time

import httpx

from tests.crash.installation import Served


class Crowd:
    """Several clients; what each does in a turn, and how long it pauses after it, is said by the kind of crowd."""

    pause_seconds: float

    def __init__(self, served: Served, clients: int) -> None:
        self.served = served
        self.unexpected: list[str] = []
        self.acknowledged = 0
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(at,), daemon=True) for at in range(clients)]

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
        """How long it took until so many more turns were acknowledged; fails after so many seconds."""
        goal, started = self.acknowledged + more, time.monotonic()
        while self.acknowledged < goal:
            assert time.monotonic() - started < seconds, f"no work done for {seconds} s\n{self.served.log()}"
            time.sleep(0.02)
        return time.monotonic() - started

    def take_turn(self, client: httpx.Client, worker: int, turn: int) -> None:
        """Do what this kind of crowd does."""
        raise NotImplementedError

    def start_again(self, worker: int) -> None:
        """Forget what a client had in hand when nobody answered him."""

    def refuse(self, answer: httpx.Response) -> None:
        """Write down an answer that should not have come; a failure of the server may come while it is struck."""
        if answer.status_code < 500:
            self.unexpected.append(f"{answer.status_code} {answer.text[:300]}")
        time.sleep(0.1)

    def _work(self, worker: int) -> None:
        client, turn = self.served.client(), 0
        while not self.stopping.is_set():
            turn += 1
            try:
                self.take_turn(client, worker, turn)
                time.sleep(self.pause_seconds)
            except httpx.HTTPError:
                # Nobody answered: whether it was done is open, and nothing was promised.
                client.close()
                client = self.served.client()
                self.start_again(worker)
                time.sleep(0.1)
