"""Duplicate rules tried before one relies on them: on a record, or on values as somebody might type them."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.duplicates import TrialPage
from entente.interfaces.html.views.frame import Crumb, Person
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, show
from entente.interfaces.web.automating.options import records_with
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.formats.drawing import told
from entente.interfaces.web.inputs import understood, values_of
from entente.interfaces.web.trying import rule_in, trial_of
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.match_keys import RULES
from entente.kernel.records.query import find
from entente.kernel.records.record import Record

BASE = "/duplicates/try"


@get(BASE, sync_to_thread=True)
def show_trial(request: AnyRequest) -> Response[str]:
    """Where a rule is tried."""
    with asked(request) as tx:
        identity = parse_id(request.query_params.get("rule"))
        if identity is None:
            raise NotFound()
        record = find(tx, RULES, identity)
        return show(request, tx, "duplicate_trial", _page_of(tx, record), current=RULES)


def _page_of(tx: Tx, record: Record) -> TrialPage:
    rules, rule = tx.catalog.entity(RULES), rule_in(record)
    source, target = tx.catalog.entity(rule.source), tx.catalog.entity(rule.target)
    view = told(tx, rules, field_view(tx, rules, rules.field("conditions"), record["conditions"]), record)
    asks = dict.fromkeys(each.source_field for each in rule.conditions)
    fields = [field for name in asks if (field := shown(tx, source, name))]
    base = f"/{rules.definition.path}"
    return TrialPage(
        title=tx.say("duplicates.try", name=rule.name),
        crumbs=(
            Crumb(label=rules.plural.to(tx.language), url=base),
            Crumb(label=rule.name, url=f"{base}/{record.id}"),
        ),
        url=f"{BASE}/{record.id}",
        intro=tx.say("duplicates.intro", source=source.one(tx.language), target=target.plural.to(tx.language).lower()),
        told=view.told,
        lookup_url=f"{BASE}/records/{source.name}",
        lookup_label=source.label.to(tx.language),
        fields=tuple(_typed(tx, source, field.name) for field in fields),
        names=names_of(tx, source, [], []),
    )


def _typed(tx: Tx, source: Entity, name: str) -> Any:
    """The field as somebody might fill it in, whether or not he may write it."""
    view = field_view(tx, source, source.field(name), None, form=True)
    return msgspec.structs.replace(view, required=False, read_only=False, create_url="", help="")


@get(BASE + "/records/{entity:str}", sync_to_thread=True)
def find_tried(request: AnyRequest, entity: FromPath[str]) -> Response[str]:
    """Records on which a rule can be tried."""
    with asked(request) as tx:
        words = str(request.query_params.get("q") or "")
        found = tuple(Person(id=key, name=name) for key, name in records_with(tx, entity, words))
        return part(request, tx, "pages/lookup_options.html", options=found)


@post(BASE + "/{identity:uuid}")
async def try_rule(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """What the rule finds; nothing is saved."""
    form = await form_of(request)
    return await in_thread(_try_rule, request, identity, form)


def _try_rule(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        record = find(tx, RULES, identity)
        source = tx.catalog.entity(str(record["source"]))
        chosen = parse_id(next((each for each in form.getall("tried", []) if each), None))
        known = find(tx, source.name, chosen) if chosen else None
        values = known if known is not None else understood(source, values_of(tx, source, form))
        usable = {name: value for name, value in values.items() if may_use(tx, source.name, name)}
        view = trial_of(tx, record, usable, chosen, again_url=f"{BASE}/{identity}")
        return part(request, tx, "pages/duplicate_found.html", view=view)
