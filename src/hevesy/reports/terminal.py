"""Text for a terminal: the one way out, where evidence loses every control sequence.

Evidence goes through `visible` into `rich.text.Text`, never through markup, so that it can
neither colour, link nor move anything. A file that cannot encode a sign gets a plain one.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hevesy.reports.escaping import visible
from hevesy.reports.words import plain_signs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["grid", "line", "print_parts", "write_rows"]

TRAILING = re.compile(r"(?:[ \t\r]|\x1b\[[0-9;]*m)+$")
"""Blanks at the end of a row, and the codes of colour among them."""
WIDTH = 100
"""Columns where the output is no terminal."""


def print_parts(
    parts: Iterable[RenderableType],
    file: TextIO,
    *,
    width: int | None = None,
    colour: bool | None = None,
) -> None:
    """Draw parts, one below the other, and write them to `file`.

    Args:
        parts: What rich can draw, made with `line` and `grid`.
        file: Where to.
        width: Columns; None: those of the terminal, or `WIDTH`.
        colour: None: where `file` is a terminal and `NO_COLOR` is not set.
    """
    from rich.console import Console
    from rich.text import Text

    is_terminal = file.isatty()
    drawn = io.StringIO()
    console = Console(
        file=drawn,
        width=width or (None if is_terminal else WIDTH),
        force_terminal=is_terminal if colour is None else colour,
        color_system="auto" if colour is None else "standard" if colour else None,
        no_color=None if colour is None else not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        # Printing joins texts, and forgets that one of them must not wrap.
        is_cut = isinstance(part, Text) and bool(part.no_wrap)
        console.print(part, no_wrap=is_cut or None, overflow="ellipsis" if is_cut else None)
    text = "\n".join(TRAILING.sub(_bare, row) for row in drawn.getvalue().split("\n"))
    file.write(_encodable(text, getattr(file, "encoding", None) or "utf-8"))


def _bare(end: re.Match[str]) -> str:
    return re.sub(r"[ \t\r]", "", end[0])


def write_rows(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    file: TextIO,
    width: int | None = None,
    colour: bool | None = None,
) -> None:
    """Write rows of a query or a list as a table that keeps every cell whole.

    Times are shown in UTC, lists joined by blanks, None as nothing.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(line(column), overflow="fold")
    for row in rows:
        table.add_row(*(line(_cell(value)) for value in row))
    print_parts([table], file, width=width, colour=colour)


def line(*parts: str | tuple[str, str], cut: bool = False) -> Text:
    """Text of plain or `(text, style)` parts, every one made visible.

    With `cut`, what does not fit on one row is left out and not wrapped.
    """
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis") if cut else Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        text.append(visible(content), style)
    return text


def grid(columns: int) -> Table:
    """A table without lines or header, indented by two; only its last column wraps."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    for number in range(columns):
        table.add_column(no_wrap=number < columns - 1, overflow="fold")
    return table


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            utc = value if value.tzinfo is None else value.astimezone(UTC)
            return utc.isoformat(sep=" ").removesuffix("+00:00")
        case list() | tuple():
            return " ".join(_cell(item) for item in value)
        case _:
            return str(value)


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(plain_signs())
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text
