"""What to do now: in order, each once, with what asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hevesy.assessment.plan import plan
from hevesy.knowledge import load
from hevesy.model import Loss, Outcome, RiskWindow, ServerAssessment, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

THREATS = load().threats


def server(verdict: Verdict, missing: tuple[str, ...] = (), name: str = "EX01") -> ServerAssessment:
    """A server with a verdict and what its evidence lacks."""
    start = THREATS[0].first_exploited
    window = RiskWindow(
        "proxylogon", start, "a source", start, covered=not missing, missing=missing
    )
    return ServerAssessment(
        name=name,
        aliases=(),
        exchange=True,
        why_exchange="",
        verdict=verdict,
        at_least=False,
        at_least_why=(),
        why="",
        not_excluded=(),
        coverage=(),
        windows=(window,),
        builds=(),
    )


def test_a_compromised_server_is_isolated_before_anything_is_cleaned(
    make_finding: Build, make_rule: Build
) -> None:
    """Evidence and containment come before removal, removal before patching."""
    shell = make_finding(rule=make_rule(remedy="remove-web-shell"))

    actions = plan([server(Verdict.SHELL_PLACED)], [shell], THREATS, ())
    titles = [action.title for action in actions]

    assert [action.order for action in actions] == list(range(1, len(actions) + 1))
    assert "network" in titles[0]
    assert "web shell" in titles[2]


def test_one_remedy_for_many_findings_names_all_servers(
    make_finding: Build, make_rule: Build
) -> None:
    """The same step is not printed for every finding that asks for it."""
    rule = make_rule(remedy="review-forwarding")
    findings = [
        make_finding(f"f{i}", rule=rule, server=f"EX0{i}", outcome=Outcome.SUCCESS)
        for i in (1, 2, 3)
    ]

    (action,) = plan([server(Verdict.CANNOT_TELL)], findings, THREATS, ())

    assert action.servers == ("EX01", "EX02", "EX03")


def test_what_is_missing_is_to_be_collected() -> None:
    """`cannot_tell` says what would make it tell."""
    (action,) = plan([server(Verdict.CANNOT_TELL, ("IIS web server log: none",))], [], THREATS, ())

    assert action.kind == "collect"
    assert "IIS web server log" in action.text


def test_a_lost_source_is_to_be_handed_in_again() -> None:
    """Only grave losses ask for it: damaged rows alone do not."""
    lost = Loss("a.zip", "x.evtx", "unreadable", "it is cut short")
    damaged = Loss("a.zip", "u_ex.log", "damaged_rows", "too short", rows=3)

    assert [a.title for a in plan([], [], THREATS, (lost,))] == ["Hand in again what was lost"]
    assert plan([], [], THREATS, (damaged,)) == ()


def test_no_step_refers_to_another_by_its_key() -> None:
    """A reader knows titles; keys are the house's."""
    asked = [server(Verdict.POST_EXPLOITATION)]
    keys = [key for key, _ in THREATS[0].remedies]

    texts = " ".join(action.text for action in plan(asked, [], THREATS, ()))

    assert not [key for key in keys if f"`{key}`" in texts]
