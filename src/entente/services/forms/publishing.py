"""Publishing a form: a version that is proved, numbered and final, and what it changes at once."""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.db.versions import bump_catalog
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.forms import EntityForm, FormDef
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.checking import (
    read_as,
    refuse_unsound_design,
    refuse_unsound_named,
    refuse_unsound_prefill,
    refuse_unsound_public,
)
from entente.services.forms.definition import FormDefinition
from entente.services.forms.named import ENTITY
from entente.services.forms.published import ENTITY as PUBLIC

Values = Mapping[str, Any]


def prove_version(tx: Tx, values: Values) -> None:
    """Refused or Invalid when a version could not be shown or sent, or belongs to no form; else nothing."""
    if bool(values["form"]) == bool(values["web_form"]):
        raise Refused("form.unknown", field="form")
    if values["web_form"]:
        entity = tx.catalog.entity(find(tx, PUBLIC, values["web_form"])["entity"])
        refuse_unsound_public(tx, entity, read_as(FormDefinition, values["definition"]))
        return
    owner = find(tx, ENTITY, values["form"])
    about = tx.catalog.entity(owner["entity"]) if owner["entity"] else None
    if owner["kind"] == "named":
        made = read_as(FormDefinition, values["definition"])
        refuse_unsound_named(about, made)
        refuse_unsound_prefill(tx, tx.catalog.entities.get(owner["host"] or owner["entity"] or ""), made)
    elif about is None:
        raise Refused("entity.unknown", field="form", entity=owner["entity"])
    else:
        refuse_unsound_design(about, _of_kind(owner, values["definition"]))


def _of_kind(owner: Record, definition: Any) -> FormDef:
    made: FormDef = read_as(FormDef, definition)
    return msgspec.structs.replace(made, key=owner["kind"])


def take_effect(tx: Tx, version: Record) -> None:
    """Make a version the one that is used: pages of records through the catalog, public forms through their row."""
    if version["web_form"]:
        save(tx, PUBLIC, {"definition": version["definition"], "draft": None}, id=version["web_form"], trusted=True)
        return
    owner = find(tx, ENTITY, version["form"])
    if owner["kind"] == "named":
        return
    made = EntityForm(entity=owner["entity"], form=_of_kind(owner, version["definition"]))
    engine_rows(
        tx,
        "INSERT INTO {schema}.definition (kind, name, doc) VALUES ('form', %(name)s, %(doc)s)"
        " ON CONFLICT (kind, name) DO UPDATE SET doc = excluded.doc",
        name=f"{made.entity}.{made.form.key}",
        doc=Jsonb(msgspec.to_builtins(made)),
    )
    bump_catalog(tx)
