"""Declarations that were kept when the product was set up say what their files say."""

import os
from pathlib import Path

import msgspec
import pytest

from entente.kernel.kit.declarations import keep_read, read_yaml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "made.yaml"
    made.write_text("key: {en: One, fr: Un}\n")
    return made


def test_kept_reading_stands_for_an_unchanged_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_read(file.parent)
    monkeypatch.setattr(msgspec.yaml, "decode", lambda *_, **__: pytest.fail("the file was parsed again"))
    assert read_yaml(file) == {"key": {"en": "One", "fr": "Un"}}


def test_changed_file_is_read_although_an_older_reading_is_kept(file: Path) -> None:
    keep_read(file.parent)
    before = file.stat().st_mtime_ns
    file.write_text("key: {en: Two, fr: Un}\n")
    os.utime(file, ns=(before + 1, before + 1))
    assert read_yaml(file) == {"key": {"en": "Two", "fr": "Un"}}


def test_dates_stay_dates(file: Path) -> None:
    file.write_text("day: 2026-11-22\n")
    before = read_yaml(file)
    keep_read(file.parent)
    assert read_yaml(file) == before != {"day": "2026-11-22"}


def test_broken_reading_is_ignored(file: Path) -> None:
    keep_read(file.parent)
    (kept,) = file.parent.glob("__pycache__/*")
    kept.write_bytes(b"\xc1")
    assert read_yaml(file) == {"key": {"en": "One", "fr": "Un"}}
