"""Since when a measure stands: a line that says it was applied, else the time of its file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hevesy.evidence import open_evidence
from hevesy.exposure import open_at
from hevesy.exposure.estate import read_estate
from hevesy.exposure.mitigation_log import is_mitigation_log, read_mitigation_log
from hevesy.exposure.settled import settled_mitigations
from hevesy.model import Mitigation

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ServerEvidence

APPLIED, CHANGED = datetime(2022, 10, 1, 3, tzinfo=UTC), datetime(2022, 10, 20, 8, tzinfo=UTC)
CVE = "CVE-2022-41040"
HEAD = "#Software: Microsoft Exchange Server\n#Log-type: Mitigation Service Logs\n"
RULE = """<configuration><system.webServer><rewrite><rules>
<rule name="PowerShell - inbound"{more} stopProcessing="true"><match url=".*" /><conditions>
<add input="{{UrlDecode:{{REQUEST_URI}}}}" pattern="(?=.*autodiscover)(?=.*powershell)" />
</conditions><action type="AbortRequest" /></rule></rules></rewrite></system.webServer>
</configuration>"""


def row(message: str, hour: int = 3) -> str:
    """A row of the log."""
    return f"2022-10-01T{hour:02}:00:00.000Z,EX01,x,S:LogLevel=Information;S:Message={message}\n"


def measure(**changes: object) -> Mitigation:
    """A rule as a web.config has it."""
    values = {"active": True, "why": "the rule stands", "source": "web.config"} | changes
    return Mitigation("m", "A rule", (CVE,), **values)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    "message",
    ["Mitigation M1 is applied successfully", "Applied mitigation M1.1", "M1 applied"],
)
def test_the_first_line_that_says_applied_dates_it(message: str, known: ExchangeKnowledge) -> None:
    """In any order of words; later lines change nothing."""
    text = HEAD + row("Fetching mitigations from x", 1) + row(message) + row(message, 9)
    (server,) = read_mitigation_log(text.encode(), "M.log", known, "EX01").servers
    (found,) = server.mitigations

    assert (found.cves, found.since, found.since_from) == ((CVE,), APPLIED, "log_line")
    assert (found.line, found.active) == (4, True)


@pytest.mark.parametrize(
    "message",
    [
        "Mitigation M1 was not applied",
        "Failed applying mitigation M1",
        "Mitigation M1 is blocked, skip applying",
        "M1 was found",
        "Mitigation M100 applied",
        "S:Message",
    ],
)
def test_other_lines_date_nothing(message: str, known: ExchangeKnowledge) -> None:
    """What failed, was blocked, or is another mitigation."""
    assert read_mitigation_log((HEAD + row(message)).encode(), "M.log", known).servers == ()


def test_it_is_known_by_folder_or_header() -> None:
    """As Exchange writes it; other logs are none."""
    assert is_mitigation_log(b"", "C:\\Ex\\Logging\\MitigationService\\a.log")
    assert is_mitigation_log(HEAD.encode(), "x.log")
    assert not is_mitigation_log(b"#Log-type: HttpProxy Logs", "x.log")


def test_what_was_applied_and_what_stands_come_together() -> None:
    """The configuration says whether it holds, the earliest line since when."""
    line = measure(why="applied M1", source="M.log", line=4, since=APPLIED, since_from="log_line")
    file = measure(since=CHANGED, since_from="file_time")

    for several in ((line, file), (file, line)):
        (found,) = settled_mitigations(several)
        assert (found.since, found.since_from, found.source) == (APPLIED, "log_line", "web.config")
        assert found.why == "the rule stands; applied M1 (M.log:4)"
    assert settled_mitigations((line, measure(active=False, why="cleared"))) == (
        measure(active=False, why="cleared"),
    )
    assert settled_mitigations((file,)) == (file,)
    assert settled_mitigations((line,)) == (line,)


def collection(
    tmp_path: Path, known: ExchangeKnowledge, *, log: bool, more: str = ""
) -> ServerEvidence:
    """The server of a collection with the rule, and with the service's log or without."""
    exchange = "C/Program Files/Microsoft/Exchange Server/V15/Logging"
    http = (
        "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.012\n"
        "#Log-type: HttpProxy Logs\n#Fields: DateTime,ServerHostName,HttpStatus\n"
        "2022-09-01T00:00:01.000Z,EX01,200\n2022-11-01T00:00:01.000Z,EX01,200\n"
    )
    files = {
        "C/inetpub/wwwroot/web.config": RULE.format(more=more),
        f"{exchange}/HttpProxy/Owa/HttpProxy_2022090100-1.LOG": http,
    }
    if log:
        name = f"{exchange}/MitigationService/MitigationService_20221001-1.log"
        files[name] = HEAD + row("Mitigation M1 applied")
    for name, text in files.items():
        path = tmp_path / "EX01" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (CHANGED.timestamp(), CHANGED.timestamp()))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    evidence = open_evidence([str(tmp_path / "EX01")], scratch=scratch)
    (server,) = read_estate(evidence, known, scratch).servers
    return server


@pytest.mark.parametrize(
    ("log", "day", "answer", "words"),
    [
        (True, datetime(2022, 9, 30, tzinfo=UTC), "yes", ""),
        (True, datetime(2022, 10, 2, tzinfo=UTC), "mitigated", "URL Rewrite rule"),
        (False, datetime(2022, 10, 2, tzinfo=UTC), "cannot_tell", "changed last on 2022-10-20"),
        (False, datetime(2022, 10, 25, tzinfo=UTC), "mitigated", "URL Rewrite rule"),
    ],
)
def test_whether_it_stood_when_it_mattered(
    log: bool,  # noqa: FBT001  # a case
    day: datetime,
    answer: str,
    words: str,
    tmp_path: Path,
    known: ExchangeKnowledge,
) -> None:
    """A line tells it to the second; a file's time only that it stands from then on."""
    found = open_at(collection(tmp_path, known, log=log), CVE, day, known)

    assert (found.answer, words in found.why) == (answer, True), found.why


def test_a_rule_that_is_off_now_is_not_saved_by_the_log(
    tmp_path: Path, known: ExchangeKnowledge
) -> None:
    """It was applied once; the configuration says that it is disabled."""
    server = collection(tmp_path, known, log=True, more=' enabled="false"')

    assert [one.active for one in server.mitigations] == [False]
