"""The room shows what it can do in one tuple, and no report is without its place there."""

from __future__ import annotations

from pathlib import Path

from hevesy import reports

SUPPORT = {
    "__init__",
    "clock",
    "compiled_templates",
    "coverage_picture",
    "escaping",
    "estate_page",
    "estate_view",
    "headline",
    "history_picture",
    "key_steps",
    "mark",
    "numbers",
    "plan_groups",
    "remedy_markdown",
    "report_view",
    "source_groups",
    "terminal",
    "words",
}
"""Modules that serve reports and are none."""


def test_every_report_is_listed() -> None:
    """A file of the room is a report of the tuple, or serves one."""
    modules = {path.stem for path in Path(reports.__file__).parent.glob("*.py")}

    assert len(modules - SUPPORT) == len(reports.REPORTS)
    assert all(callable(getattr(reports, f"write_{name}")) for name in reports.REPORTS)
