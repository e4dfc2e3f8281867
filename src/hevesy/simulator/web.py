"""One server's web logs: IIS of both sites and HttpProxy of every protocol, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import polars as pl

from hevesy.simulator import httpproxy, iis
from hevesy.simulator.attack import Deed, build_on, deed, steps_of
from hevesy.simulator.clock import Clock
from hevesy.simulator.draws import Draws, guid
from hevesy.simulator.log_file import NEWLINES, LogFile, log_file
from hevesy.simulator.request import server_words
from hevesy.simulator.traffic import (
    DAY_MS,
    HOUR_MS,
    RHYTHMS,
    Templates,
    by_day,
    is_weekend,
    sample_days,
    since_midnight,
    templates,
    workload,
)
from hevesy.simulator.web_rows import (
    background_rows,
    mean_bytes,
    measured,
    planted_rows,
    request_pieces,
)

if TYPE_CHECKING:
    from hevesy.simulator.people import Actor
    from hevesy.simulator.scenario import Scenario, Server

__all__ = ["WebFile", "WebLogs"]


@dataclass(frozen=True, slots=True)
class WebFile:
    """One file of a web log."""

    windows_path: str
    kind: str
    label: str
    """Log as the truth's step ids name it: `httpproxy`, `iis`, `iis_backend`."""
    file: LogFile
    rows: int
    deeds: Sequence[Deed]
    """Deeds of its days; the file's marks are positions in it."""


class WebLogs:
    """Writes the web logs of one server."""

    def __init__(
        self, scenario: Scenario, server: Server, actors: Sequence[Actor], seed: int, budget: float
    ) -> None:
        """Prepare; `budget` is the bytes of web logs to aim at over all days."""
        self._scenario, self._server, self._actors, self._seed = scenario, server, actors, seed
        self._kinds = scenario.server_kinds(server)
        self._build = ""
        self._templates: Templates
        self._pieces: pl.DataFrame
        self._mean: dict[str, float] = {}
        self._weekday = budget / _weekdays(scenario.days(server))

    def files(self, days: Sequence[date], planted: Sequence[Deed]) -> Iterator[WebFile]:
        """Files of some consecutive days of one build, with the deeds of those days in them."""
        self._prepare(build_on(self._server, days[0]))
        draws = Draws(self._seed, self._scenario.name, self._server.name, "web", days[0])
        sampled = sample_days(self._templates, days, self._mean, self._weekday, draws)
        deeds = [*planted, *self._strewn(days, sampled.height, draws)]
        rows = background_rows(sampled, self._pieces, draws)
        if deeds:
            rows = pl.concat([rows, self._planted(deeds, days[0])], how="diagonal")
        rows = measured(rows).sort("time", maintain_order=True)
        clock = Clock(days[0], len(days))
        if "iis" in self._kinds:
            for site in iis.SITES:
                yield from self._iis(rows, site, days, clock, deeds)
        if "httpproxy" in self._kinds:
            yield from self._httpproxy(rows, days, clock, deeds)

    def _prepare(self, build: str) -> None:
        if build == self._build:
            return
        words = server_words(self._scenario, self._server, build)
        self._build = build
        self._templates = templates(self._actors, words)
        self._pieces = request_pieces(self._templates.requests, self._server, words)
        self._mean = mean_bytes(self._templates, self._pieces, self._kinds)

    def _strewn(self, days: Sequence[date], background: int, draws: Draws) -> list[Deed]:
        """Deeds of attacks that have a rate instead of a time."""
        made = []
        chance = draws.one()
        midnight = datetime.combine(days[0], time(), UTC)
        for attack in self._server.attacks:
            if attack.time is not None:
                continue
            steps, honest = steps_of(attack, self._scenario)
            steps = [step for step in steps if step.request is not None]
            for number in range(int(background * attack.rate + chance.random())):
                step = steps[number % len(steps)]
                after = timedelta(milliseconds=chance.randrange(DAY_MS * len(days)))
                name = f"{step.id}-{days[0]:%Y%m%d}-{number + 1}"
                when = (name, midnight + after, honest)
                made.append(deed(self._scenario, self._server, attack, step, when))
        return made

    def _planted(self, deeds: Sequence[Deed], first: date) -> pl.DataFrame:
        requests = [made.request for made in deeds if made.request is not None]
        words = server_words(self._scenario, self._server, self._build)
        times = [since_midnight(made.planted.time, first) for made in deeds]
        ids = [
            guid(self._seed, self._scenario.name, made.planted.server, made.planted.id)
            for made in deeds
        ]
        return planted_rows(requests, self._server, words, times, ids)

    def _iis(
        self,
        rows: pl.DataFrame,
        site: str,
        days: Sequence[date],
        clock: Clock,
        deeds: Sequence[Deed],
    ) -> Iterator[WebFile]:
        traits = self._server.traits
        label = "iis" if iis.SITES[site] == "f" else "iis_backend"
        here = rows.filter(pl.col(f"{iis.SITES[site]}0").is_not_null())
        text = here.select("time", "mark", line=iis.lines(here, site, clock, traits))
        for day, part in by_day(text, days):
            head = iis.header(traits, str(Clock(day).seconds(part["time"][:1], " ")[0]))
            again = head if traits.restart else ()
            file = log_file(part, head, again=again, newline=NEWLINES[traits.newline])
            path = f"C:\\inetpub\\logs\\LogFiles\\{site}\\u_ex{day:%y%m%d}.log"
            yield WebFile(path, "iis", label, file, part.height, deeds)

    def _httpproxy(
        self, rows: pl.DataFrame, days: Sequence[date], clock: Clock, deeds: Sequence[Deed]
    ) -> Iterator[WebFile]:
        here = rows.filter(pl.col("logged"))
        text = here.select("time", "mark", "protocol", line=httpproxy.lines(here, clock))
        for day, whole in by_day(text, days):
            for protocol in httpproxy.PROTOCOLS:
                part = whole.filter(pl.col("protocol") == protocol)
                if not self._server.traits.hourly:
                    if part.height:
                        yield self._httpproxy_file(part, protocol, day, 0, deeds)
                    continue
                hours = part["time"] // HOUR_MS
                for hour in sorted(hours.unique()):
                    yield self._httpproxy_file(
                        part.filter(hours == hour), protocol, day, hour, deeds
                    )

    def _httpproxy_file(
        self, rows: pl.DataFrame, protocol: str, day: date, hour: int, deeds: Sequence[Deed]
    ) -> WebFile:
        traits = self._server.traits
        block = httpproxy.header(traits, self._build, str(Clock(day).stamp(rows["time"][:1])[0]))
        bare = [",".join(httpproxy.columns(traits))] if traits.bare_header else []
        head = [*bare, *block]
        again = head if traits.restart else ()
        newline = NEWLINES[traits.newline]
        file = log_file(rows, head, again=again, bom=traits.bom, newline=newline)
        name = f"Logging\\HttpProxy\\{protocol}\\HttpProxy_{day:%Y%m%d}{hour:02}-1.LOG"
        path = f"{self._server.exchange}\\{name}"
        return WebFile(path, "httpproxy", "httpproxy", file, rows.height, deeds)


def _weekdays(days: Sequence[date]) -> float:
    """How many weekdays' worth of traffic the days hold."""
    total = 0.0
    for day in days:
        for rhythm, (quiet, _) in RHYTHMS.items():
            total += workload(rhythm) * (quiet if is_weekend(day) else 1.0)
    return total
