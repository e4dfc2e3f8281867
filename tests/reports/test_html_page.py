"""The HTML report is one file that says everything, links within itself and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hevesy import reports
from hevesy.model import Assessment, Verdict
from hevesy.reports.html_page import MAX_RAW

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.tables import Tables

GOLDEN = Path(__file__).parent / "golden" / "report.txt"
BLOCKS = {"p", "li", "dt", "dd", "h1", "h2", "h3", "h4", "tr", "summary", "figcaption", "pre"}


class Outline(HTMLParser):
    """The text of a page as lines: one a block, `#` for headings, no style, no picture."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.lines = [""]
        self.skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line where a block begins."""
        del attrs
        self.skip += tag in {"style", "svg"}
        if tag in BLOCKS:
            self.lines.append("#" * int(tag[1]) + " " if tag[0] == "h" else "")
        elif tag in {"td", "th"}:
            self.lines[-1] += " | "

    def handle_endtag(self, tag: str) -> None:
        """End what is skipped."""
        self.skip -= tag in {"style", "svg"}

    def handle_data(self, data: str) -> None:
        """Add text to the line."""
        if not self.skip:
            self.lines[-1] += data


def outline(html: str) -> str:
    """The text of a page, normalised."""
    parser = Outline()
    parser.feed(html)
    lines = (" ".join(line.split()) for line in parser.lines)
    return "\n".join(line for line in lines if line) + "\n"


@pytest.fixture(scope="session")
def page(assessment: Assessment, tables: Tables) -> str:
    """The report of the invented case."""
    return reports.write_html(assessment, tables)


def test_the_report_reads_as_it_did(page: str, golden: Callable[[Path, str], None]) -> None:
    """A change of any sentence of the report is seen in review."""
    golden(GOLDEN, outline(page))


def test_the_same_assessment_is_the_same_page(assessment: Assessment, tables: Tables) -> None:
    """Nothing of the clock or the machine is in it."""
    assert reports.write_html(assessment, tables) == reports.write_html(assessment, tables)


def test_the_policy_allows_the_one_style_and_nothing_else(page: str) -> None:
    """The CSP names the hash of the style sheet; no script, image, frame or form is allowed."""
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert style is not None
    assert policy is not None

    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    """It opens offline: no address in the style, no `src`, no `url()` but its own patterns."""
    assert re.findall(r"url\([^)]*\)", page) == ["url(#gap)"]
    assert "@import" not in page
    assert " src=" not in page


def test_links_lead_somewhere(page: str) -> None:
    """Each inner link has its target, each target is there once."""
    targets = re.findall(r'id="([^"]*)"', page)

    assert len(targets) == len(set(targets))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(targets)


def test_every_finding_says_what_it_rests_on(page: str, assessment: Assessment) -> None:
    """Rule, author, licence, level, stage, outcome, technique, CVE, why, record, place, hash."""
    text = outline(page)

    for finding in assessment.findings:
        rule, sample = finding.rule, finding.samples[0]
        for said in (rule.title, rule.author, rule.licence, rule.id, rule.level.value, finding.id):
            assert said in text
        assert finding.why in text
        assert rule.techniques[0] in text
        assert rule.vulnerability in text
        assert " ".join(sample.raw.split()) in " ".join(text.split())
        assert f"line {sample.line:,}" in text
        assert f"SHA-256 {sample.sha256}" in text


def test_colour_says_nothing_alone(page: str, assessment: Assessment) -> None:
    """Verdict, `at least`, outcome and coverage stand there in words too."""
    text = outline(page)

    assert "At least Post-exploitation" in text
    assert "At least Probed" in text
    assert "No trace" in text
    assert text.count("succeeded") >= sum(f.outcome == "success" for f in assessment.findings)
    assert "2021-02-09 to 2021-02-13" in text
    assert "HttpProxy: nothing before 2021-02-14" in text
    assert "not covered by the evidence" in text


@pytest.mark.parametrize("mark", list(reports.Mark))
def test_the_mark_is_on_the_page_and_on_paper(
    mark: reports.Mark, assessment: Assessment, tables: Tables
) -> None:
    """TLP 2.0: head and foot of the page, and of every printed page."""
    page = reports.write_html(assessment, tables, mark=mark)

    assert page.count(f"<strong>{mark.value}</strong>") == 2
    assert f'@top-right {{ content: "{mark.value}"' in page
    assert "TLP:MARK" not in page


def test_a_large_case_stays_usable(invented: Any) -> None:  # noqa: ANN401  # a module
    """Thousands of findings: the weightiest in full, the others counted, nothing unsaid."""
    large = invented.invent_assessment(more=3000)
    page = reports.write_html(large, invented.invent_tables(large))
    text = outline(page)

    assert len(page) < 4_000_000
    assert page.count('<details class="finding"') == 400
    assert "2,611 more findings, by rule" in text
    assert "Mailbox exported to a file" in text


def test_many_servers_become_rows(assessment: Assessment, tables: Tables) -> None:
    """Five hundred servers: cards for the gravest, a table for all the others."""
    one = assessment.servers[0]
    many = tuple(replace(one, name=f"EX{number:03}") for number in range(500))
    page = reports.write_html(replace(assessment, servers=many), tables)

    assert len(page) < 4_000_000
    assert all(f"EX{number:03}" in page for number in range(500))
    assert "476 more servers" in outline(page)


def test_an_empty_case_has_a_report(assessment: Assessment, invented: Any) -> None:  # noqa: ANN401
    """Nothing found, nothing lost, no server: every section says so."""
    empty = Assessment(assessment.as_of, (), (), (), (), (), (), (), ())
    text = outline(reports.write_html(empty, invented.invent_tables(empty)))

    assert "The evidence shows no Exchange server." in text
    assert "Nothing follows from this evidence alone." in text
    assert "Every source was read" in text


def test_a_long_record_is_cut_and_says_so(assessment: Assessment, tables: Tables) -> None:
    """What is not shown of a record is counted."""
    finding = assessment.findings[0]
    long = replace(finding.samples[0], raw="x" * (MAX_RAW + 1234))
    changed = replace(assessment, findings=(replace(finding, samples=(long,)),))

    assert "1,234 more characters in findings.parquet" in reports.write_html(changed, tables)


def test_every_verdict_is_drawn(assessment: Assessment, tables: Tables) -> None:
    """Each rung of the ladder has its words and its picture."""
    servers = tuple(
        replace(assessment.servers[0], name=f"S{n}", verdict=verdict, at_least=False)
        for n, verdict in enumerate(Verdict)
    )
    page = reports.write_html(replace(assessment, servers=servers), tables)

    assert [len(re.findall('<li class="on">', part)) for part in page.split("<article")[1:8]] == [
        5,
        4,
        3,
        2,
        1,
        0,
        0,
    ]
