"""The last screen says all that the design lists, in few lines, on any terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hevesy import reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.model import Assessment
    from hevesy.tables import Tables

GOLDEN = Path(__file__).parent / "golden" / "screen.txt"
NUMBERS = reports.Numbers(
    bytes=490_812_476,
    seconds=12.31,
    peak_memory=212_000_000,
    sources=522,
    rows=1_234_567,
    parsed=23_456,
    passed_over=1_211_108,
    damaged=3,
)


def screen(assessment: Assessment, tables: Tables, **options: Any) -> str:  # noqa: ANN401
    """The last screen as text."""
    file = io.StringIO()
    reports.write_text(assessment, tables, file=file, **options)
    return file.getvalue()


def test_the_screen_reads_as_it_did(
    assessment: Assessment, tables: Tables, golden: Callable[[Path, str], None]
) -> None:
    """A change of any line is seen in review."""
    golden(
        GOLDEN,
        screen(assessment, tables, numbers=NUMBERS, report=Path("report.html"), width=100),
    )


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_a_chain_takes_at_most_seven_lines(
    assessment: Assessment, tables: Tables, width: int
) -> None:
    """However many steps it has and however narrow the terminal."""
    incident = assessment.incidents[0]
    chain = replace(incident.chains[0], steps=incident.chains[0].steps * 50)
    long = replace(assessment, incidents=(replace(incident, chains=(chain,)),))
    lines = screen(long, tables, width=width).split("\n")

    begin = next(n for n, row in enumerate(lines) if row.startswith("Chains"))
    end = next(n for n, row in enumerate(lines) if n > begin and not row)
    assert 2 <= end - begin - 1 <= 7
    assert max(len(row) for row in lines) <= width


def test_the_next_three_actions_come_last(assessment: Assessment, tables: Tables) -> None:
    """What to do stands right above where the report lies."""
    text = screen(assessment, tables, report=Path("case/report.html"))
    actions = text.index("Take EX01 off the network")

    assert text.index("Verdicts") < text.index("Coverage") < text.index("Chains") < actions
    assert "3.  Install the security update" in text
    assert "4." not in text[actions:]
    assert "and 1 more, see the report" in text
    assert text.rstrip().endswith("Report  case/report.html")


def test_numbers_add_up_in_words(assessment: Assessment, tables: Tables) -> None:
    """Bytes, time, rate, memory, and the rows that were parsed, passed over and damaged."""
    text = screen(assessment, tables, numbers=NUMBERS)

    assert "491 MB of 522 sources in 12.3 s, 39.9 MB/s, peak memory 212 MB" in text
    assert "1,234,567 rows: 23,456 parsed, 1,211,108 passed over, 3 damaged" in text
    nothing = replace(NUMBERS, seconds=0.0, peak_memory=None)
    assert "peak memory not measured" in screen(assessment, tables, numbers=nothing)


def test_hundreds_of_servers_stay_a_screen(assessment: Assessment, tables: Tables) -> None:
    """The gravest by name, the others by verdict."""
    many = replace(
        assessment, servers=tuple(server for server in assessment.servers for _ in range(100))
    )
    text = screen(many, tables, width=200)

    assert "and 260 more: 60 Post-exploitation, 100 Probed, 100 No trace" in text
    assert "100 other machines, no verdict: DC01, DC01," in text
    assert text.count("\n") < 180


def test_colour_never_says_more_than_words(assessment: Assessment, tables: Tables) -> None:
    """With and without colour the words are the same."""
    import re

    plain = screen(assessment, tables, colour=False, width=100)
    coloured = screen(assessment, tables, colour=True, width=100)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_pipe_gets_no_colour(
    assessment: Assessment, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results can be piped into a file; `FORCE_COLOR` of the shell does not break them."""
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in screen(assessment, tables)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_any_terminal_can_encode_it(assessment: Assessment, tables: Tables, encoding: str) -> None:
    """An old Windows console gets plain signs and escapes, never a traceback."""
    odd = replace(assessment.servers[0], why="Zürich 東京")
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    reports.write_text(replace(assessment, servers=(odd,)), tables, file=file)
    file.seek(0)
    text = file.read()

    assert ("東京" in text) == (encoding == "utf-8")
    assert ("●" if encoding == "utf-8" else "*") + " shell used, succeeded" in text


def test_an_empty_case_has_a_screen(assessment: Assessment, invented: Any) -> None:  # noqa: ANN401
    """No server, no chain, no loss: it says so."""
    empty = type(assessment)(assessment.as_of, (), (), (), (), (), (), (), ())
    text = screen(empty, invented.invent_tables(empty))

    assert "The evidence shows no Exchange server." in text
    assert "0 findings from 0 records" in text


def test_an_action_names_its_servers(assessment: Assessment, tables: Tables) -> None:
    """Three of them; and of what to collect, the first thing that is missing."""
    names = ("EX01", "EX02", "EX03", "EX04", "EX05")
    text = "- HttpProxy: nothing before 2021-02-14\n- no Windows events\n\nLook in backups."
    collect = replace(
        assessment.actions[0], title="Collect", text=text, servers=names, kind="collect"
    )
    said = screen(replace(assessment, actions=(collect,)), tables, width=200)

    assert "Collect: EX01, EX02, EX03 and 2 more (" in said
    assert "HttpProxy: nothing before 2021-02-14 and 1 more" in said


def test_unexplained_findings_are_counted_beside_the_verdict(
    assessment: Assessment, tables: Tables
) -> None:
    """Those of hevesy's rules on that server; no verdict reads as if nothing were found."""
    loose = tuple(replace(finding, incident="", own=True) for finding in assessment.findings)
    on_first = sum(finding.server == "EX01" for finding in loose)
    said = screen(replace(assessment, findings=loose), tables, width=300)
    foreign = tuple(replace(finding, own=False) for finding in loose)

    assert f"; {on_first} unexplained findings" in said
    assert "unexplained" not in screen(replace(assessment, findings=foreign), tables)
