"""What a template may not contain: the content security policy would stop it, or a person could inject through it."""

import re

import pytest
from tests.house.sources import none_of, place, templates

FORBIDDEN = {
    "inline style": r"(?<![\w-])style\s*=",
    "style element": r"<style\b",
    "event attribute": r"(?<![\w-])on[a-z]+\s*=\s*[\"']",
    "htmx event attribute": r"\bhx-on",
    "unescaped value": r"\|\s*safe\b",
    "escaping switched off": r"{%-?\s*autoescape\s+false",
    "inline script": r"<script(?![^>]*\b(src=|type=\"(application/json|speculationrules)\"))",
    "script address": r"javascript:",
    "text of the net": r"(src|href|action)\s*=\s*[\"'](https?:)?//",
}


def test_templates_are_read() -> None:
    assert templates()


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_templates_are_clean(fault: str) -> None:
    pattern = re.compile(FORBIDDEN[fault], re.IGNORECASE)
    faulty = [
        place(file, number)
        for file in templates()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    none_of(faulty)
