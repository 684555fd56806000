"""What lists and boards have in common: which view is wanted, its filter and sort, the tabs and buttons around it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from entente.interfaces.html.views.frame import Action, Tab, Tone
from entente.interfaces.web.assignment import assigns
from entente.interfaces.web.conditions import chips_of, items_of, node_of, with_titles
from entente.interfaces.web.saved import Saved, saved_views
from entente.interfaces.web.traced import IMPORT, TRACE, Traced, trace_banner, traced_by
from entente.kernel.access.fields import may_create
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Logic, Node
from entente.kernel.expressions.parser import parse
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, count

Kind = Literal["list", "board"]
BULK_SCOPES = ("each", "all")
CHANGEABLE = ("filter", "sort", "columns", "group", "deleted", "within", IMPORT, TRACE)
WAITING_CAP = 99


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A view as asked for: the saved one with what the address changes of it."""

    path: str
    kind: Kind
    saved: Saved
    views: tuple[Saved, ...] = ()
    columns: tuple[str, ...]
    conditions: str = ""
    query: str = ""
    sort: tuple[Sort, ...] = ()
    filter: Any = ""
    after: str | None = None
    at: int = 0
    group_by: str | None = None
    deleted: bool = False
    changed: Mapping[str, str] = {}
    traced: Traced | None = None

    @property
    def ids(self) -> tuple[UUID, ...] | None:
        """The records that the view is limited to, if it is."""
        return self.traced.ids if self.traced else None

    @property
    def is_filtered(self) -> bool:
        """Whether there are conditions beside those that the saved view is about."""
        return bool(items_of(self.conditions))

    @property
    def matching(self) -> str:
        """What stands for "all that match" in a request over many records."""
        return urlencode({"view": self.saved.key, **self.changed, "q": self.query})

    def url(self, **changes: Any) -> str:
        """The address of this view with some of its parameters changed."""
        found = {"view": self.saved.key, **self.changed, "q": self.query, **changes}
        kept = {name: value for name, value in found.items() if value}
        return f"{self.base}?{urlencode(kept)}" if kept else self.base

    def record_url(self, identity: UUID) -> str:
        """The address of a record that knows from which list one came."""
        return f"/{self.path}/{identity}?{self.origin}"

    @property
    def origin(self) -> str:
        """What tells a record's page from which list or board one came."""
        found = {"view": self.saved.key, **self.changed, "q": self.query, "after": self.after, "at": self.at}
        found |= {"kind": self.kind} if self.kind == "board" else {}
        found.pop("deleted", None)
        return urlencode({name: value for name, value in found.items() if value})

    @property
    def base(self) -> str:
        """The address without its parameters."""
        return f"/{self.path}" + ("/board" if self.kind == "board" else "")


def wanted_view(tx: Tx, entity: Entity, asked: Mapping[str, Any], *, kind: Kind) -> Wanted:
    """The view that an address asks for; Refused when its filter cannot be understood."""
    views = saved_views(tx, entity)
    traced = traced_by(tx, asked)
    first = _first(views, kind) if traced is None else _widest(views)
    saved = next((view for view in views if view.key == asked.get("view")), first)
    changed = {name: str(asked[name]) for name in CHANGEABLE if asked.get(name)}
    if items_of(changed.get("filter", "")) == items_of(saved.conditions):
        changed.pop("filter", None)
    conditions = changed.get("filter", saved.conditions)
    at = str(asked.get("at") or "0")
    return Wanted(
        path=entity.definition.path,
        kind=kind,
        saved=saved,
        views=tuple(views),
        columns=tuple(changed["columns"].split(",")) if "columns" in changed else saved.columns,
        conditions=conditions,
        query=str(asked.get("q") or ""),
        sort=_sort_of(changed["sort"]) if "sort" in changed else saved.sort,
        filter=_both(saved.filter, node_of(tx, entity, conditions)),
        after=asked.get("after") or None,
        at=int(at) if at.isdigit() else 0,
        group_by=changed.get("group") or saved.group_by or next(iter(entity.definition.board), None),
        deleted=bool(asked.get("deleted")) and tx.principal.depth(entity.name, "delete") != "none",
        changed=changed,
        traced=traced,
    )


def _widest(views: Sequence[Saved]) -> Saved:
    """The view that leaves nothing out, if there is one."""
    return next((view for view in views if not view.filter and not items_of(view.conditions)), views[0])


def _first(views: Sequence[Saved], kind: Kind) -> Saved:
    """The view that opens when none is asked for: the first one of the kind, else the first."""
    return next((view for view in views if view.kind == kind), views[0])


