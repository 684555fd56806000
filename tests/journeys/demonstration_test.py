"""The demonstration, in French and in English: one process from the public form to the offer, four people at work."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.journeys.demonstration import Play, perform
from tests.journeys.office import Office
from tests.journeys.shipped import deploy_table

from entente.kernel.records.save import save
from entente.modules.sales.demo.automations import show_rules
from entente.modules.sales.demo.courses import MODELS
from entente.modules.sales.demo.forms import design_forms
from entente.services.processes.definitions import deploy, import_model

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(("language", "visitor"), [("fr", "Berthier"), ("en", "Fenwick")])
def test_a_process_carries_a_prospect(sits: Callable[..., Page], office: Office, language: str, visitor: str) -> None:
    with office.acts("admin") as tx:
        for login in ("helene", "james", "bastien"):
            save(tx, "user", {"language": language}, id=office.id_of(login))
        if not office.all_of("form", 'key = "meeting_request"'):
            deploy_table(tx)
            for file in sorted(MODELS.glob("*.bpmn")):
                deploy(tx, import_model(tx, file.read_bytes()).id)
            design_forms(tx)
            show_rules(tx)
    told: list[str] = []
    perform(
        Play(
            seats=sits,
            acts=office.acts,
            language=language,
            manager="helene",
            seller="james",
            colleague="bastien",
            visitor=visitor,
            tells=told.append,
        )
    )
    assert told[-1] == "ends"
    assert office.all_of("lead", f'last_name = "{visitor}"')
