"""What surrounds every page: the navigation that the asker may use."""

from typing import Any

from entente.interfaces.html.views.frame import NavGroup, NavItem, Shell
from entente.interfaces.web.around.kinds import activity_kinds
from entente.interfaces.web.assignment import assigns
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity

INBOX = "inbox"
TOP = ((INBOX, "/inbox", "inbox", "i"), ("home", "/", "home", "h"))
SETTINGS = (
    ("processes", "/processes", "route", "processes"),
    ("imports", "/imports", "file-import", "import"),
    ("automations", "/automations", "bolt", "settings"),
    ("outbox", "/outbox", "mail", "settings"),
    ("incoming", "/outbox/received", "inbox", "settings"),
    ("jobs", "/jobs", "stack-2", "settings"),
)


def may_enter(tx: Tx, entity: Entity) -> bool:
    """Whether the principal may see records of the entity at all."""
    made = entity.definition
    if made.hidden:
        return False
    return made.access == "open" or tx.principal.depth(entity.name, "read") != "none"


def shell_of(tx: Tx, *, current: str, csrf: str) -> Shell:
    """The side bar, the phone's bar and the user's box."""
    waiting = _waiting(tx)
    top = tuple(
        NavItem(
            key=key, label=tx.say(f"nav.{key}"), url=url, icon=icon, goto=letter, **(waiting if key == INBOX else {})
        )
        for key, url, icon, letter in TOP
    )
    person = tx.principal
    return Shell(
        workspace=person.organisation or tx.settings.workspace,
        user=person.name,
        person=str(person.user_id or ""),
        login=person.login,
        user_role=tx.say("nav.administrator") if person.is_admin else "",
        current=current,
        csrf=csrf,
        live_url="/api/v1/live",
        top=top,
        groups=_groups(tx, current),
        phone=_phone(tx, top),
        demo=tx.settings.demo,
    )


def _waiting(tx: Tx) -> dict[str, Any]:
    """How the page asks by itself what waits for its reader: tasks at the inbox, news at the bell."""
    heard = (*(kind.name for kind in activity_kinds(tx)), "notification")
    return {"count_key": INBOX, "count_url": "/inbox/count", "live_on": " ".join(heard), "waiting": True}


def _groups(tx: Tx, current: str) -> tuple[NavGroup, ...]:
    groups = []
    for menu in tx.catalog.menus:
        entries = [item for name in menu.entities for item in (_item(tx, name), _assignment(tx, name)) if item]
        if entries:
            groups.append(NavGroup(key=menu.key, label=menu.label.to(tx.language), entries=tuple(entries)))
    return (*groups, *_settings(tx, current))


def _item(tx: Tx, name: str) -> NavItem | None:
    entity = tx.catalog.entities.get(name)
    if entity is None or not may_enter(tx, entity):
        return None
    made = entity.definition
    return NavItem(key=name, label=made.plural.to(tx.language), url=f"/{made.path}", icon=made.icon, goto=name[0])


def _assignment(tx: Tx, name: str) -> NavItem | None:
    """The manager's screen of an entity; how many wait there is asked by the page, and again when records change."""
    entity = tx.catalog.entities.get(name)
    if entity is None or not assigns(tx, entity):
        return None
    url = f"/{entity.definition.path}/assign"
    label = tx.say("assign.title", entity=entity.plural.to(tx.language))
    return NavItem(key=f"assign:{name}", label=label, url=url, icon="user-plus", count_url=f"{url}/count", live_on=name)


def _settings(tx: Tx, current: str) -> tuple[NavGroup, ...]:
    """The tools: those of one's rights, and the page where one is, which may be open to others than these."""
    person = tx.principal
    entries = [
        NavItem(key=key, label=tx.say(f"nav.{key}"), url=url, icon=icon)
        for key, url, icon, right in SETTINGS
        if person.is_admin or right in person.may or key == current == "processes"
    ]
    return (NavGroup(key="tools", label=tx.say("nav.tools"), entries=tuple(entries)),) if entries else ()


def _phone(tx: Tx, top: tuple[NavItem, ...]) -> tuple[NavItem, ...]:
    first = next((item for menu in tx.catalog.menus for name in menu.entities if (item := _item(tx, name))), None)
    inbox, home = top
    return (home, inbox, first) if first else (home, inbox)
