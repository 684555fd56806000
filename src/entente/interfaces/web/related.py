"""The lists, on a record's page, of the records that point to it."""

from urllib.parse import urlencode

import msgspec

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.records import RelatedList, RelatedRow
from entente.interfaces.web.allowed import changeable
from entente.interfaces.web.around.attached import FILED, regards
from entente.interfaces.web.fields import names_of, shown
from entente.interfaces.web.wording import in_words
from entente.kernel.access.fields import may_create
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Related
from entente.kernel.metadata.tables import targets
from entente.kernel.records.query import Ask, count, exists, page
from entente.kernel.records.record import Record

MOST = 5
MOST_SAID, MOST_SAID_OF_TIES = 3, 5


def related_lists(tx: Tx, entity: Entity, record: Record) -> tuple[RelatedList, ...]:
    """The declared related lists, with their first records and how many there are, then those of other entities' links.

    Empty ones are there only for whoever may add to them.
    """
    found = []
    for made in _related(tx, entity):
        target = tx.catalog.entities.get(made.entity)
        if target is None or made.kind == "table" or (target.name == FILED and regards(tx, entity)):
            continue
        if may_see(tx, target) and shown(tx, target, made.field):
            found.append(_list(tx, record, made, target))
    return tuple(each for each in found if each.rows or each.add)


def _related(tx: Tx, entity: Entity) -> list[Related]:
    """The lists that the entity declares, and one for each link to it whose other end has a name of its own."""
    screens = tx.catalog.screens.get(entity.name)
    declared = list(screens.related if screens else ())
    known = {(made.entity, made.field) for made in declared}
    titles = {made.label for made in declared}
    return declared + [
        Related(entity=target.name, field=name, label=field.definition.inverse, columns=_columns(tx, target, name))
        for target in tx.catalog.entities.values()
        for name, field in target.fields.items()
        if field.type.key == "link"
        and field.definition.inverse
        and field.definition.inverse not in titles
        and (target.name, name) not in known
        and entity.name in targets(field.definition)
    ]


def _columns(tx: Tx, target: Entity, link: str) -> tuple[str, ...]:
    """What a list says of its records where nobody declared it: what stands under their title on their own page."""
    screens = tx.catalog.screens.get(target.name)
    return tuple(name for name in (screens.header if screens else ()) if name != link)[:4]


def may_see(tx: Tx, target: Entity) -> bool:
    """Whether the principal may read some of the records, those of a kind that has no menu included."""
    return target.definition.access == "open" or tx.principal.depth(target.name, "read") != "none"


def _list(tx: Tx, record: Record, made: Related, target: Entity) -> RelatedList:
    condition = f'{made.field} = "{record.id}"'
    title = target.definition.title
    columns = [name for name in made.columns if name in target.fields and name != title and shown(tx, target, name)]
    ask = Ask(entity=target.name, fields=(title, *columns), filter=condition, sort=made.sort, limit=MOST)
    found = page(tx, ask)
    names = names_of(tx, target, found.records, [title, *columns])
    base = f"/{target.definition.path}"
    addable = may_add(tx, record, made, target)
    editable = changeable(tx, target, found.records) if target.definition.hidden and found.records else set()
    return RelatedList(
        key=f"{target.name}-{made.field}",
        label=made.label.to(tx.language),
        url=_whole(tx, record, made, target) if found.records else "",
        icon=target.definition.icon,
        rows=tuple(_row(tx, target, each, columns, names, may_edit=each.id in editable) for each in found.records),
        count=len(found.records) if found.next is None else count(tx, ask).number,
        add=Action(label=tx.say("record.add"), url=f"{base}/new?{made.field}={_target(target, made, record)}")
        if addable
        else None,
    )


def _whole(tx: Tx, record: Record, made: Related, target: Entity) -> str:
    """Where all of them stand: the target's list without a filter of its own, narrowed to those of the record."""
    if target.fields[made.field].type.key not in ("link", "links"):
        return ""
    screens = tx.catalog.screens.get(target.name)
    lists = screens.lists if screens else ()
    view = next((each.key for each in lists if each.kind == "list" and not each.filter), "" if lists else "all")
    chosen = [{"field": made.field, "op": "in", "value": [{"id": str(record.id)}]}]
    asked = {"view": view, "filter": msgspec.json.encode(chosen).decode()}
    return f"/{target.definition.path}?{urlencode(asked)}" if view else ""


def may_add(tx: Tx, record: Record, made: Related, target: Entity) -> bool:
    """Whether a related record may be added: what lives by another record's rights needs the right to change that."""
    if not may_create(tx, target) or target.fields[made.field].definition.read_only:
        return False
    lender = target.definition.through
    if lender is None or target.definition.access != "through" or target.definition.activity:
        return True
    if lender == made.field:
        return exists(tx, record.entity, record.id, "update")
    return any(tx.principal.depth(name, "update") != "none" for name in targets(target.field(lender).definition))


def _target(target: Entity, made: Related, record: Record) -> str:
    kind = target.fields[made.field].type.key
    return f"{record.entity}:{record.id}" if kind == "polymorphic" else str(record.id)


def _row(tx: Tx, target: Entity, record: Record, columns: list[str], names: Names, *, may_edit: bool) -> RelatedRow:
    """A line of a list; what only ties two records together is called by the other of them, and leads there.

    What it says of them is changed on the spot: it has no page that anything leads to.
    """
    made = target.definition
    words = [(name, _said(tx, target, name, record, names)) for name in columns]
    title = in_words(tx, target.fields[made.title], record.get(made.title), names)
    url = f"/{made.path}/{record.id}"
    edit = None
    other = next((name for name in columns if made.hidden and target.fields[name].type.key == "link"), None)
    if other is not None and record.get(other):
        end = tx.catalog.entity(targets(target.field(other).definition)[0]).definition
        title = dict(words)[other]
        label = tx.say("record.edit_of", name=title)
        edit = Action(label=label, url=f"{url}/edit", icon="pencil") if may_edit and not end.hidden else None
        url = url if end.hidden else f"/{end.path}/{record[other]}"
        words = [each for each in words if each[0] != other]
    value = next((text for name, text in words if target.fields[name].type.key == "money"), "")
    rest = [text for name, text in words if target.fields[name].type.key != "money" and text]
    detail = " · ".join(rest[: MOST_SAID_OF_TIES if made.hidden else MOST_SAID])
    return RelatedRow(title=title or tx.say("record.untitled"), url=url, detail=detail, value=value, edit=edit)


def _said(tx: Tx, target: Entity, name: str, record: Record, names: Names) -> str:
    """A value among others: what is only yes, a bare number or the date of a tie is called by its field."""
    field, value = target.fields[name], record.get(name)
    label = field.definition.label.to(tx.language)
    if field.type.key == "boolean":
        return label if value is True else ""
    text = in_words(tx, field, value, names)
    if field.type.key != "integer" and not (field.type.key == "date" and target.definition.hidden):
        return text
    return tx.say("record.error", field=label, text=text) if value else ""
