"""Addresses to which a reply about one record goes: nobody can make one for another record."""

import base64
import binascii
from collections.abc import Iterable
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.identity.secrets import open_vault

BYTES = 16


def reply_address(tx: Tx, record: UUID) -> str | None:
    """The address `task+<id>.<hmac>@domain` for a record, or nothing where no mailbox takes replies.

    Both parts are written in lower-case base 32: some servers fold addresses.
    """
    settings = tx.settings
    if settings.reply_address is None or settings.imap_url is None:
        return None
    local, _, domain = settings.reply_address.rpartition("@")
    mac = open_vault(settings.data).stamp(_purpose(tx), str(record))
    return f"{local}+{_text(record.bytes)}.{_text(mac)}@{domain}"


def record_of(tx: Tx, recipients: Iterable[str]) -> UUID | None:
    """The record for which one of the addresses was made here, or nothing."""
    local, _, domain = (tx.settings.reply_address or "").casefold().rpartition("@")
    for address in recipients:
        name, _, host = address.casefold().rpartition("@")
        ours, plus, signed = name.partition("+")
        if plus and host == domain and ours == local and (found := _verified(tx, signed)):
            return found
    return None


def is_signed(tx: Tx, recipients: Iterable[str]) -> bool:
    """Whether one of the addresses claims to be such an address, true or not."""
    local, _, domain = (tx.settings.reply_address or "").casefold().rpartition("@")
    claimed = (address.casefold() for address in recipients)
    return any(each.startswith(f"{local}+") and each.endswith(f"@{domain}") for each in claimed)


def _verified(tx: Tx, signed: str) -> UUID | None:
    identity, _, mac = signed.partition(".")
    try:
        record, given = UUID(bytes=_bytes(identity)), _bytes(mac)
    except (binascii.Error, ValueError):
        return None
    return record if open_vault(tx.settings.data).is_stamp(_purpose(tx), str(record), given) else None


def _purpose(tx: Tx) -> str:
    return f"reply:{tx.catalog.schema}"


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes:
    raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    if _text(raw) != text:
        raise ValueError("the last sign carries bits that mean nothing")
    return raw
