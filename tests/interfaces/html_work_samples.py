"""Samples of forms, worklist, assignment, import and settings."""

from datetime import timedelta

import msgspec

from entente.interfaces.html.views import forms, frame, records, transfer, work
from tests.interfaces.html_samples import (
    BANNER,
    COMPOSER,
    EMPTY,
    NAMES,
    NEW,
    NOW,
    PEOPLE,
    TASK,
    field_of,
    timeline,
    typed_views,
)

STAGES = (
    records.Stage(label="Reçu", state="done", time="2 min"),
    records.Stage(label="Attribué", state="done", time="3 h"),
    records.Stage(label="Qualification", state="current", time="2 j sur 5"),
    records.Stage(label="Proposition", state="coming"),
    records.Stage(label="Converti", state="coming"),
)


RELATED = (
    records.RelatedList(
        key="opportunities",
        label="Opportunités",
        icon="target-arrow",
        count=1,
        add=NEW,
        url="/opportunities",
        rows=(
            records.RelatedRow(
                title="Portail intervenants",
                url="/o/1",
                detail="Découverte · 12 déc.",
                value="48\u202f500 €",
                badge="Ouverte",
                hue="green",
            ),
        ),
    ),
)


def record_view() -> records.RecordView:
    """A record with every zone filled."""
    views = typed_views()
    return records.RecordView(
        entity="lead",
        id="1",
        version=3,
        url="/leads/1",
        title="Camille Berthier",
        icon="user-search",
        names=NAMES,
        crumbs=(frame.Crumb(label="Prospects", url="/leads"),),
        status=field_of("choice"),
        header=(field_of("text"), field_of("phone_set"), field_of("link")),
        position="1 sur 22",
        previous_url="/leads/0",
        next_url="/leads/2",
        follow_url="/leads/1/follow",
        following=True,
        actions=(
            frame.Action(label="Appeler", url="/x", icon="phone"),
            frame.Action(label="Convertir", url="/leads/1/convert", icon="arrow-right", tone="primary"),
        ),
        more=(frame.Action(label="Supprimer", url="/leads/1/delete", icon="trash", tone="danger"),),
        stages=STAGES,
        sections=(
            records.FactSection(key="main", label="Prospect", fields=views[:13]),
            records.FactSection(key="contact", label="Contact", fields=views[13:], folded=False),
        ),
        banners=(),
        tasks=(TASK,),
        composer=COMPOSER,
        timeline=timeline(),
        related=RELATED,
        followers=(frame.Person(id="1", name="Nadia El Fassi"), frame.Person(id="2", name="Théo Lindqvist")),
        upload_url="/leads/1/files",
        files=(records.Attachment(name="Effectifs.xlsx", url="/f/1", size=84_000, icon="file-spreadsheet"),),
    )


def form_view(*, errors: bool = False) -> forms.FormView:
    """A dialog with a field of every type."""
    return forms.FormView(
        title="Nouveau prospect",
        url="/leads/new",
        submit="Créer",
        names=NAMES,
        draft="lead-new",
        record="lead:1",
        version=3,
        sections=(
            forms.FormSection(fields=typed_views(errors=errors), label="Prospect", columns=2),
            forms.FormSection(
                fields=(msgspec.structs.replace(field_of("text"), name="more.text"),),
                key="more",
                label="Plus",
                folded=True,
            ),
        ),
        duplicates_url="/leads/duplicates",
        errors=("Un doublon bloque l’enregistrement.",) if errors else (),
        wide=True,
        hidden={"stage": "new"},
        also="Créer et continuer",
        text="Saisissez l’essentiel.",
    )


def inbox_items() -> tuple[work.InboxItem, ...]:
    """Three lines of the worklist."""
    return tuple(
        work.InboxItem(
            id=str(at),
            title=title,
            url=f"/inbox/{at}",
            at=NOW - timedelta(hours=at * 20),
            who=PEOPLE[at][0],
            detail=PEOPLE[at][1],
            due=NOW + timedelta(days=at) if at else None,
            unread=at < 2,
            current=at == 0,
        )
        for at, title in enumerate(
            ("Attribuer 12 nouveaux prospects", "Qualifier le prospect", "Valider la remise de 14 %")
        )
    )


