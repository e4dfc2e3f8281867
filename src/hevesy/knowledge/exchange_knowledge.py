"""`load_exchange`: builds, fixes, KEV and measures of Exchange, checked, with what was imported."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hevesy.errors import ContentError
from hevesy.knowledge.build_number import show_build
from hevesy.knowledge.exchange_builds import BuildTable, KnownBuild, build_row, build_table
from hevesy.knowledge.exchange_cves import (
    Fix,
    KevEntry,
    fix_row,
    join_facts,
    kev_row,
    vulnerability_row,
)
from hevesy.knowledge.exchange_measures import (
    Condition,
    Measure,
    expected_row,
    read_conditions,
    read_measures,
)
from hevesy.knowledge.table_files import check_date, read_rows
from hevesy.knowledge.threat_folder import read_toml
from hevesy.model import CveFacts

__all__ = ["ExchangeKnowledge", "TableAge", "load_exchange", "table_ages", "user_folder"]

_SHIPPED = Path(__file__).parent
_FILES = (
    "builds.csv",
    "conditions.toml",
    "exploitation.csv",
    "extended_protection.csv",
    "fixes.csv",
    "kev.csv",
    "mitigations.toml",
    "vulnerabilities.csv",
)
STALE_DAYS = 45
"""Age at which a table is called old: Microsoft's updates come monthly."""


@dataclass(frozen=True, slots=True)
class ExchangeKnowledge:
    """What is known of Exchange's versions before any evidence is seen."""

    builds: BuildTable
    fixes: Mapping[str, tuple[Fix, ...]]
    """By vulnerability; rows that are contradicted are among them and decide nothing."""
    facts: Mapping[str, CveFacts]
    """By vulnerability, every one that a fix or KEV names."""
    conditions: Mapping[str, Condition]
    measures: tuple[Measure, ...]
    extended_protection: tuple[tuple[str, str, str], ...]
    """Virtual directory, what its front and its back end should have; empty: there is none."""
    kev_date: dt.date
    """Of the KEV catalogue."""
    as_of: dt.date
    """Newest date of a row."""
    digest: str
    """SHA-256 over the data files, imported ones included."""


@dataclass(frozen=True, slots=True)
class TableAge:
    """How old a data table is."""

    file: str
    title: str
    as_of: dt.date
    days: int
    """Since then, on the day asked about."""
    stale: bool
    imported: bool


def user_folder() -> Path:
    """Where imported tables of this user lie; nothing is ever written into the package."""
    import platformdirs

    return Path(platformdirs.user_data_dir("hevesy", appauthor=False)) / "exchange"


def load_exchange(folder: Path = _SHIPPED, own: Path | None = None) -> ExchangeKnowledge:
    """Read and check what is known of Exchange's versions.

    Args:
        folder: the data that ships with hevesy.
        own: folder with `builds.csv` and `kev.csv` that the user imported; None reads none.

    Raises:
        ContentError: A table has a mistake, or two of them do not fit; says file, line, value.
    """
    columns = _columns(folder)
    exchange = folder / "exchange"
    builds = _builds(exchange / "builds.csv", own, columns)
    fixes = _fixes(exchange / "fixes.csv", columns, builds)
    kev, kev_date = _kev(folder, own, columns)
    conditions = read_conditions(exchange / "conditions.toml")
    _check_needs(fixes, conditions, exchange / "fixes.csv")
    by_cve: dict[str, list[Fix]] = {}
    for fix in fixes:
        by_cve.setdefault(fix.cve, []).append(fix)
    dates = [row.date for row in builds.rows] + [fix.date for fix in fixes] + [k.date for k in kev]
    return ExchangeKnowledge(
        builds=builds,
        fixes={cve: tuple(rows) for cve, rows in by_cve.items()},
        facts=_facts(exchange, columns, kev, by_cve),
        conditions=conditions,
        measures=read_measures(exchange / "mitigations.toml"),
        extended_protection=_expected(exchange / "extended_protection.csv", columns),
        kev_date=kev_date,
        as_of=max(dates),
        digest=_digest(exchange, own),
    )


def table_ages(
    today: dt.date, folder: Path = _SHIPPED, own: Path | None = None
) -> tuple[TableAge, ...]:
    """How old each data table is, the shipped and the imported ones.

    Raises:
        ContentError: `tables.toml` or an imported table has a mistake.
    """
    ages = [
        _age(str(one["file"]), str(one["title"]), _day(one["as_of"], folder), today, imported=False)
        for one in _described(folder)
    ]
    columns = _columns(folder)
    for name in ("builds.csv", "kev.csv"):
        path = own / name if own else None
        if path is None or not path.exists():
            continue
        rows = [
            check_date(row["date"], path, line)
            for line, row in read_rows(path, columns[f"exchange/{name}"])
        ]
        title = f"Imported: {name}"
        ages.append(_age(str(path), title, max(rows, default=today), today, imported=True))
    return tuple(ages)


