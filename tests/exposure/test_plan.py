"""What to install and set, in which order, and what each step closes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from hevesy.exposure import examine
from hevesy.exposure.plan import target_of
from hevesy.knowledge import ExchangeKnowledge, parse_build, show_build
from hevesy.model import PlanStep, ServerEvidence, Setting

TODAY = dt.date(2026, 11, 24)
Make = Callable[..., ServerEvidence]


def plan(server: ServerEvidence, known: ExchangeKnowledge) -> tuple[PlanStep, ...]:
    """The plan of one server."""
    return examine([server], known, TODAY)[0].plan


def test_first_the_cumulative_update_then_the_security_update(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Each step says what it closes, and nothing is closed twice."""
    steps = plan(make_server("15.1.2375.7"), known)
    cu, su = steps[:2]

    assert [step.order for step in steps] == list(range(1, len(steps) + 1))
    assert cu.title == "Install Exchange Server 2016 CU23 (15.1.2507.6)"
    assert su.title == "Install Exchange Server 2016 CU23 Aug26SU (15.1.2507.72, KB5121576)"
    assert "the last one for everybody is Oct25SU (15.1.2507.61)" in su.text
    assert "CVE-2021-42321" in cu.closes
    assert "CVE-2022-41040" in su.closes
    assert not set(cu.closes) & set(su.closes)
    assert [step.kind for step in steps[2:]] == [
        "schema",
        "extended_protection",
        "hybrid",
        "check",
        "retire",
    ]


@pytest.mark.parametrize(
    ("build", "kinds"),
    [
        ("15.2.1748.36", ["su"]),
        ("15.2.1544.39", ["su"]),
        ("15.2.1258.39", ["cu", "su"]),
        ("15.2.1748.49", []),
        ("15.2.2562.17", ["su"]),
        ("15.2.2562.46", []),
        ("15.0.1263.5", ["cu", "su"]),
        ("14.3.496.0", ["su"]),
    ],
)
def test_a_server_moves_only_where_its_cumulative_update_is_served_no_more(
    build: str, kinds: list[str], make_server: Make, known: ExchangeKnowledge
) -> None:
    """The newest update came out for CU14 and CU15 of 2019: neither needs to move."""
    steps = plan(make_server(build), known)

    assert [step.kind for step in steps if step.kind in {"cu", "su"}] == kinds


def test_servers_out_of_support_say_so(make_server: Make, known: ExchangeKnowledge) -> None:
    """Where nothing comes out any more, that stands first; a supported one has no such step."""
    dead = plan(make_server("15.0.1497.48"), known)
    alive = plan(make_server("15.2.2562.46"), known)

    assert (dead[0].kind, "Nothing came out for it" in dead[0].text) == ("retire", True)
    assert "Exchange Server SE" in dead[0].title
    assert all(step.kind != "retire" for step in alive)


def test_a_wrong_setting_is_a_step_and_an_unknown_one_is_looked_at(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Settings that are as they should be are no step."""

    def kinds(met: object) -> dict[str, tuple[str, ...]]:
        settings: tuple[Setting, ...] = ()
        if met is not None:
            settings = (Setting("extended_protection", bool(met), "read", "x.config"),)
        steps = plan(make_server("15.2.1748.49", settings=settings), known)
        return {step.kind: step.closes for step in steps}

    assert "CVE-2024-21410" in kinds(met=False)["extended_protection"]
    assert "CVE-2024-21410" in kinds(met=None)["check"]
    met = kinds(met=True)
    assert "extended_protection" not in met
    assert "CVE-2024-21410" not in met["check"]


def test_every_known_build_leads_to_the_newest_of_its_product(known: ExchangeKnowledge) -> None:
    """No build is left without a way, and no way leads backwards."""
    for row in known.builds.rows:
        place = known.builds.place(row.build)
        target = target_of(place, known, exact=True)
        for step in (target.cu, target.su):
            assert step is None or step.build >= row.build, show_build(row.build)
        if target.cu is None and target.su is None:
            newest = known.builds.newest_update(place.product, place.cu)
            assert newest is not None
            assert row.build >= newest.build


def test_a_version_that_no_table_knows_has_no_way(known: ExchangeKnowledge) -> None:
    """Exchange 2007 is not in the tables: nothing is invented for it."""
    build = parse_build("8.3.83.6")
    assert build is not None
    target = target_of(known.builds.place(build), known, exact=True)

    assert (target.cu, target.su) == (None, None)


@pytest.mark.parametrize("build", ["15.2.9999.1", "15.1.2999.1"])
def test_a_build_newer_than_the_tables_is_not_led_back(
    build: str, make_server: Make, known: ExchangeKnowledge
) -> None:
    """Nobody is told to install an older update over a newer one, nor to leave a new version."""
    server = examine([make_server(build)], known, TODAY)[0]

    assert not [step for step in server.plan if step.kind in {"cu", "su"}]
    unknown = [one for one in server.exposures if one.state.value == "unknown" and not one.needs]
    assert unknown
    assert not any(one.remedy for one in unknown)
