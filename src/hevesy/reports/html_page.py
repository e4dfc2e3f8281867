"""The HTML report: one file without script, for the screen, for paper, without colour too."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hevesy.reports.clock import clock_hint
from hevesy.reports.compiled_templates import template_cache
from hevesy.reports.escaping import visible
from hevesy.reports.headline import draw_headline
from hevesy.reports.mark import Mark
from hevesy.reports.numbers import count_words, name_words, size_words
from hevesy.reports.plan_groups import group_exposures
from hevesy.reports.remedy_markdown import is_trusted, render_markdown
from hevesy.reports.report_view import MAX_LIST, MAX_STEPS, draw_view, order_pivots
from hevesy.reports.words import glossary, label, word
from hevesy.tables import kind_title

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Environment, Template

    from hevesy.model import Assessment
    from hevesy.tables import SlicedTables, Tables

__all__ = ["page_environment", "page_style", "write_html"]

MAX_RAW = 1500
"""Characters shown of a record; all of it is in findings.parquet."""


def write_html(
    assessment: Assessment, tables: Tables | SlicedTables, *, mark: Mark = Mark.AMBER
) -> str:
    """Draw the report of an assessment; the same text for the same input.

    Evidence is escaped by autoescape, and characters that hide or reorder text are shown as
    escapes wherever a value is put in. The page forbids itself, by a Content Security Policy,
    everything but its own one style sheet.

    Args:
        assessment: The result document.
        tables: Its tables; of them only the numbers of rows are shown.
        mark: Who may see it.
    """
    style, style_hash = page_style(mark)
    return _template().render(
        a=assessment,
        view=draw_view(assessment),
        headline=draw_headline(assessment),
        mark=word("mark", mark.value),
        style=style,
        style_hash=style_hash,
        rows={name: getattr(tables, name).height for name in ("findings", "timeline", "ledger")},
        glossary=glossary,
        max_list=MAX_LIST,
        max_steps=MAX_STEPS,
    )


def page_style(mark: Mark, *more: str) -> tuple[Any, str]:
    """The style sheet of a page as markup, and the word by which its policy allows it.

    Args:
        mark: who may see the page.
        more: names of further sheets in `templates`.
    """
    folder = resources.files("hevesy.reports").joinpath("templates")
    sheets = [folder.joinpath(name).read_text("utf-8") for name in ("report.css", *more)]
    # A name of `Mark` and a colour of words.toml: nothing here comes from evidence.
    style = (
        "".join(sheets)
        .replace("TLP:MARK", mark.value)
        .replace("--mark: #fff", f"--mark: {word('mark', mark.value).colour}")
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _markup(style), f"sha256-{digest}"


@cache
def _template() -> Template:
    return page_environment().get_template("report.html.jinja")


def page_environment() -> Environment:
    """The environment of all pages: autoescape, every value made visible, nothing undefined."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hevesy.reports"),
        bytecode_cache=template_cache(),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "block": _block,
        "bytes": size_words,
        "clock_hint": clock_hint,
        "count": count_words,
        "exposure_groups": group_exposures,
        "kind": kind_title,
        "names": name_words,
        "number": _number,
        "path": _path,
        "remedy": lambda text: _markup(render_markdown(text)),
        "telling": order_pivots,
        "time": _time,
        "word": lambda key, family: label(family, key),
    }
    environment.tests["trusted"] = is_trusted
    environment.globals["word"] = word
    return environment


def _finalize(value: Any) -> Any:  # noqa: ANN401  # as Jinja calls it, with any value
    """Every value that a template puts in passes here, before it is escaped."""
    if hasattr(value, "__html__"):
        return value
    return "" if value is None else visible(str(value))


def _markup(html: str) -> Any:  # noqa: ANN401  # markupsafe is imported with jinja2, late
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # of our own making, see the callers


def _block(text: str) -> Any:  # noqa: ANN401  # Markup, see above
    """A raw record: lines kept, hidden characters shown, cut where it is very long."""
    from markupsafe import Markup, escape

    shown = escape(visible(text[:MAX_RAW], lines=True))
    if len(text) > MAX_RAW:
        more = f"{len(text) - MAX_RAW:,} more characters in findings.parquet"
        shown += Markup('<span class="cut">… {}</span>').format(more)
    return shown


def _path(text: str) -> Any:  # noqa: ANN401  # Markup, see above
    """A path that may be broken after its separators, and only there if it can."""
    from markupsafe import escape

    shown = escape(visible(text))
    return _markup(str(shown).replace("/", "/<wbr>").replace("\\", "\\<wbr>"))


def _time(moment: datetime | None) -> str:
    if moment is None:
        return "time unknown"
    utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat(sep=" ")[:19]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
