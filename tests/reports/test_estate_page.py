"""The page of an estate says what the table says and more, and obeys no evidence."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hevesy.exposure import examine
from hevesy.knowledge import load_exchange
from hevesy.model import (
    BuildEvidence,
    ExposedServer,
    Mitigation,
    ServerEvidence,
    Setting,
    VirtualDirectory,
)
from hevesy.reports import Mark
from hevesy.reports.estate_page import write_estate
from hevesy.reports.estate_view import DataTable, draw_estate

TODAY = dt.date(2026, 11, 24)
TABLES = (DataTable("Builds of Exchange", dt.date(2026, 8, 20), 96, old=True),)
DATA: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("payloads.toml").read_text(encoding="utf-8")
)
MOMENT = dt.datetime(2022, 10, 1, 10, tzinfo=dt.UTC)


def server(name: str, build: str, **changes: Any) -> ServerEvidence:  # noqa: ANN401  # any field
    """A server with one build and what else is given."""
    grade = changes.pop("grade", "su_exact")
    evidence = BuildEvidence(build, grade, "exsetup", f"{name}.zip/ExSetup.exe", 7)
    return ServerEvidence(name, (evidence, *changes.pop("builds", ())), **changes)


def estate() -> tuple[ExposedServer, ...]:
    """Servers in every state."""
    rule = Mitigation(
        "m", "Rule A", ("CVE-2022-41040",), active=True, why="holds", source="web.config", line=3
    )
    void = replace(rule, title="Rule B", active=False, why="is disabled", since=MOMENT)
    less = VirtualDirectory("Default Web Site/EWS", "None", "Allow", False, "None where Allow")  # noqa: FBT003  # secure
    setting = Setting("download_domains", met=True, why="EnableDownloadDomains is on", source="o")
    log = BuildEvidence("15.1.2176.2", "su_exact", "columns", "x.LOG", 9, MOMENT, MOMENT)
    rival = BuildEvidence("15.1.2507.72", "su_exact", "healthchecker", "HealthChecker-A.xml", 4)
    evidence = [
        server("OPEN", "15.1.2375.7", builds=(log,), aliases=("open.example.org",)),
        server("MITIGATED", "15.1.2507.12", mitigations=(rule, void), directories=(less,)),
        server("FIXED", "15.2.2562.46", settings=(setting,)),
        server("TWICE", "15.1.2375.7", builds=(rival,)),
        server("OLD", "15.0.1497.48"),
        server("NEW", "15.2.2562.99"),
        server("LISTED", "15.1.2507.6", grade="cu_only", seen_from=("OPEN",)),
        ServerEvidence("BLIND"),
    ]
    return examine(evidence, load_exchange(), TODAY)


@pytest.fixture(scope="module")
def servers() -> tuple[ExposedServer, ...]:
    """The estate, judged once."""
    return estate()


@pytest.fixture(scope="module")
def page(servers: tuple[ExposedServer, ...]) -> str:
    """Its page."""
    return write_estate(servers, TABLES, TODAY, problems=("i.csv:4: no Exchange build: 'x'",))


class Reader(HTMLParser):
    """What a browser would act on, and the text."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and what it carries."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def read(html: str) -> Reader:
    """Parse a page to its end."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def plain(html: str) -> str:
    """The text of a page, blanks made one."""
    return " ".join("".join(read(html).text).split())


def poison(value: Any, text: str) -> Any:  # noqa: ANN401  # any noun
    """Replace every text in a noun, as deep as it goes; what is compared stays."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(poison(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type) and not isinstance(value, Enum):
        kept = {"kind"}
        changed = {
            field.name: poison(getattr(value, field.name), text)
            for field in fields(value)
            if field.name not in kept and not isinstance(getattr(value, field.name), Enum)
        }
        return replace(value, **changed)
    return value


def test_a_row_a_server_says_what_the_table_says(
    page: str, servers: tuple[ExposedServer, ...]
) -> None:
    """Build, update, grade, counts, support, what to install: in words, the gravest first."""
    text = plain(page)

    assert text.index("OPEN") < text.index("FIXED")
    for one in servers:
        for said in (one.name, one.build, one.update, one.support):
            assert said in text
    assert "exact to the security update" in text
    assert "cumulative update only" in text
    assert "CU23, then Aug26SU (15.1.2507.72, KB5121576)" in text
    assert "open, in KEV" in text
    assert "no build found" in text


def test_a_build_that_rests_on_a_line_of_a_log_has_its_day(page: str) -> None:
    """What a server had in an old log is not said as if it were seen today."""
    log = BuildEvidence("15.1.2176.2", "su_exact", "columns", "x.LOG", 9, MOMENT, MOMENT)
    logged = examine([ServerEvidence("LOGGED", (log,))], load_exchange(), TODAY)

    assert f"as a line of {MOMENT:%Y-%m-%d} shows it" in plain(write_estate(logged, TABLES, TODAY))
    assert "as a line of" not in plain(page)
    assert "Seen open from" in plain(page)


