"""The window of risk is that of the server: of what it was open to, until its own fix."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hevesy.assessment.openness import fixed_at
from hevesy.assessment.verdict import judge
from hevesy.assessment.windows import risk_window, unjudged
from hevesy.exposure import examine
from hevesy.knowledge import load, load_exchange
from hevesy.model import (
    BuildEvidence,
    Coverage,
    ExposedServer,
    Mitigation,
    RiskWindow,
    ServerEvidence,
    Verdict,
)

KNOWN = load_exchange()
THREAT = load().threats[0]
CU19, MAR21SU, APR21SU, JUL21SU = "15.1.2176.2", "15.1.2176.9", "15.1.2176.12", "15.1.2176.14"


def day(text: str) -> datetime:
    """Noon of a day, UTC."""
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


def exposed(*builds: tuple[str, str, str]) -> ExposedServer:
    """A server whose log lines show builds, each from one day to another."""
    seen = tuple(
        BuildEvidence(
            build, "su_exact", "columns", f"{first}.LOG", 7, day(first), day(last), last_line=90
        )
        for build, first, last in builds
    )
    (server,) = examine([ServerEvidence("EX01", seen)], KNOWN, date(2021, 12, 1))
    return server


def logs(first: str, last: str) -> tuple[Coverage, ...]:
    """All kinds of the threat, without a gap."""
    return tuple(
        Coverage(kind, kind, day(first), day(last), 100, 0, 1, (), ())
        for kind in THREAT.window_kinds
    )


def verdict(
    server: ExposedServer | None, coverage: tuple[Coverage, ...]
) -> tuple[Verdict, RiskWindow]:
    """The verdict of a server of which nothing was found, and its window."""
    window = risk_window(THREAT, coverage, fixed_at(THREAT, server))
    beyond = unjudged(server, [THREAT], coverage, KNOWN.facts)
    return judge([], {}, coverage, [window], beyond).verdict, window


def test_logs_from_the_first_exploitation_to_the_fix_are_enough() -> None:
    """What comes after the fix need not be covered: the server was not open any more."""
    server = exposed((CU19, "2020-12-28", "2021-03-04"), (MAR21SU, "2021-03-05", "2021-03-14"))

    said, window = verdict(server, logs("2020-12-28", "2021-03-14"))

    assert (said, window.end) == (Verdict.NO_TRACE, day("2021-03-05"))


def test_a_server_that_was_fixed_before_its_logs_begin_may_have_been_open_until_then() -> None:
    """The first line that shows the fix is not the day of the fix: what was before is missing."""
    server = exposed((MAR21SU, "2021-04-20", "2021-06-01"))

    said, window = verdict(server, logs("2021-04-20", "2021-06-01"))

    assert said is Verdict.CANNOT_TELL
    assert "nothing before 2021-04-20" in window.missing[0]


def test_a_server_that_was_fixed_before_anybody_knew_is_not_at_risk() -> None:
    """Nothing need reach where every vulnerability was fixed before its first exploitation."""
    server = exposed((MAR21SU, "2020-12-01", "2021-03-14"))

    said, window = verdict(server, logs("2021-03-01", "2021-03-14"))

    assert (said, window.covered) == (Verdict.NO_TRACE, True)
    assert window.note


def test_a_server_open_to_what_no_rule_knows_gets_no_all_clear() -> None:
    """With Mar21SU it is closed to ProxyLogon and open to ProxyShell, which came in August 2021."""
    server = exposed((MAR21SU, "2020-12-01", "2021-09-30"))

    coverage = logs("2020-12-01", "2021-09-30")
    said, window = verdict(server, coverage)
    beyond = unjudged(server, [THREAT], coverage, KNOWN.facts)
    judged = judge([], {}, coverage, [window], beyond)

    assert (said, window.covered) == (Verdict.CANNOT_TELL, True)
    assert "open to others that were exploited then" in judged.why
    assert set(beyond) <= set(judged.not_excluded)
    assert {one.split(":")[0] for one in beyond} == {
        "CVE-2021-31207",
        "CVE-2021-34473",
        "CVE-2021-34523",
    }
    assert all("the server was open to it" in one for one in beyond)


@pytest.mark.parametrize(
    ("builds", "last"),
    [
        # The evidence ends before ProxyShell was known to be exploited.
        (((MAR21SU, "2020-12-01", "2021-03-14"),), "2021-03-14"),
        # It was fixed before: Jul21SU holds all three of ProxyShell.
        (
            ((MAR21SU, "2020-12-01", "2021-07-20"), (JUL21SU, "2021-07-21", "2021-09-30")),
            "2021-09-30",
        ),
    ],
)
def test_what_was_not_exploited_while_it_was_open_is_not_at_issue(
    builds: tuple[tuple[str, str, str], ...], last: str
) -> None:
    """A vulnerability alone is no attack: it counts from its first known exploitation on."""
    assert verdict(exposed(*builds), logs("2020-12-01", last))[0] is Verdict.NO_TRACE


def test_a_server_that_was_fixed_too_late_says_until_when() -> None:
    """Open to ProxyShell for two weeks in which it was exploited."""
    server = exposed((MAR21SU, "2020-12-01", "2021-08-20"), (JUL21SU, "2021-08-21", "2021-09-30"))

    beyond = unjudged(server, [THREAT], logs("2020-12-01", "2021-09-30"), KNOWN.facts)

    assert beyond
    assert all("until 2021-08-21" in one for one in beyond)


@pytest.mark.parametrize("server", [None, exposed(("15.1.2176.5", "2020-12-01", "2021-03-14"))])
def test_of_an_unknown_build_the_whole_evidence_is_the_window(
    server: ExposedServer | None,
) -> None:
    """Nothing tells when it was fixed, or what else it was open to: that is said, and no more."""
    coverage = logs("2020-12-01", "2021-03-14")

    said, window = verdict(server, coverage)
    (beyond,) = unjudged(server, [THREAT], coverage, KNOWN.facts)

    assert (said, window.end) == (Verdict.CANNOT_TELL, day("2021-03-14"))
    assert beyond.startswith("CVE-2020-0688: whether the server was open to it is not known")
    assert unjudged(server, [THREAT], (), KNOWN.facts) == ()


@pytest.mark.parametrize(
    ("since", "at_issue"), [(None, True), ("2023-01-10", True), ("2022-12-01", False)]
)
def test_what_was_mitigated_is_not_excluded_before_it_was(
    since: str | None,
    at_issue: bool,  # noqa: FBT001  # a case of the table above
) -> None:
    """A mitigation excludes an attack from when it is known to stand, and not before."""
    evidence = ServerEvidence(
        "EX01",
        (
            BuildEvidence(
                "15.1.2375.7",
                "su_exact",
                "columns",
                "a.LOG",
                7,
                day("2023-01-01"),
                day("2023-01-20"),
            ),
        ),
        mitigations=(
            Mitigation(
                "url_rewrite_41040",
                "URL Rewrite rule",
                ("CVE-2022-41040",),
                active=True,
                why="stands",
                source="web.config",
                since=day(since) if since else None,
            ),
        ),
    )
    (server,) = examine([evidence], KNOWN, date(2026, 9, 1))

    beyond = unjudged(server, [THREAT], logs("2023-01-01", "2023-01-20"), KNOWN.facts)

    assert any(one.startswith("CVE-2022-41040: it is mitigated") for one in beyond) is at_issue


def test_a_day_of_entry_is_not_called_a_first_use() -> None:
    """CISA listed CVE-2018-8581 in 2022; that says not that it was used from then on."""
    server = exposed(("15.1.2375.7", "2023-01-01", "2023-01-20"))

    beyond = unjudged(server, [THREAT], logs("2023-01-01", "2023-01-20"), KNOWN.facts)

    assert any("CISA lists it among the exploited ones since 2022-03-03" in one for one in beyond)
    assert any("known to be exploited since 2022-11-17" in one for one in beyond)


def test_many_are_counted() -> None:
    """A server of 2021 with logs of 2026 was open to a dozen; five are named."""
    server = exposed((CU19, "2020-12-01", "2026-09-30"))

    beyond = unjudged(server, [THREAT], logs("2020-12-01", "2026-09-30"), KNOWN.facts)

    assert len(beyond) == 6
    assert beyond[-1].startswith("and ")
    assert datetime(2021, 1, 3, tzinfo=UTC) == THREAT.first_exploited
