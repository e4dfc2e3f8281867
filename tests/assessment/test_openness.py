"""Whether the door was open when they came, and when it was closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.assessment.build_lines import build_lines, condensed, history_of
from hevesy.assessment.openness import (
    attacked,
    fixed_at,
    line_words,
    questions,
    with_openness,
    with_rows,
)
from hevesy.exposure import examine, open_at
from hevesy.knowledge import load, load_exchange
from hevesy.model import (
    BuildEvidence,
    Finding,
    Level,
    Mitigation,
    Outcome,
    RuleReference,
    ServerEvidence,
    Stage,
)
from hevesy.tables import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

KNOWN = load_exchange()
THREAT = load().threats[0]
START = datetime(2021, 3, 3, 4, tzinfo=UTC)


def evidence(*builds: tuple[str, int, int]) -> ServerEvidence:
    """A server whose log lines show builds, each from one hour to another."""
    return ServerEvidence(
        "EX01",
        tuple(
            BuildEvidence(
                build,
                "su_exact",
                "header_version",
                "HttpProxy.LOG",
                1,
                START + timedelta(hours=first),
                START + timedelta(hours=last),
                last_line=90,
            )
            for build, first, last in builds
        ),
    )


@pytest.mark.parametrize(
    ("builds", "answer"),
    [
        ((("15.1.2176.2", -5, 5),), "yes"),
        ((("15.1.2176.9", -5, 5),), "no"),
        ((("15.1.2176.2", -9, -5), ("15.1.2176.9", 5, 9)), "cannot_tell"),
    ],
)
def test_the_lines_around_a_moment_decide(
    builds: tuple[tuple[str, int, int], ...], answer: str, make_finding: Build, make_rule: Build
) -> None:
    """Open before Mar21SU (15.1.2176.9 on CU19), closed with it, not known in between."""
    finding = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"), outcome=Outcome.ATTEMPT)

    (told,) = with_openness([finding], {"EX01": evidence(*builds)}, KNOWN)

    assert told.open_then == answer
    assert told.open_why


def test_a_success_against_a_fixed_build_is_questioned(
    make_finding: Build, make_rule: Build
) -> None:
    """Either the build or the finding is not what it seems: a reader must be told."""
    finding = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"))

    (told,) = with_openness([finding], {"EX01": evidence(("15.1.2176.9", -5, 5))}, KNOWN)

    assert "contradicts itself" in told.open_why


def test_without_a_vulnerability_nothing_is_said(make_finding: Build, make_rule: Build) -> None:
    """Only what names a vulnerability is asked about."""
    plain = make_finding(rule=make_rule())
    other = make_finding(rule=make_rule(vulnerability="CVE-1999-0001"))
    known = {"EX01": evidence(("15.1.2176.2", -5, 5))}

    assert with_openness([plain, other], known, KNOWN) == (plain, other)


def test_without_a_build_or_a_time_nothing_can_be_told(
    make_finding: Build, make_rule: Build
) -> None:
    """That nothing is known is said, and is not silence."""
    named = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"))
    file = make_finding(rule=named.rule, first=None, last=None)

    (told,) = with_openness([named], {}, KNOWN)
    assert told.open_then == "cannot_tell"
    assert "nothing that was handed in shows which build it had" in told.open_why
    (told,) = with_openness([file], {"EX01": evidence(("15.1.2176.2", -5, 5))}, KNOWN)
    assert (told.open_then, told.open_spans) == ("cannot_tell", ())


PATCHED = (("15.1.2176.2", -9, 1), ("15.1.2176.9", 3, 9))
"""CU19 until 05:00, with Mar21SU from 07:00 on; in between it was changed."""


def attacks(*hours: float, finding: str = "f1") -> pl.DataFrame:
    """Rows of one finding, each so many hours after 04:00."""
    rows = [
        dict.fromkeys(FINDINGS) | {"id": finding, "time": START + timedelta(hours=hour)}
        for hour in hours
    ]
    return pl.DataFrame(rows, schema=FINDINGS)


def test_records_before_and_after_a_fix_are_told_apart(
    make_finding: Build, make_rule: Build
) -> None:
    """A scanner that came on two days is one finding: open the first time, fixed the second."""
    rows = attacks(-2, 0, 2, 4, 5, 6)
    rule = make_rule(vulnerability="CVE-2021-26855")
    finding = make_finding(rule=rule, outcome=Outcome.ATTEMPT, count=6)

    (told,) = with_openness([finding], {"EX01": evidence(*PATCHED)}, KNOWN, rows)

    assert [(span.answer, span.count) for span in told.open_spans] == [
        ("yes", 2),
        ("cannot_tell", 1),
        ("no", 3),
    ]
    assert told.open_then == "yes"
    assert "3 records from 2021-03-03 08:00 UTC: the server was not open to it" in told.open_why
    assert sum(span.succeeded for span in told.open_spans) == 0


def test_each_answer_names_the_lines_around_it(make_finding: Build, make_rule: Build) -> None:
    """File and line of the build before and after, so that somebody else can look."""
    finding = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"), count=1)

    (told,) = with_openness([finding], {"EX01": evidence(*PATCHED)}, KNOWN, attacks(2))

    (span,) = told.open_spans
    assert span.before is not None
    assert span.after is not None
    assert (span.before.build, span.before.time) == ("15.1.2176.2", START + timedelta(hours=1))
    assert (span.after.build, span.after.line) == ("15.1.2176.9", 1)
    assert span.after.name == "Exchange Server 2016 CU19 Mar21SU"
    assert line_words(span.before) == "15.1.2176.2 at 2021-03-03 05:00:00: HttpProxy.LOG line 90"
    assert line_words(None) == ""


def test_each_record_gets_its_own_answer(make_finding: Build, make_rule: Build) -> None:
    """The CSV and the table say it row by row; a row of another finding stays as it is."""
    finding = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"), count=3)
    rows = pl.concat([attacks(0, 2, 4), attacks(0, finding="f2")]).with_columns(
        pl.lit("").alias(name) for name in FINDINGS if name.startswith("open_")
    )
    told = with_openness([finding], {"EX01": evidence(*PATCHED)}, KNOWN, rows)

    table = with_rows(rows, told)

    assert table["open_then"].to_list() == ["yes", "cannot_tell", "no", ""]
    assert table["open_before"].str.slice(0, 11).to_list() == [
        *["15.1.2176.2"] * 2,
        *["15.1.2176.9", ""],
    ]
    assert "contradicts itself" in told[0].open_why
    assert table.columns == list(FINDINGS)
    assert with_rows(rows, [finding]).equals(rows)


def test_a_record_without_a_time_says_that_nothing_can_be_told(
    make_finding: Build, make_rule: Build
) -> None:
    """A file that a collector kept no time of is no silence in the table either."""
    rule = make_rule(vulnerability="CVE-2021-26855")
    file = make_finding("f1", rule=rule, first=None, last=None)
    rows = attacks(0).with_columns(time=pl.lit(None, FINDINGS["time"]))
    told = with_openness([file], {"EX01": evidence(*PATCHED)}, KNOWN, rows)

    table = with_rows(rows, told)

    assert table["open_then"].to_list() == ["cannot_tell"]
    assert table["open_before"].to_list() == [""]


def test_attacks_add_up_by_vulnerability_and_answer(make_finding: Build, make_rule: Build) -> None:
    """What a reader sees first: so many while it was open, so many after; other rules' not."""
    rule = make_rule(vulnerability="CVE-2021-26855")
    rows = pl.concat([attacks(0, 5), attacks(0.5, 6, finding="f2"), attacks(0, finding="f3")])
    findings = [
        make_finding("f1", rule=rule, outcome=Outcome.ATTEMPT),
        make_finding("f2", rule=rule, outcome=Outcome.SUCCESS),
        make_finding("f3", rule=rule, own=False),
    ]
    told = with_openness(findings, {"EX01": evidence(*PATCHED)}, KNOWN, rows)

    summed = attacked(told)
    assert [(one.answer, one.count, one.succeeded) for one in summed] == [
        ("yes", 2, 1),
        ("no", 2, 1),
    ]
    (question,) = questions(told)
    assert question.startswith("CVE-2021-26855: 1 record says “Title of rule-1” succeeded")
    assert "not wholly installed" in question


