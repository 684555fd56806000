"""File names as they may be stored, shown and sent in a header."""

import unicodedata

LONGEST = 180
FALLBACK = "file"
# Path separators and signs that some system gives a meaning of its own.
FORBIDDEN = dict.fromkeys(map(ord, '<>:"|?*'), "_")


def clean_name(name: str) -> str:
    """The last part of the name without signs that hide, reorder or lead elsewhere; never empty, at most 180 long."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Categories Cc, Cf, Co, Cs: control signs, invisible ones and those that turn the writing direction.
    visible = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    tidy = " ".join(visible.translate(FORBIDDEN).split()).strip(". ")
    return _shortened(tidy) or FALLBACK


def extension_of(name: str) -> str:
    """The part after the last dot in lower case, without the dot; empty when there is none."""
    stem, dot, last = name.rpartition(".")
    return last.casefold() if dot and stem else ""


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    extension = extension_of(name)[:20]
    return f"{name[: LONGEST - len(extension) - 1].rstrip('. ')}.{extension}" if extension else name[:LONGEST]
