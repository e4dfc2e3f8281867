"""Evidence can run nothing, hide nothing and move nothing in any report, whichever field it is in.

Every text of every noun is replaced by what an attacker might write, then each report is read as
its reader would: HTML with a parser, the terminal by its control characters, CSV with a reader.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import unicodedata
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hevesy import reports
from hevesy.reports.remedy_markdown import is_trusted

if TYPE_CHECKING:
    from hevesy.model import Assessment
    from hevesy.tables import Tables

DATA: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("payloads.toml").read_text(encoding="utf-8")
)
PAYLOADS = [pytest.param(text, id=f"{number}") for number, text in enumerate(DATA["payload"])]
OURS = re.compile(r"\x1b\[[0-9;]*m")
"""Colours that rich writes."""


def poison(value: Any, text: str) -> Any:  # noqa: ANN401  # any noun
    """Replace every text in a noun, as deep as it goes; the schema's name stays."""
    if isinstance(value, Enum) or value is None:
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(poison(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: poison(getattr(value, field.name), text)
            for field in fields(value)
            if field.name != "schema"
        }
        return replace(value, **changed)
    return value


class Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and what it carries."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """Keep comments; there must be none."""
        self.comments.append(data)


def read(html: str) -> Reader:
    """Parse a page to its end."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def hidden(text: str) -> set[str]:
    """Characters that control, format or reorder, line feeds aside."""
    return {
        character
        for character in text
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        and character != "\n"
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_holds_nothing_active(payload: str, assessment: Assessment, tables: Tables) -> None:
    """No element, attribute or address but those of the template, and no hidden character."""
    page = read(reports.write_html(poison(assessment, payload), tables))

    assert set(page.tags) <= set(DATA["elements"])
    assert {name for name, _ in page.attributes} <= set(DATA["attributes"])
    assert page.tags.count("style") == 1
    assert page.comments == []
    for name, value in page.attributes:
        if name == "href":
            assert value.startswith("#") or is_trusted(value)
        assert not hidden(value)
    assert not hidden("".join(page.text))


def test_the_page_is_the_same_page_whatever_the_evidence_says(
    invented: Any,  # noqa: ANN401  # a module
) -> None:
    """Evidence changes the text, never the elements: two payloads give the same tags."""
    one, other = (
        read(reports.write_html(a, invented.invent_tables(a)))
        for text in ("plain", DATA["payload"][0])
        for a in [poison(invented.invent_assessment(), text)]
    )

    breaks = {"wbr"}  # after each slash of a path
    assert [t for t in one.tags if t not in breaks] == [t for t in other.tags if t not in breaks]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_shows_what_was_there(payload: str, assessment: Assessment, tables: Tables) -> None:
    """Harmless is not enough: a person must be able to read what stood in the log."""
    page = read(reports.write_html(poison(assessment, payload), tables))

    plain = "".join(
        c for c in payload.split("\n", maxsplit=1)[0] if not hidden(c) and c.isascii()
    ).strip()
    shown = re.sub(r"\\u\{[0-9a-f]+\}|\\[nrt]", "", "".join(page.text))
    assert plain[:20] in shown


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("colour", [True, False], ids=["colour", "plain"])
def test_the_terminal_obeys_no_evidence(
    payload: str, assessment: Assessment, tables: Tables, *, colour: bool
) -> None:
    """No control character but our colours, no link, no markup taken for markup."""
    file = io.StringIO()
    poisoned = poison(assessment, payload)
    reports.write_text(poisoned, tables, file=file, report=Path(payload), width=120, colour=colour)
    text = file.getvalue()

    assert not hidden(OURS.sub("", text) if colour else text)
    if "[bold red]" in payload:
        assert "[bold red]no[/bold red] [link=http://evil.example]no[/link]" in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_rows_of_a_query_obey_no_evidence(payload: str) -> None:
    """`hevesy query` shows cells of records as they are: they go the same way out."""
    file = io.StringIO()
    row = (payload, [payload], datetime(2021, 3, 2), None, 1)  # noqa: DTZ001  # SQL can give it
    reports.write_rows([payload, "b", "c", "d", "e"], [row], file=file, width=200)

    assert not hidden(file.getvalue())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_spreadsheet_runs_no_evidence(
    payload: str,
    assessment: Assessment,
    invented: Any,  # noqa: ANN401  # a module
) -> None:
    """No cell begins as a formula, each record is one row, no cell holds a control character."""
    tables = invented.invent_tables(poison(assessment, payload))
    text = reports.write_csv(tables.findings)
    assert text is not None

    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == tables.findings.height + 1
    assert len(text.splitlines()) == len(rows)
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))
        assert not hidden(cell)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_json_is_json(payload: str, assessment: Assessment) -> None:
    """Whatever the evidence holds, the document parses and says it unchanged."""
    document = json.loads(reports.write_json(poison(assessment, payload)))

    assert document["servers"][0]["why"] == payload
    assert document["schema"] == "hevesy.assessment/1"


def test_names_that_are_no_unicode_are_drawn(assessment: Assessment, tables: Tables) -> None:
    """A lone surrogate, as Python has it for a file name that is no UTF-8, breaks no report."""
    poisoned = poison(assessment, "odd \udcff name")
    html = reports.write_html(poisoned, tables)
    file = io.StringIO()
    reports.write_text(poisoned, tables, file=file)

    assert "odd \\u{dcff} name" in html
    assert "odd \\u{dcff} name" in file.getvalue()
    html.encode()
    file.getvalue().encode()
