"""The facts that modules ship are decodable, whole and in both languages."""

from pathlib import Path

import msgspec
import pytest

import entente.modules
from entente.kernel.metadata.entity import HUES, EntityDef, Extension, owned_fields, system_fields
from entente.kernel.metadata.screens import Screens

MODULES = Path(entente.modules.__path__[0])
MODULE_NAMES = ("base", "sales")


def _files(suffix: str) -> list[Path]:
    return [file for name in MODULE_NAMES for file in sorted((MODULES / name).glob(suffix))]


def _entities() -> dict[str, EntityDef]:
    found = {}
    for file in _files("*.screens.yaml"):
        facts = file.with_name(file.name.replace(".screens", ""))
        definition = msgspec.yaml.decode(facts.read_bytes(), type=EntityDef)
        found[definition.entity] = definition
    for file in _files("*.extension.yaml"):
        extension = msgspec.yaml.decode(file.read_bytes(), type=Extension)
        target = found[extension.extends]
        found[extension.extends] = msgspec.structs.replace(target, fields={**target.fields, **extension.fields})
    return found


ENTITIES = _entities()
SCREENS = {file.name: msgspec.yaml.decode(file.read_bytes(), type=Screens) for file in _files("*.screens.yaml")}


def _names(entity: str) -> set[str]:
    definition = ENTITIES[entity]
    own = set(definition.fields) | set(system_fields())
    return own | set(owned_fields()) if definition.access == "owned" else own


def test_engine_fields_are_not_declared_again() -> None:
    for definition in ENTITIES.values():
        assert not set(definition.fields) & set(system_fields()), definition.entity
        if definition.access == "owned":
            assert not set(definition.fields) & set(owned_fields()), definition.entity


def test_links_point_to_entities_that_exist() -> None:
    for definition in ENTITIES.values():
        for name, field in definition.fields.items():
            targets = (field.to,) if isinstance(field.to, str) else field.to
            for target in (*targets, *((field.via,) if field.via else ())):
                assert target in ENTITIES, f"{definition.entity}.{name} -> {target}"


def test_declared_names_of_fields_exist() -> None:
    for entity, definition in ENTITIES.items():
        named = [definition.title, *definition.board]
        optional = (definition.subtitle, definition.through, definition.value, definition.weight)
        named += [name for name in optional if name]
        named += [name for rule in definition.unique for name in rule.fields]
        named += [part for field in definition.fields.values() for part in field.parts]
        assert set(named) <= _names(entity), f"{entity}: {set(named) - _names(entity)}"


def test_paths_of_collections_are_unique() -> None:
    paths = [definition.path for definition in ENTITIES.values()]
    assert len(paths) == len(set(paths))


def test_hues_are_of_the_palette() -> None:
    for definition in ENTITIES.values():
        assert definition.hue in HUES
        for field in definition.fields.values():
            assert all(choice.hue in HUES for choice in field.choices)


def test_defaults_are_offered_choices() -> None:
    for entity, definition in ENTITIES.items():
        for name, field in definition.fields.items():
            if field.choices and field.default is not None:
                given = field.default if isinstance(field.default, list) else [field.default]
                assert set(given) <= {choice.key for choice in field.choices}, f"{entity}.{name}"


@pytest.mark.parametrize("screens", SCREENS.values(), ids=SCREENS)
def test_screens_name_fields_that_exist(screens: Screens) -> None:
    shown = [*screens.header, *([screens.path] if screens.path else [])]
    for made in screens.lists:
        shown += [*made.columns, *made.card, *(sort.field for sort in made.sort)]
        shown += [made.group_by] if made.group_by else []
    for form in screens.forms:
        shown += [name for section in form.sections for name in section.names]
    assert set(shown) <= _names(screens.screens), set(shown) - _names(screens.screens)
    for related in screens.related:
        named = {related.field, *related.columns, *(sort.field for sort in related.sort)}
        assert named <= _names(related.entity), named - _names(related.entity)


@pytest.mark.parametrize("screens", SCREENS.values(), ids=SCREENS)
def test_screens_have_lists_and_both_forms(screens: Screens) -> None:
    assert {form.key for form in screens.forms} == {"quick", "record"}
    keys = [made.key for made in screens.lists]
    assert keys
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("screens", SCREENS.values(), ids=SCREENS)
def test_record_form_offers_every_field_once(screens: Screens) -> None:
    form = next(form for form in screens.forms if form.key == "record")
    names = [name for section in form.sections for name in section.names]
    assert len(names) == len(set(names)), screens.screens


@pytest.mark.parametrize("entity", ENTITIES, ids=str)
def test_labels_exist_in_both_languages(entity: str) -> None:
    definition = ENTITIES[entity]
    texts = [definition.label, definition.plural, *(field.label for field in definition.fields.values())]
    texts += [choice.label for field in definition.fields.values() for choice in field.choices]
    assert all(text.en.strip() and text.fr.strip() for text in texts)
    assert not any("'" in text.fr for text in texts), "French takes ’"
