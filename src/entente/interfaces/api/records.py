"""One record: read, change, delete, take out of the bin, its history, and why somebody may or may not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from entente.interfaces.api.call import Answer, Call, etag, only, read_object, seen_version
from entente.interfaces.api.collections import add_titles, written
from entente.interfaces.api.expand import expand
from entente.interfaces.api.options import READ, read_selection
from entente.interfaces.api.shape import from_json, to_json
from entente.interfaces.html.http.refusals import BadRequest, PreconditionFailed
from entente.kernel.access.fields import may_use
from entente.kernel.access.why import why
from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import PRIVILEGES, Principal, Privilege
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records import save as writing
from entente.kernel.records.journal import history
from entente.kernel.records.query import exists, find
from entente.kernel.undoing import undo

MOST_HISTORY = 500
MOST_LOOKED_AT = 5000  # many entries tell nothing: what is not audited, what may not be read


def addressed(tx: Tx, call: Call) -> tuple[Entity, UUID]:
    """The entity and the id that a path names; NotFound when it names no id."""
    entity = tx.catalog.at_path(call.path[0])
    identity = parse_id(call.path[1])
    if identity is None:
        raise NotFound("record.not_found", entity=entity.label.to(tx.language))
    return entity, identity


def read_record(tx: Tx, call: Call) -> Answer:
    """The record, or 304 when it is still the one that If-None-Match names."""
    only(call, *READ)
    entity, identity = addressed(tx, call)
    names, wanted = read_selection(tx, entity, call)
    read = tuple(dict.fromkeys((*names, *(each.field.name for each in wanted)))) or ("version",)
    found = find(tx, entity.name, identity, fields=read)
    tag = etag(found.version)
    if call.headers.get("if-none-match") == tag:
        return Answer(status=304, headers={"ETag": tag})
    rows = [to_json(tx, entity, found, names)]
    expand(tx, [found], rows, wanted)
    add_titles(tx, entity, call, names, rows)
    return Answer(
        body={"@odata.context": f"{call.base}/$metadata#{call.path[0]}/$entity", **rows[0]}, headers={"ETag": tag}
    )


def change_record(tx: Tx, call: Call) -> Answer:
    """The record as changed; PreconditionFailed tells what others did to it since the version in If-Match."""
    only(call)
    entity, identity = addressed(tx, call)
    version = seen_version(call)
    values = from_json(entity, read_object(call), identity)
    with _by_precondition():
        record = writing.save(tx, entity.name, values, id=identity, version=version)
    headers = {"ETag": etag(record.version)}
    if call.prefers("return") == "minimal":
        return Answer(status=204, headers=headers)
    return Answer(body=written(tx, entity, record), headers=headers)


def delete_record(tx: Tx, call: Call) -> Answer:
    """Nothing; the record is in the bin."""
    only(call)
    entity, identity = addressed(tx, call)
    version = seen_version(call)
    with _by_precondition():
        writing.delete(tx, entity.name, identity, version=version)
    return Answer(status=204)


def restore_record(tx: Tx, call: Call) -> Answer:
    """The record, taken out of the bin."""
    only(call)
    entity, identity = addressed(tx, call)
    writing.restore(tx, entity.name, identity)
    return read_record(tx, call)


@contextmanager
def _by_precondition() -> Iterator[None]:
    try:
        yield
    except Conflict as conflict:
        raise PreconditionFailed("api.changed_since", theirs=conflict.theirs, **conflict.values) from conflict


def read_history(tx: Tx, call: Call) -> Answer:
    """The changes of a record, newest first, as far as their fields may be read."""
    only(call)
    entity, identity = addressed(tx, call)
    if not exists(tx, entity.name, identity):
        raise NotFound("record.not_found", entity=entity.label.to(tx.language))
    entries = history(tx, entity.name, identity, limit=MOST_LOOKED_AT)
    told = [_entry(tx, entity, entry) for entry in entries]
    telling = [each for each in told if each["changes"] or each["deed"] != "update"]
    return Answer(body={"value": telling[:MOST_HISTORY]})


def _entry(tx: Tx, entity: Entity, entry: Entry) -> dict[str, Any]:
    changes = [
        {"field": name, "old": old, "new": new}
        for name, (old, new) in entry.changes.items()
        if name in entity.fields and may_use(tx, entity.name, name)
    ]
    return {
        "id": entry.id,
        "at": entry.at,
        "by": entry.actor_name,
        "by_id": entry.actor,
        "via": entry.via,
        "deed": entry.deed,
        "cause": entry.cause,
        "version": entry.version,
        "changes": changes,
    }


def read_why(tx: Tx, call: Call) -> Answer:
    """Whether somebody has a privilege on the record, and the rules that say so."""
    only(call, "user", "privilege")
    entity, identity = addressed(tx, call)
    privilege = _privilege(call.query.get("privilege", "read"))
    asked = _asked(tx, call.query.get("user"))
    if not exists(tx, entity.name, identity):
        raise NotFound("record.not_found", entity=entity.label.to(tx.language))
    found = why(tx, asked, entity, identity, privilege)
    reasons = [
        {"code": reason.code, "grants": reason.grants, "text": tx.say(reason.code, **reason.values)}
        for reason in found.reasons
    ]
    return Answer(body={"allowed": found.allowed, "reasons": reasons})


def _privilege(text: str) -> Privilege:
    for known in PRIVILEGES:
        if known == text:
            return known
    raise BadRequest("api.no_such_privilege", field="privilege", name=text[:80])


def _asked(tx: Tx, text: str | None) -> Principal:
    """The user whose rights are asked about; somebody else's may be asked about by administrators only."""
    if text is None or text == str(tx.principal.user_id):
        return tx.principal
    if not tx.principal.is_admin:
        raise Forbidden()
    identity = parse_id(text)
    found = principal_of(tx, identity) if identity else None
    if found is None:
        raise NotFound("not_found")
    return found


def read_me(tx: Tx, call: Call) -> Answer:
    """Who is asking, and what his roles let him do."""
    only(call)
    person = tx.principal
    return Answer(
        body={
            "id": person.user_id,
            "login": person.login,
            "name": person.name,
            "language": person.language,
            "timezone": person.timezone,
            "unit_id": person.unit_id,
            "team_ids": person.team_ids,
            "administrator": person.is_admin,
            "may": sorted(person.may),
            "organisation": tx.catalog.schema.removeprefix("org_"),
        }
    )


def undo_cause(tx: Tx, call: Call) -> Answer:
    """How many changes of one stroke were taken back, and which records were left as somebody changed them since."""
    only(call)
    cause = parse_id(call.path[1])
    if cause is None:
        raise NotFound("not_found")
    done = undo(tx, cause)
    left = [{"entity": entity, "id": record, "code": code, "title": tx.say(code)} for entity, record, code in done.left]
    return Answer(body={"count": done.count, "left": left})
