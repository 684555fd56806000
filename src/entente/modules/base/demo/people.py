"""The company’s own people: business units, teams, users with their roles."""

from datetime import datetime, timedelta
from typing import Any

from entente.modules.base.demo.cast import CAST, NAMES
from entente.modules.base.demo.play import Deed

COMPANY = "Kervella Services"

UNITS = {"commerce": "Commerce", "marketing": "Marketing", "service": "Service client"}
TEAMS = {
    "west": ("Équipe Ouest", "commerce"),
    "paris": ("Équipe Île-de-France", "commerce"),
    "support": ("Support", "service"),
}
TAGS = {
    "strategic": ("Stratégique", "red"),
    "tender": ("Appel d’offres", "violet"),
    "renewal": ("Renouvellement", "teal"),
    "partner": ("Apporté par un partenaire", "amber"),
    "newsletter": ("Lettre d’information", "blue"),
}
SELLERS = ("james.faircloth", "nadia.elfassi", "maelle.guivarch", "bastien.orsini")


def organisation(now: datetime) -> list[Deed]:
    """The deeds that set the company up, two years before a moment."""
    start = now - timedelta(days=730)

    def made(entity: str, key: str, values: dict[str, Any]) -> Deed:
        return Deed(who="admin", at=start, entity=entity, key=key, values=values)

    head = {"street": "14 quai des Brumes", "postal_code": "35000", "city": "Rennes", "country": "FR"}
    deeds = [made("business_unit", "root", {"name": COMPANY, "address": head}), _user(made, "admin")]
    deeds += [
        made("business_unit", key, {"name": name, "parent": "@business_unit:root"}) for key, name in UNITS.items()
    ]
    deeds.append(_user(made, "helene.marchetti"))
    deeds += [
        made("team", key, {"name": name, "unit": f"@business_unit:{unit}"}) for key, (name, unit) in TEAMS.items()
    ]
    deeds += [_user(made, login) for login in CAST if login not in ("admin", "helene.marchetti")]
    deeds += [made("tag", key, {"name": name, "hue": hue}) for key, (name, hue) in TAGS.items()]
    return deeds


def _user(made: Any, login: str) -> Deed:
    job, role, unit, team, language, capacity = CAST[login]
    first, _, last = NAMES[login].partition(" ")
    values = {
        "login": login,
        "first_name": first,
        "last_name": last,
        "email": f"{login}@kervella-services.example",
        "job_title": job,
        "language": language,
        "unit": f"@business_unit:{unit}",
        "team": f"@team:{team}" if team else None,
        "roles": [f"@role:{role}"],
        "manager": "@user:helene.marchetti" if role == "salesperson" else None,
        "lead_capacity": capacity,
    }
    deed: Deed = made("user", login, {name: value for name, value in values.items() if value is not None})
    return deed


def absences(now: datetime) -> list[Deed]:
    """One colleague is away this week, so that assignment has somebody to skip."""
    values = {
        "absent_from": (now - timedelta(days=2)).date(),
        "absent_until": (now + timedelta(days=9)).date(),
        "substitute": "@user:james.faircloth",
    }
    day = now - timedelta(days=5)
    return [Deed(who="maelle.guivarch", at=day, entity="user", key="maelle.guivarch", values=values, new=False)]
