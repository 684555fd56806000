"""Designing forms: a draft that nobody else sees, publishing, versions that can be compared and taken up again."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import FormDef, Section
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.checking import read_as
from entente.services.forms.definition import FormDefinition
from entente.services.forms.layout import Shape
from entente.services.forms.named import ENTITY, VERSION
from entente.services.forms.published import ENTITY as PUBLIC

RIGHT = "design"
Kind = Literal["record", "quick", "named", "public"]
KINDS: tuple[Kind, ...] = ("record", "quick", "named", "public")
EMPTY = FormDefinition(title=Text("Form", "Formulaire"), sections=(), submit=Text("Send", "Envoyer"))


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A form on the drawing board: its draft, or what is published when there is none.

    `stamp` is the version of its row (0 before the first draft), `number` the last published version (0: as shipped).
    """

    kind: Kind
    key: str
    entity: str | None
    name: str
    form: Shape
    live: Shape | None
    row: UUID | None = None
    stamp: int = 0
    number: int = 0
    starts: str = "save"
    deed: str = ""
    placed: bool = False
    host: str = ""
    embedded: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the draft says anything else than what is published."""
        return self.form != self.live

    @property
    def owner(self) -> str:
        """The link by which its versions belong to it."""
        return "web_form" if self.kind == "public" else "form"


def may_design(tx: Tx) -> bool:
    """Whether the principal may design forms."""
    return tx.principal.is_admin or tx.principal.is_system or RIGHT in tx.principal.may


def require_design(tx: Tx) -> None:
    """Nothing for whoever may design forms; else Forbidden."""
    if not may_design(tx):
        raise Forbidden("form.designers_only")


def design_of(tx: Tx, kind: Kind, key: str) -> Design:
    """A form on the drawing board; NotFound when there is no such entity or form."""
    require_design(tx)
    if kind in ("record", "quick"):
        return _of_entity(tx, kind, tx.catalog.entity(key))
    row = _row(tx, PUBLIC if kind == "public" else ENTITY, key)
    if row is None:
        raise NotFound("form.unknown")
    return _public(tx, row) if kind == "public" else _named(tx, row)


def _row(tx: Tx, entity: str, key: str) -> Record | None:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    found = page(tx.acting_as(_eye(tx)), Ask(entity=entity, filter=f'key = "{quoted}"', limit=1)).records
    return found[0] if found else None


def _eye(tx: Tx) -> Any:
    """The designer with the right to read every form."""
    return msgspec.structs.replace(tx.principal, system_reason="design", field_rules={})


def shipped(tx: Tx, kind: Kind, entity: Entity) -> FormDef:
    """The form of an entity that is in use; with none declared, all its own fields."""
    screens = tx.catalog.screens.get(entity.name)
    found = next((made for made in screens.forms if made.key == kind), None) if screens else None
    fields = tuple(name for name, field in entity.definition.fields.items() if not field.read_only)
    whole = Section(key="all", label=entity.label, fields=fields)
    return found or FormDef(key="quick" if kind == "quick" else "record", sections=(whole,))


def _of_entity(tx: Tx, kind: Kind, entity: Entity) -> Design:
    live = shipped(tx, kind, entity)
    row = _row(tx, ENTITY, f"{entity.name}.{kind}")
    draft = read_as(FormDef, row["draft"], "draft") if row and row["draft"] else live
    return Design(
        kind=kind,
        key=entity.name,
        entity=entity.name,
        name=entity.label.to(tx.language),
        form=draft,
        live=live,
        row=row.id if row else None,
        stamp=row.version if row else 0,
        number=_last(tx, "form", row.id)[0] if row else 0,
    )


def _named(tx: Tx, row: Record) -> Design:
    number, last = _last(tx, "form", row.id)
    live = read_as(FormDefinition, last) if last else None
    draft = read_as(FormDefinition, row["draft"], "draft") if row["draft"] else live or EMPTY
    return Design(
        kind="named",
        key=row["key"],
        entity=row["entity"] or None,
        name=tx.words.called(tx.language, row.id, row["name"]),
        form=draft,
        live=live,
        row=row.id,
        stamp=row.version,
        number=number,
        starts=row["starts"],
        deed=row["deed"] or "",
        placed=bool(row["placed"]),
        host=row["host"] or "",
        embedded=tuple(row["embedded"] or ()),
    )


def _public(tx: Tx, row: Record) -> Design:
    live = read_as(FormDefinition, row["definition"]) if row["definition"] else None
    draft = read_as(FormDefinition, row["draft"], "draft") if row["draft"] else live or EMPTY
    return Design(
        kind="public",
        key=row["key"],
        entity=row["entity"],
        name=tx.words.called(tx.language, row.id, row["name"]),
        form=draft,
        live=live,
        row=row.id,
        stamp=row.version,
        number=_last(tx, "web_form", row.id)[0],
    )


def _last(tx: Tx, owner: str, row: UUID) -> tuple[int, Any]:
    found = page(
        tx.acting_as(_eye(tx)),
        Ask(entity=VERSION, filter=f'{owner} = "{row}"', sort=(Sort("number", True),), limit=1),
    ).records
    return (found[0]["number"], found[0]["definition"]) if found else (0, None)


def keep_draft(tx: Tx, design: Design, form: Shape, seen: int) -> Design:
    """The design with its draft kept; Conflict when someone else drew on it since it was seen."""
    if seen != design_of(tx, design.kind, design.key).stamp:
        raise Conflict()
    drawn = msgspec.to_builtins(form)
    values: dict[str, Any] = {"draft": drawn}
    if design.row is None:
        values |= {
            "key": f"{design.key}.{design.kind}",
            "name": tx.say(f"form.of_{design.kind}", entity=design.name),
            "kind": design.kind,
            "entity": design.entity,
        }
    save(tx, PUBLIC if design.kind == "public" else ENTITY, values, id=design.row, version=seen or None, trusted=True)
    return design_of(tx, design.kind, design.key)


def drop_draft(tx: Tx, design: Design) -> Design:
    """The design as it is published: what was drawn since is forgotten."""
    require_design(tx)
    if design.row:
        save(tx, PUBLIC if design.kind == "public" else ENTITY, {"draft": None}, id=design.row, trusted=True)
    return design_of(tx, design.kind, design.key)


def publish(tx: Tx, design: Design, note: str = "") -> int:
    """The number of the version that is in use from now on; Invalid lists what is wrong with the draft.

    Before the first one, the form as it was is kept as version 1, so that it can be taken up again.
    """
    require_design(tx)
    kept = design if design.row else keep_draft(tx, design, design.form, design.stamp)
    number = design.number
    if number == 0 and kept.live is not None:
        number = _put_version(tx, kept, kept.live, 1, tx.say("form.as_it_was"))
    number = _put_version(tx, kept, kept.form, number + 1, note)
    if kept.kind != "public":
        save(tx, ENTITY, {"draft": None}, id=kept.row, trusted=True)
    return number


def _put_version(tx: Tx, design: Design, form: Shape, number: int, note: str) -> int:
    values = {
        "title": f"{design.name} {number}"[:200],
        design.owner: design.row,
        "number": number,
        "definition": msgspec.to_builtins(form),
        "note": note[:300],
    }
    save(tx, VERSION, values, trusted=True)
    return number


def versions_of(tx: Tx, design: Design) -> list[Record]:
    """The published versions, newest first."""
    require_design(tx)
    if design.row is None:
        return []
    wanted = Ask(entity=VERSION, filter=f'{design.owner} = "{design.row}"', sort=(Sort("number", True),), limit=100)
    return page(tx.acting_as(_eye(tx)), wanted).records


def version_shape(tx: Tx, design: Design, number: int) -> Shape:
    """A published version as it was; NotFound when there is none of that number."""
    found = next((each for each in versions_of(tx, design) if each["number"] == number), None)
    if found is None:
        raise NotFound("form.no_such_version", number=number)
    kind = FormDef if design.kind in ("record", "quick") else FormDefinition
    made: Shape = read_as(kind, found["definition"])
    return made


def restore(tx: Tx, design: Design, number: int, seen: int) -> Design:
    """The design with a published version as its draft."""
    return keep_draft(tx, design, version_shape(tx, design, number), seen)
