"""Samples of the pages of processes."""

from datetime import timedelta
from typing import Any

from entente.interfaces.html.views import frame, migration
from entente.interfaces.html.views import processes as view
from entente.interfaces.html.views.messages import MessageView
from entente.interfaces.html.views.variables import VariableRow, Variables
from tests.interfaces.html_samples import COMPOSER, EMPTY, NAMES, NEW, NOW, timeline

CRUMBS = (frame.Crumb(label="Processus", url="/processes"),)
TABS = (frame.Tab(label="Modèles", url="/processes", current=True), frame.Tab(label="Instances", url="/p/i"))
DIAGRAM = view.Diagram(
    key="d1", model_url="/m", label="Gestion des prospects", state_url="/s", details_url="/d", live_on="process:1"
)
TROUBLE = view.TroubleView(name="Prévenir", message="L’adresse est fausse.", at=NOW, actions=(NEW,))
STAY = view.Stay(entered=NOW, left=NOW, took=timedelta(hours=3), who="Hélène", outcome="Approuver", detail="Oui")
KINDS: tuple[tuple[str, view.State, str], ...] = (
    ("Attribuer", "done", "Fait"),
    ("Qualifier", "active", "En cours"),
    ("Prévenir", "failed", "Incident"),
)
STEPS = tuple(
    view.StepView(
        element=f"e{at}",
        name=name,
        kind="Tâche",
        state=state,
        state_label=label,
        url=f"/step/{at}",
        times=at,
        open=at % 2,
        at=NOW,
        took=timedelta(minutes=20),
        who="James",
        outcome="Fait",
        trouble="Arrêté" if state == "failed" else "",
    )
    for at, (name, state, label) in enumerate(KINDS)
)
COURSE = view.CourseView(
    url="/c", live_on="process:1", state="Incident", hue="red", steps=STEPS, coming=STEPS[:1], troubles=(TROUBLE,),
    repairs=(STAY,), ended_at=NOW,
)  # fmt: skip
INSTANCE = view.InstanceView(
    title="Gestion des prospects",
    process="Gestion des prospects",
    version=2,
    crumbs=CRUMBS,
    course=COURSE,
    diagram=DIAGRAM,
    started_at=NOW,
    starter="Hélène",
    record_title="Groupe Lisière",
    record_url="/leads/1",
    business_key="L-2026-001",
    tabs=TABS,
    actions=(NEW,),
    variables=(view.Variable(name="decision", value='"approved"'),),
    composer=COMPOSER,
    composer_names=NAMES,
    timeline=timeline(),
)
PANEL = view.PanelView(
    url="/p", live_on="processes-of:1", title="Gestion des prospects", page_url="/processes/instances/1", version=2,
    course=COURSE, diagram=DIAGRAM, tabs=TABS,
)  # fmt: skip
DETAILS = view.StepDetails(
    name="Qualifier",
    kind="Tâche",
    state="active",
    state_label="En cours",
    waits=(
        view.WaitView(name="James", kind="personne", due=NOW, begun=True),
        view.WaitView(name="hooks.example.com", kind="programme sans réponse, sera rappelé", due=NOW, program=True),
    ),
    stays=(STAY,),
    remarks=(STAY,),
    troubles=(TROUBLE,),
    actions=(NEW,),
)
LINE = view.InstanceLine(
    url="/processes/instances/1", process="Gestion des prospects", version=2, state="En cours", hue="blue",
    started_at=NOW, took=timedelta(days=2), starter="Hélène", record_title="Groupe Lisière", record_url="/leads/1",
    at="Qualifier", incidents=1,
)  # fmt: skip
FILTERS = (
    view.Filter(
        name="state",
        label="État",
        value="running",
        options=(view.Option(value="running", label="En cours", chosen=True),),
    ),
    view.Filter(name="from", label="Depuis", kind="date", value="2026-11-01"),
    view.Filter(name="key", label="Référence", kind="text"),
)
INSTANCES = view.InstanceList(
    title="Instances", url="/p/i", tabs=TABS, filters=FILTERS, lines=(LINE,), empty=EMPTY, more_url="/p/i?after=1"
)
REPORT = view.ReportView(
    title="Durées",
    url="/report",
    tabs=TABS,
    filters=FILTERS,
    lines=(
        view.ReportLine(
            name="Qualifier", kind="Tâche", times=12, mean=timedelta(hours=30), median=timedelta(hours=20),
            longest=timedelta(days=5), share=1.0, open=3, oldest=NOW, bottleneck=True,
        ),
    ),
    empty=EMPTY,
    finished=9,
    running=3,
    mean=timedelta(days=4),
)  # fmt: skip
PROBLEMS = view.ProblemsView(
    problems=(
        view.ProblemView(element="e1", name="Prévenir", message="Cette action n’existe pas.", severity="error"),
        view.ProblemView(element="e2", name="Attendre", message="Sans échéance.", severity="warning"),
    ),
    may_deploy=False,
)
MODEL = view.DefinitionView(
    title="Gestion des prospects", key="lead_management", version=2, state="Brouillon", hue="gray", crumbs=CRUMBS,
    diagram=DIAGRAM, problems=PROBLEMS, versions=((TABS[0], "Déployée", NOW),), instances_url="/p/i", actions=(NEW,),
)  # fmt: skip
MODELS = view.ModelList(
    key="models",
    title="Processus",
    heading="Processus",
    tabs=TABS,
    import_url="/processes/import",
    drop="Déposer un modèle",
    accept=".bpmn",
    lines=(
        view.ModelLine(
            name="Gestion des prospects", keys="lead_management", url="/processes/1", version=2, state="Brouillon",
            hue="gray", at=NOW, deployed=1, actions=(NEW,),
        ),
    ),
    empty=EMPTY,
    actions=(NEW,),
)  # fmt: skip
MODELER = view.ModelerView(
    title="Gestion des prospects",
    crumbs=CRUMBS,
    model_url="/m",
    save_url="/save",
    check_url="/check",
    words={"save": "Enregistrer"},
    deploy_url="/deploy",
    version=2,
    identity="1",
    actions=FILTERS[0].options,
    processes=FILTERS[0].options,
    lists={"forms": FILTERS[0].options},
)
VARIABLES = Variables(
    url="/repair",
    lookup_url="/lookup",
    rows=(
        VariableRow(key="0", name="montant", type="money", value="12,50", currency="EUR", known=True),
        VariableRow(key="1", name="valide", type="boolean", value="true", known=True),
        VariableRow(key="2", name="fiche", type="record", value="lead:1", title="Berthier", error="Illisible."),
        VariableRow(key="3", name="liste", type="json", value="[1]", known=True),
        VariableRow(key="4", name="", type="datetime", value="2026-11-24T08:00"),
    ),
    types=(("text", "Texte"), ("money", "Montant"), ("json", "Liste")),
    currencies=("EUR", "CHF"),
)
MESSAGE = MessageView(
    title="Send a message or signal",
    url="/processes/messages/send",
    reach_url="/processes/messages/reach",
    kinds=(view.Option(value="message", label="Message", chosen=True),),
    name="paid",
    names=("paid",),
    lookup_url="/lookup/tasks/regarding",
    record=(("lead:1", "Berthier"),),
    kept=(view.Option(value="", label="Not kept"),),
    variables=VARIABLES,
    error="Say what it is called.",
)
START = view.StartView(
    title="Démarrer", url="/start", lookup_url="/lookup", variables=VARIABLES, error="Choisissez une fiche."
)
REPAIR = view.RepairView(
    title="Déplacer",
    text="Le jeton quitte l’étape.",
    url="/repair",
    submit="Déplacer",
    verb="move",
    token=3,
    variables=VARIABLES,
    targets=FILTERS[0].options,
    reason="Erreur de saisie",
    error="Indiquez un motif.",
    preview=(view.PreviewLine(name="Qualifier", text="commence", hue="blue", why="Aucun flux"),),
    destructive=True,
)
RIGHTS = view.RightsView(
    title="Droits sur « Gestion des prospects »",
    crumbs=CRUMBS,
    url="/processes/1/rights",
    lines=(view.RightLine(holder="user:1", name="Hélène", kind="Utilisateur", levels=FILTERS[0].options),),
    holders=(view.HolderGroup(label="Équipes", options=FILTERS[0].options),),
    levels=FILTERS[0].options,
    error="Choisissez quelqu’un.",
)
RETENTION = view.RetentionView(
    title="Conservation", crumbs=CRUMBS, url="/r", usual=180,
    lines=(view.RetentionLine(name="days.lead_management", label="Gestion des prospects", days=None),),
    every=view.RetentionLine(name="days.", label="Tous les processus", days=180), error="De 1 à 36500 jours.",
)  # fmt: skip
MIGRATION = migration.MigrationView(
    title="Amener les instances",
    crumbs=CRUMBS,
    url="/processes/1/migrate",
    sources=FILTERS[0].options,
    mapping=(
        migration.MappingLine(element="ask", name="Demander", kind="Tâche", options=FILTERS[0].options),
    ),
    accept_losses=True,
    recalculate=True,
    results=(
        migration.MigrationLine(
            id="1", url="/processes/instances/1", title="Groupe Lisière", state="Convient", hue="blue", chosen=True,
            unmapped="Demander", lost="Relance", added="Rappel",
        ),
    ),
    summary="Une peut partir",
    error="Choisissez au moins une instance.",
)  # fmt: skip
PAGES: dict[str, dict[str, Any]] = {
    "process_course.html": {"view": COURSE},
    "process_element.html": {"view": DETAILS},
    "process_instance.html": {"view": INSTANCE},
    "process_instances.html": {"view": INSTANCES},
    "process_migration.html": {"view": MIGRATION},
    "process_model.html": {"view": MODEL},
    "process_modeler.html": {"view": MODELER},
    "process_models.html": {"view": MODELS},
    "process_panel.html": {"view": PANEL},
    "process_problems.html": {"view": PROBLEMS},
    "process_repair.html": {"view": REPAIR},
    "process_report.html": {"view": REPORT},
    "process_retention.html": {"view": RETENTION},
    "process_rights.html": {"view": RIGHTS},
    "process_rows.html": {"view": INSTANCES},
    "process_start.html": {"view": START},
    "process_message.html": {"view": MESSAGE},
    "process_message_reach.html": {"text": "It would reach one instance."},
}
