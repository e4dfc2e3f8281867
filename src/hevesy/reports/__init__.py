"""An assessment and its tables, for people: HTML, the terminal, JSON, a spreadsheet."""

from __future__ import annotations

from hevesy.reports.html_page import write_html
from hevesy.reports.mark import Mark

__all__ = ["Mark", "write_html"]