def inbox_view() -> work.InboxView:
    """The worklist."""
    return work.InboxView(
        title="À traiter",
        url="/inbox",
        items=inbox_items(),
        waiting=7,
        tabs=(
            frame.Tab(label="Mes tâches", url="/inbox", current=True, count=7),
            frame.Tab(label="Notifications", url="/notifications"),
        ),
        actions=(frame.Action(label="Tout marquer comme lu", url="/read", way="post", tone="ghost"),),
        more_url="/inbox?after=3",
        empty=EMPTY,
    )


STATS = (
    work.Stat(
        label="Chiffre signé",
        value="412,6 k€",
        icon="currency-euro",
        delta="+18 %",
        better=True,
        note="vs T3",
        points=(0.1, 0.4, 0.3, 0.8, 1.0),
    ),
    work.Stat(
        label="Pipeline pondéré",
        value="561,8 k€",
        icon="target-arrow",
        delta="+6 %",
        better=True,
        note="vs T3",
        points=(0.5, 0.4, 0.6, 0.7, 0.75),
    ),
    work.Stat(
        label="Taux de conversion",
        value="31,4 %",
        icon="filter",
        delta="−2,1 pts",
        better=False,
        note="vs T3",
        url="/r",
    ),
    work.Stat(label="Cycle moyen", value="47 j", icon="clock"),
)


def home_view() -> work.HomeView:
    """The first page."""
    return work.HomeView(
        greeting="Bonjour Hélène",
        stats=STATS,
        tasks=inbox_items(),
        recent=inbox_items(),
        banners=(BANNER,),
        charts=(
            work.BarChart(
                title="Entonnoir",
                note="90 jours",
                lines=(
                    work.BarLine(label="Reçus", value="1\u202f284", share=1.0),
                    work.BarLine(label="Gagnés", value="156", share=0.12, url="/w"),
                ),
            ),
        ),
        steps=(("Inviter l’équipe", "/users", True), ("Importer des contacts", "/import", False)),
    )


DUPLICATES = (
    work.Duplicate(
        title="Solène Guivarc’h",
        kind="Contact",
        url="/contacts/1",
        score=92,
        reason="92 % · même e-mail",
        fields=(
            work.Compared(label="E-mail", new="s@x.example", known="s@x.example", same=True),
            work.Compared(label="Ville", new="", known="Brest"),
        ),
        actions=(NEW,),
    ),
)


def assignment_view() -> work.AssignmentView:
    """The manager's screen."""
    return work.AssignmentView(
        title="Prospects à attribuer",
        url="/assign/lead",
        assign_url="/assign/lead",
        entity="lead",
        items=tuple(
            work.ToAssign(
                id=str(at),
                title=name,
                url=f"/assign/lead?open={at}",
                detail=company,
                badge="Haute",
                hue="orange",
                value="12\u202f900 €",
                duplicates=at % 2,
                current=at == 1,
            )
            for at, (name, company, _, _) in enumerate(PEOPLE)
        ),
        members=(
            work.Member(id="u1", name="Nadia El Fassi", load=18, target=25),
            work.Member(id="u2", name="Bastien Kermorvan", load=25, target=25, absent="Absent jusqu’au 1 déc."),
            work.Member(id="u3", name="Théo Lindqvist", load=9, note="Équipe Nord"),
        ),
        filters=(frame.Tab(label="Tous", url="/assign/lead", current=True, count=6),),
        duplicates=DUPLICATES,
        opened="Yanis Ouellet · Ateliers Corvin",
        hidden_duplicates=2,
        priorities=(("high", "Haute"),),
        empty=EMPTY,
    )


def import_view(step: transfer.Step) -> transfer.ImportView:
    """The wizard at a step."""
    return transfer.ImportView(
        title="Importer des contacts",
        step=step,
        url="/import/1",
        csrf="t",
        file_name="salon-2026.xlsx",
        entities=(("contact", "Contacts"), ("lead", "Prospects")),
        entity="lead",
        fields=(("last_name", "Nom"), ("emails", "E-mail")),
        mappings=(transfer.Mapping(column="NOM", field="last_name", sample=("Dupré", "Le Goff"), guessed=True),),
        headings=("Nom", "E-mail"),
        preview=(
            (transfer.PreviewCell(text="Dupré"), transfer.PreviewCell(text="j@x", fault="Adresse incomplète")),
            (transfer.PreviewCell(text="ignorée", known="Le Goff", url="/leads/1"), transfer.PreviewCell()),
        ),
        left=(transfer.LeftRecord(title="Dupré", url="/leads/2", reason="Modifiée depuis", by="Nadia", at=NOW),),
        left_count=120,
        progress=transfer.ImportProgress(total=2480, done=1562, created=1438, updated=89, rejected=35, seconds_left=40)
        if step in ("check", "run")
        else None,
        rejected=(
            transfer.Rejected(line=118, column="E-mail", value="jean.dupre@", reason="Adresse e-mail incomplète"),
        ),
        rejects_url="/import/1/rejects",
        actions=(frame.Action(label="Annuler l’import", url="/import/1/undo", way="post", tone="danger"),),
        job="j1",
        back_url="/import/1?step=file",
        list_url="/imports",
    )


