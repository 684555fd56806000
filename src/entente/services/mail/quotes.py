"""What a person wrote in a reply, without what he answered to and without his signature.

One pass over the lines; of each only the beginning is looked at and from each only a few of those that follow, so that
the work grows with the length of the mail and no faster, whatever a stranger sends.
"""

from collections.abc import Sequence

import msgspec

from entente.kernel.kit.normal import fold

SEEN = 400  # signs at the beginning and end of a line that are looked at: no line that begins a quote is longer
WRAPPED = 4  # lines over which clients break the line above a quote
BLOCK = 8  # lines that the header of a quoted mail takes at the most

OPENERS = ("le ", "on ", "am ", "el ", "il ", "op ")
WRITTEN = (
    " a ecrit :", " a ecrit:", " a ecrit", " wrote:", " wrote :", " wrote", " schrieb:", " escribio:", " ha scritto:",
)  # fmt: skip
SEPARATORS = (
    "original message", "message d'origine", "message original", "message initial", "message transfere",
    "forwarded message", "original appointment", "courriel original", "mail original", "e-mail original",
    "reply message", "ursprungliche nachricht", "mensaje original", "messaggio originale",
)  # fmt: skip
FORWARDS = ("begin forwarded message", "debut du message transfere", "debut du message reexpedie")
FROM = frozenset({"from", "de", "expediteur", "von", "da"})
OTHERS = frozenset(
    {
        "sent", "date", "envoye", "envoye le", "to", "a", "cc", "subject", "objet", "sujet", "reply-to", "repondre a",
        "gesendet", "datum", "an", "betreff", "destinataire", "importance",
    }
)  # fmt: skip
ON_THE_MOVE = (
    "envoye de mon", "envoye depuis", "envoye a partir d", "envoye via", "envoye avec", "sent from", "sent via",
    "sent with", "get outlook for", "obtenir outlook pour", "telecharger outlook pour", "telechargez outlook pour",
    "provenance : courrier", "enviado desde", "von meinem", "gesendet von",
)  # fmt: skip
LONGEST_ON_THE_MOVE = 90


class Reply(msgspec.Struct, frozen=True):
    """A reply taken apart: what was written, what was quoted, the signature."""

    answer: str
    quoted: str
    signature: str


class _Page(msgspec.Struct):
    """The lines, the folded beginning and end of each, and for each the next one that is not blank."""

    lines: list[str]
    heads: list[str]
    tails: list[str]
    following: list[int]


def split_reply(text: str, markers: Sequence[str] = ()) -> Reply:
    """The reply taken apart; from a line that holds one of the markers on, everything is quoted."""
    page = _page_of(text)
    known = tuple(fold(_plain(marker)) for marker in markers)
    answer: list[str] = []
    quoted: list[str] = []
    signature: list[str] = []
    into, at = answer, 0
    while at < len(page.lines):
        lines = _quoted_lines(page, at, known)
        if lines:
            into = answer
            quoted += page.lines[at : at + lines]
        else:
            into = signature if _begins_signature(page.heads[at]) else into
            into.append(page.lines[at])
        at += lines or 1
    return Reply(_joined(answer), _joined(quoted), _joined(signature))


def _joined(lines: list[str]) -> str:
    kept = [line for at, line in enumerate(lines) if line.strip() or (at and lines[at - 1].strip())]
    return "\n".join(kept).strip()


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("\u200b", "")


def _looked_at(part: str) -> str:
    bare = part.strip()
    return fold(_plain(bare)).strip() if bare else ""


def _page_of(text: str) -> _Page:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    heads = [_looked_at(line[:SEEN]) for line in lines]
    tails = [heads[at] if len(line) <= SEEN else _looked_at(line[-SEEN:]) for at, line in enumerate(lines)]
    following = [len(lines)] * len(lines)
    for at in range(len(lines) - 2, -1, -1):
        following[at] = at + 1 if heads[at + 1] else following[at + 1]
    return _Page(lines, heads, tails, following)


def _quoted_lines(page: _Page, at: int, markers: Sequence[str]) -> int:
    """How many lines from here on are quoted; none when this one is not."""
    head = page.heads[at]
    if not head:
        return 0
    if head[0] in ">|":
        return 1
    rest = len(page.lines) - at
    if any(marker in head for marker in markers) or _separates(head) or _heads_a_mail(page, at):
        return rest
    wrapped = _attribution(page, at)
    if not wrapped:
        return 0
    return wrapped if _is_quoted(page, page.following[at + wrapped - 1]) else rest


def _is_quoted(page: _Page, at: int) -> bool:
    return at < len(page.heads) and page.heads[at].startswith(">")


def _separates(head: str) -> bool:
    if head.startswith(FORWARDS):
        return True
    core = head.strip("-_=* ")
    dashed = len(head) - len(head.lstrip("-_=* ")) >= 2
    return dashed and len(core) < 80 and core.startswith(SEPARATORS)


def _key(head: str) -> str:
    """What stands before the colon when the line may be one of a mail's header."""
    key, colon, _ = head.lstrip("*_ ")[:30].partition(":")
    return key.strip("* ") if colon else ""


def _heads_a_mail(page: _Page, at: int) -> bool:
    """Whether the header of the quoted mail begins here, or below the rule that is drawn here."""
    head = page.heads[at]
    if len(head) >= 5 and not head.strip("_-=*—"):
        at = page.following[at]
        if at == len(page.heads):
            return False
        head = page.heads[at]
    if _key(head) not in FROM | OTHERS:
        return False
    found = {_key(each) for each in page.heads[at : at + BLOCK]}
    return bool(found & FROM) and len(found & (FROM | OTHERS)) >= 3


def _attribution(page: _Page, at: int) -> int:
    """How many lines the line above a quote takes (`On … wrote:`, `Le … a écrit :`); none when there is none here."""
    head = page.heads[at].strip("-* ")
    for count in range(1, WRAPPED + 1):
        last = at + count - 1
        if last >= len(page.heads) or not page.heads[last]:
            return 0
        if _ends_attribution(page, at, last):
            return count
        if not head.startswith(OPENERS) and count == 2:
            return 0
    return 0


def _ends_attribution(page: _Page, at: int, last: int) -> bool:
    head, tail = page.heads[at].strip("-* "), page.tails[last].strip("-* ")
    joined = f"{head} {tail}" if last > at else tail
    if f" {tail}".endswith(WRITTEN):
        colon = tail.endswith(":")
        if head.startswith(OPENERS):
            return (colon or page.heads[at].startswith("--")) and _says_when_or_who(joined)
        return colon and ("@" in joined or _is_quoted(page, page.following[last]))
    if not tail.endswith(">:") or "@" not in joined:
        return False
    return head[:1].isdigit() or (head.startswith(OPENERS) and _is_quoted(page, page.following[last]))


def _says_when_or_who(line: str) -> bool:
    return "@" in line or any(sign.isdigit() for sign in line)


def _begins_signature(head: str) -> bool:
    return head in ("--", "— ", "—") or (len(head) <= LONGEST_ON_THE_MOVE and head.startswith(ON_THE_MOVE))
