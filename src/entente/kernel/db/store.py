"""Catalogs in the database: the customer's layer as rows, the shape that was last applied, one version number."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from entente.kernel.db.indexing import run_steps
from entente.kernel.db.wire import Wire
from entente.kernel.metadata.catalog import Catalog, Sources
from entente.kernel.metadata.entity import EntityDef, Extension
from entente.kernel.metadata.forms import EntityForm
from entente.kernel.metadata.plan import Shape, plan, shape_of, with_remains
from entente.kernel.metadata.screens import Screens

STRUCTS: Mapping[str, type] = {"entity": EntityDef, "extension": Extension, "form": EntityForm, "screens": Screens}


def load_catalog(connection: Wire, schema: str, standard: Sources) -> Catalog:
    """The catalog of the organisation in a schema: the standard layer, then the customer's."""
    version = catalog_version(connection, schema)
    return Catalog(with_customer_layer(standard, read_definitions(connection, schema)), schema=schema, version=version)


def catalog_version(connection: Wire, schema: str) -> int:
    """The version that the organisation's catalog has now."""
    found = connection.ask("SELECT catalog_version FROM {schema}.state", schema, {}).values
    return int(found[0][0]) if found else 0


def read_definitions(connection: Wire, schema: str) -> dict[str, list[Any]]:
    """The customer's declarations by kind."""
    made: dict[str, list[Any]] = {kind: [] for kind in STRUCTS}
    rows = connection.execute(f'SELECT kind, doc FROM "{schema}".definition ORDER BY kind, name').fetchall()  # noqa: S608
    for kind, doc in rows:
        made[kind].append(msgspec.convert(doc, STRUCTS[kind]))
    return made


def with_customer_layer(standard: Sources, customer: Mapping[str, list[Any]]) -> Sources:
    """The standard declarations with the customer's on top; his screens and forms replace the standard ones."""
    if not any(customer.values()):
        return standard
    replaced = {made.screens for made in customer["screens"]}
    screens = (*(made for made in standard.screens if made.screens not in replaced), *customer["screens"])
    return msgspec.structs.replace(
        standard,
        entities=(*standard.entities, *customer["entity"]),
        extensions=(*standard.extensions, *customer["extension"]),
        screens=tuple(_with_forms(made, customer["form"]) for made in screens),
    )


def _with_forms(screens: Screens, designed: Sequence[EntityForm]) -> Screens:
    """The screens with those forms that the customer designed in place of the shipped ones."""
    own = {made.form.key: made.form for made in designed if made.entity == screens.screens}
    if not own:
        return screens
    kept = (made for made in screens.forms if made.key not in own)
    return msgspec.structs.replace(screens, forms=(*kept, *own.values()))


def apply_catalog(connection: Wire, catalog: Catalog) -> int:
    """Bring the organisation's tables to the catalog's shape in the caller's transaction; how many steps it took.

    The shape, the new version and the notice to other processes commit together with the DDL.
    """
    schema = catalog.schema
    found = connection.execute(f'SELECT shape FROM "{schema}".state FOR UPDATE').fetchone()  # noqa: S608
    old = msgspec.convert(found[0] if found and found[0] else {}, Shape)
    new = with_remains(old, shape_of(catalog))
    steps = plan(schema, old, new)
    run_steps(connection, schema, steps)
    if steps or old != new:
        connection.execute(
            f'UPDATE "{schema}".state SET shape = %s, catalog_version = catalog_version + 1'.encode(),  # noqa: S608
            (psycopg.types.json.Jsonb(msgspec.to_builtins(new)),),
        )
        connection.execute("SELECT pg_notify('entente_catalog', %s)", (schema,))
    return len(steps)
