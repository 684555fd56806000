"""One sample of every view, in French as a page of the demo would fill it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from entente.interfaces.html.views import fields, frame, lists, records
from entente.kernel.kit.money import Money
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.types.links import Ref
from entente.kernel.metadata.types.others import Address
from entente.kernel.metadata.types.sets import Entry

NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)
USER = UUID("00000000-0000-0000-0000-000000000001")
OTHER = UUID("00000000-0000-0000-0000-000000000002")
NAMES = fields.Names(
    titles={str(USER): "Hélène Marchetti", str(OTHER): "Groupe Lisière"}, paths={"user": "users", "account": "accounts"}
)
STATUS = FieldDef(
    type="choice",
    label=Text("Status", "Statut"),
    choices=(
        Choice(key="new", label=Text("New", "Nouveau"), hue="blue"),
        Choice(key="qualifying", label=Text("Qualifying", "Qualification"), hue="amber"),
        Choice(key="proposal", label=Text("Proposal", "Proposition"), hue="violet"),
        Choice(key="lost", label=Text("Lost", "Perdu"), hue="gray"),
    ),
)
KINDS = (Choice(key="work", label=Text("Work", "Bureau")), Choice(key="mobile", label=Text("Mobile", "Mobile")))


def _def(kind: str, en: str, fr: str, **more: Any) -> FieldDef:
    return FieldDef(type=kind, label=Text(en, fr), **more)


TYPED: dict[str, tuple[FieldDef, Any]] = {
    "text": (_def("text", "Company", "Société", max_length=80), "Ateliers <b>Corvin</b>"),
    "long_text": (_def("long_text", "Need", "Besoin"), "Deux lignes\nd’explication & plus"),
    "rich_text": (_def("rich_text", "Body", "Corps"), "<p>Bonjour <b>tous</b><script>alert(1)</script></p>"),
    "choice": (STATUS, "qualifying"),
    "multi_choice": (
        _def("multi_choice", "Interests", "Intérêts", choices=STATUS.choices),
        ("new", "proposal"),
    ),
    "boolean": (_def("boolean", "Do not call", "Ne pas appeler"), True),
    "integer": (_def("integer", "Employees", "Effectif"), 1284),
    "decimal": (_def("decimal", "Rate", "Taux", decimals=2), Decimal("12.50")),
    "money": (_def("money", "Amount", "Montant estimé"), Money(Decimal("48500"), "EUR")),
    "percent": (_def("percent", "Probability", "Probabilité"), Decimal("31.4")),
    "date": (_def("date", "Decision", "Décision prévue"), date(2026, 12, 18)),
    "datetime": (_def("datetime", "Created on", "Créé le"), NOW - timedelta(hours=3)),
    "duration": (_def("duration", "Length", "Durée"), 90),
    "email_set": (
        _def("email_set", "E-mail", "E-mail", kinds=KINDS),
        (Entry("c.berthier@lisiere.example", "work", True), Entry("camille@example.org", invalid=True)),
    ),
    "phone_set": (_def("phone_set", "Phone", "Téléphone", kinds=KINDS), (Entry("+33 2 99 00 12 34", "work", True),)),
    "url": (_def("url", "Website", "Site web"), "https://lisiere.example"),
    "address": (
        _def("address", "Address", "Adresse"),
        Address(street="3 rue des Tilleuls", postal_code="35000", city="Rennes", country="BE"),
    ),
    "person_name": (_def("person_name", "Name", "Nom"), "Camille Berthier"),
    "link": (_def("link", "Owner", "Attribué à", to="user"), USER),
    "polymorphic": (_def("polymorphic", "Regarding", "Concerne", to=("account", "lead")), Ref("account", OTHER)),
    "links": (_def("links", "Tags", "Étiquettes", to="account"), (OTHER,)),
    "file": (_def("file", "Contract", "Contrat"), OTHER),
    "image": (_def("image", "Photo", "Photo"), OTHER),
    "auto_number": (_def("auto_number", "Number", "Numéro"), "P-2026-00412"),
    "json": (_def("json", "Data", "Données"), {"a": [1, "é"]}),
    "computed": (_def("computed", "Score", "Score"), 82),
}


def typed_views(*, errors: bool = False, empty: bool = False) -> tuple[fields.FieldView, ...]:
    """A field of every type."""
    return tuple(
        fields.FieldView(
            name=name,
            field=definition,
            label=definition.label.fr,
            value=None if empty else value,
            error="Merci de vérifier." if errors else "",
            help="Ce champ sert à…" if name in ("text", "link") else "",
            required=name in ("text", "choice", "email_set"),
            lookup_url="/users/lookup",
            edit_url=f"/leads/1/fields/{name}",
            history_url=f"/leads/1/fields/{name}/history",
        )
        for name, (definition, value) in TYPED.items()
    )


def field_of(name: str, **more: Any) -> fields.FieldView:
    definition, value = TYPED[name]
    return fields.FieldView(name=name, field=definition, label=definition.label.fr, value=value, **more)


NEW = frame.Action(label="Nouveau prospect", url="/leads/new", icon="plus", key="c", tone="primary")
EMPTY = frame.Empty(text="Aucun prospect ne correspond au filtre.", actions=(NEW,))
BANNER = frame.Banner(text="Données de démonstration.", hue="amber", actions=(NEW,))

SHELL = frame.Shell(
    workspace="Kervella Services",
    user="Hélène Marchetti",
    user_role="Resp. commerciale",
    current="leads",
    csrf="t'oken\"<",
    live_url="/live",
    top=(
        frame.NavItem(
            key="inbox",
            label="À traiter",
            url="/inbox",
            icon="inbox",
            goto="b",
            count_key="inbox",
            count=7,
            waiting=True,
        ),
        frame.NavItem(key="home", label="Accueil", url="/", icon="home", goto="a"),
    ),
    groups=(
        frame.NavGroup(
            key="sales",
            label="Vente",
            entries=(
                frame.NavItem(
                    key="leads",
                    label="Prospects",
                    url="/leads",
                    icon="user-search",
                    goto="p",
                    count_key="leads",
                    count=12,
                ),
                frame.NavItem(key="accounts", label="Comptes", url="/accounts", icon="building"),
                frame.NavItem(key="contacts", label="Contacts", url="/contacts", icon="address-book"),
                frame.NavItem(key="opportunities", label="Opportunités", url="/opportunities", icon="target-arrow"),
            ),
        ),
    ),
    phone=(
        frame.NavItem(key="home", label="Accueil", url="/", icon="home"),
        frame.NavItem(key="inbox", label="À traiter", url="/inbox", icon="inbox", count_key="inbox", count=7),
        frame.NavItem(key="leads", label="Prospects", url="/leads", icon="user-search"),
    ),
)

PEOPLE = (
    ("Camille Berthier", "Groupe Lisière", "qualifying", 48500),
    ("Yanis Ouellet", "Ateliers Corvin", "new", 12900),
    ("Margaux Delacourt", "Verreries du Ponant", "qualifying", 86200),
    ("Ibrahim Sylla", "Coopérative Estuaire", "proposal", 134000),
    ("Solène Guivarc’h", "Biscuiterie Trévidic", "new", 7400),
    ("Aurélien Pasquier", "Nordhal Logistique", "lost", 210000),
)
SCREEN: dict[str, Any] = {
    "entity": "lead",
    "title": "Prospects",
    "title_label": "Nom",
    "url": "/leads?view=week",
    "names": NAMES,
    "kinds": (
        frame.Tab(label="Liste", url="/leads", icon="table", current=True),
        frame.Tab(label="Kanban", url="/leads?view=board", icon="layout-kanban"),
    ),
    "views": (
        frame.Tab(label="Tous", url="/leads"),
        frame.Tab(label="À traiter cette semaine", url="/leads?view=week", current=True, count=22),
        frame.Tab(label="À attribuer", url="/leads?view=unassigned", count=12, waiting=True),
    ),
    "view_changed": True,
    "reset_url": "/leads?view=week",
    "save_view": frame.Action(label="Enregistrer la vue", url="/leads/views/new"),
    "new_view": frame.Action(label="Nouvelle vue", url="/leads/views/new"),
    "action_url": "/leads",
    "conditions": '[{"field":"status","op":"in","value":["new"]}]',
    "chips": (lists.Chip(label="Statut", text="est", value="Nouveau, Qualification"),),
    "fields_url": "/leads/filter-fields",
    "keep": {"view": "week"},
    "new": NEW,
    "more": (frame.Action(label="Importer", url="/leads/import", way="go", icon="upload"),),
    "count": "1\u202f284",
    "empty": EMPTY,
}

FILTER_FIELDS = (
    lists.FilterField(
        name="status",
        label="Statut",
        kind="choice",
        ops=(lists.FilterOp(key="in", label="est"), lists.FilterOp(key="empty", label="est vide")),
        choices=(lists.FilterChoice(key="new", label="Nouveau", hue="blue"),),
    ),
)


COLUMNS = lists.with_phone_places(
    (
        lists.Column(name="company_name", field=TYPED["text"][0], label="Société", sort_url="/leads?sort=company_name"),
        lists.Column(name="status", field=STATUS, label="Statut", sort_url="/leads?sort=status", sorted="descending"),
        lists.Column(name="owner", field=TYPED["link"][0], label="Attribué à"),
        lists.Column(name="amount", field=TYPED["money"][0], label="Montant", total="Σ 1\u202f302\u202f500 €"),
        lists.Column(name="created_at", field=TYPED["datetime"][0], label="Créé le"),
        lists.Column(name="emails", field=TYPED["email_set"][0], label="E-mail"),
    )
)


def list_rows(rows: int) -> tuple[lists.Row, ...]:
    """The rows of a list."""
    return tuple(
        lists.Row(
            id=str(at),
            title=PEOPLE[at % len(PEOPLE)][0],
            url=f"/leads/{at}",
            preview_url=f"/leads/{at}/preview",
            values=(
                PEOPLE[at % len(PEOPLE)][1],
                PEOPLE[at % len(PEOPLE)][2],
                USER if at % 3 else None,
                Money(Decimal(PEOPLE[at % len(PEOPLE)][3]), "EUR"),
                NOW - timedelta(days=at),
                TYPED["email_set"][1][:1],
            ),
            edit_urls={"status": f"/leads/{at}/fields/status"},
        )
        for at in range(rows)
    )


def list_view(rows: int = 18) -> lists.ListView:
    """A list with its bulk bar and totals."""
    return lists.ListView(
        **SCREEN,
        columns=COLUMNS,
        rows=list_rows(rows),
        shown="1–18 sur 1\u202f284",
        next_url="/leads?after=x",
        total=1284,
        matching="v1",
        bulk=(frame.Action(label="Attribuer", url="/leads/bulk/assign", icon="user-plus", key="a"),),
        column_choices=(lists.ColumnChoice(name="status", label="Statut", shown=True),),
        columns_url="/leads/columns",
        has_totals=True,
    )


def board_view() -> lists.BoardView:
    """A board with three columns."""
    cards = tuple(
        lists.BoardCard(
            id=f"c{at}",
            title=name,
            url=f"/opportunities/{at}",
            version=1,
            fields=(fields.FieldView(name="company_name", field=TYPED["text"][0], label="Société", value=company),),
            value=f"{amount:,} €".replace(",", "\u202f"),
            due=NOW + timedelta(days=at - 1),
            owner="Nadia El Fassi",
            stale=at == 2,
            locked=at == 5,
        )
        for at, (name, company, _, amount) in enumerate(PEOPLE)
    )
    columns = tuple(
        lists.BoardColumn(
            key=key,
            label=label,
            hue=hue,
            cards=cards[at * 2 : at * 2 + 2],
            count="2",
            sum="96\u202f600 €",
            weighted="10 % → 9\u202f660 €",
            add=NEW,
            more_url="/more",
        )
        for at, (key, label, hue) in enumerate(
            (("a", "Découverte", "gray"), ("b", "Qualification", "blue"), ("c", "Gagné", "green"))
        )
    )
    return lists.BoardView(
        **SCREEN, columns=columns, move_url="/opportunities/{id}/move", summary="Pipeline 1\u202f137\u202f400 €"
    )


HAPPENINGS = (
    records.TimelineItem(
        id="1",
        icon="phone",
        hue="teal",
        who="James Faircloth",
        what="a appelé · 12 min",
        at=NOW,
        body="Budget confirmé pour 35 utilisateurs. Souhaite une démonstration sur les fiches d’intervention.",
    ),
    records.TimelineItem(
        id="2",
        icon="file-text",
        hue="gray",
        who="James Faircloth",
        what="a ajouté un document",
        at=NOW,
        files=(
            records.Attachment(name="Cahier des charges.pdf", url="/files/1", size=1_234_567, icon="file-type-pdf"),
        ),
    ),
    records.TimelineItem(
        id="3",
        icon="pencil",
        hue="gray",
        who="Hélène Marchetti",
        what="a modifié",
        at=NOW - timedelta(days=1),
        changes=(records.Change(label="Priorité", old="Normale", new="Haute"),),
    ),
    records.TimelineItem(
        id="4",
        icon="note",
        hue="amber",
        who="Hélène Marchetti",
        what="a écrit",
        at=NOW - timedelta(days=9),
        html="<p>À <b>rappeler</b><img src=x onerror=alert(1)></p>",
        actions=(NEW,),
        url="/notes/4",
    ),
)


def timeline() -> records.Timeline:
    """What happened over two days."""
    tabs = (frame.Tab(label="Tout", url="/t", current=True), frame.Tab(label="Échanges", url="/t?kind=talk"))
    return records.Timeline(
        url="/leads/1/timeline", items=HAPPENINGS, live_on="lead:1", filters=tabs, more_url="/t?after=4"
    )


TASK = records.TaskCard(
    title="Qualifier le prospect",
    text="Vérifiez le besoin, le budget et la date de décision, puis choisissez la suite.",
    due=NOW + timedelta(days=1),
    answers=(
        frame.Action(label="Qualifié", url="/a", icon="check", tone="success", way="post"),
        frame.Action(label="Écarter", url="/b", tone="danger"),
    ),
    actions=(frame.Action(label="Rediriger", url="/c", icon="arrow-forward-up", tone="ghost", key="r"),),
)
COMPOSER = records.Composer(
    url="/leads/1/notes",
    kinds=(
        frame.Tab(label="Note", url="/leads/1/composer/note", icon="note", current=True),
        frame.Tab(label="Appel", url="/leads/1/composer/call", icon="phone"),
        frame.Tab(label="Tâche", url="/leads/1/composer/task", icon="checkbox"),
    ),
    draft="note-1",
)
