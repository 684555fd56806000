"""What can be chosen in the editor: entities, processes, triggers, fields, people, kinds of steps."""

from collections.abc import Iterable

from entente.interfaces.html.views.automations import Options
from entente.interfaces.web.fields import title_of
from entente.kernel.access.fields import editable, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Choice
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import Ask, page
from entente.services.automation import shape
from entente.services.automation.rules import RULE, TIMED
from entente.services.automation.sentences import person_words, relation_words
from entente.services.automation.steps.people import recipient_fields
from entente.services.mail.imap import read_mailboxes
from entente.services.processes.definitions import deployed

MOST = 200
FOUND = 12
NONE = ("", "—")
START = "start_process"
MOMENT = "moment"
NOT_WRITTEN = ("file", "image", "json", "password")


def entities(tx: Tx) -> Options:
    """The entities that rules can be for."""
    found = [
        (made.name, made.plural.to(tx.language))
        for made in tx.catalog.entities.values()
        if made.definition.journal
        and not made.definition.hidden
        and (made.definition.access == "owned" or made.definition.timeline or made.definition.activity)
        and tx.principal.depth(made.name, "read") != "none"
    ]
    return tuple(sorted(found, key=lambda each: each[1].casefold()))


def scopes(tx: Tx, entity: Entity) -> Options:
    """The processes of an entity, as `field:value`; empty when it has none."""
    link = shape.scope_field(tx.catalog, entity)
    found = shape.scopes(tx, entity)
    if link is None or not found:
        return ()
    return (("", tx.say("automations.any_process")), *((f"{link.name}:{each.key}", each.label) for each in found))


def triggers(tx: Tx, entity: Entity) -> Options:
    """The triggers that records of an entity can have."""
    offered = tx.catalog.entity(RULE).field("trigger").definition.choices
    return tuple(option for each in offered for option in _offers(tx, entity, each))


def _offers(tx: Tx, entity: Entity, offered: Choice) -> Options:
    """A trigger as it is chosen, if records of the entity can have it; of named moments each by itself."""
    if offered.key == MOMENT:
        found = shape.moments(tx.catalog, entity)
        return tuple((f"{MOMENT}:{each.key}", each.moment.label.to(tx.language)) for each in found)
    return ((offered.key, offered.label.to(tx.language)),) if _fits(tx, entity, offered.key) else ()


def _fits(tx: Tx, entity: Entity, trigger: str) -> bool:
    if trigger == "stage":
        return shape.path_field(tx.catalog, entity) is not None
    if trigger == "result":
        return shape.result_field(tx.catalog, entity) is not None
    if trigger in ("activity_created", "activity_closed"):
        return bool(shape.activities(tx.catalog, entity))
    if trigger == "form":
        return any(field.definition.to == "web_form" for field in entity.fields.values())
    return trigger not in TIMED or bool(shape.dates(entity))


def mailboxes(tx: Tx) -> list[str]:
    """The addresses of the mailboxes that are looked into, as far as they are known."""
    try:
        boxes = read_mailboxes(tx.settings.imap_url or "")
    except ValueError:
        return []
    return [each.address for each in boxes if each.address]


def stages(tx: Tx, entity: Entity, scope: str) -> Options:
    """The stages of an entity, with “any” first."""
    return (("", tx.say("automations.any")), *((each.key, each.label) for each in shape.stages(tx, entity, scope)))


def results(tx: Tx, entity: Entity) -> Options:
    """The results of an entity, with “any” first."""
    return (("", tx.say("automations.any")), *((each.key, each.label) for each in shape.results(tx, entity)))


def fields(tx: Tx, entity: Entity, *, written: bool) -> Options:
    """The fields of an entity whose change can be told, or which can be written."""
    found = [
        (field.name, field.definition.label.to(tx.language))
        for field in entity.fields.values()
        if (editable(tx, entity, field) and field.type.key not in NOT_WRITTEN if written else _told(tx, entity, field))
    ]
    return tuple(sorted(found, key=lambda each: each[1].casefold()))


def _told(tx: Tx, entity: Entity, field: Field) -> bool:
    return field.definition.audited and may_use(tx, entity.name, field.name)


def dates(tx: Tx, entity: Entity) -> Options:
    """The dates of an entity."""
    return tuple((each.name, each.definition.label.to(tx.language)) for each in shape.dates(entity))


