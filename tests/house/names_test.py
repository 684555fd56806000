"""What nothing may be called, and which words the lower wings do not know."""

import ast
import re

from tests.house.sources import PACKAGE, committed, entity_nouns, nodes, none_of, place, python_files, tree_of

DRAWERS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "handler", "handlers", "v2"}
DRAWERS |= {"service", "tools", "stuff", "various"}
DRAWER_CLASS = re.compile(r"(Utils?|Helpers?|Common|Misc|Managers?|Handlers?|Services?|V2)$")
# What every installation has whatever its business, and the entities whose names are also words of programming.
PLATFORM = {
    "absence", "absence_exception", "assignment_rule", "automation", "business_unit", "calendar", "call", "currency",
    "currency_rate", "document", "document_version", "duplicate_rule", "follow", "form", "form_submission",
    "form_version", "import_job", "note", "notification", "role", "saved_view", "tag", "task", "team", "user",
    "web_form",
}  # fmt: skip
OURS = ("src", "tests", "bench", "script", "frontend")


def test_no_file_is_a_junk_drawer() -> None:
    service = PACKAGE / "modules/service"
    drawers = [
        place(file)
        for file in committed()
        if file.relative_to(PACKAGE.parents[1]).parts[0] in OURS
        and DRAWERS & {file.stem.removesuffix("_test"), *file.relative_to(PACKAGE.parents[1]).parts[:-1]}
        and service not in file.parents
        and "modules/service" not in str(file)
    ]
    none_of(drawers)


def test_no_class_is_a_junk_drawer() -> None:
    drawers = [
        f"{place(file, node.lineno)} {node.name}"
        for file in python_files("src")
        for node in nodes(tree_of(file))
        if isinstance(node, ast.ClassDef) and DRAWER_CLASS.search(node.name)
    ]
    none_of(drawers)


def test_kernel_and_services_name_no_business() -> None:
    nouns = {word for noun in entity_nouns() if noun not in PLATFORM for word in (noun, f"{noun}s")}
    assert "lead" in nouns
    named = [
        f"{place(file, node.lineno)} {node.value!r}"
        for file in python_files("src/entente/kernel", "src/entente/services")
        for node in nodes(tree_of(file))
        if isinstance(node, ast.Constant) and node.value in nouns
    ]
    none_of(named)


def test_platform_words_are_declared() -> None:
    none_of(sorted(PLATFORM - set(entity_nouns())))
