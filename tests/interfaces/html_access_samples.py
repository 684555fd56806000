"""Samples of tables, roles and reasons."""

from entente.interfaces.html.views import frame, tables
from entente.interfaces.html.views.access import Choice, MatrixLine, RoleView, WhyView
from tests.interfaces.html_samples import BANNER, EMPTY, NEW, NOW

DEPTHS = (("none", "—"), ("own", "Les siennes"), ("all", "Toutes"))
TABS = (frame.Tab(label="Rôles", url="/settings/roles", current=True),)
TABLES = tables.Tables(
    title="Réglages",
    url="/settings/tokens",
    tables=(
        tables.Table(
            title="Jetons",
            headings=("Nom", "Créé", "État", "Essais"),
            lines=(
                tables.Line(
                    cells=(
                        tables.Cell(text="<b>Tableur</b>", url="/x"),
                        tables.Cell(at=NOW),
                        tables.Cell(text="Valable", hue="green"),
                        tables.Cell(text="3", number=True),
                    ),
                    actions=(NEW,),
                ),
            ),
        ),
        tables.Table(headings=("Nom",), lines=(), empty=EMPTY),
    ),
    actions=(NEW,),
    tabs=TABS,
    banners=(BANNER,),
    secret="ent_main_abc",
    live_on="user",
)
ROLE = RoleView(
    title="Commercial",
    url="/settings/roles/1",
    headings=("Créer",),
    lines=(
        MatrixLine(
            label="Prospects",
            cells=(Choice(name="grant.lead.create", label="Prospects – Créer", value="own", options=DEPTHS),),
        ),
    ),
    rules=(
        Choice(
            name="rule.a.b", label="Compte – Encours", value="read", options=(("read", "Lecture"), ("edit", "Tout"))
        ),
    ),
    fields=(("account.name", "Compte – Nom"),),
    levels=(("hidden", "Masqué"),),
    rights=(("import", "Importer", True),),
    baseline=True,
    crumbs=(frame.Crumb(label="Rôles", url="/settings/roles"),),
    tabs=TABS,
    errors=("Non",),
    saved=True,
)
WHY = WhyView(
    title="Pourquoi ?",
    url="/leads/1/why",
    record="Camille Berthier",
    record_url="/leads/1",
    verdict="James : oui",
    allowed=True,
    reasons=(("Un rôle donne ce droit.", True), ("La fiche est à une autre personne.", False)),
    users=(("u1", "James"),),
    user="u1",
    privileges=(("read", "Consulter"),),
    privilege="read",
)
