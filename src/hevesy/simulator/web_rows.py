"""Rows of web requests as columns: the pieces of every log, and the numbers that fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.simulator import httpproxy, iis
from hevesy.simulator.attack import Deed, build_on
from hevesy.simulator.clock import Clock
from hevesy.simulator.draws import Draws, guid
from hevesy.simulator.request import Request, server_words
from hevesy.simulator.traffic import Templates, since_midnight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.simulator.scenario import Scenario, Server

__all__ = [
    "background_rows",
    "mean_bytes",
    "measured",
    "planted_rows",
    "request_lines",
    "request_pieces",
]

_ROW_OVERHEAD = {"h": 290, "f": 80, "b": 80}
"""Bytes that the holes of a row add: HttpProxy, front end, back end."""


def background_rows(sampled: pl.DataFrame, pieces: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Rows of sampled requests (`template`, `time`), each with ids, bytes and a latency drawn."""
    count = sampled.height
    number = draws.integers(count)
    rows = pl.concat([sampled, pieces[sampled["template"]]], how="horizontal")
    spread = (rows["spread"] + 1).cast(pl.UInt64)
    more = (number // 1024 % spread).cast(pl.Int64)
    return rows.with_columns(
        rid=draws.guids(count),
        cid=draws.guids(count),
        received=rows["received"] + more // 16,
        sent=rows["sent"] + more,
        took_row=rows["took_class"] + (number % httpproxy.VARIANTS).cast(pl.Int64),
        mark=pl.lit(None, pl.Int64),
    )


def request_pieces(
    requests: Sequence[Request], server: Server, words: dict[str, str]
) -> pl.DataFrame:
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


def mean_bytes(made: Templates, pieces: pl.DataFrame, kinds: Sequence[str]) -> dict[str, float]:
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


def measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Put in what the row of the latency table says."""
    table = httpproxy.took_table()
    cells, short = table["cells"].gather(rows["took_row"]), table["short"].gather(rows["took_row"])
    return rows.select(
        pl.exclude("template", "spread", "took_class", "took_row", "numbered", "cid"),
        took=table["took"].gather(rows["took_row"]),
        cells=pl.when(pl.col("proxied")).then(cells).otherwise(short),
        cid=pl.when(pl.col("numbered")).then(pl.col("cid")).otherwise(pl.lit("")),
    )


def planted_rows(
    requests: Sequence[Request],
    server: Server,
    words: dict[str, str],
    times: Sequence[int],
    ids: Sequence[str],
) -> pl.DataFrame:
    """Rows of planted requests, each marked with its position; nothing in them is drawn."""
    pieces = request_pieces(requests, server, words)
    steps = [int(name[:8], 16) % httpproxy.VARIANTS for name in ids]
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
    at = since_midnight(moment, moment.date())
    name = guid(seed, scenario.name, server.name, made.planted.id)
    rows = measured(planted_rows([request], server, words, [at], [name]))
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
