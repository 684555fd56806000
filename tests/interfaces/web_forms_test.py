"""The drawing board of forms, the rules of a form at work, and requests on a record, as a browser asks for them."""

import re
from html import unescape
from typing import Any

import pytest

from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import FormField, Rule, Section
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

LEAD = "/settings/forms/record/lead"
BOTH = Text("Say why", "Dire pourquoi")


def stamp(page: Any) -> str:
    seen = re.search(r'data-stamp="(\d+)"', page.text)
    assert seen, page.text
    return seen[1]


def ruled(world: World, *rules: Rule) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "lead")
        changed = type(design.form)(**{**_parts(design.form), "rules": rules})
        publish(tx, keep_draft(tx, design, changed, design.stamp))


def _parts(form: Any) -> dict[str, Any]:
    return {name: getattr(form, name) for name in form.__struct_fields__}


def test_forms_are_listed_for_designers_only(client: Client, world: World) -> None:
    page = Browser(client, world, "admin").get("/settings/forms").text
    assert "/settings/forms/record/lead" in page
    assert "/settings/forms/public/contact" in page
    assert Browser(client, world, "james").get("/settings/forms").status_code == 403
    assert Browser(client, world, "james").get(LEAD).status_code == 403
    assert Browser(client, world, "james").post(f"{LEAD}/add-section?stamp=0").status_code == 403


@pytest.mark.parametrize("kind", ["record/lead", "quick/lead", "public/contact"])
@pytest.mark.parametrize("mode", ["layout", "rules", "preview"])
def test_every_form_opens_on_the_board(client: Client, world: World, kind: str, mode: str) -> None:
    page = Browser(client, world, "admin").get(f"/settings/forms/{kind}?mode={mode}")
    assert page.status_code == 200, page.text
    assert 'id="designer"' in page.text


