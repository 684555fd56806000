"""The one place where foreign HTML is made harmless."""

import re
from html import unescape

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p",
    "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"alt", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan"}}
# What ends a line; a tag that never closes ends at the next one, so that no text takes long.
_ENDS = re.compile(r"<(?:br|hr|/(?:blockquote|div|h[1-6]|li|p|pre|td|th|tr))\b[^<>]*>", re.IGNORECASE)


def clean_html(html: str) -> str:
    """The HTML with nothing in it that runs, styles or calls home: images lose their address."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"}).strip()


def plain_text(html: str) -> str:
    """The words of an HTML text, each of its blocks on a line of its own; no longer HTML: to be escaped where shown."""
    return unescape(nh3.clean(_ENDS.sub("\n", html), tags=set())).strip()
