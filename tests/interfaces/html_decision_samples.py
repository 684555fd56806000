"""Samples of the pages of decision tables."""

from typing import Any

from entente.interfaces.html.views import decisions as view
from entente.interfaces.html.views import frame
from entente.interfaces.html.views.processes import Option
from tests.interfaces.html_samples import NEW, NOW

TABS = (frame.Tab(label="Modèles", url="/processes"), frame.Tab(label="Décisions", url="/d", current=True))
CHOICES = (Option(value="FIRST", label="F · la première compte", chosen=True), Option(value="", label="tout type"))
INPUT = view.ColumnView(
    cell="in.0", id="i1", label="Montant", name="Montant", expression="record.amount", types=CHOICES, allowed=">= 0",
    first=True, last=True,
)  # fmt: skip
OUTPUT = view.ColumnView(
    cell="out.0", id="o1", label="taux", name="taux", types=CHOICES, allowed="1, 2", default="0", given=True
)
RULE = view.RuleView(
    cell="rule.0",
    id="r1",
    number=1,
    tests=(view.CellView(name="rule.0.in.0", label="Règle 1, Montant", text="< 1000"),),
    results=(view.CellView(name="rule.0.out.0", label="Règle 1, taux", text='"a"'),),
    note=view.CellView(name="rule.0.note", label="Règle 1, Note", text="Petites affaires"),
    first=True,
)
GRID = view.GridView(
    url="/d/draft", identity="t", policies=CHOICES, aggregations=CHOICES, inputs=(INPUT,), outputs=(OUTPUT,),
    rules=(RULE,), focus="rule.0.in.0",
)  # fmt: skip
CHECKS = view.ChecksView(
    problems=(
        view.CellProblem(cell="rule.0.out.0", place="Règle 1, taux", message="L’expression n’est pas comprise."),
        view.CellProblem(cell="", place="autre", message="La décision dépend d’elle-même."),
    ),
    fields=(view.TryField(name="record.amount", kind="un nombre", value="12"),),
    try_url="/d/try",
    result=view.ResultView(value="0.1", rules=(0, 2), numbers="1, 3"),
)
DECISION = view.DecisionView(
    title="Remise",
    key="remise",
    crumbs=(frame.Crumb(label="Tables de décision", url="/d"),),
    base="1",
    version=2,
    state="Brouillon",
    hue="amber",
    grid=GRID,
    checks=CHECKS,
    check_url="/d/check",
    save_url="/d/save",
    tabs=TABS,
    versions=((TABS[0], "Déployée", NOW),),
    actions=(NEW,),
)
PAGES: dict[str, dict[str, Any]] = {
    "decision.html": {"view": DECISION},
    "decision_checks.html": {"view": CHECKS},
    "decision_grid.html": {"view": GRID},
}
