"""What the caller's tables are: which Sigma log sources they answer to, and under which columns."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["LogSource", "TableMap", "Taxonomy"]


@dataclass(frozen=True, slots=True)
class LogSource:
    """A Sigma log source; a table answers to it only where all three are equal to the rule's."""

    product: str | None = None
    category: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        """Read as in a rule: `product=windows, category=process_creation`."""
        named = (("product", self.product), ("category", self.category), ("service", self.service))
        return ", ".join(f"{key}={value}" for key, value in named if value is not None)


@dataclass(frozen=True, slots=True)
class TableMap:
    """One table of the caller, as Sigma sees it."""

    name: str
    logsources: tuple[LogSource, ...] = ()
    """The log sources that the rows of this table stand for."""
    fields: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Sigma field -> column, or the parts of a concatenation: columns and `'literals'` in quotes.

    `("cs-uri-stem", "'?'", "cs-uri-query")`: a literal is written only where the column after it
    holds something; a column that is missing, empty or `-` counts as holding nothing; with nothing
    at all the field is missing. A field that is not named here is looked for as a column.
    """
    windows: bool = False
    """Whether this is a wide table of Windows events of any channel.

    Its log source conditions (channel, event ids) then come from the stock Sigma pipelines, and its
    rows need the columns `Channel`, `EventID`, `Provider_Name` and `Computer` beside EventData.
    """
    keywords: tuple[str, ...] | None = None
    """The columns that keyword (unbound) values search; None: every text column of the frame."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All tables of the caller; a rule may be answered by several of them."""

    tables: tuple[TableMap, ...] = ()

    def table(self, name: str) -> TableMap | None:
        """The table of that name, or None."""
        return next((table for table in self.tables if table.name == name), None)
