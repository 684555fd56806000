"""Forms that stand in pages: in a panel of another record, prefilled from it, and on the home page."""

import re
from typing import Any

import pytest

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.forms import FormField, Section
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish
from entente.services.processes.definitions import deploy, import_model
from tests.interfaces.browser import Browser, Client, found
from tests.services.processes.drawing import drawn
from tests.world.cast import World

VISIT = Text("Plan a visit", "Planifier une visite")
SUBJECT = FormField(field="subject", prefill='"Visit " + last_name', required=True)


def form(world: World, *questions: FormField, **values: Any) -> None:
    given = {"name": "Visit", "key": "visit", "kind": "named", "entity": "task", "host": "lead", "starts": "save"}
    shape = FormDefinition(
        title=VISIT, sections=(Section(key="a", label=VISIT, fields=questions),), submit=Text("Plan", "Planifier")
    )
    with world.acts("admin") as tx:
        save(tx, "form", {**given, "embedded": ["panel"], **values})
        design = design_of(tx, "named", "visit")
        publish(tx, keep_draft(tx, design, shape, design.stamp))


def embedded(page: Any) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(r'hx-get="(/form/[^"]*)"', page.text)]


def test_panel_creates_a_related_record_prefilled_from_the_page(client: Client, world: World) -> None:
    form(world, SUBJECT, FormField(field="description"))
    lead = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    (url,) = embedded(james.get(f"/leads/{lead}"))
    assert url == f"/form/visit?on={lead}&in=panel"
    shown = james.get(url, **{"hx-request": "true"}).text
    assert 'value="Visit Berthier"' in shown
    assert 'id="form-visit-field-subject"' in shown
    assert 'for="form-visit-field-subject"' in shown
    assert 'id="field-' not in shown
    sent = james.post(url, {"subject": "Visit on site", "description": "With the plan"})
    assert sent.status_code == 200
    assert sent.headers["hx-reswap"] == "none"
    assert "form-sent-visit" in sent.headers["hx-trigger"]
    (task,) = found(world, "task")
    assert (task["subject"], task["description"], task["regarding"]) == (
        "Visit on site",
        "With the plan",
        Ref("lead", lead),
    )


def test_refused_panel_comes_back_with_what_was_typed(client: Client, world: World) -> None:
    form(world, SUBJECT, FormField(field="description"))
    lead = world.has("lead", "james", last_name="Berthier")
    answer = Browser(client, world, "james").post(
        f"/form/visit?on={lead}&in=panel", {"subject": "", "description": "Kept"}
    )
    assert answer.status_code == 422
    assert "Kept" in answer.text
    assert answer.text.count('id="form-visit"') == 1
    assert "field-error" in answer.text
    assert found(world, "task") == []


def test_panel_starts_a_process_about_the_record_of_the_page(client: Client, world: World) -> None:
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn('start s\nuser look destinations="user:helene"\nend e\ns > look > e')).id)
    reason = FormField(field="reason", asks=FieldDef(type="text", label=VISIT), prefill="company_name", required=True)
    form(world, reason, entity=None, starts="process", deed="p")
    lead = world.has("lead", "james", last_name="Berthier", company_name="Lisière")
    james = Browser(client, world, "james")
    (url,) = embedded(james.get(f"/leads/{lead}"))
    assert 'value="Lisière"' in james.get(url, **{"hx-request": "true"}).text
    assert james.post(url, {"reason": "New roof"}).status_code == 200
    with world.system() as tx:
        (instance,) = engine_rows(tx, "SELECT id, record FROM {schema}.process_instance")
    assert instance["record"] == lead


def test_home_page_holds_forms_of_those_who_may_send_them(client: Client, world: World) -> None:
    form(world, FormField(field="subject", required=True), host=None, embedded=["home"])
    james = Browser(client, world, "james")
    assert embedded(james.get("/")) == ["/form/visit?in=home"]
    assert embedded(Browser(client, world, "rita").get("/")) == []
    assert james.post("/form/visit?in=home", {"subject": "Order paper"}).status_code == 200
    assert [each["subject"] for each in found(world, "task")] == ["Order paper"]


def test_stranger_gets_no_form_about_a_record_that_he_may_not_see(client: Client, world: World) -> None:
    form(world, SUBJECT)
    lead = world.has("lead", "james", last_name="Berthier")
    nadia = Browser(client, world, "stranger")
    for answer in (nadia.get(f"/form/visit?on={lead}&in=panel"), nadia.post(f"/form/visit?on={lead}&in=panel")):
        assert answer.status_code in (403, 404)
        assert "Berthier" not in answer.text
    assert found(world, "task") == []


def test_form_cannot_take_over_what_its_page_does_not_have(world: World) -> None:
    with pytest.raises(Refused):
        form(world, FormField(field="subject", prefill="no_such_field"))


def test_designer_says_where_a_form_stands_and_what_it_takes_over(client: Client, world: World) -> None:
    form(world, FormField(field="subject"), embedded=[], host=None)
    admin = Browser(client, world, "admin")
    board = "/settings/forms/named/visit"
    stamp = re.search(r'data-stamp="(\d+)"', admin.get(board).text)
    assert stamp
    panel = admin.get(f"{board}?part=field:subject").text
    assert 'name="prefill"' in panel
    texts = {"title.en": "Visit", "title.fr": "Visite", "submit.en": "Plan", "submit.fr": "Planifier"}
    bound = {**texts, "starts": "save", "embedded": "panel", "host": "lead"}
    answer = admin.post(f"{board}/change-form?stamp={stamp[1]}", bound)
    assert answer.status_code == 200, answer.text
    (kept,) = found(world, "form", 'key = "visit"')
    assert (kept["host"], kept["embedded"]) == ("lead", ("panel",))
