"""A literal and where in a value it has to stand: what one pass looks for by the thousand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["Hits", "Probe", "plain_hits"]

Hits = dict[int, list[int]]
"""Probe index -> ascending indexes of the values that pass it."""

_SHORT = 2
"""A literal of so few letters is found everywhere: each match costs more than a direct test."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A folded literal and where in a folded value it has to stand."""

    kind: str
    """`contains`, `startswith`, `endswith` or `equals`."""
    text: str

    @property
    def scannable(self) -> bool:
        """Whether a pass can look for it: hyperscan takes patterns as C strings."""
        return bool(self.text) and "\x00" not in self.text

    @property
    def sparse(self) -> bool:
        """Whether a pass had better look for it: what is short may be found everywhere."""
        text = self.text
        return self.scannable and (
            self.kind != "contains" or len(text) > _SHORT or not text.isascii()
        )

    def passing(self, values: Sequence[str | None]) -> list[int]:
        """The numbers of the folded values that pass; one that is None does not."""
        text = self.text
        pairs = enumerate(values)
        if self.kind == "contains":
            return [number for number, value in pairs if value is not None and text in value]
        if self.kind == "equals":
            return [number for number, value in pairs if value == text]
        if self.kind == "startswith":
            return [
                number for number, value in pairs if value is not None and value.startswith(text)
            ]
        return [number for number, value in pairs if value is not None and value.endswith(text)]

    def expression(self, values: pl.Expr) -> pl.Expr:
        """The same test over a column of folded values."""
        if self.kind == "contains":
            return values.str.contains(self.text, literal=True)
        if self.kind == "equals":
            return values == self.text
        if self.kind == "startswith":
            return values.str.starts_with(self.text)
        return values.str.ends_with(self.text)


def plain_hits(probes: Sequence[Probe], which: Sequence[int], values: Sequence[str]) -> Hits:
    """The hits of some probes, one test after another: the quickest way for a few values."""
    return {index: found for index in which if (found := probes[index].passing(values))}
