"""All that `docs/performance.md` promises, measured in one run beside the floor: `python -m bench.run --help`."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from statistics import median, quantiles
from typing import Any, Literal

import msgspec
import psycopg

from bench import floor
from bench.generate import generate, make_people
from bench.inside import duplicate_p95, floor_import_rate, import_rate, search_p95, statements
from bench.operations import NAMES, Figures, Requests, measure, page_times
from bench.processes import Server, memory_mib, start_floor, start_product
from entente.compiling import compile_product
from entente.installing import note_up_to_date, set_up
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.identity.invitations import has_users
from entente.kernel.identity.passwords import set_password
from entente.kernel.identity.sessions import start_session
from entente.kernel.identity.tokens import create_token
from entente.kernel.kit.collecting import settle
from entente.kernel.kit.principal import system
from entente.kernel.seeding import seed_id
from entente.product import open_database
from entente.settings import Settings

ROOT = Path(__file__).parents[1]
VACUUM_FLOOR = "VACUUM ANALYZE floor.lead, floor.account, floor.contact, floor.opportunity"
RATIOS = {"read": 2.5, "list": 2.0, "search": 2.5, "create": 4.0, "change": 4.0, "convert": 5.0}
STATEMENTS = {"read": 3, "list": 4, "search": 3, "create": 8, "change": 7, "convert": 20}
TIMES = {"read": 200, "list": 60, "search": 100, "create": 100, "change": 100, "convert": 40}


class Line(msgspec.Struct):
    """One figure with its budget, at most or at least; or one that is only told, to compare others with."""

    what: str
    value: float
    budget: float
    unit: str = ""
    kind: Literal["most", "least", "told"] = "most"

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        return self.value <= self.budget if self.kind == "most" else self.value >= self.budget

    @property
    def judged(self) -> str:
        """The two last cells of its row."""
        if self.kind == "told":
            return "| |"
        return f"{'≤' if self.kind == 'most' else '≥'} {self.budget:,g} | {'✓' if self.kept else '✗'} |"


def main() -> None:
    """Measure, print a table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="one round of few requests")
    parser.add_argument("--data", type=Path, default=ROOT / "var/bench")
    chosen = parser.parse_args()
    rounds, share = (1, 4) if chosen.quick else (3, 1)
    data = (chosen.data / str(chosen.leads)).absolute()
    data.mkdir(parents=True, exist_ok=True)
    settings = Settings(data=data, demo=False, pool_size=12)
    database = open_database(find_conninfo(settings), settings)
    settle()
    try:
        report(database, chosen.leads, rounds, share)
    finally:
        database.close()


