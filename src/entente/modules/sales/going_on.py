"""What a stage asks of an opportunity before it goes on: fields, activities that were done, documents."""

from collections.abc import Sequence
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.record import Draft, Record
from entente.modules.base.activity import has_happened
from entente.modules.base.lookup import matching


def missing_to_go_on(tx: Tx, deal: Draft, left: Record) -> Sequence[Refused]:
    """What an opportunity still lacks to go on from a stage, one refusal for each."""
    return [*_fields(tx, deal, left), *_activities(tx, deal, left), *_documents(tx, deal, left)]


def _stage(tx: Tx, left: Record) -> str:
    return tx.words.called(tx.language, left.id, str(left["name"]))


def _fields(tx: Tx, deal: Draft, left: Record) -> list[Refused]:
    fields = tx.catalog.entity("opportunity").fields
    asked = [fields[name] for name in left["exit_fields"] or () if name in fields]
    return [
        Refused("opportunity.needed_to_go_on", field=field.name, stage=_stage(tx, left))
        for field in asked
        if field.type.is_empty(deal[field.name])
    ]


def _activities(tx: Tx, deal: Draft, left: Record) -> list[Refused]:
    """The kinds of activity of which none was done; one that did not take place counts as none."""
    return [
        Refused("opportunity.activity_needed", stage=_stage(tx, left), what=_label(tx, "exit_activities", kind))
        for kind in left["exit_activities"] or ()
        if not _was_done(tx, kind, deal.id)
    ]


def _was_done(tx: Tx, kind: str, deal: UUID) -> bool:
    done = matching(tx, kind, f'regarding = "{deal}" and done_at != null')
    return any(has_happened(each) and each["status"] != "not_held" for each in done)


def _documents(tx: Tx, deal: Draft, left: Record) -> list[Refused]:
    asked = left["exit_documents"] or ()
    found = matching(tx, "document", f'regarding = "{deal.id}" and status = "active"') if asked else []
    there = {each["type"] for each in found if each["current_version"]}
    return [
        Refused("opportunity.document_needed", stage=_stage(tx, left), what=_label(tx, "exit_documents", kind))
        for kind in asked
        if kind not in there
    ]


def _label(tx: Tx, field: str, key: str) -> str:
    choices = tx.catalog.entity("pipeline_stage").field(field).definition.choices
    return next((choice.label.to(tx.language) for choice in choices if choice.key == key), key)
