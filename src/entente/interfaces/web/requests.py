"""The forms that the page of a record offers."""

from entente.interfaces.html.views.frame import Action
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record
from entente.services.forms.named import placed_on


def requests_on(tx: Tx, entity: Entity, record: Record) -> tuple[Action, ...]:
    """The forms that can be sent about a record, for whoever may change records of its kind."""
    if tx.principal.depth(entity.name, "update") == "none":
        return ()
    return tuple(
        Action(label=form.definition.title.to(tx.language), url=f"/form/{form.key}?record={record.id}", icon="forms")
        for form in placed_on(tx, entity.name)
        if form.starts != "none"
    )
