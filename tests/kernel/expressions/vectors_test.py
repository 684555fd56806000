"""The vectors that Python and the browser's engine share."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.unparse import unparse
from entente.kernel.expressions.values import Moment, equal, normal

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests/vectors/expressions.json").read_text())
MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["expression"])
def test_vector_gives_its_value(vector: dict[str, Any]) -> None:
    node = parse(vector["expression"])
    assert parse(unparse(node)) == node
    found = compile_python(node)(Context(vector["context"], MOMENT))
    assert equal(found, normal(vector["expected"])) is True


def test_the_browser_engine_gives_the_same_values_for_unparsed_text(tmp_path: Path) -> None:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert node, "there is no Node: run script/setup"
    assert (ROOT / "frontend/node_modules/feelin").is_dir(), "the front-end packages are missing: run script/setup"
    spelled = [{**vector, "expression": unparse(parse(vector["expression"]))} for vector in VECTORS]
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(spelled))
    script = str(ROOT / "tests/vectors/feelin.mjs")
    run = subprocess.run([node, script, str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_numbers_are_decimal_in_python() -> None:
    assert compile_python(parse("0.1 + 0.2"))(Context({}, MOMENT)) == Decimal("0.3")
