"""An import does what its preview said, survives a crash without doubling, and can be taken back whole."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.sent import sent_from_now_on
from tests.sheets import first_sheet
from tests.world.cast import World

from entente.kernel.db.tx import Cause, engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound, Refused
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.transfer import import_jobs
from entente.services.transfer.import_jobs import import_rows, undo_rows
from entente.services.transfer.importing import (
    check_import,
    plan_import,
    propose_mapping,
    run_import,
    start_import,
    undo_import,
)
from entente.services.transfer.plan import ImportPlan, state_of
from entente.services.transfer.refusals import refused_rows_file
from entente.services.transfer.uploads import keep_file
from entente.services.transfer.writing_rows import Outcome, write_rows

CONTACTS = """Prénom;Nom;E-mail;Téléphone portable;Ville;CP;Statut
Hélène;Le Gall;helene@kerv.example;06 12 34 56 78;Brest;29200;Actif
Zoë;Martin;zoe@kerv.example;;Quimper;29000;
Jean;Dupont;pas une adresse;;Rennes;35000;inactif
;;;;Vannes;56000;
"""


def started(world: World, text: str = CONTACTS, login: str = "james", entity: str = "contact", **plan: Any) -> UUID:
    with world.acts(login) as tx:
        file = keep_file(tx, "clients.csv", text.encode())
        job = start_import(tx, file, entity, "clients.csv")
        if plan:
            plan_import(tx, job, msgspec.structs.replace(state_of(tx, job).plan, **plan))
    return job


def done(world: World, job: UUID, login: str = "james") -> Record:
    with world.acts(login) as tx:
        run_import(tx, job)
    work(world, import_rows, job, login)
    return record(world, job)


def work(
    world: World,
    function: Callable[[Run, UUID, UUID], None],
    job: UUID,
    login: str = "james",
    cause: Cause | None = None,
) -> None:
    run = Run(world.database, "main", system("test"), cause or new_cause("job"))
    function(run, job, world.id_of(login))


def record(world: World, job: UUID) -> Record:
    with world.system() as tx:
        return find(tx, "import_job", job)


def counts(made: Record) -> tuple[int, ...]:
    return tuple(made[name] for name in ("created_count", "updated_count", "skipped_count", "refused_count"))


OURS = """
SELECT record FROM {schema}.journal WHERE entity = 'contact' AND deed = 'create' AND via IN ('web', 'import')
"""


def contacts(world: World, filter: str = "", login: str = "admin") -> Sequence[Record]:
    """The contacts that the test wrote, without the seeds."""
    with world.acts(login) as tx:
        ours = tuple(line["record"] for line in engine_rows(tx, OURS))
        return page(tx, Ask(entity="contact", filter=filter, ids=ours, limit=5000)).records


def test_a_french_file_becomes_records_with_their_follow_up(world: World) -> None:
    job = started(world)
    made = done(world, job)
    assert (made["status"], made["total"], made["done"]) == ("done", 4, 4)
    assert counts(made) == (2, 0, 0, 2)
    helene = contacts(world, 'first_name = "Hélène"')[0]
    assert helene["name"] == "Hélène Le Gall"
    assert helene["phones"][0].value == "+33 6 12 34 56 78"
    assert (helene["phones"][0].kind, helene["address"].postal_code) == ("mobile", "29200")
    assert helene["owner"] == world.id_of("james")


def test_the_check_says_what_will_be_and_writes_nothing(world: World) -> None:
    job = started(world)
    with world.acts("james") as tx:
        preview = check_import(tx, job)
    assert [row.fate for row in preview.rows] == ["created", "created", "refused", "refused"]
    assert preview.rows[0].title == "Hélène Le Gall"
    assert preview.rows[0].values["status"] == "active"
    assert [(fault.code, fault.column) for fault in preview.rows[2].faults] == [("field.not_an_email", 2)]
    assert [(fault.code, fault.values.get("field")) for fault in preview.rows[3].faults] == [
        ("field.required", "last_name")
    ]
    assert contacts(world) == []
    with world.system() as tx:
        assert engine_rows(tx, OURS) == []
        assert state_of(tx, job).checked == preview
    made = done(world, job)
    assert counts(made) == (preview.counts.created, 0, 0, preview.counts.refused)


def test_refused_rows_come_back_with_the_reason_for_every_cell(world: World) -> None:
    job = started(world)
    done(world, job)
    with world.acts("james") as tx:
        made = refused_rows_file(tx, job)
        text = refused_rows_file(tx, job, "csv").data.decode("utf-8-sig")
    sheet = first_sheet(made.data)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "Row"
    assert rows[1][:4] == ["4", "Jean", "Dupont", "pas une adresse"]
    assert str(rows[1][-1]).startswith("E-mail: ")
    assert rows[2][-1] == "Nom: Please fill in this field."
    assert sheet["D2"].comment is not None
    assert text.splitlines()[0].startswith("Row,Prénom,Nom")
    assert record(world, job)["refused_file"] is not None


def test_refused_rows_cannot_become_formulas(world: World) -> None:
    good = "".join(f"N{n};n{n}@x.example\n" for n in range(4))
    evil = f"Nom;E-mail\n{good}=HYPERLINK(1);pas une adresse\n \t+cmd|' /C calc'!A0;non plus\n"
    job = started(world, evil)
    done(world, job)
    with world.acts("james") as tx:
        text = refused_rows_file(tx, job, "csv").data.decode("utf-8-sig")
        sheet = first_sheet(refused_rows_file(tx, job).data)
    assert "'=HYPERLINK" in text
    assert "'+cmd" in text
    assert [cell.data_type for cell in sheet["B"]] == ["s", "s", "s"]


def known(world: World, **values: Any) -> Record:
    with world.acts("james") as tx:
        return save(tx, "contact", {"last_name": "Le Gall", "emails": "helene@kerv.example", **values})


@pytest.mark.parametrize(
    ("policy", "expected"), [("skip", (1, 0, 1, 2)), ("fill", (1, 1, 0, 2)), ("create", (2, 0, 0, 2))]
)
def test_what_is_known_already_is_treated_as_asked(world: World, policy: str, expected: object) -> None:
    before = known(world, job_title="Directrice", first_name="Leni")
    job = started(world, duplicates=policy)
    assert counts(done(world, job)) == expected
    with world.system() as tx:
        after = find(tx, "contact", before.id)
    assert (after["first_name"], after["job_title"]) == ("Leni", "Directrice")
    assert bool(after["phones"]) is (policy == "fill")


def test_a_row_that_repeats_an_earlier_one_of_the_file_is_known(world: World) -> None:
    text = "Nom;E-mail;Tél\nA;a@x.example;\nB;b@x.example;\nA bis;A+tag@x.example;01 44 55 66 77\nA ter;a@x.example;\n"
    made = done(world, started(world, text, duplicates="fill"))
    assert counts(made) == (2, 1, 1, 0)
    first = contacts(world, 'last_name = "A"')[0]
    assert first["phones"][0].value == "+33 1 44 55 66 77"


def test_a_duplicate_that_may_not_be_read_is_skipped_without_a_word(world: World) -> None:
    with world.acts("nadia") as tx:
        hidden = save(tx, "contact", {"last_name": "Secret", "emails": "helene@kerv.example"})
    job = started(world, login="james", duplicates="fill")
    with world.acts("james") as tx:
        preview = check_import(tx, job)
    assert preview.rows[0].fate == "skipped"
    assert preview.rows[0].id is None
    assert str(hidden.id) not in repr(preview)


def test_without_rules_no_duplicate_is_looked_for(world: World) -> None:
    known(world)
    assert counts(done(world, started(world, rules=False))) == (2, 0, 0, 2)


def test_without_rules_a_row_that_is_nobody_is_refused_all_the_same(world: World) -> None:
    text = "Nom;Société;E-mail;Ville\nMartin;;;Brest\n;;;Quimper\n;Criée;;Lorient\n"
    job = started(world, text, entity="lead", rules=False)
    assert counts(done(world, job)) == (2, 0, 0, 1)


def test_the_check_shows_the_cells_that_it_refuses(world: World) -> None:
    job = started(world)
    with world.acts("james") as tx:
        refused = check_import(tx, job).refused
    assert [row.cells[2] for row in refused][:1] == ["pas une adresse"]
    assert refused[0].faults[0].column == 2


def test_a_crash_between_batches_neither_loses_nor_doubles_a_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 10)
    text = "Nom;E-mail\n" + "".join(f"N{n};n{n}@x.example\n" for n in range(45))
    job = started(world, text)
    with world.acts("james") as tx:
        run_import(tx, job)
    writes = []

    def crashing(*arguments: Any) -> list[Outcome]:
        writes.append(1)
        if len(writes) == 3:
            raise ConnectionError("power cut")
        return write_rows(*arguments)

    monkeypatch.setattr(import_jobs, "write_rows", crashing)
    with pytest.raises(ConnectionError):
        work(world, import_rows, job)
    assert (record(world, job)["done"], len(contacts(world))) == (20, 20)
    work(world, import_rows, job)
    work(world, import_rows, job)
    made = record(world, job)
    assert (made["status"], made["created_count"], len(contacts(world))) == ("done", 45, 45)
    assert len({contact["last_name"] for contact in contacts(world)}) == 45


def test_undo_takes_back_the_whole_import_updates_included(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 2)
    before = known(world, job_title="Directrice")
    job = started(world, duplicates="fill")
    assert counts(done(world, job)) == (1, 1, 0, 2)
    with world.system() as tx:
        assert find(tx, "contact", before.id)["phones"]
    with world.acts("james") as tx:
        undo_import(tx, job)
    work(world, undo_rows, job)
    assert record(world, job)["status"] == "undone"
    left = contacts(world)
    assert [contact.id for contact in left] == [before.id]
    assert (left[0]["phones"], left[0]["first_name"], left[0]["job_title"]) == ((), None, "Directrice")


def test_undo_leaves_alone_what_somebody_changed_since(world: World) -> None:
    job = started(world)
    done(world, job)
    helene = contacts(world, 'first_name = "Hélène"')[0]
    with world.acts("james") as tx:
        save(tx, "contact", {"job_title": "Présidente"}, id=helene.id)
    with world.acts("james") as tx:
        undo_import(tx, job)
    cause = Cause(new_id(), "job")
    work(world, undo_rows, job, cause=cause)
    work(world, undo_rows, job, cause=cause)
    assert [contact["job_title"] for contact in contacts(world)] == ["Présidente"]
    with world.system() as tx:
        assert state_of(tx, job).undo_left == 1


def test_the_map_is_remembered_for_files_with_the_same_headers(world: World) -> None:
    job = started(world, "Truc;Machin\nDupont;Jean\n")
    with world.acts("james") as tx:
        plan = state_of(tx, job).plan
        columns = tuple(
            msgspec.structs.replace(column, target=target)
            for column, target in zip(plan.columns.columns, ("last_name", "first_name"), strict=True)
        )
        plan_import(tx, job, ImportPlan(columns=msgspec.structs.replace(plan.columns, columns=columns)))
        file = keep_file(tx, "autre.csv", b"TRUC;machin\nMartin;Zoe\n")
        again = propose_mapping(tx, file, "contact").plan.columns
    assert again.remembered
    assert [column.target for column in again.columns] == ["last_name", "first_name"]


def test_links_are_found_by_title_or_by_e_mail_and_else_refused(world: World) -> None:
    with world.acts("james") as tx:
        account = save(tx, "account", {"name": "Kervella SA"})
        save(tx, "account", {"name": "Double"})
        save(tx, "account", {"name": "double"})
    text = "Nom;Compte;Attribué à\nA;kervella sa;james@kervella.example\nB;Inconnue;\nC;Double;\n"
    job = started(world, text)
    with world.acts("james") as tx:
        preview = check_import(tx, job)
    assert [fault.code for row in preview.rows for fault in row.faults] == [
        "import.link_unknown",
        "import.link_ambiguous",
    ]
    done(world, job)
    assert [(contact["account"], contact["owner"]) for contact in contacts(world)] == [
        (account.id, world.id_of("james"))
    ]


def test_rows_with_an_id_change_their_records(world: World) -> None:
    before = known(world)
    job = started(world, f"ID;Prénom\n{before.id};Hélène\n{new_id()};Personne\n")
    assert counts(done(world, job)) == (0, 1, 0, 1)
    with world.system() as tx:
        assert find(tx, "contact", before.id)["first_name"] == "Hélène"


def test_a_file_that_breaks_off_is_refused_at_the_start(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        start_import(tx, keep_file(tx, "x.csv", b'Nom;E-mail\nA;"ouvert\n'), "contact", "x.csv")
    assert (caught.value.code, caught.value.values["line"]) == ("import.unclosed_quote", 2)


def test_stranger_cannot_import_nor_touch_the_import_of_another(world: World) -> None:
    job = started(world)
    with world.acts("james") as tx:
        file = keep_file(tx, "mine.csv", CONTACTS.encode())
    with world.acts("stranger") as tx, pytest.raises(Forbidden):
        start_import(tx, keep_file(tx, "x.csv", CONTACTS.encode()), "contact", "x.csv")
    with world.acts("nadia") as tx:
        with pytest.raises(NotFound):
            propose_mapping(tx, file, "contact")
        for deed in (check_import, run_import, undo_import, refused_rows_file):
            with pytest.raises(NotFound):
                deed(tx, job)


def test_a_finished_import_cannot_run_again_and_an_undone_one_not_be_undone(world: World) -> None:
    job = started(world)
    done(world, job)
    with world.acts("james") as tx, pytest.raises(Conflict):
        run_import(tx, job)
    with world.acts("james") as tx:
        undo_import(tx, job)
    work(world, undo_rows, job)
    with world.acts("james") as tx, pytest.raises(Conflict):
        undo_import(tx, job)


def statements(world: World, monkeypatch: pytest.MonkeyPatch, rows: int) -> int:
    text = "Nom;E-mail;Tél\n" + "".join(f"N{n};n{n}@x.example;0144{n:06}\n" for n in range(rows))
    job = started(world, text)
    with world.acts("james") as tx:
        made = sent_from_now_on(monkeypatch)
        preview = check_import(tx, job, most=None)
        monkeypatch.undo()
    assert preview.counts.created == rows
    return len(made)


def test_a_batch_costs_the_same_statements_whatever_its_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statements(world, monkeypatch, 300) == statements(world, monkeypatch, 30)


def test_a_file_of_headings_is_refused_at_once(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        started(world, CONTACTS.splitlines()[0] + "\n")
    assert refusal.value.code == "import.no_rows"
