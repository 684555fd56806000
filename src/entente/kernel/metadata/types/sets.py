"""Sets of e-mail addresses and of phone numbers: each with a kind and marks, one of them primary.

Stored as JSON, with the primary one as text and all normalised keys as an array that duplicate rules and filters use.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from entente.kernel.kit.normal import email_key, phone_key, phone_shown
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of

MOST = 20
ADDRESS = re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@[^@\s<>\"(),:;\[\]\\.][^@\s<>\"(),:;\[\]\\]{0,190}")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One address or number of a set."""

    value: str
    kind: str = ""
    primary: bool = False
    opted_out: bool = False
    invalid: bool = False


def primary(entries: tuple[Entry, ...]) -> str | None:
    """The primary value of a set, or nothing when the set is empty."""
    return next((entry.value for entry in entries if entry.primary), entries[0].value if entries else None)


class SetType(FieldType, ABC):
    """What both sets have in common."""

    edm: ClassVar[str] = "Edm.String"

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """The primary value, the whole set, the normalised keys."""
        return (
            sa.Column(name, sa.Text()),
            sa.Column(name + "_set", JSONB()),
            sa.Column(name + "_keys", ARRAY(sa.Text())),
        )

    @abstractmethod
    def read(self, name: str, text: str) -> str:
        """The value that one text holds; Refused when it holds none."""

    @abstractmethod
    def normal(self, value: str) -> str | None:
        """The key under which equal values meet."""

    def clean(self, name: str, field: FieldDef, raw: Any) -> tuple[Entry, ...]:
        """The set, from a text, a list of texts or of objects; exactly one entry is primary."""
        if raw is None or raw == "":
            return ()
        items = [part for part in re.split(r"[,;\n]", raw) if part.strip()] if isinstance(raw, str) else raw
        if isinstance(items, Mapping):
            items = [items]
        if not isinstance(items, list | tuple) or len(items) > MOST:
            raise Refused("field.not_a_list", field=name)
        entries = list({entry.value: entry for item in items if (entry := self._entry(name, field, item))}.values())
        return _with_one_primary(entries)

    def _entry(self, name: str, field: FieldDef, item: Any) -> Entry | None:
        if isinstance(item, Entry):
            return item
        made = item if isinstance(item, Mapping) else {"value": item}
        text = text_of(name, made.get("value", made.get("address", made.get("number", "")))).strip()
        if not text:
            return None
        kind = str(made.get("kind") or "")
        if kind and field.kinds and kind not in {choice.key for choice in field.kinds}:
            raise Refused("field.no_such_choice", field=name, given=kind[:80])
        marks = {mark: bool(made.get(mark)) for mark in ("primary", "opted_out", "invalid")}
        return Entry(self.read(name, text), kind, **marks)

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """The three columns."""
        entries: tuple[Entry, ...] = value or ()
        keys = [key for entry in entries if (key := self.normal(entry.value))]
        return {name: primary(entries), name + "_set": Jsonb(self.plain(entries)), name + "_keys": keys}

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> tuple[Entry, ...]:
        """The set."""
        return msgspec.convert(row[name + "_set"] or (), tuple[Entry, ...])

    def words(self, value: Any) -> str:
        """All addresses or numbers."""
        return " ".join(entry.value for entry in value or ())

    def plain(self, value: Any) -> Any:
        """A list of objects."""
        return msgspec.to_builtins(list(value or ()))


def _with_one_primary(entries: list[Entry]) -> tuple[Entry, ...]:
    if len(entries) == 1:
        (only,) = entries
        return (only if only.primary else Entry(only.value, only.kind, True, only.opted_out, only.invalid),)
    first = next((at for at, entry in enumerate(entries) if entry.primary), 0)
    return tuple(
        entry if entry.primary == (at == first) else msgspec.structs.replace(entry, primary=at == first)
        for at, entry in enumerate(entries)
    )


class EmailSetType(SetType):
    """E-mail addresses, kept as typed, compared in lower case without plus tags."""

    key = "email_set"

    def read(self, name: str, text: str) -> str:
        """The address (RFC 5321 lengths; no quoted local parts)."""
        if len(text) > 254 or not ADDRESS.fullmatch(text) or "." not in text.rpartition("@")[2]:
            raise Refused("field.not_an_email", field=name, given=text[:80])
        return text

    def normal(self, value: str) -> str | None:
        """Lower case, without plus tag."""
        return email_key(value)


class PhoneSetType(SetType):
    """Phone numbers, kept in the international form, compared as E.164; numbers without country are French."""

    key = "phone_set"

    def read(self, name: str, text: str) -> str:
        """The number in its international form; a short internal number stays as typed."""
        if not any(sign.isdigit() for sign in text) or len(text) > 40:
            raise Refused("field.not_a_phone", field=name, given=text[:40])
        return phone_shown(text)

    def normal(self, value: str) -> str | None:
        """E.164."""
        return phone_key(value)
