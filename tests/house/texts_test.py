"""Every text that a person sees: in both languages, found under its key, set as French is set."""

import ast
import re

import pytest
from tests.house.sources import (
    PACKAGE,
    bilingual_texts,
    called,
    calls,
    none_of,
    place,
    python_files,
    templates,
    tree_of,
)

from entente.kernel.kit.words import Words, load_words

REFUSALS = {"Refused", "Forbidden", "Conflict", "NotFound", "Throttled"}
IN_TEMPLATE = re.compile(r"\bt\(\s*(['\"])([^'\"]+)\1\s*[,)]")
ADDRESS = re.compile(r"\w+://\S+|\{[^}]*\}|\d\d?:\d\d")
NBSP, NARROW = "\u00a0", "\u202f"
FAULTS = {
    "straight apostrophe": re.compile(r"\w'\w"),
    "no NBSP before the colon": re.compile(rf"(?<!{NBSP}):(?=\s|$)"),
    "no narrow NBSP before ; ! ?": re.compile(rf"(?<=[^\s{NARROW}!?(«“])[;!?](?=\s|$|»)|[ {NBSP}][;!?]"),
    "no space inside guillemets": re.compile(rf"«(?![{NBSP}{NARROW}])|(?<![{NBSP}{NARROW}])»"),
    "three dots": re.compile(r"\.\.\."),
}


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words([PACKAGE])


def literal(node: ast.Call, position: int) -> str | None:
    found = node.args[position] if len(node.args) > position else None
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None


def keys_in_code() -> list[tuple[str, str]]:
    found = []
    for file in python_files("src"):
        for node in calls(tree_of(file)):
            name = called(node)
            on_words = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("words")
            key = literal(node, 1 if name == "say" and on_words else 0)
            if key and (name in REFUSALS or name == "say"):
                found.append((place(file, node.lineno), key))
    return found


def keys_in_templates() -> list[tuple[str, str]]:
    return [
        (place(file, number), match[2])
        for file in templates()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for match in IN_TEMPLATE.finditer(line)
    ]


def test_every_text_has_both_languages() -> None:
    none_of([text.where for text in bilingual_texts() if not (text.english.strip() and text.french.strip())])


def test_keys_in_code_have_a_text(words: Words) -> None:
    found = keys_in_code()
    assert found
    none_of([f"{where} {key}" for where, key in found if not words.has(key)])


def test_keys_in_templates_have_a_text(words: Words) -> None:
    found = keys_in_templates()
    assert found
    none_of([f"{where} {key}" for where, key in found if not words.has(key)])


@pytest.mark.parametrize("fault", FAULTS)
def test_french_is_set_as_french(fault: str) -> None:
    faulty = [
        f"{text.where}: {text.french}"
        for text in bilingual_texts()
        if FAULTS[fault].search(ADDRESS.sub("x", text.french))
    ]
    none_of(faulty)


def test_both_languages_fill_the_same_values() -> None:
    name = re.compile(r"\{(\w+)\}")
    differing = [
        text.where
        for text in bilingual_texts()
        if set(name.findall(text.english)) - {"count"} != set(name.findall(text.french)) - {"count"}
    ]
    none_of(differing)
