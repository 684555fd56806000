"""Work after the transaction: the queue, the worker, schedules, and followers of the journal."""
