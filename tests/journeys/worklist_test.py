"""The worklist: what waits, answered beside the list, alone and together, handed on, and followed by the process."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]
MODEL = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:entente="urn:entente:bpmn:1.0" id="d"
  targetNamespace="urn:test"><process id="{key}" name="Remise" isExecutable="true">
<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
<userTask id="ask" name="Valider la remise" entente:destinations="{to}" entente:slots="{slots}" entente:rule="all"
  entente:due="P2D" entente:default="rejected"><extensionElements>
<entente:outcome key="approved" en="Approve" fr="Approuver"/><entente:outcome key="rejected" en="Reject" fr="Refuser"/>
</extensionElements></userTask>
<sequenceFlow id="f2" sourceRef="ask" targetRef="call"/>
<userTask id="call" name="Rappeler le client" entente:destinations="user:james"/>
<sequenceFlow id="f3" sourceRef="call" targetRef="e"/><endEvent id="e"/></process></definitions>"""


def request(office: Office, key: str, to: str, slots: int = 1, last_name: str = "Berthier") -> UUID:
    """A prospect of James about whom a request runs."""
    known = {"first_name": "Camille", "last_name": last_name, "company_name": "Serres du Lis"}
    record = office.has("lead", "james", **{"owner": office.id_of("james"), **known})
    with office.system() as tx:
        deploy(tx, import_model(tx, MODEL.format(key=key, to=to, slots=slots).encode()).id)
        start(tx, key, entity="lead", record=record)
    return record


def test_two_people_decide_and_the_process_goes_on(sits: Seats, office: Office) -> None:
    request(office, "discount", "user:helene; user:james", 2)
    manager, seller = sits("helene", "/inbox"), sits("james", "/inbox")
    manager.locator("#inbox-list").get_by_role("link", name="Valider la remise").click()
    pane = manager.locator("#task-pane")
    expect(pane).to_contain_text("Camille Berthier")
    expect(pane).to_contain_text("0 réponses sur 2")
    pane.get_by_label("Commentaire").fill("Pour cette fois")
    pane.get_by_role("button", name="Approuver").click()
    expect(manager.locator("#toasts")).to_contain_text("C’est fait")
    expect(manager.locator("#inbox-list")).to_have_count(0)
    seller.locator("#inbox-list").get_by_role("link", name="Valider la remise").click()
    seller.locator("#task-pane").get_by_text("Historique").click()
    expect(seller.locator("#task-pane")).to_contain_text("Pour cette fois")
    seller.locator("#task-pane").get_by_role("button", name="Approuver").click()
    expect(seller.locator("#inbox-list")).to_contain_text("Rappeler le client")
    expect(seller.locator("#task-pane h2")).to_have_text("Rappeler le client")


def test_a_task_is_handed_on_live(sits: Seats, office: Office) -> None:
    request(office, "handed", "user:helene", last_name="Vasseur")
    manager, seller = sits("helene", "/inbox"), sits("james", "/inbox")
    manager.locator("#inbox-list li", has_text="Vasseur").get_by_role("link").click()
    manager.locator("#task-pane").get_by_role("button", name="Transmettre").click()
    dialog = manager.locator("#dialog")
    dialog.get_by_role("combobox", name="À", exact=True).fill("james")
    dialog.get_by_role("option", name="James James").click()
    dialog.get_by_label("Motif").fill("Vous connaissez ce client")
    dialog.get_by_role("button", name="Transmettre").click()
    expect(dialog).to_be_hidden()
    expect(seller.locator("#inbox-list li", has_text="Vasseur")).to_be_visible()


def test_several_tasks_are_answered_at_once(sits: Seats, office: Office) -> None:
    for name in ("Quenot", "Rigal"):
        request(office, f"many{name.lower()}", "user:helene", last_name=name)
    page = sits("helene", "/inbox")
    for name in ("Quenot", "Rigal"):
        page.locator("#inbox-list li", has_text=name).get_by_role("checkbox").check()
    page.get_by_role("group", name="Avec les tâches sélectionnées").get_by_role("button", name="Terminer").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Pour 2 tâches")
    dialog.get_by_label("Décision").select_option(label="Approuver")
    dialog.get_by_role("button", name="Terminer").click()
    expect(page.locator("#toasts")).to_contain_text("2 tâches traitées")
    for name in ("Quenot", "Rigal"):
        expect(page.locator("#inbox-list li", has_text=name)).to_have_count(0)


def test_a_task_is_answered_on_the_record(sits: Seats, office: Office) -> None:
    lead = request(office, "beside", "user:james", last_name="Tessier")
    page = sits("james", f"/leads/{lead}")
    card = page.locator(".task-card", has_text="Valider la remise")
    card.get_by_role("button", name="Refuser").click()
    page.locator("#dialog").get_by_label("Commentaire").fill("Trop élevée")
    page.locator("#dialog").get_by_role("button", name="Refuser").click()
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator(".task-card", has_text="Rappeler le client")).to_be_visible()


def test_what_is_laid_aside_has_a_list_of_its_own(sits: Seats, office: Office) -> None:
    request(office, "aside", "user:helene", last_name="Ulrich")
    page = sits("helene", "/inbox")
    page.locator("#inbox-list li", has_text="Ulrich").get_by_role("link").click()
    page.locator("#task-pane").get_by_role("button", name="Mettre de côté").click()
    page.locator("#dialog").get_by_label("Pendant").select_option(label="Pendant une semaine")
    page.locator("#dialog").get_by_role("button", name="Mettre de côté").click()
    expect(page.locator("#inbox-list li", has_text="Ulrich")).to_have_count(0)
    page.get_by_role("link", name="Mises de côté").click()
    page.locator("#inbox-list li", has_text="Ulrich").get_by_role("link").click()
    page.locator("#task-pane").get_by_role("button", name="Reprendre").click()
    expect(page.locator("#inbox-list li", has_text="Ulrich")).to_have_count(0)
