"""Markup for other people's sites: a link, a frame, a plain form."""

from html import escape

from entente.interfaces.html.environment import Templates
from entente.interfaces.html.views.forms import PlainForm, Snippet, SnippetsView
from entente.interfaces.portal.page import section_view
from entente.interfaces.portal.sent import TRAP
from entente.kernel.db.tx import Tx
from entente.services.forms.definition import Form


def snippets_page(tx: Tx, form: Form, templates: Templates) -> SnippetsView:
    """The ways to put a form on a site, in its own language."""
    address = f"{tx.settings.address.rstrip('/')}/f/{form.key}"
    title = escape(form.definition.title.to(form.language))
    link = f'<a href="{escape(address)}">{title}</a>'
    source = f"{escape(address)}/embed?lang={form.language}"
    frame = f'<iframe src="{source}" title="{title}" width="100%" height="900"></iframe>'
    plain = templates.render("portal/plain_form.html", form.language, "UTC", view=_plain(tx, form, address)).strip()
    kinds = (("link", link), ("frame", frame), ("plain", plain))
    return SnippetsView(
        title=tx.say("portal.snippets"),
        text=tx.say("portal.snippets_text"),
        sites=tx.say("portal.allowed_sites", sites=", ".join(form.origins) or tx.say("portal.no_sites")),
        snippets=tuple(Snippet(key=key, label=tx.say(f"portal.snippet_{key}"), markup=text) for key, text in kinds),
    )


def _plain(tx: Tx, form: Form, address: str) -> PlainForm:
    reader = tx.acting_as(tx.principal)
    reader.language = form.language
    return PlainForm(
        url=address,
        sections=tuple(section_view(reader, form, section, {}, ()) for section in form.definition.sections),
        submit=form.definition.submit.to(form.language),
        consent=form.consent.to(form.language) if form.consent else "",
        trap=TRAP,
        language=form.language,
    )
