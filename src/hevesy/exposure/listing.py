"""Exposed servers as rows: for a table on screen, a CSV, a JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hevesy.model import ExposureState
from hevesy.model.document import encode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ExposedServer, Exposure

__all__ = [
    "EXPOSURE_COLUMNS",
    "SERVER_COLUMNS",
    "exposure_document",
    "exposure_rows",
    "server_rows",
]

Cell: TypeAlias = "str | int"

SERVER_COLUMNS: tuple[str, ...] = (
    "server",
    "build",
    "update",
    "evidence",
    "support",
    "open_kev",
    "open",
    "mitigated",
    "unknown",
    "unsupported",
    "worst_open",
    "mitigations",
    "install",
    "conflicts",
)
"""One row a server: what a table on screen shows."""

EXPOSURE_COLUMNS: tuple[str, ...] = (
    "server",
    "cve",
    "state",
    "kev_added",
    "ransomware",
    "severity",
    "title",
    "first_fixed_build",
    "fixed_by",
    "kb",
    "why",
    "remedy",
    "first_exploited",
    "first_exploited_source",
    "since",
    "until",
    "risk_until",
    "rests_on",
)
"""One row a server and vulnerability."""

_UPDATES = ("cu", "su")
SCHEMA = "hevesy.exposure/1"
_INDENT = b"\n    "
_EMPTY, _END = b"]\n}\n", b"\n  ]\n}\n"
"""How `encode` ends a document whose last key, in the order of the alphabet, is `servers`."""
_SHOWN = 6


def server_rows(servers: Sequence[ExposedServer]) -> Iterator[tuple[Cell, ...]]:
    """One row a server, with the cells of `SERVER_COLUMNS`."""
    for server in servers:
        counts = dict.fromkeys(ExposureState, 0)
        for one in server.exposures:
            counts[one.state] += 1
        installs = [_short(step.title, server) for step in server.plan if step.kind in _UPDATES]
        yield (
            server.name,
            server.build,
            server.update,
            _evidence(server),
            server.support,
            sum(1 for one in server.open if one.cve.kev_added),
            counts[ExposureState.OPEN],
            counts[ExposureState.MITIGATED],
            counts[ExposureState.UNKNOWN],
            counts[ExposureState.UNSUPPORTED],
            _worst(server.open),
            "; ".join(_mitigations(server)),
            ", then ".join(installs),
            "; ".join(server.conflicts),
        )


def exposure_rows(
    servers: Sequence[ExposedServer], states: Sequence[ExposureState] = tuple(ExposureState)
) -> Iterator[tuple[Cell, ...]]:
    """One row a server and vulnerability, with the cells of `EXPOSURE_COLUMNS`.

    Args:
        servers: as `examine` gives them.
        states: which to list.
    """
    wanted = frozenset(states)
    cells: dict[int, tuple[Cell, ...]] = {}  # servers that are alike share their exposures
    for server in servers:
        for one in server.exposures:
            if one.state in wanted:
                if id(one) not in cells:
                    cells[id(one)] = _cells(one)
                yield (server.name, *cells[id(one)])


def exposure_document(
    servers: Sequence[ExposedServer], known: ExchangeKnowledge, today: dt.date
) -> Iterator[bytes]:
    """A JSON document of everything, the same bytes for the same input, a server at a time.

    Of ten thousand servers it is more than a gigabyte, of which nobody wants to hold all at once.
    """
    frame = encode(
        {
            "schema": SCHEMA,
            "as_of": today,
            "knowledge": {
                "as_of": known.as_of,
                "kev_catalogue": known.kev_date,
                "digest": known.digest,
            },
            "servers": [],
        }
    )
    if not servers:
        yield frame
        return
    head = frame.removesuffix(_EMPTY) + _INDENT
    for server in servers:
        yield head + encode(server).rstrip(b"\n").replace(b"\n", _INDENT)
        head = b"," + _INDENT
    yield _END


def _cells(one: Exposure) -> tuple[Cell, ...]:
    facts = one.cve
    return (
        facts.id,
        one.state.value,
        _date(facts.kev_added),
        "yes" if facts.ransomware else "",
        facts.severity,
        facts.title,
        one.first_fixed_build,
        one.fixed_by,
        one.kb,
        one.why,
        one.remedy,
        _date(facts.first_exploited),
        facts.first_exploited_source,
        _date(one.since),
        _date(one.until),
        _date(one.risk_until),
        "; ".join(one.rests_on),
    )


def _short(title: str, server: ExposedServer) -> str:
    """`CU23 (15.1.2507.6)` for `Install Exchange Server 2016 CU23 (15.1.2507.6)`."""
    return title.removeprefix("Install ").removeprefix(server.product).strip()


def _evidence(server: ExposedServer) -> str:
    if not server.evidence:
        return ""
    first = server.evidence[0]
    line = f":{first.line}" if first.line is not None else ""
    return f"{server.grade}, {first.origin}, {first.source}{line}"


def _worst(exposures: Sequence[Exposure]) -> str:
    shown = ", ".join(one.cve.id for one in exposures[:_SHOWN])
    more = len(exposures) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _mitigations(server: ExposedServer) -> list[str]:
    return [
        one.title if one.active else f"{one.title}: void, {one.why}" for one in server.mitigations
    ]


def _date(value: dt.date | dt.datetime | None) -> str:
    return value.isoformat() if value else ""
