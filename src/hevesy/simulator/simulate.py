"""The simulation: a scenario becomes collections on disk, and the truth of what was planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from hevesy.model import PlantedStep, ServerTruth, Truth
from hevesy.simulator.attack import Deed, build_on, deeds
from hevesy.simulator.clock import Clock
from hevesy.simulator.collection import Collection, member_path, open_collection
from hevesy.simulator.draws import Draws
from hevesy.simulator.event_records import evtx_events, with_record_sizes
from hevesy.simulator.events import channels, event_templates
from hevesy.simulator.evtx_file import evtx_parts
from hevesy.simulator.exchange_logs import TEXT_KINDS, header, log_name, text_templates
from hevesy.simulator.lines import LineTemplate, fill, sample_lines
from hevesy.simulator.log_file import NEWLINES, log_file
from hevesy.simulator.people import Actor, people
from hevesy.simulator.request import BALANCER, Request, read_invented, server_words
from hevesy.simulator.scenario import Scenario, ScenarioError, Server, parse_toml
from hevesy.simulator.traffic import by_day, since_midnight, spans
from hevesy.simulator.truth_file import write_truth
from hevesy.simulator.web import WebLogs
from hevesy.simulator.web_rows import request_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

__all__ = ["attack_lines", "simulate"]

_SHARES = {
    "iis": 0.3,
    "httpproxy": 0.5,
    "event_json": 0.14,
    "ecp_server": 0.02,
    "ecp_activity": 0.03,
    "oab_generator": 0.01,
}
"""Part of the bytes that each log kind makes, where all are written."""


class _WebFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    class _WebFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        kind: str
        path: str
        text: str

    file: list[_WebFile]


def simulate(scenario: Scenario, output: Path, *, seed: int = 1, size: int | None = None) -> Truth:
    """Write the scenario's collections below `output`, and `truth.json` beside it.

    The same scenario, seed and size give the same bytes.

    Args:
        scenario: what to invent.
        output: a folder, made if absent; it must be empty.
        seed: of everything random.
        size: bytes of text logs to aim at over all servers; None: the scenario's own.

    Raises:
        ScenarioError: `output` holds something; or an attack of the scenario has a mistake.
    """
    if output.exists() and any(output.iterdir()):
        raise ScenarioError("the output folder is not empty", str(output))
    output.mkdir(parents=True, exist_ok=True)
    wanted = scenario.size if size is None else size
    shares = sum(server.share for server in scenario.servers)
    parts = [
        _ServerLogs(scenario, server, seed, wanted * server.share / shares)
        for server in scenario.servers
    ]
    for part in parts:
        with open_collection(output, part.server) as collection:
            part.write(collection)
    truth = Truth(
        scenario.name,
        seed,
        sum(part.rows for part in parts),
        sum(part.size for part in parts),
        tuple(part.truth() for part in parts),
        _unseen(scenario),
    )
    write_truth(truth, output.parent / "truth.json")
    return truth


def _unseen(scenario: Scenario) -> tuple[str, ...]:
    """Servers that logs mention and that hand nothing in."""
    mentioned = {
        name
        for server in scenario.servers
        if "httpproxy" in scenario.server_kinds(server)
        for name in server.passes_on
    }
    return tuple(sorted(mentioned - {server.name for server in scenario.servers}))


class _ServerLogs:
    """Everything that one server hands in, written file by file."""

    def __init__(self, scenario: Scenario, server: Server, seed: int, size: float) -> None:
        self._scenario, self.server, self._seed = scenario, server, seed
        self._kinds = scenario.server_kinds(server)
        self._actors: Sequence[Actor] = people(scenario, server, seed)
        self._deeds = list(deeds(scenario, server))
        self._days = scenario.days(server)
        known = {kind: share for kind, share in _SHARES.items() if kind in self._kinds}
        whole = sum(known.values()) or 1.0
        self._budget = {kind: size * share / whole for kind, share in known.items()}
        self._planted: list[PlantedStep] = []
        self.rows = 0
        self.size = 0

    def truth(self) -> ServerTruth:
        """What a run must say of the server."""
        steps = sorted(self._planted, key=lambda step: (step.time, step.id))
        traits = self.server.traits
        behind = traits.balanced or traits.iis_fields == "forwarded"
        shared = (BALANCER,) if behind else ()
        return ServerTruth(self.server.name, self.server.verdict, tuple(steps), shared)

    def write(self, collection: Collection) -> None:
        """Write every file."""
        self._write_web(collection)
        for kind in TEXT_KINDS:
            if kind in self._kinds:
                self._write_text(collection, kind)
        if "event_json" in self._kinds:
            for channel, share in channels(self._scenario.events).items():
                self._write_events(collection, channel, share)
        self._write_files(collection)

    def _member(self, windows_path: str) -> str:
        return member_path(self.server.layout, windows_path)

    def _note(self, made: Deed, label: str, kind: str, member: str, line: int | None) -> None:
        if made.told(label):
            self._planted.append(made.shown(label, kind, member, line))

    def _on(self, days: Sequence[date], log: str) -> list[Deed]:
        return [
            made for made in self._deeds if made.log == log and made.planted.time.date() in days
        ]

    def _spans(self, budget: float) -> list[list[date]]:
        builds = [build_on(self.server, day) for day in self._days]
        return spans(self._days, builds, budget / len(self._days))

    def _write_web(self, collection: Collection) -> None:
        budget = self._budget.get("iis", 0.0) + self._budget.get("httpproxy", 0.0)
        if not budget:
            return
        logs = WebLogs(self._scenario, self.server, self._actors, self._seed, budget)
        for days in self._spans(budget):
            for made in logs.files(days, self._on(days, "web")):
                member = self._member(made.windows_path)
                self.size += collection.add(member, made.file.parts)
                self.rows += made.rows
                for mark, line in made.file.marked:
                    self._note(made.deeds[mark], made.label, made.kind, member, line)

    def _lines(
        self, templates: Sequence[LineTemplate], days: Sequence[date], log: str, budget: float
    ) -> tuple[pl.DataFrame, list[Deed]]:
        """Rows of some days with the deeds among them, in time order: `time`, `line`, `mark`."""
        hours = self.server.traits.events_offset_hours if log.startswith("events:") else 0
        draws = Draws(self._seed, self._scenario.name, self.server.name, log, days[0])
        sampled = sample_lines(templates, days, budget, draws)
        text = fill(sampled, Clock(days[0], len(days)), draws, hours)
        rows = [sampled.select("time", line=text, mark=pl.lit(None, pl.Int64))]
        planted = self._on(days, log)
        for mark, made in enumerate(planted):
            line = planted_line(self._scenario, self.server, made, made.text, self._seed)
            at = since_midnight(made.planted.time, days[0])
            rows.append(
                pl.DataFrame({"time": [at], "line": [line], "mark": [mark]}, rows[0].schema)
            )
        return pl.concat(rows).sort("time", maintain_order=True), planted

    def _write_text(self, collection: Collection, kind: str) -> None:
        budget = self._budget[kind]
        for days in self._spans(budget):
            words = server_words(self._scenario, self.server, build_on(self.server, days[0]))
            templates = text_templates(kind, self._actors, words)
            rows, planted = self._lines(templates, days, kind, budget / len(self._days))
            for day, part in by_day(rows, days):
                self._write_text_file(collection, kind, day, part, planted)

    def _write_text_file(
        self,
        collection: Collection,
        kind: str,
        day: date,
        rows: pl.DataFrame,
        planted: Sequence[Deed],
    ) -> None:
        traits = self.server.traits
        head = header(kind, traits, str(Clock(day).stamp(rows["time"][:1])[0]))
        again = head if traits.restart else ()
        file = log_file(rows, head, again=again, bom=traits.bom, newline=NEWLINES[traits.newline])
        path = f"{self.server.exchange}\\{log_name(kind, self.server, day)}"
        member = self._member(path)
        self.size += collection.add(member, file.parts)
        self.rows += rows.height
        for mark, line in file.marked:
            self._note(planted[mark], "line", kind, member, line)

    def _write_events(self, collection: Collection, channel: str, share: float) -> None:
        name = channel.replace("/", "%4")
        if self.server.traits.event_format == "evtx":
            member = self._member(f"C:\\Windows\\System32\\winevt\\Logs\\{name}.evtx")
            events = evtx_events(self._event_lines(channel, share, member))
            self.size += collection.add(member, evtx_parts(events))
            return
        folder = {"velociraptor": "results/EventLogs", "bare": "EventLogs"}
        member = f"{folder.get(self.server.layout, 'events')}/{name}.json"
        self.size += collection.add(member, self._event_parts(channel, share, member))

    def _event_rows(
        self, channel: str, share: float
    ) -> Iterator[tuple[pl.DataFrame, Sequence[Deed]]]:
        traits = self.server.traits
        words = server_words(self._scenario, self.server, self.server.build)
        templates = event_templates(channel, self._actors, words, traits, self._scenario.events)
        if traits.event_format == "evtx":
            templates = with_record_sizes(templates)
        budget = self._budget["event_json"] * share
        for days in self._spans(budget):
            yield self._lines(templates, days, f"events:{channel}", budget / len(self._days))

    def _event_parts(self, channel: str, share: float, member: str) -> Iterator[bytes]:
        newline = NEWLINES[self.server.traits.newline]
        before = 0
        for rows, planted in self._event_rows(channel, share):
            file = log_file(rows, (), newline=newline, before=before)
            for mark, line in file.marked:
                self._note(planted[mark], "event", "event_json", member, line)
            before += rows.height
            self.rows += rows.height
            yield from file.parts

    def _event_lines(self, channel: str, share: float, member: str) -> Iterator[str]:
        """Lines to make EVTX of; a planted one's record number is its place among all of them."""
        before = 0
        for rows, planted in self._event_rows(channel, share):
            places = rows.with_row_index("place").filter(pl.col("mark").is_not_null())
            for place, mark in places.select("place", "mark").iter_rows():
                self._note(planted[mark], "event", "evtx", member, before + place + 1)
            before += rows.height
            self.rows += rows.height
            yield from rows["line"]

    def _write_files(self, collection: Collection) -> None:
        words = server_words(self._scenario, self.server, self.server.build)
        ordinary: _WebFiles = parse_toml(
            read_invented("web_files.toml"), "web_files.toml", _WebFiles
        )
        for file in ordinary.file:
            if file.kind in self._kinds:
                path, text = file.path.format_map(words), file.text.format_map(words)
                self.size += collection.add(self._member(path), [text.encode()])
        for made in self._deeds:
            if made.log == "file" and made.planted.kind in self._kinds:
                member = self._member(made.path)
                self.size += collection.add(member, [made.text.encode()])
                self._note(made, "file", made.planted.kind, member, None)


