"""What stands in a mail and what it proves: answers, moments, signed addresses, machines, the word of the server."""

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Refused
from entente.services.mail.addresses import is_signed, record_of, reply_address
from entente.services.mail.answer import Answer, Choice, read_answer
from entente.services.mail.authenticity import proof_of
from entente.services.mail.automated import written_by_machine
from entente.services.mail.imap import read_mailbox
from entente.services.mail.letter import compose
from entente.services.mail.outbox import Mail
from entente.services.mail.people import person_at, person_named
from entente.services.mail.reading import Letter, read_letter
from entente.services.mail.until import read_until

CHOICES = [
    Choice("approved", ("Approved", "Approuvé")),
    Choice("approved_with_conditions", ("Approved with conditions", "Approuvé sous réserve")),
    Choice("rejected", ("Rejected", "Refusé")),
    Choice("redirect_legal", ("Rediriger au juridique",)),
]
ANSWERS = {
    "Approuvé, merci": ("approved", None, "merci"),
    "APPROUVE": ("approved", None, ""),
    "approuvé sous réserve : marge": ("approved_with_conditions", None, "marge"),
    "Approved with conditions\nmargin": ("approved_with_conditions", None, "margin"),
    "ok": ("approved", None, ""),
    "d’accord pour moi": ("approved", None, "pour moi"),
    "Oui !\n\nTrès bien.": ("approved", None, "Très bien."),
    "Non": ("rejected", None, ""),
    "no, too expensive": ("rejected", None, "too expensive"),
    "pas d'accord": ("rejected", None, ""),
    "Non approuvé": ("rejected", None, ""),
    "not approved": ("rejected", None, ""),
    "Bonjour Hélène,\n\nRefusé.": ("rejected", None, ""),
    "Hello, approved": ("approved", None, ""),
    "**Refusé** trop cher": ("rejected", None, "trop cher"),
    "Rediriger au juridique": ("redirect_legal", None, ""),
    "rediriger à Nadia\nc’est son client": (None, "redirect", "c’est son client"),
    "Déléguer à Nadia": (None, "share", ""),
    "partager avec Nadia": (None, "share", ""),
    "sleep 3 days": (None, "sleep", ""),
    "aide": (None, "help", ""),
    "Help!": (None, "help", ""),
    "?": (None, "help", ""),
    "Approuvé ?": (None, None, "Approuvé ?"),
    "Okapi": (None, None, "Okapi"),
    "Nonobstant": (None, None, "Nonobstant"),
    "J’en parle demain": (None, None, "J’en parle demain"),
    "": (None, None, ""),
}


@pytest.mark.parametrize(("text", "means"), ANSWERS.items(), ids=range(len(ANSWERS)))
def test_first_line_is_the_answer(text: str, means: tuple[str | None, str | None, str]) -> None:
    found = read_answer(text, CHOICES)
    assert (found.outcome, found.verb, found.comment) == means


def test_word_for_two_answers_is_none() -> None:
    both = [Choice("approved"), Choice("accepted")]
    assert read_answer("ok", both) == Answer(comment="ok", line="ok")
    assert read_answer("accepted", both).outcome == "accepted"


ASSENTS = ("ok", "OK.", "d’accord", "Oui", "yes!", "Parfait, merci", "Bonjour,\n\nC’est bon", "👍", "Ok, thanks")
ONE = {
    "whatever it is called": [Choice("sent", ("Quote sent", "Devis envoyé"))],
    "without declared outcomes": [Choice("", ("Done", "Terminé", "complete"))],
    "done or failed": [Choice("done", ("Done", "Fait")), Choice("failed", ("Failed", "Échec"))],
    "by how it begins": [Choice("a", ("Accept it", "Accepter la demande")), Choice("b", ("Refuse it", "La refuser"))],
}
NONE = {
    "a refusal": [Choice("no", ("Refuse", "Refuser"))],
    "a refusal by how it begins": [Choice("b", ("Refuse it", "Refuser la demande"))],
    "neither says yes": [Choice("north", ("North", "Nord")), Choice("south", ("South", "Sud"))],
    "two begin with yes": [Choice("a", ("Accept now", "Accepter ici")), Choice("b", ("Accept later", "Accepter là"))],
    "two are approvals": [Choice("approved"), Choice("accepted")],
}


@pytest.mark.parametrize("choices", ONE.values(), ids=ONE)
@pytest.mark.parametrize("text", ASSENTS)
def test_assent_gives_the_one_outcome_that_says_yes(text: str, choices: list[Choice]) -> None:
    assert read_answer(text, choices).outcome == choices[0].key


@pytest.mark.parametrize("choices", NONE.values(), ids=NONE)
@pytest.mark.parametrize("text", ASSENTS)
def test_assent_decides_nothing_where_it_could_mean_several_or_none(text: str, choices: list[Choice]) -> None:
    assert read_answer(text, choices).outcome is None


@pytest.mark.parametrize(
    "text", ["ok je regarde demain", "Oui mais pas avant lundi", "ok ?", "d’accord, qui s’en charge", "non"]
)
@pytest.mark.parametrize("choices", ONE.values(), ids=ONE)
def test_promise_is_no_assent_to_something_done(text: str, choices: list[Choice]) -> None:
    assert read_answer(text, choices).outcome != choices[0].key