def relations(tx: Tx, entity: Entity) -> Options:
    """The relations of an entity."""
    return tuple((name, relation_words(tx, entity, name)) for name in shape.relations(tx.catalog, entity))


def label_fields(tx: Tx, entity: Entity) -> Options:
    """The fields of many links that a step can add to."""
    return tuple(
        (field.name, field.definition.label.to(tx.language))
        for field in entity.fields.values()
        if field.type.key == "links" and not field.definition.via
    )


def activities(tx: Tx, entity: Entity) -> Options:
    """The activities of an entity."""
    return tuple((each.name, each.label.to(tx.language)) for each in shape.activities(tx.catalog, entity))


def creatable(tx: Tx, entity: Entity) -> Options:
    """The entities of which a step can create a record."""
    return tuple((key, label) for key, label in entities(tx) if tx.principal.depth(key, "create") != "none")


def links_to(tx: Tx, name: str, entity: Entity) -> Options:
    """The fields of another entity that can point to a record."""
    made = tx.catalog.entities.get(name)
    found = made.fields.values() if made else ()
    return tuple(
        (field.name, field.definition.label.to(tx.language))
        for field in found
        if field.type.key in ("link", "polymorphic")
        and entity.name in targets(field.definition)
        and not field.definition.read_only
    )


def people(tx: Tx, entity: Entity, *, mail: bool = False, rule: bool = False) -> Options:
    """Whom a step can mean."""
    found = [("rule", tx.say("automation.who.rule"))] if rule else []
    found.append(("actor", tx.say("automation.who.actor")))
    found += [
        (f"field:{name}", person_words(tx, entity, f"field:{name}")) for name in recipient_fields(entity, mail=mail)
    ]
    found += [(f"user:{key}", label) for key, label in records(tx, "user", "active")]
    return (*found, *((f"team:{key}", label) for key, label in records(tx, "team", "")))


def process_names(tx: Tx) -> dict[str, str]:
    """What the processes that can be started are called, by key."""
    return {each.key: each.name for each in deployed(tx)}


def records_with(tx: Tx, entity: str, words: str, most: int = FOUND) -> Options:
    """Records of an entity that hold the words; without words those changed last."""
    made = tx.catalog.entity(entity)
    title = made.definition.title
    sort = () if words else (Sort("modified_at", descending=True),)
    found = page(tx, Ask(entity=entity, fields=(title,), search=words, sort=sort, limit=most))
    return tuple((str(each.id), title_of(tx, made, each) or str(each.id)) for each in found.records)


def records(tx: Tx, entity: str, where: str) -> Options:
    """Records of an entity by their titles."""
    made = tx.catalog.entity(entity)
    title = made.definition.title
    found = page(tx, Ask(entity=entity, fields=(title,), filter=where, sort=(Sort(title),), limit=MOST))
    return tuple((str(each.id), title_of(tx, made, each) or str(each.id)) for each in found.records)


def templates(tx: Tx) -> Options:
    """The templates of e-mails that rules can send."""
    return records(tx, "mail_template", 'active and key = "record"')


def actions(tx: Tx, entity: Entity) -> Options:
    """The actions of an entity, and the start of a process where one is deployed."""
    found = [(each.name, tx.say(each.key)) for each in tx.catalog.actions_of(entity.name)]
    starts = tx.catalog.actions.get(f"*.{START}")
    return (*found, *(((START, tx.say(starts.key)),) if starts and deployed(tx) else ()))


def kinds(tx: Tx, entity: Entity, *, before: bool) -> Options:
    """The kinds of steps that a rule can have."""
    if before:
        return tuple((key, tx.say(f"automations.kind.{key}")) for key in ("update", "refuse"))
    offered: Iterable[str] = (
        *(("activity",) if shape.activities(tx.catalog, entity) else ()),
        *(("post",) if entity.definition.timeline else ()),
        "notify",
        "mail",
        "update",
        "create",
        "related",
        *(("assign",) if entity.definition.access == "owned" else ()),
        *(("label",) if label_fields(tx, entity) else ()),
        "action",
        "webhook",
    )
    return tuple((key, tx.say(f"automations.kind.{key}")) for key in offered)
