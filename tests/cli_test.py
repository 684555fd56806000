"""The command line, without the web server."""

import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from entente import cli, installing, product, serving
from entente.kernel.db.database import Database
from entente.kernel.db.embedded import start_cluster
from entente.kernel.db.embedded.place import forget_place
from entente.kernel.db.readiness import is_prepared, mark_of
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.identity.authenticate import authenticate
from entente.kernel.identity.invitations import read_invitation
from entente.kernel.identity.passwords import set_password
from entente.kernel.identity.tokens import organisation_of
from entente.kernel.jobs.queue import JobDef, enqueue
from entente.kernel.jobs.reaper import reap
from entente.kernel.kit.clock import SystemClock
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask, page
from entente.kernel.records.save import save
from entente.services.transfer import import_jobs
from entente.services.transfer.sheet import SheetRow
from entente.settings import HANDED_DOWN, hand_down, read_settings


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cluster")
    with start_cluster(folder, {"fsync": "off"}) as cluster:
        dsn = cluster.ensure_database("entente")
        database = product.open_database(dsn, read_settings(data=folder, database_url=dsn, demo=False))
        installing.set_up(database, "main", "Main")
        database.close()
        yield dsn
    forget_place(folder)


@pytest.fixture(autouse=True)
def _environment(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTENTE_DATABASE_URL", dsn)
    monkeypatch.setenv("ENTENTE_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv(HANDED_DOWN, '{"demo": false}')


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(arguments) == 0
    return capsys.readouterr().out.strip()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(arguments) == 1
    return capsys.readouterr().err.strip()


def opened() -> Database:
    settings = read_settings()
    assert settings.database_url
    return product.open_database(settings.database_url, settings)


def test_migrate_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "migrate") == "One organisation is up to date."
    assert printed(capsys, "org", "list") == "main"


def test_second_start_of_the_same_code_prepares_nothing(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    mark = mark_of(settings, SystemClock().now())
    cli.main(["prepare"])
    assert not is_prepared(dsn, mark), "the link of the first administrator is printed until there is somebody"
    database = opened()
    with database.begin(system("test")) as tx:
        user = save(tx, "user", {"login": "first", "last_name": "First", "email": "first@example.com"}, trusted=True)
        set_password(tx, user.id, "Ardoise-47-Lisière")
    database.close()
    cli.main(["prepare"])
    assert is_prepared(dsn, mark)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("something was prepared"))
    assert serving._prepare(settings, dsn, threading.Event()) == 0
    other_month = mark_of(settings, SystemClock().now() + timedelta(days=40))
    assert not is_prepared(dsn, other_month), "the journal has a part for each month"
    assert mark != mark_of(read_settings(demo=True), SystemClock().now())


def test_token_of_a_user_opens_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "token", "--user", "nobody") == "There is no active user nobody."
    database = opened()
    with database.begin(system("test")) as tx:
        engine_rows(
            tx,
            'INSERT INTO {schema}."user" (id, login, last_name, active, version, created_at, modified_at) '
            "VALUES (gen_random_uuid(), 'grace', 'Hopper', true, 1, now(), now())",
        )
    assert organisation_of(printed(capsys, "token", "grace")) == "main"
    for nobody in ((), ("grace", "--user", "grace")):
        with pytest.raises(SystemExit):
            cli.main(["token", *nobody])
    token = printed(capsys, "token", "--user", "GRACE")
    assert organisation_of(token) == "main"
    with database.connection() as connection:
        found = authenticate(connection, "org_main", "token", token, database.clock.now())
    database.close()
    assert found
    assert found.principal.login == "grace"


def test_new_organisation_awaits_its_first_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, "org", "create", "branch", "A branch")
    (token,) = re.findall(r"/invitation/(\S+)$", said)
    database = opened()
    with database.begin(system("test"), organisation="branch") as tx:
        assert read_invitation(tx, token).purpose == "first_admin"
        engine_rows(tx, "DELETE FROM entente.organisation WHERE key = 'branch'")
        engine_rows(tx, "DROP SCHEMA org_branch CASCADE")
    database.close()


def test_dead_jobs_are_shown_retried_and_dropped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened()
    with database.begin(system("test")) as tx:
        number = enqueue(tx, JobDef(name="example.gone", function=print))
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET status = 'doing'")
    reap(database, {})
    assert printed(capsys, "dead-jobs").split("\t")[:2] == [str(number), "example.gone"]
    printed(capsys, "dead-jobs", "retry", str(number))
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert printed(capsys, "dead-jobs") == "Rien n’a définitivement échoué."
    assert refused(capsys, "dead-jobs", "drop", str(number)).startswith("Cette tâche n’est plus là")
    with database.begin(system("test")) as tx:
        assert engine_rows(tx, "DELETE FROM public.procrastinate_jobs RETURNING status") == [{"status": "todo"}]
    database.close()


