"""The ledger adds up what surveys saw, and shows the days on which nothing was."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from hevesy.assessment import coverage_of, ledger_of
from hevesy.model import DayCount, Survey


def day(number: int, *, kind: str = "iis", server: str = "", records: int = 10) -> DayCount:
    """Rows on a day of March 2021."""
    first = datetime(2021, 3, number, 1, tzinfo=UTC)
    last = datetime(2021, 3, number, 23, tzinfo=UTC)
    return DayCount(server, kind, date(2021, 3, number), records, first, last)


def test_rows_without_a_server_are_of_their_collections_server() -> None:
    """IIS names no server; the collection does. HttpProxy names it by its full name."""
    surveys = [
        ("EX01", "iis", Survey(days=(day(1),))),
        ("EX01", "httpproxy", Survey(days=(day(1, kind="httpproxy", server="MAIL"),))),
    ]

    ledger = ledger_of(surveys, {"MAIL": "EX01"})

    assert set(ledger["server"]) == {"EX01"}


def test_days_without_rows_are_gaps() -> None:
    """A gap is named from its first to its last day."""
    survey = Survey(days=(day(1), day(2), day(6), day(8)))

    (coverage,) = coverage_of("EX01", ledger_of([("EX01", "iis", survey)], {}), {}, {}, {})

    assert coverage.gaps == (
        (date(2021, 3, 3), date(2021, 3, 5)),
        (date(2021, 3, 7), date(2021, 3, 7)),
    )
    assert coverage.records == 40


def test_files_are_covered_without_days() -> None:
    """Web files have no records; that they were there to be looked at is said all the same."""
    (coverage,) = coverage_of("EX01", ledger_of([], {}), {"web_file": 7}, {}, {})

    assert (coverage.kind, coverage.records, coverage.first) == ("web_file", 7, None)


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(1, 1000)), max_size=40))
def test_no_row_is_lost_in_the_ledger(days: list[tuple[int, int]]) -> None:
    """The ledger holds as many rows as the surveys, however they are spread over sources."""
    surveys = [("EX01", "iis", Survey(days=(day(n, records=r),))) for n, r in days]

    ledger = ledger_of(surveys, {})

    assert ledger["records"].sum() == sum(records for _, records in days)
    assert ledger.select("server", "kind", "day").is_duplicated().sum() == 0
