"""Sealed and signed values."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entente.kernel.identity.secrets import KEY_FILE, open_vault, rotate_key
from entente.kernel.kit.refusal import Forbidden, Refused

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_key_file_is_private(tmp_path: Path) -> None:
    open_vault(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_sealed_text_survives_a_new_key(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path).seal("smtp password")
    assert "smtp" not in sealed
    rotate_key(tmp_path)
    vault = open_vault(tmp_path)
    assert vault.unseal(sealed) == "smtp password"
    assert vault.unseal(vault.reseal(sealed)) == "smtp password"


def test_other_installation_cannot_read(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path / "one").seal("x")
    with pytest.raises(Refused):
        open_vault(tmp_path / "two").unseal(sealed)


def test_signature_holds_for_its_purpose_and_time_only(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    signed = vault.sign("unsubscribe", "value", LATER)
    assert vault.verify("unsubscribe", signed, NOW) == "value"
    for purpose, text, at in (
        ("reply", signed, NOW),
        ("unsubscribe", signed, LATER),
        ("unsubscribe", signed[:-2] + "AA", NOW),
        ("unsubscribe", "", NOW),
        ("unsubscribe", "é", NOW),
    ):
        with pytest.raises(Forbidden):
            vault.verify(purpose, text, at)


def test_csrf_belongs_to_one_session(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    assert vault.is_csrf("session", vault.csrf("session"))
    assert not vault.is_csrf("other", vault.csrf("session"))
    assert not vault.is_csrf("session", "")


def test_vault_shows_nothing(tmp_path: Path) -> None:
    assert repr(open_vault(tmp_path)) == "Vault(***)"
