"""The pages of imports, assignment, settings and administration, as a browser asks for them."""

import io
import re
from typing import Any
from uuid import UUID

import msgspec
import pytest
from openpyxl import Workbook
from psycopg.types.json import Jsonb

from entente.interfaces.html.http.session import PLAIN
from entente.kernel.db.tx import Tx, engine_rows, new_cause
from entente.kernel.identity.passwords import set_password
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.mail.imap import Arrival, Mark
from entente.services.mail.incoming import Fate, list_incoming, settle, take_mail
from entente.services.mail.sending import queue_mail
from entente.services.stream.following import followed_entities
from entente.services.transfer.check_jobs import check_broke_off, check_rows
from entente.services.transfer.import_jobs import import_rows, undo_rows
from entente.services.transfer.importing import CHECKED
from entente.services.transfer.plan import Preview, state_of
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

CSV = (
    "Nom;Prénom;E-mail;Société\r\n"
    "Berthier;Camille;camille@lisiere.example;Lisière\r\n"
    "Dupré;Jean;jean.dupre@;Corvin\r\n"
    "Guivarc’h;Solène;solene@trevidic.example;Trévidic\r\n"
).encode("cp1252")


def worked(world: World, function: Any, job: str, login: str) -> None:
    run = Run(world.database, "main", system("job"), new_cause("job"))
    identity = parse_id(job)
    assert identity
    function(run, identity, world.id_of(login))


def uploaded(browser: Browser, data: bytes = CSV) -> str:
    answer = browser.send("/imports/new", {"entity": "lead"}, files={"file": ("salon.csv", data, "text/csv")})
    assert answer.status_code == 303, answer.text
    where = re.fullmatch(r"/imports/([0-9a-f-]+)\?step=columns", answer.headers["location"])
    assert where
    return where[1]


