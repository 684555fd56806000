"""Samples of the drawing board of forms and of a form on a page of its own."""

from typing import Any

import msgspec

from entente.interfaces.html.views.designer import DesignerView, FieldCard, Panel, Preview, RuleCard, SectionCard
from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.forms import FormParts, FormSection, FormView
from entente.interfaces.html.views.frame import Action, Crumb, Tab
from entente.interfaces.html.views.live import LiveRules
from tests.interfaces.html_samples import NAMES, typed_views

LIVE = LiveRules(
    rules=({"when": 'status = "new"', "then": "message", "fields": ["status"], "text": "Bonjour <b>"},),
    base={"status": "new"},
    user={"name": "Hélène"},
)
PARTS = FormParts(
    sections=(FormSection(key="a", label="Besoin", columns=2, fields=typed_views()[:4]),), names=NAMES, live=LIVE
)
COMMON: dict[str, Any] = {
    "title": "Fiche : Prospect",
    "url": "/settings/forms/record/lead",
    "stamp": 3,
    "crumbs": (Crumb(label="Formulaires", url="/settings/forms"),),
    "modes": (Tab(label="Disposition", url="?mode=layout", current=True),),
    "state": "Brouillon non publié",
}
CARD = FieldCard(name="need", label="Besoin & <délai>", kind="Texte long", marks=("obligatoire",), chosen=True)
LAYOUT = DesignerView(
    **COMMON,
    part="field:need",
    sections=(
        SectionCard(key="a", label="Besoin", columns=2, fields=(CARD,), marks=("repliée",)),
        SectionCard(key="b", label="Vide", columns=1, fields=()),
    ),
    palette=(FieldCard(name="status", label="Statut", kind="Choix"),),
    may_ask=True,
    has_texts=True,
    panel=Panel(title="Besoin", deed="change-field", part="field:need", fields=typed_views()[:2]),
    problems=("Règle 1 : à revoir",),
    changed=True,
    actions=(Action(label="Versions", url="/x", way="go"),),
)
RULES = DesignerView(
    **COMMON,
    part="rule:0",
    rules=(
        RuleCard(
            at=0,
            deed="Exiger",
            aims="Besoin",
            when='priority = "urgent"',
            said="Si Priorité est Urgente",
            problem="À revoir",
            chosen=True,
        ),
    ),
    panel=Panel(title="Règle 1", deed="put-rule", part="rule:0", fields=typed_views()[:1]),
)
SEEN = Preview(parts=PARTS, role="1", roles=(("1", "Marketing"),), phone=True)
PREVIEW = DesignerView(**COMMON, part="", preview=SEEN)
PAGE = FormView(
    title="Demander une visite",
    url="/form/visit",
    submit="Demander",
    sections=PARTS.sections,
    live=LIVE,
    names=Names(),
    text="Nous répondons sous un jour.",
    draft="form:visit:",
)
EMBEDDED = msgspec.structs.replace(PAGE, url="/form/visit?on=1&in=panel", target="#form-visit")
