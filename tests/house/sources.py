"""The files of the house and their syntax trees, read once."""

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/entente"
FRONTEND = ROOT / "frontend"
Function = ast.FunctionDef | ast.AsyncFunctionDef


class FrenchText(NamedTuple):
    """A text with where it stands."""

    where: str
    english: str
    french: str


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Every Python file below the folders of the repository; all of ours when none is named."""
    wanted = folders or ("src", "tests", "bench", "script")
    return tuple(sorted(file for folder in wanted for file in (ROOT / folder).rglob("*.py")))


@cache
def tree_of(file: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse("\n".join(lines_of(file)), str(file))


@cache
def lines_of(file: Path) -> tuple[str, ...]:
    """The lines of a file."""
    return tuple(file.read_text(encoding="utf-8").splitlines())


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Everything in a syntax tree, itself included."""
    return tuple(ast.walk(tree))


@cache
def templates() -> tuple[Path, ...]:
    """Every HTML template of ours."""
    return tuple(sorted(file for file in PACKAGE.rglob("*.html") if "static" not in file.parts))


@cache
def scripts() -> tuple[Path, ...]:
    """Every JavaScript source of ours."""
    files: list[Path] = []
    for folder, below, names in os.walk(FRONTEND):
        below[:] = [name for name in below if name != "node_modules"]
        files += [Path(folder) / name for name in names if name.endswith((".js", ".mjs"))]
    return tuple(sorted(files))


@cache
def committed() -> tuple[Path, ...]:
    """Every file that git knows; without git, every file that it would not ignore."""
    if shutil.which("git") is None:
        return tuple(_unignored())
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def _unignored() -> Iterator[Path]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = [line.rstrip("/") for line in lines]
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name != ".git" and not _ignored(Path(folder) / name, patterns)]
        yield from (Path(folder) / name for name in names if not _ignored(Path(folder) / name, patterns))


def _ignored(path: Path, patterns: Sequence[str]) -> bool:
    return any(path.match(pattern) for pattern in patterns)


def none_of(faults: Sequence[str]) -> None:
    """Nothing, when there is no fault; else a failed test that lists them all."""
    if faults:
        pytest.fail("\n" + "\n".join(faults), pytrace=False)


def place(file: Path, line: int | None = None) -> str:
    """The file as a reader finds it: its path in the repository and the line."""
    return f"{file.relative_to(ROOT)}:{line}" if line else str(file.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method of a file, nested ones included."""
    return (node for node in nodes(tree) if isinstance(node, Function))


def code_lines(file: Path, node: Function) -> int:
    """The lines of a function that are neither blank, nor comment, nor docstring."""
    lines = lines_of(file)[node.lineno - 1 : node.end_lineno]
    written = sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return written
    return written - (first.end_lineno - first.lineno + 1)


def called(node: ast.Call) -> str:
    """The last word of the called expression: `say` for `tx.say(…)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call of a file."""
    return (node for node in nodes(tree) if isinstance(node, ast.Call))


@cache
def yaml_files() -> tuple[Path, ...]:
    """Every YAML file of the package."""
    return tuple(sorted(PACKAGE.rglob("*.yaml")))


def bilingual_texts() -> Iterator[FrenchText]:
    """Every text of metadata, messages and code, in both languages; a missing one is empty."""
    for file in yaml_files():
        yield from _texts_of(place(file), yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader))
    for file in python_files("src"):
        if re.search(r"kit\.words import .*\bText\b", file.read_text(encoding="utf-8")):
            yield from (_text_in_code(file, node) for node in calls(tree_of(file)) if _is_written_text(node))


def entity_nouns() -> dict[str, Path]:
    """The entities that the modules declare, by name, each with its file."""
    files = (PACKAGE / "modules").rglob("*.yaml")
    return {file.stem: file for file in files if file.read_text(encoding="utf-8").startswith("entity:")}


def _texts_of(where: str, value: Any) -> Iterator[FrenchText]:
    if isinstance(value, list):
        for item in value:
            yield from _texts_of(where, item)
    if not isinstance(value, dict):
        return
    if value and set(value) <= {"en", "fr"}:
        yield from _pairs(where, value.get("en", ""), value.get("fr", ""))
        return
    for key, item in value.items():
        yield from _texts_of(f"{where} {key}", item)


def _pairs(where: str, english: Any, french: Any) -> Iterator[FrenchText]:
    if isinstance(french, dict) and isinstance(english, dict):
        for form, text in french.items():
            yield FrenchText(f"{where} {form}", str(english.get(form) or english.get("other", "")), str(text))
    else:
        yield FrenchText(where, str(english), str(french))


def _is_written_text(node: ast.Call) -> bool:
    """Whether a call makes a text from words in the code, not from those of a `messages.yaml`."""
    return called(node) == "Text" and all(word.arg is not None for word in node.keywords)


def _text_in_code(file: Path, node: ast.Call) -> FrenchText:
    named = {word.arg: word.value for word in node.keywords}
    values = [*node.args, *(named[name] for name in ("en", "fr") if name in named)]
    texts = [value.value if isinstance(value, ast.Constant) else "…" for value in values]
    english, french = (*texts, "", "")[:2]
    return FrenchText(place(file, node.lineno), str(english), str(french))
