"""Builds in log lines: of the server itself, and of servers that nobody handed in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hevesy.exposure.log_builds import (
    back_end_build,
    evidence_of,
    path_builds,
    received_builds,
)
from hevesy.model import BuildSeen


@pytest.mark.parametrize(
    ("number", "build"),
    [
        (1942063431, (15, 1, 2375, 0)),
        (1942062522, (15, 1, 1466, 0)),
        (3, None),
        (0x70000000, None),
    ],
)
def test_back_end_versions_are_unpacked(number: int, build: object) -> None:
    """`BEVersion-1942063431` is CU22 of 2016; an attacker's small number is none."""
    assert back_end_build(number) == build


def test_versions_in_urls_and_folders() -> None:
    """The folders that Exchange serves its scripts from are called by the build."""
    urls = ["/owa/auth/15.1.2375/themes/x.png", "/ecp/15.2.986.5/scripts/a.js", "/owa/auth/logon"]
    folders = ["C:\\Exchange\\FrontEnd\\HttpProxy\\owa\\auth\\15.0.1395\\x.js", "/x/15.1.1/"]

    assert [(one.build, one.grade) for one in path_builds(urls, "iis")] == [
        ("15.1.2375.0", "cu_only"),
        ("15.2.986.5", "cu_only"),
    ]
    assert [one.build for one in path_builds(folders, "mft", "folder")] == ["15.0.1395.0"]


def test_received_headers_tell_the_security_update() -> None:
    """Each Exchange server that passed a message on wrote its build."""
    header = (
        "Received: from a (192.0.2.1) by b (192.0.2.2) with Microsoft SMTP Server "
        "(version=TLS1_2, cipher=X) id 15.2.2562.37; Mon, 1 Jun 2026 10:00:00 +0000"
    )

    (build,) = received_builds(header, "m.eml", 3)
    assert (build.build, build.grade, build.line) == ("15.2.2562.37", "su_exact", 3)
    assert received_builds("id 15.2.2562.37", "m.eml") == ()


def test_a_survey_is_evidence() -> None:
    """What the survey of a log saw keeps its grade, origin, times and line."""
    moment = datetime(2021, 3, 1, tzinfo=UTC)
    seen = BuildSeen("15.1.2176.2", "su_exact", "S:BLD", moment, moment, 7)

    (evidence,) = evidence_of([seen], "in/ECP.LOG")
    assert (evidence.source, evidence.line, evidence.first) == ("in/ECP.LOG", 7, moment)
