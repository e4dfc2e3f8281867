"""What is open on each server: states, order, times, conflicts, estates."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hevesy.exposure import examine
from hevesy.exposure.files import ExposureFile, read_files
from hevesy.knowledge import ExchangeKnowledge, show_build
from hevesy.model import (
    BuildEvidence,
    ExposedServer,
    Exposure,
    ExposureState,
    Mitigation,
    ServerEvidence,
)

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 24)
Make = Callable[..., ServerEvidence]


def one(server: ServerEvidence, known: ExchangeKnowledge) -> ExposedServer:
    """A single server, examined."""
    (found,) = examine([server], known, TODAY)
    return found


def of(server: ExposedServer, cve: str) -> Exposure:
    """One vulnerability of a server."""
    return next(exposure for exposure in server.exposures if exposure.cve.id == cve)


def test_every_vulnerability_is_judged_and_exploited_ones_stand_first(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """The table of a server begins with what is open and in KEV."""
    server = one(make_server("15.1.2375.7"), known)

    assert {exposure.cve.id for exposure in server.exposures} == set(known.facts)
    kev = [exposure.cve.kev_added is not None for exposure in server.open]
    assert kev == sorted(kev, reverse=True)
    assert server.open[0].cve.id == "CVE-2024-21410"
    assert (server.update, server.grade) == ("Exchange Server 2016 CU22", "su_exact")
    assert (server.supported, server.support) == (False, "out of support since 2025-10-14")


def test_an_open_one_says_what_fixes_it_and_what_to_install(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """First fixed build of the own cumulative update, and the exact updates of today."""
    found = of(one(make_server("15.1.2375.7"), known), "CVE-2022-41040")

    assert (found.first_fixed_build, found.fixed_by) == ("15.1.2375.37", "Nov22SU")
    assert found.kb == "KB5019758"
    assert found.remedy == (
        "install Exchange Server 2016 CU23, then Exchange Server 2016 CU23 Aug26SU"
    )
    assert found.risk_from == dt.date(2022, 8, 1)
    assert "build 15.1.2375.7" in found.rests_on


def test_a_mitigation_mitigates_and_never_fixes(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """A rule that holds; one that is void leaves it open and is named; one on a fixed build."""

    def state(build: str, *, active: bool) -> Exposure:
        rule = Mitigation("m", "A rule", ("CVE-2022-41040",), active, "cleared", "web.config")
        return of(one(make_server(build, mitigations=(rule,)), known), "CVE-2022-41040")

    assert state("15.1.2375.7", active=True).state is ExposureState.MITIGATED
    void = state("15.1.2375.7", active=False)
    assert (void.state, "cleared" in void.why) == (ExposureState.OPEN, True)
    assert state("15.1.2375.37", active=True).state is ExposureState.FIXED


def test_contradicting_sources_leave_unknown_what_they_disagree_on(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Both builds are shown; where both say the same, that is said."""
    other = BuildEvidence("15.1.2375.37", "su_exact", "exsetup", "ExSetup.exe")
    server = make_server("15.1.2375.7")
    server = ServerEvidence(server.name, (*server.builds, other))
    found = one(server, known)

    assert len(found.conflicts) == 1
    assert of(found, "CVE-2022-41040").state is ExposureState.UNKNOWN
    assert "contradict" in of(found, "CVE-2022-41040").why
    assert of(found, "CVE-2021-26855").state is ExposureState.FIXED
    assert of(found, "CVE-2026-42897").state is ExposureState.OPEN


