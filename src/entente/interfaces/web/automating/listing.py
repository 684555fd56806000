"""The rules as sentences, in the order in which they act, by entity and process; and on a map by stage."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from entente.interfaces.html.views.automations import MapColumn, MapStage, RuleGroup, RuleLine, RuleList, RuleMap
from entente.interfaces.html.views.frame import Action, Banner, Empty, Tab
from entente.interfaces.web.automating.editing import BASE
from entente.interfaces.web.automating.options import process_names
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.services.automation import shape
from entente.services.automation.log import Standing, standings
from entente.services.automation.rules import RULE, Rule, all_rules
from entente.services.automation.sentences import sentence, when_words

Key = tuple[str, str]


def tabs_of(tx: Tx, current: str) -> tuple[Tab, ...]:
    """The pages of automations."""
    pages = (("rules", BASE, "bolt"), ("map", f"{BASE}/map", "stairs-up"), ("log", f"{BASE}/log", "history"))
    return tuple(
        Tab(label=tx.say(f"automations.tab.{key}"), url=url, icon=icon, current=key == current)
        for key, url, icon in pages
    )


def readable_rules(tx: Tx) -> list[Rule]:
    """The rules that the asker may read, in their order."""
    ids = {
        each.id for each in page(tx, Ask(entity=RULE, fields=("name",), sort=(Sort("position"),), limit=500)).records
    }
    return [rule for rule in all_rules(tx) if rule.id in ids and rule.entity in tx.catalog.entities]


def list_view(tx: Tx) -> RuleList:
    """All rules in sentences."""
    rules = readable_rules(tx)
    known = standings(tx)
    groups, called = _grouped(tx, rules), process_names(tx)
    resting = bool(rules) and not any(rule.active for rule in rules)
    return RuleList(
        title=tx.say("automations.title"),
        url=BASE,
        tabs=tabs_of(tx, "rules"),
        groups=tuple(_group(tx, key, found, known, called) for key, found in groups.items()),
        actions=_actions(tx, rules),
        banners=(Banner(text=tx.say("automations.all_paused"), hue="amber", icon="player-pause"),) if resting else (),
        empty=None if rules else _empty(tx),
    )


def _empty(tx: Tx) -> Empty:
    new = Action(label=tx.say("automations.new"), url=f"{BASE}/new", way="go", icon="plus", tone="primary")
    return Empty(text=tx.say("automations.empty"), icon="bolt", actions=(new,))


def _actions(tx: Tx, rules: Sequence[Rule]) -> tuple[Action, ...]:
    found = []
    if any(rule.active for rule in rules):
        sure = tx.say("automations.pause_sure")
        pause = tx.say("automations.pause_all")
        found.append(Action(label=pause, url=f"{BASE}/pause", way="post", icon="player-pause", confirm=sure))
    if tx.principal.depth(RULE, "create") != "none":
        found.append(Action(label=tx.say("automations.new"), url=f"{BASE}/new", way="go", icon="plus", tone="primary"))
    return tuple(found)


def _grouped(tx: Tx, rules: Sequence[Rule]) -> dict[Key, list[Rule]]:
    """The rules by entity and process, entities in the order of the menu."""
    menu = [name for made in tx.catalog.menus for name in made.entities]
    groups: dict[Key, list[Rule]] = {}
    for rule in rules:
        groups.setdefault((rule.entity, rule.scope_value), []).append(rule)
    place = {name: at for at, name in enumerate(menu)}
    return dict(sorted(groups.items(), key=lambda each: (place.get(each[0][0], len(menu)), each[0][1])))


def _group(
    tx: Tx, key: Key, rules: Sequence[Rule], known: Mapping[UUID, Standing], called: Mapping[str, str]
) -> RuleGroup:
    entity = tx.catalog.entity(key[0])
    scope = f"{rules[0].scope_field}:{key[1]}" if key[1] else ""
    return RuleGroup(
        key=f"{key[0]}-{key[1]}",
        label=group_label(tx, entity, key[1]),
        icon=entity.definition.icon,
        new_url=f"{BASE}/new?entity={entity.name}&scope={scope}",
        lines=tuple(line(tx, rule, known.get(rule.id), called) for rule in rules),
    )


def group_label(tx: Tx, entity: Entity, scope: str) -> str:
    """An entity, with its process where the rules are for one."""
    plural = entity.plural.to(tx.language)
    found = next((each.label for each in shape.scopes(tx, entity) if each.key == scope), "") if scope else ""
    return f"{plural} – {found}" if found else plural


def line(tx: Tx, rule: Rule, known: Standing | None = None, called: Mapping[str, str] | None = None) -> RuleLine:
    """A rule as a line; `called` names the processes that it may start."""
    done = known or Standing()
    badges = [(tx.say("automations.badge.before"), "violet")] if rule.timing == "before" else []
    badges += [(tx.say("automations.badge.system"), "amber")] if rule.run_as == "system" else []
    badges += [(tx.say("automations.badge.wait"), "gray")] if rule.delay or rule.debounce else []
    return RuleLine(
        id=str(rule.id),
        name=tx.words.called(tx.language, rule.id, rule.name),
        sentence=sentence(tx, rule, called),
        url=f"{BASE}/{rule.id}",
        active=rule.active,
        badges=tuple(badges),
        last=done.last_at,
        done=done.done,
        failed=done.failed,
        runs_url=f"{BASE}/{rule.id}/runs",
    )


def map_view(tx: Tx) -> RuleMap:
    """Every rule by entity and stage, in the order in which they act."""
    rules = readable_rules(tx)
    columns = tuple(_column(tx, key, found) for key, found in _grouped(tx, rules).items())
    empty = None if rules else _empty(tx)
    return RuleMap(title=tx.say("automations.title"), tabs=tabs_of(tx, "map"), columns=columns, empty=empty)


def _column(tx: Tx, key: Key, rules: Sequence[Rule]) -> MapColumn:
    entity = tx.catalog.entity(key[0])
    staged = [rule for rule in rules if rule.trigger == "stage" and rule.settings.new]
    found = [
        MapStage(label=option.label, lines=tuple(line(tx, rule) for rule in staged if rule.settings.new == option.key))
        for option in shape.stages(tx, entity, key[1])
    ]
    others: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule not in staged:
            others.setdefault(when_words(tx, rule), []).append(rule)
    found += [MapStage(label=when, lines=tuple(line(tx, rule) for rule in each)) for when, each in others.items()]
    return MapColumn(
        label=group_label(tx, entity, key[1]), icon=entity.definition.icon, stages=tuple(each for each in found)
    )
