"""SigmaHQ's regression data: each log matches its rule, on the rows that a plain matcher finds."""

from __future__ import annotations

import io
import runpy
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml
from sigma.pipelines.sysmon.sysmon import sysmon_pipeline
from sigma.pipelines.windows.windows import windows_audit_pipeline, windows_logsource_pipeline
from sigma.rule import SigmaRule

from hevesy.detection import load_rules
from hevesy.model import Source
from hevesy.records import evtx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.slow

matches: Callable[[SigmaRule, Mapping[str, Any]], bool] = runpy.run_path(
    str(Path(__file__).parents[1] / "sigma" / "reference_matcher.py")
)["matches"]

OTHERWISE = {
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": (1, 3),
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": (1, 2),
}
"""Rules of which `info.yml` counts other rows than match: its count, ours. `docs/sigma.md` gives
the reasons. Where it gives no count, none is compared."""


def cases(corpora: Path) -> Iterator[tuple[str, int | None, bytes]]:
    """Rule, rows that are said to match it, and log."""
    with zipfile.ZipFile(corpora / "sigmahq_regression.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.endswith("/info.yml"):
                info = yaml.safe_load(archive.read(name))
                (about,), (test,) = info["rule_metadata"], info["regression_tests_info"]
                yield about["id"], test.get("match_count"), archive.read(test["path"])


def rows_of(data: bytes) -> pl.DataFrame:
    """The records of a log."""
    source = Source("in", "x.evtx", "", "", "", "evtx", 0, None, ())
    batches = evtx.parse(source, io.BytesIO(data))
    return pl.concat([batch.frame for batch in batches], how="diagonal")


def expected(text: str, frame: pl.DataFrame) -> set[int]:
    """Rows that a rule matches by Sysmon's names or by those of auditing, one by one."""
    found: set[int] = set()
    for pipeline in (sysmon_pipeline(), windows_audit_pipeline()):
        rule = SigmaRule.from_yaml(text)
        (pipeline + windows_logsource_pipeline()).apply(rule)
        rows = enumerate(frame.iter_rows(named=True))
        found.update(number for number, row in rows if matches(rule, row))
    return found


def test_each_log_matches_its_rule(corpora: Path) -> None:
    """All 101, on the same rows as the reference matcher; other counts than theirs are named."""
    path = corpora / "sigmahq_rules.zip"
    ruleset = load_rules("sigmahq", [path]).ruleset
    index_of = {rule.id: index for index, rule in enumerate(ruleset.rules)}
    counted = 0
    different: dict[str, tuple[int, int]] = {}
    with zipfile.ZipFile(path) as archive:
        for rule_id, said, data in cases(corpora):
            frame, index = rows_of(data), index_of[rule_id]
            found = ruleset.match("windows", frame).filter(pl.col("rule") == index)["row"]
            assert found.len(), rule_id
            text = archive.read(ruleset.rules[index].file.partition("!")[2]).decode()
            assert set(found) == expected(text, frame), rule_id
            counted += 1
            if said is not None and said != found.len():
                different[rule_id] = (said, found.len())
    assert counted == 101
    assert different == OTHERWISE
