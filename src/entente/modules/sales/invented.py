"""What the rules, forms and views of the invented company are called, read without what plays that company."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.seeding import seed_id

RULES = Path(__file__).parent / "demo" / "automations.yaml"
VIEWS = Path(__file__).parent / "demo" / "views.yaml"
FORMS = Path(__file__).parent / "demo" / "forms.yaml"
FORM_KEYS: Mapping[str, str] = {"meeting": "meeting_request", "proof": "poc_request", "note": "noted_prospect"}


def names_of_invented() -> dict[UUID, Mapping[str, str]]:
    """The names of rules, forms and views in both languages, by id."""
    forms = msgspec.yaml.decode(FORMS.read_bytes(), type=dict[str, Any])
    rules = {rule_id(given): given["name"] for given in read_rules()}
    views = {seed_id("saved_view", given["key"]): given["name"] for given in read_views()}
    return rules | views | {seed_id("form", key): forms[name]["title"] for name, key in FORM_KEYS.items()}


def read_rules() -> list[dict[str, Any]]:
    """The rules as they are written down."""
    return msgspec.yaml.decode(RULES.read_bytes(), type=list[dict[str, Any]])


def read_views() -> list[dict[str, Any]]:
    """The saved views as they are written down."""
    return msgspec.yaml.decode(VIEWS.read_bytes(), type=list[dict[str, Any]])


def rule_id(given: Mapping[str, Any]) -> UUID:
    """The id of a rule that is written down."""
    return seed_id("automation", given["name"]["en"])
