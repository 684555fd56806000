"""Mails from templates: the organisation's own one, or the usual one when there is none or it fails."""

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.mail.templates import render_template

FOLDER = Path(__file__).with_name("letters")

log = logging.getLogger(__name__)


class Letters(msgspec.Struct, frozen=True):
    """The templates of one mail: subject, plain text and HTML."""

    subject: str
    text: str
    html: str


@cache
def usual_letters(key: str) -> Letters:
    """The templates that come with the product."""
    text = (FOLDER / f"{key}.txt.liquid").read_text(encoding="utf-8")
    html = (FOLDER / f"{key}.html.liquid").read_text(encoding="utf-8")
    return Letters("{{ subject }}{% if about != '' %} – {{ about }}{% endif %}", text, html)


def named_letters(tx: Tx, identity: UUID) -> tuple[str, Letters] | None:
    """The name and the words of an active template that rules may send; nothing when there is none."""
    sql = (
        "SELECT name, subject, text, html FROM {schema}.mail_template"
        " WHERE id = %(id)s AND key = 'record' AND active AND deleted_at IS NULL"
    )
    found = engine_row(tx, sql, id=identity)
    return (found["name"], Letters(found["subject"], found["text"] or "", found["html"])) if found else None


def letter_names(tx: Tx, key: str) -> set[str]:
    """The names of the active templates for a use."""
    sql = "SELECT name FROM {schema}.mail_template WHERE key = %(key)s AND active AND deleted_at IS NULL"
    return {row["name"] for row in engine_rows(tx, sql, key=key)}


def filled(key: str, own: Letters | None, values: Mapping[str, Any]) -> Letters:
    """Subject, text and HTML with their blanks filled; a template that fails must not keep the mail from leaving."""
    usual = usual_letters(key)
    try:
        made = own or usual
        return _filled(Letters(made.subject, made.text or usual.text, made.html), values)
    except Refused as refusal:
        log.warning("the template of %s mails fails: %s", key, refusal.values)
        return _filled(usual, values)


def _filled(letters: Letters, values: Mapping[str, Any]) -> Letters:
    return Letters(
        render_template(letters.subject, values),
        render_template(letters.text, values),
        render_template(letters.html, values, html=True),
    )


def sample_values() -> dict[str, Any]:
    """Values such as a task's mail has them, to try a template with."""
    return {
        "language": "en",
        "marker": "--",
        "subject": "Discount of 12 %",
        "about": "Serres du Lis",
        "instructions": "",
        "question": "",
        "asks": False,
        "process": "",
        "due": "",
        "address": "https://entente.example/tasks/1",
        "outcomes": [{"key": "approved", "label": "Approve", "address": "https://entente.example/m/1"}],
        "facts": [{"label": "Amount", "value": "1 000 €"}],
        "record": {"name": "Lisière"},
        "needs_form": False,
        "answers": True,
        "person": {"name": "Hélène"},
        "say": {},
    }
