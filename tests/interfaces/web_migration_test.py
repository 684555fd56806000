"""Instances brought to another version, and tokens put and withdrawn, as whoever looks after a process does it."""

import re
from uuid import UUID

import pytest

from entente.services.processes.definitions import Definition, deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.rights import Right, put_rights
from entente.services.processes.showing import shown_instance
from tests.interfaces.browser import Client
from tests.interfaces.web_asking import Browser
from tests.services.processes.drawing import drawn
from tests.world.cast import World

OLD = "start s\nuser ask\nuser gone\ns > ask > gone"
NEW = "start s\nuser demand\nuser other\nuser more\ns > demand > other > more"


def named(text: str, element: str) -> bytes:
    """The model with one task that is called Ask."""
    return drawn(text, "moving").replace(
        f'<userTask id="{element}"'.encode(), f'<userTask name="Ask" id="{element}"'.encode()
    )


@pytest.fixture
def versions(world: World) -> tuple[Definition, Definition, UUID]:
    """Two deployed versions, and an instance on the first one."""
    with world.acts("admin") as tx:
        old = deploy(tx, import_model(tx, named(OLD, "ask")).id)
        instance = start(tx, "moving", business_key="K-1").id
        return old, deploy(tx, import_model(tx, named(NEW, "demand")).id), instance


def at(world: World, instance: UUID) -> list[str]:
    with world.acts("admin") as tx:
        return sorted(each["element"] for each in shown_instance(tx, instance, ["tokens"])["tokens"])


def test_the_mapping_is_guessed_edited_previewed_and_done(
    client: Client, world: World, versions: tuple[Definition, Definition, UUID]
) -> None:
    old, new, instance = versions
    admin, url = Browser(client, world, "admin"), f"/processes/{new.id}/migrate"
    page = admin.get(url).text
    assert "one instance runs" in page
    assert re.search(r'name="map.ask".*?<option value="demand" selected>', page, re.S)
    assert '<option value="demand" selected>' in page
    form = {"shown": str(old.id), "source": str(old.id), "then": "look"}
    nowhere = admin.post(url, **form).text
    assert "Does not fit" in nowhere
    assert "One stays where it is" in nowhere
    seen = admin.post(url, **form, map__ask="demand").text
    assert "One can go" in seen
    assert f'value="{instance}" aria-label="K-1" checked' in seen
    assert at(world, instance) == ["ask"]
    done = {**form, "then": "do", "map__ask": "demand"}
    assert "Choose at least one instance." in admin.post(url, **done).text
    assert "One was migrated" in admin.post(url, **done, instance=str(instance)).text
    assert at(world, instance) == ["demand"]
    assert "No instance runs on another version." in admin.get(url).text


def test_a_mapping_to_nothing_is_refused(
    client: Client, world: World, versions: tuple[Definition, Definition, UUID]
) -> None:
    old, new, _ = versions
    form = {"shown": str(old.id), "source": str(old.id), "then": "look", "map__ask": "nothing"}
    assert Browser(client, world, "admin").post(f"/processes/{new.id}/migrate", **form).status_code == 422


def test_only_who_looks_after_the_process_migrates(
    client: Client, world: World, versions: tuple[Definition, Definition, UUID]
) -> None:
    old, new, instance = versions
    james, url = Browser(client, world, "james"), f"/processes/{new.id}/migrate"
    form = {"shown": str(old.id), "source": str(old.id), "then": "do", "map__ask": "demand", "instance": str(instance)}
    assert james.get(url).status_code == 403
    assert james.post(url, **form).status_code == 403
    with world.acts("admin") as tx:
        put_rights(tx, "moving", [Right("user", world.id_of("james"), "admin")])
    assert james.post(url, **form).status_code == 200
    assert at(world, instance) == ["demand"]


def test_tokens_are_put_and_withdrawn_after_a_look(
    client: Client, world: World, versions: tuple[Definition, Definition, UUID]
) -> None:
    instance = versions[2]
    admin, url = Browser(client, world, "admin"), f"/processes/instances/{instance}"
    details = admin.get(f"{url}/elements/gone").text
    assert f"{url}/repair/start_before?element=gone" in details
    asked = admin.get(f"{url}/repair/start_before", element="gone").text
    assert '<option value="gone" selected>' in asked
    seen = admin.post(f"{url}/repair/start_before", element="gone", then="look").text
    assert "arrives at" in seen
    assert at(world, instance) == ["ask"]
    assert admin.post(f"{url}/repair/start_before", element="gone", then="do", reason="Both").status_code == 200
    assert at(world, instance) == ["ask", "gone"]
    taken = re.search(rf"{url}/repair/withdraw\?token=(\d+)", admin.get(f"{url}/elements/ask").text)
    assert taken
    done = admin.post(f"{url}/repair/withdraw", token=taken[1], then="do", reason="Not needed")
    assert done.status_code == 200
    assert at(world, instance) == ["gone"]
    assert "Token withdrawn: Not needed" in admin.get(f"{url}/course").text
    after = admin.post(f"{url}/repair/start_after", element="gone", then="look").text
    assert "Nothing changes." in after or "arrives at" in after


def test_moving_proposes_no_step_and_tells_what_the_chosen_one_means(
    client: Client, world: World, versions: tuple[Definition, Definition, UUID]
) -> None:
    instance = versions[2]
    admin, url = Browser(client, world, "admin"), f"/processes/instances/{versions[2]}/repair/move"
    with world.acts("admin") as tx:
        (token,) = (each["number"] for each in shown_instance(tx, instance, ["tokens"])["tokens"])
    asked = admin.get(url, token=token).text
    assert '<option value="" selected>Choose a step…</option>' in asked
    assert asked.count(" selected") == 1
    nowhere = admin.post(url, token=token, element="", then="do", reason="Stuck")
    assert (nowhere.status_code, "Choose the step" in nowhere.text) == (422, True)
    seen = admin.post(f"{url}?then=look", token=token, element="gone", reason="Stuck").text
    assert "arrives at" in seen
    assert at(world, instance) == ["ask"]
    assert admin.post(url, token=token, element="gone", then="do", reason="Stuck").status_code == 200
    assert at(world, instance) == ["gone"]
