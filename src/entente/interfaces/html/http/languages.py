"""The language of an answer: what the request prefers, else what its user chose."""

from functools import lru_cache

from entente.interfaces.html.http.peer import Connection
from entente.kernel.kit.words import LANGUAGES


def language_of(request: Connection, otherwise: str = "en") -> str:
    """The preferred of our languages by Accept-Language (RFC 9110, section 12.5.4), else the other one."""
    header = request.headers.get("accept-language")
    return (_preferred(header) if header else None) or otherwise


@lru_cache(maxsize=512)
def _preferred(header: str) -> str | None:
    wanted = []
    for part in header[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        language = name.strip()[:2].lower()
        if language in LANGUAGES:
            wanted.append((_weight(weight), language))
    best = max(wanted, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] > 0 else None


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
