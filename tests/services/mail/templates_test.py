"""Templates of people: blanks are filled, nothing else happens; addresses of servers are read."""

import pytest

from entente.kernel.kit.refusal import Refused
from entente.services.mail.smtp import Server, read_server
from entente.services.mail.templates import render_template


class Trap:
    secret = "s3cret"

    def __str__(self) -> str:
        return "trap"

    def burn(self) -> str:
        raise AssertionError("a template called a method")


def test_blanks_are_filled() -> None:
    text = "Bonjour {{ person.name }}, {% for item in items %}{{ item | upcase }} {% endfor %}"
    assert render_template(text, {"person": {"name": "Anaïs"}, "items": ["a", "b"]}) == "Bonjour Anaïs, A B "


def test_html_is_escaped() -> None:
    assert render_template("<p>{{ name }}</p>", {"name": "<b>x</b>"}, html=True) == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    "text", ["{{ it.secret }}", "{{ it.burn }}", "{{ it.__class__.__mro__ }}", "{{ it.__init__ }}"]
)
def test_templates_see_no_objects(text: str) -> None:
    assert render_template(text, {"it": Trap()}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..100000) %}x{% endfor %}",
        "{% for a in (1..999) %}{% for b in (1..999) %}x{% endfor %}{% endfor %}",
        "{% assign s = 'xxxxxxxxxx' %}{% for a in (1..40) %}{% assign s = s | append: s %}{% endfor %}",
        "{% include 'etc/passwd' %}",
        "{% if %}",
        "{% for a in b %}",
        "{{ 'x' | nosuchfilter }}",
        "x" * 200_000,
    ],
)
def test_templates_that_do_too_much_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        render_template(text, {})


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", Server(host="localhost", port=25)),
        (
            "smtp://moi%40x.fr:p%3Aw@mail.example:2525?starttls",
            Server(host="mail.example", port=2525, user="moi@x.fr", password="p:w", security="starttls"),
        ),
        ("smtp://mail.example?starttls=1", Server(host="mail.example", port=587, security="starttls")),
        ("smtps://mail.example", Server(host="mail.example", port=465, security="tls")),
    ],
)
def test_server_addresses_are_read(url: str, server: Server) -> None:
    assert read_server(url) == server


def test_password_is_not_shown() -> None:
    assert "geheim" not in repr(read_server("smtp://u:geheim@mail.example"))


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp"):
        read_server(url)
