"""The kinds of steps as they are kept with a rule, in JSON by `kind`.

A value that begins with `=` is an expression over the record; one with `{{` is a Liquid text with the record's fields;
anything else is meant as it stands. Recipients and assignees are written `actor`, `field:owner`, `user:…`, `team:…`.
"""

from typing import Any, Literal

import msgspec

Values = dict[str, Any]


class _Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """What all kinds share."""


class Activity(_Step, frozen=True, kw_only=True, tag="activity"):
    """An activity on the record; `rule` as assignee leaves it to the assignment rules; due in days from now."""

    entity: str
    subject: str
    assignee: str = "field:owner"
    due: int | None = None
    due_unit: Literal["days", "working_days"] = "days"
    values: Values = {}


class Post(_Step, frozen=True, kw_only=True, tag="post"):
    """A note on the record's stream."""

    body: str


class Notify(_Step, frozen=True, kw_only=True, tag="notify"):
    """A notification for people."""

    to: tuple[str, ...]
    text: str


class Mail(_Step, frozen=True, kw_only=True, tag="mail"):
    """An e-mail in one's own words or by a template; a recipient may also be an address.

    `documents` adds the addresses of the record's documents, `files` their newest versions, `attachments` names others.
    """

    to: tuple[str, ...]
    subject: str = ""
    body: str = ""
    template: str = ""
    documents: bool = False
    files: bool = False
    attachments: tuple[str, ...] = ()


class Update(_Step, frozen=True, kw_only=True, tag="update"):
    """Fields of the record itself."""

    values: Values


class Create(_Step, frozen=True, kw_only=True, tag="create"):
    """A new record; `link` is its field that points back to this one."""

    entity: str
    link: str = ""
    values: Values


class Related(_Step, frozen=True, kw_only=True, tag="related"):
    """Fields of the record behind a link (`account`) or of those that point here (`task.regarding`)."""

    field: str
    values: Values


class Assign(_Step, frozen=True, kw_only=True, tag="assign"):
    """An owner for the record by the assignment rules, also when it has one already."""


class Label(_Step, frozen=True, kw_only=True, tag="label"):
    """Records added to, or taken out of, a field of many links such as tags; by id or by name."""

    field: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Webhook(_Step, frozen=True, kw_only=True, tag="webhook"):
    """A signed POST to another program, with the record or with values of one's own."""

    url: str
    values: Values = {}


class Perform(_Step, frozen=True, kw_only=True, tag="action"):
    """Any action of the entity, with its parameters."""

    action: str
    wish: Values = {}


class Refuse(_Step, frozen=True, kw_only=True, tag="refuse"):
    """No to what is about to be saved, in both languages, shown at a field."""

    en: str
    fr: str
    field: str = ""


Step = Activity | Post | Notify | Mail | Update | Create | Related | Assign | Label | Webhook | Perform | Refuse
BEFORE = (Update, Refuse)
