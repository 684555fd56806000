"""What the invented company has designed: rules on the page of its prospects, and forms in its pages."""

from pathlib import Path
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.forms import Rule
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish

IN_PANEL: dict[str, Any] = {"starts": "process", "embedded": ["panel"]}


class Designed(msgspec.Struct, frozen=True):
    """The rules of the prospects' page, what is requested there and noted at home, and companies of a public list."""

    companies: tuple[str, ...]
    rules: tuple[Rule, ...]
    meeting: FormDefinition
    proof: FormDefinition
    note: FormDefinition


def design_forms(tx: Tx) -> None:
    """Publish the rules and the forms of the invented company."""
    made = msgspec.yaml.decode((Path(__file__).parent / "forms.yaml").read_bytes(), type=Designed)
    page = design_of(tx, "record", "lead")
    ruled = msgspec.structs.replace(page.form, rules=made.rules)
    publish(tx, keep_draft(tx, page, ruled, page.stamp), tx.say("lead.rules_of_demo"))
    contact = design_of(tx, "public", "contact")
    offering = msgspec.structs.replace(contact.form, companies=made.companies)
    publish(tx, keep_draft(tx, contact, offering, contact.stamp), tx.say("lead.companies_of_demo"))
    _publish(tx, "meeting_request", made.meeting, {**IN_PANEL, "deed": "meeting_request"})
    _publish(tx, "poc_request", made.proof, {**IN_PANEL, "deed": "poc_request"})
    _publish(tx, "noted_prospect", made.note, {"starts": "save", "embedded": ["home"]})


def _publish(tx: Tx, key: str, form: FormDefinition, values: dict[str, Any]) -> None:
    name = form.title.to(tx.language)
    save(tx, "form", {"name": name, "key": key, "kind": "named", "entity": "lead", **values})
    design = design_of(tx, "named", key)
    publish(tx, keep_draft(tx, design, form, design.stamp))
