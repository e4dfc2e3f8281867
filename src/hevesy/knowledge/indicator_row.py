"""The noun `Row`: one line of an indicator file before its value is understood."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """What a file says of one value, word for word."""

    line: int
    """1-based; 0 where the format has no lines (JSON)."""
    value: str
    type: str = ""
    context: str = ""
    source: str = ""
    actor: str = ""
    weight: str = ""
