"""What a large case shows is what weighs most, and what is not shown is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hevesy.reports.report_view import MAX_FINDINGS, draw_view, order_losses, order_pivots

if TYPE_CHECKING:
    from hevesy.model import Assessment


def test_the_weightiest_findings_are_shown(invented: Any) -> None:  # noqa: ANN401  # a module
    """All of the incident, then success before attempt; the rest adds up by rule."""
    large = invented.invent_assessment(more=2000)
    view = draw_view(large)
    shown = [finding for _, rows in view.explained for finding in rows] + [*view.unexplained]

    assert len(shown) == MAX_FINDINGS
    assert {f.id for f in large.findings if f.incident} <= {f.id for f in shown}
    assert sum(row.findings for row in view.alike) == len(large.findings) - MAX_FINDINGS
    order = [large.findings.index(finding) for finding in view.unexplained]
    assert order == sorted(order)
    assert set(view.anchors) == {f.id for f in shown}


def test_a_finding_of_an_unknown_incident_is_unexplained(assessment: Assessment) -> None:
    """None falls between the two lists."""
    findings = tuple(replace(finding, incident="other") for finding in assessment.findings)

    assert draw_view(replace(assessment, findings=findings)).unexplained == findings


def test_an_odd_id_makes_no_odd_anchor(assessment: Assessment) -> None:
    """What stands in a finding's id never becomes part of an address."""
    odd = replace(assessment.findings[0], id='x" onclick="y')

    assert draw_view(replace(assessment, findings=(odd,))).anchors == {odd.id: "f-no-0"}


def test_lost_sources_come_first(assessment: Assessment) -> None:
    """A quarantined source is not below a hundred files of no known kind."""
    assert [loss.grave for loss in order_losses(assessment.losses)] == [True, True, False, False]


def test_rows_of_sources_add_up(assessment: Assessment) -> None:
    """Per server, kind and state: rows are parsed, passed over or damaged."""
    (total,) = draw_view(assessment).sources

    assert total.rows == total.parsed + total.passed_over + total.damaged == 240_000
    assert (total.server, total.kind, total.sources) == ("EX01", "iis", 6)
    assert total.folder == "EX01-triage.zip/C/inetpub/logs/LogFiles/W3SVC1"


def test_what_a_person_can_search_for_comes_first() -> None:
    """Addresses and pages before the GUIDs of processes and requests."""
    pivots = ["process:{1}", "ip:192.0.2.7", "request:2", "page:/x.aspx"]

    assert order_pivots(pivots) == ["ip:192.0.2.7", "page:/x.aspx", "process:{1}", "request:2"]


def test_a_step_says_what_the_server_was_at_its_moment(assessment: Assessment) -> None:
    """A scanner that came again after the fix found it fixed; a step of both days says both."""
    finding = next(one for one in assessment.findings if len(one.open_spans) > 1)
    before, after = finding.open_spans
    view = draw_view(assessment)
    step = next(
        s
        for i in assessment.incidents
        for c in i.chains
        for s in c.steps
        if s.finding == finding.id
    )

    assert view.was_open(step) == ("yes", "no")
    assert view.was_open(replace(step, count=1, time=before.first)) == ("yes",)
    assert view.was_open(replace(step, count=1, time=after.last)) == ("no",)
    assert view.was_open(replace(step, count=1, time=before.first.replace(year=2020))) == ("yes",)
    assert view.was_open(replace(step, finding="other")) == ()