def test_moves_are_kept_in_the_draft_and_published(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    at = stamp(admin.get(LEAD))
    board = admin.post(f"{LEAD}/remove-field?field=job_title&stamp={at}")
    assert 'id="palette-job_title"' in board.text
    assert admin.post(f"{LEAD}/remove-field?field=website&stamp={at}").status_code == 409
    board = admin.post(f"{LEAD}/add-field?field=job_title&section=company&at=0&stamp={stamp(board)}")
    board = admin.post(f"{LEAD}/move-field?field=job_title&way=right&stamp={stamp(board)}")
    sent = {"label_en": "Role", "label_fr": "Rôle", "required": "1", "width": "full", "control": "area"}
    board = admin.post(f"{LEAD}/change-field?field=job_title&stamp={stamp(board)}", sent)
    assert "Role" in board.text
    lead = world.has("lead", "james", last_name="Berthier")
    assert "Role" not in Browser(client, world, "james").get(f"/leads/{lead}/edit").text
    assert admin.post(f"{LEAD}/publish").status_code == 200
    form = Browser(client, world, "james").get(f"/leads/{lead}/edit").text
    assert re.search(r'<label for="field-job_title">Role', form)
    assert '<textarea class="textarea" rows="3"' in form
    versions = admin.get(f"{LEAD}/versions?number=1").text
    assert "Job title" in versions or "Role" in versions
    assert admin.post(f"{LEAD}/restore?number=1").status_code == 200
    assert "Draft, not published" in admin.get(LEAD).text
    assert admin.post(f"{LEAD}/drop").status_code == 200
    assert "Version 2" in admin.get(LEAD).text


def test_rule_is_drawn_with_the_builder_and_proved(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    board = admin.post(f"{LEAD}/add-rule?stamp={stamp(admin.get(LEAD))}")
    assert "at least one field" in board.text
    assert ">Always</span>" in board.text
    refused = admin.post(f"{LEAD}/publish")
    assert refused.status_code == 422
    assert "Rule 1" in refused.text
    built = '[{"field": "priority", "op": "in", "value": ["urgent"]}]'
    sent = {"when": "true", "then": "require", "fields": ["", "need"], "filter": built}
    board = admin.post(f"{LEAD}/put-rule?at=0&stamp={stamp(board)}", sent)
    assert "Before this can be published" not in board.text
    assert ">If Priority is Urgent</span>" in board.text
    assert admin.post(f"{LEAD}/publish").status_code == 200
    james = Browser(client, world, "james")
    answer = james.post("/leads/new", {"last_name": "Berthier", "priority": "urgent"})
    assert answer.status_code == 422
    assert found(world, "lead") == []
    assert james.post("/leads/new", {"last_name": "B", "priority": "urgent", "need": "x"}).status_code == 200


def test_what_is_wrong_with_a_rule_names_the_field_as_people_know_it(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    board = admin.post(f"{LEAD}/add-rule?stamp={stamp(admin.get(LEAD))}")
    sent = {"when": "true", "then": "require", "fields": ["", "grade"]}
    board = admin.post(f"{LEAD}/put-rule?at=0&stamp={stamp(board)}", sent)
    assert board.text.count("“Grade” is worked out by the system and cannot be filled in.") == 2


def test_unknown_words_of_a_rule_are_no_fault_of_ours(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    board = admin.post(f"{LEAD}/add-rule?stamp={stamp(admin.get(LEAD))}")
    bad = admin.post(f"{LEAD}/put-rule?at=0&stamp={stamp(board)}", {"when": "priority =", "then": "require"})
    assert "Before this can be published" in bad.text
    odd = admin.post(f"{LEAD}/put-rule?at=0&stamp={stamp(bad)}", {"when": "true", "then": "explode"})
    assert odd.status_code == 422


def test_preview_shows_what_a_role_sees(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    (role,) = [each for each in found(world, "role") if each["key"] == "marketing"]
    url = "/settings/forms/record/account?mode=preview"
    assert 'data-field="credit_limit"' in admin.get(url).text
    seen = admin.get(f"{url}&role={role.id}&width=phone").text
    assert 'data-field="credit_limit"' not in seen
    assert "design-preview phone" in seen


def test_roles_are_called_in_the_readers_language_wherever_they_are_chosen(client: Client, world: World) -> None:
    role = seed_id("role", "sales_manager")
    places = ("/settings/forms/record/account?mode=preview", "/settings/roles", f"/settings/roles/{role}")
    for language, name in (("en", "Sales manager"), ("fr", "Responsable commercial")):
        with world.system() as tx:
            save(tx, "user", {"language": language}, id=world.id_of("admin"))
        admin = Browser(client, world, "admin")
        assert [name in admin.get(each).text for each in places] == [True, True, True]


def test_locked_and_hidden_fields_on_the_page_and_in_place(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", priority="high", website="https://lisiere.example")
    ruled(
        world,
        Rule(when='priority = "high"', then="lock", fields=("source",)),
        Rule(when='priority = "high"', then="hide", fields=("website",)),
        Rule(when='priority = "high"', then="limit", fields=("budget_status",), options=("none", "may")),
    )
    james = Browser(client, world, "james")
    page = james.get(f"/leads/{lead}").text
    assert 'id="fact-website"' not in page
    assert f'data-edit="/leads/{lead}/cell/source"' not in page
    assert james.get(f"/leads/{lead}/cell/source").status_code == 422
    assert james.post(f"/leads/{lead}/cell/source", {"source": "web"}).status_code == 422
    assert "Committed" not in james.get(f"/leads/{lead}/cell/budget_status").text
    dialog = james.get(f"/leads/{lead}/edit").text
    assert re.search(r'data-field="website"[^>]* hidden', dialog)
    assert '"then":"lock"' in dialog


def test_confirmation_is_asked_without_a_script_too(client: Client, world: World) -> None:
    ruled(world, Rule(when='priority = "urgent"', then="confirm", text=BOTH))
    lead = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    asked = james.post(f"/leads/{lead}/edit", {"priority": "urgent", "version": "1"})
    assert asked.status_code == 422
    assert "Say why" in asked.text
    cell = james.post(f"/leads/{lead}/cell/priority", {"priority": "urgent", "version": "1"})
    assert cell.headers["hx-retarget"] == "#dialog"
    sent = {"priority": "urgent", "version": "1", "confirmed": "0"}
    assert james.post(f"/leads/{lead}/edit", sent).status_code == 200


def test_quick_form_shows_what_a_rule_demands(client: Client, world: World) -> None:
    ruled(world, Rule(when='priority = "urgent"', then="require", fields=("need",)))
    page = Browser(client, world, "james").get("/leads/new").text
    assert re.search(r'data-field="need" data-show-if="\(priority = ', page)


def request_form(world: World, **values: Any) -> None:
    form = FormDefinition(
        title=Text("Request a visit", "Demander une visite"),
        submit=Text("Ask", "Demander"),
        sections=(Section(key="a", label=BOTH, fields=(FormField(field="need", required=True),)),),
    )
    with world.acts("admin") as tx:
        row = {"name": "Visit", "key": "visit", "entity": "lead", "starts": "save", "placed": True, **values}
        save(tx, "form", row)
        design = design_of(tx, "named", "visit")
        publish(tx, keep_draft(tx, design, form, design.stamp))


def test_request_is_sent_from_the_page_of_a_record(client: Client, world: World) -> None:
    request_form(world)
    lead = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    url = f"/form/visit?record={lead}"
    assert url in james.get(f"/leads/{lead}").text
    assert url not in Browser(client, world, "rita").get(f"/leads/{lead}").text
    assert "Request a visit" in james.get(url).text
    assert james.post(url, {"need": ""}).status_code == 422
    assert james.post(url, {"need": "two greenhouses"}).status_code == 200
    with world.system() as tx:
        assert find(tx, "lead", lead)["need"] == "two greenhouses"
    assert Browser(client, world, "nadia").post(url, {"need": "x"}).status_code in (403, 404)


def test_new_forms_are_made_on_the_board(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    assert admin.post("/settings/forms/new", {"kind": "named", "name": "Visit", "key": "Bad Key"}).status_code == 422
    made = admin.post("/settings/forms/new", {"kind": "named", "name": "Visit", "key": "visit", "entity": "lead"})
    assert made.status_code == 200
    url = "/settings/forms/named/visit"
    board = admin.post(f"{url}/add-field?field=need&stamp={stamp(admin.get(url))}")
    asked = {"name": "day", "type": "date", "label_en": "Day", "label_fr": "Jour"}
    board = admin.post(f"{url}/ask-field?stamp={stamp(board)}", asked)
    sent = {"title_en": "Visit", "submit_en": "Ask", "starts": "none", "placed": "0"}
    board = admin.post(f"{url}/change-form?form=&stamp={stamp(board)}", sent)
    assert admin.post(f"{url}/publish").status_code == 200
    assert admin.get("/form/visit").status_code == 404
    assert admin.post(f"{url}/nonsense?stamp=1").status_code == 404


def test_a_rule_says_what_it_does_whatever_it_did_before(client: Client, world: World) -> None:
    told = Text("Call back!", "Rappeler !")
    ruled(
        world,
        Rule(when="true", then="message", text=told),
        Rule(when="true", then="set", fields=("need",), value='"?"', text=told),
    )
    board = unescape(Browser(client, world, "admin").get(f"{LEAD}?mode=rules").text)
    assert "Show a message “Call back!”" in board
    assert 'Set the value of Need to "?"' in board
