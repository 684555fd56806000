"""The command line: serving an installation, and what an operator does from a shell."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from uuid import UUID

import msgspec

from entente.installing import bring_up_to_date, note_up_to_date, set_up
from entente.job_worker import engine_followers
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_row, new_cause
from entente.kernel.identity.invitations import has_users, invite_first_admin
from entente.kernel.identity.tokens import create_token
from entente.kernel.jobs.dead import dead_jobs, drop_dead_job, retry_dead_job
from entente.kernel.jobs.diagnosis import problems
from entente.kernel.jobs.followers import failures
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.collecting import settle
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, NotFound, Refused
from entente.kernel.kit.words import Words
from entente.kernel.records.query import find
from entente.product import all_words, open_database
from entente.services.automation.explanation import explain
from entente.services.mail.outbox import count_in_doubt
from entente.services.stream.noting import TOKEN, Thing, note
from entente.services.transfer.formats import refuse_large
from entente.services.transfer.import_jobs import import_rows, person_of
from entente.services.transfer.importing import check_import, plan_import, ready_import, start_import, stop_import
from entente.services.transfer.plan import JOB, Counts, state_of
from entente.services.transfer.refusals import refused_rows, refused_rows_file, told
from entente.services.transfer.targets import targets_of
from entente.services.transfer.uploads import keep_file
from entente.serving import (
    STOP_SIGNALS,
    add_web_options,
    refuse_strangers,
    refuse_taken_port,
    settings_of,
    spoken_language,
)
from entente.settings import Settings, hand_down

Arguments = argparse.Namespace
Command = Callable[[Settings, Arguments, Words], None]
INVITATION_PATH = "/invitation/"
DUPLICATES = ("skip", "fill", "create")


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status of a command: 0 when it was done, 1 when it was refused with a reason on the error output."""
    words = all_words()
    arguments = _parser(words).parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for number in STOP_SIGNALS:
        signal.signal(number, _quit)
    command: Command = arguments.command
    try:
        command(settings_of(arguments), arguments, words)
    except Refused as refused:
        print(words.say(spoken_language(), refused.code, **refused.values), file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Become the process that serves, once nothing speaks against it."""
    refuse_strangers(settings)
    refuse_taken_port(settings)
    hand_down(settings)
    _become("entente.serving")


def web(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Become the web server’s process."""
    hand_down(settings)
    _become("entente.web_server")


def _become(module: str) -> None:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - our own module


def prepare(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Bring the database up to date before it is served; print the first administrator’s link where one is wanted."""
    with _installation(settings) as database:
        bring_up_to_date(database)
        if not settings.demo:
            _print_first_admin(database, words)
        note_up_to_date(database)


def worker(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Become the worker’s process."""
    hand_down(settings)
    _become("entente.job_worker")


def migrate(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Bring the database and all its organisations up to date."""
    with _installation(settings) as database:
        count = bring_up_to_date(database)
        print(words.say(spoken_language(), "cli.migrated", count=count))


def token(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Print a new API token of a user; it is not shown again."""
    with _installation(settings) as database, _begin(database, arguments, "token") as tx:
        user = _user(tx, arguments.login or arguments.user)
        print(create_token(tx, user, arguments.name, arguments.days))
        note(tx, Thing(TOKEN, str(user), arguments.name), "create", {"days": (None, arguments.days)})


def _user(tx: Tx, login: str) -> UUID:
    sql = 'SELECT id FROM {schema}."user" WHERE lower(login) = lower(%(login)s) AND active AND deleted_at IS NULL'
    found = engine_row(tx, sql, login=login)
    if found is None:
        raise NotFound("cli.no_user", login=login)
    return UUID(str(found["id"]))


def list_organisations(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Print the keys of all organisations."""
    with _installation(settings) as database:
        print(*database.organisations(), sep="\n")


def create_organisation(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Create an organisation, and print the link that makes its first administrator."""
    with _installation(settings) as database:
        set_up(database, arguments.key, arguments.name)
        _print_first_admin(database, words, arguments.key)


def list_dead_jobs(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Print what failed for good: jobs by number, then entries of the journal that a follower waits with."""
    with _installation(settings) as database, _begin(database, arguments, "dead-jobs") as tx:
        lines = [f"{dead.id}\t{dead.name}\t{dead.failed_at:%Y-%m-%d %H:%M}\t{dead.error}" for dead in dead_jobs(tx)]
        lines += [f"-\t{made.follower} #{made.entry}\t\t{made.error}" for made in failures(tx) if not made.next_at]
        print(*(lines or [words.say(spoken_language(), "cli.nothing_dead")]), sep="\n")


def retry_job(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Put a dead job in the queue again."""
    with _installation(settings) as database, _begin(database, arguments, "dead-jobs") as tx:
        retry_dead_job(tx, arguments.number)


def drop_job(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Give a dead job up."""
    with _installation(settings) as database, _begin(database, arguments, "dead-jobs") as tx:
        drop_dead_job(tx, arguments.number)


def import_file(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Import a file, or only check it, in somebody's name or as the system; print the counts and keep the refusals."""
    file = Path(arguments.file)
    if not file.is_file():
        raise Refused("cli.no_file", file=str(file))
    refuse_large(file)
    with _installation(settings) as database:
        settle()
        with _begin(database, arguments, "import") as tx:
            user = _user(tx, arguments.user) if arguments.user else None
            under = tx.acting_as(person_of(tx, user))
            job = start_import(under, keep_file(under, file.name, file.read_bytes()), arguments.entity, file.name)
            plan = state_of(under, job).plan
            rules = not arguments.no_rules
            plan_import(under, job, msgspec.structs.replace(plan, duplicates=arguments.duplicates, rules=rules))
            _print_columns(under, job, words)
            if arguments.dry_run:
                checked = check_import(under, job, most=None)
                _print_counts(checked.total, checked.counts, words)
                _print_refused(under, job)
                tx.connection.rollback()
                return
            ready_import(under, job)
        organisation = arguments.organisation or settings.organisation
        run = Run(database, organisation, system("import"), new_cause("import", "import"))
        try:
            import_rows(run, job, user)
        except SystemExit:
            with _begin(database, arguments, "import") as tx, suppress(Conflict):
                stop_import(tx, job)
            with _begin(database, arguments, "import") as tx:
                _print_import(tx, job, file, words)
            raise
        with _begin(database, arguments, "import") as tx:
            if not _print_import(tx, job, file, words):
                raise Refused("cli.import_unfinished")


def _print_import(tx: Tx, job: UUID, file: Path, words: Words) -> bool:
    """Print what came of an import; whether it was done to its end."""
    record = find(tx, JOB, job)
    counts = Counts(*(record[f"{name}_count"] or 0 for name in ("created", "updated", "skipped", "refused")))
    _print_counts(record["total"], counts, words)
    _print_refused(tx, job)
    if record["status"] == "stopped":
        print(words.say(spoken_language(), "cli.import_stopped", done=counts.done, total=record["total"]))
    if counts.refused or record["status"] == "failed":
        tx.language = spoken_language()
        beside = file.with_name(f"{file.stem}-{record.id}.xlsx")
        beside.write_bytes(refused_rows_file(tx, job).data)
        print(words.say(spoken_language(), "cli.refused_rows", file=str(beside)))
    return bool(record["status"] == "done")


def _print_columns(tx: Tx, job: UUID, words: Words) -> None:
    """Print which column goes where, and which go nowhere."""
    tx.language = spoken_language()
    targets = targets_of(tx, tx.catalog.entity(find(tx, JOB, job)["entity"]))
    columns = state_of(tx, job).plan.columns.columns
    for column in columns:
        if column.target:
            print(f"  {column.header} → {targets[column.target].label.to(tx.language)}")
    left_out = [column.header for column in columns if not column.target]
    if left_out:
        print(words.say(tx.language, "cli.columns_left_out", columns=", ".join(left_out)))


def _print_counts(total: int, counts: Counts, words: Words) -> None:
    print(words.say(spoken_language(), "cli.import_counts", total=total, **msgspec.structs.asdict(counts)))


def _print_refused(tx: Tx, job: UUID) -> None:
    """Print why the first of the refused rows were refused."""
    tx.language = spoken_language()
    entity, state = tx.catalog.entity(find(tx, JOB, job)["entity"]), state_of(tx, job)
    for row in refused_rows(tx, job):
        reasons = " ".join(told(tx, entity, state, fault) for fault in row.faults)
        print(f"  {tx.say('cli.import_row', number=row.number)} {reasons}" if row.number else reasons)


def explain_entity(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Print in one ordered list everything that applies to an entity."""
    with _installation(settings) as database, _begin(database, arguments, "explain") as tx:
        tx.language = spoken_language()
        print(*explain(tx, arguments.entity, engine_followers()), sep="\n")


def doctor(settings: Settings, arguments: Arguments, words: Words) -> None:
    """Print in words what is wrong with the database and the background work."""
    with _installation(settings) as database, _begin(database, arguments, "doctor") as tx:
        found = [words.say(spoken_language(), each.code, **each.values) for each in problems(tx)]
        if doubtful := count_in_doubt(tx):
            found.append(words.say(spoken_language(), "doctor.mails", count=doubtful))
        print(*(found or [words.say(spoken_language(), "cli.healthy")]), sep="\n")


@contextmanager
def _installation(settings: Settings) -> Iterator[Database]:
    database = open_database(find_conninfo(settings), settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _begin(database: Database, arguments: Arguments, deed: str) -> Iterator[Tx]:
    cause = new_cause("cli", deed)
    with database.begin(system("command line"), organisation=arguments.organisation, cause=cause) as tx:
        yield tx


def _print_first_admin(database: Database, words: Words, organisation: str | None = None) -> None:
    with database.begin(system("command line"), organisation=organisation) as tx:
        if not has_users(tx):
            link = database.settings.address + INVITATION_PATH + invite_first_admin(tx)
            print(words.say(spoken_language(), "cli.first_admin", link=link), flush=True)


def _quit(number: int, frame: FrameType | None) -> None:
    # An exception, so that transactions are rolled back and the embedded server is given up in good order.
    for stop in STOP_SIGNALS:
        signal.signal(stop, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _parser(words: Words) -> argparse.ArgumentParser:
    def say(key: str) -> str:
        return words.say(spoken_language(), key).replace("%", "%%")

    parser = argparse.ArgumentParser(prog="entente", description=say("cli.about"))
    parser.add_argument("--data", help=say("cli.option.data"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command) -> argparse.ArgumentParser:
        text = say("cli." + name.replace("-", "_"))
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--data", default=argparse.SUPPRESS, help=say("cli.option.data"))
        made.set_defaults(command=command)
        return made

    for name, command in (("serve", serve), ("web", web)):
        add_web_options(add(name, command), say)
    add("worker", worker)
    add("prepare", prepare)
    add("migrate", migrate)
    _token_options(add("token", token), say)
    _organisation_options(add("org", list_organisations), say)
    _dead_job_options(add("dead-jobs", list_dead_jobs), say)
    _import_options(add("import", import_file), say)
    explaining = add("explain", explain_entity)
    explaining.add_argument("entity", help=say("cli.option.entity"))
    for made in (explaining, add("doctor", doctor)):
        made.add_argument("--organisation", help=say("cli.option.organisation"))
    return parser


def _import_options(parser: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    parser.add_argument("file", help=say("cli.option.file"))
    parser.add_argument("--entity", required=True, metavar="NAME", help=say("cli.option.entity"))
    parser.add_argument("--user", metavar="LOGIN", help=say("cli.option.as_user"))
    parser.add_argument("--duplicates", choices=DUPLICATES, default="skip", help=say("cli.option.duplicates"))
    parser.add_argument("--no-rules", action="store_true", help=say("cli.option.no_rules"))
    parser.add_argument("--dry-run", action="store_true", help=say("cli.option.dry_run"))
    parser.add_argument("--organisation", help=say("cli.option.organisation"))


def _token_options(parser: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    person = parser.add_mutually_exclusive_group(required=True)
    person.add_argument("login", nargs="?", metavar="LOGIN", help=say("cli.option.user"))
    person.add_argument("--user", metavar="LOGIN", help=say("cli.option.user"))
    parser.add_argument("--name", default="entente token", help=say("cli.option.token_name"))
    parser.add_argument("--days", type=int, default=90, help=say("cli.option.days"))
    parser.add_argument("--organisation", help=say("cli.option.organisation"))


def _organisation_options(parser: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    commands = parser.add_subparsers(metavar="COMMAND")
    commands.add_parser("list").set_defaults(command=list_organisations)
    create = commands.add_parser("create")
    create.set_defaults(command=create_organisation)
    create.add_argument("key", help=say("cli.option.key"))
    create.add_argument("name", help=say("cli.option.name"))


def _dead_job_options(parser: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    parser.add_argument("--organisation", help=say("cli.option.organisation"))
    commands = parser.add_subparsers(metavar="COMMAND")
    commands.add_parser("list").set_defaults(command=list_dead_jobs)
    for name, command in (("retry", retry_job), ("drop", drop_job)):
        made = commands.add_parser(name)
        made.set_defaults(command=command)
        made.add_argument("number", type=int, help=say("cli.option.number"))


if __name__ == "__main__":
    sys.exit(main())
