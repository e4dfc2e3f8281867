"""Which server each hit speaks of, what was handed in twice, what hits are together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from hevesy.assessment import shared_clients
from hevesy.detection import HITS, correlate_hits
from hevesy.evidence import grown, identify, same
from hevesy.model import Server
from hevesy.runner.reading import corrected, load_parts, with_servers
from hevesy.tables import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hevesy.model import ClientSeen, SharedClient
    from hevesy.runner.state import State
    from hevesy.runner.worker import ReadResult

__all__ = ["correlate", "name_servers"]

_SIGN_LIMIT = 3


def name_servers(state: State) -> State:
    """Bring names together, drop what was handed in twice, correct clocks as asked."""
    identities = identify([r.source for r in state.results], _names(state))
    duplicates = _duplicates(state, identities)
    counted = tuple(r for r in state.results if (r.source.input, r.source.path) not in duplicates)
    server_of = {collection: name for collection, (name, _) in identities.items()}
    canonical = {
        alias.upper(): name for name, aliases in identities.values() for alias in aliases
    } | {name: name for name, _ in identities.values()}
    named = replace(state, duplicates=duplicates, server_of=server_of, canonical=canonical)
    hits, quotes = load_parts(state.results, HITS, state.quotes)
    hits = _without(hits, duplicates)
    hits = with_servers(hits, counted, named)
    hits = corrected(hits, state.options.clocks)
    servers = _servers(named, identities)
    shared = _shared(counted, named)
    return replace(named, hits=hits, quotes=quotes, servers=servers, shared_clients=shared)


def _shared(counted: Iterable[ReadResult], state: State) -> dict[str, tuple[SharedClient, ...]]:
    """Addresses that stand for many, by server."""
    seen: dict[str, dict[str, list[tuple[ClientSeen, ...]]]] = {}
    for result in counted:
        if result.survey.clients:
            name = state.server_of.get(result.source.collection, "")
            kinds = seen.setdefault(name, {})
            kinds.setdefault(result.source.kind, []).append(result.survey.clients)
    found = {name: shared_clients(kinds) for name, kinds in seen.items()}
    return {name: several for name, several in sorted(found.items()) if several}


def correlate(state: State) -> State:
    """Correlation rules, which are asked of what all workers found, over all servers."""
    if state.hits is None:
        return state
    return replace(state, hits=correlate_hits(state.hits, state.loaded.detector.sigma))


def _without(hits: pl.DataFrame, duplicates: Mapping[tuple[str, str], str]) -> pl.DataFrame:
    if not duplicates:
        return hits
    copies = pl.DataFrame(
        list(duplicates), schema={name: HITS[name] for name in ("input", "source")}, orient="row"
    )
    return hits.join(copies, on=["input", "source"], how="anti", maintain_order="left")


def _duplicates(
    state: State, identities: Mapping[str, tuple[str, tuple[str, ...]]]
) -> dict[tuple[str, str], str]:
    """What was handed in twice, or copied while it grew: it counts once."""
    hashed = [(r.source, r.survey.sha256) for r in state.results]
    copies = same(hashed, identities)
    kept = [(source, sha256) for source, sha256 in hashed if source not in copies]
    copies |= grown(kept, identities)
    return {
        (copy.input, copy.path): f"{original.input}: {original.path}"
        for copy, original in copies.items()
    }


def _names(state: State) -> dict[str, list[tuple[str, int]]]:
    counts: dict[str, Counter[str]] = {}
    for result in state.results:
        counter = counts.setdefault(result.source.collection, Counter())
        for name, count in result.survey.names:
            counter[name] += count
    return {collection: counter.most_common() for collection, counter in counts.items()}


def _servers(
    state: State, identities: Mapping[str, tuple[str, tuple[str, ...]]]
) -> tuple[Server, ...]:
    signs: dict[str, set[str]] = {}
    aliases: dict[str, set[str]] = {}
    for name, others in identities.values():
        aliases.setdefault(name, set()).update(others)
    for result in state.results:
        own = state.server_of.get(result.source.collection, "")
        for carried, sign in result.signs:
            name = state.canonical.get(carried, carried) or own
            signs.setdefault(name, set()).add(sign)
        for day in result.survey.days:
            aliases.setdefault(state.canonical.get(day.server, day.server) or own, set())
        kind = KINDS.get(result.source.kind)
        if kind and kind.exchange:
            for day in result.survey.days:
                name = state.canonical.get(day.server, day.server) or own
                signs.setdefault(name, set()).add(f"{kind.title} present")
        if "\\exchange server\\v1" in result.source.windows_path.lower():
            signs.setdefault(own, set()).add("files of an Exchange installation")
    return tuple(
        Server(
            name=name,
            aliases=tuple(sorted(aliases[name] - {name})),
            exchange=name in signs,
            why_exchange="; ".join(sorted(signs.get(name, ()))[:_SIGN_LIMIT]),
        )
        for name in sorted(aliases)
    )
