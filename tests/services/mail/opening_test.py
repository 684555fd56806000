"""Hostile mails are read apart: none holds the worker up, and what arrives behind one is treated."""

import pytest
from tests.services.mail.replies import SAMPLES
from tests.world.cast import World

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.services.mail import opening
from entente.services.mail.imap import Arrival, Mark
from entente.services.mail.incoming import Fate, list_incoming, read_incoming, take_mail, treat_mails
from entente.services.mail.opening import MOST_BYTES, open_letter
from entente.services.mail.reading import read_letter

HEAD = b"From: claire@kervella.example\r\nMIME-Version: 1.0\r\n"
# The parser cuts the rest of the header anew at each semicolon: two million of them would take hours.
ENDLESS = HEAD + b"Message-ID: <endless@evil.example>\r\nContent-Type: text/plain" + b";" * 2_000_000 + b"\r\n\r\nx"
HOSTILE = {
    "boundaries in capitals": HEAD
    + b"".join(b"Content-Type: multipart/mixed; BOUNDARY=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(900)),
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "brackets in addresses": HEAD + (b"To: " + b"(" * 3_900 + b"\r\n") * 400 + b"\r\nHello",
    "too large": b"x" * (MOST_BYTES + 1),
}
HARMLESS = {
    "a character set that is none": HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"a" * 1_000_000,
    "words in words": HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\nHello",
    "deep parts": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(90))
    + b"Content-Type: text/plain\r\n\r\nfar below",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        open_letter(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=HARMLESS)
def test_odd_mail_is_read_within_its_limits(raw: bytes) -> None:
    letter = open_letter(raw)
    assert letter.sender == "claire@kervella.example"
    assert "far below" not in letter.text


def test_mail_read_apart_is_the_same_mail() -> None:
    for name, raw, _ in SAMPLES[::12]:
        assert open_letter(raw) == read_letter(raw), name


@pytest.mark.slow
def test_endless_mail_is_refused_and_the_next_one_treated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "CPU_SECONDS", 3)
    sound = HEAD + b"Message-ID: <sound@kervella.example>\r\nSubject: Sound\r\n\r\nHello"
    with world.system() as tx:
        assert take_mail(tx, "box", Arrival(Mark(1, 1), ENDLESS, whole=True))
        assert take_mail(tx, "box", Arrival(Mark(1, 2), sound, whole=True))
    run = Run(world.database, "main", system("mail"), new_cause("job"))
    assert treat_mails(run, lambda tx, mail, letter: Fate(state="accepted", reason=letter.subject)) == 1
    with world.system() as tx:
        sound_one, endless = sorted(list_incoming(tx), key=lambda each: each.state)
        assert (sound_one.state, sound_one.reason) == ("accepted", "Sound")
        assert (endless.state, endless.reason) == ("refused", "mail.unreadable")
        assert read_incoming(tx, endless.id)[1].text.startswith("From: claire")
