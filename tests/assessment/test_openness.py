"""Whether the door was open when they came, and when it was closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.assessment.openness import fixed_at, with_openness
from hevesy.exposure import examine
from hevesy.knowledge import load, load_exchange
from hevesy.model import BuildEvidence, Outcome, ServerEvidence

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


def test_without_a_vulnerability_or_a_build_nothing_is_said(
    make_finding: Build, make_rule: Build
) -> None:
    """Nothing is known of a server whose build no line shows."""
    plain = make_finding(rule=make_rule())
    named = make_finding(rule=make_rule(vulnerability="CVE-2021-26855"))

    assert with_openness([plain], {"EX01": evidence(("15.1.2176.2", -5, 5))}, KNOWN) == (plain,)
    assert with_openness([named], {}, KNOWN) == (named,)


def test_the_window_ends_with_the_first_line_that_shows_the_fix() -> None:
    """A server that was patched on the evening of the attack was at risk until then."""
    patched = evidence(("15.1.2176.2", -9, -5), ("15.1.2176.9", 5, 9))
    (server,) = examine([patched], KNOWN, START.date())
    (never,) = examine([evidence(("15.1.2176.2", -9, 9))], KNOWN, START.date())

    assert fixed_at(THREAT, server) == START + timedelta(hours=5)
    assert fixed_at(THREAT, never) is None
    assert fixed_at(THREAT, None) is None