def test_answer_named_like_a_verb_wins() -> None:
    assert read_answer("help", [Choice("help")]).outcome == "help"
    assert read_answer("Sleep on it", [Choice("sleep")]).outcome == "sleep"


def test_comment_is_not_endless() -> None:
    assert len(read_answer("ok " + "x" * 1_000_000, CHOICES).comment) <= 10_000


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOMENTS = {
    "3 jours": datetime(2026, 11, 26, 12, tzinfo=UTC),
    "2h": datetime(2026, 11, 23, 14, tzinfo=UTC),
    "1 week": datetime(2026, 11, 30, 12, tzinfo=UTC),
    "demain": datetime(2026, 11, 24, 7, tzinfo=UTC),
    "vendredi": datetime(2026, 11, 27, 7, tzinfo=UTC),
    "monday": datetime(2026, 11, 30, 7, tzinfo=UTC),
    "2026-12-01": datetime(2026, 12, 1, 7, tzinfo=UTC),
    "le 1/12/2026.": datetime(2026, 12, 1, 7, tzinfo=UTC),
    "2026-11-01": None,
    "99999 days": None,
    "32/13/2026": None,
    "un jour": None,
    "": None,
}


@pytest.mark.parametrize(("text", "moment"), MOMENTS.items(), ids=MOMENTS)
def test_moment_is_read_in_the_zone_of_its_writer(text: str, moment: datetime | None) -> None:
    assert read_until(text, NOON, "Europe/Paris") == moment


PROOFS = {
    "dmarc": ("mx.k.example; dmarc=pass (p=reject) header.from=k.example", "pass"),
    "dmarc of another": ("mx.k.example; dmarc=pass header.from=evil.example", "fail"),
    "dmarc fails though spf passes": ("mx.k.example; spf=pass smtp.mailfrom=k.example; dmarc=fail", "fail"),
    "dkim": ("mx.k.example; dkim=pass header.d=k.example header.s=s1", "pass"),
    "dkim by identity": ("mx.k.example; dkim=pass header.i=@k.example", "pass"),
    "dkim of a sub-domain": ("mx.k.example; dkim=pass header.d=mail.k.example", "pass"),
    "dkim of another": ("mx.k.example; dkim=pass header.d=evil.example", "fail"),
    "dkim of the registry": ("mx.k.example; dkim=pass header.d=example", "fail"),
    "dkim of a longer name": ("mx.k.example; dkim=pass header.d=evilk.example", "fail"),
    "spf": ("mx.k.example 1; spf=pass smtp.mailfrom=bounce@k.example", "pass"),
    "spf of another": ("mx.k.example; spf=pass smtp.mailfrom=evil.example", "fail"),
    "a comment that says pass": ("mx.k.example; spf=fail (dmarc=pass; dkim=pass header.d=k.example)", "fail"),
    "a quoted value that says pass": ('mx.k.example; spf=fail reason="x; dmarc=pass header.from=k.example"', "fail"),
    "nothing said": ("mx.k.example; none", "none"),
    "another server": ("mx.evil.example; dmarc=pass header.from=k.example", "none"),
    "a server of a longer name": ("mx.k.example.evil.example; dmarc=pass header.from=k.example", "none"),
}


@pytest.mark.parametrize(("header", "verdict"), PROOFS.values(), ids=PROOFS)
def test_only_the_trusted_server_vouches(header: str, verdict: str) -> None:
    letter = Letter(sender="helene@k.example", headers=(("authentication-results", header),))
    assert proof_of(letter, "mx.k.example").verdict == verdict
    assert proof_of(letter, None).verdict == "none"


def test_topmost_word_of_the_server_counts() -> None:
    said = [
        ("authentication-results", f"mx.k.example; dmarc={each} header.from=k.example") for each in ("fail", "pass")
    ]
    assert proof_of(Letter(sender="h@k.example", headers=tuple(said)), "mx.k.example").verdict == "fail"


MACHINES = {
    "auto-submitted": (("auto-submitted", "auto-replied; owner"), "automatic"),
    "exchange": (("x-auto-response-suppress", "OOF, AutoReply"), "automatic"),
    "autoreply": (("x-autoreply", "yes"), "automatic"),
    "precedence": (("precedence", "Bulk"), "bulk"),
    "list": (("list-id", "<news.example>"), "bulk"),
    "bounce": (("return-path", "<>"), "bounce"),
    "person": (("auto-submitted", "no"), None),
}


@pytest.mark.parametrize(("header", "kind"), MACHINES.values(), ids=MACHINES)
def test_machines_are_known(header: tuple[str, str], kind: str | None) -> None:
    assert written_by_machine(Letter(sender="h@k.example", headers=(header,))) == kind


