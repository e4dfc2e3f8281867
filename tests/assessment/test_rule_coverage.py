"""A rule that the evidence could not have fired is named, with what it would have needed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest
import yaml

from hevesy.assessment import rule_coverage
from hevesy.detection import load_rules
from hevesy.tables import LEDGER

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.detection import SigmaRules

SYSMON = "windows:Microsoft-Windows-Sysmon/Operational"


def rule(title: str, **logsource: str) -> dict[str, object]:
    """A rule of a log source."""
    detection = {"s": {"CommandLine|contains": title}, "condition": "s"}
    return {"title": title, "name": title, "logsource": logsource, "detection": detection}


@pytest.fixture
def rules(tmp_path: Path) -> SigmaRules:
    """Rules of several log sources, and a correlation of two of them."""
    chain = {"type": "temporal", "rules": ["web", "process"], "timespan": "1m", "generate": True}
    logon = rule("logon", product="windows", service="security")
    logon["detection"] = {"s": {"EventID": [4624, 4625]}, "condition": "s"}
    path = tmp_path / "rules.yml"
    path.write_text(
        yaml.safe_dump_all(
            [
                rule("web", category="webserver"),
                rule("process", product="windows", category="process_creation"),
                rule("file", product="windows", category="file_event"),
                logon,
                rule("any", product="windows"),
                {"title": "chain", "correlation": chain},
            ]
        )
    )
    return load_rules("given", [path])


def states(rules: SigmaRules, *kinds: str) -> dict[str, tuple[str, str]]:
    """State and reason of each rule, of a server that had records of some kinds."""
    ledger = pl.DataFrame(
        [("EX01", kind, date(2021, 3, 3), 1, None, None, 1) for kind in kinds],
        schema=LEDGER,
        orient="row",
    )
    return {one.title: (one.state, one.why) for one in rule_coverage([rules], ledger)}


def test_nothing_at_all(rules: SigmaRules) -> None:
    """Without records no rule could have fired; each says what it would have needed."""
    found = states(rules)
    assert {state for state, _ in found.values()} == {"never"}
    assert "Microsoft-Windows-Sysmon/Operational" in found["process"][1]
    assert "no records of Security" in found["process"][1]


def test_a_log_that_is_there(rules: SigmaRules) -> None:
    """IIS records cover rules for web servers, and a correlation that can use them."""
    found = states(rules, "iis")
    assert found["web"][0] == found["chain"][0] == "could fire"
    assert found["any"] == ("never", "no Windows events at all")


def test_audit_policy(rules: SigmaRules) -> None:
    """Logons are written always; process creations only where auditing was switched on."""
    found = states(rules, "windows:Security")
    assert found["logon"] == ("could fire", "Security (event 4624, 4625)")
    assert found["process"][0] == "depends"
    assert "Process Creation" in found["process"][1]
    assert found["file"][0] == "never"
    assert found["any"][0] == "could fire"


def test_sysmon_depends_on_its_configuration(rules: SigmaRules) -> None:
    """What Sysmon records is said by its configuration, which no log shows."""
    assert states(rules, SYSMON)["file"][0] == "depends"
