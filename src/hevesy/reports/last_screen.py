"""The last screen of a run: verdicts, coverage, chains, losses, numbers, what next, the report."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

from hevesy.model import Outcome
from hevesy.reports.clock import clock_hint, clocks_off
from hevesy.reports.headline import draw_headline
from hevesy.reports.key_steps import choose_steps
from hevesy.reports.numbers import Numbers, count_words, name_words, size_words
from hevesy.reports.report_view import count_unexplained, order_losses
from hevesy.reports.terminal import grid, line, print_parts
from hevesy.reports.words import label, sign, word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path
    from typing import TextIO

    from rich.console import RenderableType
    from rich.text import Text

    from hevesy.model import Action, Assessment, Chain, Coverage, OpenSpan, ServerAssessment, Step
    from hevesy.tables import SlicedTables, Tables

__all__ = ["write_text"]

MAX_SERVERS, MAX_LANES, MAX_CHAINS, MAX_LOSSES, MAX_ACTIONS = 40, 24, 8, 5, 3
MAX_SPANS, MAX_QUESTIONS, PLACE_PARTS = 8, 5, 3
MAX_OTHERS, MAX_AUTHORS, MAX_NAMES, MAX_CLOCKS = 8, 6, 3, 2
CHAIN_STEPS = 6
"""With the line above them, a chain takes at most seven lines."""
STYLES = {"grave": "bold red", "notice": "yellow", "calm": "green", "unknown": "bold"}


def write_text(  # noqa: PLR0913  # one parameter a thing that a screen can be given
    assessment: Assessment,
    tables: Tables | SlicedTables,
    *,
    file: TextIO,
    numbers: Numbers | None = None,
    report: Path | None = None,
    width: int | None = None,
    colour: bool | None = None,
) -> None:
    """Write a line a server, coverage, each chain in at most seven lines, numbers, what next.

    Args:
        assessment: The result document.
        tables: Its tables; only the number of records behind the findings is said.
        file: Where to.
        numbers: What the run read and cost, where a run was just made.
        report: Where the HTML report lies, if there is one.
        width: Columns; None: those of the terminal, or 100.
        colour: None: where `file` is a terminal and `NO_COLOR` is not set.
    """
    parts = [
        *_verdicts(assessment),
        *_coverage(assessment),
        *_chains(assessment),
        *_openness(assessment),
        *_losses(assessment),
        *_numbers(assessment, tables, numbers),
        *_actions(assessment),
    ]
    if report is not None:
        parts += ["", line(("Report  ", "bold"), str(report))]
    print_parts(parts, file, width=width, colour=colour)


def _head(title: str, note: str = "") -> Iterator[RenderableType]:
    yield ""
    yield line((title, "bold"), (f"  {note}" if note else "", "dim"))


def _verdicts(assessment: Assessment) -> Iterator[RenderableType]:
    headline = draw_headline(assessment)
    yield line((headline.lead, "bold"), f" {headline.rest}".rstrip())
    yield from _head("Verdicts")
    table, unexplained = grid(3), count_unexplained(assessment)
    judged = [server for server in assessment.servers if server.verdict]
    for server in judged[:MAX_SERVERS]:
        table.add_row("", line((server.name, "bold")), _verdict(server), _why(server, unexplained))
    yield table
    rest = Counter(label("verdict", server.verdict or "") for server in judged[MAX_SERVERS:])
    if rest:
        said = ", ".join(f"{count:,} {name}" for name, count in rest.items())
        yield line(f"  and {rest.total():,} more: {said}")
    others = [server.name for server in assessment.servers if not server.verdict]
    if others:
        more = f" and {len(others) - MAX_OTHERS:,} more" if len(others) > MAX_OTHERS else ""
        named = ", ".join(others[:MAX_OTHERS])
        yield line(f"  {count_words(len(others), 'other machine')}, no verdict: {named}{more}")
    yield from _unseen(assessment)
    # Their clocks too are spoken of below, and they have no line of their own to say it under.
    for server in assessment.servers:
        if not server.verdict and (hint := clock_hint(server)):
            yield line(f"  {server.name}: its clock is off, to correct the times: {hint}")


def _unseen(assessment: Assessment) -> Iterator[RenderableType]:
    """Servers that only logs of others mention: never silently left out."""
    table = grid(2)
    for server in assessment.unseen[:MAX_OTHERS]:
        build = f"{server.update}, " if server.update else ""
        last = f"last seen {_second(server.last)[:16]} " if server.last else ""
        words = (
            f"nothing handed in, no verdict: {build}{last}in the logs of "
            f"{name_words(server.seen_from, MAX_NAMES)}"
        )
        table.add_row("", line((server.name, "bold")), line(words))
    if assessment.unseen:
        yield table
    more = len(assessment.unseen) - MAX_OTHERS
    if more > 0:
        yield line(f"  and {count_words(more, 'more server')} of which nothing was handed in")


def _verdict(server: ServerAssessment) -> RenderableType:
    called = word("verdict", server.verdict.value if server.verdict else "")
    least = "at least " if server.at_least else ""
    return line((f"{least}{called.label}", STYLES[called.tone]))


def _why(server: ServerAssessment, unexplained: Counter[str]) -> Text:
    """Why, what no attack explains, and under it what is known of the clock."""
    found = unexplained[server.name]
    words = line(server.why, f"; {count_words(found, 'unexplained finding')}" if found else "")
    notes = list(server.clock_notes[:MAX_CLOCKS])
    if more := len(server.clock_notes) - len(notes):
        notes.append(f"{count_words(more, 'more clock note')}, see the report")
    if hint := clock_hint(server):
        notes.append(f"to correct the times: {hint}")
    for note in notes:
        words.append("\n").append_text(line((note, "dim")))
    return words


def _coverage(assessment: Assessment) -> Iterator[RenderableType]:
    days = "days as the logs give them" if clocks_off(assessment) else "days in UTC"
    yield from _head("Coverage", f"{days}, records, log: what the evidence could have shown")
    judged = [server for server in assessment.servers if server.verdict] or assessment.servers
    lanes = [(server.name, lane) for server in judged for lane in server.coverage]
    table = grid(4)
    digits = max((len(f"{lane.records:,}") for _, lane in lanes), default=0)
    before = ""
    for name, lane in lanes[:MAX_LANES]:
        first = line(("" if name == before else name, "bold"))
        records = line(f"{lane.records:,}".rjust(digits))
        table.add_row("", first, line(_span(lane)), records, _lane_words(lane))
        before = name
    if lanes:
        yield table
    if not lanes:
        yield line("  no log that hevesy reads")
    if len(lanes) > MAX_LANES:
        yield line(f"  and {len(lanes) - MAX_LANES:,} more, see the report")
    missing = grid(2)
    for server in assessment.servers[:MAX_SERVERS]:
        for window in server.windows:
            if window.missing:
                lacks = f"window of risk not covered: {'; '.join(window.missing)}"
                missing.add_row("", line((server.name, "bold")), line(lacks))
    if missing.row_count:
        yield missing


def _lane_words(lane: Coverage) -> Text:
    words = line(lane.title)
    for note in _notes(lane):
        words.append("\n").append_text(line((note, "dim")))
    return words


def _span(lane: Coverage) -> str:
    if lane.first is None:
        return "no dated record"
    first, last = _day(lane.first), _day(lane.last)
    return first if first == last else f"{first} to {last}"


def _notes(lane: Coverage) -> Iterator[str]:
    if lane.damaged:
        yield f"{lane.damaged:,} damaged"
    for first, last in lane.gaps[:2]:
        yield _gap(first, last)
    if lane.gaps[2:]:
        yield f"{count_words(len(lane.gaps) - 2, 'more gap')}, see the report"


def _gap(first: date, last: date) -> str:
    return f"no record on {first}" if first == last else f"no record {first} to {last}"


def _chains(assessment: Assessment) -> Iterator[RenderableType]:
    chains = [chain for incident in assessment.incidents for chain in incident.chains]
    chains.sort(key=lambda chain: not chain.anchored)
    yield from _head("Chains", _time_note(assessment) if chains else "none")
    for chain in chains[:MAX_CHAINS]:
        yield from _chain(chain)
    if len(chains) > MAX_CHAINS:
        yield line(f"  and {len(chains) - MAX_CHAINS:,} more, see the report")


def _time_note(assessment: Assessment) -> str:
    off = clocks_off(assessment)
    if not off:
        return "times in UTC"
    named = name_words(off, MAX_NAMES)
    return f"times as the logs give them; the clock of {named} is off, see there"


def _chain(chain: Chain) -> Iterator[RenderableType]:
    key = choose_steps(chain, CHAIN_STEPS)
    did = "reached" if chain.anchored else "tried"
    reached = label("stage", chain.reached.value)
    more = f", {len(key.steps)} of {len(chain.steps):,} steps" if key.more else ""
    span = f"{_second(chain.first)} to {_second(chain.last)}"
    yield line("  ", (chain.server, "bold"), f" {did} {reached}, {span}{more}", cut=True)
    said = [_said(step) for step in key.steps]
    width = max(map(len, said), default=0)
    for words, step in zip(said, key.steps, strict=True):
        style = "red" if step.outcome is Outcome.SUCCESS else ""
        count = f"{sign('times')}{step.count:,} " if step.count > 1 else ""
        time = f"    {_second(step.time)}  "
        yield line(time, (words.ljust(width), style), f"  {count}{step.text}", cut=True)


def _openness(assessment: Assessment) -> Iterator[RenderableType]:
    """Whether each server was open to what it was attacked with, and on which lines that rests."""
    told = [(server.name, span) for server in assessment.servers for span in server.attacked]
    if not told:
        return
    yield from _head("Open when attacked", "by the log lines around it that show a build")
    table, before = grid(3), ""
    for name, span in told[:MAX_SPANS]:
        first = "" if name == before else name
        called = word("open", span.answer)
        stood = line(f"{span.cve} ", (called.label, STYLES[called.tone]))
        lines = len(told) <= MAX_SPANS
        table.add_row("", line((first, "bold")), stood, _span_words(span, lines=lines))
        before = name
    yield table
    if len(told) > MAX_SPANS:
        yield line(f"  and {len(told) - MAX_SPANS:,} more, see the report")
    asked = [(server.name, text) for server in assessment.servers for text in server.questions]
    questions = grid(2)
    for name, question in asked[:MAX_QUESTIONS]:
        questions.add_row("", line((name, "bold")), line(f"questioned: {question}"))
    if asked:
        yield questions
    if len(asked) > MAX_QUESTIONS:
        yield line(f"  and {len(asked) - MAX_QUESTIONS:,} more questioned, see the report")


def _span_words(span: OpenSpan, *, lines: bool) -> Text:
    """What the records are, and why; with `lines`, those on which it rests."""
    succeeded = f"{span.succeeded:,}" if span.succeeded else "none"
    last = f" to {_second(span.last)}" if span.last != span.first else ""
    words = line(
        f"{count_words(span.count, 'record')}, {succeeded} succeeded, {_second(span.first)}{last}: "
        f"{span.why}"
    )
    for which, one in (("before", span.before), ("after", span.after)):
        if one is not None and lines:
            place = f"{_short(one.source)}{f':{one.line}' if one.line else ''}"
            text = f"{which} {_second(one.time)} {one.build} {place}"
            words.append("\n").append_text(line((text, "dim")))
    return words


def _short(place: str) -> str:
    """Enough of a long path to find it: its input, and its last three parts."""
    parts = place.split("/")
    if len(parts) <= PLACE_PARTS + 1:
        return place
    return "/".join([parts[0], sign("cut"), *parts[-PLACE_PARTS:]])


def _said(step: Step) -> str:
    stage, outcome = step.stage.value, step.outcome.value
    return f"{sign(outcome)} {label('stage', stage)}, {label('outcome', outcome)}"


def _losses(assessment: Assessment) -> Iterator[RenderableType]:
    grave = [loss for loss in order_losses(assessment.losses) if loss.grave]
    other = Counter(loss.state for loss in assessment.losses if not loss.grave)
    if not (grave or other):
        return
    yield from _head("Not, or not wholly, read")
    table = grid(2)
    for loss in grave[:MAX_LOSSES]:
        place = f"{loss.input} {sign('within')} {loss.source}" if loss.source else loss.input
        table.add_row(
            "", line((label("state", loss.state), "bold")), line(f"{place}: {loss.reason}")
        )
    if grave:
        yield table
    if len(grave) > MAX_LOSSES:
        yield line(f"  and {len(grave) - MAX_LOSSES:,} more lost, see the report")
    for state, count in sorted(other.items()):
        yield line(f"  {count_words(count, 'source')}: {label('state', state)}")


def _numbers(
    assessment: Assessment, tables: Tables | SlicedTables, numbers: Numbers | None
) -> Iterator[RenderableType]:
    yield from _head("Numbers")
    records = tables.findings.height
    findings = count_words(len(assessment.findings), "finding")
    yield line(f"  {findings} from {count_words(records, 'record')}")
    authors = sorted({finding.rule.author for finding in assessment.findings} - {""})
    if authors:
        more = f" and {len(authors) - MAX_AUTHORS:,} more" if len(authors) > MAX_AUTHORS else ""
        yield line(
            f"  rules and indicators that matched are by {'; '.join(authors[:MAX_AUTHORS])}{more}"
        )
    if numbers is None:
        return
    rate = size_words(numbers.bytes / numbers.seconds) if numbers.seconds > 0 else "0 B"
    memory = size_words(numbers.peak_memory) if numbers.peak_memory is not None else "not measured"
    yield line(
        f"  {size_words(numbers.bytes)} of {count_words(numbers.sources, 'source')} in "
        f"{numbers.seconds:,.1f} s, {rate}/s, peak memory {memory}"
    )
    yield line(
        f"  {count_words(numbers.rows, 'row')}: {numbers.parsed:,} parsed, "
        f"{numbers.passed_over:,} passed over, {numbers.damaged:,} damaged"
    )


def _actions(assessment: Assessment) -> Iterator[RenderableType]:
    if not assessment.actions:
        return
    yield from _head("Next")
    table = grid(2)
    for number, action in enumerate(assessment.actions[:MAX_ACTIONS], 1):
        why = f" ({action.why})" if action.why else ""
        table.add_row("", line(f"{number}."), _action(action, why))
    yield table
    more = len(assessment.actions) - MAX_ACTIONS
    if more > 0:
        yield line(f"  and {more:,} more, see the report")


def _action(action: Action, why: str) -> Text:
    """Title, servers and why; of what to collect also the first thing that is missing."""
    named = f": {name_words(action.servers, MAX_NAMES)}" if action.servers else ""
    words = line((action.title, "bold"), named, why)
    if action.kind == "collect":
        lacks = [row[2:] for row in action.text.splitlines() if row.startswith("- ")]
        more = f" and {len(lacks) - 1:,} more" if lacks[1:] else ""
        for first in lacks[:1]:
            words.append("\n").append_text(line((f"{first}{more}", "dim")))
    return words


def _day(time: datetime | None) -> str:
    return _second(time)[:10] if time else "?"


def _second(time: datetime | None) -> str:
    if time is None:
        return "time unknown"
    utc = time if time.tzinfo is None else time.astimezone(UTC)
    return utc.isoformat(sep=" ")[:19]
