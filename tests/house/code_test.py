"""Habits that no linter of ours checks."""

import ast
import re

from tests.house.sources import (
    FRONTEND,
    PACKAGE,
    ROOT,
    committed,
    functions,
    lines_of,
    nodes,
    none_of,
    place,
    python_files,
    tree_of,
)

# Spelt in halves, so that this file does not accuse itself.
PROMISES = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b")
BANNER = re.compile(r"^\s*(#|//|/\*)\s*([-=*#~]{4,}|.*[-=*#~]{4,}\s*$)")
READ = {".py", ".js", ".mjs", ".css", ".html", ".yaml", ".sql", ".toml", ".md", ""}
MONEY = ("kernel/kit/money.py", "kernel/metadata/types/money.py", "kernel/metadata/types/decimal.py")
FLOATS = {"float", "Float", "Double", "REAL", "DOUBLE_PRECISION"}


def ours() -> list[tuple[str, str]]:
    folders = (ROOT / "src", ROOT / "tests", ROOT / "bench", ROOT / "script", FRONTEND)
    files = [file for file in committed() if file.suffix in READ and set(folders) & set(file.parents)]
    return [(place(file, number), line) for file in files if file.name != "package-lock.json"
            for number, line in enumerate(lines_of(file), 1)]  # fmt: skip


def test_nothing_is_promised_in_comments() -> None:
    none_of([where for where, line in ours() if PROMISES.search(line)])


def test_no_comment_is_a_banner() -> None:
    none_of([where for where, line in ours() if BANNER.match(line)])


def test_no_import_inside_a_function() -> None:
    hidden = [
        place(file, inner.lineno)
        for file in python_files()
        for node in functions(tree_of(file))
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    none_of(hidden)


def test_no_import_is_only_for_types() -> None:
    allowed = PACKAGE / "app.py"
    hidden = [
        place(file, node.lineno)
        for file in python_files("src")
        for node in nodes(tree_of(file))
        if file != allowed and isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
    ]
    none_of(hidden)


def test_money_is_never_a_float() -> None:
    exact = [file for file in python_files("src") if any(file.match(name) for name in MONEY)]
    exact += python_files("src/entente/modules")
    assert any(file.name == "money.py" for file in exact)
    floats = [
        place(file, node.lineno)
        for file in exact
        for node in nodes(tree_of(file))
        if (isinstance(node, ast.Name) and node.id in FLOATS)
        or (isinstance(node, ast.Attribute) and node.attr in FLOATS)
    ]
    none_of(floats)


def test_interfaces_write_no_sql() -> None:
    direct = [
        place(file, node.lineno)
        for file in python_files("src/entente/interfaces", "src/entente/modules")
        for node in nodes(tree_of(file))
        if (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "sqlalchemy" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy")
    ]
    none_of(direct)
