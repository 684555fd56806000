"""What the processes of an installation load: each only its own part of the product."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("process", "foreign"),
    [
        ("entente.serving", "entente.kernel.records"),
        ("entente.web_server", "entente.kernel.records"),
        ("entente.app", "procrastinate"),
        ("entente.app", "entente.modules.sales.demo"),
        ("entente.app", "PIL"),
        ("entente.job_worker", "PIL"),
        ("entente.job_worker", "litestar"),
        ("entente.job_worker", "entente.interfaces"),
        ("entente.job_worker", "entente.modules.sales.demo"),
    ],
)
def test_process_loads_only_its_part(process: str, foreign: str) -> None:
    program = f"import sys, {process}; sys.exit({foreign!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