AWAY = (
    "Réponse automatique : Valider la remise",
    "Réponse automatique: x",
    "Automatic reply: x",
    "Automatische Antwort: x",
    "Out of Office: Re: x",
    "Out of office AutoReply: x",
    "Absence du bureau : x",
    "Absent du bureau : x",
    "[Auto-Reply] x",
    "Message d’absence : x",
    "AUTO: Hélène is away (returning 28/11/2026)",
    "Auto-response: x",
    "Absent(e) du bureau",
)
WRITTEN = (
    "Re: Réponse automatique : x",
    "RE: Automatic reply: x",
    "Automatic replies are broken",
    "Auto : devis",
    "Re: x",
)


@pytest.mark.parametrize("subject", AWAY)
def test_notice_of_absence_is_known_by_its_subject(subject: str) -> None:
    assert written_by_machine(Letter(sender="a@k.example", subject=subject)) == "automatic"


@pytest.mark.parametrize("subject", WRITTEN)
def test_person_may_write_about_notices_of_absence(subject: str) -> None:
    assert written_by_machine(Letter(sender="a@k.example", subject=subject)) is None


def test_report_and_postmaster_are_bounces() -> None:
    assert written_by_machine(Letter(sender="h@k.example", content_type="multipart/report")) == "bounce"
    assert written_by_machine(Letter(sender="mailer-daemon@k.example")) == "bounce"


def test_signed_address_survives_folding_and_fits(world: World) -> None:
    settings = msgspec.structs.replace(
        world.database.settings, imap_url="imap://a:b@c", reply_address="Task@Kervella.example"
    )
    world.database.settings = settings
    record = uuid4()
    with world.system() as tx:
        address = str(reply_address(tx, record))
        assert len(address.partition("@")[0]) <= 64
        assert record_of(tx, ["x@y.example", address.upper()]) == record
        assert record_of(tx, [address.replace("@Kervella", "@evil")]) is None
        assert record_of(tx, [address[:30] + ("a" if address[30] != "a" else "b") + address[31:]]) is None
        assert record_of(tx, ["task+@kervella.example", "task+.@kervella.example", "task@kervella.example"]) is None
        assert is_signed(tx, ["task+x@kervella.example"])
        assert not is_signed(tx, ["task@kervella.example"])


def test_address_or_name_means_one_person(world: World) -> None:
    with world.system() as tx:
        assert person_at(tx, "HELENE@kervella.example") == world.id_of("helene")
        assert person_at(tx, "") is None
        assert person_named(tx, "nadia@kervella.example please") == world.id_of("nadia")
        assert person_named(tx, "nadia, merci") == world.id_of("nadia")
        assert person_named(tx, "Hélène Helene.") == world.id_of("helene")
        assert person_named(tx, "Personne") is None


UNREADABLE = {
    "many headers": b"X: y\n" * 100_000 + b"\nApprouve\n",
    "unknown charset": b"Content-Type: text/plain; charset=klingon\n\nApprouv\xe9\n",
    "broken base64": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!\n",
    "no end": b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nApprouve',
    "nothing": b"",
    "zeroes": b"\x00" * 10_000,
    "long address": b"From: " + b"<" * 100_000 + b"\n\n",
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_mail_of_any_shape_is_read(raw: bytes) -> None:
    letter = read_letter(raw)
    assert len(letter.headers) <= 400
    assert "\x00" not in letter.text


def test_mail_of_too_many_parts_is_refused() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    with pytest.raises(Refused):
        read_letter(deep)
    assert read_letter(deep[: deep.index(b"b90")]).text == ""


def test_header_never_hides_a_second_sender() -> None:
    assert read_letter(b"From: =?utf-8?q?boss=40k.example?= <evil@x.example>\n\n").sender == "evil@x.example"
    assert read_letter(b"From: a@k.example\nFrom: b@k.example\n\n").sender == ""
    assert read_letter(b"From: a@k.example, b@k.example\n\n").sender == ""


def test_mailbox_is_named_without_its_password() -> None:
    mailbox = read_mailbox("imaps://task%40k.example:s%3Acret@mail.k.example/Replies?idle")
    assert (mailbox.user, mailbox.password, mailbox.port) == ("task@k.example", "s:cret", 993)
    assert (mailbox.folder, mailbox.listens, mailbox.security) == ("Replies", True, "tls")
    assert "cret" not in repr(mailbox) + mailbox.name
    with pytest.raises(ValueError, match="imap"):
        read_mailbox("http://x")


def test_image_travels_inside_the_mail() -> None:
    dot = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
    source = (
        f'<p><img src="data:image/gif;base64,{base64.b64encode(dot).decode()}" alt=""></p><img src="data:image/x,y">'
    )
    mail = Mail(
        id=UUID(int=1), key="k", state="queued", recipient="a@k.example", subject="s", body_text="t", body_html=source,
        headers={}, entity=None, record=None, created_at=NOON, due_at=NOON, tries=0, error=None, sent_at=None,
    )  # fmt: skip
    made = message_from_bytes(compose(mail, "Entente <crm@k.example>").as_bytes(), policy=default)
    parts = {part.get_content_type(): part for part in made.walk()}
    assert parts["image/gif"].get_content() == dot
    assert f'src="cid:{parts["image/gif"]["Content-ID"].strip("<>")}"' in parts["text/html"].get_content()
    assert 'src="data:image/x,y"' in parts["text/html"].get_content()