def _sort_of(text: str) -> tuple[Sort, ...]:
    return tuple(Sort(each.lstrip("-"), each.startswith("-")) for each in text.split(",") if each.lstrip("-"))


def sort_text(sort: Sequence[Sort]) -> str:
    """An order as an address says it: `-close_date,name`."""
    return ",".join(("-" if each.descending else "") + each.field for each in sort)


def _both(text: str, added: Node | None) -> Any:
    if added is None:
        return text
    return Logic("and", (parse(text), added)) if text else added


def kinds_of(tx: Tx, entity: Entity, wanted: Wanted) -> tuple[Tab, ...]:
    """List and, where records can be grouped, board."""
    base = f"/{entity.definition.path}"
    found = [Tab(label=tx.say("list.kind_list"), url=_other(wanted, base), icon="table", current=wanted.kind == "list")]
    if entity.definition.board and wanted.traced is None:
        board = Tab(
            label=tx.say("list.kind_board"),
            url=_other(wanted, f"{base}/board"),
            icon="layout-kanban",
            current=wanted.kind == "board",
        )
        found.append(board)
    return tuple(found)


def _other(wanted: Wanted, base: str) -> str:
    """The same records shown in another way; a board's own view stays with the board."""
    kept = {name: wanted.changed[name] for name in ("filter",) if name in wanted.changed}
    view = {"view": wanted.saved.key} if wanted.saved.kind == "list" else {}
    address = urlencode({**view, **kept, **({"q": wanted.query} if wanted.query else {})})
    return f"{base}?{address}" if address else base


def screen_parts(tx: Tx, entity: Entity, wanted: Wanted, kinds: tuple[Tab, ...]) -> dict[str, Any]:
    """What lists and boards show alike: tabs, filter, buttons."""
    made = entity.definition
    title = entity.fields[made.title].definition.label.to(tx.language)
    return {
        "entity": entity.name,
        "title": entity.plural.to(tx.language),
        "title_label": title,
        "url": wanted.url(),
        "kinds": kinds,
        "views": tuple(_tab(tx, entity, wanted, view) for view in wanted.views),
        "view_changed": bool(set(wanted.changed) - {IMPORT, TRACE}),
        "reset_url": f"{wanted.base}?{urlencode({'view': wanted.saved.key})}",
        "save_view": _save_action(tx, wanted, new=False),
        "new_view": _save_action(tx, wanted, new=True),
        "action_url": wanted.base,
        "query": wanted.query,
        "conditions": with_titles(tx, entity, wanted.conditions),
        "chips": chips_of(tx, entity, wanted.conditions),
        "fields_url": f"/{entity.definition.path}/filter-fields",
        "keep": {"view": wanted.saved.key} | {k: v for k, v in wanted.changed.items() if k != "filter"},
        "new": new_action(tx, entity),
        "more": _more_actions(tx, entity, wanted),
        "banners": (trace_banner(tx, entity, wanted.traced),) if wanted.traced else (),
    }


def _tab(tx: Tx, entity: Entity, wanted: Wanted, view: Saved) -> Tab:
    boards = bool(entity.definition.board) and "board" in (view.kind, wanted.kind)
    base = f"/{wanted.path}" + ("/board" if boards else "")
    url = f"{base}?{urlencode({'view': view.key})}"
    current = view.key == wanted.saved.key
    return Tab(
        label=view.label,
        url=url,
        current=current,
        count=_waiting(tx, entity, view) if view.waiting else None,
        waiting=view.waiting,
        origin=view.origin,
    )


def _waiting(tx: Tx, entity: Entity, view: Saved) -> int | None:
    """How many records wait in a view, counted up to a cap; nothing when none does."""
    ask = Ask(entity=entity.name, filter=_both(view.filter, node_of(tx, entity, view.conditions)))
    return count(tx, ask, cap=WAITING_CAP).number or None


def _save_action(tx: Tx, wanted: Wanted, *, new: bool) -> Action | None:
    if wanted.traced or (not new and not (wanted.changed and wanted.saved.is_mine)):
        return None
    url = f"/{wanted.path}/views/{'new' if new else wanted.saved.key}?{wanted.matching}&kind={wanted.kind}"
    return Action(label=tx.say("list.new_view" if new else "list.save_view"), url=url, way="dialog" if new else "post")


def new_action(tx: Tx, entity: Entity) -> Action | None:
    """The button that creates a record, for whoever may."""
    if not may_create(tx, entity):
        return None
    label = tx.say("list.new", entity=entity.one(tx.language))
    return Action(label=label, url=f"/{entity.definition.path}/new", icon="plus", tone="primary", key="c")


