"""What the invented company has designed: rules on the page of its prospects, and forms in its pages."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.forms import Rule
from entente.kernel.records.save import Write, save, save_many
from entente.kernel.seeding import seed_id
from entente.modules.sales.invented import FORM_KEYS, FORMS
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish
from entente.services.forms.named import ENTITY

IN_PANEL: Mapping[str, Any] = {"starts": "process", "embedded": ["panel"]}
BOUND: Mapping[str, Mapping[str, Any]] = {
    "meeting_request": {**IN_PANEL, "deed": "meeting_request"},
    "poc_request": {**IN_PANEL, "deed": "poc_request"},
    "noted_prospect": {"starts": "save", "embedded": ["home"]},
}


class Designed(msgspec.Struct, frozen=True):
    """The rules of the prospects' page, what is requested there and noted at home, and companies of a public list."""

    companies: tuple[str, ...]
    rules: tuple[Rule, ...]
    meeting: FormDefinition
    proof: FormDefinition
    note: FormDefinition


def design_forms(tx: Tx) -> None:
    """Publish the rules and the forms of the invented company; one stage of its renewals asks for the next step."""
    save(tx, "pipeline_stage", {"exit_fields": ["next_step"]}, id=seed_id("pipeline_stage", "renewal_review"))
    made = _designed()
    page = design_of(tx, "record", "lead")
    ruled = msgspec.structs.replace(page.form, rules=made.rules)
    publish(tx, keep_draft(tx, page, ruled, page.stamp), tx.say("lead.rules_of_demo"))
    contact = design_of(tx, "public", "contact")
    offering = msgspec.structs.replace(contact.form, companies=made.companies)
    publish(tx, keep_draft(tx, contact, offering, contact.stamp), tx.say("lead.companies_of_demo"))
    for key, form in _named(made).items():
        _publish(tx, key, form, BOUND[key])


def _designed() -> Designed:
    return msgspec.yaml.decode(FORMS.read_bytes(), type=Designed)


def _named(made: Designed) -> Mapping[str, FormDefinition]:
    return {key: getattr(made, name) for name, key in FORM_KEYS.items()}


def _publish(tx: Tx, key: str, form: FormDefinition, bound: Mapping[str, Any]) -> None:
    values = {"name": form.title.to(tx.language), "key": key, "kind": "named", "entity": "lead", **bound}
    save_many(tx, ENTITY, [Write(values=values, id=seed_id(ENTITY, key), create=True)])
    design = design_of(tx, "named", key)
    publish(tx, keep_draft(tx, design, form, design.stamp))
