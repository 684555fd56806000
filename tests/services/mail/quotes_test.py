"""What a person wrote is told from what he quotes, in work that grows no faster than the mail."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.services.mail.replies import MARK, SAMPLES

from entente.services.mail.answer import Choice, read_answer
from entente.services.mail.html_lines import text_of_html
from entente.services.mail.quotes import split_reply
from entente.services.mail.reading import read_letter

CHOICES = [Choice("approved", ("Approved", "Approuvé")), Choice("rejected", ("Rejected", "Refusé"))]
HOSTILE = {
    "On a a a": "On a a a ",
    "Le a a a": "Le a a a ",
    "lines that might begin a quote": "On 1\n",
    "attributions without quotes": "Le 1 x a écrit :x\n\n",
    "headers": "De : a\n",
    "rules": "_____\n\n",
    "quotes": "> ",
    "blank lines": "\n",
    "blanks": "  ",
    "signatures": "-- \n",
    "open tags": "<div ",
    "nested quotes": "<blockquote>",
    "comments": "<!-- ",
    "entities": "&#11",
    "long entity": "&#" + "1" * 5000,
    "attributes": '<a b="" ',
    "combining signs": "e\u0301\u0302\u0303",
    "ligatures": "\ufdfa\n",
}


@pytest.mark.parametrize(("raw", "answer"), [each[1:] for each in SAMPLES], ids=[each[0] for each in SAMPLES])
def test_reply_is_read_as_it_was_written(raw: bytes, answer: str) -> None:
    letter = read_letter(raw)
    assert split_reply(letter.text or letter.html, [MARK]).answer == answer


def test_there_are_enough_samples() -> None:
    assert len(SAMPLES) >= 40
    assert len({name for name, _, _ in SAMPLES}) == len(SAMPLES)


def test_no_quoted_choice_is_taken_for_an_answer() -> None:
    for name, raw, answer in SAMPLES:
        letter = read_letter(raw)
        found = read_answer(split_reply(letter.text or letter.html, [MARK]).answer, CHOICES)
        assert bool(found.outcome) == bool(answer and not name.startswith("not a")), name


def signs_looked_at(work: Callable[[], Any]) -> int:
    """How many signs the work hands to the interpreter's own functions, each call and line counting as one more."""
    seen = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal seen
        seen += 1
        if event == "c_call":
            owner = getattr(argument, "__self__", None)
            if isinstance(owner, str) or (isinstance(owner, list) and argument.__name__ not in ("append", "pop")):
                seen += len(owner)

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("read", [split_reply, text_of_html], ids=["text", "html"])
def test_work_grows_as_the_mail(read: Callable[[str], Any], piece: str) -> None:
    times = 16_500 // len(piece)
    small, large = (signs_looked_at(partial(read, piece * n)) for n in (times, 4 * times))
    assert large <= 4.2 * small + 1000


def test_five_million_signs_are_read() -> None:
    mail = "Approuvé\n\n" + "On a a a " * 250_000 + "\n" + "Le 1\n" * 100_000 + "> q\n" * 500_000
    assert split_reply(mail).answer.startswith("Approuvé")
    assert text_of_html("<p>Approuvé</p>" + "<blockquote>" * 400_000).startswith("Approuvé")
