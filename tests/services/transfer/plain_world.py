"""A catalog of one entity and a transaction without a database, for what only reads declarations."""

from pathlib import Path
from typing import Any, cast

from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.kit.clock import SystemClock
from entente.kernel.kit.principal import Principal, system
from entente.kernel.kit.words import Text, Words
from entente.kernel.metadata.catalog import Catalog, Sources
from entente.kernel.metadata.entity import Choice, EntityDef, FieldDef
from entente.settings import Settings


def field(kind: str, en: str, fr: str, **more: Any) -> FieldDef:
    return FieldDef(type=kind, label=Text(en, fr), **more)


def choice(key: str, en: str, fr: str) -> Choice:
    return Choice(key=key, label=Text(en, fr))


PERSON = EntityDef(
    entity="visitor",
    label=Text("Visitor", "Visiteur"),
    plural=Text("Visitors", "Visiteurs"),
    path="visitors",
    access="open",
    fields={
        "first_name": field("text", "First name", "Prénom"),
        "last_name": field("text", "Last name", "Nom", required=True),
        "name": field("person_name", "Name", "Nom complet", parts=("first_name", "last_name")),
        "company_name": field("text", "Company", "Société"),
        "emails": field("email_set", "E-mails", "E-mails"),
        "phones": field(
            "phone_set",
            "Phones",
            "Téléphones",
            kinds=(choice("mobile", "Mobile", "Mobile"), choice("office", "Office", "Bureau")),
        ),
        "address": field("address", "Address", "Adresse"),
        "industry": field(
            "choice",
            "Industry",
            "Secteur d’activité",
            choices=(choice("health", "Healthcare", "Santé"), choice("food", "Food", "Agroalimentaire")),
        ),
        "budget": field("money", "Budget", "Budget"),
        "chance": field("percent", "Probability", "Probabilité"),
        "birth_date": field("date", "Birth date", "Date de naissance"),
        "seen_at": field("datetime", "Seen on", "Vu le"),
        "newsletter": field("boolean", "Newsletter", "Lettre d’information"),
        "size": field("integer", "Employees", "Effectif"),
        "website": field("url", "Website", "Site internet"),
        "score": field("integer", "Score", "Score", read_only=True),
        "comment": field("long_text", "Comment", "Commentaire"),
    },
)


def plain_tx(person: Principal | None = None) -> Tx:
    user = EntityDef(
        entity="user",
        label=Text("User", "Utilisateur"),
        plural=Text("Users", "Utilisateurs"),
        path="users",
        access="open",
        fields={"name": field("text", "Name", "Nom")},
    )
    catalog = Catalog(Sources(entities=(PERSON, user)), schema="org_none", version=1)
    return Tx(
        cast("Any", None),
        catalog,
        person or system("test"),
        clock=SystemClock(),
        cause=new_cause("import"),
        words=Words({}),
        settings=Settings(data=Path()),
    )
