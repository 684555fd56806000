"""What came with the product, or from a model, is called in the reader's language wherever it is shown."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import entente
from entente.kernel.kit.words import LANGUAGES
from entente.kernel.records.save import Write, save, save_many
from entente.kernel.seeding import seed_id
from entente.modules.sales.invented import names_of_invented, read_rules, rule_id
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from tests.interfaces.browser import Browser, Client
from tests.services.processes.drawing import drawn
from tests.world.cast import World

TASK = 'start s\nuser a name_en="Call the lead" name_fr="Appeler le prospect" destinations="user:james"\ns > a'
RULE = {"entity": "lead", "trigger": "created", "actions": [{"kind": "post", "body": "x"}]}
FORM = {"kind": "named", "entity": "lead", "key": "meeting_request", "starts": "save"}


def reads(world: World, language: str) -> None:
    with world.acts("admin") as tx:
        save(tx, "user", {"language": language}, id=world.id_of("admin"))


def shipped(world: World, entity: str, identity: UUID, values: Mapping[str, Any]) -> None:
    name = names_of_invented()[identity]["fr"]
    with world.acts("admin") as tx:
        save_many(tx, entity, [Write(values={**values, "name": name}, id=identity, create=True)])


def test_rule_of_the_demo_is_called_in_the_readers_language_until_it_is_renamed(client: Client, world: World) -> None:
    identity = rule_id(read_rules()[0])
    shipped(world, "automation", identity, RULE)
    admin = Browser(client, world, "admin")
    pages = ("/automations", "/automations/map", f"/automations/{identity}", f"/automations/{identity}/runs")
    for language, own, other in (("en", "Won –", "Gagné –"), ("fr", "Gagné –", "Won –")):
        reads(world, language)
        for page in pages:
            text = admin.get(page).text
            assert own in text, page
            assert other not in text, page
    with world.acts("admin") as tx:
        save(tx, "automation", {"name": "Bravo"}, id=identity)
    assert "Bravo" in admin.get("/automations").text


def test_form_of_the_demo_is_called_in_the_readers_language(client: Client, world: World) -> None:
    shipped(world, "form", seed_id("form", "meeting_request"), FORM)
    admin = Browser(client, world, "admin")
    for language, own in (("en", "Request a meeting"), ("fr", "Demander un rendez-vous")):
        reads(world, language)
        assert own in admin.get("/settings/forms").text
        assert own in admin.get("/settings/forms/named/meeting_request").text


def test_task_of_a_process_is_called_in_the_readers_language_on_its_record(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Corvin")
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(TASK, "calls")).id)
        start(tx, "calls", entity="lead", record=lead)
    admin = Browser(client, world, "admin")
    for language, own, other in (("en", "Call the lead", "Appeler le"), ("fr", "Appeler le prospect", "Call the")):
        reads(world, language)
        text = admin.get(f"/leads/{lead}").text
        assert own in text
        assert other not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_door_by_which_a_change_comes_has_a_name(world: World, language: str) -> None:
    doors = {
        door
        for source in Path(entente.__path__[0]).rglob("*.py")
        for door in re.findall(r'new_cause\("(\w+)"', source.read_text())
    }
    assert "web" in doors
    assert [door for door in sorted(doors) if world.database.words.say(language, f"via.{door}") == f"via.{door}"] == []
