"""Whether a server was open to what a finding shows, when it happened, and on which lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from hevesy.assessment.build_lines import BuildLines, build_lines, condensed
from hevesy.exposure import build_history, open_at
from hevesy.model import ExposureState, OpenSpan, Outcome, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import BuildLine, ExposedServer, Finding, Threat

__all__ = [
    "ANSWERS",
    "attacked",
    "fixed_at",
    "line_words",
    "questions",
    "with_openness",
    "with_rows",
]

ANSWERS = ("yes", "cannot_tell", "mitigated", "no")
"""The gravest first."""

_SAYS = {
    "yes": "the server was open to it",
    "no": "the server was not open to it",
    "mitigated": "the server was mitigated against it",
    "cannot_tell": "whether the server was open to it cannot be told",
}
_QUESTION = "A success against a fixed build contradicts itself: look at both"
_NOTHING = "nothing that was handed in shows which build it had"
_TIMELESS = "the record has no time"
_SHOWN = 5
_CLOSED = (ExposureState.FIXED, ExposureState.NOT_AFFECTED)


@dataclass(slots=True)
class _Asked:
    """One server, made ready for many questions."""

    evidence: ServerEvidence
    lines: BuildLines
    edges: list[datetime]
    """Times at which an answer may change, UTC, in order."""


def with_openness(
    findings: Iterable[Finding],
    evidence: Mapping[str, ServerEvidence],
    known: ExchangeKnowledge,
    rows: pl.DataFrame | None = None,
) -> tuple[Finding, ...]:
    """Findings that name a vulnerability, with whether the server was open to it at that moment.

    Records of one finding may stand before and after a fix: each stretch of them gets its answer.
    A success that is claimed against a fixed build is questioned in words: either the build or the
    finding is not what it seems.

    Args:
        findings: All of them.
        evidence: What says builds and mitigations, by Exchange server.
        known: The tables.
        rows: `id` and `time` of the table `FINDINGS`; without them, a finding is asked about by
            its first record.
    """
    asked: dict[str, _Asked] = {}
    told = []
    times = _times(findings := tuple(findings), rows)
    cves = {one.rule.vulnerability for one in findings}
    for finding in findings:
        if finding.rule.vulnerability not in known.facts:
            told.append(finding)
            continue
        server = evidence.get(finding.server) or ServerEvidence(finding.server)
        if finding.server not in asked:
            asked[finding.server] = _Asked(
                condensed(server), build_lines(server, known), _edges(server, cves, known)
            )
        told.append(_told(finding, times.get(finding.id), asked[finding.server], known))
    return tuple(told)


def with_rows(rows: pl.DataFrame, findings: Sequence[Finding]) -> pl.DataFrame:
    """The table `FINDINGS`, each row with its answer and the lines around it.

    Args:
        rows: `FINDINGS`.
        findings: As `with_openness` returns them.
    """
    spans = [
        (
            one.id,
            span.first,
            span.answer,
            f"{_SAYS[span.answer]}: {span.why}",
            line_words(span.before),
            line_words(span.after),
        )
        for one in findings
        for span in one.open_spans
    ]
    timeless = {
        one.id: (one.open_then, one.open_why)
        for one in findings
        if one.open_then and not one.open_spans
    }
    if not (spans or timeless):
        return rows
    names = ("open_then", "open_why", "open_before", "open_after")
    schema = {"id": pl.String(), "time": rows.schema["time"]} | dict.fromkeys(names, pl.String())
    told = pl.DataFrame(spans, schema=schema, orient="row").sort("time")
    numbered = rows.drop(names).with_row_index("row")
    joined = (
        numbered.filter(pl.col("time").is_not_null() & pl.col("id").is_in(told["id"].implode()))
        .select("row", "id", "time")
        .sort("time")
        .join_asof(told, on="time", by="id", check_sortedness=False)
        .select("row", *names)
    )
    return (
        numbered.join(joined, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(name, _of_id(timeless, place), pl.lit("")).alias(name)
            for place, name in enumerate(names)
        )
        .select(rows.columns)
    )


def _of_id(said: Mapping[str, tuple[str, ...]], place: int) -> pl.Expr:
    """What is said of a whole finding, by its id; null where nothing is."""
    found = {one: words[place] for one, words in said.items() if place < len(words)}
    if not found:
        return pl.lit(None, pl.String)
    return pl.col("id").replace_strict(found, default=None, return_dtype=pl.String)


def line_words(line: BuildLine | None) -> str:
    """A line that shows a build, as a person finds it; empty where there is none."""
    if line is None:
        return ""
    number = f" line {line.line}" if line.line else ""
    return f"{line.build} at {line.time:%Y-%m-%d %H:%M:%S}: {line.source}{number}"


def attacked(findings: Iterable[Finding]) -> tuple[OpenSpan, ...]:
    """Records of attacks on one server by vulnerability and answer, in order of time.

    Args:
        findings: Those of the server, as `with_openness` returns them.
    """
    kept: dict[tuple[str, str], OpenSpan] = {}
    for finding in findings:
        for span in finding.open_spans if finding.own else ():
            key = (span.cve, span.answer)
            kept[key] = _together(kept[key], span) if key in kept else span
    return tuple(sorted(kept.values(), key=lambda one: (one.first, one.cve, one.answer)))


def questions(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What contradicts itself: successes against a build in which the vulnerability is fixed.

    Args:
        findings: Those of one server, as `with_openness` returns them.
    """
    found: dict[tuple[str, str], list[OpenSpan]] = {}
    for finding in findings:
        for span in finding.open_spans if finding.own else ():
            if span.answer == "no" and span.succeeded:
                found.setdefault((finding.rule.title, span.cve), []).append(span)
    said = []
    for (title, cve), spans in found.items():
        count = sum(span.succeeded for span in spans)
        records = "1 record says" if count == 1 else f"{count:,} records say"
        said.append(
            f"{cve}: {records} “{title}” succeeded, first at {spans[0].first:%Y-%m-%d %H:%M:%S}, "
            f"but {spans[0].why}. Either the build is not what its lines say (an update that was "
            "not wholly installed), or the success is not what it seems: look at both"
        )
    return tuple(said[:_SHOWN])


