"""Which source tells the build of now, and which sources contradict each other."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.deciding import ORIGINS, decide
from hevesy.model import BuildEvidence


def seen(build: str, origin: str, day: int | None = None, grade: str = "su_exact") -> BuildEvidence:
    """One place that tells a build, on a day of March 2021."""
    moment = datetime(2021, 3, day, tzinfo=UTC) if day else None
    return BuildEvidence(build, grade, origin, f"{origin}.x", 1, moment, moment)


def test_the_file_goes_before_the_list_and_the_list_before_the_log() -> None:
    """ExSetup.exe is what Microsoft's own tool reads; an older log line contradicts nothing."""
    exsetup, listed = seen("15.1.2176.9", "exsetup"), seen("15.1.2176.9", "inventory")
    logged = seen("15.1.2176.2", "header_version", 1)
    decision = decide([logged, listed, exsetup])

    assert decision.evidence is exsetup
    assert decision.exact
    assert decision.conflicts == ()


def test_the_last_line_tells_where_nothing_else_does() -> None:
    """Of log lines the newest holds."""
    decision = decide([seen("15.1.2176.2", "columns", 1), seen("15.1.2176.9", "columns", 9)])

    assert decision.build == (15, 1, 2176, 9)
    assert not decision.conflicts


def test_sources_that_contradict_each_other_are_both_shown() -> None:
    """Two lists with two builds, or a log that shows more than the list does."""
    lists = decide([seen("15.1.2375.7", "exsetup"), seen("15.1.2375.37", "inventory")])
    log = decide([seen("15.1.2375.7", "inventory"), seen("15.1.2375.37", "S:BLD", 5)])

    assert lists.rivals == log.rivals == ((15, 1, 2375, 37),)
    assert lists.conflicts == (
        "exsetup.x:1 says 15.1.2375.7 (exsetup), but inventory.x:1 says 15.1.2375.37 (inventory)",
    )
    assert "S:BLD.x:1 says 15.1.2375.37" in log.conflicts[0]


def test_a_directory_of_another_cumulative_update_is_told_and_decides_nothing() -> None:
    """Active Directory may lag; it never rivals what tells the security update."""
    listed = seen("15.1.2242.4", "server_list", grade="cu_only")
    decision = decide([seen("15.1.2375.7", "exsetup"), listed])

    assert decision.rivals == ()
    assert len(decision.conflicts) == 1
    same = seen("15.1.2375.7", "server_list", grade="cu_only")
    assert not decide([seen("15.1.2375.37", "exsetup"), same]).conflicts


def test_urls_count_only_where_there_is_nothing_else() -> None:
    """A client can write any number into a URL."""
    url = seen("15.2.986.0", "url", grade="cu_only")
    back_end = seen("15.1.2375.0", "back_end", 3, grade="cu_only")

    assert decide([url, back_end]).evidence is back_end
    assert decide([url]).evidence is url
    assert decide([]).build is None


_EVIDENCE = st.builds(
    seen,
    st.sampled_from(["15.1.2176.2", "15.1.2176.9", "15.2.986.5", "x", "15.1.2375.0"]),
    st.sampled_from([*ORIGINS, "another"]),
    st.none() | st.integers(1, 28),
    st.sampled_from(["su_exact", "cu_only"]),
)


@given(st.lists(_EVIDENCE, max_size=6))
def test_the_order_of_sources_decides_nothing(evidence: list[BuildEvidence]) -> None:
    """The same evidence in another order is the same decision."""
    one, other = decide(evidence), decide(evidence[::-1])

    assert (one.build, one.exact, one.rivals) == (other.build, other.exact, other.rivals)
    assert set(one.conflicts) == set(other.conflicts)
