"""A time limit for code in a thread: the statement that it waits for is cancelled, then the code itself."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class TimeLimitExceeded(Exception):  # noqa: N818 - named after what happened
    """The work took longer than it may."""


class _Watch:
    def __init__(self, thread: int, connection: psycopg.Connection[Any] | None) -> None:
        self._thread = ctypes.c_ulong(thread)
        self._connection = connection
        self._lock = threading.Lock()
        self._over = False
        self.fired = False

    def fire(self) -> None:
        with self._lock:
            if self._over:
                return
            self.fired = True
            if self._connection is not None:
                self._connection.cancel_safe(timeout=5)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(TimeLimitExceeded))

    def end(self) -> None:
        with self._lock:
            self._over = True
            if self.fired:
                # Not delivered yet: it must not hit whatever the thread does next.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, None)


@contextmanager
def time_limit(seconds: float, connection: psycopg.Connection[Any] | None = None) -> Iterator[None]:
    """A block that raises TimeLimitExceeded when it takes longer than the seconds."""
    watch = _Watch(threading.get_ident(), connection)
    timer = threading.Timer(seconds, watch.fire)
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        if watch.fired:
            raise TimeLimitExceeded(f"{seconds} s") from error
        raise
    finally:
        timer.cancel()
        watch.end()
