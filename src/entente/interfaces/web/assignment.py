"""The manager's screen for any entity with owners and an `assign` action: who waits, what is known, who is free."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.work import AssignmentView, Compared, Duplicate, Member, ToAssign
from entente.interfaces.web.conditions import chips_of, items_of, node_of, with_titles
from entente.interfaces.web.fields import names_of, shown, title_of
from entente.interfaces.web.saved import saved_views
from entente.interfaces.web.wording import formats_of, in_words
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Logic, Node
from entente.kernel.expressions.parser import parse
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Forbidden, NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field
from entente.kernel.records.duplicates import Match, Matches, find_duplicates
from entente.kernel.records.match_keys import rules_of
from entente.kernel.records.query import Ask, aggregate, count, find, page
from entente.kernel.records.record import Record
from entente.services.automation.assignment import Proposal, propose
from entente.services.automation.workforce import ACTION, Person, open_filter, workforce

PAGE = 25
RIGHT = "assign"
COMPARED = ("text", "person_name", "email_set", "phone_set", "url", "address")
MOST_COMPARED = 8


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for: what to limit to, the record to open, the page.

    `view` is a saved view of the entity, `filter` the JSON of the filter builder, `query` words to find.
    """

    path: str
    choice: str = ""
    view: str = ""
    filter: str = ""
    query: str = ""
    opened: str = ""
    after: str = ""

    def url(self, **changes: str) -> str:
        """The address of the screen with something changed."""
        wanted = {"choice": self.choice, "view": self.view, "filter": self.filter, "q": self.query}
        kept = {**wanted, "open": self.opened, "after": self.after, **changes}
        said = {name: text for name, text in kept.items() if text}
        return f"/{self.path}/assign" + (f"?{urlencode(said)}" if said else "")


def wish_of(path: str, sent: Mapping[str, str]) -> Wish:
    """What an address asks of the screen."""
    given = {name: sent.get(name, "") for name in ("choice", "view", "filter", "after")}
    return Wish(path=path, query=sent.get("q", ""), opened=sent.get("open", ""), **given)


def assigned_by(tx: Tx, entity: Entity) -> ActionDef:
    """The action that assigns records of the entity; NotFound when there is none, Forbidden without the right."""
    action = tx.catalog.actions.get(f"{entity.name}.{ACTION}")
    if action is None or entity.definition.access != "owned":
        raise NotFound("assign.not_here")
    if not assigns(tx, entity):
        raise Forbidden("access.assign", entity=entity.label.to(tx.language))
    return action


def assigns(tx: Tx, entity: Entity) -> bool:
    """Whether the principal hands out records of the entity to others."""
    has_screen = f"{entity.name}.{ACTION}" in tx.catalog.actions and entity.definition.access == "owned"
    leads = tx.principal.is_admin or RIGHT in tx.principal.may
    return has_screen and leads and tx.principal.depth(entity.name, "assign") != "none"


def waiting(tx: Tx, entity: Entity) -> str:
    """The expression under which a record waits for an owner."""
    still_open = open_filter(tx, entity.name)
    return "owner = null" + (f" and ({still_open})" if still_open else "")


def count_waiting(tx: Tx, entity: Entity) -> int:
    """How many records wait for an owner, as far as the principal sees them."""
    return count(tx, Ask(entity=entity.name, filter=waiting(tx, entity))).number


def assignment_view(tx: Tx, entity: Entity, action: ActionDef, wish: Wish) -> AssignmentView:
    """Everything that the screen shows."""
    choice = choice_of(tx, entity, action)
    found = page(tx, _ask(tx, entity, choice, wish))
    conditions = with_titles(tx, entity, wish.filter)
    records = found.records
    opened = _opened(tx, entity, records, wish)
    matches = {each.id: find_duplicates(tx, entity, each, itself=each.id) for each in records}
    proposals = {each.record: each for each in propose(tx, entity.name, records)}
    names = names_of(tx, entity, records, list(_shown(entity)))
    return AssignmentView(
        title=tx.say("assign.title", entity=entity.plural.to(tx.language)),
        url=wish.url(),
        assign_url=f"/{entity.definition.path}/assign",
        entity=entity.name,
        items=tuple(
            _item(tx, entity, choice, record, wish, matches[record.id], proposals[record.id], names, opened)
            for record in records
        ),
        members=tuple(_member(tx, person) for person in team_of(tx, entity)),
        filters=_tabs(tx, entity, choice, wish),
        count=count_waiting(tx, entity),
        action_url=Wish(path=wish.path).url(),
        query=wish.query,
        conditions=conditions,
        chips=chips_of(tx, entity, wish.filter),
        fields_url=f"/{entity.definition.path}/filter-fields",
        keep={"choice": wish.choice} if wish.choice else {},
        view_options=_views(tx, entity, wish),
        more_url=wish.url(after=found.next) if found.next else "",
        priorities=tuple((each.key, each.label.to(tx.language)) for each in choice.definition.choices)
        if choice
        else (),
        empty=_empty(tx, wish),
        **(_opened_parts(tx, entity, opened, matches.get(opened.id)) if opened else {}),
    )


