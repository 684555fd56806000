"""Buttons of mails: a signed link that lets one person do one deed once, and signs nobody in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.identity.secrets import open_vault
from entente.kernel.kit.ids import new_id, parse_id
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import Outcome, perform

PURPOSE = "mail.button"
LASTS = timedelta(days=30)
COLUMNS = "id, entity, record, person, action, wish, title, label, created_at, until, used_at"


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """What a link does: an action with a record, in the name of the person to whom the mail was sent."""

    id: UUID
    entity: str
    record: UUID
    person: UUID
    action: str
    wish: dict[str, Any]
    title: str
    label: str
    created_at: datetime
    until: datetime
    used_at: datetime | None = None


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What a button is to do, what it is about and what is written on it."""

    on: Ref
    action: str
    wish: dict[str, Any]
    title: str
    label: str


def make_button(tx: Tx, person: UUID, deed: Deed) -> str:
    """The address of a page on which the person may do the deed once within thirty days."""
    now = tx.clock.now()
    made = engine_row(
        tx,
        "INSERT INTO {schema}.mail_button (id, entity, record, person, action, wish, title, label, created_at, until)"
        " VALUES (%(id)s, %(entity)s, %(record)s, %(person)s, %(action)s, %(wish)s, %(title)s, %(label)s, %(now)s,"
        " %(until)s)"
        " RETURNING id",
        id=new_id(),
        entity=deed.on.entity,
        record=deed.on.id,
        person=person,
        action=deed.action,
        wish=Jsonb(deed.wish),
        title=deed.title,
        label=deed.label,
        now=now,
        until=now + LASTS,
    )
    identity = made["id"] if made else ""
    signed = open_vault(tx.settings.data).sign(_purpose(tx), str(identity), now + LASTS)
    return f"{tx.settings.address}/m/{signed}"


def find_button(tx: Tx, token: str) -> Button:
    """The button of a link; Forbidden when the link was not signed here, or is too old."""
    identity = parse_id(open_vault(tx.settings.data).verify(_purpose(tx), token, tx.clock.now()))
    sql = f"SELECT {COLUMNS} FROM {{schema}}.mail_button WHERE id = %(id)s"  # noqa: S608 - own text
    found = engine_row(tx, sql, id=identity)
    if found is None:
        raise Forbidden("identity.signature_refused")
    return Button(**found)


def press(tx: Tx, button: Button, more: Mapping[str, Any] | None = None) -> Outcome:
    """What the deed leads to, done in the person's name; Refused when it was done, Forbidden when he has left."""
    person = principal_of(tx, button.person)
    if person is None:
        raise Forbidden("identity.signature_refused")
    sql = "UPDATE {schema}.mail_button SET used_at = %(now)s WHERE id = %(id)s AND used_at IS NULL RETURNING id"
    if engine_row(tx, sql, id=button.id, now=tx.clock.now()) is None:
        raise Refused("mail.button_used")
    acting = tx.acting_as(person)
    acting.language = person.language
    return perform(acting, button.entity, button.action, [button.record], {**button.wish, **(more or {})})


def _purpose(tx: Tx) -> str:
    return f"{PURPOSE}:{tx.catalog.schema}"
