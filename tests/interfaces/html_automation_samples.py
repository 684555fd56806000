"""Samples of automations: the list, the editor, runs, the map."""

from typing import Any

from entente.interfaces.html.views import automations as a
from entente.interfaces.html.views.frame import Crumb, Tab
from entente.interfaces.html.views.schedules import ScheduleView
from tests.interfaces.html_samples import BANNER, EMPTY, FILTER_FIELDS, NEW, NOW
from tests.interfaces.html_samples import list_view as sample_list

TABS = (Tab(label="Règles", url="/automations", current=True), Tab(label="Carte", url="/automations/map"))
LINE = a.RuleLine(
    id="1",
    name="Gagné <b>",
    sentence="Quand Résultat devient « Gagné », alors publier",
    url="/automations/1",
    active=True,
    badges=(("attend", "gray"),),
    last=NOW,
    done=3,
    failed=1,
    runs_url="/automations/1/runs",
)
RESTING = a.RuleLine(id="2", name="Perdu", sentence="Quand", url="/automations/2", active=False)
LIST = a.RuleList(
    title="Automatisations",
    url="/automations",
    tabs=TABS,
    groups=(a.RuleGroup(key="x", label="Prospects", icon="check", new_url="/automations/new", lines=(LINE, RESTING)),),
    actions=(NEW,),
    banners=(BANNER,),
)
CONTROLS = (
    a.Control(name="name", label="Nom", value="<i>", required=True, error="Non"),
    a.Control(
        name="entity", label="Objet", kind="select", value="lead", options=(("lead", "Prospects"),), redraws=True
    ),
    a.Control(name="fields", label="Champs", kind="checks", values=("a",), options=(("a", "A"),), help="Aide"),
    a.Control(name="active", label="Active", kind="check", value="1"),
    a.Control(name="debounce", label="Attendre", kind="number", value="0"),
    a.Control(name="description", label="Description", kind="area", wide=True),
)
ROW = (a.Control(name="step.s1.values.0.name", label="Champ"), a.Control(name="step.s1.values.0.value", label="Valeur"))
STEP = a.StepView(
    key="s1", number=1, kind="update", label="Modifier", icon="check",
    controls=(a.Control(name="step.s1.subject", label="Objet"),), rows=(ROW,), first=True,
)  # fmt: skip
FORM = a.RuleForm(
    title="Règle",
    url="/automations/1",
    is_new=False,
    version=3,
    crumbs=(Crumb(label="Automatisations", url="/automations"),),
    basics=CONTROLS,
    trigger=(a.Control(name="trigger", label="Quand", kind="select", options=(("created", "Créée"),)),),
    expression=a.Control(name="condition", label="Expression", kind="code", error="Non"),
    builder="[]",
    chips=sample_list().chips,
    filter_fields=FILTER_FIELDS,
    by_text=False,
    steps=(STEP,),
    kinds=(("post", "Publier"),),
    more=(a.Control(name="position", label="Ordre", kind="number"),),
    sentence="Quand",
    address="http://127.0.0.1/hooks/1/2",
    secret="s",
    errors=("Non",),
    lookup_url="/automations/records/lead",
    actions=(NEW,),
    changed=True,
)
RUN = a.RunView(
    id="r1",
    title="Camille <b>",
    url="/leads/1",
    outcome="Exécutée",
    hue="green",
    at=NOW,
    rule="Règle",
    rule_url="/automations/1",
    actor="James",
    occasion="Créée",
    reason="Parce que",
    changes=(("Priorité", "—", "Haute"),),
    trace=(
        a.TraceLine(text="a and b", value="non", holds=False, depth=0),
        a.TraceLine(text="a", value="3", holds=None, depth=1),
    ),
    steps=(a.StepResult(text="Créé", url="/tasks/1"), a.StepResult(text="Raté", failed=True)),
)  # fmt: skip
LOG = a.RunLog(
    title="Journal", url="/automations/log", tabs=TABS, runs=(RUN,), filters=TABS, next_url="/automations/log?before=x",
    crumbs=FORM.crumbs,
)  # fmt: skip
MAP = a.RuleMap(
    title="Carte",
    tabs=TABS,
    columns=(
        a.MapColumn(
            label="Ventes",
            icon="check",
            stages=(a.MapStage(label="Gagné", lines=(LINE, RESTING)), a.MapStage(label="Perdu", lines=())),
        ),
    ),
    empty=EMPTY,
)
PAGES: dict[str, dict[str, Any]] = {
    "automations.html": {"view": LIST},
    "automation.html": {"view": FORM},
    "automation_runs.html": {"view": LOG},
    "automation_map.html": {"view": MAP},
    "schedule_runs.html": {"view": ScheduleView(moments=("lundi 23 novembre 2026 à 08:00",), zone="Europe/Paris")},
    "automation_trial.html": {"trial": a.TrialView(text="3 fois", runs=(RUN,))},
}
