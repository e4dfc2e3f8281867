"""`load`: everything that hevesy knows, read and checked once, with its date and digest."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.errors import ContentError
from hevesy.knowledge.indicator_row import Row
from hevesy.knowledge.indicators import indicator_of
from hevesy.knowledge.table_files import check_date, check_sha256, read_rows
from hevesy.knowledge.threat_folder import load_threat, read_toml
from hevesy.model import Indicator, Threat

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FOLDER", "Knowledge", "load"]

FOLDER = Path(__file__).parent
"""Where the data that ships with hevesy lies."""

_CODE = {".py", ".pyc"}
_WEIGHTS = {"strong", "medium", "weak"}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What hevesy knows before it sees evidence."""

    threats: tuple[Threat, ...]
    """By name."""
    indicators: tuple[Indicator, ...]
    """Of every threat folder; each value once a type."""
    shipped: pl.DataFrame
    """`relative_path` (under the Exchange install folder, lower case, `/`), `sha256`, `product`,
    `cu`: pages that Exchange ships, one row a cumulative update."""
    shell_names: pl.DataFrame
    """`name` (lower case), `paths` and `legitimate` (lists of folders, lower case, `<ex>` and
    `<wwwroot>` in front; `legitimate` is where a shipped file has this name), `actors`, `sources`,
    `note`."""
    as_of: dt.date
    """The newest date that a data table speaks of."""
    digest: str
    """SHA-256 over every data file; the same on every platform."""


def load(folder: Path = FOLDER) -> Knowledge:
    """Read and check all knowledge.

    Raises:
        ContentError: A table, threat or remedy has a mistake; says file, line and value.
    """
    tables = _tables(folder)
    threats = tuple(
        load_threat(file.parent) for file in sorted(folder.glob("threats/*/threat.toml"))
    )
    return Knowledge(
        threats=threats,
        indicators=_indicators(folder, threats, tables),
        shipped=_shipped(*_table(folder, tables, "exchange/shipped_web_files.csv")),
        shell_names=_shell_names(*_table(folder, tables, "exchange/webshell_names.csv")),
        as_of=max(
            check_date(str(one["as_of"]), folder / "tables.toml", None) for one in tables.values()
        ),
        digest=_digest(folder),
    )


def _tables(folder: Path) -> dict[str, dict[str, Any]]:
    return {str(one["file"]): one for one in read_toml(folder / "tables.toml").get("tables", ())}


def _table(
    folder: Path, tables: dict[str, dict[str, Any]], name: str
) -> tuple[Path, list[tuple[int, dict[str, str]]]]:
    if name not in tables:
        raise ContentError(f"does not describe {name}", str(folder / "tables.toml"))
    path = folder / name
    return path, list(read_rows(path, tables[name]["columns"]))


def _shipped(path: Path, rows: list[tuple[int, dict[str, str]]]) -> pl.DataFrame:
    cells = [
        (row["relative_path"], check_sha256(row["sha256"], path, line), row["product"], row["cus"])
        for line, row in rows
    ]
    frame = pl.DataFrame(
        cells, schema=["relative_path", "sha256", "product", "cu"], orient="row"
    ).cast(pl.String())
    return frame.with_columns(pl.col("cu").str.split(" ")).explode("cu")


def _shell_names(path: Path, rows: list[tuple[int, dict[str, str]]]) -> pl.DataFrame:
    for line, row in rows:
        if not row["name"]:
            raise ContentError("row has no name", str(path), line)
    frame = pl.DataFrame([row for _, row in rows], schema=dict.fromkeys(rows[0][1], pl.String()))
    folders = [
        pl.col(name).str.to_lowercase().str.split("; ").list.filter(pl.element() != "")
        for name in ("paths", "legitimate")
    ]
    return frame.with_columns(pl.col("name").str.to_lowercase(), *folders)


def _indicators(
    folder: Path, threats: tuple[Threat, ...], tables: dict[str, dict[str, Any]]
) -> tuple[Indicator, ...]:
    found: dict[tuple[str, str], Indicator] = {}
    for threat in threats:
        name = f"threats/{threat.name}/indicators.csv"
        if not (folder / name).exists():
            continue
        path, rows = _table(folder, tables, name)
        for line, row in rows:
            one = _own_indicator(path, line, row)
            found.setdefault((one.type, one.value), one)
    return tuple(found.values())


def _own_indicator(path: Path, line: int, row: dict[str, str]) -> Indicator:
    if row["weight"] not in _WEIGHTS:
        raise ContentError(
            f"weight is not one of strong, medium, weak: {row['weight']!r}", str(path), line
        )
    if published := row.pop("published"):
        check_date(published, path, line)
    return indicator_of(Row(line, **row), path)


def _data_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        if path.is_file() and path.suffix not in _CODE:
            yield path


def _digest(folder: Path) -> str:
    """Over names and contents; line ends count as LF, so that a checkout on Windows agrees."""
    total = hashlib.sha256()
    for path in _data_files(folder):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()
