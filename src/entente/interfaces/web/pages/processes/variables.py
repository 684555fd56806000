"""Variables of a process as a person edits them: each with its type, what cannot be read refused where it stands."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.formats import Formats
from entente.interfaces.html.views.variables import VariableRow, Variables
from entente.interfaces.web.around.kinds import regarding_field
from entente.interfaces.web.inputs import moment_in
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.literals import read_date, read_datetime
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.numbers import decimal_of
from entente.kernel.records.query import titles
from entente.modules.base.currency import currencies

TYPES = ("text", "number", "boolean", "date", "datetime", "money", "record", "json")
NAME = re.compile(r"[^\W\d]\w*(?: \w+)*")
ROW = re.compile(r"variable\.(\d{1,3})\.name")
MONEY = {"amount", "currency"}


def rows_of(tx: Tx, values: Mapping[str, Any], kinds: Sequence[str]) -> tuple[VariableRow, ...]:
    """Known variables as rows to edit; `kinds` are the entities among which a record is looked for."""
    return tuple(_row(tx, at, name, value, kinds) for at, name in enumerate(sorted(values)) for value in [values[name]])


def _row(tx: Tx, at: int, name: str, value: Any, kinds: Sequence[str]) -> VariableRow:
    bare = VariableRow(key=str(at), name=name, type="text", known=True)
    return msgspec.structs.replace(bare, **_shown(tx, value, kinds))


def _shown(tx: Tx, value: Any, kinds: Sequence[str]) -> dict[str, Any]:
    written = formats_of(tx)
    match value:
        case bool():
            return {"type": "boolean", "value": "true" if value else "false"}
        case int() | float():
            return {"type": "number", "value": _figure(written, value)}
        case str():
            return _shown_text(tx, written, value, kinds)
        case {"amount": amount, "currency": str(code)} if value.keys() == MONEY:
            return {"type": "money", "value": _figure(written, amount), "currency": code}
        case _:
            return {"type": "json", "value": msgspec.json.format(msgspec.json.encode(value), indent=2).decode()}


def _figure(written: Formats, value: Any) -> str:
    return written.plain_number(decimal_of("", value))


def _shown_text(tx: Tx, written: Formats, value: str, kinds: Sequence[str]) -> dict[str, Any]:
    if read_date(value):
        return {"type": "date", "value": value}
    moment = read_datetime(value)
    if moment is not None and moment.tzinfo is not None:
        return {"type": "datetime", "value": written.local_input(moment)}
    for entity in kinds if parse_id(value) else ():
        if title := _title(tx, f"{entity}:{value}"):
            return {"type": "record", "value": f"{entity}:{value}", "title": title}
    return {"type": "text", "value": value}


def sent_rows(tx: Tx, form: FormMultiDict, op: str) -> tuple[VariableRow, ...]:
    """The rows of a form, after what its button asks for: `add` or `drop:KEY`."""
    keys = sorted({int(found[1]) for name in form if (found := ROW.fullmatch(name))})
    rows = [_sent(tx, form, str(key)) for key in keys if op != f"drop:{key}"]
    if op == "add":
        rows.append(VariableRow(key=str(max(keys, default=-1) + 1), name="", type="text"))
    return tuple(rows)


def _sent(tx: Tx, form: FormMultiDict, key: str) -> VariableRow:
    def said(part: str) -> str:
        return str(next((each for each in form.getall(f"variable.{key}.{part}", []) if each), ""))

    kind = said("type")
    row = VariableRow(
        key=key,
        name=said("name").strip(),
        type=kind if kind in TYPES else "text",
        value=said("value"),
        currency=said("currency"),
        known=bool(said("known")),
    )
    return msgspec.structs.replace(row, title=_title(tx, row.value)) if kind == "record" else row


def _title(tx: Tx, value: str) -> str:
    entity, _, text = value.partition(":")
    identity = parse_id(text)
    return titles(tx, entity, [identity]).get(identity, "") if identity and entity in tx.catalog.entities else ""


def read_rows(tx: Tx, rows: Sequence[VariableRow], before: Sequence[VariableRow] = ()) -> dict[str, Any]:
    """The values of the rows that are new or changed; Invalid names each row that cannot be read, as `variable.KEY`."""
    untouched = {_content(row) for row in before}
    found: dict[str, Any] = {}
    faults: list[Refused] = []
    for row in rows:
        if (
            row.name,
            row.type,
            row.value.replace("\r\n", "\n"),
            row.currency if row.type == "money" else "",
        ) in untouched:
            continue
        try:
            found[_named(row, found)] = _value(tx, row)
        except Refused as refusal:
            faults.append(Refused(refusal.code, field=f"variable.{row.key}", **refusal.values))
    if faults:
        raise Invalid(faults)
    return found


def _content(row: VariableRow) -> tuple[str, str, str, str]:
    """What a row says, however a browser ends its lines."""
    return row.name, row.type, row.value.replace("\r\n", "\n"), row.currency if row.type == "money" else ""


def _named(row: VariableRow, taken: Mapping[str, Any]) -> str:
    if not NAME.fullmatch(row.name):
        raise Refused("processes.variable_name")
    if row.name in taken:
        raise Refused("processes.variable_twice", name=row.name)
    return row.name


def _value(tx: Tx, row: VariableRow) -> Any:
    match row.type:
        case "number":
            return _number(row.value)
        case "boolean":
            return row.value == "true"
        case "date" if row.value and read_date(row.value) is None:
            raise Refused("processes.variable_date")
        case "datetime" if row.value:
            return _moment(tx, row.value)
        case "money":
            return {"amount": _number(row.value), "currency": row.currency or currencies(tx)[0]}
        case "record":
            return row.value.partition(":")[2] or None
        case "json":
            return _json(row.value)
    return row.value if row.type == "text" else row.value or None


def _number(text: str) -> Any:
    """A number as JSON spells it: whole where it is whole."""
    if not text.strip():
        raise Refused("field.not_a_number")
    number = decimal_of("", text.strip())
    return int(number) if number == number.to_integral_value() else number


def _moment(tx: Tx, text: str) -> str:
    moment = moment_in(text, ZoneInfo(tx.principal.timezone))
    if not isinstance(moment, datetime):
        raise Refused("processes.variable_date")
    return str(msgspec.to_builtins(moment.astimezone(ZoneInfo("UTC"))))


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        raise Refused("processes.no_json") from None


def variables_view(
    tx: Tx, url: str, lookup_url: str, rows: Sequence[VariableRow], errors: Mapping[str, str] = {}
) -> Variables:
    """The editor of variables within a dialog that is drawn again by a POST to an address."""
    offered = [each for each in TYPES if each != "record" or lookup_url]
    return Variables(
        url=url,
        lookup_url=lookup_url,
        rows=tuple(msgspec.structs.replace(row, error=errors.get(f"variable.{row.key}", "")) for row in rows),
        types=tuple((each, tx.say(f"processes.variable_type.{each}")) for each in offered),
        currencies=currencies(tx) if any(row.type == "money" for row in rows) else (),
    )


def records_url(tx: Tx) -> str:
    """Where records of all kinds are searched: as an activity does that may regard most of them; empty without one."""
    found = _widest(tx)
    return f"/lookup/{found[0].definition.path}/{found[1].name}" if found else ""


def regarded(tx: Tx) -> tuple[str, ...]:
    """The entities whose records can be searched at that address."""
    found = _widest(tx)
    return tuple(targets(found[1].definition)) if found else ()


def _widest(tx: Tx) -> tuple[Entity, Field] | None:
    made = [each for each in tx.catalog.entities.values() if each.definition.activity]
    found = [(entity, field) for entity in made if (field := regarding_field(entity))]
    return max(found, key=lambda each: len(targets(each[1].definition)), default=None)
