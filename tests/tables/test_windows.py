"""Table `windows`: what rules and other rooms may rely on."""

from __future__ import annotations

import polars as pl

from hevesy.tables import PROVENANCE
from hevesy.tables.windows import WINDOWS

PIVOTS = {"", "ip", "page", "request", "account", "process", "file"}


def test_it_answers_to_every_windows_log_source() -> None:
    """Categories and services of product windows are told apart by channel and event id."""
    (source,) = WINDOWS.logsources
    assert (source.product, source.category, source.service) == ("windows", None, None)


def test_columns_are_named_once_and_explained() -> None:
    """No column clashes with another or with provenance, and each says what it means."""
    names = [column.name.lower() for column in WINDOWS.columns]
    assert len(set(names)) == len(names)
    assert not set(names) & set(PROVENANCE)
    assert all(column.meaning and column.pivot in PIVOTS for column in WINDOWS.columns)


def test_what_sigma_compares_has_its_type() -> None:
    """`EventID` and `Level` are numbers, EventData is text."""
    dtypes = WINDOWS.dtypes()
    assert dtypes["EventID"] == dtypes["Level"] == pl.Int64()
    assert dtypes["CommandLine"] == pl.String()
