"""Writes `docs/taxonomy.md`: which fields a Sigma rule can use, by log source.

`python -m hevesy.tables.taxonomy_page docs/taxonomy.md`
"""

from __future__ import annotations

import sys
from pathlib import Path

from hevesy.tables import PROVENANCE, TABLES, LogSource, Table

__all__ = ["taxonomy_page"]

_INTRODUCTION = """\
# Fields and log sources

<!-- Written by `python -m hevesy.tables.taxonomy_page docs/taxonomy.md`; change the tables. -->

A Sigma rule names a log source; the table that answers it has the columns below. Every table also
has {provenance}. A column that a log does not have is missing from its rows; columns that hevesy
does not know are kept under the log's own name, as text. `-` and empty cells are null.

*Pivot* says what kind of thing a value is, where records that share it belong together.
"""


def taxonomy_page() -> str:
    """The page, in Markdown."""
    provenance = ", ".join(f"`{name}`" for name in PROVENANCE)
    parts = [_INTRODUCTION.format(provenance=provenance)]
    parts += [_section(table) for table in TABLES.values()]
    return "\n".join(parts)


def _section(table: Table) -> str:
    lines = [f"## {table.name}: {table.title}", "", "Log sources:", ""]
    lines += [f"- {_log_source(one)}" for one in table.logsources]
    lines += ["", "| column | type | pivot | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{column.name}` | {column.dtype} | {column.pivot} | {_cell(column.meaning)} |"
        for column in table.columns
    ]
    if table.fields:
        lines += ["", "| field in a rule | is answered by |", "| --- | --- |"]
        lines += [f"| `{field}` | {_answer(to)} |" for field, to in table.fields]
    return "\n".join([*lines, ""])


def _log_source(source: LogSource) -> str:
    parts = {"product": source.product, "category": source.category, "service": source.service}
    named = [f"`{key}: {value}`" for key, value in parts.items() if value is not None]
    return ", ".join(named) or "any"


def _answer(to: str | tuple[str, ...]) -> str:
    return " + ".join(f"`{part}`" for part in ((to,) if isinstance(to, str) else to))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(taxonomy_page(), encoding="utf-8", newline="\n")
