"""An entity and its fields, as declared: the same struct is a YAML file, a jsonb row and the API's body."""

from typing import Any, Literal

import msgspec

from entente.kernel.kit.words import Text

Origin = Literal["standard", "extension", "customer"]
Access = Literal["owned", "shared", "through", "open"]
# All; those that people meet; of these: those whose records have an owner, those that are known again when entered.
EntityKind = Literal["entities", "shown_entities", "owned_entities", "recognised_entities"]

HUES = ("gray", "red", "orange", "amber", "green", "teal", "cyan", "blue", "violet", "pink")


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One option of a choice: the key is stored, the label shown; `group` classes it (a status' state)."""

    key: str
    label: Text
    hue: str = "gray"
    group: str | None = None


class FieldDef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field as declared; which options mean something depends on its type (one file each in `metadata/types`)."""

    type: str
    label: Text
    help: Text | None = None
    required: bool = False
    unique: bool = False
    index: bool = False  # an index for filters and sorting; links and choices have one anyway
    search: bool = False  # part of the record's full-text search and of the infix (trigram) search
    default: Any = None
    read_only: bool = False  # written by behaviours only, never by a person or an API body
    computed: str | bool = False  # True: a @derive writes it; a text: a one-line expression that is stored
    audited: bool = True
    personal: bool = False  # personal data: masked in logs, exported and erased on request
    max_length: int | None = None
    min: float | None = None
    max: float | None = None
    decimals: int | None = None
    choices: tuple[Choice, ...] = ()
    choices_from: EntityKind | None = None  # choices: those entities of the catalog, by their labels
    fields_of: str | None = None  # choices: the fields of that entity which people fill in, by their labels
    format: str | None = None  # json, long text: how a value is meant, asked for and told (`interfaces/web/formats`)
    of: tuple[str, ...] = ()  # the fields of the record that hold the entities which a value in this format speaks of
    to: str | tuple[str, ...] = ()  # link: the target entity; polymorphic: the targets
    on_delete: Literal["restrict", "clear", "cascade"] = "clear"
    via: str | None = None  # many links: the entity that joins the two (with attributes)
    inverse: Text | None = None  # link: title of the related list that the target shows; none: not shown
    sparse: bool = False  # link: empty in nearly every record; its index holds the filled ones only
    lineage: bool = False  # link: the record that this one was made from; its timeline goes on here
    show_if: str | None = None  # expression: the form shows the field when true
    required_if: str | None = None  # expression: required when true, checked by the server too
    parts: tuple[str, ...] = ()  # person_name: the fields that make the name
    pattern: str | None = None  # auto_number: 'C-{year}-{number:05}'
    kinds: tuple[Choice, ...] = ()  # phone and e-mail sets: the kinds of number
    origin: Origin = "standard"


class UniqueRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Fields whose values, together, occur once; `where` (an SQL-able expression) limits the rows it speaks of."""

    fields: tuple[str, ...]
    where: str | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something worth a name that happens to a record: one of its choices goes from `old` (none: any) to `new`.

    Rules may be for it: those of the entity, and those of the record that the link `of` leads to.
    """

    key: str
    label: Text  # a sentence: "A parcel is shipped"
    field: str
    new: tuple[str, ...]
    old: tuple[str, ...] = ()
    of: str | None = None


class EntityDef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entity as declared.

    `access`: owned rows have owner, team and unit and are seen by depth; shared rows are seen by all who have the
    privilege at any depth; rows `through` a link are seen by those who see the linked record; open rows by all users.
    """

    entity: str
    label: Text
    plural: Text
    feminine: bool = False  # how the French label is called: une tâche
    path: str  # the collection's name in URLs: leads
    icon: str = "database"
    hue: str = "gray"
    title: str = "name"
    subtitle: str | None = None
    access: Access = "owned"
    through: str | None = None  # the link field that lends its access
    fields: dict[str, FieldDef]
    unique: tuple[UniqueRule, ...] = ()
    moments: tuple[Moment, ...] = ()
    timeline: bool = False  # has notes, activities, followers and files
    activity: bool = False  # is itself shown on the timeline of the record it regards
    due: str | None = None  # activities: the field that says until when, or when it begins
    board: tuple[str, ...] = ()  # choice or link fields that a board may group by
    value: str | None = None  # the money field that boards and lists sum
    weight: str | None = None  # the percent field that weighs the value
    currency: str | None = None  # the link to the currency of amounts that are written without one, over links: a.b
    journal: bool = True
    entrusted: str | None = None  # the engine's function (person, moment, id) of the ids of rows entrusted to him
    audience: str | None = None  # owned rows: the choice that says who besides the owner reads them, team or everyone
    kept_while: str | None = None  # expression: a person may not delete the record while it is true
    hidden: bool = False  # not offered in navigation, search or the palette
    origin: Origin = "standard"


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Fields that a module or a customer adds to an existing entity."""

    extends: str
    fields: dict[str, FieldDef]
    origin: Origin = "extension"


def owned_fields() -> dict[str, FieldDef]:
    """The fields that every owned entity has besides its own."""
    return {
        "owner": FieldDef(type="link", to="user", label=Text("Owner", "Attribué à"), index=True),
        "team": FieldDef(type="link", to="team", label=Text("Team", "Équipe"), index=True),
        "unit": FieldDef(type="link", to="business_unit", label=Text("Business unit", "Entité"), index=True),
    }


def system_fields() -> dict[str, FieldDef]:
    """The fields that every entity has, written by the engine alone."""
    return {
        "created_at": FieldDef(
            type="datetime", label=Text("Created on", "Créé le"), read_only=True, audited=False, index=True
        ),
        "created_by": FieldDef(
            type="link", to="user", label=Text("Created by", "Créé par"), read_only=True, audited=False
        ),
        "modified_at": FieldDef(
            type="datetime", label=Text("Modified on", "Modifié le"), read_only=True, audited=False, index=True
        ),
        "modified_by": FieldDef(
            type="link", to="user", label=Text("Modified by", "Modifié par"), read_only=True, audited=False
        ),
        "version": FieldDef(type="integer", label=Text("Version", "Version"), read_only=True, audited=False),
    }
