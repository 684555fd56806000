"""Duplicate and assignment rules set up at the screen: entities and fields are picked, never typed."""

import re
from typing import Any
from uuid import UUID

import pytest

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records import upkeep
from entente.kernel.records.query import Ask, page
from entente.kernel.records.save import save
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

RULE = {"name": "Same site", "source": "lead", "target": "account", "action": "warn", "score": "70"}


def in_french(client: Client, world: World, login: str) -> Browser:
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of(login))
    return Browser(client, world, login)


def options(html: str, name: str) -> dict[str, str]:
    control = re.search(rf'<select class="select"[^>]*name="{re.escape(name)}".*?</select>', html, re.S)
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', control[0])) if control else {}


def chosen(html: str, name: str) -> str:
    control = re.search(rf'<select class="select"[^>]*name="{re.escape(name)}".*?</select>', html, re.S)
    picked = re.search(r'<option value="([^"]*)" selected', control[0]) if control else None
    return picked[1] if picked else ""


def a_rule(world: World, **values: Any) -> UUID:
    pair = {"source_field": "company_name", "target_field": "name", "normaliser": "similarity", "threshold": 0.85}
    with world.acts("admin") as tx:
        made = {**RULE, "score": 75, "action": "hint", "conditions": [pair], **values}
        return save(tx, "duplicate_rule", made).id


def test_entities_are_picked_by_their_names_in_both_languages(client: Client, world: World) -> None:
    admin, helene = Browser(client, world, "admin"), in_french(client, world, "helene")
    english = options(admin.get("/duplicate-rules/new").text, "source")
    assert (english["lead"], english["account"]) == ("Lead", "Account")
    french = options(helene.get("/assignment-rules/new").text, "entity")
    assert french["lead"] == "Prospect"
    assert list(french.values())[1:] == sorted(list(french.values())[1:], key=str.casefold)
    assert "duplicate_rule" not in french, "its records have no owner"
    listed = helene.get("/duplicate-rules").text
    assert ">Prospect<" in re.sub(r"\s+", "", listed)


