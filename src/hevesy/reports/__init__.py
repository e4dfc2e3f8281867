"""An assessment and its tables, for people: HTML, the terminal, JSON, a spreadsheet."""

from __future__ import annotations

from hevesy.reports.assessment_json import write_json
from hevesy.reports.escaping import visible
from hevesy.reports.findings_csv import write_csv
from hevesy.reports.html_page import write_html
from hevesy.reports.last_screen import write_text
from hevesy.reports.mark import Mark
from hevesy.reports.numbers import Numbers
from hevesy.reports.terminal import write_rows

__all__ = [
    "REPORTS",
    "Mark",
    "Numbers",
    "visible",
    "write_csv",
    "write_html",
    "write_json",
    "write_rows",
    "write_text",
]

REPORTS = ("html", "text", "json", "csv")
"""The reports there are; each is written by `write_<name>`."""
