"""Normal forms under which equal people, companies and addresses meet (`reference/crm.md` 1.1, duplicate detection)."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers

HOME_REGION = "FR"
LEGAL_FORMS = frozenset(
    [
        "sa",
        "sas",
        "sasu",
        "sarl",
        "eurl",
        "sci",
        "scop",
        "scp",
        "snc",
        "selarl",
        "ei",
        "gie",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "ltd",
        "limited",
        "llc",
        "inc",
        "corp",
        "co",
        "plc",
        "bv",
        "nv",
        "spa",
        "srl",
        "sl",
        "slu",
        "oy",
        "ab",
        "as",
        "aps",
        "sagl",
        "association",
        "asso",
    ]
)
_WORD = re.compile(r"[a-z0-9]+")


# What becomes of signs of which Unicode knows no plain form. Typographic ones are as keyboards have them: whoever types
# l'atelier means L’Atelier. `public.fold` of the database does all of this alike: what changes here changes there.
_PLAIN = {
    **dict.fromkeys("‘’‛′ʼ", "'"),
    **dict.fromkeys("“”‟″", '"'),
    **dict.fromkeys("‐‑‒–—―", "-"),
    **{"⁄": "/", "ς": "σ", "Æ": "ae", "æ": "ae", "Œ": "oe", "œ": "oe", "Þ": "th", "þ": "th", "ẞ": "ss", "ß": "ss"},
    **dict(
        zip(
            "ÐØðøĐđĦħıĸŁłŊŋŦŧƀƁƂƃƇƈƉƊƋƌƐƑƒƓƖƗƘƙƚƝƞƤƥƫƬƭƮƲƳƴƵƶǤǥȡȤȥȴȵȶȷȺȻȼȽȾȿɀɃɄɆɇɈɉɌɍɎɏɓɖɗɛɟɠɦɨɫɱɲɼɽʈʋⱠⱡⱢⱣⱤⱥⱦⱧⱨⱩⱪⱫⱬⱮⱲⱳⱾⱿ",
            "dododdhhiqllnnttbbbbccddddeffgiikklnnppttttvyyzzggdzzlntjaccltszbueejjrryybddejghilmnrrtvlllprathhkkzzmwwsz",
            strict=True,
        )
    ),
}
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. Other scripts need their signs to tell words apart.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)


class _Folded(dict[int, str]):
    """What becomes of each sign, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        """The sign's plain form in lower case; nothing of an accent."""
        sign = chr(code)
        made = "" if _ACCENTS.match(sign) else _PLAIN.get(sign, sign.lower())
        self[code] = made
        return made


_FOLDED = _Folded()


def fold(text: str) -> str:
    """The text in lower case without accents and strokes; ligatures are spelt out, typographic signs plain."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).translate(_FOLDED)


def email_key(address: str) -> str | None:
    """The address in lower case without plus tag, or nothing when it has no @."""
    local, at, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if at and local and domain else None


def email_domain(address: str) -> str | None:
    """The domain of the address in lower case."""
    return address.strip().casefold().rpartition("@")[2] or None


@lru_cache(maxsize=4096)
def _parse(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None


@lru_cache(maxsize=4096)
def phone_key(number: str) -> str | None:
    """The number in E.164, or its digits when no country knows it."""
    parsed = _parse(number)
    if parsed and phonenumbers.is_possible_number(parsed):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return "".join(sign for sign in number if sign.isdigit()) or None


@lru_cache(maxsize=4096)
def phone_shown(number: str) -> str:
    """The number in the international form, or as typed when no country knows it."""
    parsed = _parse(number)
    if parsed and phonenumbers.is_possible_number(parsed):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return " ".join(number.split())


def company_key(name: str) -> str | None:
    """The company's name without accents, signs and legal form."""
    words = _WORD.findall(fold(name).replace(".", ""))
    kept = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(kept or words) or None


def name_key(name: str) -> str | None:
    """A person's name without accents and signs, its words in alphabetical order."""
    return " ".join(sorted(_WORD.findall(fold(name)))) or None


def text_key(text: str) -> str | None:
    """The text without accents and signs."""
    return " ".join(_WORD.findall(fold(text))) or None


def digits_key(text: str) -> str | None:
    """Letters and digits only, in upper case, for registration numbers."""
    return "".join(sign for sign in text if sign.isalnum()).upper() or None


def domain_key(address: str) -> str | None:
    """The registered host of a web address, without scheme, www and path."""
    host = re.sub(r"^[a-z]+://", "", address.strip().casefold()).split("/")[0].split(":")[0]
    return host.removeprefix("www.") or None


NORMALISERS: Mapping[str, Callable[[str], str | None]] = {
    "email": email_key,
    "phone": phone_key,
    "company_name": company_key,
    "person_name": name_key,
    "text": text_key,
    "vat": digits_key,
    "domain": domain_key,
    "similarity": company_key,
}
