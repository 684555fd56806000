"""Whom a step means: written `actor`, `field:owner`, `user:…`, `team:…`."""

from collections.abc import Iterable
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.sets import primary
from entente.kernel.records.query import Ask, page
from entente.services.automation.steps.work import Work

MOST = 200


def people(work: Work, wanted: Iterable[str]) -> list[UUID]:
    """The active people who are meant, each once."""
    named: list[UUID] = []
    teams: list[UUID] = []
    for text in wanted:
        kind, _, value = text.partition(":")
        identity = (
            work.event.actor if kind == "actor" else work.record.get(value) if kind == "field" else parse_id(value)
        )
        if isinstance(identity, UUID):
            (teams if kind == "team" or _is_team(work, kind, value) else named).append(identity)
    return _active(work.tx, named, teams)


def _meant(work: Work, kind: str, value: str) -> object:
    if kind == "actor":
        return work.event.actor
    return work.record.get(value) if kind == "field" else parse_id(value)


def _is_team(work: Work, kind: str, name: str) -> bool:
    field = work.entity.fields.get(name) if kind == "field" else None
    return field is not None and "team" in targets(field.definition)


def _active(tx: Tx, named: list[UUID], teams: list[UUID]) -> list[UUID]:
    everything = tx.acting_as(system("automation"))
    found = []
    if named:
        ask = Ask(entity="user", fields=("name",), filter="active", ids=tuple(named), limit=MOST)
        known = {each.id for each in page(everything, ask).records}
        found += [each for each in named if each in known]
    for team in teams:
        ask = Ask(entity="user", fields=("name",), filter=f'active and team = "{team}"', limit=MOST)
        found += [each.id for each in page(everything, ask).records]
    return list(dict.fromkeys(found))


def addresses(work: Work, wanted: Iterable[str]) -> list[str]:
    """The e-mail addresses that are meant: those of people, of fields with addresses, and addresses as they stand."""
    found: list[str] = []
    persons: list[str] = []
    for text in wanted:
        kind, _, name = text.partition(":")
        field = work.entity.fields.get(name) if kind == "field" else None
        if "@" in text:
            found.append(text.strip())
        elif field is not None and field.type.key in ("email_set", "text", "email"):
            value = work.record.get(name)
            found.append(str((primary(value or ()) if field.type.key == "email_set" else value) or ""))
        else:
            persons.append(text)
    return list(dict.fromkeys(each for each in (*found, *_mails_of(work, people(work, persons))) if each))


def _mails_of(work: Work, users: list[UUID]) -> list[str]:
    if not users:
        return []
    ask = Ask(entity="user", fields=("email",), ids=tuple(users), limit=MOST)
    return [str(each["email"] or "") for each in page(work.tx.acting_as(system("automation")), ask).records]


def recipient_fields(entity: Entity, *, mail: bool) -> list[str]:
    """The fields of an entity that name people or teams, and for mail those that hold addresses."""
    return [
        field.name
        for field in entity.fields.values()
        if (field.type.key == "link" and set(targets(field.definition)) & {"user", "team"})
        or (mail and field.type.key == "email_set")
    ]


def refuse_unknown(tx: Tx, entity: Entity, wanted: Iterable[str], *, mail: bool) -> None:
    """Refused when a recipient is none of those that can be meant."""
    fields = recipient_fields(entity, mail=mail)
    for text in wanted:
        kind, _, value = text.partition(":")
        known = kind == "actor" or (kind == "field" and value in fields)
        known = known or (kind in ("user", "team") and parse_id(value) is not None) or (mail and "@" in text)
        if not known:
            raise Refused("automation.unknown_person", name=text)
