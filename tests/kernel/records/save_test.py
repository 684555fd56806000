"""The one write path: what is refused names its field, and nothing is lost to another writer."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.db.tx import new_cause
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Conflict, Forbidden, Invalid, NotFound, Refused
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.save import Write, delete, restore, save, save_many
from entente.kernel.undoing import undo


def faults(refusal: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str | None]]:
    found = refusal.value.faults if isinstance(refusal.value, Invalid) else (refusal.value,)
    return {(each.code, each.field) for each in found}


def test_a_saved_record_is_found_as_written(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", first_name="Camille",
                     emails="C.Berthier@lisiere.example", phones="06 39 98 12 34")  # fmt: skip
    with world.acts("james") as tx:
        found = find(tx, "lead", lead)
    assert found["name"] == "Camille Berthier"
    assert found["emails"][0].value == "C.Berthier@lisiere.example"
    assert found["phones"][0].value == "+33 6 39 98 12 34"
    assert (found["owner"], found["created_by"]) == (world.id_of("james"), world.id_of("james"))
    assert found["state"] == "open"


def test_every_fault_is_named_at_once(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"emails": "nobody", "score": "many", "ghost": 1, "state": "qualified"})
    assert faults(refusal) == {
        ("field.not_an_email", "emails"),
        ("field.not_a_number", "score"),
        ("field.unknown", "ghost"),
        ("field.read_only", "state"),
    }


@pytest.mark.parametrize("field", ["converted_at", "created_at", "version", "name", "created_account"])
def test_what_only_the_product_writes_is_refused(world: World, field: str) -> None:
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"last_name": "Berthier", field: None})
    assert faults(refusal) == {("field.read_only", field)}


@pytest.mark.parametrize("level", ["hidden", "masked", "read"])
def test_field_that_may_not_be_written_is_refused_and_keeps_its_value(world: World, level: str) -> None:
    lead = world.has("lead", "james", last_name="Berthier", need="Chaudière")
    limited = msgspec.structs.replace(world.principal("james"), field_rules={"lead": {"need": level}})
    with world.database.begin(limited) as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"need": "Rien"}, id=lead)
    assert faults(refusal) == {("field.read_only", "need")}
    with world.database.begin(limited) as tx:
        save(tx, "lead", {"job_title": "Directrice"}, id=lead)
    with world.system() as tx:
        assert find(tx, "lead", lead)["need"] == "Chaudière"


def test_taken_value_names_its_field(world: World) -> None:
    world.has("tag", "admin", name="Salon Habitat")
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        save(tx, "tag", {"name": "salon habitat"})
    assert faults(refusal) == {("field.taken", "name")}


def test_value_of_a_binned_record_is_free_until_it_comes_back(world: World) -> None:
    first = world.has("tag", "admin", name="Foire")
    with world.acts("admin") as tx:
        delete(tx, "tag", first)
    world.has("tag", "admin", name="Foire")
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        restore(tx, "tag", first)
    assert faults(refusal) == {("field.taken", "name")}


def test_link_to_nothing_is_refused(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        save(tx, "contact", {"last_name": "Berthier", "account": str(uuid4())})
    assert faults(refusal) == {("field.no_such_record", "account")}


def stranger_cannot_link_to_what_he_cannot_read(world: World) -> None:
    account = world.has("account", "nadia", name="Faïencerie de Quimper")
    limited = msgspec.structs.replace(
        world.principal("james"), grants={"*": {"create": "own", "read": "own", "update": "own"}}
    )
    with world.database.begin(limited) as tx, pytest.raises(Refused) as refusal:
        save(tx, "contact", {"last_name": "Berthier", "account": account})
    assert faults(refusal) == {("field.no_such_record", "account")}


def stranger_cannot_change_or_delete_lead(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        save(tx, "lead", {"job_title": "x"}, id=lead)
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        delete(tx, "lead", lead)
    with world.acts("rita") as tx, pytest.raises(Forbidden):
        save(tx, "lead", {"job_title": "x"}, id=lead)


def test_second_editor_is_told_what_changed(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        save(tx, "lead", {"job_title": "Directrice"}, id=lead, version=1)
    with world.acts("bastien") as tx, pytest.raises(Conflict) as conflict:
        save(tx, "lead", {"job_title": "Chef"}, id=lead, version=1)
    assert [(each["field"], each["new"]) for each in conflict.value.theirs] == [("job_title", "Directrice")]


def test_conflict_tells_nothing_of_hidden_fields(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        save(tx, "lead", {"need": "Chaudière", "job_title": "Directrice"}, id=lead, version=1)
    limited = msgspec.structs.replace(world.principal("bastien"), field_rules={"lead": {"need": "hidden"}})
    with world.database.begin(limited) as tx, pytest.raises(Conflict) as conflict:
        save(tx, "lead", {"job_title": "Chef"}, id=lead, version=1)
    assert [each["field"] for each in conflict.value.theirs] == ["job_title"]


def test_fifty_writers_at_once_lose_nothing(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", employees=0)
    person = world.principal("james")

    def add_one(_: int) -> bool:
        try:
            with world.database.begin(person, cause=new_cause("api")) as tx:
                seen = find(tx, "lead", lead)
                save(tx, "lead", {"employees": seen["employees"] + 1}, id=lead, version=seen.version)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(add_one, range(50)))
    with world.system() as tx:
        found = find(tx, "lead", lead)
        told = history(tx, "lead", lead)
    assert won >= 1
    assert (found["employees"], found.version, len(told)) == (won, won + 1, won + 1)


def test_nothing_of_many_is_written_when_one_is_refused(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Refused):
        save_many(tx, "lead", [Write(values={"last_name": "Seule"}), Write(values={"last_name": "A", "score": 101})])
    with world.system() as tx:
        assert page(tx, Ask(entity="lead", filter='last_name = "Seule"')).records == []


def test_saving_the_same_again_changes_nothing(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", annual_revenue="12.50", probability="10")
    with world.acts("james") as tx:
        same = save(tx, "lead", {"last_name": " Berthier ", "probability": "10.0"}, id=lead)
        assert (same.version, len(history(tx, "lead", lead))) == (1, 1)


def test_money_keeps_currency_rate_and_base(world: World) -> None:
    with world.acts("admin") as tx:
        francs = next(each.id for each in page(tx, Ask(entity="currency")).records if each["code"] == "CHF")
        for day, rate in (("2026-11-02", "1.05"), ("2026-12-01", "2")):
            save(tx, "currency_rate", {"currency": francs, "rate": rate, "valid_from": day})
    lead = world.has("lead", "james", last_name="Berthier", budget={"amount": "1000.005", "currency": "CHF"})
    with world.acts("james") as tx:
        budget = find(tx, "lead", lead)["budget"]
        assert budget == Money(Decimal("1000.01"), "CHF", Decimal("1.05"), Decimal("1050.0105"))
        assert len(page(tx, Ask(entity="lead", filter="budget > 1050 and budget < 1050.02")).records) == 1
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"budget": {"amount": "1", "currency": "JPY"}}, id=lead)
    assert faults(refusal) == {("currency.no_rate", "budget")}


def test_many_links_are_written_filtered_and_told(world: World) -> None:
    tags = [world.has("tag", "admin", name=f"Lien {number}") for number in range(3)]
    lead = world.has("lead", "james", last_name="Berthier", tags=tags[:2])
    with world.acts("james") as tx:
        assert set(find(tx, "lead", lead)["tags"]) == set(tags[:2])
        save(tx, "lead", {"tags": tags[1:]}, id=lead)
        assert set(find(tx, "lead", lead)["tags"]) == set(tags[1:])
        old, new = history(tx, "lead", lead)[0].changes["tags"]
        assert (set(old), set(new)) == ({str(each) for each in tags[:2]}, {str(each) for each in tags[1:]})
        asked = page(tx, Ask(entity="lead", filter='some tag in tags satisfies tag.name = "Lien 2"'))
        assert [record.id for record in asked.records] == [lead]
        before = find(tx, "lead", lead).version
        assert save(tx, "lead", {"tags": list(reversed(tags[1:]))}, id=lead).version == before


def test_deleted_record_is_gone_until_restored(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("helene") as tx:
        delete(tx, "lead", lead)
        with pytest.raises(NotFound):
            find(tx, "lead", lead)
        restore(tx, "lead", lead)
        assert find(tx, "lead", lead)["last_name"] == "Berthier"


def test_what_hangs_on_a_record_goes_along_and_comes_back(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("bastien") as tx:
        task = save(tx, "task", {"subject": "Rappeler", "regarding": f"lead:{lead}"}).id
    with world.acts("helene") as tx:
        delete(tx, "lead", lead)
        cause = tx.cause.id
    with world.system() as tx, pytest.raises(NotFound):
        find(tx, "task", task)
    with world.acts("helene") as tx:
        assert undo(tx, cause).left == []
    with world.system() as tx:
        assert find(tx, "task", task)["subject"] == "Rappeler"


def test_record_that_others_need_stays(world: World) -> None:
    account = world.has("account", "james", name="Lisière")
    deal = {"name": "Chaudière", "amount": "10", "close_date": "2026-12-01"}
    world.has("opportunity", "james", account=account, **deal)
    with world.acts("helene") as tx, pytest.raises(Refused) as refusal:
        delete(tx, "account", account)
    assert (refusal.value.code, refusal.value.values["what"]) == ("record.needed", "Opportunities")
    with world.system() as tx:
        assert find(tx, "account", account)["name"] == "Lisière"
