"""Puts the figures of a run into `docs/benchmarks.md`, between two marks; the words around stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.plot import draw
from benchmarks.tables import results_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.record import Record

__all__ = ["PAGE", "write_page"]

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures: written by `python -m benchmarks --write-docs` -->", "<!-- end -->"


def write_page(records: Sequence[Record], page: Path = PAGE) -> None:
    """Write the figures and the charts anew.

    Raises:
        ValueError: The page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{page}: no place for figures: {_BEGIN} ... {_END}")
    pictures = [f"![{path.stem}]({path.name})" for path in draw(records, page.parent)]
    middle = "\n".join(["", results_markdown(records), *pictures, ""])
    page.write_text(before + begin + middle + end + after, encoding="utf-8")
