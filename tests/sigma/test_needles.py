"""What a raw row must hold to match a rule stands in it as the row is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from hevesy.sigma import LogSource, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = Taxonomy((TableMap("test", (LogSource(category="test"),), {"text": "text"}),))


def without_blanks(text: str) -> str:
    """The longest part of a literal that has no blank: a row writes those as `+`."""
    return max(text.split(), key=len, default="")


@pytest.mark.parametrize(
    "pattern",
    [
        r"mozilla/5\.0 \(XQ",
        r"mozilla/5\.0[ ]\(XQ",
        r"mozilla/5\.0[\s_]\(XQ",
        r"mozilla/5\.0[^+]\(XQ",
        r"mozilla/5\.0[^+,]\(XQ",
        r"mozilla/5\.0[ -~]\(XQ",
        r"mozilla/5\.0[\W_]\(XQ",
        r"mozilla/5\.0.\(XQ",
    ],
)
def test_an_expression_is_found_where_a_blank_is_written_otherwise(
    tmp_path: Path, pattern: str
) -> None:
    """Where a literal is too common, the whole expression is looked for, in the raw row."""
    rule = {
        "title": "invented",
        "logsource": {"category": "test"},
        "detection": {"s": {"text|re": pattern}, "condition": "s"},
    }
    (tmp_path / "rule.yml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    assert re.search(pattern, "mozilla/5.0 (XQ")
    needles = load([tmp_path], TAXONOMY).needles("test", without_blanks, ("mozilla/5.0",))
    found = [one.text if one.expression else re.escape(one.text) for one in needles or ()]
    assert needles is None or re.search("|".join(found).lower(), "mozilla/5.0+(xq")
