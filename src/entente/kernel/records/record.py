"""A record: a value that is read like a mapping, and the draft of what it is to become."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID


class Record(Mapping[str, Any]):
    """One row of an entity as it stands: its fields by name, its id and version."""

    __slots__ = ("_values", "entity", "id", "version")

    def __init__(self, entity: str, identity: UUID, version: int, values: Mapping[str, Any]) -> None:
        self.entity = entity
        self.id = identity
        self.version = version
        self._values = values

    def __getitem__(self, name: str) -> Any:
        """The value of a field; KeyError when it was not read or may not be."""
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any | None:
        """The value of a field, or the default when it was not read."""
        return self._values.get(name, default)

    def read(self, names: Iterable[str]) -> Iterator[Any]:
        """The values of fields in the order of their names; nothing for one that was not read."""
        return map(self._values.get, names)

    def __iter__(self) -> Iterator[str]:
        """The names of the fields that were read."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many fields were read."""
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same version of the same record."""
        return isinstance(other, Record) and (self.id, self.version) == (other.id, other.version)

    def __hash__(self) -> int:
        """By id and version."""
        return hash((self.id, self.version))

    def __repr__(self) -> str:
        """Entity, id and version; never the values."""
        return f"<{self.entity} {self.id} v{self.version}>"


class Draft(Mapping[str, Any]):
    """What a record is to become: the old values with the new ones on top."""

    __slots__ = ("_old", "_set", "at", "entity", "given", "id", "record")

    def __init__(self, entity: str, identity: UUID, old: Mapping[str, Any], at: datetime) -> None:
        self.entity = entity
        self.id = identity
        self.at = at
        self.given: frozenset[str] = frozenset()
        self.record: Record | None = None  # what it has become, once it is written
        self._old = old._values if isinstance(old, Record) else old
        self._set: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The value that the field is to have; nothing for a field without one."""
        return self._set[name] if name in self._set else self._old.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        """Give a field its value."""
        self._set[name] = value

    def get(self, name: str, default: Any = None) -> Any | None:
        """The value that the field is to have; nothing for a field without one."""
        return self._set[name] if name in self._set else self._old.get(name, default)

    def __contains__(self, name: object) -> bool:
        """Whether the field has, or is to have, a value set."""
        return name in self._set or name in self._old

    def __iter__(self) -> Iterator[str]:
        """The names of all fields that have a value."""
        return iter({**self._old, **self._set})

    def __len__(self) -> int:
        """How many fields have a value."""
        return len({**self._old, **self._set})

    def before(self, name: str) -> Any:
        """The value that the field had."""
        return self._old.get(name)

    def changes(self, name: str) -> bool:
        """Whether the field is to change."""
        if name not in self._set:
            return False
        value, before = self._set[name], self._old.get(name)
        return value is not None if before is None else value != before

    def touched(self) -> Mapping[str, Any]:
        """The fields that were given a value, changed or not."""
        return self._set

    def whole(self, names: Mapping[str, None]) -> dict[str, Any]:
        """The values of all named fields; nothing for those without one."""
        made = {**names, **self._old, **self._set}
        return made if len(made) == len(names) else {name: made[name] for name in names}

    def changed(self) -> dict[str, Any]:
        """The fields that are to change, with their new values."""
        old = self._old
        if not old:
            return {name: value for name, value in self._set.items() if value is not None}
        return {name: value for name, value in self._set.items() if self.changes(name)}