@pytest.mark.parametrize("field", ["source", "target"])
def test_what_is_no_entity_is_refused_by_name(world: World, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_rule(world, **{field: "leed"})
    fault = refused.value.faults[0]
    assert (fault.field, fault.code, fault.values["given"]) == (field, "field.no_such_entity", "leed")


def test_what_keeps_no_keys_to_be_found_by_cannot_be_compared_with(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        a_rule(world, target="tag")
    assert refused.value.faults[0].code == "field.no_such_entity"


def test_a_comparison_is_chosen_row_by_row(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    empty = admin.post("/duplicate-rules/rows/conditions", {"source": "lead", "conditions": ""}).text
    assert "conditions.0" not in empty, "both entities come first"
    first = admin.post("/duplicate-rules/rows/conditions", {**RULE, "conditions": ""}).text
    assert options(first, "conditions.0.source_field")["emails"] == "E-mails"
    assert "score" not in options(first, "conditions.0.source_field"), "numbers are not compared"
    typed = {**RULE, "conditions": "", "conditions.0.source_field": "website"}
    filled = admin.post("/duplicate-rules/rows/conditions", typed).text
    assert chosen(filled, "conditions.0.target_field") == "website"
    assert chosen(filled, "conditions.0.normaliser") == "domain"
    two = {**typed, "conditions.0.target_field": "website", "conditions.0.normaliser": "domain",
           "conditions.1.source_field": "company_name", "conditions.1.target_field": "name",
           "conditions.1.normaliser": "company_name", "conditions.1.threshold": "90"}  # fmt: skip
    moved = admin.post("/duplicate-rules/rows/conditions?deed=up:1", two).text
    assert chosen(moved, "conditions.0.source_field") == "company_name"
    assert chosen(moved, "conditions.0.threshold") == "90"
    assert chosen(moved, "conditions.1.source_field") == "website"
    left = admin.post("/duplicate-rules/rows/conditions?deed=remove:0", two).text
    assert "conditions.1." not in left
    assert admin.post("/duplicate-rules/new", two).status_code < 300
    (rule,) = found(world, "duplicate_rule", 'name = "Same site"')
    assert rule["conditions"] == [
        {"source_field": "website", "target_field": "website", "normaliser": "domain"},
        {"source_field": "company_name", "target_field": "name", "normaliser": "company_name", "threshold": 0.9},
    ]


def test_a_refused_rule_keeps_its_rows_and_says_which_is_wrong(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    typed = {**RULE, "conditions": "", "conditions.0.source_field": "company_name", "conditions.0.threshold": "85"}
    answer = admin.post("/duplicate-rules/new", typed)
    assert answer.status_code == 422
    assert "Line 1: choose the two fields to compare." in answer.text
    assert chosen(answer.text, "conditions.0.source_field") == "company_name"
    assert chosen(answer.text, "conditions.0.threshold") == "85"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source_field": "score"}, "duplicate_rule.not_comparable"),
        ({"target_field": "nmae"}, "duplicate_rule.unknown_field"),
        ({"threshold": 85}, "duplicate_rule.no_share"),
        ({"normaliser": "soundex"}, "duplicate_rule.not_understood"),
    ],
)
def test_what_cannot_be_compared_is_refused_through_any_door(world: World, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        a_rule(world, conditions=[{"source_field": "company_name", "target_field": "name", **change}])
    faults = refused.value.faults if isinstance(refused.value, Invalid) else (refused.value,)
    assert [(fault.field, fault.code) for fault in faults] == [("conditions", code)]


def test_the_page_of_a_rule_says_in_words_what_it_compares(client: Client, world: World) -> None:
    rule = a_rule(world)
    shown = in_french(client, world, "helene").get(f"/duplicate-rules/{rule}").text
    html = shown.replace("\u202f", " ").replace("\xa0", " ")
    assert "Société (Prospect) et Nom (Compte) : nom, sans accents ni forme juridique, semblable à 85 %" in html
    assert "source_field" not in html


def test_a_rule_is_tried_on_typed_values_and_on_a_record(client: Client, world: World) -> None:
    admin, rule = Browser(client, world, "admin"), a_rule(world)
    account = world.has("account", "james", name="Menuiserie Kermarrec SARL")
    lead = world.has("lead", "james", last_name="Kermarrec", company_name="MENUISERIE KERMAREC")
    page = admin.get(f"/duplicates/try?rule={rule}").text
    assert 'name="company_name"' in page
    typed = admin.post(f"/duplicates/try/{rule}", {"company_name": "Menuiserie Kermarrec"}).text
    assert f"/accounts/{account}" in typed
    assert "menuiserie kermarrec</code>" in typed
    chosen_one = admin.post(f"/duplicates/try/{rule}", {"tried": str(lead)}).text
    assert f"/accounts/{account}" in chosen_one
    assert "alike to 9" in chosen_one
    assert "Nothing that looks like it" in admin.post(f"/duplicates/try/{rule}", {"company_name": "Autre"}).text
    assert "Company is empty" in admin.post(f"/duplicates/try/{rule}", {"company_name": ""}).text


def test_trying_never_shows_what_the_asker_may_not_read(client: Client, world: World) -> None:
    rule = a_rule(world)
    with world.system() as tx:
        save(tx, "user", {"roles": [*tx_roles(tx, "sales_manager")]}, id=world.id_of("stranger"))
    account = world.has("account", "james", name="Menuiserie Kermarrec SARL")
    answer = Browser(client, world, "stranger").post(
        f"/duplicates/try/{rule}", {"company_name": "Menuiserie Kermarrec"}
    )
    assert answer.status_code == 200, answer.text
    assert str(account) not in answer.text
    assert "Kermarrec SARL" not in answer.text
    assert "1 " in answer.text


def tx_roles(tx: Any, key: str) -> list[UUID]:
    return [role.id for role in found_in(tx, "role", f'key = "{key}"')]


def found_in(tx: Any, entity: str, filter: str) -> list[Any]:
    return page(tx, Ask(entity=entity, filter=filter)).records


def test_a_rule_at_rest_is_tried_on_what_was_changed_last(client: Client, world: World) -> None:
    admin, rule = Browser(client, world, "admin"), a_rule(world, active=False, conditions=[
        {"source_field": "last_name", "target_field": "name", "normaliser": "text"}])  # fmt: skip
    account = world.has("account", "james", name="Kermarrec")
    html = admin.post(f"/duplicates/try/{rule}", {"last_name": "KERMARREC"}).text
    assert f"/accounts/{account}" in html
    assert "The rule is not active" in html


def test_a_fresh_rule_says_how_far_the_older_records_are_prepared(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.has("account", "james", name="Kermarrec")
    admin, rule = Browser(client, world, "admin"), a_rule(world, conditions=[
        {"source_field": "last_name", "target_field": "name", "normaliser": "text"}])  # fmt: skip
    typed = {"last_name": "KERMARREC"}
    at_once = admin.post(f"/duplicates/try/{rule}", typed).text
    assert f"/accounts/{account}" not in at_once
    assert "The accounts that were here before the rule was saved are being prepared for it (0 so far)" in at_once
    assert f'hx-post="/duplicates/try/{rule}"' in at_once
    monkeypatch.setattr(upkeep, "BATCH", 1)
    _rematched(world)
    assert "(1 so far)" in admin.post(f"/duplicates/try/{rule}", typed).text
    monkeypatch.setattr(upkeep, "BATCH", 1000)
    _rematched(world)
    whole = admin.post(f"/duplicates/try/{rule}", typed).text
    assert f"/accounts/{account}" in whole
    assert "prepared" not in whole
    assert "hx-post" not in whole


def _rematched(world: World) -> None:
    """The next batch of the job that prepares records, done as the worker would."""
    with world.system() as tx:
        taken = "DELETE FROM public.procrastinate_jobs WHERE task_name = 'records.rematch' RETURNING args"
        for row in engine_rows(tx, taken):
            upkeep.rebuild_match_keys(tx, **row["args"]["arguments"])


def test_fields_show_in_forms_and_on_pages_by_the_condition_that_they_declare(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    drawn = admin.get("/assignment-rules/new").text
    assert re.search(r'data-field="assignee"[^>]*data-show-if="method = &#34;fixed&#34;"', drawn)
    assert re.search(r'data-field="pool_team"[^>]*data-show-if="method != &#34;fixed&#34;"', drawn)
    with world.acts("admin") as tx:
        fair = save(tx, "assignment_rule", {"name": "Fair", "entity": "lead", "method": "least_busy"}).id
        given = {"method": "fixed", "assignee": world.id_of("james")}
        fixed = save(tx, "assignment_rule", {"name": "Fixed", "entity": "lead", **given}).id
    shown = {each: admin.get(f"/assignment-rules/{each}").text for each in (fair, fixed)}
    assert "/cell/pool" in shown[fair]
    assert "/cell/assignee" not in shown[fair]
    assert "/cell/assignee" in shown[fixed]
    assert "/cell/pool" not in shown[fixed]


def test_the_rows_of_a_condition_are_joined_by_all_or_by_any(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    rule = {"name": "Either", "entity": "lead", "method": "least_busy", "condition": "", "condition.join": "any",
            "condition.0.field": "priority", "condition.0.op": "in", "condition.0.value": ["high", "urgent"],
            "condition.1.field": "company_name", "condition.1.op": "not_contains", "condition.1.value": "Bois",
            "condition.2.field": "job_title", "condition.2.op": "contains", "condition.2.value": "Lyon"}  # fmt: skip
    drawn = admin.post("/assignment-rules/rows/condition?deed=add", rule).text
    assert chosen(drawn, "condition.join") == "any"
    assert 'name="condition.3.field"' in drawn
    one_left = {name: value for name, value in rule.items() if not name.startswith(("condition.1", "condition.2"))}
    assert "condition.join" not in admin.post("/assignment-rules/rows/condition", one_left).text
    assert admin.post("/assignment-rules/new", rule).status_code < 300
    (saved,) = found(world, "assignment_rule", 'name = "Either"')
    assert " or " in saved["condition"]
    assert " and " not in saved["condition"]
    again = admin.get(f"/assignment-rules/{saved.id}/edit").text
    assert chosen(again, "condition.join") == "any"
    assert [chosen(again, f"condition.{at}.op") for at in range(3)] == ["in", "not_contains", "contains"]
    admin.post(f"/assignment-rules/{saved.id}/edit", {**rule, "version": "1", "condition.join": "all"})
    (changed,) = found(world, "assignment_rule", 'name = "Either"')
    assert " and " in changed["condition"]
    with world.acts("admin") as tx:
        mixed = 'priority = "high" and (contains(job_title, "Lyon") or contains(job_title, "Brest"))'
        save(tx, "assignment_rule", {"condition": mixed}, id=saved.id)
    assert "contains(job_title, &#34;Brest&#34;)" in admin.get(f"/assignment-rules/{saved.id}/edit").text


def test_the_condition_of_an_assignment_rule_is_made_of_rows(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    rule = {"name": "North", "entity": "lead", "method": "least_busy", "condition": ""}
    row = {"condition.0.field": "priority", "condition.0.op": "in"}
    drawn = admin.post("/assignment-rules/rows/condition", {**rule, **row}).text
    assert 'type="checkbox" name="condition.0.value" value="urgent"' in drawn
    unfinished = admin.post("/assignment-rules/new", {**rule, **row})
    assert unfinished.status_code == 422
    assert "Every line needs a field, a comparison and a value." in unfinished.text
    assert chosen(unfinished.text, "condition.0.field") == "priority"
    whole = {**rule, **row, "condition.0.value": ["high", "urgent"], "condition.1.field": "company_name",
             "condition.1.op": "contains", "condition.1.value": "Bois"}  # fmt: skip
    assert admin.post("/assignment-rules/new", whole).status_code < 300
    (saved,) = found(world, "assignment_rule", 'name = "North"')
    assert "priority in" in saved["condition"]
    page = admin.get(f"/assignment-rules/{saved.id}").text
    assert "Priority is High or Urgent and Company contains “bois”" in page.replace("&#34;", '"')
    again = admin.get(f"/assignment-rules/{saved.id}/edit").text
    assert chosen(again, "condition.0.op") == "in"
    assert 'value="bois"' in again


@pytest.mark.parametrize(
    ("text", "in_rows"),
    [
        ('status = "new"', True),
        ('priority in ("high", "urgent") and score >= 50', True),
        ('score > 50 or priority = "urgent"', False),
    ],
)
def test_a_condition_that_rows_cannot_say_stays_as_it_is_written(
    client: Client, world: World, text: str, in_rows: bool
) -> None:
    with world.acts("admin") as tx:
        values = {"name": "Given", "entity": "lead", "method": "least_busy", "condition": text}
        rule = save(tx, "assignment_rule", values)
    html = Browser(client, world, "admin").get(f"/assignment-rules/{rule.id}/edit").text
    assert bool(chosen(html, "condition.0.field")) is in_rows
    assert ("<textarea" in html and 'id="rows-condition-code"' in html) is not in_rows


def sent(name: str, *rows: dict[str, str]) -> dict[str, str]:
    """What a form sends of rows."""
    parts = {f"{name}.{at}.{part}": text for at, row in enumerate(rows) for part, text in row.items()}
    return {name: "", **parts}


def test_a_working_calendar_is_written_in_hours_and_days(client: Client, world: World) -> None:
    admin = in_french(client, world, "admin")
    hours = sent("hours", {"text": "09:00-12:00, 14:00-17:00"}, *({"text": ""} for _ in range(6)))
    days = sent("holidays", {"kind": "yearly", "month": "05", "text": "1"}, {"kind": "easter", "text": "1"},
                {"kind": "once", "text": "2026-12-24"})  # fmt: skip
    named = {"name": "Nantes", "key": "nantes", "timezone": "Europe/Paris"}
    assert admin.post("/calendars/new", {**named, **hours, **days}).status_code < 300
    (calendar,) = found(world, "calendar", 'key = "nantes"')
    assert calendar["hours"] == {"mon": ["09:00-12:00", "14:00-17:00"]}
    assert calendar["holidays"] == ["05-01", "easter+1", "2026-12-24"]
    shown = admin.get(f"/calendars/{calendar.id}").text
    assert all(text in shown for text in ("09:00-12:00, 14:00-17:00", "1 mai", "24 décembre 2026", "1 jour après"))
    wrong = admin.post(f"/calendars/{calendar.id}/edit", {"version": "1", **sent("hours", {"text": "neuf heures"})})
    assert wrong.status_code == 422
    assert 'value="neuf heures"' in wrong.text


def test_a_public_form_is_set_up_without_a_code(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    named = {"name": "Fair", "key": "fair", "entity": "lead"}
    assert admin.post("/web-forms/new", named).status_code < 300
    (form,) = found(world, "web_form", 'key = "fair"')
    change = {
        "version": str(form.version),
        **sent("consent_text", {"en": "I agree.", "fr": "J’accepte."}),
        **sent("confirmation", {"en": "Thanks", "fr": "Merci"}, {"en": "Soon.", "fr": "Bientôt."}),
        **sent("defaults", {"field": "source", "value": "web"}),
        **sent("allowed_origins", {"text": "https://lisiere.example"}, {"text": ""}),
    }
    answer = admin.post(f"/web-forms/{form.id}/edit", change)
    assert answer.status_code < 300, answer.text
    (form,) = found(world, "web_form", 'key = "fair"')
    assert form["consent_text"] == {"en": "I agree.", "fr": "J’accepte."}
    assert form["confirmation"]["text"] == {"en": "Soon.", "fr": "Bientôt."}
    assert (form["defaults"], form["allowed_origins"]) == ({"source": "web"}, ["https://lisiere.example"])
    page = admin.get(f"/web-forms/{form.id}").text
    assert all(text in page for text in ("I agree.", "Source: Web site", "https://lisiere.example"))


@pytest.mark.parametrize(
    "path", ["calendars", "web-forms", "roles", "forms", "duplicate-rules", "saved-views", "tasks"]
)
def test_nobody_is_asked_for_json(client: Client, world: World, path: str) -> None:
    html = Browser(client, world, "admin").get(f"/{path}/new").text
    assert "<form" in html
    assert 'class="textarea code"' not in html
