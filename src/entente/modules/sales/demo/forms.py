"""What the invented company has designed: rules on the page of its prospects, and a request that starts a process."""

from pathlib import Path

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.forms import Rule
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish

REQUEST, PROCESS = "meeting_request", "meeting_request"


class Designed(msgspec.Struct, frozen=True):
    """The rules of the prospects' page, and the request."""

    rules: tuple[Rule, ...]
    request: FormDefinition


def design_forms(tx: Tx) -> None:
    """Publish the rules and the request of the invented company."""
    made = msgspec.yaml.decode((Path(__file__).parent / "forms.yaml").read_bytes(), type=Designed)
    page = design_of(tx, "record", "lead")
    ruled = msgspec.structs.replace(page.form, rules=made.rules)
    publish(tx, keep_draft(tx, page, ruled, page.stamp), tx.say("lead.rules_of_demo"))
    save(
        tx,
        "form",
        {
            "name": made.request.title.to(tx.language),
            "key": REQUEST,
            "kind": "named",
            "entity": "lead",
            "starts": "process",
            "deed": PROCESS,
            "placed": True,
        },
    )
    request = design_of(tx, "named", REQUEST)
    publish(tx, keep_draft(tx, request, made.request, request.stamp))
