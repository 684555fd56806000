"""Looking after processes: rights let somebody find and start one, instances are brought along, archived, told of."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.interfaces.web_migration_test import NEW, OLD, named
from tests.journeys.office import Office
from tests.services.processes.drawing import drawn

from entente.kernel.db.tx import engine_rows
from entente.services.processes.archiving import archive
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.rights import Right, put_rights

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def test_a_right_lets_somebody_find_a_process_and_start_it(sits: Seats, office: Office) -> None:
    with office.acts("admin") as tx:
        made = deploy(tx, import_model(tx, drawn("start s\nuser a destinations=user:james\ns > a", "holidays")).id)
        put_rights(tx, "holidays", [Right("user", office.id_of("helene"), "participate")])
    seller = sits("james", "/processes/start")
    expect(seller.get_by_role("cell", name="holidays")).to_have_count(0)
    admin = sits("admin", f"/processes/{made.id}/rights")
    admin.locator("#right-holder").select_option(f"user:{office.id_of('james')}")
    admin.locator("#right-level").select_option("participate")
    admin.get_by_role("button", name="Give").click()
    line = admin.locator("#rights li", has_text="James")
    expect(line.locator("select")).to_have_value("participate")
    admin.goto(f"{office.address}/processes/{made.id}")
    expect(admin.locator(".record-aside")).to_contain_text("changed the rights")
    expect(admin.locator(".record-aside")).to_contain_text("none → Start")
    seller.goto(f"{office.address}/inbox")
    seller.get_by_role("link", name="Démarrer un processus").click()
    expect(seller.get_by_role("cell", name="holidays")).to_have_count(1)
    seller.keyboard.press("Control+k")
    seller.locator("#palette input").fill("holidays")
    seller.locator("#palette [role=option]", has_text="Démarrer « holidays »").click()
    seller.locator("#dialog footer .primary").click()
    seller.wait_for_url("**/processes/instances/*")
    expect(seller.locator("h1")).to_contain_text("holidays")
    admin.goto(f"{office.address}/processes/{made.id}/rights")
    line.get_by_role("button").click()
    expect(line).to_have_count(0)
    seller.goto(f"{office.address}/processes/start")
    expect(seller.locator("h1")).to_have_text("Démarrer un processus")
    expect(seller.get_by_role("cell", name="holidays")).to_have_count(0)


def test_instances_are_brought_to_a_newer_version_after_a_look_ahead(sits: Seats, office: Office) -> None:
    with office.acts("admin") as tx:
        deploy(tx, import_model(tx, named(OLD, "ask")).id)
        instance = start(tx, "moving", business_key="K-1").id
        newer = deploy(tx, import_model(tx, named(NEW, "demand")).id)
    page = sits("admin", f"/processes/{newer.id}")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("link", name="Bring running instances here").click()
    mapping = page.locator("[name='map.ask']")
    expect(mapping).to_have_value("demand")
    mapping.select_option("")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#migration")).to_contain_text("Does not fit")
    page.locator("[name='map.ask']").select_option("demand")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#migration")).to_contain_text("One can go")
    page.get_by_role("button", name="Migrate the chosen ones").click()
    expect(page.locator("#migration")).to_contain_text("One was migrated")
    page.goto(f"{office.address}/processes/instances/{instance}")
    expect(page.locator("#course")).to_contain_text("Ask")
    expect(page.locator(".title-bar")).to_contain_text("version 2")


def test_what_ended_long_ago_is_found_in_the_archive(sits: Seats, office: Office) -> None:
    instance = ended_long_ago(office)
    page = sits("admin", "/processes/archive")
    page.get_by_role("link", name="OLD-7").click()
    page.wait_for_url(f"**/processes/instances/{instance}")
    expect(page.locator("#course")).to_contain_text("Completed")
    expect(page.get_by_role("button", name="More actions")).to_have_count(0)
    page.goto(f"{office.address}/processes/archive")
    page.get_by_role("link", name="Retention").click()
    field = page.locator("[name='days.kept_short']")
    field.fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("from the next night on")
    page.reload()
    expect(field).to_have_value("12")
    page.goto(f"{office.address}/settings/journal")
    expect(page.locator("#tables tr", has_text="changed the retention").first).to_contain_text("none → 12")


def ended_long_ago(office: Office) -> UUID:
    with office.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nend e\ns > e", "kept_short")).id)
        instance = start(tx, "kept_short", business_key="OLD-7").id
        engine_rows(
            tx,
            "UPDATE {schema}.process_instance SET ended_at = ended_at - interval '400 days' WHERE id = %(id)s",
            id=instance,
        )
    with office.system() as tx:
        assert archive(tx) >= 1
    return instance
