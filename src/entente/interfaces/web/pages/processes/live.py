"""An instance looked at: its page, and the pieces of it that stay true while it goes on."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Crumb, Tab
from entente.interfaces.html.views.processes import InstanceView, PanelView, Variable
from entente.interfaces.web.around.composing import composer_view, writable_kinds
from entente.interfaces.web.around.timelines import timeline_view
from entente.interfaces.web.asking import AnyRequest, asked, part, show
from entente.interfaces.web.pages.processes.course import (
    base_of,
    colours,
    course_view,
    details_view,
    diagram_view,
    picture_in,
)
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import titles
from entente.services.processes.definitions import model_of
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import may_repair
from entente.services.processes.picture import Course, course_of, instances_of
from entente.services.processes.showing import shown_instance

JSON = "application/json"


def _wanted(request: AnyRequest) -> str:
    return str(request.query_params.get("diagram") or "")


@get("/processes/instances/{identity:uuid}", sync_to_thread=True)
def show_instance(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The page of one instance."""
    with asked(request) as tx:
        view = _instance_view(tx, course_of(tx, identity), _wanted(request))
        return show(request, tx, "process_instance", view, current="processes" if view.crumbs else "")


def _instance_view(tx: Tx, course: Course, wanted: str) -> InstanceView:
    instance, picture = course.instance, picture_in(course, wanted)
    own = course.pictures[0].definition
    record, cares = _record(tx, instance), may_repair(tx, instance)
    return InstanceView(
        title=f"{own.name} · {record[1]}" if record else own.name,
        process=own.name,
        version=own.version,
        crumbs=_crumbs(tx) if cares else (),
        course=course_view(tx, course, picture),
        diagram=diagram_view(tx, course, picture, tall=True),
        started_at=instance.started_at,
        starter=course.starter,
        record_title=record[1] if record else "",
        record_url=f"/{record[0].definition.path}/{instance.record}" if record else "",
        business_key=instance.business_key or "",
        tabs=_tabs(course, picture.definition.key),
        actions=_actions(tx, instance) if cares else (),
        variables=_variables(tx, instance) if cares else None,
        **(_talk(tx, record[0], instance) if record else {}),
    )


def _crumbs(tx: Tx) -> tuple[Crumb, ...]:
    return (Crumb(label=tx.say("nav.processes"), url="/processes/instances"),)


def _record(tx: Tx, instance: Instance) -> tuple[Entity, str] | None:
    """The entity and the name of the record, as far as it may be read."""
    if instance.entity is None or instance.record is None or instance.entity not in tx.catalog.entities:
        return None
    title = titles(tx, instance.entity, [instance.record]).get(instance.record)
    return (tx.catalog.entity(instance.entity), title) if title is not None else None


def _tabs(course: Course, current: str) -> tuple[Tab, ...]:
    """One tab for each process that takes part, when there are several."""
    base = base_of(course.instance)
    made = [each.definition for each in course.pictures]
    if len(made) < 2:
        return ()
    return tuple(
        Tab(label=each.name, url=base if at == 0 else f"{base}?diagram={each.key}", current=each.key == current)
        for at, each in enumerate(made)
    )


def _actions(tx: Tx, instance: Instance) -> tuple[Action, ...]:
    if instance.state != "running":
        return ()
    base = f"{base_of(instance)}/repair"
    return (
        Action(label=tx.say("processes.repair.set"), url=f"{base}/set", icon="pencil"),
        Action(label=tx.say("processes.repair.start_before"), url=f"{base}/start_before", icon="player-play"),
        Action(label=tx.say("processes.repair.start_after"), url=f"{base}/start_after", icon="player-skip-forward"),
        Action(label=tx.say("processes.repair.cancel"), url=f"{base}/cancel", icon="x", tone="danger"),
    )


def _variables(tx: Tx, instance: Instance) -> tuple[Variable, ...]:
    found = shown_instance(tx, instance.id, ["variables"])["variables"]
    return tuple(Variable(name=each["name"], value=msgspec.json.encode(each["value"]).decode()) for each in found)


def _talk(tx: Tx, entity: Entity, instance: Instance) -> dict[str, Any]:
    """What people say about the request: the timeline of its record, and the box to add to it."""
    if instance.record is None or not entity.definition.timeline:
        return {}
    parts: dict[str, Any] = {"timeline": timeline_view(tx, entity, instance.record)}
    kinds = writable_kinds(tx, entity.name)
    if kinds:
        parts["composer"], parts["composer_names"] = composer_view(tx, entity, instance.record, kinds[0])
    return parts


@get("/processes/instances/{identity:uuid}/course", sync_to_thread=True)
def show_course(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The course in words, as it is now."""
    with asked(request) as tx:
        course = course_of(tx, identity)
        view = course_view(tx, course, picture_in(course, _wanted(request)))
        return part(request, tx, "pages/process_course.html", view=view)


@get("/processes/instances/{identity:uuid}/state", sync_to_thread=True)
def show_state(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """What the diagram paints, as JSON."""
    with asked(request) as tx:
        found = colours(tx, picture_in(course_of(tx, identity), _wanted(request)))
        return Response(msgspec.json.encode(found), media_type=JSON)


@get("/processes/instances/{identity:uuid}/model", sync_to_thread=True)
def show_model(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """The BPMN file behind a diagram, for whoever may see the instance."""
    with asked(request) as tx:
        picture = picture_in(course_of(tx, identity), _wanted(request))
        return Response(model_of(tx, picture.definition.id), media_type="application/xml")


@get("/processes/instances/{identity:uuid}/elements/{element:str}", sync_to_thread=True)
def show_element(request: AnyRequest, identity: FromPath[UUID], element: FromPath[str]) -> Response[str]:
    """What happened at one element."""
    with asked(request) as tx:
        course = course_of(tx, identity)
        step = next((each for picture in course.pictures for each in picture.steps if each.element == element), None)
        if step is None:
            raise NotFound("process.unknown")
        return part(request, tx, "pages/process_element.html", view=details_view(tx, course, step))


@get("/processes/of/{path:str}/{identity:uuid}", sync_to_thread=True)
def show_panel(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The processes of a record, one of them with its course: the wanted one, else the newest that runs."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        found = instances_of(tx, entity.name, identity)
        if not found:
            return Response("", media_type="text/html")
        wanted = request.query_params.get("instance")
        chosen = next((each for each, _ in found if str(each.id) == wanted), found[0][0])
        course = course_of(tx, chosen.id)
        picture = course.pictures[0]
        url = f"/processes/of/{path}/{identity}"
        view = PanelView(
            url=f"{url}?instance={chosen.id}",
            live_on=f"processes-of:{identity}",
            title=picture.definition.name,
            page_url=base_of(chosen),
            version=picture.definition.version,
            course=course_view(tx, course, picture),
            diagram=diagram_view(tx, course, picture, details=False),
            tabs=tuple(
                Tab(label=made.name, url=f"{url}?instance={each.id}", current=each.id == chosen.id)
                for each, made in found[:6]
            ),
        )
        return part(request, tx, "pages/process_panel.html", view=view)
