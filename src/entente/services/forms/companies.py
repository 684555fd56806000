"""Names of companies that a form offers: from its own public list only, so that nobody learns who is a customer."""

from entente.kernel.kit.normal import company_key
from entente.services.forms.definition import Form

MOST = 8
SHORTEST = 2


def suggest(form: Form, typed: str) -> list[str]:
    """The names of the form's list that contain what is typed, without regard to accents or legal form; 8 at most."""
    wanted = company_key(typed[:100])
    if not wanted or len(wanted) < SHORTEST:
        return []
    found = [(key, name) for name in form.definition.companies if wanted in (key := company_key(name) or "")]
    return [name for _, name in sorted(found, key=lambda pair: (not pair[0].startswith(wanted), pair[0]))][:MOST]
