"""The ladder: the first rung that holds, and what stands beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.assessment.verdict import judge
from hevesy.incident.chains import chains_of
from hevesy.model import Coverage, Outcome, RiskWindow, Stage, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.model import Finding

    Build = Callable[..., Any]

START = datetime(2021, 1, 3, tzinfo=UTC)
COVERED = RiskWindow("proxylogon", START, "a source", START, covered=True, missing=())
SHORT = RiskWindow("proxylogon", START, "a source", START, covered=False, missing=("IIS: none",))


def verdict_of(findings: list[Finding], window: RiskWindow = COVERED) -> Verdict:
    """The verdict of a server with these findings."""
    chains = chains_of("EX01", findings, frozenset())
    return judge(chains, {f.id: f for f in findings}, (), (window,)).verdict


@pytest.mark.parametrize(
    ("stage", "verdict"),
    [
        (Stage.EXPLOIT, Verdict.EXPLOITED),
        (Stage.WRITE, Verdict.EXPLOITED),
        (Stage.SHELL_PLACED, Verdict.SHELL_PLACED),
        (Stage.SHELL_USED, Verdict.SHELL_USED),
        (Stage.EXECUTION, Verdict.POST_EXPLOITATION),
        (Stage.CREDENTIALS, Verdict.POST_EXPLOITATION),
        (Stage.COLLECTION, Verdict.POST_EXPLOITATION),
        (Stage.EXFILTRATION, Verdict.POST_EXPLOITATION),
        (Stage.PERSISTENCE, Verdict.POST_EXPLOITATION),
        (Stage.IMPACT, Verdict.POST_EXPLOITATION),
    ],
)
def test_a_success_makes_the_rung_of_its_stage(
    stage: Stage, verdict: Verdict, make_finding: Build
) -> None:
    """Each stage that succeeded in an anchored chain has its rung."""
    assert verdict_of([make_finding(stage=stage, anchor=True)]) is verdict


@pytest.mark.parametrize("outcome", [Outcome.ATTEMPT, Outcome.UNKNOWN])
def test_no_attempt_says_more_than_probed(outcome: Outcome, make_finding: Build) -> None:
    """Only outcome `success` climbs above `probed`; `unknown` counts as attempt."""
    assert verdict_of([make_finding(outcome=outcome)]) is Verdict.PROBED


def test_a_success_outside_a_chain_moves_nothing(make_finding: Build) -> None:
    """A forwarding address set by an administrator is listed, and is no intrusion."""
    forwarding = make_finding(stage=Stage.PERSISTENCE, anchor=False)

    assert verdict_of([forwarding]) is Verdict.NO_TRACE


def test_time_alone_raises_no_rung(make_finding: Build) -> None:
    """An administrator's export minutes after an exploit is shown, and makes nothing graver."""
    exploit = make_finding("f1", anchor=True)
    export = make_finding("f2", 10, stage=Stage.COLLECTION)
    shared = make_finding("f3", 10, stage=Stage.COLLECTION, pivots=("process:{1}",))
    root = make_finding("f4", anchor=True, pivots=("process:{1}",))

    assert verdict_of([exploit, export]) is Verdict.EXPLOITED
    assert verdict_of([root, shared]) is Verdict.POST_EXPLOITATION


def test_a_rule_of_others_moves_nothing(make_finding: Build) -> None:
    """A collection's rule that matches beside an intrusion does not raise its rung."""
    exploit = make_finding("f1", anchor=True)
    theirs = make_finding("f2", 1, stage=Stage.IMPACT, own=False, outcome=Outcome.UNKNOWN)

    assert verdict_of([exploit, theirs]) is Verdict.EXPLOITED


def test_no_trace_needs_a_ledger_that_covers_the_window(make_finding: Build) -> None:
    """Absence is said only of what was looked at; else `cannot_tell`."""
    assert verdict_of([], COVERED) is Verdict.NO_TRACE
    assert verdict_of([], SHORT) is Verdict.CANNOT_TELL
    assert verdict_of([make_finding(outcome=Outcome.ATTEMPT)], SHORT) is Verdict.PROBED


def coverage(*kinds: str) -> tuple[Coverage, ...]:
    """Coverage that holds some kinds."""
    return tuple(Coverage(k, k, None, None, 1, 0, 1, (), ()) for k in kinds)


def test_at_least_names_the_kinds_that_would_show_more(make_finding: Build) -> None:
    """A shell is seen, and nothing that would show its commands: at least `shell_placed`."""
    findings = [make_finding(stage=Stage.SHELL_PLACED, anchor=True)]
    chains = chains_of("EX01", findings, frozenset())

    judged = judge(chains, {f.id: f for f in findings}, coverage("iis", "web_file"), (COVERED,))

    assert judged.at_least
    assert any("processes" in why for why in judged.at_least_why)
    assert not any("web server" in why for why in judged.at_least_why)


def test_the_gravest_verdict_is_not_at_least(make_finding: Build) -> None:
    """Nothing is graver than `post_exploitation`, so nothing that would show it is missing."""
    findings = [make_finding(stage=Stage.EXECUTION, anchor=True)]
    chains = chains_of("EX01", findings, frozenset())

    assert not judge(chains, {f.id: f for f in findings}, (), (COVERED,)).at_least
