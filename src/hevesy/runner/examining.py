"""The stage that says what was open on each server, and since when."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hevesy.assessment import Mention, unseen_servers
from hevesy.exposure import Reading, evidence_of, examine, gather, read_web_configs
from hevesy.model import Loss, ServerEvidence, Source
from hevesy.runner.memory import limit_own_memory
from hevesy.runner.pool import PoolPlan, Task, Undone, run_tasks
from hevesy.runner.settings_pass import EXCHANGE, SettingsRead, read_settings, speaks_of_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hevesy.model import Server
    from hevesy.runner.state import State

__all__ = ["examine_exposure"]

_TASK_SOURCES = 64
_INSTALLED = frozenset({"exsetup", "registry", "registry_update", "healthchecker", "setup_log"})
"""Origins of builds that only an installation of Exchange has."""


def examine_exposure(state: State) -> State:
    """Builds from every line and file that carries one -> exposure of each Exchange server."""
    known = state.loaded.exchange
    read, losses = _settings(state)
    readings = [*_from_surveys(state), *_from_files(state, read)]
    servers, problems = gather(readings)
    machines = tuple(_by_builds(server, servers) for server in state.servers)
    exchange = {server.name for server in machines if server.exchange}
    evidence = {one.name: one for one in servers if one.name in exchange}
    exposed = examine(evidence.values(), known, state.options.as_of or state.loaded.as_of)
    losses += [Loss(*_place(p, state), "unreadable_setting", p) for p in problems]
    return replace(
        state,
        servers=machines,
        server_evidence=evidence,
        exposed={one.name: one for one in exposed},
        unseen=unseen_servers(_mentions(state), machines, state.canonical, known),
        losses=(*state.losses, *losses),
    )


def _by_builds(server: Server, evidence: Iterable[ServerEvidence]) -> Server:
    """Exchange also where no log says so, but a file of the installation tells its build."""
    own = next((one for one in evidence if one.name == server.name), None)
    origins = {one.origin for one in own.builds} & _INSTALLED if own else set()
    if server.exchange or not origins:
        return server
    return replace(server, exchange=True, why_exchange=f"its build is told by {min(origins)}")


def _settings(state: State) -> tuple[list[SettingsRead], list[Loss]]:
    wanted = [
        r.source
        for r in state.results
        if speaks_of_settings(r.source) and (r.source.input, r.source.path) not in state.duplicates
    ]
    if not wanted:
        return [], []
    options = state.options
    tasks = [
        Task(tuple(wanted[i : i + _TASK_SOURCES]), options.seconds_per_source)
        for i in range(0, len(wanted), _TASK_SOURCES)
    ]
    (state.scratch / EXCHANGE).write_bytes(pickle.dumps(state.loaded.exchange))
    work = partial(read_settings, scratch=state.scratch)
    setup = (options.memory_limit,)
    jobs = min(options.jobs, len(tasks))
    plan: PoolPlan[Source, SettingsRead] = PoolPlan(work, limit_own_memory, setup, jobs)
    read: list[SettingsRead] = []
    losses: list[Loss] = []
    for result in run_tasks(plan, tasks, state.workers):
        if isinstance(result, Undone):
            at = result.source
            losses.append(Loss(at.input, at.path, "quarantined", result.reason))
        else:
            read.append(result)
    read.sort(key=lambda one: (one.source.input, one.source.path))
    return read, losses


def _from_surveys(state: State) -> list[Reading]:
    return [
        Reading(
            (
                ServerEvidence(
                    state.server_of.get(r.source.collection, ""),
                    evidence_of(r.survey.builds, f"{r.source.input}/{r.source.path}"),
                ),
            )
        )
        for r in state.results
        if r.survey.builds and (r.source.input, r.source.path) not in state.duplicates
    ]


def _mentions(state: State) -> list[Mention]:
    return [
        Mention(
            target,
            f"{r.source.input}/{r.source.path}",
            state.server_of.get(r.source.collection, ""),
        )
        for r in state.results
        for target in r.survey.targets
        if (r.source.input, r.source.path) not in state.duplicates
    ]


def _from_files(state: State, read: Sequence[SettingsRead]) -> list[Reading]:
    known = state.loaded.exchange
    found = [_named(one.reading, one.source, state) for one in read]
    web: dict[str, list[tuple[bytes, str, str]]] = {}
    times = {one.web_config.place: one.web_config.modified for one in read if one.web_config}
    changed = {place: time for place, time in times.items() if time}
    for one in read:
        if one.web_config:
            server = state.server_of.get(one.source.collection, "")
            file = one.web_config
            web.setdefault(server, []).append((file.data, file.place, file.path))
    return found + [
        read_web_configs(files, known, server, changed) for server, files in web.items()
    ]


def _named(reading: Reading, source: Source, state: State) -> Reading:
    own = state.server_of.get(source.collection, "")
    canonical: Mapping[str, str] = state.canonical
    return replace(
        reading,
        servers=tuple(
            replace(one, name=canonical.get(one.name, one.name) or own) for one in reading.servers
        ),
    )


def _place(problem: str, state: State) -> tuple[str, str]:
    """Input and source that a problem's sentence begins with."""
    for source in state.sources:
        if problem.startswith(f"{source.input}/{source.path}"):
            return source.input, source.path
    return "", ""
