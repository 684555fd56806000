"""To whom a task may be given: people, teams and roles by name, found as one types."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from entente.interfaces.html.views.frame import Person
from entente.interfaces.web.around.worklist import ABSENCE
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import fold
from entente.kernel.kit.principal import system
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page, titles
from entente.services.worklist.card import HOLDERS

MOST = 12
EACH = 8
MOST_GROUPS = 500


def find_holders(tx: Tx, words: str) -> list[Person]:
    """The people, then the teams and roles, whose names hold the words; who is away is told with his return."""
    everything = tx.acting_as(system("worklist"))
    found = [*_people(tx, everything, words), *_groups(tx, everything, words)]
    return found[:MOST]


def _people(tx: Tx, everything: Tx, words: str) -> Iterator[Person]:
    kind = HOLDERS[0]
    title = tx.catalog.entity(kind).definition.title
    ask = Ask(
        entity=kind, fields=(title,), filter="active = true", search=words, sort=() if words else (Sort(title),),
        limit=EACH + 1,
    )  # fmt: skip
    people = [each for each in page(everything, ask).records if each.id != tx.principal.user_id][:EACH]
    away = _away(tx, everything, [each.id for each in people])
    return (Person(id=str(each.id), name=str(each.get(title) or ""), detail=away.get(each.id, "")) for each in people)


def _away(tx: Tx, everything: Tx, people: list[UUID]) -> dict[UUID, str]:
    """Until when those of the people are away who are."""
    named = ", ".join(f'"{each}"' for each in people)
    condition = f"person in ({named}) and starts_at <= now() and ends_at > now()"
    ask = Ask(entity=ABSENCE, fields=("person", "ends_at"), filter=condition, sort=(Sort("ends_at"),), limit=EACH * 4)
    found = page(everything, ask).records if people else ()
    return {each["person"]: tx.say("work.away_until", day=formats_of(tx).moment(each["ends_at"])) for each in found}


def _groups(tx: Tx, everything: Tx, words: str) -> Iterator[Person]:
    """Teams and roles are few, and roles are called in the reader's language: they are read and sifted here."""
    for kind in HOLDERS[1:]:
        entity = tx.catalog.entity(kind)
        title = entity.definition.title
        living = "active = true" if "active" in entity.fields else ""
        records = page(everything, Ask(entity=kind, fields=(title,), filter=living, limit=MOST_GROUPS)).records
        called = ((each.id, tx.words.called(tx.language, each.id, str(each.get(title) or ""))) for each in records)
        fitting = [(name, key) for key, name in called if all(word in fold(name) for word in fold(words).split())]
        for name, key in sorted(fitting, key=lambda each: each[0].casefold())[:EACH]:
            yield Person(id=str(key), name=name, detail=entity.label.to(tx.language))


def holder_titles(tx: Tx, chosen: Iterable[str]) -> dict[str, str]:
    """What those are called who were chosen already, by id."""
    ids = [identity for text in chosen if (identity := parse_id(text))]
    everything = tx.acting_as(system("worklist"))
    known = {key: name for kind in HOLDERS for key, name in (titles(everything, kind, ids) if ids else {}).items()}
    return {str(key): tx.words.called(tx.language, key, name) for key, name in known.items()}
