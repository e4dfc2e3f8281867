"""`hevesy exposure SOURCE...`: what is open on the servers of an estate, without a scan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE, PARTIAL
from hevesy.errors import NoUsableInput, UsageError

if TYPE_CHECKING:
    import argparse
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ExposedServer, Exposure, Gap, Mitigation, PlanStep, SetupRun

__all__ = ["add_to", "run"]

FORMATS = ("text", "html", "csv", "json", "csaf")
_CSAF_TLP = {"CLEAR": "WHITE", "AMBER+STRICT": "AMBER"}
"""CSAF 2.0 has the labels of TLP 1."""
_REASONS = 3
_LAST = "retire"
"""Kind of the step of a plan that leaves a version."""
_PIECE = 1 << 20
_COMPARED = (
    "builds.csv",
    "fixes.csv",
    "vulnerabilities.csv",
    "kev.csv",
    "exploitation.csv",
    "extended_protection.csv",
)
"""Tables that exposure is judged by."""
_IMPORTED = ("builds.csv", "kev.csv")
"""Tables of which a user can take newer ones."""
_HEADER = ("server", "build", "update", "evidence", "KEV", "open", "mitigated", "unknown")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="collections, HealthChecker files, Get-ExchangeServer as CSV or CliXML, an inventory "
        "as CSV (name, build), a case folder, https:// addresses of your own servers, or a text "
        "file with one such address a line",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: stdout")
    parser.add_argument(
        "--list",
        action="store_true",
        help="text: every open vulnerability, settings, what is not known, and the plan",
    )
    parser.add_argument(
        "--all", action="store_true", help="csv: every vulnerability, not what is open alone"
    )
    parser.add_argument(
        "--as-of", type=values.day, metavar="DATE", help="the day on which support is judged"
    )
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        type=values.named_path,
        metavar="NAME=PATH",
        help="which server a path speaks of",
    )
    parser.add_argument(
        "--yes", action="store_true", help="send one GET to each https:// address that is named"
    )
    parser.add_argument(
        "--any-certificate",
        action="store_true",
        help="ask servers whose certificate is not trusted",
    )
    parser.add_argument(
        "--tlp", type=values.tlp, default="AMBER", help="mark of an html or csaf document"
    )
    parser.add_argument(
        "--publisher",
        type=values.named,
        default="hevesy",
        metavar="NAME",
        help="who says it, in a csaf document",
    )
    parser.add_argument(
        "--publisher-url",
        type=values.web_address,
        default="https://hevesy.invalid",
        metavar="URL",
        help="address that stands for the publisher, in a csaf document",
    )
    values.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command: 3 where something could not be read."""
    from hevesy.cli.exposure_sources import read_sources
    from hevesy.exposure import examine, gather
    from hevesy.knowledge import load_exchange, user_folder

    _refuse_own_input(arguments)
    known = load_exchange(own=user_folder())
    today = arguments.as_of or known.as_of
    readings, lost = read_sources(arguments, known)
    servers, problems = gather(readings)
    if not servers:
        reasons = "; ".join((*problems, *lost)[:_REASONS])
        nothing = "nothing of it tells the build of an Exchange server"
        raise NoUsableInput(f"no usable input: {reasons or nothing}")
    exposed = examine(servers, known, today)
    unread = (*problems, *lost)
    _write(arguments, exposed, known, today, unread)
    for sentence in (*unread, *_stale(today)):
        print(f"hevesy: {_visible(sentence)}", file=sys.stderr)
    return PARTIAL if unread else DONE


def _refuse_own_input(arguments: argparse.Namespace) -> None:
    """Evidence is never written over."""
    out = arguments.output
    if out is not None and any(Path(one).resolve() == out.resolve() for one in arguments.sources):
        raise UsageError(f"{out} is a source; --output needs another name")


