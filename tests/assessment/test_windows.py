"""The window of risk is covered, or it is said what does not reach."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hevesy.assessment.windows import risk_window
from hevesy.model import Coverage, Threat

THREAT = Threat(
    name="proxylogon",
    title="ProxyLogon",
    vulnerabilities=(),
    first_exploited=datetime(2021, 1, 3, tzinfo=UTC),
    first_exploited_source="a source",
    window_kinds=("iis", "ecp_server"),
    remedies=(),
    folder="",
)


def coverage(
    kind: str, first: str, last: str, gaps: tuple[tuple[date, date], ...] = ()
) -> Coverage:
    """Coverage of a kind between two days."""
    begin, end = (datetime.fromisoformat(f"{day}T12:00:00+00:00") for day in (first, last))
    return Coverage(kind, kind, begin, end, 100, 0, 1, (), gaps)


def test_kinds_that_reach_from_start_to_end_cover_it() -> None:
    """Every kind from the first known exploitation to the end of the evidence: covered."""
    kinds = [coverage(k, "2021-01-02", "2021-03-14") for k in THREAT.window_kinds]

    assert risk_window(THREAT, kinds).covered


def test_a_kind_that_is_absent_is_named() -> None:
    """A missing log kind is said, not passed over."""
    window = risk_window(THREAT, [coverage("iis", "2021-01-02", "2021-03-14")])

    assert not window.covered
    assert window.missing == ("Exchange ECP Server log: not in the evidence",)


def test_a_kind_that_begins_late_or_ends_early_is_named() -> None:
    """Retention of 30 days is the usual reason that nothing can be said."""
    kinds = [
        coverage("iis", "2021-02-12", "2021-03-14"),
        coverage("ecp_server", "2021-01-01", "2021-03-01"),
    ]

    window = risk_window(THREAT, kinds)

    assert not window.covered
    assert window.missing == (
        "IIS web server log: nothing before 2021-02-12",
        "Exchange ECP Server log: nothing after 2021-03-01",
    )


def test_a_day_without_a_row_of_a_continuous_log_is_a_gap() -> None:
    """Health probes write every day; a day without a row was removed or not collected."""
    gap = ((date(2021, 2, 1), date(2021, 2, 3)),)
    kinds = [
        coverage("iis", "2021-01-02", "2021-03-14", gap),
        coverage("ecp_server", "2021-01-02", "2021-03-14", gap),
    ]

    assert risk_window(THREAT, kinds).missing == (
        "IIS web server log: no rows from 2021-02-01 to 2021-02-03",
    )


def test_evidence_from_before_the_window_covers_nothing() -> None:
    """Logs that end before the first exploitation show nothing of it."""
    kinds = [coverage(k, "2020-11-01", "2020-12-01") for k in THREAT.window_kinds]

    assert not risk_window(THREAT, kinds).covered
    assert not risk_window(THREAT, []).covered


def test_a_server_that_was_fixed_is_at_risk_until_then() -> None:
    """Logs that end after the fix, and before the end of all evidence, cover the window."""
    kinds = [
        coverage("iis", "2021-01-02", "2021-03-14"),
        coverage("ecp_server", "2021-01-02", "2021-03-06"),
    ]
    fixed = datetime(2021, 3, 5, tzinfo=UTC)

    assert not risk_window(THREAT, kinds).covered
    assert risk_window(THREAT, kinds, fixed).covered
    assert risk_window(THREAT, kinds, fixed).end == fixed


def test_a_server_that_was_fixed_before_anybody_came_was_never_at_risk() -> None:
    """Then no log need cover the window, and the reason is said; without any log nothing is."""
    fixed = datetime(2020, 12, 1, tzinfo=UTC)
    window = risk_window(THREAT, [coverage("iis", "2020-11-01", "2020-12-20")], fixed)

    assert window.covered
    assert "fixed before" in window.note
    assert not risk_window(THREAT, [], fixed).covered


def test_a_doubt_keeps_a_window_from_being_covered() -> None:
    """A lost file, or `--since`, takes `no_trace` away and is named."""
    kinds = [coverage(k, "2021-01-02", "2021-03-14") for k in THREAT.window_kinds]

    window = risk_window(THREAT, kinds, None, ("u_ex210301.log: it is cut short",))

    assert not window.covered
    assert window.missing == ("u_ex210301.log: it is cut short",)
