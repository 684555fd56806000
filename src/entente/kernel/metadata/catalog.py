"""The catalog: everything that an organisation's data and screens are made of, immutable and versioned."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec
import sqlalchemy as sa

from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import NotFound
from entente.kernel.kit.words import Text
from entente.kernel.metadata.code import STAGES, ActionDef, Behaviour, Stage
from entente.kernel.metadata.entity import EntityDef, Extension, FieldDef
from entente.kernel.metadata.entity_choices import with_entity_choices
from entente.kernel.metadata.facets import facets_of
from entente.kernel.metadata.naming import misnamed
from entente.kernel.metadata.screens import Menu, Screens
from entente.kernel.metadata.tables import Field, all_fields, build_pairs, build_table


class Entity:
    """An entity at work: its declaration, its fields, its tables and the code attached to it."""

    def __init__(self, definition: EntityDef, metadata: sa.MetaData, code: Sequence[Behaviour]) -> None:
        self.definition = definition
        self.name = definition.entity
        self.fields: Mapping[str, Field] = MappingProxyType(all_fields(definition))
        self.table = build_table(definition, self.fields, metadata)
        self.pairs = build_pairs(definition, self.fields, metadata)
        self.facets = facets_of(self.fields, self.table)
        self.columns: Mapping[str, tuple[str, ...]] = {
            name: tuple(column.name for column in field.type.columns(name, field.definition))
            for name, field in self.fields.items()
        }
        self.behaviours: Mapping[Stage, tuple[Behaviour, ...]] = {
            stage: tuple(made for made in code if made.stage == stage and made.entity in ("*", self.name))
            for stage in STAGES
        }

    @property
    def label(self) -> Text:
        """What one record is called."""
        return self.definition.label

    @property
    def plural(self) -> Text:
        """What several records are called."""
        return self.definition.plural

    def one(self, language: str) -> str:
        """What one record is called amid a sentence about a new one: "lead", "un prospect"."""
        label = self.label.to(language).lower()
        return f"{'une' if self.definition.feminine else 'un'} {label}" if language == "fr" else label

    def this(self, language: str) -> str:
        """What one record is called amid a sentence about it: "lead", "le prospect", "l’opportunité"."""
        label = self.label.to(language).lower()
        if language != "fr":
            return label
        if fold(label)[:1] in "aeiouyhœ":
            return f"l’{label}"
        return f"{'la' if self.definition.feminine else 'le'} {label}"

    def field(self, name: str) -> Field:
        """The field of a name; NotFound when there is none."""
        found = self.fields.get(name)
        if found is None:
            raise NotFound("field.unknown", field=name)
        return found

    def own_code(self, stage: Stage) -> tuple[Behaviour, ...]:
        """The behaviours of a stage, in their order."""
        return self.behaviours[stage]


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What a catalog is made from: declarations in layer order, and code in module order."""

    entities: tuple[EntityDef, ...]
    extensions: tuple[Extension, ...] = ()
    screens: tuple[Screens, ...] = ()
    menus: tuple[Menu, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    actions: tuple[ActionDef, ...] = ()


class Content:
    """What catalogs of the same declarations share in schemas of one name: entities with their tables, proved."""

    def __init__(self, sources: Sources, schema: str) -> None:
        self.sources = sources
        metadata = sa.MetaData(schema=schema)
        declared = with_entity_choices(_with_extensions(sources))
        _refuse([fault for made in declared for fault in misnamed(made)])
        _refuse(_doubled(made.entity for made in declared) + _doubled(made.path for made in declared))
        self.entities: Mapping[str, Entity] = MappingProxyType(
            {made.entity: Entity(made, metadata, sources.behaviours) for made in declared}
        )
        self.by_path = {entity.definition.path: entity for entity in self.entities.values()}
        self.screens = {made.screens: made for made in sources.screens}
        self.actions = {made.key: made for made in sources.actions}
        self._prove()

    def _prove(self) -> None:
        """Refuse to start with declarations that name what does not exist."""
        named = {made.entity for made in self.sources.behaviours} | {made.entity for made in self.sources.actions}
        faults = [f"code names unknown entity {name!r}" for name in sorted(named - {"*", *self.entities})]
        faults += [f"screens of unknown entity {name!r}" for name in self.screens if name not in self.entities]
        for entity in self.entities.values():
            faults += _faults_of(entity, self.entities)
        _refuse(faults)


MOST = 16
_contents: OrderedDict[tuple[int, str], Content] = OrderedDict()


def _content(sources: Sources, schema: str) -> Content:
    key = (id(sources), schema)
    found = _contents.get(key)
    if found is None:
        # The content holds its sources, so that their id is not given to others.
        found = _contents[key] = Content(sources, schema)
        while len(_contents) > MOST:
            _contents.popitem(last=False)
    return found


class Catalog:
    """All entities of one organisation at one version."""

    def __init__(self, sources: Sources, *, schema: str, version: int) -> None:
        self.sources = sources
        self.schema = schema
        self.version = version
        self.content = _content(sources, schema)
        self.entities = self.content.entities
        self.by_path = self.content.by_path
        self.screens = self.content.screens
        self.menus = sources.menus
        self.actions = self.content.actions

    def entity(self, name: str) -> Entity:
        """The entity of a name; NotFound when there is none."""
        found = self.entities.get(name)
        if found is None:
            raise NotFound("entity.unknown", entity=name)
        return found

    def at_path(self, path: str) -> Entity:
        """The entity whose collection has this name in URLs; NotFound when there is none."""
        found = self.by_path.get(path)
        if found is None:
            raise NotFound("entity.unknown", entity=path)
        return found

    def action(self, entity: str, name: str) -> ActionDef:
        """The action of an entity, or the one that all entities have; NotFound when there is none."""
        found = self.actions.get(f"{entity}.{name}") or self.actions.get(f"*.{name}")
        if found is None:
            raise NotFound("action.unknown", action=name)
        return found

    def actions_of(self, entity: str) -> list[ActionDef]:
        """The actions that buttons offer on records of an entity."""
        return [made for made in self.actions.values() if made.entity in ("*", entity) and made.shown]

    def pointing_to(self, target: str) -> Iterable[tuple[Entity, Field]]:
        """Every link field of any entity that may point to records of the target."""
        for entity in self.entities.values():
            for field in entity.fields.values():
                if field.type.key in ("link", "polymorphic") and target in _targets(field):
                    yield entity, field


def _targets(field: Field) -> tuple[str, ...]:
    return _ends(field.definition)


def _faults_of(entity: Entity, known: Mapping[str, Entity]) -> list[str]:
    faults = [
        f"{entity.name}.{field.name} points to unknown entity {target!r}"
        for field in entity.fields.values()
        for target in _targets(field)
        if target not in known
    ]
    writers = [name for made in entity.own_code("derive") for name in made.sets]
    faults += [
        f"{entity.name}.{name} is set by a derive but is no field" for name in writers if name not in entity.fields
    ]
    if entity.definition.title not in entity.fields:
        faults.append(f"{entity.name} has its title in unknown field {entity.definition.title!r}")
    for field in entity.fields.values():
        if field.definition.computed is True and writers.count(field.name) != 1:
            faults.append(f"{entity.name}.{field.name} is computed but has {writers.count(field.name)} writers")
    for moment in entity.definition.moments:
        told = entity.definition.fields.get(moment.field)
        keys = {choice.key for choice in told.choices} if told else set()
        if not {*moment.old, *moment.new} <= keys or (moment.of and moment.of not in entity.fields):
            faults.append(f"{entity.name} has the moment {moment.key!r} of unknown fields or options")
    if entity.definition.through and entity.definition.through not in entity.fields:
        faults.append(f"{entity.name} takes its access through unknown field {entity.definition.through!r}")
    return faults


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ValueError("; ".join(faults))


def _doubled(names: Iterable[str]) -> list[str]:
    return [f"{name!r} is declared {times} times" for name, times in Counter(names).items() if times > 1]


def _added(known: FieldDef | None, field: FieldDef) -> FieldDef:
    """The field of an extension; one that may point to several entities points to those declared before as well."""
    if known is None or known.type != field.type or field.type != "polymorphic":
        return field
    return msgspec.structs.replace(field, to=tuple(dict.fromkeys((*_ends(known), *_ends(field)))))


def _ends(field: FieldDef) -> tuple[str, ...]:
    return (field.to,) if isinstance(field.to, str) else tuple(field.to)


def _with_extensions(sources: Sources) -> list[EntityDef]:
    extended: list[EntityDef] = []
    for made in sources.entities:
        fields = dict(made.fields)
        for extension in sources.extensions:
            if extension.extends == made.entity:
                fields |= {
                    name: _added(fields.get(name), msgspec.structs.replace(field, origin=extension.origin))
                    for name, field in extension.fields.items()
                }
        extended.append(msgspec.structs.replace(made, fields=fields))
    return extended