def _stale(today: dt.date) -> list[str]:
    """Which data tables are old on the day asked about; an imported one stands in for its name."""
    from hevesy.knowledge import table_ages, user_folder

    newest = {}
    for age in sorted(table_ages(today, own=user_folder()), key=lambda one: one.as_of):
        newest[Path(age.file).name] = age
    return [
        f"{age.file} is {age.days} days old ({age.as_of}); `hevesy data import` takes a newer one"
        for age in (newest[name] for name in _IMPORTED)
        if age.stale
    ]


def _write(
    arguments: argparse.Namespace,
    servers: Sequence[ExposedServer],
    known: ExchangeKnowledge,
    today: dt.date,
    unread: Sequence[str],
) -> None:
    if arguments.output is None:
        out = sys.stdout
        for piece in _pieces(arguments, servers, known, today, unread):
            out.write(piece)
        return
    try:
        with arguments.output.open("w", encoding="utf-8", newline="\n") as out:
            for piece in _pieces(arguments, servers, known, today, unread):
                out.write(piece)
    except OSError as error:
        raise UsageError(f"cannot write {arguments.output}: {error.strerror}") from error


def _pieces(
    arguments: argparse.Namespace,
    servers: Sequence[ExposedServer],
    known: ExchangeKnowledge,
    today: dt.date,
    unread: Sequence[str],
) -> Iterable[str]:
    """The document that is asked for, in parts."""
    from hevesy.exposure.csaf_vex import csaf_vex
    from hevesy.exposure.listing import exposure_document

    if arguments.format == "csaf":
        tlp = _CSAF_TLP.get(arguments.tlp, arguments.tlp)
        named = (arguments.publisher, arguments.publisher_url)
        return [csaf_vex(servers, known, today, *named, tlp).decode()]
    if arguments.format == "json":
        return (piece.decode() for piece in exposure_document(servers, known, today))
    if arguments.format == "html":
        return [_page(servers, today, unread, arguments.tlp)]
    if arguments.format == "csv":
        return _csv(servers, everything=arguments.all)
    return _draw(servers, known, in_full=arguments.list)


def _page(servers: Sequence[ExposedServer], today: dt.date, unread: Sequence[str], tlp: str) -> str:
    from hevesy.knowledge import table_ages, user_folder
    from hevesy.reports import Mark
    from hevesy.reports.estate_page import write_estate
    from hevesy.reports.estate_view import DataTable

    tables = [
        DataTable(age.title, age.as_of, age.days, age.stale)
        for age in table_ages(today, own=user_folder())
        if age.imported or age.file.removeprefix("exchange/") in _COMPARED
    ]
    return write_estate(servers, tables, today, problems=unread, mark=Mark(f"TLP:{tlp}"))


