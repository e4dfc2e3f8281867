"""SQL over a case with DuckDB: a query can change nothing and read nothing but the case.

How that is kept, in layers, since DuckDB 2.0 lets even a `SELECT` write: a common table
expression may hold a `COPY ... TO`.

1. The results are registered as Arrow data that polars read: DuckDB never has their paths.
2. `enable_external_access = false` closes the file system, extensions and the network, and
   `lock_configuration` keeps it closed; only the Parquet files of `records/` stay reachable,
   each by its exact path.
3. One statement is run, of the type `SELECT` (`DESCRIBE`, `SHOW`, `SUMMARIZE` and `FROM` are),
   whose plan DuckDB shows to hold no operator that writes.
"""

from __future__ import annotations

import json
import re
from contextlib import closing
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from hevesy.case import layout
from hevesy.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

__all__ = ["Result", "query"]

BATCH = 1024
ONE_SELECT = "a query must be one SELECT statement (or DESCRIBE, SHOW, SUMMARIZE, FROM)"
READ_ONLY = "a query can read the case only, and change nothing"
WRITES = ("COPY", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ATTACH", "EXPORT")
"""What stands in the name of a plan operator that writes: `COPY_TO_FILE`."""


class Result(NamedTuple):
    """Rows of a query; they come in batches from DuckDB while they are iterated."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    """Times are aware datetimes in UTC. Iterating raises CaseError where the query fails late."""


class _Lazy:
    """A Parquet file as Arrow data, read when a query first touches it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frame: pl.DataFrame | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        if self.frame is None:
            self.frame = pl.read_parquet(self.path, glob=False)
        return self.frame.__arrow_c_stream__(requested_schema)


def query(folder: Path, sql: str) -> Result:
    """Run one read-only SQL statement over a case.

    Views: `findings`, `timeline`, `ledger`, and `records_<table>` for each table whose records
    the case holds.

    Raises:
        CaseError: it is no case, or the statement is wrong or not allowed; one sentence.
    """
    if not (folder / layout.ASSESSMENT).is_file():
        raise CaseError(f"{folder} is no case of hevesy: it holds no {layout.ASSESSMENT}")
    for file in layout.TABLE_FILES.values():
        if not (folder / file).is_file():
            raise CaseError(f"{folder / file} is missing")
    batches = _run(folder, sql)
    columns = next(batches)
    return Result(tuple(columns[0]), (row for batch in batches for row in batch))


def _run(folder: Path, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the column names as the one row of a first batch, then batches of rows."""
    import duckdb

    with TemporaryDirectory(prefix="hevesy-query-") as scratch:
        try:
            with closing(_connect(folder.resolve(), scratch)) as connection:
                _ensure_reads_only(connection, sql)
                cursor = connection.execute(sql)
                yield [tuple(column[0] for column in cursor.description or ())]
                while rows := cursor.fetchmany(BATCH):
                    yield rows
        except (duckdb.Error, pl.exceptions.PolarsError) as error:
            raise CaseError(_sentence(error)) from error


def _connect(folder: Path, scratch: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": scratch,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET allow_persistent_secrets = false")
    for name, file in layout.TABLE_FILES.items():
        connection.register(name, _Lazy(folder / file))
    paths: list[str] = []
    for name, files in _record_tables(folder):
        patterns = [_literal_glob(file.as_posix()) for file in files]
        connection.read_parquet(patterns, union_by_name=True).create_view(name)
        paths += [*patterns, *(file.as_posix() for file in files)]
    quoted = ", ".join("'{}'".format(path.replace("'", "''")) for path in paths)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _record_tables(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    records = folder / layout.RECORDS
    if not records.is_dir():
        return
    for table in sorted(records.iterdir()):
        files = sorted(file for file in table.glob("*.parquet") if not file.is_symlink())
        if files and re.fullmatch(r"[a-z0-9_]+", table.name):
            yield f"records_{table.name}", files


def _literal_glob(path: str) -> str:
    """Write a path so that DuckDB takes no character of it as a wildcard."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _ensure_reads_only(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    import duckdb

    statements = duckdb.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise CaseError(f"{ONE_SELECT}: {READ_ONLY}")
    plan = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
    for _, text in plan:
        for operator in _operators(json.loads(text)):
            if any(word in operator for word in WRITES):
                raise CaseError(f"{READ_ONLY}: {operator} is refused")


def _operators(plan: Any) -> Iterator[str]:  # noqa: ANN401  # a JSON tree
    if isinstance(plan, list):
        for node in plan:
            yield from _operators(node)
    elif isinstance(plan, dict):
        yield str(plan.get("name", "")).upper()
        yield from _operators(plan.get("children", []))


def _sentence(error: Exception) -> str:
    import duckdb

    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, duckdb.PermissionException) or "has been locked" in first:
        return f"{READ_ONLY}: {first}"
    return f"the query cannot be run: {first}"
