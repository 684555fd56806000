"""Whether the receiving server vouches for the sender's domain (Authentication-Results, RFC 8601).

Only the topmost header that bears the trusted server's name is read: others may have been written by the sender.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from entente.services.mail.reading import Letter

Verdict = Literal["pass", "fail", "none"]
MOST_RESULTS = 30


class Proof(msgspec.Struct, frozen=True):
    """What is known of the sender's domain, and the words of the receiving server that say so."""

    verdict: Verdict
    header: str = ""


class Result(msgspec.Struct, frozen=True):
    """One method with its result and properties, such as `dkim`, `pass`, `header.d` -> `kervella.example`."""

    method: str
    result: str
    properties: dict[str, str]


def proof_of(letter: Letter, authserv: str | None) -> Proof:
    """Pass when SPF or DKIM passed for the domain of `From`; none when the trusted server says nothing about it."""
    for header in letter.all_of("authentication-results") if authserv else ():
        name, *results = [part.split() for part in _parts(header)]
        if name and name[0].lower() == str(authserv).lower():
            return Proof(_verdict(letter.sender.rpartition("@")[2], map(_result, results[:MOST_RESULTS])), header)
    return Proof("none")


def _parts(header: str) -> list[str]:
    """The header cut at its semicolons, without comments; what stands between quotes is one word."""
    made: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    for sign in header:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == '"' and not depth:
            quoted = not quoted
        elif quoted:
            made[-1].append("_" if sign in " ;()" else sign)
        elif sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif not depth and sign == ";":
            made.append([])
        elif not depth:
            made[-1].append(sign)
    return ["".join(part).replace(" = ", "=") for part in made]


def _result(words: list[str]) -> Result:
    pairs = [(name.lower(), value.lower()) for name, _, value in (word.partition("=") for word in words)]
    method, result = pairs[0] if pairs else ("", "")
    return Result(method.partition("/")[0], result, dict(reversed(pairs[1:])))


def _verdict(domain: str, results: Iterable[Result]) -> Verdict:
    found = [each for each in results if each.method in ("dmarc", "dkim", "spf")]
    for each in found:
        if each.method == "dmarc" and each.result in ("pass", "fail"):
            about = each.properties.get("header.from", domain)
            return "pass" if each.result == "pass" and about == domain else "fail"
    if any(each.result == "pass" and _aligned(_domain(each), domain) for each in found):
        return "pass"
    return "fail" if found else "none"


def _domain(result: Result) -> str:
    """The domain for which the method passed."""
    stated = result.properties
    if result.method == "dkim":
        return stated.get("header.d") or stated.get("header.i", "").rpartition("@")[2]
    return stated.get("smtp.mailfrom", "").rpartition("@")[2] if result.method == "spf" else ""


def _aligned(proved: str, domain: str) -> bool:
    """Whether one domain is the other or lies below it (relaxed alignment, RFC 7489 section 3.1)."""
    shorter = min(proved, domain, key=len)
    return "." in shorter and (
        proved == domain or f".{shorter}" in (proved[-len(shorter) - 1 :], domain[-len(shorter) - 1 :])
    )
