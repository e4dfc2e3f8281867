"""The build history that logs keep, and whether the door was open when they came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hevesy.exposure import build_history, open_at
from hevesy.model import BuildEvidence, Mitigation, ServerEvidence

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

SSRF = "CVE-2021-26855"
START = datetime(2021, 3, 1, tzinfo=UTC)


def at(day: float) -> datetime:
    """A moment, in days from 2021-03-01."""
    return START + timedelta(days=day)


def lines(build: str, first: float, last: float, grade: str = "su_exact") -> BuildEvidence:
    """Lines of a log that show a build."""
    return BuildEvidence(build, grade, "header_version", "HttpProxy.LOG", 1, at(first), at(last))


PATCHED = ServerEvidence("EX01", (lines("15.1.2176.2", 4, 8), lines("15.1.2176.9", 9, 20)))


def test_history_is_each_build_with_its_first_and_last_line(known: ExchangeKnowledge) -> None:
    """Two logs of one build are one period; what a client writes is none."""
    more = lines("15.1.2176.2", 2, 5)
    url = BuildEvidence("15.2.986.0", "cu_only", "url", "iis", None, at(1), at(2))
    first, second = build_history((*PATCHED.builds, more, url), known)

    assert (first.build, first.first, first.last) == ("15.1.2176.2", at(2), at(8))
    assert len(first.evidence) == 2
    assert second.name == "Exchange Server 2016 CU19 Mar21SU"


@pytest.mark.parametrize(
    ("day", "answer", "words"),
    [
        (6, "yes", "15.1.2176.2 is below 15.1.2176.9"),
        (12, "no", "fixed by Mar21SU"),
        (8.5, "cannot_tell", "between lines that show"),
        (30, "cannot_tell", "after 2021-03-21"),
        (3, "cannot_tell", "before 2021-03-05"),
        (-40, "yes", "came out on 2021-03-02"),
    ],
)
def test_whether_it_was_open_at_a_moment(
    day: float, answer: str, words: str, known: ExchangeKnowledge
) -> None:
    """A patched server was open before and is not after; between the lines nobody knows.

    Before the fix came out, everybody was open, whatever the logs reach to.
    """
    found = open_at(PATCHED, SSRF, at(day), known)

    assert found.answer == answer, found.why
    assert words in found.why
    assert found.evidence


def test_between_two_builds_that_agree_the_answer_is_known(known: ExchangeKnowledge) -> None:
    """A gap between two open builds was open, one between two fixed ones was not."""
    open_twice = ServerEvidence("A", (lines("15.1.2106.2", 4, 5), lines("15.1.2176.2", 9, 10)))
    fixed_twice = ServerEvidence("A", (lines("15.1.2176.9", 4, 5), lines("15.1.2242.8", 9, 10)))

    assert open_at(open_twice, SSRF, at(7), known).answer == "yes"
    assert open_at(fixed_twice, SSRF, at(7), known).answer == "no"


def test_no_more_is_said_of_two_builds_than_is_known(known: ExchangeKnowledge) -> None:
    """Where one build is open and of the other it is not known, neither is called fixed."""
    server = ServerEvidence("A", (lines("15.1.2176.2", 4, 5), lines("15.1.2176.99", 9, 10)))
    found = open_at(server, SSRF, at(7), known)

    assert found.answer == "cannot_tell"
    assert "the other is not" not in found.why
    assert "is not known of each of them" in found.why


def test_after_the_last_line_is_after_all_builds(known: ExchangeKnowledge) -> None:
    """A build that lines show within the time of another one is not the last that was seen."""
    server = ServerEvidence("A", (lines("15.1.2176.2", 1, 10), lines("15.1.2176.9", 2, 3)))

    assert "after 2021-03-11" in open_at(server, SSRF, at(12), known).why


def test_the_mitigation_that_stood_is_the_one_that_is_named(known: ExchangeKnowledge) -> None:
    """Of two rules, the one that came later did not stop an attack before it."""
    sooner = Mitigation("a", "Sooner", (SSRF,), active=True, why="", source="a", since=at(5))
    later = replace(sooner, name="b", title="Later", since=at(7))
    server = ServerEvidence("A", PATCHED.builds, mitigations=(later, sooner))

    assert open_at(server, SSRF, at(6), known).why.endswith("; Sooner")


def test_a_mitigation_counts_from_when_it_stands(known: ExchangeKnowledge) -> None:
    """Mitigated is said only of the time after it; undated, nobody knows."""

    def with_mitigation(
        since: datetime | None, *, active: bool = True, since_from: str = "log_line"
    ) -> str:
        one = Mitigation("m", "A rule", (SSRF,), active, "why", "web.config", 1, since, since_from)
        server = ServerEvidence("A", PATCHED.builds, mitigations=(one,))
        return open_at(server, SSRF, at(6), known).answer

    assert with_mitigation(at(5)) == "mitigated"
    assert with_mitigation(at(7)) == "yes"
    assert with_mitigation(at(7), since_from="file_time") == "cannot_tell"
    assert with_mitigation(at(5), since_from="file_time") == "mitigated"
    assert with_mitigation(None) == "cannot_tell"
    assert with_mitigation(at(5), active=False) == "yes"


def test_nothing_is_said_without_lines(known: ExchangeKnowledge) -> None:
    """A build from today says nothing of then, and a server without one nothing at all."""
    today = ServerEvidence("A", (BuildEvidence("15.1.2507.72", "su_exact", "exsetup", "x"),))

    assert open_at(today, SSRF, at(6), known).answer == "cannot_tell"
    assert open_at(ServerEvidence("A"), SSRF, at(-40), known).answer == "cannot_tell"


def test_the_cumulative_update_alone_makes_a_history_too(known: ExchangeKnowledge) -> None:
    """Where no line tells the security update, those of the cumulative update are used."""
    server = ServerEvidence("A", (lines("15.1.2176.0", 4, 8, "cu_only"),))

    assert open_at(server, SSRF, at(6), known).answer == "cannot_tell"
    assert open_at(server, "CVE-2021-34473", at(6), known).answer == "yes"
    assert open_at(server, "CVE-2020-0688", at(6), known).answer == "no"
