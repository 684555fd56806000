"""What stops a process is said in the language of whoever reads it, whoever was there when it stopped."""

from typing import Any
from uuid import UUID

from entente.kernel.identity.tokens import create_token
from entente.kernel.records.save import save
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.engine.words import END, MARK, in_words, kept
from entente.services.processes.instances import start
from entente.services.processes.picture import course_of
from entente.services.processes.repairing import Wish, mend
from tests.interfaces.browser import Browser, Client
from tests.services.processes.drawing import drawn
from tests.world.cast import World


def stopped(world: World, step: str) -> UUID:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(f"start s\n{step}\ns > a", "stops")).id)
    with world.acts("james") as tx:
        lead = save(tx, "lead", {"last_name": "Hélias"}).id
        return start(tx, "stops", entity="lead", record=lead).id


def messages(client: Client, world: World, instance: UUID) -> dict[str, Any]:
    with world.system() as tx:
        token = create_token(tx, world.id_of("admin"), "incidents", 1)
    url = f"/api/v1/process_instances/{instance}?$expand=incidents,history"
    return {
        language: client.get(url, headers={"Authorization": f"Bearer {token}", "Accept-Language": language}).json()
        for language in ("en", "fr")
    }


def test_an_incident_is_read_in_ones_own_language(client: Client, world: World) -> None:
    instance = stopped(world, "service a action=lead.disqualify")
    shown = messages(client, world, instance)
    said = {"en": "One field needs attention.", "fr": "Un champ est à revoir."}
    for language, other in (("en", "fr"), ("fr", "en")):
        with world.acts("admin") as tx:
            save(tx, "user", {"language": language}, id=world.id_of("admin"))
        incident = shown[language]["incidents"][0]
        page = Browser(client, world, "admin").get(f"/processes/instances/{instance}").text
        for text in (incident["message"], incident["detail"], page):
            assert said[language] in text
            assert said[other] not in text
            assert MARK not in text


def test_a_repair_is_told_in_ones_own_language(client: Client, world: World) -> None:
    instance = stopped(world, "service a action=lead.disqualify")
    with world.acts("admin") as tx:
        mend(tx, instance, Wish(verb="retry", token=course_of(tx, instance).troubles[0].token, reason="Seen to"))
    shown = messages(client, world, instance)
    told = {language: [each["detail"] for each in shown[language]["history"]] for language in shown}
    assert "Retried: Seen to" in told["en"]
    assert "Réessayé\u00a0: Seen to" in told["fr"]


def test_what_was_kept_is_said_even_when_it_was_cut() -> None:
    def say(code: str, **values: Any) -> str:
        return f"{code} {values}"

    text = f"before: {kept('some.code', {'name': 'x' * 300, 'count': 3})} (after)"
    assert in_words(say, text) == f"before: some.code {{'name': '{'x' * 100}', 'count': 3}} (after)"
    assert in_words(say, text[:60]) == "before: …"
    assert in_words(say, "Just words") == "Just words"
    assert END in text
