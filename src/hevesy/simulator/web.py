"""One server's web logs, day by day: IIS of both sites and HttpProxy of every protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from hevesy.simulator import httpproxy, iis
from hevesy.simulator.attack import Deed, build_on, deed, steps_of
from hevesy.simulator.clock import Clock
from hevesy.simulator.draws import Draws, guid
from hevesy.simulator.log_file import LogFile, log_file
from hevesy.simulator.people import Actor
from hevesy.simulator.request import Request, server_words
from hevesy.simulator.scenario import Scenario, Server
from hevesy.simulator.traffic import DAY_MS, RHYTHMS, Templates, sample_day, templates, workload

__all__ = ["WebFile", "WebLogs", "request_lines"]

_ROW_OVERHEAD = {"h": 290, "f": 80, "b": 80}
"""Bytes that the holes of a row add: HttpProxy, front end, back end."""


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
    """The day's deeds; the file's marks are positions in it."""


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

    def day(self, day: date, planted: Sequence[Deed]) -> Iterator[WebFile]:
        """Files of one day, with the deeds of that day in them."""
        self._prepare(build_on(self._server, day))
        draws = Draws(self._seed, self._scenario.name, self._server.name, "web", day)
        sampled = sample_day(self._templates, day, self._mean, self._weekday, draws)
        deeds = [*planted, *self._strewn(day, sampled.height, draws)]
        rows = self._rows(sampled, deeds, day, draws)
        clock = Clock(day)
        if "iis" in self._kinds:
            yield from self._iis(rows, day, clock, deeds)
        if "httpproxy" in self._kinds:
            yield from self._httpproxy(rows, day, clock, deeds)

    def _prepare(self, build: str) -> None:
        if build == self._build:
            return
        words = server_words(self._scenario, self._server, build)
        self._build = build
        self._templates = templates(self._actors, words)
        self._pieces = _pieces(self._templates.requests, self._server, words)
        self._mean = _mean_bytes(self._templates, self._pieces, self._kinds)

    def _strewn(self, day: date, background: int, draws: Draws) -> list[Deed]:
        """Deeds of attacks that have a rate instead of a time."""
        made = []
        chance = draws.one()
        for attack in self._server.attacks:
            if attack.time is not None:
                continue
            steps, honest = steps_of(attack, self._scenario)
            steps = [step for step in steps if step.request is not None]
            for number in range(int(background * attack.rate + chance.random())):
                step = steps[number % len(steps)]
                midnight = datetime.combine(day, time(), UTC)
                moment = midnight + timedelta(milliseconds=chance.randrange(DAY_MS))
                name = f"{step.id}-{day:%Y%m%d}-{number + 1}"
                when = (name, moment, honest)
                made.append(deed(self._scenario, self._server, attack, step, when))
        return made

    def _rows(
        self, sampled: pl.DataFrame, deeds: Sequence[Deed], day: date, draws: Draws
    ) -> pl.DataFrame:
        count = sampled.height
        number = draws.integers(count)
        rows = pl.concat([sampled, self._pieces[sampled["template"]]], how="horizontal")
        spread = rows["spread"] + 1
        more = (number // 1024 % spread.cast(pl.UInt64)).cast(pl.Int64)
        took = rows["took_class"] + (number % 512).cast(pl.Int64)
        rows = rows.with_columns(
            rid=draws.guids(count),
            cid=draws.guids(count),
            received=rows["received"] + more // 16,
            sent=rows["sent"] + more,
            took_row=took,
            mark=pl.lit(None, pl.Int64),
        ).drop("template", "spread", "took_class")
        if deeds:
            rows = pl.concat([rows, self._planted(deeds, day).select(rows.columns)])
        return _measured(rows).sort("time", maintain_order=True)

    def _planted(self, deeds: Sequence[Deed], day: date) -> pl.DataFrame:
        requests = [made.request for made in deeds if made.request is not None]
        words = server_words(self._scenario, self._server, self._build)
        midnight = datetime.combine(day, time(), UTC)
        times = [(made.planted.time - midnight) // timedelta(milliseconds=1) for made in deeds]
        ids = [
            guid(self._seed, self._scenario.name, made.planted.server, made.planted.id)
            for made in deeds
        ]
        return _planted_rows(requests, self._server, words, times, ids)

    def _iis(
        self, rows: pl.DataFrame, day: date, clock: Clock, deeds: Sequence[Deed]
    ) -> Iterator[WebFile]:
        traits = self._server.traits
        for site, at in iis.SITES.items():
            here = rows.filter(pl.col(f"{at}0").is_not_null())
            if here.is_empty():
                continue
            text = here.select("time", "mark", line=iis.lines(here, site, clock, traits))
            head = iis.header(traits, str(clock.seconds(here["time"][:1], " ")[0]))
            again = head if traits.restart else ()
            file = log_file(text, head, again=again, newline=_newline(self._server))
            path = f"C:\\inetpub\\logs\\LogFiles\\{site}\\u_ex{day:%y%m%d}.log"
            label = "iis" if at == "f" else "iis_backend"
            yield WebFile(path, "iis", label, file, text.height, deeds)

    def _httpproxy(
        self, rows: pl.DataFrame, day: date, clock: Clock, deeds: Sequence[Deed]
    ) -> Iterator[WebFile]:
        for protocol in httpproxy.PROTOCOLS:
            here = rows.filter(pl.col("protocol") == protocol)
            if here.is_empty():
                continue
            text = here.select("time", "mark", line=httpproxy.lines(here, clock))
            if not self._server.traits.hourly:
                yield self._httpproxy_file(text, protocol, f"{day:%Y%m%d}00", clock, deeds)
                continue
            hours = text.with_columns(hour=pl.col("time") // 3_600_000)
            for hour in sorted(hours["hour"].unique()):
                part = hours.filter(pl.col("hour") == hour)
                stamp = f"{day:%Y%m%d}{hour:02}"
                yield self._httpproxy_file(part, protocol, stamp, clock, deeds)

    def _httpproxy_file(
        self, text: pl.DataFrame, protocol: str, stamp: str, clock: Clock, deeds: Sequence[Deed]
    ) -> WebFile:
        traits = self._server.traits
        block = httpproxy.header(traits, self._build, str(clock.stamp(text["time"][:1])[0]))
        bare = [",".join(httpproxy.columns(traits))] if traits.bare_header else []
        head = [*bare, *block]
        file = log_file(
            text,
            head,
            again=head if traits.restart else (),
            bom=traits.bom,
            newline=_newline(self._server),
        )
        name = f"Logging\\HttpProxy\\{protocol}\\HttpProxy_{stamp}-1.LOG"
        path = f"{self._server.exchange}\\{name}"
        return WebFile(path, "httpproxy", "httpproxy", file, text.height, deeds)


def _newline(server: Server) -> str:
    return "\r\n" if server.traits.newline == "crlf" else "\n"


def _weekdays(days: Sequence[date]) -> float:
    """How many weekdays' worth of traffic the days hold."""
    total = 0.0
    for day in days:
        weekend = day.isoweekday() > 5  # noqa: PLR2004  # Saturday is the sixth
        for rhythm, (quiet, _) in RHYTHMS.items():
            total += workload(rhythm) * (quiet if weekend else 1.0)
    return total


