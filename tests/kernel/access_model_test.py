"""Ten thousand random worlds: every door of the kernel gives the rows and figures of an independent reference."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from tests.conftest import dsn_for, execute
from tests.kernel.access.facts import MODEL, Data, invent, sources, store
from tests.kernel.access.reference import Asker, Question, Unreadable, found, may, questions, sums
from tests.kernel.installation import PACKAGE

from entente.kernel.access.why import why
from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation, prepare_database
from entente.kernel.db.statement import UnguardedError, marked, prepare
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.install import install_queue
from entente.kernel.kit.grants import Grants, merge_grants
from entente.kernel.kit.principal import DEPTHS, FIELD_LEVELS, PRIVILEGES, Depth, Principal, Privilege, system
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.kit.words import load_words
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, aggregate, count, find, page
from entente.kernel.records.totals import Measure, totals
from entente.settings import Settings

DATA_SETS = 10
RIGHTS = 25
PEOPLE = 40
SEED = 20261123


class Case(msgspec.Struct, frozen=True):
    """One question by one person; shown as it stands when an answer is wrong."""

    data_set: int
    asker: Asker
    entity: str
    privilege: Privilege
    question: Question
    word: str

    @property
    def ask(self) -> Ask:
        """The question as the product takes it."""
        return Ask(
            entity=self.entity, fields=("version",), filter=self.question.filter, limit=1000,
            privilege=self.privilege, search=self.word,
        )  # fmt: skip


@pytest.fixture(scope="module")
def database(admin_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    name = f"model_{random.SystemRandom().getrandbits(40):x}"
    execute(admin_dsn, f"CREATE DATABASE {name}")
    folder = tmp_path_factory.mktemp("model")
    words = load_words([PACKAGE / "kernel"])
    made = Database(dsn_for(admin_dsn, name), Settings(data=folder), sources=sources(), words=words)
    made.open()
    try:
        prepare_database(made)
        install_queue(made)
        create_organisation(made, "main", "Model")
        yield made
    finally:
        made.close()
        execute(admin_dsn, f"DROP DATABASE {name} WITH (FORCE)")


def random_role(chance: random.Random) -> Grants:
    named = chance.sample([*MODEL, "*"], chance.randrange(1, 6))
    lines = {entity: {each: chance.choice(DEPTHS) for each in PRIVILEGES if chance.random() < 0.75} for entity in named}
    ruled = chance.sample(MODEL, chance.randrange(3))
    fields = {
        entity: {
            name: chance.choice(FIELD_LEVELS) for name in ("rank", "kind", "code", "worth", "odds")
            if chance.random() < 0.4
        }
        for entity in ruled
    }  # fmt: skip
    return Grants(entities=lines, fields=fields, is_admin=chance.random() < 0.01)


def random_asker(chance: random.Random, data: Data, roles: tuple[Grants, ...]) -> Asker:
    teams = tuple(chance.sample(data.ids("team"), chance.randrange(4)))
    unit = chance.choice([None, *data.ids("business_unit")])
    return Asker(chance.choice(data.ids("user")), roles, teams, unit)


def principal_of(data: Data, asker: Asker) -> Principal:
    together = merge_grants(asker.roles)
    below: list[UUID] = [asker.unit] if asker.unit else []
    for unit in below:
        below += [each["id"] for each in data.tables["business_unit"].values() if each["parent"] == unit]
    return Principal(
        user_id=asker.user, team_ids=asker.teams, unit_id=asker.unit, units_below=tuple(below),
        grants=together.entities, field_rules=together.fields, is_admin=together.is_admin,
    )  # fmt: skip


def cases(chance: random.Random, data_set: int, data: Data) -> Iterator[Case]:
    """One question for each world: the people of equal rights share their questions, and so the compiled statement."""
    for _ in range(RIGHTS):
        roles = tuple(random_role(chance) for _ in range(chance.randrange(1, 4)))
        entity = chance.choice(MODEL)
        privilege = chance.choice(("read", "read", *PRIVILEGES))
        question = chance.choice(questions(entity))
        word = chance.choice(("", "", "", "oak"))
        for _ in range(PEOPLE):
            yield Case(data_set, random_asker(chance, data, roles), entity, privilege, question, word)


Rows = list[dict[str, Any]] | None


def wanted(data: Data, case: Case) -> Rows:
    """The rows of the reference, or nothing when the product has to refuse."""
    try:
        return found(data, case.asker, case.privilege, case.entity, case.question, case.word)
    except Unreadable:
        return None


def ids_agree(tx: Tx, data: Data, case: Case, rows: Rows) -> bool:
    try:
        given = {record.id for record in page(tx, case.ask).records}
    except Refused:
        return rows is None
    return rows is not None and given == {row["id"] for row in rows}


def counts_agree(tx: Tx, data: Data, case: Case, rows: Rows) -> bool:
    try:
        given = count(tx, case.ask)
    except Refused:
        return rows is None
    return rows is not None and given.number == len(rows)


def sums_agree(tx: Tx, data: Data, case: Case, rows: Rows) -> bool:
    group = "kind" if case.word else None
    try:
        expected = None if rows is None else sums(case.asker, case.entity, rows, group)
    except Unreadable:
        expected = None
    try:
        given = {each.key: (each.count, each.value, each.weighted) for each in aggregate(tx, case.ask, group)}
    except Refused:
        return expected is None
    return given == expected


def a_single_record_agrees(tx: Tx, data: Data, case: Case, rows: Rows) -> bool:
    """One row, read by its id and judged by `why`."""
    row = random.Random(str(case.asker.user)).choice(list(data.tables[case.entity].values()))
    allowed = row["deleted_at"] is None and may(data, case.asker, case.privilege, case.entity, row)
    entity = tx.catalog.entity(case.entity)
    if why(tx, tx.principal, entity, row["id"], case.privilege).allowed != allowed:
        return False
    try:
        record = find(tx, case.entity, row["id"], privilege=case.privilege)
    except NotFound:
        return not allowed
    return allowed and shows_what_it_may(case, row, record)


def shows_what_it_may(case: Case, row: dict[str, Any], record: Any) -> bool:
    """Whether every field of a record is shown, masked or absent as the levels say."""
    for name in ("rank", "kind", "code"):
        level = case.asker.level(case.entity, name)
        if level == "hidden":
            right = name not in record
        elif level == "masked":
            right = record[name] == (None if row[name] is None else "•••")
        else:
            right = record[name] == row[name]
        if not right:
            return False
    return True


DOORS = (ids_agree, counts_agree, sums_agree, a_single_record_agrees)


def told(data: Data, case: Case) -> str:
    """The case with as few roles as still disagree with the reference, and its seed."""
    roles = ", ".join(msgspec.json.encode(role).decode() for role in case.asker.roles)
    rows = wanted(data, case)
    return (
        f"seed {SEED}, data set {case.data_set}: {case.privilege} {case.entity} where {case.question.filter!r} "
        f"with {case.word!r}\nuser {case.asker.user}, teams {case.asker.teams}, unit {case.asker.unit}\n"
        f"roles {roles}\nreference: {'refused' if rows is None else sorted(str(row['id']) for row in rows)}"
    )


def smallest(tx: Tx, data: Data, case: Case, agrees: Any) -> Case:
    """The case with every role, team and unit left out that does not matter to the disagreement."""
    for _ in range(8):
        for fewer in smaller(case.asker):
            tried = msgspec.structs.replace(case, asker=fewer)
            if not agrees(tx.acting_as(principal_of(data, fewer)), data, tried, wanted(data, tried)):
                case = tried
                break
        else:
            return case
    return case


def smaller(asker: Asker) -> Iterator[Asker]:
    for at in range(len(asker.roles)):
        if len(asker.roles) > 1:
            yield msgspec.structs.replace(asker, roles=asker.roles[:at] + asker.roles[at + 1 :])
    for at in range(len(asker.teams)):
        yield msgspec.structs.replace(asker, teams=asker.teams[:at] + asker.teams[at + 1 :])
    if asker.unit:
        yield msgspec.structs.replace(asker, unit=None)


@pytest.mark.slow
def test_ten_thousand_worlds_agree_with_the_reference(database: Database) -> None:
    chance = random.Random(SEED)
    worlds = 0
    for data_set in range(DATA_SETS):
        data = invent(chance)
        store(database, data)
        with database.begin(system("model")) as tx:
            for at, case in enumerate(cases(chance, data_set, data)):
                rows = wanted(data, case)
                asking = tx.acting_as(principal_of(data, case.asker))
                for agrees in (ids_agree, DOORS[1 + at % 3]):
                    if not agrees(asking, data, case, rows):
                        pytest.fail(f"{agrees.__name__}\n{told(data, smallest(tx, data, case, agrees))}")
                worlds += 1
    assert worlds >= 10_000


def test_the_reference_itself_tells_people_apart() -> None:
    """The proof above would be empty if the worlds granted nothing, or everything."""
    chance = random.Random(SEED)
    data = invent(chance)
    every = [case for case in cases(chance, 0, data) if wanted(data, case) is not None]
    some = [case for case in every if 0 < len(wanted(data, case) or ()) < len(data.tables[case.entity])]
    assert len(some) > len(every) / 4


def someone_without(field: str) -> Principal:
    grants: dict[str, dict[Privilege, Depth]] = {"*": dict.fromkeys(PRIVILEGES, "all")}
    return Principal(user_id=UUID(int=1), grants=grants, field_rules={"asset": {field: "hidden"}})


@pytest.fixture
def blind(database: Database) -> Iterator[Tx]:
    """Somebody who may do everything but see the rank and the code of assets."""
    data = invent(random.Random(SEED))
    store(database, data)
    person = msgspec.structs.replace(
        someone_without("rank"), field_rules={"asset": {"rank": "hidden", "code": "masked", "worth": "hidden"}}
    )
    with database.begin(person) as tx:
        yield tx


@pytest.mark.parametrize(
    ("entity", "filter_"),
    [
        ("asset", "rank > 4"),
        ("asset", "holder.rank > 4"),
        ("piece", "asset.rank > 4"),
        ("piece", "asset.holder.rank > 4"),
        ("piece", 'asset.code = "oak"'),
        ("asset", "some piece in pieces satisfies piece.asset.rank > 4"),
        ("piece", "if asset.rank > 4 then true else false"),
        ("asset", "record.rank > 4"),
    ],
)
def test_a_hidden_field_cannot_be_read_by_a_filter(blind: Tx, entity: str, filter_: str) -> None:
    for door in (page, count, aggregate):
        with pytest.raises(Refused):
            door(blind, Ask(entity=entity, filter=filter_))
    with pytest.raises(Refused):
        totals(blind, Ask(entity=entity, filter=filter_), [], [Measure("count", "n")])


@pytest.mark.parametrize("field", ["rank", "code", "worth"])
def test_a_hidden_field_cannot_be_sorted_or_grouped(blind: Tx, field: str) -> None:
    with pytest.raises(Refused):
        page(blind, Ask(entity="asset", sort=(Sort(field),)))
    with pytest.raises(Refused):
        aggregate(blind, Ask(entity="asset"), group_by=field)
    with pytest.raises(Refused):
        totals(blind, Ask(entity="asset"), [field], [])
    with pytest.raises(Refused):
        totals(blind, Ask(entity="asset"), [], [Measure("max", "most", field)])


def test_a_hidden_amount_is_not_summed(blind: Tx) -> None:
    assert aggregate(blind, Ask(entity="asset"))[0].value is None


def test_words_of_a_masked_field_are_not_found(blind: Tx) -> None:
    found_by_all = page(blind.acting_as(system("look")), Ask(entity="asset", search="oak", limit=1000)).records
    found_blind = page(blind, Ask(entity="asset", search="oak", limit=1000)).records
    assert (
        {record.id for record in found_blind}
        == {record.id for record in found_by_all if "oak" in record["note"]}
        < {record.id for record in found_by_all}
    )


def test_an_unmarked_statement_is_refused(database: Database) -> None:
    with database.begin(system("look")) as tx:
        table = tx.catalog.entity("asset").table
        other = tx.catalog.entity("shelf").table
        bare = sa.select(table.c.id)
        joined = sa.select(other.c.id).where(other.c.id.in_(bare))
        for statement in (bare, sa.update(table).values(rank=1), marked(joined, "shelf"), bare.union(joined)):
            with pytest.raises(UnguardedError):
                prepare(statement)
        assert prepare(marked(joined, "shelf", "asset")).sql
