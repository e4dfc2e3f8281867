"""The page of an estate: what is open on each server and what to install; one file, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.reports.estate_view import draw_estate
from hevesy.reports.html_page import page_environment, page_style
from hevesy.reports.mark import Mark
from hevesy.reports.words import glossary, word

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from hevesy.model import ExposedServer
    from hevesy.reports.estate_view import DataTable

__all__ = ["write_estate"]


def write_estate(
    servers: Sequence[ExposedServer],
    tables: Sequence[DataTable],
    today: dt.date,
    *,
    problems: Sequence[str] = (),
    mark: Mark = Mark.AMBER,
) -> str:
    """Draw the exposure of an estate; the same text for the same input.

    What comes from evidence is escaped, and hidden characters are shown, as in the report of a
    case, whose style and policy it shares.

    Args:
        servers: as `examine` gives them, the gravest first.
        tables: what they were compared with, and its age.
        today: the day on which support was judged.
        problems: what could not be read: one sentence each.
        mark: who may see it.
    """
    style, style_hash = page_style(mark, "estate.css")
    return (
        page_environment()
        .get_template("estate.html.jinja")
        .render(
            view=draw_estate(servers),
            tables=tables,
            today=today.isoformat(),
            problems=problems,
            mark=word("mark", mark.value),
            style=style,
            style_hash=style_hash,
            states=glossary("exposure"),
        )
    )
