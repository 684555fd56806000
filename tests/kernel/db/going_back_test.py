"""A release that is taken back and installed again finds its fields with what was in them."""

import msgspec
import pytest

from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation
from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Extension, FieldDef
from entente.kernel.metadata.plan import Destructive
from entente.kernel.records.save import save

LABEL = Text("Hold", "Cale")


def installed(database: Database, **fields: FieldDef) -> Database:
    """The release whose tags have these fields besides the usual ones."""
    more = (Extension(extends="tag", fields=fields),) if fields else ()
    usual = tuple(each for each in database.sources.extensions if "hold" not in each.fields)
    database.sources = msgspec.structs.replace(database.sources, extensions=(*usual, *more))
    create_organisation(database, "main", "Main")
    database.forget_catalogs()
    return database


def test_a_release_taken_back_and_installed_again_keeps_its_fields_and_what_was_in_them(database: Database) -> None:
    fields = {
        "hold": FieldDef(type="text", label=LABEL, index=True),
        "berth": FieldDef(type="link", to="user", label=LABEL),
    }
    with installed(database, **fields).begin(system("test")) as tx:
        save(tx, "tag", {"name": "Full", "hold": "wheat"})
    with installed(database).begin(system("test")) as tx:
        save(tx, "tag", {"name": "Empty"})
    with installed(database, **fields).begin(system("test")) as tx:
        held = engine_rows(tx, "SELECT name, hold FROM {schema}.tag WHERE name IN ('Full', 'Empty') ORDER BY name")
    assert [(row["name"], row["hold"]) for row in held] == [("Empty", None), ("Full", "wheat")]


def test_a_field_that_comes_back_as_something_else_is_refused_by_name(database: Database) -> None:
    installed(installed(database, hold=FieldDef(type="text", label=LABEL)))
    with pytest.raises(Destructive) as refusal:
        installed(database, hold=FieldDef(type="integer", label=LABEL))
    assert refusal.value.what == ["tag.hold: TEXT -> BIGINT"]
