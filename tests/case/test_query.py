"""SQL over a case reads the case, changes nothing and reaches nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy import case
from hevesy.errors import CaseError

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.model import Assessment
    from hevesy.tables import Tables

FORBIDDEN = (
    "COPY findings TO '{outside}/x.csv'",
    "COPY findings TO '{case}/x.csv'",
    "COPY (SELECT 1) TO '{case}/records/iis/0.parquet' (FORMAT parquet, USE_TMP_FILE false)",
    "WITH x AS (COPY (SELECT 1) TO '{case}/records/iis/0.parquet' (USE_TMP_FILE false)) FROM x",
    "WITH x AS (COPY (SELECT 1) TO '{case}/findings.parquet' (USE_TMP_FILE false)) FROM x",
    "EXPLAIN ANALYZE COPY findings TO '{case}/x.csv'",
    "EXPORT DATABASE '{case}/all'",
    "ATTACH '{case}/new.db'",
    "ATTACH '{outside}/new.db' AS other",
    "SELECT * FROM read_csv('{outside}/secret.csv')",
    "SELECT * FROM read_text('{outside}/secret.csv')",
    "SELECT * FROM '{outside}/secret.csv'",
    "SELECT * FROM '{case}/findings.parquet'",
    "SELECT * FROM read_text('{case}/run.json')",
    "SELECT * FROM read_parquet('{case}/records/iis/../../findings.parquet')",
    "SELECT * FROM glob('{outside}/*')",
    "SELECT * FROM sniff_csv('{outside}/secret.csv')",
    "SELECT * FROM read_csv('https://192.0.2.1/x.csv')",
    "SELECT * FROM enable_logging(storage='file', storage_config={{'path': '{outside}'}})",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA database_list",
    "CREATE TABLE t (a INT)",
    "DROP VIEW findings",
    "INSERT INTO findings SELECT * FROM findings",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY findings TO '{case}/x.csv'",
    "SELECT getenv('HOME')",
    "SELECT * FROM tables",
    "",
    "no SQL at all",
)


@pytest.fixture
def folder(tmp_path: Path, assessment: Assessment, tables: Tables) -> Path:
    """A case with records, its name full of what SQL and globs take for their own."""
    parts = tmp_path / "parts" / "iis"
    parts.mkdir(parents=True)
    pl.DataFrame({"line": [1, 2], "cs-method": ["GET", "POST"]}).write_parquet(parts / "0.parquet")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    name = "it's [a] case"
    return case.write(
        tmp_path / name,
        assessment,
        tables,
        html="",
        versions={},
        run={},
        records=tmp_path / "parts",
    )


def test_views_hold_every_row(folder: Path, tables: Tables) -> None:
    """`findings`, `timeline`, `ledger` and `records_<table>` are there, typed."""
    for name in ("findings", "timeline", "ledger"):
        result = case.query(folder, f"SELECT count(*) AS n FROM {name}")  # noqa: S608  # own names
        assert list(result.rows) == [(getattr(tables, name).height,)]
        assert result.columns == ("n",)
    records = case.query(folder, 'SELECT "cs-method" FROM records_iis ORDER BY line')
    assert list(records.rows) == [("GET",), ("POST",)]


def test_times_are_utc_and_lists_are_lists(folder: Path) -> None:
    """A row comes as Python values that say what they are."""
    result = case.query(
        folder, "SELECT time, techniques FROM findings WHERE stage = 'exploit' LIMIT 1"
    )

    ((time, techniques),) = result.rows
    assert time == datetime(2021, 3, 2, 23, 52, 7, 120_000, tzinfo=UTC)
    assert techniques == ["T1190"]


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE findings",
        "SHOW TABLES",
        "SUMMARIZE ledger",
        "FROM findings SELECT id",
        "WITH x AS (SELECT stage FROM findings) SELECT stage, count(*) FROM x GROUP BY ALL",
        "SELECT f.id FROM findings f JOIN timeline t ON t.finding = f.id",
        "SELECT 1;",
    ],
)
def test_reading_statements_work(folder: Path, sql: str) -> None:
    """What only reads is not refused."""
    assert list(case.query(folder, sql).rows)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_nothing_else_works(folder: Path, tmp_path: Path, sql: str) -> None:
    """Writing, settings, extensions and files outside end in one CaseError; nothing changes."""
    before = sorted((str(p), p.stat().st_size) for p in tmp_path.rglob("*"))
    inside = folder.as_posix().replace("'", "''")
    statement = sql.format(case=inside, outside=tmp_path.as_posix())

    with pytest.raises(CaseError) as caught:
        list(case.query(folder, statement).rows)
    assert "\n" not in str(caught.value)
    assert sorted((str(p), p.stat().st_size) for p in tmp_path.rglob("*")) == before
    assert case.verify(folder) == ()


def test_an_error_while_reading_rows_is_a_sentence_too(folder: Path) -> None:
    """A cast that fails in the thousandth row is no traceback."""
    sql = "SELECT CASE WHEN range = 150000 THEN CAST('x' || range AS INT) END FROM range(200000)"

    with pytest.raises(CaseError, match="the query cannot be run"):
        list(case.query(folder, sql).rows)


def test_a_folder_that_is_no_case_is_said(tmp_path: Path) -> None:
    """One sentence, no empty views."""
    with pytest.raises(CaseError, match="is no case of hevesy"):
        case.query(tmp_path, "SELECT 1")