def choice_of(tx: Tx, entity: Entity, action: ActionDef) -> Field | None:
    """The choice of the record that is set along with the owner, such as how urgent it is."""
    params = msgspec.structs.fields(action.params) if action.params else ()
    for param in params:
        field = shown(tx, entity, param.name)
        if field is not None and field.type.key == "choice":
            return field
    return None


def _ask(tx: Tx, entity: Entity, choice: Field | None, wish: Wish) -> Ask:
    known = [each.key for each in choice.definition.choices] if choice else []
    chosen = f'{choice.name} = "{wish.choice}"' if choice and wish.choice in known else ""
    sort = (Sort("created_at", descending=True),)
    filter = _filter(tx, entity, wish, chosen)
    return Ask(entity=entity.name, filter=filter, search=wish.query, sort=sort, limit=PAGE, after=wish.after or None)


def _filter(tx: Tx, entity: Entity, wish: Wish, *more: str) -> Node:
    """What waits for an owner and what the manager limits it to: a saved view, conditions of his own."""
    view = next((each for each in saved_views(tx, entity) if each.key == wish.view), None)
    texts = [waiting(tx, entity), *more, view.filter if view else ""]
    made = [node_of(tx, entity, text) for text in (wish.filter, view.conditions if view else "")]
    return Logic("and", (*(parse(text) for text in texts if text), *(node for node in made if node is not None)))


def _views(tx: Tx, entity: Entity, wish: Wish) -> tuple[tuple[str, str, bool], ...]:
    """The saved views to which the screen can be limited; the first is none of them."""
    known = [view for view in saved_views(tx, entity) if view.kind == "list"]
    every = ("", tx.say("assign.every_view"), not wish.view)
    return (every, *((view.key, view.label, view.key == wish.view) for view in known))


def _empty(tx: Tx, wish: Wish) -> Empty:
    if not (wish.choice or wish.view or wish.query or items_of(wish.filter)):
        return Empty(text=tx.say("assign.nothing"), icon="check")
    clear = Action(label=tx.say("list.clear_filters"), url=Wish(path=wish.path).url(), way="go")
    return Empty(text=tx.say("list.nothing_found"), icon="filter-off", actions=(clear,))


def _tabs(tx: Tx, entity: Entity, choice: Field | None, wish: Wish) -> tuple[Tab, ...]:
    """A tab for all and one for each value of the choice, with how many wait there."""
    ask = Ask(entity=entity.name, filter=_filter(tx, entity, wish), search=wish.query)
    counted = {each.key: each.count for each in aggregate(tx, ask, group_by=choice.name if choice else None)}
    every = [("", tx.say("assign.all"), sum(counted.values()))]
    for each in choice.definition.choices if choice else ():
        every.append((each.key, each.label.to(tx.language), counted.get(each.key, 0)))
    return tuple(
        Tab(label=label, url=wish.url(choice=key, after="", open=""), current=wish.choice == key, count=number)
        for key, label, number in every
    )


def _shown(entity: Entity) -> tuple[str, ...]:
    made = entity.definition
    return tuple(name for name in (made.subtitle, made.value) if name and name in entity.fields)


def _opened(tx: Tx, entity: Entity, records: Sequence[Record], wish: Wish) -> Record | None:
    wanted = parse_id(wish.opened) if wish.opened else None
    for record in records:
        if wanted is None or record.id == wanted:
            return record
    return find(tx, entity.name, wanted) if wanted else None


