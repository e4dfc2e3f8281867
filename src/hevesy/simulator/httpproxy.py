"""Writes HttpProxy rows: one for each request that an Exchange front end handled.

Formats: columns of Exchange 2016 and 2019 as public samples show them (2023, 2026); the fewer
columns of early builds, with an empty-named one after TargetServer. User agents are not quoted:
a comma in them becomes a blank.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from hevesy.simulator.draws import Draws
from hevesy.simulator.request import Request, read_invented, seen_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hevesy.simulator.clock import Clock
    from hevesy.simulator.scenario import Traits

__all__ = [
    "PROTOCOLS",
    "VARIANTS",
    "columns",
    "header",
    "lines",
    "pieces",
    "took_class",
    "took_table",
]

PROTOCOLS = ("Autodiscover", "Eas", "Ecp", "Ews", "Mapi", "Oab", "Owa", "PowerShell", "RpcHttp")
"""Folders of `Logging\\HttpProxy`."""

_EARLY_LACKS = frozenset(
    {"UrlHost", "RoutingType", "EdgeTraceId", "DatabaseGuid", "UserADObjectGuid", "RoutingStatus"}
)
_HOLE = "\x00"
_HOLES = 11
VARIANTS = 512
_TOOK = {"none": (0, 4), "fast": (4, 90), "slow": (120, 2600), "wait": (20_000, 290_000)}
_SHORT = {"HttpPipelineLatency", "ActivityContextLifeTime", "CoreLatency", "TotalRequestTime"}


def columns(traits: Traits) -> list[str]:
    """Column names, in order."""
    names = read_invented("httpproxy_columns.txt").split()
    if traits.columns == "2016":
        return names
    kept = [name for name in names if name not in _EARLY_LACKS]
    kept.insert(kept.index("TargetServer") + 1, "")
    return kept


def header(traits: Traits, build: str, first: str) -> list[str]:
    """Lines of the `#` block; `first` is the time of the first row."""
    major, minor, number, revision = (int(part) for part in build.split("."))
    return [
        "#Software: Microsoft Exchange Server",
        f"#Version: {major}.{minor:02}.{number}.{revision:03}",
        "#Log-type: HttpProxy Logs",
        f"#Date: {first}",
        f"#Fields: {','.join(columns(traits))}",
    ]


def _values(request: Request, traits: Traits, words: Mapping[str, str]) -> dict[str, str]:
    """Column -> text; what differs by row is a hole."""
    major, minor, number, revision = words["build"].split(".")
    asked = request.proxied or bool(request.target)
    mapi = request.client_request
    status = str(request.status)
    return {
        "DateTime": _HOLE,
        "RequestId": _HOLE,
        "MajorVersion": major,
        "MinorVersion": minor,
        "BuildVersion": number,
        "RevisionVersion": revision,
        "ClientRequestId": f"R:{_HOLE}:1;{mapi}" if mapi else _HOLE,
        "Protocol": request.protocol,
        "UrlHost": request.host,
        "UrlStem": request.stem,
        "ProtocolAction": request.action,
        "AuthenticationType": request.authentication,
        "IsAuthenticated": "true" if request.user else "false",
        "AuthenticatedUser": request.user,
        "Organization": request.organization,
        "AnchorMailbox": request.anchor,
        "UserAgent": "" if request.agent == "-" else request.agent.replace(",", " "),
        "ClientIpAddress": seen_client(request, traits),
        "ServerHostName": words["server"],
        "HttpStatus": status,
        "BackEndStatus": request.backend_status or (status if request.proxied else ""),
        "Method": request.method,
        "RequestBytes": _HOLE,
        "ResponseBytes": _HOLE,
        "UrlQuery": f"?{request.query}" if request.query else "",
        "GenericInfo": _generic(request, words),
        "GenericErrors": request.errors,
    } | (_routing(request, words) if asked else {})


def _routing(request: Request, words: Mapping[str, str]) -> dict[str, str]:
    """Columns that are empty where the front end answers itself."""
    major, minor, number, _ = words["build"].split(".")
    own = f"{words['fqdn']} {major}.{minor:0>2}.{number}.000"
    host, version = _mailbox_server(request, own, words["elsewhere"]).split(" ")
    return {
        "ProxyAction": "Proxy",
        "TargetServer": request.target or host,
        "TargetServerVersion": request.target_version or version,
        "RoutingType": request.routing,
        "RoutingHint": request.hint,
        "BackEndCookie": request.cookie,
        "DatabaseGuid": f"|RoutingDB:{words['database']}" if request.user else "",
        "RoutingStatus": "CafeV1",
    }


def _mailbox_server(request: Request, own: str, elsewhere: str) -> str:
    """Name and version of the server on which a user's mailbox lies: always the same."""
    if not (elsewhere and request.user):
        return own
    servers = [own, *elsewhere.split(";")]
    return servers[zlib.crc32(request.user.encode()) % len(servers)]


