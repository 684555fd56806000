"""Samples of the pages that set up and try duplicate rules."""

from typing import Any

import msgspec

from entente.interfaces.html.views.duplicates import Compared, Found, Trial, TrialPage
from entente.interfaces.html.views.formats import Answer, Pick, Row, Rows
from entente.interfaces.html.views.frame import Crumb
from tests.interfaces.html_samples import NAMES, field_of

NASTY = "<script>alert(1)</script>"
FIELDS = (("", "—"), ("name", NASTY))
TICKS = (("a", "A"), ("b", "B"))
ROWS = Rows(
    url="/rules/rows/json?record=",
    rows=(
        Row(
            number=0,
            picks=(Pick(name="json.0.field", label="Champ", value="name", options=FIELDS),),
            answers=(
                Answer(name="json.0.value", label="Champ", kind="checks", values=("a",), options=TICKS),
                Answer(name="json.0.value", label="Champ", kind="records", options=(("1", NASTY),), src="/lookup/x/y"),
            ),
        ),
        Row(
            number=1,
            picks=(Pick(name="json.1.field", label="Champ", options=FIELDS),),
            answers=(
                Answer(name="json.1.value", label="Champ", kind="number", values=("3",)),
                Answer(name="json.1.value", label="Champ", kind="select", options=FIELDS),
            ),
        ),
    ),
    note="Toutes",
    add="Ajouter",
    ordered=True,
    codes=True,
)
FOUND = Found(
    title=NASTY,
    url="/accounts/1",
    score=75,
    pairs=(Compared(label="Nom", ours=NASTY, theirs="Kermarrec", form="kermarrec", likeness="identique"),),
)
PAGES: dict[str, dict[str, Any]] = {
    "rows.html": {"view": msgspec.structs.replace(field_of("json"), name="json", rows=ROWS), "names": NAMES},
    "duplicate_trial.html": {
        "view": TrialPage(
            title="Essayer",
            crumbs=(Crumb(label="Règles", url="/duplicate-rules"),),
            url="/duplicates/try/1",
            intro="Voici",
            told=(NASTY,),
            lookup_url="/duplicates/try/records/lead",
            lookup_label="Prospect",
            fields=(field_of("text"),),
            names=NAMES,
        )
    },
    "duplicate_found.html": {"view": Trial(text="1", hue="blue", found=(FOUND,), hidden=2, note="Repos")},
}
