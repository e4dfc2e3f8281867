"""Whether a build is open: compared per cumulative update, then by its conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.judging import Circumstances, Ruling, rule
from hevesy.knowledge import ExchangeKnowledge, load_exchange, parse_build
from hevesy.model import ExposureState, Setting

_GROUPS = yaml.safe_load((Path(__file__).parent / "cases" / "published.yml").read_text("utf-8"))
_CASES = [(group, case) for group in _GROUPS for case in group["cases"]]


def judge(build: str, cve: str, known: ExchangeKnowledge, **circumstances: Any) -> Ruling:  # noqa: ANN401  # any circumstance
    """The ruling on one build."""
    number = parse_build(build)
    assert number is not None
    return rule(cve, known.builds.place(number), Circumstances(**circumstances), known)


@pytest.mark.parametrize(
    ("group", "case"), _CASES, ids=[f"{case['build']}-{case['cve']}" for _, case in _CASES]
)
def test_what_was_published_is_what_is_said(
    group: dict[str, Any], case: dict[str, str], known: ExchangeKnowledge
) -> None:
    """A build is judged as Microsoft's and MITRE's own texts judge it."""
    ruling = judge(case["build"], case["cve"], known)

    assert ruling.state.value == case["state"], f"{group['title']}: {case['says']}: {ruling.why}"


def test_there_are_enough_cases() -> None:
    """Sixty cases, ten of them conflicts or out of branch, each with title and address."""
    conflicts = [case for group, case in _CASES if group.get("conflict")]

    assert len({(case["build"], case["cve"]) for _, case in _CASES}) >= 60
    assert len(conflicts) >= 10
    assert all(group["title"] and group["address"].startswith("https://") for group in _GROUPS)
    assert all(case["says"] for _, case in _CASES)


def test_every_fix_is_a_known_build_or_a_named_conflict(known: ExchangeKnowledge) -> None:
    """A table of fixes that does not fit the table of builds would judge wrongly in silence."""
    rows = {(row.product, row.cu, row.build): row for row in known.builds.rows}
    for fixes in known.fixes.values():
        for fix in fixes:
            if fix.build is None or fix.standing == "contradicted":
                assert fix.build is None or fix.note
                continue
            several = [r for key, r in rows.items() if key == (fix.product, fix.cu, fix.build)]
            same = [
                row
                for row in known.builds.rows
                if (row.product, row.cu, row.build) == (fix.product, fix.cu, fix.build)
            ]
            assert several
            assert any(row.update == fix.fixed_by for row in same) or fix.fixed_by == fix.cu
            assert not fix.kb or any(row.kb == fix.kb for row in same)
            assert all(row.standing != "contradicted" for row in same)


def test_a_fixed_build_is_fixed_and_the_one_before_is_not(known: ExchangeKnowledge) -> None:
    """Each row of the table judges its own build and the one before it in its branch."""
    for cve, fixes in known.fixes.items():
        for fix in fixes:
            if fix.build is None or fix.standing != "stands" or fix.kind != "build":
                continue
            place = known.builds.place(fix.build)
            if cve == "CVE-2023-21707" and fix.fixed_by == "Feb23SU":
                assert rule(cve, place, Circumstances(), known).state is ExposureState.OPEN
                continue
            at = rule(cve, place, Circumstances(), known)
            below = [r for r in known.builds.updates(fix.product, fix.cu) if r.build < fix.build]
            assert at.state is ExposureState.FIXED
            if below:
                before = rule(cve, known.builds.place(below[-1].build), Circumstances(), known)
                assert before.state is ExposureState.OPEN


@pytest.mark.parametrize(
    ("build", "cve", "state"),
    [
        ("15.1.2375.7", "CVE-2021-26855", ExposureState.FIXED),
        ("15.1.2375.7", "CVE-2021-42321", ExposureState.UNKNOWN),
        ("15.1.2106.0", "CVE-2021-34473", ExposureState.OPEN),
        ("15.1.1200.0", "CVE-2021-26855", ExposureState.OPEN),
        ("15.1.2600.0", "CVE-2021-26855", ExposureState.UNKNOWN),
    ],
)
def test_a_cumulative_update_alone_decides_only_what_it_decides(
    build: str, cve: str, state: ExposureState, known: ExchangeKnowledge
) -> None:
    """Active Directory never proves a security update, nor that one is missing."""
    assert judge(build, cve, known, exact=False).state is state


def test_an_unknown_build_is_never_called_fixed(known: ExchangeKnowledge) -> None:
    """A number that no table has may be a typing error: it is placed, and not trusted."""
    newer = judge("15.2.2562.50", "CVE-2026-42897", known)
    between = judge("15.1.2375.8", "CVE-2021-26855", known)

    assert newer.state is between.state is ExposureState.UNKNOWN
    assert "newer than Exchange Server SE RTM Aug26SU" in newer.why
    assert judge("15.1.2375.8", "CVE-2021-42321", known).state is ExposureState.OPEN


_KNOWN = load_exchange()


@given(
    st.tuples(
        st.sampled_from([14, 15]), st.integers(0, 3), st.integers(1, 3000), st.integers(0, 99)
    ),
    st.sampled_from(sorted(_KNOWN.facts)),
    st.booleans(),
)
def test_no_build_of_no_table_is_fixed(
    build: tuple[int, int, int, int],
    cve: str,
    exact: bool,  # noqa: FBT001  # hypothesis gives it by name
) -> None:
    """Whatever is asked, an answer with a reason comes, and fixed only for a known build."""
    place = _KNOWN.builds.place(build)
    ruling = rule(cve, place, Circumstances(exact=exact), _KNOWN)

    assert ruling.why
    if exact and place.known is None:
        assert ruling.state is not ExposureState.FIXED


def test_updates_of_march_2021_for_old_cus_hold_that_month_alone(known: ExchangeKnowledge) -> None:
    """An older fix counts only where the list of updates or the logs show that it was there."""
    build, cve = "15.1.1847.12", "CVE-2020-0688"

    assert judge(build, cve, known).state is ExposureState.OPEN
    assert "KB4536987" in judge(build, cve, known, kbs=frozenset({"KB5000871"})).why
    assert judge(build, cve, known, kbs=frozenset({"KB4536987"})).state is ExposureState.FIXED
    earlier = frozenset({(15, 1, 1847, 10)})
    assert judge(build, cve, known, earlier=earlier).state is ExposureState.FIXED
    assert judge("15.1.2176.9", "CVE-2021-24085", known).state is ExposureState.FIXED


@pytest.mark.parametrize(
    ("build", "cve", "name", "met", "not_met"),
    [
        ("15.1.2507.72", "CVE-2022-21979", "extended_protection", "fixed", "open"),
        ("15.1.2507.72", "CVE-2024-21410", "extended_protection", "mitigated", "open"),
        ("15.2.1258.28", "CVE-2024-21410", "extended_protection", "mitigated", "open"),
        ("15.2.1748.49", "CVE-2023-36439", "serialized_data_signing", "fixed", "open"),
        ("15.2.1748.49", "CVE-2025-53786", "hybrid_application", "fixed", "open"),
        ("15.2.2562.46", "CVE-2021-1730", "download_domains", "fixed", "open"),
        ("15.2.2562.46", "CVE-2025-25006", "override_null_bytes_in_from", "fixed", "open"),
        ("15.2.2562.46", "CVE-2018-8581", "loopback_check", "fixed", "open"),
    ],
)
def test_a_setting_decides_where_the_fix_is_one(
    build: str, cve: str, name: str, met: str, not_met: str, known: ExchangeKnowledge
) -> None:
    """What a build cannot show is unknown until a setting was read."""

    def with_setting(*, value: bool) -> str:
        setting = Setting(name, met=value, why="read", source="file.config")
        return judge(build, cve, known, settings={name: setting}).state.value

    assert judge(build, cve, known).state is ExposureState.UNKNOWN
    assert (with_setting(value=True), with_setting(value=False)) == (met, not_met)


def test_a_build_too_old_for_the_setting_is_open(known: ExchangeKnowledge) -> None:
    """Extended Protection needs the August 2022 update: before it nothing can be on."""
    setting = Setting("extended_protection", met=True, why="on", source="applicationHost.config")
    ruling = judge(
        "15.1.2375.28", "CVE-2024-21410", known, settings={"extended_protection": setting}
    )

    assert ruling.state is ExposureState.OPEN


def test_the_build_from_which_a_setting_can_be_had_is_that_of_the_table(
    known: ExchangeKnowledge,
) -> None:
    """A server of which only CU22 is known is not told that its bare CU22 has what it needs."""
    ruling = judge("15.1.2375.7", "CVE-2024-21410", known, exact=False)

    assert ruling.state is ExposureState.UNKNOWN
    assert "from 15.1.2375.31 (Aug22SU)" in ruling.why
    assert "15.1.2375.7" not in ruling.why
    assert ruling.rests_on == ("build 15.1.2375 (cumulative update only)",)


@pytest.mark.parametrize(
    ("build", "exact", "met", "state"),
    [
        ("15.1.2507.44", True, True, "not_affected"),
        ("15.1.2375.7", False, True, "not_affected"),
        ("15.1.2507.44", True, False, "open"),
        ("15.1.2507.44", True, None, "open"),
        ("15.1.2507.55", True, True, "fixed"),
    ],
)
def test_what_concerns_hybrid_organizations_concerns_no_other(
    build: str,
    exact: bool,  # noqa: FBT001  # a case of the table above
    met: bool | None,  # noqa: FBT001  # the same
    state: str,
    known: ExchangeKnowledge,
) -> None:
    """An old build is not open to it where the organization is known not to be hybrid."""
    setting = Setting("hybrid_application", met, "the organization is not hybrid", "h.xml")
    ruling = judge(
        build, "CVE-2025-53786", known, exact=exact, settings={"hybrid_application": setting}
    )

    assert ruling.state.value == state
    assert (state == "not_affected") == ("hybrid organizations alone" in ruling.why)


@pytest.mark.parametrize(
    ("build", "cve", "state", "words"),
    [
        ("15.2.2562.17", "CVE-2021-26855", ExposureState.NOT_AFFECTED, "older than"),
        ("15.0.1497.48", "CVE-2023-36439", ExposureState.UNSUPPORTED, "out of support"),
        ("15.0.1497.12", "CVE-2021-41349", ExposureState.OPEN, ""),
        ("14.3.513.0", "CVE-2022-41040", ExposureState.UNSUPPORTED, "out of support"),
        ("8.3.83.6", "CVE-2021-26855", ExposureState.UNKNOWN, "no version"),
    ],
)
def test_a_product_that_nobody_looks_at_any_more_is_not_called_safe(
    build: str, cve: str, state: ExposureState, words: str, known: ExchangeKnowledge
) -> None:
    """Not affected is said only of a product that was in support when it was published."""
    ruling = judge(build, cve, known)

    assert ruling.state is state
    assert words in ruling.why
