"""A checklist in a form, on the record's page and in the program interface."""

from uuid import UUID

import pytest

from entente.kernel.records.query import find
from entente.kernel.records.save import save
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World


@pytest.fixture
def task(world: World) -> UUID:
    return world.has("task", "james", subject="Préparer la visite", checklist=["Plan d’accès", "Badges"])


def _steps(world: World, task: UUID) -> list[tuple[str, bool]]:
    with world.acts("james") as tx:
        return [(step.text, step.done) for step in find(tx, "task", task)["checklist"]]


def test_step_is_ticked_on_the_page_of_the_record(client: Client, world: World, task: UUID) -> None:
    james = Browser(client, world, "james")
    page = james.get(f"/tasks/{task}").text
    assert f'hx-post="/tasks/{task}/cell/checklist"' in page
    assert "Badges" in page
    sent = {"checklist.0.text": "Plan d’accès", "checklist.1.text": "Badges", "checklist.1.done": "1", "version": "1"}
    answer = james.post(f"/tasks/{task}/cell/checklist", sent)
    assert answer.status_code == 200, answer.text
    assert _steps(world, task) == [("Plan d’accès", False), ("Badges", True)]
    with world.acts("james") as tx:
        save(tx, "task", {"checklist": ["Autre"]}, id=task)
    assert james.post(f"/tasks/{task}/cell/checklist", sent).status_code == 409
    assert _steps(world, task) == [("Autre", False)]


def test_steps_are_written_reordered_and_emptied_in_the_form(client: Client, world: World, task: UUID) -> None:
    james = Browser(client, world, "james")
    form = james.get(f"/tasks/{task}/edit").text
    assert 'name="checklist.1.text" value="Badges"' in form
    sent = {
        "checklist": "",
        "checklist.1.text": "Badges",
        "checklist.2.text": "",
        "checklist.10.text": "Café",
        "version": "1",
    }
    james.post(f"/tasks/{task}/edit", sent)
    assert _steps(world, task) == [("Badges", False), ("Café", False)]
    refused = james.post(f"/tasks/{task}/edit", {"checklist": "", "checklist.0.text": "x" * 251, "version": "2"})
    assert refused.status_code == 422
    assert "x" * 251 in refused.text


def test_reader_sees_steps_without_ticking(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    task = world.has(
        "task", "james", subject="Visite", regarding={"entity": "account", "id": str(account)}, checklist=["Plan"]
    )
    page = Browser(client, world, "rita").get(f"/tasks/{task}").text
    assert "Plan" in page
    assert "/cell/checklist" not in page