def planted_line(scenario: Scenario, server: Server, made: Deed, text: str, seed: int) -> str:
    """A planted text with its tokens filled: the same whoever asks."""
    day = made.planted.time.date()
    at = since_midnight(made.planted.time, day)
    hours = server.traits.events_offset_hours if made.log.startswith("events:") else 0
    draws = Draws(seed, scenario.name, server.name, made.planted.id)
    return str(fill(pl.DataFrame({"time": [at], "text": [text]}), Clock(day), draws, hours)[0])


def attack_lines(
    scenario: Scenario, seed: int = 1
) -> list[tuple[PlantedStep, str, dict[str, str]]]:
    """Every planted line of dated attacks, and what it would be without each trait it needs.

    Returns:
        The step (its source and line are unknown here), its line or file as `simulate` writes it
        with that seed, and trait -> the line with that trait dropped.
    """
    found: list[tuple[PlantedStep, str, dict[str, str]]] = []
    for server in scenario.servers:
        for made in deeds(scenario, server):
            if not made.honest:
                found += _deed_lines(scenario, server, made, seed)
    return found


def _deed_lines(
    scenario: Scenario, server: Server, made: Deed, seed: int
) -> Iterator[tuple[PlantedStep, str, dict[str, str]]]:
    changed = made.changed or {}
    if made.request is not None:
        lines = request_lines(scenario, server, made, made.request, seed)
        others = {
            trait: request_lines(scenario, server, made, request, seed)
            for trait, request in changed.items()
            if isinstance(request, Request)
        }
        for label, (kind, line) in lines.items():
            if not made.told(label):
                continue
            dropped = {
                trait: other[label][1]
                for trait, other in others.items()
                if made.has_trait(trait, label) and label in other and other[label][1] != line
            }
            yield made.shown(label, kind, "", None), line, dropped
    elif made.log == "file":
        yield made.planted, made.text, {k: v for k, v in changed.items() if isinstance(v, str)}
    elif made.told("event" if made.log.startswith("events:") else "line"):
        line = planted_line(scenario, server, made, made.text, seed)
        yield (
            made.planted,
            line,
            {
                trait: planted_line(scenario, server, made, text, seed)
                for trait, text in changed.items()
                if isinstance(text, str)
            },
        )