SIGN_IN = forms.SignInView(
    url="/sign-in",
    csrf="t",
    workspace="Kervella Services",
    error="Identifiant ou mot de passe inconnu.",
    name="helene",
    cast=tuple(
        frame.Person(id=name.split()[0].lower(), name=name, detail=detail)
        for name, detail in (
            ("Hélène Marchetti", "Resp. commerciale"),
            ("Nadia El Fassi", "Commerciale"),
            ("Théo Lindqvist", "Commercial"),
        )
    ),
    password="demo",
)


def public_form() -> forms.PublicForm:
    """A public form with a conditional section."""
    return forms.PublicForm(
        title="Parlons de votre projet",
        url="/f/contact",
        intro="Nous répondons sous un jour ouvré.",
        names=NAMES,
        token="k",
        sections=(
            forms.FormSection(
                fields=tuple(
                    field_of(name, required=True, single=name == "email_set")
                    for name in ("person_name", "text", "email_set", "choice")
                ),
                columns=1,
                label="Vous",
            ),
            forms.FormSection(
                fields=(field_of("long_text"),), key="need", label="Votre besoin", show_if='choice = "new"'
            ),
        ),
        consent="J’accepte d’être recontacté.",
        hidden={"utm_source": "salon"},
        companies_url="/f/contact/companies",
        company_field="text",
        confirm="Envoyer votre demande ?",
        errors=("Merci de vérifier.",),
    )


CONFLICT = forms.ConflictView(
    who="Nadia El Fassi",
    at=NOW,
    url="/leads/1",
    version=4,
    merged=("Ville",),
    hidden=(("city", "Rennes"),),
    clashes=(forms.Clash(name="status", label="Statut", mine_text="Nouveau", theirs_text="Perdu"),),
)
HINTS = forms.HintsView(
    hints=(forms.Hint(title="Groupe Lisière", detail="Compte · Rennes", reason="Même SIREN", url="/a/1", blocks=True),),
    hidden=2,
)
HISTORY = records.FieldHistory(
    label="Statut", lines=(records.HistoryLine(at=NOW, who="Nadia El Fassi", old="Nouveau", new="Perdu", via="API"),)
)
SETTINGS = transfer.SettingsView(
    title="Réglages",
    url="/settings",
    names=NAMES,
    sections=(forms.FormSection(fields=(field_of("text"), field_of("boolean")), label="Profil", columns=2),),
    saved=True,
)
MAIL = transfer.SentMail(
    id="m1",
    to="c@x.example",
    subject="Votre demande",
    at=NOW,
    state="uncertain",
    url="/outbox/m1",
    error="Délai dépassé",
    actions=(NEW,),
)
OUTBOX = transfer.OutboxView(
    title="Envois", mails=(MAIL,), opened=MAIL, html_url="/outbox/m1/body", files=(("Offre.pdf", 1_400_000),)
)
ERROR = forms.ErrorView(
    status=404,
    title="Page introuvable",
    text="Cette fiche n’existe pas, ou vous ne pouvez pas la voir.",
    reference="a1b2",
)
PALETTE = (
    work.PaletteGroup(
        label="Meilleurs résultats",
        results=(
            work.PaletteResult(title="Groupe Lisière", url="/accounts/1", detail="Compte · Rennes", found=(7, 10)),
            work.PaletteResult(title="Créer un prospect", dialog_url="/leads/new", icon="plus", keys="C"),
        ),
    ),
)
SNIPPETS = {
    "title": "Formulaire",
    "text": "À coller dans votre site.",
    "sites": "https://example.org",
    "snippets": ({"key": "frame", "label": "Cadre", "markup": "<iframe></iframe>"},),
}
