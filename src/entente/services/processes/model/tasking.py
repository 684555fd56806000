"""What a user task declares about the worklist: attributes and children of our own namespace."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from entente.services.processes.model.xml import Tag
from entente.services.worklist.declared import Escalation, Outcome

HOLDERS = ("user", "team", "role", "field", "expression")
Holder = Literal["user", "team", "role", "field", "expression"]
TRUE = ("true", "1", "yes")
PARTED = re.compile(r"\s*;\s*")


class Whom(msgspec.Struct, frozen=True, omit_defaults=True):
    """A destination as the model names it: logins, team names, role keys, a field of the record, an expression."""

    kind: Holder
    value: str
    when: str = ""
    members: bool = False


class Tasking(msgspec.Struct, frozen=True, omit_defaults=True):
    """For whom a user task is, how it ends and what happens while it does not; texts as the model has them."""

    destinations: tuple[Whom, ...] = ()
    fallback: tuple[Whom, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    escalations: tuple[Escalation, ...] = ()


def read_tasking(tag: Tag, settings: Mapping[str, str]) -> Tasking:
    """What the extension elements and the attributes of a user task declare."""
    inside = [child for group in tag.all("extensionElements") for child in group.children]
    return Tasking(
        destinations=(*_destinations(settings.get("destinations", "")), *_whom(inside, "destination")),
        fallback=(*_destinations(settings.get("fallback", "")), *_whom(inside, "fallback")),
        outcomes=(*_outcomes(settings.get("outcomes", "")), *_declared_outcomes(inside)),
        escalations=tuple(_escalation(each) for each in inside if each.name == "entente:escalation"),
    )


def _destinations(text: str) -> Iterator[Whom]:
    """`user:helene; team:north; role:manager; field:owner; =expression`; a bare word is a login."""
    for part in filter(None, PARTED.split(text.strip())):
        kind, colon, value = part.partition(":")
        if part.startswith("="):
            yield Whom("expression", part[1:].strip())
        elif colon and kind in HOLDERS:
            yield msgspec.convert({"kind": kind, "value": value.strip()}, Whom)
        else:
            yield Whom("user", part)


def _whom(inside: list[Tag], name: str) -> Iterator[Whom]:
    for tag in inside:
        if tag.name != f"entente:{name}":
            continue
        given = tag.attributes
        for kind in HOLDERS:
            if kind in given:
                yield msgspec.convert(
                    {
                        "kind": kind,
                        "value": given[kind].removeprefix("="),
                        "when": given.get("when", ""),
                        "members": given.get("members", "") in TRUE,
                    },
                    Whom,
                )


def _outcomes(text: str) -> Iterator[Outcome]:
    for part in text.split(","):
        if part.strip():
            yield Outcome(part.strip())


def _declared_outcomes(inside: list[Tag]) -> Iterator[Outcome]:
    for tag in inside:
        given = tag.attributes
        if tag.name == "entente:outcome" and given.get("key"):
            label = given.get("label", "")
            yield Outcome(given["key"], given.get("en", label), given.get("fr", label), given.get("rule", ""))


def _escalation(tag: Tag) -> Escalation:
    given = {name: text for name, text in tag.attributes.items() if name in Escalation.__struct_fields__}
    try:
        return msgspec.convert({"at": "", "action": "remind", **given}, Escalation, strict=False)
    except msgspec.ValidationError:
        return Escalation(at="", action="remind")
