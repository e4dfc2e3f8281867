"""Remedies read well, and what they quote of the evidence stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.reports.remedy_markdown import is_trusted, render_markdown


def test_what_remedies_use_is_drawn() -> None:
    """Lists, code, emphasis, headings below those of the report, tables, known links."""
    html = render_markdown(
        "# Now\n\n1. **do** `x <y>`\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n"
        "[guide](https://learn.microsoft.com/x?a=1&b=2)"
    )

    assert "<h4>Now</h4>" in html
    assert "<strong>do</strong> <code>x &lt;y&gt;</code>" in html
    assert "<td>1</td>" in html
    assert 'href="https://learn.microsoft.com/x?a=1&amp;b=2" rel="noopener noreferrer"' in html


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("![i](http://evil.example/x.png)", "!i (http://evil.example/x.png)"),
        ("[a](https://evil.example/)", "<p>a (https://evil.example/)</p>"),
        ("[a](javascript:x)", "<p>a (javascript:x)</p>"),
        ("<https://evil.example>", "<p>&lt;https://evil.example&gt;</p>"),
    ],
)
def test_what_could_act_becomes_text(text: str, drawn: str) -> None:
    """HTML, images, foreign links: shown, not done."""
    assert drawn in render_markdown(text)


@given(st.text(alphabet="[]()<>!`*_#|-:\n\\ abhtps/.\"'&", max_size=80))
def test_no_markdown_makes_a_foreign_link(text: str) -> None:
    """Whatever is nested in whatever: no element with an address but a known one."""
    html = render_markdown(text)

    assert "<img" not in html
    assert "href=" not in html


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://learn.microsoft.com/exchange/", True),
        ("https://www.cisa.gov/kev", True),
        ("http://learn.microsoft.com/", False),
        ("https://learn.microsoft.com.evil.example/", False),
        ("https://evil-learn.microsoft.com.evil.example", False),
        ("https://evillearn.microsoft.com", False),
        ("https://x@learn.microsoft.com/", False),
        ("https://learn.microsoft.com:444/", False),
        ("https://evil.example\\.learn.microsoft.com/", False),
        ("https://evil.example\\@learn.microsoft.com/", False),
        ("//learn.microsoft.com/", False),
        ("javascript://learn.microsoft.com/%0aalert(1)", False),
        ("https://[bad", False),
        ("", False),
    ],
)
def test_only_known_hosts_are_linked(url: str, trusted: bool) -> None:  # noqa: FBT001  # a case
    """An address of the attacker is never one click away."""
    assert is_trusted(url) is trusted