def _pieces(requests: Sequence[Request], server: Server, words: dict[str, str]) -> pl.DataFrame:
    """Pieces of every log, and the numbers that fill them, a request a row."""
    plain = pl.DataFrame(
        {
            "protocol": [request.protocol for request in requests],
            "logged": [bool(request.protocol) for request in requests],
            "proxied": [request.proxied for request in requests],
            "numbered": [bool(request.client_request) for request in requests],
            "received": [request.received for request in requests],
            "sent": [request.sent for request in requests],
            "spread": [request.spread for request in requests],
            "took_class": [httpproxy.took_class(request) for request in requests],
        },
        schema_overrides={"protocol": pl.String},
    )
    parts = [
        plain,
        httpproxy.pieces(requests, server.traits, words),
        iis.pieces(requests, server.traits, words),
    ]
    return pl.concat(parts, how="horizontal")


def _mean_bytes(made: Templates, pieces: pl.DataFrame, kinds: Sequence[str]) -> dict[str, float]:
    """Rhythm -> bytes that one of its sessions makes on the mean."""
    prefixes = ("h" if "httpproxy" in kinds else "") + ("fb" if "iis" in kinds else "")
    size = pl.lit(0)
    for at in prefixes:
        columns = [name for name in pieces.columns if name[0] == at and name[1:].isdigit()]
        texts = pl.sum_horizontal(pl.col(name).str.len_bytes() for name in columns)
        there = pl.col(f"{at}0").is_not_null()
        size += pl.when(there).then(texts + _ROW_OVERHEAD[at]).otherwise(0)
    total = pieces.select(size.cast(pl.Int64).cum_sum()).to_series()
    total = pl.concat([pl.Series([0], dtype=pl.Int64), total.rename("")])
    starts = made.starts.with_columns(
        bytes=total.gather(made.starts["first"] + made.starts["steps"])
        - total.gather(made.starts["first"])
    )
    mean = (pl.col("bytes") * pl.col("weight")).sum() / pl.col("weight").sum()
    return dict(starts.group_by("rhythm").agg(mean.clip(lower_bound=1.0)).iter_rows())


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Put in what the row of the latency table says."""
    table = httpproxy.took_table()
    cells, short = table["cells"].gather(rows["took_row"]), table["short"].gather(rows["took_row"])
    return rows.with_columns(
        took=table["took"].gather(rows["took_row"]),
        cells=pl.when(pl.col("proxied")).then(cells).otherwise(short),
        cid=pl.when(pl.col("numbered")).then(pl.col("cid")).otherwise(pl.lit("")),
    ).drop("took_row", "numbered")


def _planted_rows(
    requests: Sequence[Request],
    server: Server,
    words: dict[str, str],
    times: Sequence[int],
    ids: Sequence[str],
) -> pl.DataFrame:
    pieces = _pieces(requests, server, words)
    steps = [int(name[:8], 16) % 512 for name in ids]
    return pieces.with_columns(
        time=pl.Series(times, dtype=pl.Int64),
        rid=pl.Series(ids, dtype=pl.String),
        cid=pl.Series(ids, dtype=pl.String),
        took_row=pieces["took_class"] + pl.Series(steps, dtype=pl.Int64),
        mark=pl.int_range(0, pl.len(), dtype=pl.Int64),
    )


def request_lines(
    scenario: Scenario, server: Server, made: Deed, request: Request, seed: int
) -> dict[str, tuple[str, str]]:
    """What one request leaves in each log: label -> log kind and line, as the files hold it."""
    moment = made.planted.time
    words = server_words(scenario, server, build_on(server, moment.date()))
    midnight = datetime.combine(moment.date(), time(), UTC)
    at = (moment - midnight) // timedelta(milliseconds=1)
    name = guid(seed, scenario.name, server.name, made.planted.id)
    rows = _measured(_planted_rows([request], server, words, [at], [name]))
    clock = Clock(moment.date())
    kinds = scenario.server_kinds(server)
    lines: dict[str, tuple[str, str]] = {}
    if "httpproxy" in kinds and request.protocol:
        lines["httpproxy"] = ("httpproxy", str(httpproxy.lines(rows, clock)[0]))
    for site, prefix in iis.SITES.items():
        if "iis" in kinds and rows[f"{prefix}0"][0] is not None:
            label = "iis" if prefix == "f" else "iis_backend"
            lines[label] = ("iis", str(iis.lines(rows, site, clock, server.traits)[0]))
    return lines
