"""Whether a machine wrote a mail: such a mail decides nothing and is never answered (RFC 3834)."""

import re
from typing import Literal

from entente.kernel.kit.normal import fold
from entente.services.mail.reading import Letter

Machine = Literal["automatic", "bulk", "bounce"]
MACHINES = frozenset(
    {"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "ne-pas-repondre"}
)
BULK = frozenset({"bulk", "list", "junk"})
MARKS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")

# Notices of absence of programs that mark them in no other way, by how their subject begins, folded.
AWAY = re.compile(
    r"\[?(?:reponse automatique|message automatique|message d.absence|absen[ct]\S* du bureau|automatic reply"
    r"|out of (?:the )?office|auto-?(?:reply|response)|automatische antwort|abwesenheitsnotiz)\b(?! replies)"
    r"\W*(?:$|[:\]]|auto)|auto: .+ (?:is away|est absent|is out of)"
)
LONGEST_SUBJECT = 300


def written_by_machine(letter: Letter) -> Machine | None:
    """What kind of machine wrote the mail, or nothing when a person did."""
    if letter.content_type == "multipart/report" or letter.first("return-path").strip() == "<>":
        return "bounce"
    if letter.sender.partition("@")[0] in MACHINES:
        return "bounce"
    stated = letter.first("auto-submitted").partition(";")[0].strip().lower()
    if stated not in ("", "no") or any(letter.first(name) for name in MARKS):
        return "automatic"
    if AWAY.match(fold(letter.subject[:LONGEST_SUBJECT]).lstrip()):
        return "automatic"
    suppressed = {word.strip() for word in letter.first("x-auto-response-suppress").lower().split(",")}
    if suppressed & {"all", "autoreply"}:
        return "automatic"
    if (
        letter.first("precedence").strip().lower() in BULK
        or letter.first("list-id")
        or letter.first("list-unsubscribe")
    ):
        return "bulk"
    return None
