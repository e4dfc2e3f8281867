"""Correlation rules in a run: matches are findings, what they refer to is none of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hevesy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
)

RULES = """
title: Probe of an invented page
id: 0f2c7a0e-0c3c-4a52-8a5f-9d3f4a1b0001
name: probe
author: one
level: low
logsource: {category: webserver}
detection:
  selection: {cs-uri-query|contains: /invented/probe}
  condition: selection
---
title: Upload to an invented page
id: 0f2c7a0e-0c3c-4a52-8a5f-9d3f4a1b0002
name: upload
author: two
level: low
logsource: {category: webserver}
detection:
  selection: {cs-uri-query|contains: /invented/upload}
  condition: selection
---
title: Upload soon after a probe
id: 0f2c7a0e-0c3c-4a52-8a5f-9d3f4a1b0003
author: three
level: high
correlation:
  type: temporal_ordered
  rules: [probe, upload]
  group-by: [c-ip]
  timespan: 10m
GENERATE"""

PROBE, UPLOAD, CHAIN = (f"0f2c7a0e-0c3c-4a52-8a5f-9d3f4a1b000{number}" for number in (1, 2, 3))


def row(time: str, page: str, client: str) -> str:
    """A row of an IIS log."""
    return f"2021-03-03 {time} 10.0.0.1 GET {page} - 443 - {client} agent - 200 0 0 5\n"


def findings(tmp_path: Path, *, generate: bool) -> dict[str, dict[str, Any]]:
    """What a run over two logs finds, by id of the rule."""
    logs = tmp_path / "EX01"
    logs.mkdir()
    (logs / "u_ex210303.log").write_text(
        HEAD
        + row("04:00:00", "/invented/probe", "203.0.113.9")
        + row("04:00:01", "/invented/probe", "203.0.113.10")
        + row("05:00:00", "/invented/upload", "203.0.113.10")
    )
    # the later step stands in the file that is read by another task or first
    (logs / "u_ex210302.log").write_text(HEAD + row("04:05:00", "/invented/upload", "203.0.113.9"))
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES.replace("GENERATE", "  generate: true\n" if generate else ""))
    case = tmp_path / "case"
    arguments = ["assess", logs, "-o", case, "-q", "--jobs", "1", "--rules", rules]
    assert main([str(each) for each in arguments]) == 0
    found = json.loads((case / "assessment.json").read_bytes())["findings"]
    return {each["rule"]["id"]: each for each in found}


def test_a_correlation_is_a_finding(tmp_path: Path) -> None:
    """It has its own rule's level and author, stands at its last event, and names the first."""
    found = findings(tmp_path, generate=False)

    assert set(found) == {CHAIN}
    chain = found[CHAIN]
    assert (chain["rule"]["level"], chain["rule"]["author"], chain["count"]) == ("high", "three", 1)
    sample = chain["samples"][0]
    assert sample["source"].endswith("u_ex210302.log")
    assert "2 events since 2021-03-03 04:00:00" in sample["detail"]
    assert "/invented/upload" in sample["raw"]
    assert {"ip:203.0.113.9", "page:/invented/probe", "page:/invented/upload"} <= set(
        chain["pivots"]
    )


def test_generate_shows_the_rules_too(tmp_path: Path) -> None:
    """With `generate: true` the rules that a correlation refers to are findings as before."""
    assert set(findings(tmp_path, generate=True)) == {PROBE, UPLOAD, CHAIN}
