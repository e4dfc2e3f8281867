"""The CSV of findings holds every record, typed for a spreadsheet, and is safe to open."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import polars as pl

from hevesy import reports
from hevesy.tables import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.tables import Tables


def test_every_record_is_a_row(tables: Tables) -> None:
    """All columns of the schema, one row a record, values as the table has them."""
    text = reports.write_csv(tables.findings)
    assert text is not None

    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(FINDINGS)
    assert [row["id"] for row in rows] == tables.findings["id"].to_list()
    assert rows[1]["time"] == "2021-03-02T23:41:07.120000Z"
    assert rows[1]["techniques"] == "T1595.002"
    assert rows[1]["line"] == "4000"


def test_a_file_gets_the_same_bytes(tables: Tables, tmp_path: Path) -> None:
    """Millions of rows go to a file without becoming one text."""
    reports.write_csv(tables.findings, tmp_path / "f.csv")

    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == reports.write_csv(tables.findings)


def test_no_finding_is_a_header_alone() -> None:
    """An empty case gives an empty sheet, with its columns."""
    text = reports.write_csv(pl.DataFrame(schema=FINDINGS))

    assert text is not None
    assert text.count("\n") == 1