def _age(file: str, title: str, as_of: dt.date, today: dt.date, *, imported: bool) -> TableAge:
    days = (today - as_of).days
    return TableAge(file, title, as_of, days, days > STALE_DAYS, imported)


def _described(folder: Path) -> list[dict[str, Any]]:
    return list(read_toml(folder / "tables.toml").get("tables", ()))


def _columns(folder: Path) -> dict[str, list[str]]:
    return {str(one["file"]): list(one["columns"]) for one in _described(folder)}


def _day(value: object, folder: Path) -> dt.date:
    return check_date(str(value), folder / "tables.toml", None)


def _builds(path: Path, own: Path | None, columns: dict[str, list[str]]) -> BuildTable:
    names = columns["exchange/builds.csv"]
    rows = [build_row(row, path, line) for line, row in read_rows(path, names)]
    added = own / "builds.csv" if own else None
    if added and added.exists():
        rows = _newer(rows, [build_row(row, added, line) for line, row in read_rows(added, names)])
    return build_table(rows, path)


def _newer(shipped: list[KnownBuild], added: list[KnownBuild]) -> list[KnownBuild]:
    """Both; an imported row replaces the shipped one of the same update."""
    replaced = {(row.product, row.cu, row.update) for row in added if row.update}
    replaced_builds = {row.build for row in added}
    kept = [
        row
        for row in shipped
        if (row.product, row.cu, row.update) not in replaced and row.build not in replaced_builds
    ]
    return kept + added


def _fixes(path: Path, columns: dict[str, list[str]], builds: BuildTable) -> list[Fix]:
    found = []
    known = {(row.product, row.cu, row.build) for row in builds.rows}
    for line, row in read_rows(path, columns["exchange/fixes.csv"]):
        fix = fix_row(row, path, line)
        fits = fix.build is None or (fix.product, fix.cu, fix.build) in known
        if not fits and fix.standing == "stands" and fix.build:
            build = f"{show_build(fix.build)} of {fix.product} {fix.cu}"
            message = f"{fix.cve}: no build {build} is known"
            raise ContentError(message, str(path), line)
        found.append(fix)
    return found


def _kev(
    folder: Path, own: Path | None, columns: dict[str, list[str]]
) -> tuple[list[KevEntry], dt.date]:
    """The newer catalogue and its date; of the shipped one what is younger than the imported."""
    path = folder / "exchange" / "kev.csv"
    names = columns["exchange/kev.csv"]
    shipped = [kev_row(row, path, line) for line, row in read_rows(path, names)]
    described = {str(one["file"]): one["as_of"] for one in _described(folder)}
    date = _day(described["exchange/kev.csv"], folder)
    added = own / "kev.csv" if own else None
    if added is None or not added.exists():
        return shipped, date
    imported = [kev_row(row, added, line) for line, row in read_rows(added, names)]
    catalogue = max((entry.date for entry in imported), default=date)
    if not imported or catalogue < date:
        return shipped, date
    known = {entry.cve for entry in imported}
    younger = [one for one in shipped if one.cve not in known and one.added > catalogue]
    return imported + younger, catalogue


def _facts(
    exchange: Path, columns: dict[str, list[str]], kev: list[KevEntry], by_cve: dict[str, list[Fix]]
) -> dict[str, CveFacts]:
    path = exchange / "vulnerabilities.csv"
    facts = [
        vulnerability_row(row, path, line)
        for line, row in read_rows(path, columns["exchange/vulnerabilities.csv"])
    ]
    if missing := sorted(set(by_cve) - {one.id for one in facts}):
        raise ContentError(f"does not name {', '.join(missing)}", str(path))
    path = exchange / "exploitation.csv"
    exploited = {
        row["cve"]: (check_date(row["first_exploited"], path, line), row["source"])
        for line, row in read_rows(path, columns["exchange/exploitation.csv"])
    }
    return join_facts(facts, kev, exploited)


def _expected(path: Path, columns: dict[str, list[str]]) -> tuple[tuple[str, str, str], ...]:
    names = columns["exchange/extended_protection.csv"]
    return tuple(expected_row(row, path, line) for line, row in read_rows(path, names))


def _check_needs(fixes: list[Fix], conditions: dict[str, Condition], path: Path) -> None:
    for fix in fixes:
        if fix.needs and fix.needs not in conditions:
            raise ContentError(f"{fix.cve}: needs no known condition: {fix.needs!r}", str(path))
        if fix.kind not in {"build", "not_affected"} and not fix.needs:
            raise ContentError(f"{fix.cve}: kind {fix.kind} says no need", str(path))


def _digest(exchange: Path, own: Path | None) -> str:
    """Over names and contents; line ends count as LF, so that a checkout on Windows agrees."""
    paths = [exchange / name for name in _FILES]
    paths += [path for name in ("builds.csv", "kev.csv") if own and (path := own / name).exists()]
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return total.hexdigest()