def report(database: Database, leads: int, rounds: int, share: int) -> None:
    """The whole measurement, printed and kept as JSON."""
    rate = prepare(database, leads)
    ids, token, cookie = _keys(database)
    figures, lines = _http(database, ids, token, cookie, rounds, share)
    user = seed_id("user", "bench0")
    counted = statements(database, ids[-200:], token)
    lines += [Line(f"{name}: statements", counted[name], STATEMENTS[name]) for name in NAMES]
    rows = 10_000 // share
    lines += [
        Line("duplicate check p95", duplicate_p95(database, user, 200 // share), 20, "ms"),
        Line("search p95", search_p95(database, user, 200 // share), 50, "ms"),
        Line("import, rules off: the floor", floor_import_rate(database, rows), 0, "rows/s", "told"),
        Line("import, rules off", import_rate(database, user, rows, rules=False), 5000, "rows/s", "least"),
        Line("import, rules on", import_rate(database, user, rows, rules=True), 1500, "rows/s", "least"),
    ]
    if rate:
        lines.append(Line("generator", rate, 0, "rows/s", "told"))
    _print(leads, figures, lines)
    _keep(leads, figures, lines)


def prepare(database: Database, leads: int) -> float:
    """Tables with so many leads, and equal ones for the floor; rows per second, nothing when they were there."""
    set_up(database, database.settings.organisation, "Bench")
    compile_product()
    rate = 0.0
    with database.begin(system("bench")) as tx:
        if not has_users(tx):
            make_people(tx)
            set_password(tx, seed_id("user", "bench0"), token_urlsafe())  # in use, as far as starting is concerned
        found = tx.connection.execute("SELECT count(*) FROM org_main.lead").fetchone()
    if not found or found[0] < leads:
        rate = generate(database, leads)
    note_up_to_date(database)
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(floor.SCHEMA.encode())
    # As autovacuum does where tables live longer than this run; the floor's are new each time, ours at the first.
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE" if rate else VACUUM_FLOOR)
    os.sync()  # what was made lies on the disk before the first request, which would wait for it
    return rate


def _keys(database: Database) -> tuple[list[str], str, str]:
    """Open leads in the order of their ids, an API token, and the cookie of a session."""
    user = seed_id("user", "bench0")
    with database.begin(system("bench")) as tx:
        found = tx.connection.execute(
            "SELECT id::text FROM org_main.lead WHERE state = 'open' AND status <> 'new' ORDER BY id LIMIT 20000"
        ).fetchall()
        token = create_token(tx, user, "bench", 1)
        session = start_session(tx, user, peer="127.0.0.1", agent="bench")
    return [identity for (identity,) in found], token, f"entente_session={database.settings.organisation}.{session}"


def _http(
    database: Database, ids: list[str], token: str, cookie: str, rounds: int, share: int
) -> tuple[dict[str, dict[str, Figures]], list[Line]]:
    data = database.settings.data
    bearer = {"Authorization": f"Bearer {token}"}
    below, ours = start_floor(database.conninfo), start_product(data)
    try:
        lines = [
            Line("cold start when set up", ours.seconds_to_start, 3, "s"),
            Line("idle memory of web and worker", memory_mib(ours), 250, "MiB"),
        ]
        ours.rest()
        sides: list[tuple[Server, Requests]] = [
            (below, Requests(ids, product=False)), (ours, Requests(ids, product=True)),
        ]  # fmt: skip
        figures = {server.name: {name: Figures() for name in NAMES} for server, _ in sides}
        for _ in range(rounds):
            for name in NAMES:
                for server, requests in sides:
                    got = measure(server, data, requests, name, bearer, TIMES[name] // share)
                    _add(figures[server.name][name], *got)
        lines += _ratios(figures)
        for path in ("/leads", f"/leads/{ids[-1]}"):
            spent = page_times(ours, cookie, path, 100 // share)
            label = "list page" if path == "/leads" else "record page"
            lines.append(Line(f"{label}, HTML p95", quantiles(spent, n=20)[18], 60, "ms"))
    finally:
        below.stop()
        ours.stop()
    return figures, lines


def _add(figure: Figures, times: list[float], rate: float, cpu: float) -> None:
    figure.times += times
    figure.rates.append(rate)
    figure.cpu.append(cpu)


def _ratios(figures: dict[str, dict[str, Figures]]) -> list[Line]:
    lines = []
    for name in NAMES:
        below, ours = figures["floor"][name], figures["Entente"][name]
        lines.append(Line(f"{name}: p50", ours.p50 / below.p50, RATIOS[name], "× floor"))
        spent = median(ours.cpu) / max(median(below.cpu), 0.01)
        lines.append(Line(f"{name}: processor", spent, RATIOS[name], "× floor"))
    return lines


def _print(leads: int, figures: dict[str, dict[str, Figures]], lines: list[Line]) -> None:
    print(f"\n{leads:,} leads, load average {os.getloadavg()[0]:.1f}\n")
    print("| p50 ms / p95 ms / per second with 8 / processor ms | " + " | ".join(NAMES) + " |")
    print("|---" * (len(NAMES) + 1) + "|")
    for server, by_name in figures.items():
        cells = [
            f"{each.p50:.1f} / {each.p95:.1f} / {median(each.rates):,.0f} / {median(each.cpu):.1f}"
            for each in by_name.values()
        ]
        print(f"| {server} | " + " | ".join(cells) + " |")
    print("\n| what | measured | budget | |\n|---|---|---|---|")
    for line in lines:
        print(f"| {line.what} | {line.value:,.1f} {line.unit} | {line.judged}")


def _keep(leads: int, figures: dict[str, dict[str, Figures]], lines: list[Line]) -> None:
    folder = ROOT / "bench/results"
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    kept: dict[str, Any] = {"at": now, "leads": leads, "figures": figures, "lines": lines}
    (folder / f"{now:%Y-%m-%dT%H%M%S}.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept)))


if __name__ == "__main__":
    main()
