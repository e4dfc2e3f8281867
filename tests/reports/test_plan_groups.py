"""What to install is told once for all servers for which it is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.model import PlanStep, Verdict
from hevesy.reports.plan_groups import group_exposures, group_plans

if TYPE_CHECKING:
    from hevesy.model import Assessment


def test_servers_with_the_same_steps_stand_together(assessment: Assessment) -> None:
    """In the order of the gravest; those that are compromised are named."""
    (group,) = group_plans(assessment.servers)

    assert group.servers == ("EX01", "EX02")
    assert group.compromised == ("EX01",)
    assert (group.updates, group.support) == (
        ("Exchange Server 2016 CU18",),
        "out of support since 2025-10-14",
    )
    assert [step.title for step in group.steps] == [
        "Install Mar21SU",
        "Check the settings",
        "Move to Exchange Server SE",
    ]


def test_a_step_says_what_it_closes_and_not_its_title_again(assessment: Assessment) -> None:
    """A few by name; of many the number, and those that are known to be exploited."""
    (group,) = group_plans(assessment.servers)
    assert group.steps[0].closes == "closes CVE-2021-26855"
    assert group.steps[0].text == "Released 2021-03-02. Run the .msp elevated."

    server = assessment.servers[0]
    many = tuple(f"CVE-2021-{number}" for number in range(26850, 26860))
    more = replace(server, update_plan=(PlanStep(1, "cu", "Install CU23", "x", many),))
    less = replace(
        more, name="EX05", update_plan=(PlanStep(1, "cu", "Install CU23", "y", many[:7]),)
    )
    (group,) = group_plans([more, less])
    assert group.steps[0].closes == (
        "closes 7 to 10 vulnerabilities, of them known to be exploited: CVE-2021-26855"
    )


def test_other_steps_are_another_plan(assessment: Assessment) -> None:
    """A server with nothing to do is in none."""
    first, second = assessment.servers[:2]
    other = replace(second, update_plan=second.update_plan[:1], support="supported")

    assert [group.servers for group in group_plans([first, other])] == [("EX01",), ("EX02",)]
    assert group_plans([replace(first, update_plan=())]) == ()
    assert group_plans([replace(first, verdict=Verdict.PROBED)])[0].compromised == ()


def test_exposures_with_one_reason_are_one_line(assessment: Assessment) -> None:
    """Four vulnerabilities that one update fixes are said once."""
    server = assessment.servers[0]
    (one,) = server.exposures
    other = replace(one, cve=replace(one.cve, id="CVE-2021-27065", kev_added=None))
    apart = replace(one, why="another reason")

    first, second = group_exposures(replace(server, exposures=(one, apart, other)))

    assert first.cves == ("CVE-2021-26855", "CVE-2021-27065")
    assert (first.exploited, first.state, second.why) == (1, "open", "another reason")


def test_what_is_true_of_one_server_is_not_said_of_both(assessment: Assessment) -> None:
    """Two servers get the same update, and only one of them has the old one that it replaces."""
    first, second = assessment.servers[:2]
    texts = (
        "Install CU23, released 2022-04-20. Exchange Server 2016 CU18 gets no more fixes. Go on.",
        "Install CU23, released 2022-04-20. Exchange Server 2016 CU19 gets no more fixes. Go on.",
    )
    both = [
        replace(server, update_plan=(PlanStep(1, "cu", "Install CU23", text),))
        for server, text in zip((first, second), texts, strict=True)
    ]

    (group,) = group_plans(both)

    assert group.steps[0].text == "Released 2022-04-20. Go on."


def test_what_was_attacked_is_named_first(assessment: Assessment) -> None:
    """Of many that are known to be exploited, those that were tried here matter most."""
    server = assessment.servers[0]
    (one,) = server.exposures
    cves = [f"CVE-2021-{number}" for number in range(26849, 26856)]
    exposures = tuple(replace(one, cve=replace(one.cve, id=cve)) for cve in cves)
    step = PlanStep(1, "su", "Install it", "x", tuple(cves))

    (group,) = group_plans([replace(server, exposures=exposures, update_plan=(step,))])

    assert "exploited: CVE-2021-26855, CVE-2021-26849," in group.steps[0].closes
    assert group.steps[0].closes.endswith("CVE-2021-26853 and 1 more")
