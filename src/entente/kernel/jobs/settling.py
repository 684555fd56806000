"""What became of a job is written down, even when the connection breaks at that moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

PAUSES = (0.1, 0.5, 2.0)

log = logging.getLogger(__name__)


class Jobs(JobManager):
    """The queue of a worker, in which no job stays `doing` for ever while the worker lives.

    Procrastinate tries once to write down how a job ended; the reaper takes up the jobs of dead workers only. So this
    one tries again, and sets `lost` when it cannot: the worker then has to begin anew, under another number.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self.lost = asyncio.Event()

    async def finish_job_by_id_async(self, job_id: int, status: Status, delete_job: bool) -> None:
        """Take a job out of those under way."""
        finish = super().finish_job_by_id_async
        await self._settle(job_id, lambda: finish(job_id, status, delete_job))

    async def retry_job_by_id_async(self, job_id: int, *arguments: Any, **settings: Any) -> None:
        """Put a job back into the queue, or take it out when an equal one (same queueing lock) waits there already."""
        retry = super().retry_job_by_id_async
        try:
            await self._settle(job_id, lambda: retry(job_id, *arguments, **settings))
        except UniqueViolation:
            await self.finish_job_by_id_async(job_id, Status.SUCCEEDED, delete_job=True)

    async def _settle(self, job_id: int, write: Callable[[], Awaitable[None]]) -> None:
        for pause in (*PAUSES, None):
            try:
                await write()
            except UniqueViolation:
                raise
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    return  # It is under way no more: a try that nobody answered was heard, or the reaper took it up.
                log.warning("how job %s ended is not written down yet: %r", job_id, error.__cause__)
                if pause is not None:
                    await asyncio.sleep(pause)
            else:
                return
        self.lost.set()
