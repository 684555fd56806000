"""Duplicate rules as data: which fields of what is entered are compared with which fields of what is known, and how."""

from typing import Literal

import msgspec

Normaliser = Literal["email", "phone", "company_name", "person_name", "text", "vat", "domain", "similarity"]
Scope = Literal["create", "update", "import", "capture"]
Consequence = Literal["hint", "warn", "block"]
# The types of fields that can be compared.
COMPARABLE = frozenset(
    ("text", "person_name", "email_set", "phone_set", "url", "choice", "address", "auto_number", "link")
)


class Condition(msgspec.Struct, frozen=True, omit_defaults=True, cache_hash=True):
    """Two fields that must agree: equal under the normaliser, or as similar as the threshold (0 to 1) asks."""

    source_field: str
    target_field: str
    normaliser: Normaliser = "text"
    threshold: float | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conditions that must all hold between a record of the source entity and one of the target entity."""

    name: str
    source: str
    target: str
    conditions: tuple[Condition, ...]
    action: Consequence = "warn"
    score: int = 80
    scopes: tuple[Scope, ...] = ("create", "update", "import", "capture")
    position: int = 0
