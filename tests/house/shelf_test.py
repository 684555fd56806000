"""What is committed: locks without addresses, nothing of third parties, and pages that lead somewhere."""

import re
from pathlib import Path

import pytest
from tests.house.sources import ROOT, committed, none_of, place

LOCKS = (
    "package-lock.json",
    "requirements/*.txt",
    "requirements/*.in",
    "pyproject.toml",
    ".npmrc",
    "pip.conf",
    "uv.lock",
)
THIRD_PARTY = {".woff", ".woff2", ".ttf", ".otf", ".eot", ".whl", ".gz", ".br", ".zip", ".jar"}
REGISTRY = re.compile(r"--(extra-)?index-url|--find-links|\bregistry\s*=|\"resolved\":|(?<!\"url\": \"https)://")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s#]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    return [file for file in committed() if file.suffix == ".md"]


def test_locks_hold_no_address() -> None:
    locks = [file for file in committed() if any(file.match(pattern) for pattern in LOCKS)]
    assert len(locks) >= 3
    addressed = [
        place(file, number)
        for file in locks
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if REGISTRY.search(line)
    ]
    none_of(addressed)


def test_locked_packages_have_hashes() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text(encoding="utf-8")
        bare = re.findall(r"^(\S+==\S+)(?:[^\n\\]*)\n(?!\s+--hash)", text, re.MULTILINE)
        none_of([f"{place(file)} {name}" for name in bare])


def test_nothing_of_third_parties_is_committed() -> None:
    foreign = [place(file) for file in committed() if file.suffix in THIRD_PARTY or ".min." in file.name]
    none_of(foreign)


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{place(page)} -> {target}"
        for page in pages()
        for target in (one or other for one, other in LINK.findall(page.read_text(encoding="utf-8")))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    none_of(broken)


@pytest.mark.parametrize(("language", "other"), [("en", "fr"), ("fr", "en")])
def test_guide_is_in_both_languages(language: str, other: str) -> None:
    pages_of = {page.relative_to(ROOT / "docs" / language) for page in (ROOT / "docs" / language).rglob("*.md")}
    alone = [str(page) for page in pages_of if not (ROOT / "docs" / other / page).exists()]
    none_of(alone)


def test_decisions_name_the_options_refused() -> None:
    records = [page for page in pages() if page.parent == ROOT / "docs/decisions"]
    silent = [place(page) for page in records if not re.search(r"^#+ .*refused", page.read_text(), re.I | re.M)]
    none_of(silent)