def test_unknown_builds_are_placed_between_their_neighbours(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Never fixed; a table's contradicted row is named beside it."""
    between = one(make_server("15.1.2375.8"), known)
    contradicted = one(make_server("15.1.1466.13"), known)

    assert between.update == (
        "unknown build, between Exchange Server 2016 CU22 and Exchange Server 2016 CU22 Oct21SU"
    )
    assert not between.known_build
    assert all(e.state is not ExposureState.FIXED for e in between.exposures)
    assert "not followed" in contradicted.conflicts[0]


def test_servers_without_a_build_or_of_other_logs_are_listed(known: ExchangeKnowledge) -> None:
    """Nobody handed them in: they are there all the same."""
    target = BuildEvidence("15.1.2375.0", "cu_only", "target_server", "HttpProxy.LOG")
    unseen = ServerEvidence("EX02", (target,), seen_from=("EX01",))
    nameless, found = examine([unseen, ServerEvidence("EX03")], known, TODAY)[::-1]

    assert (found.name, found.unseen, found.grade) == ("EX02", True, "cu_only")
    assert found.update == "Exchange Server 2016 CU22, security update not told"
    assert (nameless.name, nameless.exposures, nameless.build) == ("EX03", (), "")
    assert nameless.notes


def test_times_come_from_the_lines(known: ExchangeKnowledge) -> None:
    """Open since the first line, fixed since another, the window of risk in between."""

    def lines(build: str, first: int, last: int) -> BuildEvidence:
        start, end = (datetime(2021, 3, day, tzinfo=UTC) for day in (first, last))
        return BuildEvidence(build, "su_exact", "S:BLD", "ECP.LOG", 1, start, end)

    server = one(
        ServerEvidence("A", (lines("15.1.2176.2", 3, 8), lines("15.1.2176.9", 9, 20))), known
    )
    fixed, still = of(server, "CVE-2021-26855"), of(server, "CVE-2021-34473")

    assert (fixed.state, fixed.since) == (ExposureState.FIXED, datetime(2021, 3, 9, tzinfo=UTC))
    assert fixed.until == datetime(2021, 3, 8, tzinfo=UTC)
    assert (fixed.risk_from, fixed.risk_until) == (dt.date(2021, 1, 3), fixed.since)
    assert (still.state, still.since) == (ExposureState.OPEN, datetime(2021, 3, 3, tzinfo=UTC))
    assert still.risk_until is None
    assert [period.build for period in server.history] == ["15.1.2176.2", "15.1.2176.9"]


def test_an_older_update_seen_in_the_logs_counts_under_march_2021(
    known: ExchangeKnowledge,
) -> None:
    """The update of March 2021 for an old cumulative update keeps what was there before it."""
    day = datetime(2021, 2, 1, tzinfo=UTC)
    before = BuildEvidence("15.1.1847.10", "su_exact", "columns", "HttpProxy.LOG", 1, day, day)
    now = BuildEvidence("15.1.1847.12", "su_exact", "exsetup", "ExSetup.exe")

    assert of(one(ServerEvidence("A", (now,)), known), "CVE-2020-0688").state == "open"
    assert of(one(ServerEvidence("A", (before, now)), known), "CVE-2020-0688").state == "fixed"


def test_alike_servers_share_what_was_judged(make_server: Make, known: ExchangeKnowledge) -> None:
    """Ten thousand servers have a few hundred builds: each is judged once."""
    builds = [show_build(row.build) for row in known.builds.rows[-5:]]
    servers = [make_server(builds[n % 5], f"EX{n:04d}") for n in range(200)]
    found = examine(servers, known, TODAY)

    assert len({id(server.exposures) for server in found}) <= 5
    gravity = [(-sum(1 for e in s.open if e.cve.kev_added), -len(s.open), s.name) for s in found]
    assert gravity == sorted(gravity)


@pytest.mark.parametrize(
    ("folder", "name", "build", "missing"),
    [
        ("E16", "SOLO-E16A", "15.1.2375.7", 85),
        ("E19", "SOLO-E19A", "15.2.986.5", 85),
    ],
)
def test_servers_of_microsofts_tests_lack_these_fixes(
    folder: str, name: str, build: str, missing: int, corpora: Path, known: ExchangeKnowledge
) -> None:
    """Both stand at the cumulative update of September 2021, without any security update."""
    wanted = ("ExSetup.xml", "GetExchangeServer.xml", "IIS/applicationHost.config")
    ends = tuple(f"DataCollection/{folder}/Exchange/{one}" for one in wanted)
    with zipfile.ZipFile(corpora / "exchange_configs_and_setup_logs.zip") as archive:
        files = [
            ExposureFile(archive.read(member), member, member, name)
            for member in archive.namelist()
            if member.endswith(ends)
        ]
    servers, problems = read_files(files, known)
    (server,) = examine(servers, known, TODAY)

    assert problems == ()
    assert (server.name, server.build, server.grade) == (name, build, "su_exact")
    assert server.conflicts == ()
    states = {exposure.cve.id: exposure.state.value for exposure in server.exposures}
    for fixed in ("CVE-2021-26855", "CVE-2021-34473", "CVE-2021-31207", "CVE-2021-33766"):
        assert states[fixed] == "fixed"
    for open_one in (
        "CVE-2021-42321",
        "CVE-2022-41040",
        "CVE-2022-41080",
        "CVE-2022-41082",
        "CVE-2023-21529",
        "CVE-2024-21410",
        "CVE-2026-42897",
    ):
        assert states[open_one] == "open"
    assert len(server.open) == missing
