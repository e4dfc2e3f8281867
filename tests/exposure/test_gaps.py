"""What is unknown is said with its reason, and with what would tell it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from hevesy.exposure import examine
from hevesy.model import BuildEvidence, ExposureState, ServerEvidence, Setting

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import Gap

TODAY = dt.date(2026, 11, 24)
Make = Callable[..., ServerEvidence]


def gaps(server: ServerEvidence, known: ExchangeKnowledge) -> tuple[Gap, ...]:
    """The gaps of one server; each unknown vulnerability is in one of them, and no other."""
    (one,) = examine([server], known, TODAY)
    unknown = {e.cve.id for e in one.exposures if e.state is ExposureState.UNKNOWN}
    named = [cve for gap in one.gaps for cve in gap.cves]
    assert sorted(named) == sorted(unknown)
    assert all(gap.collect for gap in one.gaps)
    assert one.gaps[-1].why.startswith("Defences that were not read: AMSI") or not one.build
    return one.gaps


def test_a_setting_that_was_not_read_says_where_it_stands(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Each condition on its own, with what settles it; once read, it is gone."""
    server = make_server("15.1.2507.72")
    found = {gap.why: gap for gap in gaps(server, known)}
    signing = "It depends on a setting that was not read: Signing of serialized data"

    assert "SettingOverrides" in found[signing].collect
    assert len(found) > 3
    read = Setting("serialized_data_signing", met=True, why="on", source="hc.xml")
    assert signing not in {
        g.why for g in gaps(make_server("15.1.2507.72", settings=(read,)), known)
    }


def test_a_build_without_its_update_asks_for_a_better_source(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Active Directory tells the cumulative update alone."""
    first = gaps(make_server("15.1.2507.6", grade="cu_only"), known)[0]

    assert first.why == "The evidence tells the cumulative update, not the security update"
    assert "ExSetup.exe" in first.collect


def test_a_build_that_no_table_knows_asks_for_a_newer_table(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """It is placed between its neighbours, and what it fixes is open to question."""
    found = gaps(make_server("15.2.2562.99"), known)

    assert "newer than Exchange Server SE RTM Aug26SU" in found[0].why or any(
        "newer than" in gap.why for gap in found
    )
    assert any(gap.collect.endswith("hevesy data import FILE") for gap in found)


def test_sources_that_contradict_each_other_are_a_reason(known: ExchangeKnowledge) -> None:
    """Two files of the same grade with two builds: what they differ in is unknown."""
    builds = tuple(
        BuildEvidence(build, "su_exact", "inventory", f"{build}.csv", 2)
        for build in ("15.1.2375.7", "15.1.2507.72")
    )
    found = {gap.why: gap for gap in gaps(ServerEvidence("EX01", builds), known)}

    assert found["Sources contradict each other"].collect == r"Bin\ExSetup.exe of the server itself"


def test_a_server_without_a_build_has_one_gap(known: ExchangeKnowledge) -> None:
    """Nothing can be compared, and the report says what to bring."""
    (gap,) = gaps(ServerEvidence("EX01"), known)

    assert gap.why == "No source that was handed in carries a build of it"
    assert gap.cves == ()
