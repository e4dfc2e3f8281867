"""Compares what a run found with what the simulator planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Outcome

if TYPE_CHECKING:
    from hevesy.model import Assessment, PlantedStep, Truth

__all__ = ["differences"]

_OWN = ("hevesy/", "baseline", "pivot")


def differences(truth: Truth, assessment: Assessment, findings: pl.DataFrame) -> list[str]:
    """Everything in which a run and the truth differ, as sentences; empty where they agree.

    A planted record counts as found where one of hevesy's findings quotes that very line with the
    planted stage and outcome. A record that was not planted and is said to be part of an intrusion
    that succeeded is a difference too: to invent one is as bad as to miss one. What time alone
    joins to a chain, or nothing, is no such claim: an honest export did succeed.

    Args:
        truth: What was planted.
        assessment: What the run says.
        findings: Its table `FINDINGS`.
    """
    said = {server.name: server.verdict for server in assessment.servers}
    found = [
        f"{server.name}: the verdict is {said.get(server.name)}, the truth is {server.verdict}"
        for server in truth.servers
        if said.get(server.name) != server.verdict
    ]
    found += _of_the_estate(truth, assessment)
    found += [
        f"{name}: the run speaks of a server that does not exist"
        for name in said
        if name not in {server.name for server in truth.servers}
    ]
    steps = [step for server in truth.servers for step in server.steps]
    own = findings.filter(pl.col("rule_source").str.contains_any(list(_OWN)))
    found += [reason for step in steps if (reason := _missing(step, own))]
    chains = [chain for incident in assessment.incidents for chain in incident.chains]
    joined = {f for chain in chains for f in chain.findings if f not in chain.by_time}
    return found + _invented(steps, own.filter(pl.col("id").is_in(sorted(joined))))


def _of_the_estate(truth: Truth, assessment: Assessment) -> list[str]:
    """Addresses that stand for many, and servers that nobody handed in."""
    shared = {s.name: {one.address for one in s.shared_clients} for s in assessment.servers}
    found = [
        f"{server.name}: {sorted(shared.get(server.name, set()))} are said to stand for many, "
        f"the truth is {sorted(server.shared)}"
        for server in truth.servers
        if shared.get(server.name, set()) != set(server.shared)
    ]
    unseen = {server.name for server in assessment.unseen}
    if unseen != set(truth.unseen):
        found.append(f"{sorted(unseen)} are said to be unseen, the truth is {sorted(truth.unseen)}")
    return found


def _missing(step: PlantedStep, own: pl.DataFrame) -> str:
    rows = own.filter(
        pl.col("server") == step.server,
        pl.col("source").str.ends_with(step.source),
        pl.coalesce("line", "record").eq_missing(pl.lit(step.line, dtype=pl.Int64())),
    )
    if not rows.height:
        return f"{step.server}: {step.id} was planted and not found ({step.source}:{step.line})"
    if not rows.filter(stage=step.stage.value, outcome=step.outcome.value).height:
        seen = ", ".join(sorted({f"{s} {o}" for s, o in rows.select("stage", "outcome").rows()}))
        return (
            f"{step.server}: {step.id} was planted as {step.stage} {step.outcome}, "
            f"found as {seen} ({step.source}:{step.line})"
        )
    told = set(rows.filter(vulnerability=step.vulnerability)["open_then"])
    if step.open_then and told - {step.open_then}:
        return (
            f"{step.server}: {step.id} was planted where the server was open: {step.open_then}; "
            f"found: {', '.join(sorted(told))} ({step.source}:{step.line})"
        )
    return ""


def _invented(steps: list[PlantedStep], own: pl.DataFrame) -> list[str]:
    planted = {(step.server, step.source, step.line) for step in steps}
    rows = own.filter(outcome=Outcome.SUCCESS.value).select(
        "server", "source", pl.coalesce("line", "record").alias("at"), "rule_title"
    )
    return [
        f"{server}: “{title}” is said to have succeeded where nothing was planted ({source}:{at})"
        for server, source, at, title in rows.iter_rows()
        if not any(
            server == where and source.endswith(path) and at == line
            for where, path, line in planted
        )
    ]
