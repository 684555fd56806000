"""Rules as buttons: on the page of a record, and in the palette."""

from entente.interfaces.html.views.forms import FormView
from entente.interfaces.html.views.frame import Action
from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import exists, find
from entente.kernel.records.record import Record
from entente.services.automation.calling import buttons_of, label_of
from entente.services.automation.rules import Rule


def _url(entity: Entity, record: Record, rule: Rule) -> str:
    return f"/{entity.definition.path}/{record.id}/automations/{rule.id}"


def record_buttons(tx: Tx, entity: Entity, record: Record) -> tuple[Action, ...]:
    """The buttons of rules on a record; one that asks first opens a dialog."""
    return tuple(
        Action(
            label=label_of(rule, tx.language),
            url=_url(entity, record, rule),
            way="dialog" if rule.settings.confirm else "post",
            icon="bolt",
        )
        for rule in buttons_of(tx, entity, record, "record")
    )


def palette_buttons(tx: Tx, at: Ref | None, words: str) -> list[tuple[str, str]]:
    """The label and the dialog of each rule that can be called from the palette on the record one looks at."""
    if at is None or not exists(tx, at.entity, at.id):
        return []
    entity, record = tx.catalog.entity(at.entity), find(tx, at.entity, at.id)
    rules = {rule.id: rule for place in ("record", "list") for rule in buttons_of(tx, entity, record, place)}
    wanted = fold(words).split()
    found = [(label_of(rule, tx.language), _url(entity, record, rule)) for rule in rules.values()]
    return [(label, url) for label, url in found if all(word in fold(label) for word in wanted)]


def question(tx: Tx, rule: Rule, url: str) -> FormView:
    """The dialog that asks before a button acts."""
    label = label_of(rule, tx.language)
    return FormView(title=label, url=url, submit=label, sections=(), hidden={"sure": "1"})
