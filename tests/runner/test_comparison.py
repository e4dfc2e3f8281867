"""What was found is compared with what was planted: missed, misjudged, invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from hevesy.model import Assessment, Outcome, PlantedStep, ServerTruth, Stage, Truth, Verdict
from hevesy.runner.comparison import differences
from hevesy.tables import FINDINGS

STEP = PlantedStep(
    id="shell",
    server="EX01",
    time=datetime(2021, 3, 3, tzinfo=UTC),
    stage=Stage.SHELL_USED,
    outcome=Outcome.SUCCESS,
    vulnerability="",
    kind="iis",
    source="logs/u_ex.log",
    line=7,
)
TRUTH = Truth("s", 1, 10, 100, (ServerTruth("EX01", Verdict.SHELL_USED, (STEP,)),))


def said(verdict: Verdict = Verdict.SHELL_USED) -> Assessment:
    """An assessment, as far as the comparison looks at it."""
    server = SimpleNamespace(name="EX01", verdict=verdict, shared_clients=())
    chain = SimpleNamespace(findings=("f1", "f2"), by_time=("f2",))
    incident = SimpleNamespace(chains=(chain,))
    return cast("Assessment", SimpleNamespace(servers=(server,), incidents=(incident,), unseen=()))


def rows(**changes: Any) -> pl.DataFrame:  # noqa: ANN401  # any column
    """One row of findings."""
    row = {
        "id": "f1",
        "server": "EX01",
        "source": "EX01.zip!/logs/u_ex.log",
        "line": 7,
        "stage": "shell_used",
        "outcome": "success",
        "rule_source": "hevesy/proxylogon",
        "rule_title": "A rule",
    }
    return pl.DataFrame([dict.fromkeys(FINDINGS) | row | changes], schema=FINDINGS)


def test_what_was_planted_and_found_is_no_difference() -> None:
    """The very line, with its stage and outcome, under the right verdict."""
    assert differences(TRUTH, said(), rows()) == []


def test_each_way_to_differ_is_said() -> None:
    """A wrong verdict, a missed line, another stage, an invented success, a finding of others."""
    assert "verdict" in differences(TRUTH, said(Verdict.PROBED), rows())[0]
    assert "not found" in differences(TRUTH, said(), rows(line=8, outcome="attempt"))[0]
    assert "found as" in differences(TRUTH, said(), rows(stage="write"))[0]
    assert "nothing was planted" in differences(TRUTH, said(), pl.concat([rows(), rows(line=9)]))[0]
    assert "not found" in differences(TRUTH, said(), rows(rule_source="sigma.zip"))[0]


def test_what_time_alone_joins_is_no_invention() -> None:
    """An administrator's export in the same half hour succeeded, and is no intrusion."""
    honest = rows(line=9, id="f2", stage="collection")

    assert differences(TRUTH, said(), pl.concat([rows(), honest])) == []


def test_what_is_said_of_the_estate_is_compared() -> None:
    """Addresses that stand for many, servers that nobody handed in, and openness."""
    behind = replace(TRUTH.servers[0], shared=("10.0.0.5",))
    step = replace(STEP, vulnerability="CVE-2021-26855", open_then="no")
    attacked = replace(TRUTH, servers=(replace(TRUTH.servers[0], steps=(step,)),))
    told = rows(vulnerability="CVE-2021-26855", open_then="yes")

    assert "stand for many" in differences(replace(TRUTH, servers=(behind,)), said(), rows())[0]
    assert "unseen" in differences(replace(TRUTH, unseen=("EX09",)), said(), rows())[0]
    assert "was open: no; found: yes" in differences(attacked, said(), told)[0]
    assert differences(attacked, said(), told.with_columns(open_then=pl.lit("no"))) == []
