"""The first sentence is true of the verdicts, in number and in what it does not claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hevesy.model import Verdict
from hevesy.reports.headline import draw_headline

if TYPE_CHECKING:
    from hevesy.model import Assessment

USED, PROBED, NONE, UNKNOWN = (
    Verdict.SHELL_USED,
    Verdict.PROBED,
    Verdict.NO_TRACE,
    Verdict.CANNOT_TELL,
)


@pytest.mark.parametrize(
    ("verdicts", "lead", "rest"),
    [
        ([], "The evidence shows no Exchange server.", ""),
        ([USED], "The Exchange server was compromised.", ""),
        ([USED, USED], "All 2 Exchange servers were compromised.", ""),
        (
            [Verdict.EXPLOITED, PROBED],
            "1 of 2 Exchange servers was compromised.",
            "1 was probed without a sign of success.",
        ),
        (
            [USED, USED, NONE, UNKNOWN],
            "2 of 4 Exchange servers were compromised.",
            "1 shows no trace of a known attack; of 1 the evidence cannot tell.",
        ),
        (
            [PROBED],
            "No sign that the Exchange server was compromised.",
            "It was probed without a sign of success.",
        ),
        (
            [NONE, NONE],
            "No sign that any of the 2 Exchange servers was compromised.",
            "2 show no trace of a known attack.",
        ),
        ([UNKNOWN], "The evidence cannot tell whether the Exchange server was compromised.", ""),
        (
            [UNKNOWN, UNKNOWN],
            "The evidence cannot tell whether the 2 Exchange servers were compromised.",
            "",
        ),
    ],
)
def test_the_headline_fits_the_verdicts(
    verdicts: list[Verdict], lead: str, rest: str, assessment: Assessment
) -> None:
    """One, some, all, none, unknown: each its own sentence; other machines do not count."""
    one, other = assessment.servers[0], assessment.servers[-1]
    servers = (*(replace(one, verdict=verdict) for verdict in verdicts), other)

    headline = draw_headline(replace(assessment, servers=servers))
    assert (headline.lead, headline.rest) == (lead, rest)


def test_the_time_it_speaks_of_is_that_of_all_records(assessment: Assessment) -> None:
    """Earliest and latest record over all servers and log kinds."""
    headline = draw_headline(assessment)

    assert f"{headline.first:%Y-%m-%d} {headline.last:%Y-%m-%d}" == "2021-01-01 2021-03-12"
