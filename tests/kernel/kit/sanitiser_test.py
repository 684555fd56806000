"""What is left of an HTML text when only its words count."""

from entente.kernel.kit.sanitiser import plain_text


def test_words_are_no_html_any_more_and_blocks_stay_apart() -> None:
    html = "<p>R&amp;D</p><p>100&nbsp;€ &lt; 200&nbsp;€</p><ul><li>one</li><li>two</li></ul>three<br>four"
    assert plain_text(html).splitlines() == ["R&D", "100\u00a0€ < 200\u00a0€", "one", "two", "three", "four"]


def test_what_runs_leaves_nothing() -> None:
    assert plain_text("<script>alert(1)</script>Hello <b>there</b>") == "Hello there"