def test_wizard_imports_shows_refusals_and_takes_everything_back(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    assert "Leads" in james.get("/imports/new?entity=lead").text
    job = uploaded(james)
    columns = james.get(f"/imports/{job}?step=columns").text
    assert re.search(r'<option value="last_name" selected>', columns)
    assert "Camille" in columns
    assert james.send(f"/imports/{job}/columns").headers["location"] == f"/imports/{job}?step=duplicates"
    sent = james.send(f"/imports/{job}/duplicates", {"duplicates": "fill", "rules": "1"})
    assert sent.headers["location"] == f"/imports/{job}?step=check"
    assert found(world, "lead") == []
    check = james.get(f"/imports/{job}?step=check").text
    assert "Berthier" in check
    assert "jean.dupre@" not in [each["name"] for each in found(world, "lead")]
    assert james.send(f"/imports/{job}/check").headers["location"] == f"/imports/{job}?step=run"
    worked(world, import_rows, job, "james")
    assert {each["last_name"] for each in found(world, "lead")} == {"Berthier", "Guivarc’h"}
    done = james.get(f"/imports/{job}").text
    assert "jean.dupre@" in done
    assert f"import_job:{job}" in done
    refused = james.get(f"/imports/{job}/refused?form=csv")
    assert "jean.dupre@" in refused.content.decode("utf-8-sig")
    assert refused.headers["content-disposition"].startswith("attachment")
    undone = james.post(f"/imports/{job}/undo")
    assert f'hx-get="/imports/{job}' in undone.text
    worked(world, undo_rows, job, "james")
    assert found(world, "lead") == []
    assert "salon.csv" in james.get("/imports").text


def book_of_two_sheets() -> bytes:
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Lisez-moi"
    first.append(["Ce fichier contient les contacts du salon"])
    second = book.create_sheet("Salon")
    second.append(["Nom", "E-mail"])
    second.append(["Berthier", "camille@lisiere.example"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_sheet_of_a_workbook_is_chosen(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sent = james.send("/imports/new", {"entity": "lead"}, files={"file": ("salon.xlsx", book_of_two_sheets(), mime)})
    columns = sent.headers["location"]
    assert re.findall(r'<option value="([^"]+)"[^>]*>(?:Lisez-moi|Salon)<', james.get(columns).text) == [
        "Lisez-moi",
        "Salon",
    ]
    assert "camille@lisiere.example" not in james.get(columns).text
    address = columns.partition("?")[0]
    chosen = james.send(f"{address}/columns", {"sheet": "Salon"})
    assert chosen.headers["location"] == columns
    assert "camille@lisiere.example" in james.get(columns).text
    assert james.send(f"{address}/columns", {"sheet": "Absente"}).status_code == 422


def checked_of(tx: Tx, job: str) -> Preview:
    found = state_of(tx, UUID(job)).checked
    assert found
    return found


def test_the_check_of_a_large_file_goes_on_by_itself(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    rows = "".join(f"N{n};n{n}@x.example\r\n" for n in range(CHECKED + 1))
    job = uploaded(james, ("Nom;E-mail\r\n" + rows).encode())
    james.send(f"/imports/{job}/duplicates", {"duplicates": "create", "rules": "0"})
    page = james.get(f"/imports/{job}?step=check").text
    assert "Checking, nothing is written" in page
    assert 'hx-trigger="every 2s"' in page
    with world.system() as tx:
        waiting = engine_rows(tx, "SELECT args FROM public.procrastinate_jobs WHERE task_name = 'transfer.check'")
        check = checked_of(tx, job).under_way
    assert check
    assert [order["args"]["arguments"]["check"] for order in waiting] == [str(check)]
    check_rows(Run(world.database, "main", system("test"), new_cause("job")), UUID(job), world.id_of("james"), check)
    page = james.get(f"/imports/{job}?step=check").text
    assert "Checked, nothing written" in page
    assert f"{CHECKED + 1} created" in page
    assert "every 2s" not in page
    assert found(world, "lead") == []


def test_a_check_that_broke_off_says_how_far_it_got(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    rows = "".join(f"N{n};n{n}@x.example\r\n" for n in range(CHECKED + 1))
    job = uploaded(james, ("Nom;E-mail\r\n" + rows).encode())
    james.send(f"/imports/{job}/duplicates", {"duplicates": "create", "rules": "0"})
    with world.system() as tx:
        check = checked_of(tx, job).under_way
        assert check
        check_broke_off(tx, "out of memory", UUID(job), world.id_of("james"), check)
    assert f"Only the first {CHECKED} rows were checked" in james.get(f"/imports/{job}?step=check").text


def test_broken_file_gets_a_clear_answer(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    answer = james.send("/imports/new", {"entity": "lead"}, files={"file": ("a.csv", b'Nom;Ville\n"Ber', "text/csv")})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert found(world, "import_job") == []


def test_imports_are_refused_without_the_right(client: Client, world: World) -> None:
    assert Browser(client, world, "rita").get("/imports").status_code == 403


def test_import_of_someone_else_is_not_found(client: Client, world: World) -> None:
    job = uploaded(Browser(client, world, "james"))
    assert Browser(client, world, "nadia").get(f"/imports/{job}").status_code == 404


ADMINISTRATION = (
    "/settings/users", "/settings/roles", "/settings/rules", "/settings/journal",
    "/outbox", "/outbox/received", "/jobs",
    "/settings/forms", "/settings/forms/new", "/settings/forms/record/lead", "/settings/forms/record/lead/versions",
)  # fmt: skip


def test_pages_of_administrators_are_closed_to_others(client: Client, world: World) -> None:
    role, user = seed_id("role", "salesperson"), world.id_of("james")
    pages = (*ADMINISTRATION, f"/settings/roles/{role}", f"/settings/users/{user}/link")
    deeds = (
        f"/settings/roles/{role}", f"/settings/users/{user}/link", f"/settings/users/{user}/deactivate",
        "/settings/forms/record/lead/publish",
        f"/outbox/{user}/drop", f"/outbox/{user}/resend", "/jobs/1/retry", "/jobs/1/live/drop",
    )  # fmt: skip
    admin = Browser(client, world, "admin")
    assert {admin.get(each).status_code for each in pages} == {200}
    for login in ("helene", "james", "rita"):
        browser = Browser(client, world, login)
        assert {browser.get(each).status_code for each in pages} == {403}
        assert {browser.post(each).status_code for each in deeds} == {403}
    assert found(world, "user", 'login = "james"')[0]["active"]


def test_every_route_of_administration_is_in_the_loop(client: Client) -> None:
    paths = {route.path for route in client.app.routes if route.path.startswith(("/settings/", "/outbox", "/jobs"))}
    own = {"password", "notices", "sessions", "tokens", "appearance"}
    guarded = {path.split("/")[2] for path in paths if path.startswith("/settings/")} - own
    assert guarded == {"users", "roles", "rules", "journal", "forms"}


def test_session_of_somebody_deactivated_dies_at_once(client: Client, world: World) -> None:
    admin, james = Browser(client, world, "admin"), Browser(client, world, "james")
    assert james.get("/leads").status_code == 200
    done = admin.post(f"/settings/users/{world.id_of('james')}/deactivate")
    assert "James" in done.text
    assert james.get("/leads").headers["location"].startswith("/sign-in")
    assert admin.post(f"/settings/users/{world.id_of('admin')}/deactivate").status_code == 422


def test_role_counts_from_the_next_request_on(client: Client, world: World) -> None:
    admin, rita = Browser(client, world, "admin"), Browser(client, world, "rita")
    role = seed_id("role", "read_only")
    rita.post("/leads/new", {"last_name": "Dupré"})
    assert found(world, "lead") == []
    matrix = admin.get(f"/settings/roles/{role}").text
    sent = dict(re.findall(r'<select class="select" name="((?:grant|rule)[^"]+)".*?value="(\w+)" selected', matrix))
    assert sent["grant.lead.read"] == "all"
    rule = {"new_rule": "lead.description", "new_level": "hidden", "may": "import"}
    answer = admin.post(f"/settings/roles/{role}", {**sent, "grant.lead.create": "own", **rule})
    assert "Saved" in answer.text
    rita.post("/leads/new", {"last_name": "Dupré"})
    assert [each["last_name"] for each in found(world, "lead")] == ["Dupré"]
    assert rita.get("/imports").status_code == 200
    kept = next(each for each in found(world, "role") if each.id == role)
    assert kept["field_rules"]["lead"] == {"description": "hidden"}
    assert kept["field_rules"]["contact"] == {"birth_date": "hidden"}
    assert kept["grants"]["lead"] == {"read": "all", "create": "own"}


def test_link_lets_somebody_choose_a_password(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    answer = admin.post(f"/settings/users/{world.id_of('james')}/link", {"purpose": "reset"})
    token = re.search(r"/invitation/([\w-]+)", answer.text)
    assert token
    set_up = client.post(f"/invitation/{token[1]}", data={"password": "vingt-deux serres"}, follow_redirects=False)
    assert set_up.status_code == 303


def test_own_profile_is_kept_and_nothing_else(client: Client, world: World) -> None:
    rita = Browser(client, world, "rita")
    assert "Rita" in rita.get("/settings").text
    role = str(seed_id("role", "administrator"))
    sent = {"first_name": "Rita", "last_name": "Neuve", "language": "fr", "timezone": "Europe/Paris", "roles": role}
    answer = rita.post("/settings", sent)
    assert answer.headers["hx-refresh"] == "true"
    kept = found(world, "user", 'login = "rita"')[0]
    assert (kept["last_name"], kept["language"]) == ("Neuve", "fr")
    assert kept["roles"] == (seed_id("role", "read_only"),)
    assert rita.post("/settings", {**sent, "timezone": "Mars/Olympus"}).status_code == 422
    rita.post("/settings/notices", {"mailed": ["note"], "follow_created": ["0", "1"], "follow_posted": "0"})
    assert 'value="note" checked' in rita.get("/settings/notices").text


def test_one_asks_to_be_told_of_every_new_record_of_a_kind_that_one_may_read(client: Client, world: World) -> None:
    helene = Browser(client, world, "helene")
    kinds = helene.get("/settings/notices").text.partition('name="follow_new"')[2]
    assert {kind for kind in ("lead", "account", "task", "role") if f'value="{kind}"' in kinds} == {"lead", "account"}
    helene.post("/settings/notices", {"follow_new": ["", "lead", "role"]})
    assert 'value="lead" checked' in helene.get("/settings/notices").text
    with world.acts("helene") as tx:
        assert followed_entities(tx) == ["lead"]
    helene.post("/settings/notices", {"follow_new": ""})
    with world.acts("helene") as tx:
        assert followed_entities(tx) == []


def test_quiet_hours_that_are_none_are_refused_at_their_field(client: Client, world: World) -> None:
    rita = Browser(client, world, "rita")
    answer = rita.post("/settings/notices", {"quiet_from": "late", "quiet_until": "7", "mailed": "note"})
    assert answer.status_code == 422
    assert 'value="late"' in answer.text
    assert "Give a whole hour from 0 to 23." in answer.text
    assert 'value="note" checked' in answer.text
    assert "Give both hours, or none." in rita.post("/settings/notices", {"quiet_from": "22"}).text
    assert rita.post("/settings/notices", {"quiet_from": "22", "quiet_until": "7"}).status_code == 200
    kept = rita.get("/settings/notices").text
    assert 'value="22"' in kept
    assert 'value="7"' in kept


def test_new_password_ends_all_other_sessions(client: Client, world: World) -> None:
    with world.system() as tx:
        set_password(tx, world.id_of("james"), "vingt-deux serres", must_change=True)
    here, there = Browser(client, world, "james"), Browser(client, world, "james")
    assert here.get("/leads").headers["location"] == "/settings/password"
    sent = {"current": "vingt-deux serres", "password": "trente-trois serres", "again": "autre chose ici"}
    assert here.post("/settings/password", sent).status_code == 422
    done = here.post("/settings/password", {**sent, "again": "trente-trois serres"})
    assert done.headers["hx-redirect"] == "/settings/password"
    assert there.get("/leads").headers["location"].startswith("/sign-in")
    fresh = re.search(rf"{PLAIN}=([^;]+)", done.headers["set-cookie"])
    assert fresh
    here.cookies = {PLAIN: fresh[1]}
    assert here.get("/leads").status_code == 200


def test_sessions_and_tokens_are_ended_by_their_owner(client: Client, world: World) -> None:
    here, there = Browser(client, world, "james"), Browser(client, world, "james")
    assert here.get("/settings/sessions").text.count("/end") == 2
    here.post("/settings/sessions/others/end")
    assert there.get("/leads").status_code == 303
    made = here.post("/settings/tokens/new", {"token_name": "Tableur", "token_days": "30"}).text
    secret = re.search(r"ent_main_[\w-]+", made)
    assert secret
    assert secret[0] not in here.get("/settings/tokens").text
    asking = {"authorization": f"Bearer {secret[0]}"}
    client.cookies.clear()
    assert client.get("/api/v1/leads", headers=asking).status_code == 200
    token = re.search(r"/settings/tokens/([0-9a-f-]{36})/revoke", here.get("/settings/tokens").text)
    assert token
    here.post(f"/settings/tokens/{token[1]}/revoke")
    client.cookies.clear()
    assert client.get("/api/v1/leads", headers=asking).status_code == 401
    assert here.post("/settings/tokens/new", {"token_name": "", "token_days": "x"}).status_code == 422


def test_outbox_shows_a_mail_that_can_run_nothing(client: Client, world: World) -> None:
    with world.system() as tx:
        mail = queue_mail(tx, "k1", "c@x.example", "Votre demande", "Bonjour", "<p>Bonjour</p><script>1</script>")
    admin = Browser(client, world, "admin")
    assert f"/outbox/{mail}" in admin.get("/outbox").text
    opened = admin.get(f"/outbox/{mail}").text
    assert f'sandbox src="/outbox/{mail}/body"' in opened
    assert re.search(r'<a class="[^"]*only-phone" href="/outbox[^"]*">', opened)
    assert '<div class="inbox-side"><ul class="inbox-list">' in opened
    body = admin.get(f"/outbox/{mail}/body")
    assert "sandbox" in body.headers["content-security-policy"]
    assert "script-src" not in body.headers["content-security-policy"]
    admin.post(f"/outbox/{mail}/drop")
    assert admin.get(f"/outbox/{mail}").status_code == 404


def test_why_says_which_rule_grants(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    admin, james = Browser(client, world, "admin"), Browser(client, world, "james")
    nadia = world.id_of("nadia")
    told = admin.get(f"/leads/{lead}/why?user={nadia}&privilege=update").text
    assert "Nadia Nadia: no" in told
    assert "of one’s teams" in told
    assert "James James: yes" in james.get(f"/leads/{lead}/why?privilege=delete").text
    assert james.get(f"/leads/{lead}/why?user={nadia}").status_code == 403
    assert f"/leads/{lead}/why" in james.get(f"/leads/{lead}").text


def test_dead_jobs_are_tried_again_or_dropped(client: Client, world: World) -> None:
    with world.system() as tx:
        failed = "INSERT INTO {schema}.dead_job VALUES (%(id)s, 'mail.send', 'mail', %(order)s, 3, 'no route', now())"
        order = {"organisation": "main", "cause": msgspec.to_builtins(tx.cause), "arguments": {}}
        for number in (1, 2):
            engine_rows(tx, failed, id=number, order=Jsonb(order))
    admin = Browser(client, world, "admin")
    assert "mail.send #1" in admin.get("/jobs").text
    admin.post("/jobs/1/retry")
    admin.post("/jobs/2/drop")
    assert "mail.send" not in admin.get("/jobs").text
    assert admin.post("/jobs/2/drop").status_code == 404


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"grants": {"lead": {"read": "everything"}}}, "grants"),
        ({"grants": {"leed": {"read": "all"}}}, "grants"),
        ({"field_rules": {"lead": {"surname": "hidden"}}}, "field_rules"),
        ({"may": "import"}, "may"),
    ],
)
def test_rights_that_mean_nothing_are_refused(world: World, values: dict[str, object], field: str) -> None:
    with world.acts("admin") as tx, pytest.raises(Invalid) as refused:
        save(tx, "role", values, id=seed_id("role", "read_only"))
    assert [fault.field for fault in refused.value.faults] == [field]


def test_incoming_mail_is_shown_with_what_became_of_it(client: Client, world: World) -> None:
    raw = "From: a@b.example\r\nMessage-ID: <1@b.example>\r\nSubject: <b>Re</b>\r\n\r\nApprouvé\r\n> cité\r\n".encode()
    with world.system() as tx:
        take_mail(tx, "box", Arrival(Mark(1, 1), raw, True))
        (mail,) = list_incoming(tx)
        settle(tx, mail.id, Fate(state="refused", reason="task_reply.stranger"))
    admin = Browser(client, world, "admin")
    assert f"/outbox/received/{mail.id}" in admin.get("/outbox/received?state=refused").text
    assert str(mail.id) not in admin.get("/outbox/received?state=accepted").text
    opened = admin.get(f"/outbox/received/{mail.id}").text
    assert "belongs to nobody here" in opened
    assert "&lt;b&gt;Re" in opened
    saved = admin.get(f"/outbox/received/{mail.id}/raw")
    assert saved.content == raw
    assert saved.headers["content-disposition"].startswith("attachment")
    for login in ("helene", "james"):
        assert Browser(client, world, login).get(f"/outbox/received/{mail.id}").status_code == 403
        assert Browser(client, world, login).get(f"/outbox/received/{mail.id}/raw").status_code == 403
