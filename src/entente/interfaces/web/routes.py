"""All pages, and what they answer when something is refused."""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response, Router
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from entente.interfaces.html.http.door import LANGUAGE, database_of
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.problems import answer_http, as_refusal
from entente.interfaces.html.views.forms import ErrorView
from entente.interfaces.web.asking import AnyRequest, is_fragment, templates_of
from entente.interfaces.web.pages import (
    action,
    appearance,
    assignment,
    automation_editor,
    automations,
    board,
    cell,
    door,
    duplicates,
    exports,
    file,
    form,
    home,
    imports,
    inbox,
    incoming,
    invitation,
    lines,
    lookup,
    many,
    outbox,
    palette,
    past,
    progress,
    record,
    rows,
    schedules,
    sharing,
    stream,
    tasks,
    views,
)
from entente.interfaces.web.pages import list as lists
from entente.interfaces.web.pages.forms import designer, overview, request, versions
from entente.interfaces.web.pages.processes import (
    archive,
    instances,
    live,
    messaging,
    migration,
    models,
    repair,
    rights,
    starting,
)
from entente.interfaces.web.pages.processes.decisions import pages as decisions
from entente.interfaces.web.pages.processes.modeler import pages as modeler
from entente.interfaces.web.pages.settings import journal, people, profile, roles, security
from entente.kernel.kit.ids import new_id

log = logging.getLogger(__name__)
CHOOSE_ANEW = "/settings/password"
# Pages of designers: what stands there is no form that a draft could bring back.
DESIGNS = ("/automations/", "/processes/", "/settings/forms/")
COUNTS = "/count"

HANDLERS: Sequence[HTTPRouteHandler] = (
    door.show_sign_in, door.come_in, door.go_out, invitation.show_setup, invitation.set_up,
    home.show_home,
    lists.show_list,
    views.open_new_view, views.create_view, views.change_view, views.open_view, views.rename_view, views.delete_view,
    views.choose_columns, views.give_filter_fields, views.open_order, views.put_in_order,
    board.show_board, board.show_cards, board.move_card,
    many.edit_many, many.delete_many, many.restore_many, many.delete_one, many.restore_one,
    progress.show_progress, progress.show_left, progress.give_left,
    sharing.open_share, sharing.share_record, sharing.end_share, exports.export_as_csv, exports.export_as_xlsx,
    record.show_record, record.show_preview, past.show_past,
    form.open_new, form.create, form.open_edit, form.change, form.show_duplicates,
    rows.draw_rows, duplicates.show_trial, duplicates.find_tried, duplicates.try_rule,
    cell.open_cell, cell.change_cell, cell.show_history, lookup.look_up, lookup.make_one,
    lines.add_line,
    imports.list_imports, imports.choose_file, imports.take_file, imports.show_import, imports.take_step,
    imports.give_refused,
    inbox.show_inbox, inbox.show_counts, inbox.open_notification, inbox.read_all, tasks.ask_for_verb, tasks.do_verb,
    tasks.look_up_holders,
    appearance.change_appearance,
    palette.show_palette, palette.find_people, palette.show_create_menu,
    stream.show_timeline, stream.open_composer, stream.compose, stream.change_following, stream.pin,
    file.show_file, file.take_file, file.restore,
    assignment.show_assignment, assignment.show_count, assignment.hand_out,
    profile.show_profile, profile.change_profile, profile.show_notices, profile.change_notices,
    security.show_password, security.choose_password, security.show_sessions, security.end,
    security.show_tokens, security.open_token, security.make_token, security.revoke,
    people.show_users, people.change_user, people.open_link, people.make_link, people.show_rules,
    journal.show_journal, roles.show_roles, roles.show_role, roles.change_role, roles.show_why,
    incoming.show_incoming, incoming.show_received, incoming.give_raw,
    outbox.show_outbox, outbox.show_mail, outbox.show_body, outbox.decide_mail,
    outbox.show_jobs, outbox.decide_job, outbox.decide_failure,
    starting.show_startable,
    live.show_instance, live.show_course, live.show_state, live.show_model, live.show_element, live.show_panel,
    instances.show_instances, instances.show_report, repair.open_repair, repair.mend_instance,
    models.show_models, models.take_model, models.show_model_page, models.give_model, models.deploy_model,
    models.open_start, models.start_by_hand, rights.show_rights, rights.change_rights,
    migration.open_migration, migration.migrate, archive.show_archive, archive.show_retention,
    archive.change_retention, messaging.show_messages, messaging.open_sending, messaging.send_by_hand,
    messaging.show_reach, messaging.forget_message,
    automations.show_rules, automations.show_map, automations.show_log, automations.show_runs, automations.switch_rule,
    automations.move_rule, automations.pause_all, automations.delete_rule, automations.ask_first,
    automations.press_button,
    automation_editor.open_new_rule, automation_editor.open_rule, automation_editor.find_records,
    automation_editor.create_rule, automation_editor.change_rule, schedules.show_next,
    overview.show_forms, overview.open_new_form, overview.create_form, designer.show_designer, designer.change_design,
    versions.show_versions, request.open_request, request.send_request,
    decisions.show_decisions, decisions.take_decisions, decisions.open_new_decision, decisions.find_decision,
    decisions.show_decision,
    decisions.give_decisions, decisions.change_draft, decisions.check_draft, decisions.try_draft, decisions.save_draft,
    modeler.open_new, modeler.open_edit, modeler.give_blank, modeler.check_model, modeler.save_model,
    action.open_action, action.act, action.act_on_many, action.take_back,
)  # fmt: skip