def _more_actions(tx: Tx, entity: Entity, wanted: Wanted) -> tuple[Action, ...]:
    return (*_view_actions(tx, wanted), *_file_actions(tx, entity, wanted), *_bin_action(tx, entity, wanted))


def _view_actions(tx: Tx, wanted: Wanted) -> list[Action]:
    """What one can do with the views, and the owner of a stored one with it."""
    order = Action(label=tx.say("view.order"), url=f"/{wanted.path}/views/order", icon="arrows-sort")
    every = [order] if len(wanted.views) > 1 else []
    if not (wanted.saved.id and wanted.saved.is_mine):
        return every
    base = f"/{wanted.path}/views/{wanted.saved.id}"
    sure = tx.say("view.delete_sure", name=wanted.saved.label)
    return [
        *every,
        Action(label=tx.say("view.edit"), url=f"{base}/edit", icon="pencil"),
        Action(label=tx.say("view.delete"), url=f"{base}/delete", way="post", icon="trash", confirm=sure),
    ]


def _file_actions(tx: Tx, entity: Entity, wanted: Wanted) -> list[Action]:
    person, found = tx.principal, []
    if assigns(tx, entity):
        label = tx.say("assign.title", entity=entity.plural.to(tx.language))
        found.append(Action(label=label, url=f"/{entity.definition.path}/assign", way="go", icon="user-plus"))
    found += import_action(tx, entity)
    if person.depth(entity.name, "export") != "none":
        for kind in ("xlsx", "csv"):
            url = f"/{wanted.path}/export.{kind}?{wanted.matching}"
            found.append(Action(label=tx.say(f"list.export_{kind}"), url=url, way="go", icon="download"))
    return found


def import_action(tx: Tx, entity: Entity) -> list[Action]:
    """The way to bring records in from a file, for whoever may."""
    person = tx.principal
    if not (person.is_admin or "import" in person.may) or not may_create(tx, entity):
        return []
    url = f"/imports/new?entity={entity.name}"
    return [Action(label=tx.say("list.import"), url=url, way="go", icon="upload")]


def _bin_action(tx: Tx, entity: Entity, wanted: Wanted) -> list[Action]:
    if tx.principal.depth(entity.name, "delete") == "none":
        return []
    if wanted.deleted:
        return [Action(label=tx.say("list.leave_bin"), url=f"/{wanted.path}", way="go", icon="arrow-left")]
    return [Action(label=tx.say("list.bin"), url=f"/{wanted.path}?deleted=1", way="go", icon="trash")]


def actions_for_many(tx: Tx, entity: Entity, *, deleted: bool = False) -> tuple[Action, ...]:
    """What can be done with several records at once; those in the bin can only come back."""
    base = f"/{entity.definition.path}/many"
    if deleted:
        return (Action(label=tx.say("list.restore_many"), url=f"{base}/restore", icon="restore"),)
    made = [
        Action(label=action_label(tx, action), url=f"{base}/{action.name}", icon=action.icon)
        for action in _as_on_the_record(tx, entity)
        if action.scope in BULK_SCOPES and tx.principal.depth(entity.name, action.requires) != "none"
    ]
    if tx.principal.depth(entity.name, "update") != "none":
        made.append(Action(label=tx.say("list.edit_many"), url=f"{base}/edit", icon="pencil"))
    if tx.principal.depth(entity.name, "delete") != "none":
        made.append(Action(label=tx.say("list.delete_many"), url=f"{base}/delete", icon="trash"))
    return tuple(made)


def _as_on_the_record(tx: Tx, entity: Entity) -> list[ActionDef]:
    """The actions of an entity, those first that its record shows first."""
    screens = tx.catalog.screens.get(entity.name)
    first = {name: at for at, name in enumerate(screens.actions if screens else ())}
    return sorted(tx.catalog.actions_of(entity.name), key=lambda action: first.get(action.name, len(first)))


def action_button(tx: Tx, action: ActionDef, record_url: str, tone: Tone = "") -> Action:
    """The button of an action on one record; one that asks nothing and can be undone is done at once."""
    at_once = action.params is None and action.undo and action.tone != "danger"
    return Action(
        label=action_label(tx, action),
        url=f"{record_url}/actions/{action.name}",
        way="do" if at_once else "dialog",
        icon=action.icon,
        tone=tone,
    )


def action_label(tx: Tx, action: ActionDef) -> str:
    """What an action is called on buttons."""
    return tx.say(action.key)