def fixed_at(threat: Threat, server: ExposedServer | None) -> datetime | None:
    """When a server is first seen to be open to none of a threat's vulnerabilities, if it is.

    What it was before the first line that shows its build is not known: a server that was brought
    up to date before its logs begin may have been open until then.
    """
    if server is None:
        return None
    by_id = {one.cve.id: one for one in server.exposures}
    states: Sequence[datetime | None] = [
        one.risk_until or one.since if (one := by_id.get(v.id)) and one.state in _CLOSED else None
        for v in threat.vulnerabilities
    ]
    times = [time for time in states if time]
    return max(times) if times and len(times) == len(states) else None


def _times(findings: Sequence[Finding], rows: pl.DataFrame | None) -> dict[str, pl.Series]:
    """Times of the records of findings that name a vulnerability, by id."""
    if rows is None:
        return {}
    wanted = [one.id for one in findings if one.rule.vulnerability]
    grouped = (
        rows.lazy()
        .with_columns(pl.col("id").cast(pl.String()))
        .filter(pl.col("id").is_in(wanted) & pl.col("time").is_not_null())
        .sort("time")
        .group_by("id")
        .agg("time")
        .collect()
    )
    return dict(zip(grouped["id"], grouped["time"], strict=True))


def _edges(server: ServerEvidence, cves: set[str], known: ExchangeKnowledge) -> list[datetime]:
    """When an answer may change: where a build begins or ends, a measure stands, a fix came out."""
    periods = build_history(server.builds, known)
    moments = {moment for period in periods for moment in (period.first, period.last)}
    moments |= {one.since for one in server.mitigations if one.since}
    days = {fix.day for cve in cves for fix in known.fixes.get(cve, ()) if fix.day}
    moments |= {datetime.combine(day, time(), UTC) for day in days}
    return sorted(moments)


def _told(
    finding: Finding, times: pl.Series | None, server: _Asked, known: ExchangeKnowledge
) -> Finding:
    if finding.first is None:
        return replace(
            finding, open_then="cannot_tell", open_why=f"{_SAYS['cannot_tell']}: {_TIMELESS}"
        )
    spans = _spans(finding, times, server, known)
    gravest = min(spans, key=lambda one: ANSWERS.index(one.answer)).answer
    text = "; ".join(_said(span, alone=len(spans) == 1) for span in spans[:_SHOWN])
    if any(span.answer == "no" and span.succeeded for span in spans):
        text += f". {_QUESTION}"
    return replace(finding, open_then=gravest, open_why=text, open_spans=spans)


def _said(span: OpenSpan, *, alone: bool) -> str:
    text = f"{_SAYS[span.answer]}: {span.why}"
    if alone:
        return text
    records = "1 record" if span.count == 1 else f"{span.count:,} records"
    return f"{records} from {span.first:%Y-%m-%d %H:%M} UTC: {text}"


def _spans(
    finding: Finding, times: pl.Series | None, server: _Asked, known: ExchangeKnowledge
) -> tuple[OpenSpan, ...]:
    """The records of a finding by answer; neighbours that have the same one are together."""
    spans: list[OpenSpan] = []
    for first, last, count in _stretches(finding, times, server.edges):
        span = _span(finding, first, last, count, server, known)
        if spans and spans[-1].answer == span.answer:
            spans[-1] = _together(spans[-1], span)
        else:
            spans.append(span)
    return tuple(spans)


def _stretches(
    finding: Finding, times: pl.Series | None, edges: Sequence[datetime]
) -> list[tuple[datetime, datetime, int]]:
    """First, last and number of records between two edges."""
    if times is None:
        moment = finding.first or datetime.min.replace(tzinfo=UTC)
        return [(moment, finding.last or moment, finding.count)]
    begin, end = times[0], times[-1]
    inside = edges[bisect_left(edges, begin) : bisect_right(edges, end)]
    # On an edge stands what a build's own line says; both sides of it are their own stretch.
    cuts = {0, len(times)}
    for edge in inside:
        cuts |= {times.search_sorted(edge, "left"), times.search_sorted(edge, "right")}
    return [(times[start], times[stop - 1], stop - start) for start, stop in pairwise(sorted(cuts))]


def _span(
    finding: Finding,
    first: datetime,
    last: datetime,
    count: int,
    server: _Asked,
    known: ExchangeKnowledge,
) -> OpenSpan:
    answer = open_at(server.evidence, finding.rule.vulnerability, first, known)
    why = answer.why if server.evidence.builds else _NOTHING
    return OpenSpan(
        cve=finding.rule.vulnerability,
        answer=answer.answer,
        first=first,
        last=last,
        count=count,
        succeeded=count if finding.outcome is Outcome.SUCCESS else 0,
        why=why,
        before=server.lines.before(first),
        after=server.lines.after(last),
    )


def _together(one: OpenSpan, other: OpenSpan) -> OpenSpan:
    """Both, with the reason and the line of the earlier, and the later one's line after."""
    late = max((one, other), key=lambda span: span.last)
    return replace(
        min((one, other), key=lambda span: span.first),
        last=late.last,
        after=late.after,
        count=one.count + other.count,
        succeeded=one.succeeded + other.succeeded,
    )
