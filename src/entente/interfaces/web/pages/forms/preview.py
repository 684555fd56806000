"""A form as those of a role see it: drawn by the same functions, with that role's rights and no record's values."""

import msgspec

from entente.interfaces.html.live_rules import live_rules
from entente.interfaces.html.views.designer import Preview
from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.web.drawing import record_sections, with_conditions
from entente.interfaces.web.fields import title_of
from entente.interfaces.web.named_forms import form_parts
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.identity.rights import grants_of
from entente.kernel.kit.grants import merge_grants
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import Principal
from entente.kernel.metadata.forms import FormDef, spelt_out
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.services.forms.designing import Design
from entente.services.forms.named import NamedForm


def preview_of(tx: Tx, design: Design, role: str, *, phone: bool) -> Preview:
    """The draft as a role sees it; as an administrator does when none is chosen."""
    roles = _roles(tx)
    chosen = next((each for each in roles if str(each.id) == role), None)
    seen = tx.acting_as(in_role(tx, roles, chosen)) if chosen else tx
    return Preview(
        parts=_parts(seen, design),
        role=str(chosen.id) if chosen else "",
        roles=tuple((str(each.id), title_of(tx, tx.catalog.entity("role"), each)) for each in roles),
        phone=phone,
    )


def _roles(tx: Tx) -> list[Record]:
    reader = tx.acting_as(msgspec.structs.replace(tx.principal, system_reason="design", field_rules={}))
    return page(reader, Ask(entity="role", sort=(Sort("name"),), limit=100)).records


def in_role(tx: Tx, roles: list[Record], role: Record) -> Principal:
    """The principal with the rights of one role and of those that everyone has, and no others."""
    held = merge_grants([grants_of(each) for each in roles if each.id == role.id or each["baseline"]])
    return msgspec.structs.replace(
        tx.principal, grants=held.entities, field_rules=held.fields, may=held.may, is_admin=held.is_admin
    )


def _parts(tx: Tx, design: Design) -> FormParts:
    if not isinstance(design.form, FormDef):
        return form_parts(tx, _as_named(design), None)
    entity = tx.catalog.entity(design.key)
    rules = spelt_out(design.form.rules, design.form.sections)
    form = with_conditions(entity, design.form, is_new=True)
    sections = record_sections(tx, entity, form, {}, {}, rules=rules)
    live = live_rules(
        tx,
        form.sections,
        rules,
        entity.fields,
        {},
        readable=lambda name: may_use(tx, entity.name, name),
    )
    return FormParts(sections=sections, names=Names(), live=live)


def _as_named(design: Design) -> NamedForm:
    """A form outside the pages of records as one that can be drawn, whatever it is bound to."""
    assert not isinstance(design.form, FormDef)
    owner = parse_id("00000000-0000-0000-0000-000000000000")
    assert owner is not None
    return NamedForm(
        id=design.row or owner,
        key=design.key,
        name=design.name,
        entity=design.entity,
        version=design.number,
        definition=design.form,
    )
