"""Markdown of remedies as HTML that can do nothing: no raw HTML, links to known hosts only."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hevesy.reports.escaping import visible
from hevesy.reports.words import trusted_hosts

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

__all__ = ["is_trusted", "render_markdown"]

OFF = ("image", "html_inline", "html_block", "autolink", "reference", "entity")


def render_markdown(text: str) -> str:
    """HTML of a remedy: headings (from h4), lists, code, emphasis, tables, links to known hosts.

    A remedy may quote evidence, so hidden characters are shown, and a link elsewhere becomes its
    text with the address behind it, not clickable.
    """
    rendered: str = _renderer().render(visible(text, lines=True))
    return rendered


def is_trusted(url: str) -> bool:
    """Whether a report may link there: https, and a host of `words.toml` or below one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    known = any(host == name or host.endswith(f".{name}") for name in trusted_hosts())
    # A browser reads `\\` as `/`: a host of plain characters leaves no room for two readings.
    plain = parts.netloc == host and re.fullmatch(r"[a-z0-9.-]+", host) is not None
    return parts.scheme == "https" and known and port is None and plain


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    renderer.enable("table").disable(list(OFF))
    # Addresses are judged when they are drawn; nothing is parsed away in silence.
    setattr(renderer, "validateLink", _any_link)  # noqa: B010  # a method, as its makers intend
    renderer.add_render_rule("link_open", _link_open)
    renderer.add_render_rule("link_close", _link_close)
    renderer.add_render_rule("heading_open", _heading)
    renderer.add_render_rule("heading_close", _heading)
    return renderer


def _any_link(_url: str) -> bool:
    return True


def _link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: Any,  # noqa: ANN401  # as markdown-it calls it
    env: MutableMapping[str, Any],
) -> str:
    token = tokens[index]
    url = str(token.attrGet("href") or "")
    if not is_trusted(url):
        return ""
    token.attrs = {"href": url, "rel": "noopener noreferrer"}
    return str(renderer.renderToken(tokens, index, options, env))


def _link_close(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: Any,  # noqa: ANN401  # as markdown-it calls it
    _env: MutableMapping[str, Any],
) -> str:
    from markdown_it.common.utils import escapeHtml

    opened = next(t for t in reversed(tokens[:index]) if t.type == "link_open")
    url = str(opened.attrGet("href") or "")
    return "</a>" if is_trusted(url) else f" ({escapeHtml(url)})"


def _heading(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: Any,  # noqa: ANN401  # as markdown-it calls it
    _env: MutableMapping[str, Any],
) -> str:
    token = tokens[index]
    level = min(6, int(token.tag[1:]) + 3)
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"
