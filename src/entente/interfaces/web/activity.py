"""What happens around a record: timeline, composer, files, followers, what waits, where it came from."""

from collections.abc import Collection
from typing import Any

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.frame import Action, Banner, Person
from entente.interfaces.web.around.attached import attachments, may_file
from entente.interfaces.web.around.composing import composer_view, writable_kinds
from entente.interfaces.web.around.timelines import timeline_view
from entente.interfaces.web.around.versioned import has_versions, may_add_version, version_lines
from entente.interfaces.web.around.waiting import of_record
from entente.interfaces.web.fields import ends, shown
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record
from entente.services.stream.following import followers_of
from entente.services.stream.sources import kinds_about

MADE = "created_"


def activity_parts(tx: Tx, entity: Entity, record: Record, names: Names) -> dict[str, Any]:
    """The parts of a record's page that tell what happened and let people add to it."""
    among = kinds_about(tx, entity, record)
    parts: dict[str, Any] = {
        "banners": _banners(tx, entity, record, names),
        "tasks": tuple(of_record(tx, entity.name, record.id, among)),
        "timeline": timeline_view(tx, entity, record.id, among=among),
    }
    kinds = writable_kinds(tx, entity.name)
    if kinds:
        composer, more = composer_view(tx, entity, record.id, kinds[0])
        parts["composer"] = composer
        parts["composer_names"] = more
    if entity.definition.timeline:
        parts |= _followers(tx, entity, record)
        parts |= _files(tx, entity, record, among)
    return parts


def _files(tx: Tx, entity: Entity, record: Record, among: Collection[str]) -> dict[str, Any]:
    versioned = has_versions(entity)
    found = version_lines(tx, record.id) if versioned else attachments(tx, entity, record.id, among)
    may_add = may_add_version(tx, record.id) if versioned else may_file(tx, entity)
    upload = f"/{entity.definition.path}/{record.id}/files" if may_add else ""
    return {"files": found, "upload_url": upload, "has_versions": versioned}


def _followers(tx: Tx, entity: Entity, record: Record) -> dict[str, Any]:
    everyone = followers_of(tx, entity.name, record.id)
    return {
        "follow_url": f"/{entity.definition.path}/{record.id}/follow",
        "following": any(each.user == tx.principal.user_id for each in everyone),
        "followers": tuple(Person(id=str(each.user), name=each.name) for each in everyone),
    }


def _banners(tx: Tx, entity: Entity, record: Record, names: Names) -> tuple[Banner, ...]:
    """What was made from this record, and what it was made from."""
    fields = [field for name in entity.fields if (field := shown(tx, entity, name)) and field.type.key == "link"]
    made = [field for field in fields if field.name.startswith(MADE) and field.name != "created_by"]
    older = [field for field in fields if field.definition.lineage]
    found = []
    for key, hue, icon, chosen in (
        ("around.made", "green", "circle-check", made),
        ("around.made_from", "blue", "route", older),
    ):
        links = [
            Action(label=title, url=names.url(target, identity), way="go")
            for field in chosen
            for target, identity in ends(field, record.get(field.name))
            if (title := names.title(identity))
        ]
        if links:
            found.append(Banner(text=tx.say(key), hue=hue, icon=icon, actions=tuple(links)))
    return tuple(found)