def _generic(request: Request, words: Mapping[str, str]) -> str:
    start = f"BeginRequest={_HOLE};CorrelationID=<empty>;"
    if not request.proxied:
        return f"{start}{request.generic}{_HOLE * 3}SharedCacheGuard=0;EndRequest={_HOLE};"
    return (
        f"{start}ProxyState-Run=None;FEAuth=BEVersion-{words['be']};{request.generic}"
        f"BeginGetResponse={_HOLE};OnResponseReady={_HOLE};EndGetResponse={_HOLE};"
        f"ProxyState-Complete=ProxyResponseData;SharedCacheGuard=0;EndRequest={_HOLE};"
    )


@lru_cache(maxsize=1)
def took_table() -> pl.DataFrame:
    """Latency cells drawn beforehand: `took` milliseconds, `cells` if proxied, `short` if not.

    Row `class * 512 + n` is the n-th of a class of `Request.took`: none, fast, slow, wait.
    """
    names = read_invented("httpproxy_columns.txt").split()
    first, last = names.index("TargetOutstandingRequests"), names.index("RouteRefresherLatency")
    chance = Draws("httpproxy latency").one()
    rows = []
    for low, high in _TOOK.values():
        for _ in range(VARIANTS):
            took = chance.randint(low, high)
            rows.append((took, *_latencies(names[first : last + 1], took, chance.random())))
    return pl.DataFrame(rows, schema=["took", "cells", "short"], orient="row")


def _latencies(names: Iterable[str], took: int, part: float) -> tuple[str, str]:
    inside = int(took * (0.5 + part / 2))
    known = {
        "ActivityContextLifeTime": took,
        "BackendReqInitLatency": int(part * 2),
        "BackendProcessingLatency": inside,
        "RequestHandlerLatency": took,
        "ProxyTime": inside,
        "CoreLatency": took - inside,
        "RoutingLatency": min(took - inside, int(part * 3)),
        "HttpProxyOverhead": took - inside,
        "TotalRequestTime": took,
    }
    empty = {"TargetOutstandingRequests", "AuthModulePerfContext", "RouteRefresherLatency"}
    cells = [
        "" if name in empty or name.endswith("Breakup") else str(known.get(name, 0))
        for name in names
    ]
    short = [str(known.get(name, 0)) if name in _SHORT else "" for name in names]
    return ",".join(cells), ",".join(short)


def took_class(request: Request) -> int:
    """First row of the request's class in `took_table`."""
    return list(_TOOK).index(request.took) * VARIANTS


def pieces(requests: Iterable[Request], traits: Traits, words: Mapping[str, str]) -> pl.DataFrame:
    """Each request's row cut at its holes: columns `h0` to `h11`, null for one not logged here."""
    names = columns(traits)
    low = names.index("TargetOutstandingRequests")
    high = names.index("RouteRefresherLatency")
    rows: list[list[str | None]] = []
    for request in requests:
        if not request.protocol:
            rows.append([None] * (_HOLES + 1))
            continue
        values = _values(request, traits, words)
        head = ",".join(values.get(name, "") for name in names[:low])
        tail = ",".join(values.get(name, "") for name in names[high + 1 :])
        rows.append([*f"{head},{_HOLE},{tail}".split(_HOLE)])
    schema = {f"h{number}": pl.String for number in range(_HOLES + 1)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def lines(rows: pl.DataFrame, clock: Clock) -> pl.Series:
    """Write the rows.

    Args:
        rows: `time` and `took` (milliseconds), `rid`, `cid` (empty but for MAPI), `received`,
            `sent`, `cells`, `proxied`, and the pieces `h0` to `h11`.
        clock: of the rows' day.

    Returns:
        One text a row, without a line end.
    """
    end = clock.stamp(rows["time"])
    begin = clock.stamp(rows["time"] - rows["took"])
    blank = pl.lit("")
    proxied = pl.col("proxied")
    filled = rows.with_columns(
        end=end,
        begin=begin,
        got=pl.when(proxied).then(begin).otherwise(blank),
        ready=pl.when(proxied).then(end).otherwise(blank),
    )
    holes = [
        "end",
        "rid",
        "cid",
        "received",
        "sent",
        "cells",
        "begin",
        "got",
        "ready",
        "ready",
        "end",
    ]
    parts = ["h0"]
    for number, hole in enumerate(holes, start=1):
        parts += [hole, f"h{number}"]
    return filled.select(pl.concat_str(parts)).to_series()
