"""The remaining types: web addresses, postal addresses, names, numbers given by the system, JSON, files."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of, uuid_of
from entente.kernel.metadata.types.text import TextType

WEB = re.compile(r"https?://[^\s<>\"'/?#@]+\.[^\s<>\"'/?#@.]{2,}([/?#][^\s<>\"']*)?", re.IGNORECASE)


class UrlType(FieldType):
    """A web address with http or https."""

    key = "url"

    def clean(self, name: str, field: FieldDef, raw: Any) -> str | None:
        """The address; https is added when the scheme is missing."""
        text = text_of(name, raw).strip() if raw is not None else ""
        if not text:
            return None
        text = text if "://" in text else "https://" + text
        if len(text) > 2000 or not WEB.fullmatch(text):
            raise Refused("field.not_a_web_address", field=name)
        return text


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """A postal address; the country is an ISO 3166 code."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


class AddressType(FieldType):
    """A postal address, one column per part; filters use the city."""

    key = "address"
    parts = ("street", "postal_code", "city", "region", "country")

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """City first, then the other parts."""
        ordered = sorted(self.parts, key=lambda part: part != "city")
        return tuple(sa.Column(f"{name}_{part}", sa.Text()) for part in ordered)

    def main(self, name: str) -> str:
        """The city's column."""
        return name + "_city"

    def part(self, name: str, part: str) -> str:
        """The column of a line of the address, empty when addresses have no such line."""
        return f"{name}_{part}" if part in self.parts else ""

    def clean(self, name: str, field: FieldDef, raw: Any) -> Address | None:
        """The address; a text is taken as the street."""
        if raw is None or raw == "":
            return None
        made = {"street": raw} if isinstance(raw, str) else msgspec.to_builtins(raw)
        if not isinstance(made, Mapping):
            raise Refused("field.not_an_address", field=name)
        texts = {part: text_of(name, made.get(part) or "").strip()[:300] for part in self.parts}
        texts["country"] = texts["country"][:2].upper()
        address = Address(**texts)
        return address if any(texts[part] for part in self.parts if part != "country") else None

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """The five columns."""
        return {f"{name}_{part}": getattr(value, part) or None if value else None for part in self.parts}

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> Address | None:
        """The address."""
        texts = {part: row[f"{name}_{part}"] or "" for part in self.parts}
        return Address(**texts) if any(texts.values()) else None

    def words(self, value: Any) -> str:
        """The parts in one line."""
        return " ".join(part for name in self.parts if value and (part := getattr(value, name)))

    def plain(self, value: Any) -> Any:
        """An object of its parts."""
        return msgspec.to_builtins(value) if value else None


class PersonNameType(TextType):
    """A full name, put together from the fields that `parts` names."""

    key = "person_name"


class AutoNumberType(TextType):
    """A number given by the system when the record is created."""

    key = "auto_number"


class JsonType(FieldType):
    """Any JSON value."""

    key = "json"
    kind = "any"
    edm = "Edm.Untyped"
    sortable = False

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A jsonb column."""
        return JSONB()

    def clean(self, name: str, field: FieldDef, raw: Any) -> Any:
        """The value; a text is read as JSON."""
        try:
            given = raw if not isinstance(raw, str) else msgspec.json.decode(raw) if raw.strip() else None
            # Through JSON's own form, so that what the database cannot keep is refused here.
            body = msgspec.json.encode(given)
            if b"\\u0000" in body:
                raise Refused("field.not_json", field=name)
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            raise Refused("field.not_json", field=name) from None

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """jsonb, or NULL."""
        return {name: None if value is None else Jsonb(value)}


class FileType(FieldType):
    """A stored file, by its id."""

    key = "file"
    kind = "id"
    edm = "Edm.Guid"
    sortable = False

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A UUID column."""
        return PG_UUID(as_uuid=True)

    def clean(self, name: str, field: FieldDef, raw: Any) -> Any:
        """The file's id."""
        return None if raw is None or raw == "" else uuid_of(name, raw)

    def plain(self, value: Any) -> Any:
        """The id as text."""
        return str(value) if value else None


class ImageType(FileType):
    """A stored picture, by its id."""

    key = "image"
