"""Files kept once, read with their record, drawn anew; documents with versions."""

from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image
from tests.services.documents.samples import PDF, picture
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import find
from entente.kernel.records.save import delete, save
from entente.services.documents.claims import sweep_files
from entente.services.documents.files import MOST_BYTES, file_of, files_on, read_file, store_file
from entente.services.documents.versions import (
    add_version,
    attach_document,
    current_file,
    restore_version,
    versions,
)


@pytest.fixture
def account(world: World) -> UUID:
    return world.has("account", "james", name="Menuiserie Guivarch")


def test_equal_contents_are_kept_once(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        first = store_file(tx, "a.pdf", PDF, "account", account)
        second = store_file(tx, "b.pdf", PDF, "account", account)
        assert read_file(tx, first)[1] == read_file(tx, second)[1] == PDF
        assert [file.name for file in files_on(tx, "account", account)] == ["b.pdf", "a.pdf"]
        assert engine_rows(tx, "SELECT count(*) AS n FROM {schema}.file_content")[0]["n"] == 1


def test_file_is_read_with_its_record_and_only_so(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        file = store_file(tx, "a.pdf", PDF, "account", account)
    with world.acts("helene") as tx:
        assert file_of(tx, file).name == "a.pdf"
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        read_file(tx, file)
    with world.acts("james") as tx:
        delete(tx, "account", account, trusted=True)
    with world.acts("helene") as tx, pytest.raises(NotFound):
        read_file(tx, file)


def test_file_without_record_belongs_to_its_sender(world: World) -> None:
    with world.acts("james") as tx:
        file = store_file(tx, "a.pdf", PDF)
    with world.acts("james") as tx:
        assert read_file(tx, file)[1] == PDF
    for other in ("helene", "admin"):
        with world.acts(other) as tx, pytest.raises(NotFound):
            read_file(tx, file)


def stranger_cannot_hang_files_on_a_record(world: World, account: UUID) -> None:
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        store_file(tx, "a.pdf", PDF, "account", account)
    with world.acts("rita") as tx, pytest.raises(Forbidden):
        store_file(tx, "a.pdf", PDF, "account", account)


def stranger_cannot_get_a_file_by_naming_its_id(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        secret = store_file(tx, "a.pdf", PDF, "account", account)
        loose = store_file(tx, "b.pdf", PDF)
    theirs = world.has("account", "nadia", name="Autre")
    for file in (secret, loose):
        with world.acts("stranger") as tx, pytest.raises(Refused) as refusal:
            save(tx, "note", {"body": "x", "regarding": f"account:{theirs}", "file": file}, trusted=True)
        assert refusal.value.code == "file.not_found"


def test_uploaded_file_moves_to_the_record_that_names_it(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        file = store_file(tx, "a.pdf", PDF)
        note = save(tx, "note", {"body": "<p>Voir le fichier</p>", "regarding": Ref("account", account), "file": file})
    with world.acts("helene") as tx:
        assert file_of(tx, file).record == note.id


def test_file_of_another_record_is_copied_not_moved(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        file = store_file(tx, "a.pdf", PDF, "account", account)
        note = save(tx, "note", {"body": "<p>Copie</p>", "regarding": Ref("account", account), "file": file})
        assert note["file"] != file
        assert file_of(tx, file).record == account
        assert read_file(tx, note["file"])[1] == PDF


def test_photo_must_be_a_picture(world: World) -> None:
    with world.acts("admin") as tx:
        file = store_file(tx, "a.pdf", PDF)
        with pytest.raises(Refused) as refusal:
            save(tx, "user", {"photo": file}, id=world.id_of("james"))
    assert (refusal.value.code, refusal.value.field) == ("file.not_a_picture", "photo")


def test_pictures_lose_everything_but_their_pixels(world: World) -> None:
    exif = Image.Exif()
    exif[0x010E] = "GPS of my home"
    data = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"
    with world.acts("james") as tx:
        file, kept = read_file(tx, store_file(tx, "photo.jpg", data))
    assert file.mime == "image/jpeg"
    assert b"script" not in kept
    assert b"GPS of my home" not in kept
    with Image.open(BytesIO(kept)) as drawn:
        assert drawn.size == (8, 6)


def test_damaged_and_huge_pictures_are_refused(world: World) -> None:
    huge = bytearray(picture())
    huge[16:24] = (60_000).to_bytes(4, "big") * 2
    with world.acts("james") as tx:
        with pytest.raises(Refused) as refusal:
            store_file(tx, "a.png", picture()[:40])
        assert refusal.value.code == "file.broken_picture"
        with pytest.raises(Refused) as refusal:
            store_file(tx, "a.png", bytes(huge))
        assert refusal.value.code in ("file.picture_too_large", "file.broken_picture")


def test_empty_and_heavy_files_are_refused(world: World) -> None:
    with world.acts("james") as tx:
        with pytest.raises(Refused):
            store_file(tx, "a.txt", b"")
        with pytest.raises(Refused):
            store_file(tx, "a.txt", b"x" * (MOST_BYTES + 1))


def test_versions_count_up_and_come_back(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        document = attach_document(tx, Ref("account", account), "contrat.pdf", PDF, comment="Premier jet")
        add_version(tx, document.id, "contrat.pdf", PDF + b"2")
        first = versions(tx, document.id)[-1]
        assert (first.number, first.comment, first.is_current) == (1, "Premier jet", False)
        restore_version(tx, first.id)
    with world.acts("helene") as tx:
        found = versions(tx, document.id)
        assert [(each.number, each.is_current) for each in found] == [(3, True), (2, False), (1, False)]
        assert found[0].comment == "Version 1 restored"
        assert current_file(tx, document.id)[1] == PDF
        assert find(tx, "document", document.id)["regarding"] == Ref("account", account)
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        versions(tx, document.id)


def test_forgotten_uploads_are_swept(world: World, account: UUID) -> None:
    with world.acts("james") as tx:
        forgotten = store_file(tx, "a.pdf", PDF)
        kept = store_file(tx, "b.pdf", PDF + b"b", "account", account)
        engine_rows(tx, "UPDATE {schema}.file SET created_at = created_at - interval '2 days'")
    with world.system() as tx:
        sweep_files(tx)
        assert file_of(tx, kept).name == "b.pdf"
        assert engine_rows(tx, "SELECT count(*) AS n FROM {schema}.file_content")[0]["n"] == 1
        with pytest.raises(NotFound):
            file_of(tx, forgotten)