def _csv(servers: Sequence[ExposedServer], *, everything: bool) -> Iterable[str]:
    import csv
    import functools
    import io

    from hevesy.exposure.listing import EXPOSURE_COLUMNS, exposure_rows
    from hevesy.model import ExposureState
    from hevesy.reports.escaping import defused

    open_ones = (ExposureState.OPEN, ExposureState.MITIGATED)
    states = tuple(ExposureState) if everything else open_ones
    safe = functools.cache(defused)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(EXPOSURE_COLUMNS)
    for row in exposure_rows(servers, states):
        writer.writerow([safe(str(cell)) for cell in row])
        if text.tell() > _PIECE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _draw(
    servers: Sequence[ExposedServer], known: ExchangeKnowledge, *, in_full: bool
) -> Iterable[str]:
    from hevesy.exposure.listing import SERVER_COLUMNS, server_rows

    rows = [dict(zip(SERVER_COLUMNS, row, strict=True)) for row in server_rows(servers)]
    counts = ("open_kev", "open", "mitigated", "unknown")
    cells = [
        (
            _visible(one.name),
            one.build,
            one.update.replace("Exchange Server ", ""),
            one.grade,
            *(str(row[name]) for name in counts),
        )
        for one, row in zip(servers, rows, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(_HEADER, *cells, strict=True)]
    for several in (_HEADER, *cells):
        padded = (cell.ljust(width) for cell, width in zip(several, widths, strict=True))
        yield "  ".join(padded).rstrip() + "\n"
    for server, row in zip(servers, rows, strict=True):
        for line in _told(server, str(row["install"]), in_full=in_full):
            yield f"{_visible(line)}\n"
    builds = max(row.date for row in known.builds.rows)
    yield (
        f"\nKEV: open and known to be exploited. unknown: the evidence does not decide it. "
        f"Builds known to {builds}, KEV catalogue of {known.kev_date}.\n"
    )


def _last_shown(server: ExposedServer) -> list[str]:
    """When the line was written that the build rests on: the server may be another since."""
    first = server.evidence[0] if server.evidence and server.build else None
    if first is None or first.last is None or (first.line or first.last_line) is None:
        return []
    return [f"  build as a line of {first.last:%Y-%m-%d %H:%M} UTC shows it ({first.origin})"]


def _instead(server: ExposedServer) -> list[str]:
    """What is to be done where there is nothing to install."""
    return [f"  {one.title[0].lower()}{one.title[1:]}" for one in server.plan if one.kind == _LAST]


def _told(server: ExposedServer, install: str, *, in_full: bool) -> Iterable[str]:
    """What a table of servers has no room for."""
    told = [f"  {server.support}"] if server.build else []
    told += _last_shown(server)
    if exploited := [one.cve.id for one in server.open if one.cve.kev_added]:
        told.append(f"  open, in KEV: {', '.join(exploited)}")
    told += [f"  install {install}"] if install else _instead(server)
    told += [f"  conflict: {one}" for one in server.conflicts]
    told += [f"  note: {one}" for one in server.notes]
    told += [
        f"  {'' if one.active else 'void '}mitigation: {one.title}: {one.why}{_since(one)}"
        for one in server.mitigations
    ]
    if in_full:
        told += [
            f"  open: {' '.join(part for part in _named(one) if part)}: {one.why}"
            for one in server.open
        ]
        told += [f"  setup: {_setup(one)}" for one in server.runs]
        told += [f"  setting: {one.why} ({_at(one.source, one.line)})" for one in server.settings]
        told += [
            f"  not known: {gap.why}{_resting(gap)}. What would tell it: {gap.collect}"
            for gap in server.gaps
        ]
        told += [
            f"  {step.order}. {step.title}{_closes(step)}: {step.text}".replace("\n", "\n     ")
            for step in server.plan
        ]
    return [f"\n{server.name}", *told] if told else []


def _setup(one: SetupRun) -> str:
    """A run of Exchange Setup, whether or not it says what the server has now."""
    ended = {True: "succeeded", False: "failed", None: "its end is not told"}[one.succeeded]
    when = f", {one.started:%Y-%m-%d %H:%M} UTC" if one.started else ""
    return f"{one.version or 'version not told'} {one.mode}".rstrip() + f"{when}, {ended}"


def _closes(step: PlanStep) -> str:
    if not step.closes:
        return ""
    return f" ({'concerns' if step.kind == 'check' else 'closes'} {len(step.closes)})"


def _resting(gap: Gap) -> str:
    number = len(gap.cves)
    return f" ({number} {'vulnerability' if number == 1 else 'vulnerabilities'})" if number else ""


def _since(one: Mitigation) -> str:
    if one.since is None:
        return ""
    graded = "a line says so" if one.since_from == "log_line" else "at the latest, by its file"
    return f", since {one.since:%Y-%m-%d %H:%M} UTC ({graded})"


def _at(source: str, line: int | None) -> str:
    return source if line is None else f"{source}:{line}"


def _named(one: Exposure) -> tuple[str, ...]:
    return one.cve.id, "KEV" if one.cve.kev_added else "", one.cve.severity, one.cve.title


def _visible(text: str) -> str:
    from hevesy.reports import visible

    return visible(text, lines=True)
