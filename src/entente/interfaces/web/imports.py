"""The import wizard's five steps and the list of past imports, as the templates show them."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from entente.interfaces.html.views import transfer as views
from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.fields import names_of
from entente.interfaces.web.previewed import preview_of
from entente.interfaces.web.shell import may_enter
from entente.interfaces.web.traced import records_url
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.services.transfer.importing import propose_mapping
from entente.services.transfer.plan import JOB, Preview, State, state_of
from entente.services.transfer.refusals import refused_rows, told
from entente.services.transfer.sheet import CellFault, SheetRow
from entente.services.transfer.targets import targets_of
from entente.services.transfer.traces import Trace, kept_of

SAMPLES = 3
SHOWN = 20
MOST_LEFT = 100
Shown = Literal["running", "paused", "stopped", "finished", "failed", "undoing", "undone", "checking", "checked"]
STATES: Mapping[str, Shown] = {
    "waiting": "paused",
    "running": "running",
    "done": "finished",
    "failed": "failed",
    "stopped": "stopped",
    "undoing": "undoing",
    "undone": "undone",
}
HUES = {
    "running": "blue", "undoing": "blue", "paused": "amber", "stopped": "amber", "finished": "green", "failed": "red",
    "undone": "gray",
}  # fmt: skip
ENDED = ("done", "failed", "stopped")


def importable(tx: Tx) -> list[Entity]:
    """The entities that the principal may fill from a file, in the order of the menus."""
    listed = [name for menu in tx.catalog.menus for name in menu.entities if name in tx.catalog.entities]
    others = [name for name, each in tx.catalog.entities.items() if not each.definition.hidden]
    found = [tx.catalog.entity(name) for name in dict.fromkeys([*listed, *others])]
    return [each for each in found if may_enter(tx, each) and tx.principal.depth(each.name, "create") != "none"]


def file_view(tx: Tx, csrf: str, *, entity: str = "", error: str = "") -> views.ImportView:
    """The first step: what and which file."""
    return views.ImportView(
        title=tx.say("import.new"),
        step="file",
        url="/imports/new",
        csrf=csrf,
        error=error,
        entity=entity,
        entities=tuple((each.name, each.plural.to(tx.language)) for each in importable(tx)),
        list_url="/imports",
    )


def step_view(tx: Tx, job: UUID, step: views.Step, csrf: str, *, error: str = "") -> views.ImportView:
    """Any later step of an import that the principal may see."""
    record = find(tx, JOB, job)
    state = state_of(tx, job)
    entity = tx.catalog.entity(record["entity"])
    waiting = record["status"] == "waiting"
    return views.ImportView(
        title=tx.say("import.title", entity=entity.plural.to(tx.language).lower()),
        step=step if waiting else "run",
        url=f"/imports/{job}/{step}" if waiting else f"/imports/{job}",
        csrf=csrf,
        error=error,
        file_name=record["name"],
        entity=entity.name,
        duplicates=state.plan.duplicates,
        rules=state.plan.rules,
        job=str(job),
        list_url="/imports",
        **(_step_parts(tx, record, state, entity, step) if waiting else _run_parts(tx, record, state, entity)),
    )


def _step_parts(tx: Tx, record: Record, state: State, entity: Entity, step: views.Step) -> dict[str, Any]:
    base = f"/imports/{record.id}"
    if step == "columns":
        return {"back_url": f"/imports/new?entity={entity.name}", **_column_parts(tx, record, state, entity)}
    if step == "duplicates":
        return {"back_url": f"{base}?step=columns"}
    back = {"back_url": f"{base}?step=duplicates"}
    return {**back, **_checked_parts(tx, record, state, entity, state.checked)} if state.checked else back


def _column_parts(tx: Tx, record: Record, state: State, entity: Entity) -> dict[str, Any]:
    proposal = propose_mapping(tx, record["file"], entity.name, sheet=state.plan.sheet)
    return {
        "fields": tuple((key, target.label.to(tx.language)) for key, target in targets_of(tx, entity).items()),
        "mappings": tuple(
            views.Mapping(
                column=column.header or tx.say("import.column_number", number=at + 1),
                field=column.target,
                sample=_samples(proposal.sample, at),
                guessed=not state.plan.columns.remembered,
            )
            for at, column in enumerate(state.plan.columns.columns)
        ),
        "sheets": proposal.sheets,
        "remembered": state.plan.columns.remembered,
        "remarks": tuple(tx.say(remark.code, **remark.values) for remark in state.plan.remarks),
    }


def _samples(rows: list[SheetRow], at: int) -> tuple[str, ...]:
    found = (str(row.cells[at]) for row in rows if at < len(row.cells) and row.cells[at] is not None)
    return tuple(list(dict.fromkeys(text[:40] for text in found))[:SAMPLES])


def _checked_parts(tx: Tx, record: Record, state: State, entity: Entity, checked: Preview) -> dict[str, Any]:
    names = [name for name in _filled(tx, entity, state) if name in entity.fields]
    labels = [entity.fields[name].definition.label.to(tx.language) for name in names]
    counts = checked.counts
    return {
        "headings": (tx.say("import.line"), tx.say("import.fate"), *labels),
        "preview": preview_of(tx, entity, state, checked.rows, names),
        "rejects_url": f"/imports/{record.id}/refused" if counts.refused and not checked.under_way else "",
        "rejected": tuple(
            _rejected(tx, entity, state, row.number, row.cells, fault)
            for row in checked.refused
            for fault in row.faults
        ),
        "progress": views.ImportProgress(
            total=record["total"] or counts.done,
            done=counts.done,
            created=counts.created,
            updated=counts.updated,
            skipped=counts.skipped,
            rejected=counts.refused,
            state="checking" if checked.under_way else "checked",
        ),
    }


def _filled(tx: Tx, entity: Entity, state: State) -> list[str]:
    """The fields that the columns fill, each once."""
    known = targets_of(tx, entity)
    keys = [column.target for column in state.plan.columns.columns if column.target in known]
    return list(dict.fromkeys(known[key].field for key in keys))


def _rejected(
    tx: Tx, entity: Entity, state: State, number: int, cells: tuple[str, ...], fault: CellFault
) -> views.Rejected:
    columns = state.plan.columns.columns
    at = fault.column if fault.column is not None and fault.column < len(columns) else None
    return views.Rejected(
        line=number,
        column=columns[at].header if at is not None else "",
        value=cells[at][:80] if at is not None and at < len(cells) else "",
        reason=tx.say(fault.code, **fault.values) if at is not None else told(tx, entity, state, fault),
    )


def _run_parts(tx: Tx, record: Record, state: State, entity: Entity) -> dict[str, Any]:
    base = f"/imports/{record.id}"
    found = refused_rows(tx, record.id, most=SHOWN)
    lines = tuple(
        _rejected(tx, entity, state, row.number, row.cells, fault)
        for row in found
        if row.number
        for fault in row.faults
    )
    stopped = [told(tx, entity, state, fault) for row in found if not row.number for fault in row.faults]
    return {
        "progress": _progress(tx, record, state, " ".join(stopped)),
        "rejected": lines,
        "rejects_url": f"{base}/refused" if lines else "",
        "actions": tuple(_actions(tx, record, entity, base)),
        **(_left_parts(tx, record, state, entity) if record["status"] == "undone" else {}),
    }


def _left_parts(tx: Tx, record: Record, state: State, entity: Entity) -> dict[str, Any]:
    left = tuple(
        views.LeftRecord(
            title=each.title or tx.say("record.untitled"),
            url=f"/{tx.catalog.entity(each.entity).definition.path}/{each.id}",
            reason=tx.say(each.reason),
            by=each.changed_by or "",
            at=each.changed_at,
        )
        for each in kept_of(tx, record.id, most=MOST_LEFT)
    )
    count = state.undo_left or 0
    url = records_url(entity, record.id, "kept") if count > len(left) else ""
    return {"left": left, "left_count": count, "left_url": url}


def _progress(tx: Tx, record: Record, state: State, stopped: str) -> views.ImportProgress:
    done, total = record["done"] or 0, record["total"] or 0
    shown = STATES[record["status"]]
    if state.undo_left and shown == "undone":
        stopped = tx.say("import.undo_left", count=state.undo_left)
    if shown == "stopped":
        stopped = tx.say("import.stopped_help")
    return views.ImportProgress(
        total=total,
        done=done,
        created=record["created_count"] or 0,
        updated=record["updated_count"] or 0,
        skipped=record["skipped_count"] or 0,
        rejected=record["refused_count"] or 0,
        seconds_left=_seconds_left(tx, record, done, total),
        state=shown,
        error=stopped,
    )


def _seconds_left(tx: Tx, record: Record, done: int, total: int) -> int | None:
    if not done or not record["started_at"] or done >= total:
        return None
    passed: float = (tx.clock.now() - record["started_at"]).total_seconds()
    return round(passed / done * (total - done))


def _actions(tx: Tx, record: Record, entity: Entity, base: str) -> list[Action]:
    made = []
    if record["status"] == "running":
        made.append(Action(label=tx.say("import.stop"), url=f"{base}/stop", way="post", icon="player-stop"))
    if record["status"] in ("failed", "stopped"):
        made.append(Action(label=tx.say("import.resume"), url=f"{base}/run", way="post", icon="player-play"))
    if record["status"] in ENDED and (record["created_count"] or record["updated_count"]):
        sure = tx.say("import.undo_sure")
        label, icon = tx.say("import.undo"), "arrow-back-up"
        made.append(Action(label=label, url=f"{base}/undo", way="post", icon=icon, tone="danger", confirm=sure))
        made += _ways_to_records(tx, record, entity)
    return made


def _ways_to_records(tx: Tx, record: Record, entity: Entity) -> list[Action]:
    """The way to the records that were created, and to those that were completed, where there are any."""
    numbers = {"updated": record["updated_count"] or 0, "created": record["created_count"] or 0}
    traces: tuple[Trace, ...] = ("updated", "created")
    found = [trace for trace in traces if numbers[trace]]
    return [
        Action(
            label=tx.say(f"import.show_{trace}", count=numbers[trace]),
            url=records_url(entity, record.id, trace),
            way="go",
            tone="primary" if trace == found[-1] else "",
        )
        for trace in found
    ]


def past_imports(tx: Tx) -> Tables:
    """The imports that the principal may see, latest first."""
    ask = Ask(entity=JOB, sort=(Sort("created_at", descending=True),), limit=100)
    records = page(tx, ask).records
    names = names_of(tx, tx.catalog.entity(JOB), records, ["created_by"])
    new = Action(label=tx.say("import.new"), url="/imports/new", way="go", icon="upload", tone="primary")
    heads = ("file", "what", "by", "at", "status", "created", "updated", "refused")
    table = Table(
        headings=tuple(tx.say(f"import.head.{name}") for name in heads),
        lines=tuple(Line(cells=_cells(tx, record, names.title(record["created_by"]))) for record in records),
        empty=Empty(text=tx.say("import.none"), icon="upload", actions=(new,)),
    )
    return Tables(title=tx.say("nav.imports"), url="/imports", tables=(table,), actions=(new,), live_on=JOB)


def _cells(tx: Tx, record: Record, by: str) -> tuple[Cell, ...]:
    entity = tx.catalog.entities.get(record["entity"])
    state = STATES[record["status"]]
    numbers = (record["created_count"], record["updated_count"], record["refused_count"])
    return (
        Cell(text=record["name"], url=f"/imports/{record.id}"),
        Cell(text=entity.plural.to(tx.language) if entity else record["entity"]),
        Cell(text=by),
        Cell(at=record["created_at"]),
        Cell(text=tx.say(f"ui.import_{state}"), hue=HUES[state]),
        *(Cell(text=formats_of(tx).number(number or 0), number=True) for number in numbers),
    )