def test_demo_is_not_served_to_strangers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HANDED_DOWN)
    assert "--no-demo" in refused(capsys, "serve", "--host", "0.0.0.0")


def test_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert str(port) in refused(capsys, "serve", "--port", str(port))


def test_settings_are_handed_down_to_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HANDED_DOWN, "{}")
    given = read_settings(data=tmp_path, port=8123, demo=False, host="::1", test_clock=True)
    hand_down(given)
    assert read_settings() == given


def test_file_is_checked_then_imported_with_its_refusals_beside_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "salon.csv"
    file.write_text("Nom;E-mail;Zodiaque\nBerthier;camille@lisiere.example;\nDupré;jean@;\n", encoding="utf-8")
    asked = ("import", str(file), "--entity", "lead", "--duplicates", "fill")
    checked = printed(capsys, *asked, "--dry-run").splitlines()
    assert checked[:2] == ["Nom → Last name", "  E-mail → E-mails"]
    assert checked[2] == "Columns that are left out: Zodiaque"
    assert checked[3] == "2 rows: 1 created, 0 updated, 0 skipped, 1 refused."
    assert checked[4] == "  Row 3: E-mail: “jean@” is not an e-mail address."
    done = printed(capsys, *asked).splitlines()
    assert done[3:5] == checked[3:]
    assert len(list(tmp_path.glob("salon-*.xlsx"))) == 1
    assert "nobody" in refused(capsys, *asked, "--user", "nobody")
    assert "absent.csv" in refused(capsys, "import", "absent.csv", "--entity", "lead")


def test_an_import_is_stopped_by_ctrl_c_between_whole_batches(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 2)
    monkeypatch.setattr(import_jobs, "keep_refusals", interrupt)
    before = {number: signal.getsignal(number) for number in serving.STOP_SIGNALS}
    file = tmp_path / "long.csv"
    file.write_text("Nom\n" + "".join(f"Coupure{n}\n" for n in range(6)), encoding="utf-8")
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main(("import", str(file), "--entity", "lead"))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.value.code == 128 + signal.SIGINT
    said = capsys.readouterr().out
    assert "6 rows: 2 created, 0 updated, 0 skipped, 0 refused." in said
    assert "Stopped after 2 of 6 rows." in said
    database = opened()
    with database.begin(system("test")) as tx:
        (job,) = page(tx, Ask(entity="import_job", filter='name = "long.csv"')).records
        assert (job["status"], job["done"]) == ("stopped", 2)
        assert len(page(tx, Ask(entity="lead", search="coupure")).records) == 2
    database.close()


def interrupt(tx: Tx, job: UUID, batch: list[SheetRow], outcomes: object) -> None:
    if batch[0].number > 3:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(("start", "told"), [(b"Nom;E-mail\n", "256 MB"), (b"Nom;E-mail", "Line 1")])
def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, start: bytes, told: str
) -> None:
    file = tmp_path / "endless.csv"
    with file.open("wb") as stream:
        stream.write(start)
        stream.truncate(1024**3)
    assert told in refused(capsys, "import", str(file), "--entity", "lead")


def test_explain_tells_everything_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "explain", "lead").splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert heads[1] == "Fields of the product"
    assert heads.index("When written, then: checked") < heads.index("Assignment rules") < heads.index("Actions")
    assert any(line.startswith("  assign (Assign)") and "entente.modules.sales.lead" in line for line in lines)
    assert heads.index("Who may do what") < heads.index("When written, first: completed") < heads.index("Public forms")
    assert any(line.endswith(": everything") for line in lines)
    assert any(line.startswith("  Commercial: create own, read team") for line in lines)
    assert "  /f/contact: Demande de contact" in lines
    assert any(line.startswith("  live: ") and "(entente." in line for line in lines)
    assert refused(capsys, "explain", "nothing")


def test_doctor_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    database = opened()
    try:
        with database.begin(system("test")) as tx:
            engine_rows(tx, "DELETE FROM {schema}.outbox")
            engine_rows(tx, "DELETE FROM {schema}.dead_job")
        assert printed(capsys, "doctor") == "All is well."
        with database.begin(system("test")) as tx:
            engine_rows(tx, "DROP INDEX {schema}.lead_owner_ix")
            engine_rows(tx, "UPDATE {schema}.state SET shape = shape - 'tag'")
            engine_rows(tx, "INSERT INTO {schema}.outbox VALUES (999999, now() - interval '1 hour')")
        found = printed(capsys, "doctor")
        assert "lead_owner_ix" in found
        assert "run migrate" in found
        assert "is a worker running?" in found
    finally:
        database.close()