def test_a_mitigation_counts_from_when_it_stands(make_finding: Build, make_rule: Build) -> None:
    """Attacked before and after a rewrite rule was put in place."""
    since = START + timedelta(hours=2)
    cves = ("CVE-2021-26855",)
    measure = Mitigation(
        "eomt", "EOMT", cves, active=True, why="", source="web.config", since=since
    )
    server = replace(evidence(("15.1.2176.2", -9, 9)), mitigations=(measure,))
    finding = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"))

    (told,) = with_openness([finding], {"EX01": server}, KNOWN, attacks(0, 4))

    assert [span.answer for span in told.open_spans] == ["yes", "mitigated"]


def test_the_history_says_what_each_build_closed() -> None:
    """Each build with the lines that show it first and last, and its short name."""
    cves = ("CVE-2021-26855", "CVE-2021-34473", "CVE-0000-1")
    before, after = history_of(evidence(*PATCHED), cves, KNOWN)

    assert (before.label, after.label) == ("CU19 (no SU)", "CU19 Mar21SU")
    assert before.open == ("CVE-2021-26855", "CVE-2021-34473")
    assert (after.open, after.closes) == (("CVE-2021-34473",), ("CVE-2021-26855",))
    assert (before.first.line, before.last.line, before.sources) == (1, 90, 1)
    assert before.last.time < after.first.time


