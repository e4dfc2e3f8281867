"""Attacks and builds on one axis: in place, in words, and legible whatever the history."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy import reports
from hevesy.model import Assessment, BuildLine, BuildSpan, OpenSpan, ServerAssessment
from hevesy.reports.history_picture import LABEL, MAX_BUILDS, WIDTH, HistoryPicture, draw_history
from hevesy.reports.numbers import span_words

if TYPE_CHECKING:
    from hevesy.tables import Tables

START = datetime(2021, 1, 1, tzinfo=UTC)


def build(number: int, first: datetime, last: datetime) -> BuildSpan:
    """A build that lines show from one time to another."""
    name = f"Exchange Server 2016 CU{number}"
    begin, end = (BuildLine(f"15.1.{number}.1", name, time, "a.LOG", 7) for time in (first, last))
    return BuildSpan(f"15.1.{number}.1", name, f"CU{number} (no SU)", "su_exact", begin, end, 1)


def history(server: ServerAssessment, builds: int, step: timedelta) -> ServerAssessment:
    """The server with so many builds, each of that length, an hour between them."""
    spans = [
        build(number, START + number * step, START + (number + 1) * step - timedelta(hours=1))
        for number in range(builds)
    ]
    return replace(server, history=tuple(spans))


@pytest.fixture
def ex02(assessment: Assessment) -> ServerAssessment:
    """Patched on 4 March, attacked before and after."""
    return next(server for server in assessment.servers if server.name == "EX02")


def picture_of(server: ServerAssessment, assessment: Assessment) -> HistoryPicture:
    """Its picture, which must be there."""
    picture = draw_history(server, assessment.findings)
    assert picture is not None
    return picture


def test_attacks_before_and_after_the_fix_are_told_apart(
    ex02: ServerAssessment, assessment: Assessment
) -> None:
    """A lane each, with the answer and the numbers in words, above the builds on the same axis."""
    picture = picture_of(ex02, assessment)

    before, after = picture.attacks
    assert (before.title, before.caption) == (
        "CVE-2021-26855, open",
        "100,000 records, none succeeded",
    )
    assert (after.title, after.caption) == ("CVE-2021-26855, fixed", "4,233 records, 1 succeeded")
    old, new = picture.builds
    assert before.marks[0].end < old.x + old.width < new.x < after.marks[0].x
    assert max(before.y, after.y) < picture.parting < old.y < new.y
    assert "while" not in old.caption
    assert old.caption == "open to CVE-2021-26855 and 1 more"
    assert (new.caption, new.fixes) == ("fixes CVE-2021-26855 and 1 more", True)


def test_the_time_between_two_builds_is_said(
    ex02: ServerAssessment, assessment: Assessment
) -> None:
    """Nobody knows which of the two it was: hatched, and in words with its length."""
    (gap,) = picture_of(ex02, assessment).gaps

    assert gap.caption == "changed in between (3 h 0 min without a line)"
    assert gap.width >= 3


@pytest.mark.parametrize("builds", [1, 2, 12, 30])
@pytest.mark.parametrize("step", [timedelta(hours=8), timedelta(days=40), timedelta(days=400)])
def test_it_is_legible_with_one_build_and_with_many(
    ex02: ServerAssessment, builds: int, step: timedelta
) -> None:
    """Days or years: some dates on the axis, everything inside, no lane upon another."""
    server = replace(history(ex02, builds, step), attacked=())
    picture = draw_history(server)
    assert picture is not None

    drawn = min(builds, MAX_BUILDS, 37 if step.days > 300 else 99)
    assert len(picture.builds) == drawn
    assert len(picture.left_out) == builds - drawn
    assert 1 <= len(picture.ticks) <= 12
    places = [tick.x for tick in picture.ticks]
    assert all(late - early > 40 for early, late in pairwise(places))
    lanes = [lane.y for lane in picture.builds]
    assert all(late - early >= 33 for early, late in pairwise(lanes))
    assert picture.bottom < picture.height
    for lane in picture.builds:
        assert lane.x >= LABEL
        assert lane.x + lane.width <= LABEL + WIDTH + 3


def test_a_clock_of_another_age_squeezes_nothing(ex02: ServerAssessment) -> None:
    """A line dated 1970 is named, and not drawn."""
    odd = build(1, datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))
    picture = draw_history(replace(ex02, history=(odd, *ex02.history)))
    assert picture is not None

    assert len(picture.builds) == 2
    assert picture.left_out[0].startswith("Exchange Server 2016 CU1 ")


def test_without_a_line_there_is_no_picture(ex02: ServerAssessment) -> None:
    """The table below still says what was attacked."""
    assert draw_history(replace(ex02, history=())) is None


def test_more_lanes_than_fit_are_named(ex02: ServerAssessment, assessment: Assessment) -> None:
    """A server that was attacked with everything."""
    finding = next(one for one in assessment.findings if one.open_spans)
    spans = tuple(replace(finding.open_spans[0], cve=f"CVE-2021-{n}") for n in range(20000, 20013))
    picture = draw_history(ex02, [replace(finding, open_spans=spans)])
    assert picture is not None

    assert (len(picture.attacks), len(picture.left_out)) == (10, 3)
    assert picture.left_out[0] == "100,000 records of attacks on CVE-2021-20010, open"
    assert draw_history(ex02, [replace(finding, own=False)]).attacks == ()  # type: ignore[union-attr]  # it is there


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001  # the zone is given beside
            st.timedeltas(timedelta(0), timedelta(days=4000)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_times_break_it(moments: list[tuple[datetime, timedelta]]) -> None:
    """Whatever a hostile log is dated, the picture stays inside its frame."""
    limit = datetime(9999, 12, 30, tzinfo=UTC)
    spans = [
        build(number, first, min(limit, first + min(length, limit - first)))
        for number, (first, length) in enumerate(sorted(moments))
    ]
    server = ServerAssessment(
        "EX01",
        (),
        exchange=True,
        why_exchange="",
        verdict=None,
        at_least=False,
        at_least_why=(),
        why="",
        not_excluded=(),
        coverage=(),
        windows=(),
        builds=(),
        history=tuple(spans),
    )
    picture = draw_history(server)
    assert picture is not None

    assert all(LABEL <= tick.x <= LABEL + WIDTH for tick in picture.ticks)
    assert len(picture.builds) + len(picture.left_out) == len(spans)


@pytest.mark.parametrize("answer", ["yes", "no", "mitigated", "cannot_tell"])
def test_each_answer_has_a_shape_and_a_word(
    answer: str, ex02: ServerAssessment, assessment: Assessment, tables: Tables
) -> None:
    """Nothing rests on colour: without it, the shape and the word tell the same."""
    finding = next(one for one in assessment.findings if one.open_spans)
    span: OpenSpan = replace(finding.open_spans[0], answer=answer)
    changed = replace(
        assessment,
        servers=(replace(ex02, attacked=(span,)),),
        findings=(replace(finding, open_spans=(span,)),),
    )
    page = reports.write_html(changed, tables)

    word = {"yes": "open", "no": "fixed", "mitigated": "mitigated", "cannot_tell": "cannot tell"}
    assert f"CVE-2021-26855, {word[answer]}</text>" in page
    shapes = set(re.findall(rf'<(\w+) class="mark {answer}"', page))
    assert shapes == {{"yes": "path", "no": "rect", "mitigated": "path"}.get(answer, "circle")}


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=20), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=2, minutes=34), "2 h 34 min"),
        (timedelta(hours=47), "47 h 0 min"),
        (timedelta(days=3, hours=1), "3 days"),
        (timedelta(days=-1), "0 min"),
    ],
)
def test_lengths_in_words(span: timedelta, words: str) -> None:
    """In the units that a person thinks in."""
    assert span_words(span) == words
