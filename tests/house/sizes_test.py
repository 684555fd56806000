"""How long things may be: what fits on a screen can be read."""

import ast
from pathlib import Path

from tests.house.sources import (
    FRONTEND,
    code_lines,
    functions,
    lines_of,
    nodes,
    none_of,
    place,
    python_files,
    scripts,
    templates,
    tree_of,
)
from tests.house.sources import yaml_files as all_yaml_files

FILE_LINES = 400
TEMPLATE_LINES = 120
CONTROLLER_LINES = 150
YAML_LINES = 200
FUNCTION_LINES = 40
CLASS_LINES = 200
CLASS_METHODS = 15
RECORDS_LINES = 3000


def length(file: Path) -> int:
    return len(lines_of(file))


def longer(files: tuple[Path, ...], limit: int) -> list[str]:
    return [f"{place(file)} has {length(file)} lines" for file in files if length(file) > limit]


def test_python_files_are_short() -> None:
    none_of(longer(python_files(), FILE_LINES))


def test_templates_are_short() -> None:
    none_of(longer(templates(), TEMPLATE_LINES))


def test_controllers_are_short() -> None:
    controllers = tuple(file for file in scripts() if FRONTEND / "controllers" in file.parents)
    none_of(longer(controllers, CONTROLLER_LINES))


def test_declarations_are_short() -> None:
    declarations = tuple(file for file in all_yaml_files() if "modules" in file.parts and file.stem != "messages")
    none_of(longer(declarations, YAML_LINES))


def test_functions_are_short() -> None:
    long = [
        f"{place(file, node.lineno)} {node.name} has {code_lines(file, node)} lines of code"
        for file in python_files()
        for node in functions(tree_of(file))
        if code_lines(file, node) > FUNCTION_LINES
    ]
    none_of(long)


def test_classes_are_small() -> None:
    large = []
    for file in python_files():
        for node in nodes(tree_of(file)):
            if isinstance(node, ast.ClassDef) and node.end_lineno:
                methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
                lines = node.end_lineno - node.lineno + 1
                if lines > CLASS_LINES or methods > CLASS_METHODS:
                    large.append(f"{place(file, node.lineno)} {node.name}: {lines} lines, {methods} methods")
    none_of(large)


def test_record_engine_stays_small() -> None:
    assert sum(length(file) for file in python_files("src/entente/kernel/records")) <= RECORDS_LINES


def test_transaction_is_no_god_object() -> None:
    file = next(file for file in python_files("src") if file.match("kernel/db/tx.py"))
    tx = next(node for node in nodes(tree_of(file)) if isinstance(node, ast.ClassDef) and node.name == "Tx")
    own = {
        node.attr
        for node in ast.walk(tx)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    assert len(own) <= 8, sorted(own)
