"""Which table answers to which Sigma log source: the house's tables, handed to the Sigma engine."""

from __future__ import annotations

from hevesy.sigma import LogSource, TableMap, Taxonomy
from hevesy.tables import TABLES

__all__ = ["taxonomy"]


def taxonomy() -> Taxonomy:
    """The taxonomy of every table of the house; the engine itself knows none of them."""
    return Taxonomy(
        tuple(
            TableMap(
                name=table.name,
                logsources=tuple(
                    LogSource(product=one.product, category=one.category, service=one.service)
                    for one in table.logsources
                ),
                fields=dict(table.fields),
                windows=table.name == "windows",
                # Unbound values are looked for in the line as it stands; an event has no such line.
                keywords=None if table.name == "windows" else ("raw",),
            )
            for table in TABLES.values()
        )
    )