def test_the_first_sentence_counts_servers(servers: tuple[ExposedServer, ...]) -> None:
    """How many are open to what is exploited, and what else is grave, in one breath."""
    view = draw_estate(servers)
    assert view.lead == "2 of 8 servers are open to vulnerabilities that are known to be exploited"
    assert "out of support" in view.rest
    assert "of 1 no build was found" in view.rest
    (alone,) = (one for one in servers if one.name == "OPEN")
    assert draw_estate([alone]).lead.startswith("OPEN is open to ")
    fixed = [one for one in servers if one.name == "FIXED"]
    assert draw_estate(fixed).lead.startswith("No server is known to be open")


def test_every_open_vulnerability_that_is_exploited_has_its_row(
    page: str, servers: tuple[ExposedServer, ...]
) -> None:
    """With KEV date, fix and reason; what else is open stands there by id."""
    text = plain(page)
    (one,) = (one for one in servers if one.name == "OPEN")

    for exposure in one.open:
        assert exposure.cve.id in text
        if exposure.cve.kev_added:
            assert exposure.why in text
            assert exposure.cve.kev_added.isoformat() in text


def test_the_plan_stands_in_order_once_for_all_that_share_it(page: str) -> None:
    """Steps in order, with what they close; servers with the same steps stand together."""
    text = plain(page)
    plan = text[text.index("What to install, in order", 200) :]

    assert plan.index("Install Exchange Server 2016 CU23 (15.1.2507.6") < plan.index(
        "Install Exchange Server 2016 CU23 Aug26SU"
    )
    assert re.search(r"closes (up to |[\d,]+ to )?[\d,]+ vulnerabilit", plan)


def test_contradictions_gaps_mitigations_and_unseen_servers_are_told(page: str) -> None:
    """Each with its source, and with what would settle it."""
    text = plain(page)

    assert "HealthChecker-A.xml:4 says 15.1.2507.72" in text
    assert "It depends on a setting that was not read: Download Domains" in text
    assert "Get-OrganizationConfig (EnableDownloadDomains)" in text
    assert "nothing of it was handed in; logs of OPEN mention it" in text
    assert "is disabled" in text
    assert "2022-10-01 10:00:00" in text
    assert "Default Web Site/EWS" in text
    assert "EnableDownloadDomains is on" in text
    assert "i.csv:4: no Exchange build: 'x'" in text
    assert "Builds of Exchange" in text
    assert "2026-08-20" in text


def test_the_page_loads_nothing_and_links_within_itself(page: str) -> None:
    """The policy of the case's report, no script, every target there once."""
    found = read(page)
    targets = [value for name, value in found.attributes if name == "id"]
    links = [value for name, value in found.attributes if name == "href"]

    assert "default-src 'none'; style-src 'sha256-" in page
    assert not {"script", "img", "iframe", "form", "link"} & set(found.tags)
    assert not any(
        name.startswith("on") or name in {"src", "style"} for name, _ in found.attributes
    )
    assert len(targets) == len(set(targets))
    assert {link[1:] for link in links} <= set(targets)
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize("payload", DATA["payload"])
def test_evidence_is_text_wherever_it_stands(
    payload: str, servers: tuple[ExposedServer, ...]
) -> None:
    """No element or attribute but those of the template, and no hidden character."""
    poisoned = [poison(one, payload) for one in servers]
    found = read(write_estate(poisoned, TABLES, TODAY, problems=(payload,)))

    assert set(found.tags) <= set(DATA["elements"])
    assert {name for name, _ in found.attributes} <= set(DATA["attributes"])
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert not {c for c in "".join(found.text) if unicodedata.category(c) in hidden and c != "\n"}


def test_the_same_servers_are_the_same_page(servers: tuple[ExposedServer, ...]) -> None:
    """Nothing of the clock or the machine is in it; the mark is on it."""
    one, other = (
        write_estate(several, TABLES, TODAY, mark=Mark.RED) for several in (servers, estate())
    )

    assert one == other
    assert one.count("TLP:RED") >= 3


def test_a_large_estate_is_told_in_full_in_its_table(
    servers: tuple[ExposedServer, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a limit servers are rows only; no link leads nowhere, and the page says so."""
    monkeypatch.setattr("hevesy.reports.estate_view.MAX_DETAILS", 3)
    page = write_estate(servers, TABLES, TODAY)
    found = read(page)

    assert "The first 3 of 8; all are in the formats csv and json." in plain(page)
    targets = {value for name, value in found.attributes if name == "id"}
    assert {v[1:] for name, v in found.attributes if name == "href"} <= targets
    assert page.count('class="finding"') == 3