def _item(  # noqa: PLR0913 - a row gathers what was asked once for all rows
    tx: Tx,
    entity: Entity,
    choice: Field | None,
    record: Record,
    wish: Wish,
    matches: Matches,
    proposal: Proposal,
    names: Names,
    opened: Record | None,
) -> ToAssign:
    made = entity.definition
    said = {name: in_words(tx, entity.fields[name], record.get(name), names) for name in _shown(entity)}
    chosen = record.get(choice.name) if choice else None
    hue = next((each.hue for each in choice.definition.choices if each.key == chosen), "gray") if choice else "gray"
    return ToAssign(
        id=str(record.id),
        title=title_of(tx, entity, record) or tx.say("record.untitled"),
        url=wish.url(open=str(record.id)),
        detail=said.get(made.subtitle or "", ""),
        badge=in_words(tx, choice, chosen, names) if choice else "",
        hue=hue,
        value=said.get(made.value or "", ""),
        duplicates=len(matches.found) + matches.hidden,
        proposed=proposal.name,
        at=record.get("created_at"),
        current=opened is not None and opened.id == record.id,
    )


def team_of(tx: Tx, entity: Entity) -> list[Person]:
    """Those whom the principal may give records of the entity: the people of his teams and units, or everyone."""
    people = workforce(tx, entity.name).values()
    depth = tx.principal.depth(entity.name, "assign")
    if depth == "all":
        return [person for person in people if not person.is_admin or person.id == tx.principal.user_id]
    reach: dict[str, set[UUID | None]] = {"unit": {tx.principal.unit_id}, "below": set(tx.principal.units_below)}
    units = reach.get(depth, set())
    teams = set(tx.principal.team_ids)
    return [person for person in people if person.unit in units or teams & set(person.teams)]


def _member(tx: Tx, person: Person) -> Member:
    until = person.absent_until
    absent = ""
    if until is not None:
        day = formats_of(tx).day(until)
        absent = tx.say("assign.absent") if until == date.max else tx.say("assign.absent_until", day=day)
    return Member(id=str(person.id), name=person.name, load=person.load, target=person.capacity or 0, absent=absent)


def _opened_parts(tx: Tx, entity: Entity, record: Record, matches: Matches | None) -> dict[str, Any]:
    found = matches or find_duplicates(tx, entity, record, itself=record.id)
    title = title_of(tx, entity, record)
    return {
        "opened": title or tx.say("record.untitled"),
        "duplicates": tuple(_duplicate(tx, entity, record, match) for match in found.found[:5]),
        "hidden_duplicates": found.hidden,
    }


def _duplicate(tx: Tx, entity: Entity, record: Record, match: Match) -> Duplicate:
    target = tx.catalog.entity(match.entity)
    return Duplicate(
        title=match.title or tx.say("record.untitled"),
        kind=target.label.to(tx.language),
        url=f"/{target.definition.path}/{match.id}",
        score=match.score,
        reason=tx.say("assign.match", score=match.score, rule=match.rule),
        fields=tuple(_compared(tx, entity, record, target, match.values)),
    )


def _pairs(tx: Tx, entity: Entity, target: Entity) -> dict[str, str]:
    """Which field of the new record stands beside which of the known one: by the rules, then by name."""
    pairs: dict[str, str] = {}
    for rule in rules_of(tx):
        if rule.source == entity.name and rule.target == target.name:
            pairs |= {condition.target_field: condition.source_field for condition in rule.conditions}
    alike = [name for name, field in target.fields.items() if field.type.key in COMPARED and name in entity.fields]
    return {**pairs, **{name: name for name in alike if name not in pairs}}


def _compared(tx: Tx, entity: Entity, record: Record, target: Entity, known: Mapping[str, Any]) -> list[Compared]:
    lines = []
    for theirs, ours in _pairs(tx, entity, target).items():
        field = shown(tx, entity, ours)
        if field is None or theirs not in known or target.fields[theirs].type.key not in COMPARED:
            continue
        new, old = _text(field, record.get(ours)), _text(target.fields[theirs], known[theirs])
        if new or old:
            label = target.fields[theirs].definition.label.to(tx.language)
            same = bool(new) and new.casefold() == old.casefold()
            lines.append(Compared(label=label, new=new, known=old, same=same))
    return sorted(lines, key=lambda line: not line.same)[:MOST_COMPARED]


def _text(field: Field, value: Any) -> str:
    return "" if field.type.is_empty(value) else field.type.words(value)
