"""Designing forms: drafts, versions, and rules that hold for whatever a person writes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, Forbidden, Invalid, NotFound, Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.forms import FormField, Rule, Section
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import (
    design_of,
    drop_draft,
    keep_draft,
    publish,
    restore,
    version_shape,
    versions_of,
)
from entente.services.forms.differences import differences
from entente.services.forms.layout import add_field, add_section, move_field, put_rule, remove_field
from entente.services.forms.named import apart, form_of, read_answers, send
from entente.services.forms.published import form_of as public_form
from entente.services.forms.submit import Visit, submit

NEED = Rule(when='priority = "urgent"', then="require", fields=("need",))
SAID = Text("Careful", "Attention")


def ruled(world: World, *rules: Rule) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "lead")
        form = msgspec.structs.replace(design.form, rules=rules)
        publish(tx, keep_draft(tx, design, form, design.stamp), "rules")


def refused(world: World, values: dict[str, Any], record: Any = None) -> dict[str | None, str]:
    with pytest.raises(Invalid) as fault, world.acts("james") as tx:
        save(tx, "lead", values, id=record)
    return {each.field: each.code for each in fault.value.faults}


def lead(world: World, **values: Any) -> Any:
    return world.has("lead", "james", last_name="Berthier", **values)


def written(world: World, record: Any, **values: Any) -> Record:
    with world.acts("james") as tx:
        return save(tx, "lead", values, id=record)


def test_required_field_is_required_whoever_sends_it(world: World) -> None:
    ruled(world, NEED)
    assert refused(world, {"last_name": "A", "priority": "urgent"}) == {"need": "field.required"}
    kept = lead(world, priority="normal")
    assert refused(world, {"priority": "urgent"}, kept) == {"need": "field.required"}
    assert written(world, kept, priority="urgent", need="two")["priority"] == "urgent"


def test_locked_and_hidden_fields_keep_what_they_have(world: World) -> None:
    ruled(
        world,
        Rule(when='priority = "high"', then="lock", fields=("source",)),
        Rule(when="employees > 10", then="show", fields=("annual_revenue",)),
    )
    kept = lead(world, priority="high")
    assert refused(world, {"source": "web"}, kept) == {"source": "field.locked_by_rule"}
    assert refused(world, {"annual_revenue": "1000"}, kept) == {"annual_revenue": "field.locked_by_rule"}
    assert written(world, kept, employees=11, annual_revenue="1000")["annual_revenue"].amount == Decimal(1000)
    assert refused(world, {"last_name": "B", "annual_revenue": "5"}) == {"annual_revenue": "field.locked_by_rule"}


def test_options_are_limited_for_what_changes(world: World) -> None:
    kept = lead(world, priority="urgent")
    ruled(world, Rule(when='last_name = "Berthier"', then="limit", fields=("priority",), options=("low", "normal")))
    assert refused(world, {"priority": "high"}, kept) == {"priority": "field.not_offered"}
    assert written(world, kept, first_name="Camille")["priority"] == "urgent"
    assert written(world, kept, priority="low")["priority"] == "low"


def test_value_is_set_and_held(world: World) -> None:
    ruled(world, Rule(when='priority = "urgent"', then="set", fields=("recycle_on",), value="null"),
          Rule(when='priority = "urgent"', then="set", fields=("job_title",), value='"Chief"'))  # fmt: skip
    made = written(world, lead(world), priority="urgent", job_title="Clerk")
    assert made["job_title"] == "Chief"


def test_engine_is_not_bound_by_rules(world: World) -> None:
    ruled(world, NEED)
    with world.system() as tx:
        assert save(tx, "lead", {"last_name": "A", "priority": "urgent"})["need"] is None


def test_rule_gives_nobody_a_right_that_he_has_not(world: World) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "account")
        rule = Rule(when="true", then="set", fields=("credit_hold",), value="true")
        publish(tx, keep_draft(tx, design, msgspec.structs.replace(design.form, rules=(rule,)), design.stamp))
    with world.acts("james") as tx:
        assert save(tx, "account", {"name": "Lisière"})["credit_hold"] is False
    with world.acts("admin") as tx:
        assert save(tx, "account", {"name": "Corvin"})["credit_hold"] is True


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(when="nothing = 1", then="lock", fields=("source",)), "expression_unknown_field"),
        (Rule(when="employees", then="lock", fields=("source",)), "expression_wrong_type"),
        (Rule(when='changed("source")', then="lock", fields=("source",)), "expression_unknown_field"),
        (Rule(when='owner.name = "x"', then="lock", fields=("source",)), "expression_unknown_field"),
        (Rule(when="true", then="lock"), "form.rule_needs_fields"),
        (Rule(when="true", then="lock", fields=("nothing",)), "field.unknown"),
        (Rule(when="true", then="message"), "form.rule_needs_text"),
        (Rule(when="true", then="set", fields=("source",)), "form.rule_needs_value"),
        (Rule(when="true", then="set", fields=("employees",), value='"x"'), "expression_wrong_type"),
        (Rule(when="true", then="set", fields=("name",), value='"x"'), "form.field_is_computed"),
        (Rule(when="true", then="limit", fields=("source",), options=("nowhere",)), "form.rule_options"),
    ],
)
def test_unsound_rule_is_not_published(world: World, rule: Rule, code: str) -> None:
    with pytest.raises(Invalid) as fault:
        ruled(world, rule)
    assert next((each.field, each.code) for each in fault.value.faults) == ("rules.0", code)
    with world.acts("admin") as tx:
        assert design_of(tx, "record", "lead").number == 0


def test_too_many_rules_are_refused(world: World) -> None:
    with pytest.raises(Invalid):
        ruled(world, *[NEED] * 61)


def test_versions_are_numbered_final_and_can_be_taken_up_again(world: World) -> None:
    ruled(world, NEED)
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "lead")
        assert (design.number, design.is_changed) == (2, False)
        assert [each["number"] for each in versions_of(tx, design)] == [2, 1]
        assert version_shape(tx, design, 1).rules == ()
        back = restore(tx, design, 1, design.stamp)
        assert (back.is_changed, back.live.rules if back.live else None) == (True, (NEED,))
        last = versions_of(tx, design)[0].id
        assert publish(tx, back) == 3
    with world.acts("admin") as tx:
        assert design_of(tx, "record", "lead").form.rules == ()
        with pytest.raises(Invalid) as fault:
            save(tx, "form_version", {"note": "other"}, id=last, trusted=True)
    assert [each.code for each in fault.value.faults] == ["form.version_is_final"]


def test_draft_changes_nothing_until_it_is_published(world: World) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "lead")
        drawn = keep_draft(tx, design, put_rule(design.form, None, NEED), design.stamp)
        with pytest.raises(Conflict):
            keep_draft(tx, design, design.form, design.stamp)
    lead(world, priority="urgent")
    with world.acts("admin") as tx:
        assert drop_draft(tx, drawn).is_changed is False


@pytest.mark.parametrize("login", ["helene", "james", "stranger"])
def test_only_designers_design(world: World, login: str) -> None:
    with world.acts(login) as tx:
        with pytest.raises(Forbidden):
            design_of(tx, "record", "lead")
        with pytest.raises(Forbidden):
            save(tx, "form", {"name": "x", "key": "x"})


def test_layout_moves_are_told_as_differences(world: World) -> None:
    with world.acts("admin") as tx:
        old = design_of(tx, "quick", "lead").form
    new = add_field(add_section(old, SAID), FormField(field="need"), "section_1")
    new = remove_field(move_field(new, "company_name", "left"), "description")
    told = {(each.what, each.name, each.how) for each in differences(old, new)}
    assert {("section", "section_1", "added"), ("field", "need", "added"), ("field", "description", "removed")} <= told
    assert ("field", "company_name", "moved") in told
    assert differences(old, old) == []


def named(world: World, questions: Sequence[FormField], rules: Sequence[Rule] = (), **values: Any) -> None:
    form = FormDefinition(
        title=SAID, submit=SAID, sections=(Section(key="a", label=SAID, fields=tuple(questions)),), rules=tuple(rules)
    )
    with world.acts("admin") as tx:
        row = save(tx, "form", {"name": "Meeting", "key": "meeting", "entity": "lead", "starts": "none", **values})
        design = design_of(tx, "named", row["key"])
        publish(tx, keep_draft(tx, design, form, design.stamp))


DAY = FormField(field="day", required=True, asks=FieldDef(type="date", label=SAID))
WHY = FormField(field="why", asks=FieldDef(type="text", label=SAID))


def test_task_form_reads_fields_and_questions_of_its_own(world: World) -> None:
    rule = Rule(when='day < date("2026-12-01")', then="require", fields=("why",))
    named(world, [FormField(field="priority"), FormField(field="name", read_only=True), DAY, WHY], [rule])
    record = lead(world)
    with world.acts("james") as tx:
        form, seen = form_of(tx, "meeting"), find(tx, "lead", record)
        body = {"priority": "high", "day": "2026-12-24", "name": "Other", "unknown": "x"}
        answers = read_answers(tx, form, seen, body)
        assert answers == {"priority": "high", "day": date(2026, 12, 24), "why": None}
        assert apart(tx, form, answers) == ({"priority": "high"}, {"day": date(2026, 12, 24), "why": None})
        with pytest.raises(Invalid) as fault:
            read_answers(tx, form, seen, {"day": "2026-11-24"})
        assert [(each.field, each.code) for each in fault.value.faults] == [("why", "field.required")]
        with pytest.raises(Invalid):
            read_answers(tx, form, seen, {"day": ""})


def test_pinned_version_stays(world: World) -> None:
    named(world, [DAY])
    with world.acts("admin") as tx:
        design = design_of(tx, "named", "meeting")
        form = add_field(design.form, WHY, "a")
        assert publish(tx, keep_draft(tx, design, form, design.stamp)) == 2
        assert [len(form_of(tx, "meeting", at).definition.sections[0].fields) for at in (1, None)] == [1, 2]
        with pytest.raises(NotFound):
            form_of(tx, "meeting", 3)


def test_request_saves_as_the_one_who_sends_it(world: World) -> None:
    named(world, [FormField(field="priority")], starts="save", placed=True)
    record = lead(world)
    with world.acts("james") as tx:
        send(tx, form_of(tx, "meeting"), find(tx, "lead", record), {"priority": "low"}, lambda *_: None)
        assert find(tx, "lead", record)["priority"] == "low"
    with world.acts("rita") as tx:
        form, seen = form_of(tx, "meeting"), None
        with pytest.raises(Refused):
            send(tx, form, seen, {"priority": "low"}, lambda *_: None)


def test_request_starts_what_it_is_bound_to(world: World) -> None:
    named(world, [FormField(field="priority"), DAY], starts="process", deed="visit")
    begun: list[Any] = []
    record = lead(world)
    with world.acts("james") as tx:
        seen = find(tx, "lead", record)
        send(tx, form_of(tx, "meeting"), seen, {"priority": "low", "day": "2026-12-24"}, lambda *all: begun.append(all))
    ((_, key, of, values),) = begun
    assert (key, of.id, values) == ("visit", record, {"priority": "low", "day": "2026-12-24"})


def test_public_form_keeps_its_rules(world: World) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "public", "contact")
        rules = (
            Rule(when="company_name = null", then="hide", fields=("phones",)),
            Rule(when='company_name = "Corvin"', then="require", fields=("phones",)),
            Rule(when='company_name = "Corvin"', then="limit", fields=("language",), options=("fr",)),
        )
        publish(tx, keep_draft(tx, design, msgspec.structs.replace(design.form, rules=rules), design.stamp))
    told = {"last_name": "A", "emails": "a@lisiere.example", "description": "x", "language": "en"}
    visit = Visit(peer="192.0.2.1", consent=True)
    with pytest.raises(Invalid) as fault, world.database.begin(system("form")) as tx:
        submit(tx, public_form(tx, "contact"), {**told, "company_name": "Corvin"}, visit)
    assert {each.field: each.code for each in fault.value.faults} == {
        "phones": "field.required",
        "language": "field.not_offered",
    }
    with world.database.begin(system("form")) as tx:
        submit(tx, public_form(tx, "contact"), {**told, "phones": "+33 2 99 00 12 34"}, visit)
    with world.system() as tx:
        from_form = [each for each in _leads(tx) if each["last_name"] == "A"]
    assert [each["phones"] for each in from_form] == [()]


def _leads(tx: Any) -> list[Record]:

    return page(tx, Ask(entity="lead")).records
