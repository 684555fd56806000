"""Limits that a process sets itself before it reads what a stranger wrote."""

import contextlib

try:
    import resource
except ImportError:  # Windows has no such limits; the parent's time limit stays
    resource = None  # type: ignore[assignment]


def confine(memory_bytes: int, cpu_seconds: int, file_bytes: int | None = None) -> None:
    """Bound this process's memory, processor time and, when given, the files that it writes; it leaves no core file."""
    if resource is None:
        return
    limits = [(resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_CORE, 0)]
    if file_bytes is not None:
        limits.append((resource.RLIMIT_FSIZE, file_bytes))
    for kind, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))
