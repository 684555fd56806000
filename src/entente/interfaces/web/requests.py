"""The forms that the page of a record offers."""

from entente.interfaces.html.views.frame import Action
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record
from entente.services.forms.named import NamedForm, embedded_in, placed_on


def requests_on(tx: Tx, entity: Entity, record: Record) -> tuple[Action, ...]:
    """The forms that can be sent about a record, for whoever may do what they do."""
    return tuple(
        Action(
            label=form.definition.title.to(tx.language), url=f"/form/{form.key}?{_about(form, record)}", icon="forms"
        )
        for form in placed_on(tx, entity.name)
        if form.starts != "none" and may_send(tx, form)
    )


def forms_in(tx: Tx, place: str, record: Record | None = None) -> tuple[str, ...]:
    """The addresses of the forms that stand in a place of a page, for whoever may send them."""
    return tuple(
        f"/form/{form.key}?{_about(form, record) + '&' if record else ''}in={place}"
        for form in embedded_in(tx, place, record.entity if record else "")
        if may_send(tx, form)
    )


def may_send(tx: Tx, form: NamedForm) -> bool:
    """Whether the asker may do what the form does: write its record, or change the one on whose page it stands."""
    about = form.entity or form.host
    creates = form.starts == "save" and form.host != form.entity
    return not about or tx.principal.depth(about, "create" if creates else "update") != "none"


def _title(tx: Tx, form: NamedForm) -> str:
    return form.definition.title.to(tx.language)


def _about(form: NamedForm, record: Record) -> str:
    return f"record={record.id}" if form.entity == record.entity else f"on={record.id}"