def web_routes() -> list[Router]:
    """The pages."""
    return [Router("/", route_handlers=list(HANDLERS), exception_handlers={Exception: answer})]


def answer(request: AnyRequest, fault: Exception) -> Response[str]:
    """A page, or a short message beside the page, that says what was refused and what can be done."""
    refusal = as_refusal(fault)
    if refusal is not None and refusal.status == 401:
        return _to_the_door(request)
    if refusal is not None and refusal.code == "http.password_must_change":
        return _to_the_password(request)
    status = refusal.status if refusal else getattr(fault, "status_code", 500)
    words = database_of(request).words
    language = _language(request)
    if refusal is not None:
        text = words.say(language, refusal.code, **refusal.values)
    else:
        text = words.say(language, "not_found" if status == 404 else "web.fault")
    number = "" if status < 500 else _logged(request, fault)
    if is_fragment(request):
        html = templates_of(request).render("pages/toast.html", language, "UTC", text=text, kind="error")
    else:
        title = words.say(language, f"web.error.{status}" if words.has(f"web.error.{status}") else "web.error.other")
        back = _page_of(request.headers.get("referer", ""))
        view = ErrorView(status=status, title=title, text=text, reference=number, back_url=back)
        html = templates_of(request).render(
            "layout/error.html", language, "UTC", partial="pages/error.html", view=view, title=title
        )
    return Response(html, status_code=status, media_type="text/html")


def answer_unknown(request: AnyRequest, fault: HTTPException) -> Response[Any]:
    """What an address says that nothing answers: a page to people, problem details to programs."""
    is_person = "text/html" in request.headers.get("accept", "") or is_fragment(request)
    return answer(request, fault) if is_person else answer_http(request, fault)


def _language(request: AnyRequest) -> str:
    """The language of who is signed in; of the browser when nobody is."""
    known: str | None = request.scope["state"].get(LANGUAGE)
    return known or language_of(request, "fr")


def _to_the_door(request: AnyRequest) -> Response[str]:
    if is_fragment(request) and request.method != "GET" and request.url.path.startswith(DESIGNS):
        return _at_the_page(request)
    if is_fragment(request) and request.url.path.endswith(COUNTS):
        # The page asks for numbers by itself: nobody is taken away from what he writes for those.
        return Response("", status_code=401)
    if is_fragment(request):
        around = _page_of(request.headers.get("hx-current-url", ""))
        return Response("", status_code=401, headers={"HX-Redirect": _door_back_to(around)})
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = f"{request.url.path}{query}" if request.method == "GET" and request.url.path != "/" else ""
    return Response("", status_code=303, headers={"Location": _door_back_to(wanted)})


def _door_back_to(wanted: str) -> str:
    return f"/sign-in?next={quote(wanted)}" if wanted else "/sign-in"


def _page_of(address: str) -> str:
    """The page of ours that an address means, whatever host it names; nothing for the first page."""
    page = urlsplit(address)
    query = f"?{page.query}" if page.query else ""
    is_ours = page.path.startswith("/") and not page.path.startswith(("//", "/\\")) and page.path != "/"
    return f"{page.path}{query}" if is_ours else ""


def _at_the_page(request: AnyRequest) -> Response[str]:
    """Whoever was about to save signs in again where he is: what he drew stays on his screen."""
    html = templates_of(request).render("pages/sign_in_again.html", language_of(request, "fr"), "UTC")
    return Response(html, status_code=401, media_type="text/html")


def _to_the_password(request: AnyRequest) -> Response[str]:
    """Whoever must choose a new password first is led to where he can."""
    if is_fragment(request):
        return Response("", status_code=200, headers={"HX-Redirect": CHOOSE_ANEW})
    return Response("", status_code=303, headers={"Location": CHOOSE_ANEW})


def _logged(request: AnyRequest, fault: Exception) -> str:
    number = str(new_id())
    log.error("page %s %s %s failed", number, request.method, request.url.path, exc_info=fault)
    return number
