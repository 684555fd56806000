"""Forms sent by programs: the rules of their pages, refusals by field, once for a key; public forms as for visitors."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.forms import FormField, Rule, Section
from entente.kernel.records.query import Ask as Wish
from entente.kernel.records.query import page
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import design_of, keep_draft, publish
from entente.services.processes.definitions import deploy, import_model
from tests.interfaces.api.conftest import Ask
from tests.interfaces.api.forms_test import faults
from tests.services.processes.drawing import drawn
from tests.world.cast import World

SAID = Text("Visit", "Visite")
DAY = FormField(field="day", required=True, asks=FieldDef(type="date", label=SAID))
WHY = FormField(field="why", asks=FieldDef(type="text", label=SAID, max_length=20))
LATE = Rule(when='day < date("2026-12-01")', then="require", fields=("why",))


def form(world: World, key: str, *questions: FormField, **values: Any) -> None:
    shape = FormDefinition(
        title=SAID, submit=SAID, sections=(Section(key="a", label=SAID, fields=questions),), rules=(LATE,)
    )
    if DAY not in questions:
        shape = msgspec.structs.replace(shape, rules=())
    with world.acts("admin") as tx:
        save(tx, "form", {"name": key, "key": key, "kind": "named", **values})
        design = design_of(tx, "named", key)
        publish(tx, keep_draft(tx, design, shape, design.stamp))


@pytest.fixture(scope="module", autouse=True)
def forms(world: World) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nuser a destinations=user:james\ns > a", "visits")).id)
    form(world, "visit", DAY, WHY, entity="lead", starts="process", deed="visits")
    form(
        world,
        "lead_in",
        FormField(field="last_name", required=True),
        FormField(field="budget"),
        entity="lead",
        starts="save",
    )
    form(world, "of_a_task", WHY, entity="lead", starts="none")


def lead(world: World) -> UUID:
    return world.has("lead", "james", last_name="Berthier", owner=world.id_of("james"))


def test_a_form_starts_its_process_with_the_answers_and_the_rights_of_who_sends(
    asks: Callable[[str], Ask], world: World
) -> None:
    james, about = asks("james"), str(lead(world))
    body = {"record": about, "values": {"day": "2026-12-24", "why": "A plan"}}
    made = james("POST", "/forms/visit/send", body)
    assert made.status_code == 201, made.text
    assert made.json()["record"] == {"entity": "lead", "id": about}
    found = james("GET", f"/process_instances/{made.json()['instance']}?$expand=variables").json()
    assert {each["name"]: each["value"] for each in found["variables"]} == {"day": "2026-12-24", "why": "A plan"}
    assert asks("stranger")("POST", "/forms/visit/send", body).status_code == 404


def test_every_answer_at_fault_is_named(asks: Callable[[str], Ask], world: World) -> None:
    james, about = asks("james"), str(lead(world))

    def sent(**values: Any) -> dict[str, str]:
        return faults(james("POST", "/forms/visit/send", {"record": about, "values": values}))

    assert sent() == {"day": "field.required"}
    assert sent(day="2026-11-24") == {"why": "field.required"}
    assert sent(day="2026-12-24", owner="x", other=1) == {"owner": "field.unknown", "other": "field.unknown"}
    assert sent(day="soon", why="A much longer reason than allowed").keys() == {"day", "why"}
    assert faults(james("POST", "/forms/lead_in/send", {"values": {}})) == {"last_name": "field.required"}


def test_a_form_is_sent_once_for_a_key(asks: Callable[[str], Ask], world: World) -> None:
    nadia, key = asks("nadia"), {"Idempotency-Key": str(uuid4())}
    body = {"values": {"last_name": "Once"}}
    first, second = (nadia("POST", "/forms/lead_in/send", body, key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    with world.system() as tx:
        assert len(page(tx, Wish(entity="lead", filter='last_name = "Once"')).records) == 1
    assert nadia("POST", "/forms/lead_in/send", {"values": {"last_name": "Twice"}}, key).status_code == 422


def test_what_is_asked_is_told_and_task_forms_are_not_sendable(asks: Callable[[str], Ask]) -> None:
    james = asks("james")
    told = james("GET", "/forms/visit/questions").json()
    assert [(each["name"], each["type"], each["required"]) for each in told["value"]] == [
        ("day", "date", True), ("why", "text", False),
    ]  # fmt: skip
    for key in ("of_a_task", "nothing"):
        assert james("POST", f"/forms/{key}/send", {"values": {"why": "x"}}).status_code == 404
        assert james("GET", f"/forms/{key}/questions").status_code == 404


def test_public_forms_keep_their_rules(asks: Callable[[str], Ask], world: World) -> None:
    james = asks("james")
    told = james("GET", "/forms/contact/questions").json()
    assert told["consent"]
    answers = {"last_name": "Public", "emails": [{"value": "public@lisiere.example"}], "description": "A visit, please"}
    assert "consent" in faults(james("POST", "/forms/contact/send", {"values": answers}))
    sent = james("POST", "/forms/contact/send", {"values": answers, "consent": True})
    again = james("POST", "/forms/contact/send", {"values": answers, "consent": True})
    assert (sent.status_code, again.status_code) == (202, 202)
    assert sent.json()["record"] is None
    with world.system() as tx:
        assert len(page(tx, Wish(entity="lead", filter='last_name = "Public"')).records) == 1
