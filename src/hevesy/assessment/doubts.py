"""What keeps evidence from covering a window of risk, beside the days that logs reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from hevesy.model import Loss, SourceState, Threat

__all__ = ["doubts_of"]

_SHOWN = 5
_PROTOCOL = re.compile(r"(?:^|[\\/])httpproxy[\\/]([a-z]+)[\\/]", re.IGNORECASE)
_NEEDED = ("ecp", "owa")
"""Protocols of the front end through which ProxyLogon's requests came (exchange-evidence, 2.1)."""


def doubts_of(
    server: str,
    threat: Threat,
    sources: Iterable[SourceState],
    losses: Iterable[Loss],
    narrowed: tuple[datetime | None, datetime | None],
) -> tuple[str, ...]:
    """Reasons for which one server's logs cannot be said to show all of a threat.

    Args:
        server: Its name.
        threat: Whose kinds matter.
        sources: All sources of the evidence.
        losses: All losses.
        narrowed: `--since` and `--until`.
    """
    own = [s for s in sources if s.server == server]
    kinds = {(s.input, s.source): s.kind for s in own}
    found = [*_narrowed(narrowed), *_lost(server, threat, kinds, losses)]
    found += [
        f"{one.source}: {one.damaged:,} of {one.rows:,} rows are damaged"
        for one in own
        if one.kind in threat.window_kinds and one.damaged > one.parsed + one.passed_over
    ]
    found += _protocols(threat, own)
    more = f"and {len(found) - _SHOWN} more like these"
    return (*found[:_SHOWN], *([more] if len(found) > _SHOWN else []))


def _narrowed(narrowed: tuple[datetime | None, datetime | None]) -> Iterator[str]:
    since, until = narrowed
    if since:
        yield f"nothing before {since:%Y-%m-%d %H:%M} was compared with rules, as --since asked"
    if until:
        yield f"nothing after {until:%Y-%m-%d %H:%M} was compared with rules, as --until asked"


def _lost(
    server: str,
    threat: Threat,
    kinds: dict[tuple[str, str], str],
    losses: Iterable[Loss],
) -> Iterator[str]:
    for loss in losses:
        if not loss.grave or (loss.server and loss.server != server):
            continue
        kind = kinds.get((loss.input, loss.source), "")
        if not loss.server and loss.source and kind == "":
            # A member that could not be listed: whose it is, and of which kind, is not known.
            yield f"{loss.source}: {loss.reason}"
        elif not loss.source:
            yield f"{loss.input}: {loss.reason}"
        elif kind in threat.window_kinds or kind in {"unknown", ""}:
            yield f"{loss.source}: {loss.reason}"


def _protocols(threat: Threat, sources: Iterable[SourceState]) -> Iterator[str]:
    """Folders of HttpProxy that are missing where others are there: each protocol has its own."""
    if "httpproxy" not in threat.window_kinds:
        return
    there = {
        found[1].lower()
        for one in sources
        if one.kind == "httpproxy" and (found := _PROTOCOL.search(one.windows_path or one.source))
    }
    for protocol in _NEEDED:
        if there and protocol not in there:
            yield f"Exchange HttpProxy log: no file of the protocol {protocol.capitalize()}"
