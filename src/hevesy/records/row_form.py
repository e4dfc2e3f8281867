"""What is known of the rows under one list of columns, to tell them from their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hevesy.records.byte_rows import Shape
from hevesy.records.cells import Layout
from hevesy.records.clients import CLIENT_COLUMNS
from hevesy.records.lines import LINE_LIMIT
from hevesy.records.text_log import layout_of

if TYPE_CHECKING:
    from hevesy.records.text_log import TextLog

__all__ = ["Form", "form_of"]


@dataclass(slots=True)
class Form:
    """What is known of the rows under one list of columns."""

    shape: Shape
    layout: Layout
    constant: tuple[tuple[int, int], ...]
    """Columns that are the same in every row that is passed over: first and last of a run."""
    judged: tuple[int, ...]
    """Columns whose cells say what can still match."""
    server: str
    """Column that names the row's own server."""
    others: tuple[int, ...]
    """Columns that tell of another server."""
    asked: Mapping[str, int]
    """Columns that tell who asked."""
    answers: dict[tuple[bytes, ...], int] = field(default_factory=dict)
    """Cells of the judged columns -> bits of those that may match."""


def form_of(log: TextLog, columns: tuple[str, ...], fields: str) -> Form | None:
    """What is known of the rows under a list of columns; None where all have to be read.

    Args:
        log: their kind.
        columns: by which rows are judged.
        fields: the list of columns.
    """
    sift = log.sift
    layout = layout_of(log, fields)
    names = layout.names
    if sift is None or layout.rest or names[: len(sift.first)] != sift.first:
        return None
    if len(names) == len(sift.first):
        return None  # no separator ends the time
    digits = {names.index(name): widths for name, widths in sift.digits.items() if name in names}
    if set(layout.anchors) - set(sift.digits):
        return None
    return Form(
        Shape(layout.separator, layout.separators, sift.time, digits, LINE_LIMIT),
        layout,
        _runs(sorted(names.index(name) for name in sift.constant if name in names)),
        tuple(map(names.index, columns)) if set(columns) <= set(names) else (),
        log.server,
        tuple(map(names.index, sift.others)) if set(sift.others) <= set(names) else (),
        {name: names.index(name) for name in CLIENT_COLUMNS.get(log.kind, ()) if name in names},
    )


def _runs(columns: list[int]) -> tuple[tuple[int, int], ...]:
    """Columns that stand side by side, together: they are compared at once."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column - 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return tuple(runs)
