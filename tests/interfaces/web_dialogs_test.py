"""Dialogs of actions speak both languages: no field is called by its key."""

import msgspec

from entente.interfaces.web.params import field_of
from entente.interfaces.web.parts import is_part
from entente.kernel.kit.words import LANGUAGES
from tests.world.cast import World


def test_every_field_of_every_dialog_has_words(world: World) -> None:
    nameless = []
    with world.acts("admin") as tx:
        for action in (each for each in tx.catalog.actions.values() if each.entity in tx.catalog.entities):
            entity = tx.catalog.entity(action.entity)
            for parameter in msgspec.structs.fields(action.params) if action.params else ():
                if is_part(tx, parameter) or parameter.name in entity.fields:
                    continue
                field = field_of(tx, entity, action, parameter).definition
                texts = [field.label, *(choice.label for choice in field.choices)]
                nameless += [text.to(each) for text in texts for each in LANGUAGES if "." in text.to(each).strip(".")]
    assert nameless == []