@pytest.mark.parametrize(
    ("build", "grade", "label"),
    [
        ("15.1.2176.0", "cu_only", "CU19 (SU not told)"),
        ("15.1.2176.5", "su_exact", "CU19, 15.1.2176.5"),
        ("15.7.1.1", "su_exact", "15.7.1.1"),
    ],
)
def test_a_label_claims_no_more_than_is_known(build: str, grade: str, label: str) -> None:
    """Of an unknown build its number, of a cumulative update that the update is not told."""
    (one,) = evidence((build, 0, 1)).builds
    server = ServerEvidence("EX01", (replace(one, grade=grade),))

    assert history_of(server, (), KNOWN)[0].label == label


def test_many_lines_are_condensed_without_changing_an_answer() -> None:
    """Thousands of files of a server say one thing; the nearest line is still told."""
    server = evidence(*[("15.1.2176.2", hour, hour + 1) for hour in range(50)])

    assert len(condensed(server).builds) == 1
    lines = build_lines(server, KNOWN)
    moment = START + timedelta(hours=7, minutes=20)
    before, after = lines.before(moment), lines.after(moment)
    assert before is not None
    assert after is not None
    assert (before.time, after.time) == (START + timedelta(hours=7), START + timedelta(hours=8))
    assert lines.before(START - timedelta(days=1)) is None
    assert lines.after(START + timedelta(days=9)) is None


def test_the_window_ends_with_the_first_line_that_shows_the_fix() -> None:
    """A server that was patched on the evening of the attack was at risk until then."""
    patched = evidence(("15.1.2176.2", -9, -5), ("15.1.2176.9", 5, 9))
    (server,) = examine([patched], KNOWN, START.date())
    (never,) = examine([evidence(("15.1.2176.2", -9, 9))], KNOWN, START.date())

    assert fixed_at(THREAT, server) == START + timedelta(hours=5)
    assert fixed_at(THREAT, never) is None
    assert fixed_at(THREAT, None) is None


def test_a_product_that_was_never_affected_closes_its_window_too() -> None:
    """A server of 2025 is of a version that came with the fix; what it was before is not known."""
    se = ServerEvidence(
        "EX01",
        (
            BuildEvidence(
                "15.2.2562.17",
                "su_exact",
                "header_version",
                "HttpProxy.LOG",
                1,
                datetime(2025, 7, 1, tzinfo=UTC),
                datetime(2025, 8, 1, tzinfo=UTC),
            ),
        ),
    )
    (server,) = examine([se], KNOWN, datetime(2025, 8, 1, tzinfo=UTC).date())

    assert fixed_at(THREAT, server) == datetime(2025, 7, 1, tzinfo=UTC)


@settings(max_examples=40)
@given(
    hours=st.lists(st.integers(-20, 20), min_size=1, max_size=30),
    builds=st.lists(
        st.tuples(
            st.sampled_from(("15.1.2176.2", "15.1.2176.9", "15.1.2176.12")),
            st.integers(-15, 15),
            st.integers(0, 8),
        ),
        max_size=5,
    ),
)
def test_every_record_has_the_answer_of_its_own_moment(
    hours: list[int], builds: list[tuple[str, int, int]]
) -> None:
    """However builds and records lie, the stretches say what asking for each record says."""
    server = evidence(*((build, first, first + length) for build, first, length in builds))
    rows = attacks(*hours)
    rule = RuleReference("r", "R", "", "", "", Level.HIGH, vulnerability="CVE-2021-26855")
    moments = sorted(rows["time"])
    finding = Finding(
        "f1",
        "EX01",
        rule,
        Stage.EXPLOIT,
        Outcome.ATTEMPT,
        "iis",
        "",
        len(moments),
        moments[0],
        moments[-1],
        (),
        (),
        own=True,
    )

    (told,) = with_openness([finding], {"EX01": server}, KNOWN, rows)

    answers = [open_at(server, "CVE-2021-26855", moment, KNOWN).answer for moment in moments]
    spread = [span.answer for span in told.open_spans for _ in range(span.count)]
    assert spread == answers
    assert sorted(with_rows(rows, [told])["open_then"]) == sorted(answers)
