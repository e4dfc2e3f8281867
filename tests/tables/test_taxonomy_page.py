"""Tests of `hevesy.tables.taxonomy_page`, and of the tables that it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from hevesy.tables import PROVENANCE, TABLES, Table
from hevesy.tables.taxonomy_page import taxonomy_page


def test_the_page_is_what_the_tables_say() -> None:
    """`python -m hevesy.tables.taxonomy_page docs/taxonomy.md` writes it anew."""
    page = Path(__file__).parents[2] / "docs" / "taxonomy.md"
    assert page.read_text(encoding="utf-8") == taxonomy_page()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: str(table.name))
def test_names_of_columns_are_told_apart_without_case(table: Table) -> None:
    """SQL does not tell `URL` from `url`, nor our `time` from a log's `Time`."""
    names = [column.name.lower() for column in table.columns]
    assert len(set(names)) == len(names)
    assert not set(names) & set(PROVENANCE)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: str(table.name))
def test_fields_of_rules_are_answered_by_columns_of_the_table(table: Table) -> None:
    """A misspelt column would let a rule fall silent."""
    if table.name == "windows":
        pytest.skip("its columns are those of each event")
    names = {column.name for column in table.columns}
    for field, to in table.fields:
        parts = (to,) if isinstance(to, str) else to
        assert all(part in names or part.startswith("'") for part in parts), field


def test_a_table_answers_no_log_source_of_another() -> None:
    """A rule is answered by one table, so that a record is one finding."""
    sources = [source for table in TABLES.values() for source in table.logsources]
    assert len(set(sources)) == len(sources)
