"""The documents of the invented company: two versions each, by whoever looks after what they are about."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.words import Text
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.modules.base.demo.play import as_author
from entente.modules.base.lookup import known
from entente.modules.sales.demo.paper_files import WRITERS
from entente.services.documents.versions import add_version

PAPERS = Path(__file__).with_name("papers.yaml")


class Edition(msgspec.Struct, frozen=True):
    """A version to be: what was changed, and what it says."""

    comment: Text
    text: Text


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be: on what, of which kind, called what."""

    key: str
    about: str
    folder: Text
    type: str
    file: Text
    title: Text
    versions: tuple[Edition, ...]
    confidentiality: str = "internal"

    @property
    def regarding(self) -> Ref:
        """The record that it is about."""
        entity, _, key = self.about.partition(":")
        return Ref(entity, seed_id(entity, key))


def read_papers() -> Sequence[Paper]:
    """The documents as they are written down."""
    return msgspec.yaml.decode(PAPERS.read_bytes(), type=tuple[Paper, ...])


def show_papers(tx: Tx) -> int:
    """How many documents were put on accounts and opportunities, each in the language of who looks after them."""
    papers = read_papers()
    for paper in papers:
        about = known(tx, paper.regarding.entity, paper.regarding.id)
        owner = known(tx, "user", about["owner"]) if about else None
        if about and owner:
            _put(tx, paper, about, owner)
    return len(papers)


def _put(tx: Tx, paper: Paper, about: Record, owner: Record) -> None:
    """The document and its versions, written evenly over the time since the record was made."""
    now, since, language = tx.clock.now(), about["created_at"], owner["language"]
    step = (now - since) / (len(paper.versions) + 1)
    document: UUID | None = None
    for place, edition in enumerate(paper.versions, 1):
        then = as_author(tx, owner["login"])
        then.clock = SetClock((since + step * place).replace(microsecond=0))
        document = document or _document(then, paper, language)
        name = paper.file.to(language)
        data = WRITERS[name.rpartition(".")[2]](paper.title.to(language), edition.text.to(language).splitlines())
        add_version(then, document, name, data, comment=edition.comment.to(language))


def _document(tx: Tx, paper: Paper, language: str) -> UUID:
    values = {
        "name": paper.file.to(language),
        "folder": paper.folder.to(tx.language),
        "regarding": paper.regarding,
        "type": paper.type,
        "confidentiality": paper.confidentiality,
        "language": language,
    }
    return save(tx, "document", values).id
