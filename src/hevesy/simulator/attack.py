"""Attacks as data: steps read from a file, and the deeds that they become on a server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Literal

import msgspec

from hevesy.model import Outcome, PlantedStep, Stage
from hevesy.simulator.draws import guid
from hevesy.simulator.event import Event  # noqa: TC001  # msgspec reads the annotation at run time
from hevesy.simulator.events import event_line
from hevesy.simulator.exchange_logs import prefix
from hevesy.simulator.people import account
from hevesy.simulator.request import Request, filled, read_invented, server_words
from hevesy.simulator.scenario import Attack, Scenario, ScenarioError, Server, parse_toml, utc

__all__ = ["Deed", "build_on", "deed", "deeds", "steps_of"]


class _TextLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["ecp_server", "ecp_activity", "oab_generator"]
    text: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["web_file", "compiled_page", "config_file"]
    path: str
    text: str


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a line looks like when a trait is dropped: other values, or another text."""

    request: dict[str, Any] = {}
    data: dict[str, str] = {}
    replace: list[tuple[str, str]] = []
    logs: list[str] = []
    """Logs whose line of a request has the trait; empty: each where the change shows."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of an attack file: exactly one of request, line, event, file."""

    id: str
    after: float = 0.0
    """Seconds since the step before."""
    stage: Stage
    outcome: Outcome
    vulnerability: str = ""
    outcomes: dict[str, Outcome] = {}
    """What single lines of a request show, where it is not the same: `iis`, `iis_backend`."""
    stages: dict[str, Stage] = {}
    """Likewise for the stage."""
    silent: list[str] = []
    """Logs whose line of it shows nothing on its own, being like ordinary ones: it is written, and
    the truth does not list it. `line` or `event` for a step that is no request."""
    request: Request | None = None
    line: _TextLine | None = None
    event: Event | None = None
    file: _File | None = None
    traits: dict[str, _Change] = {}


class _AttackFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    step: list[Step]
    honest: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """A step done on a server at a moment, ready to be written."""

    planted: PlantedStep
    """What the truth says of it; source and line are not known yet."""
    step: Step
    honest: bool
    """Whether it is an administrator's, of which the truth says nothing."""
    log: str
    """`web`, a text kind, `events:<channel>` or `file`."""
    request: Request | None = None
    text: str = ""
    path: str = ""
    """Windows path of a file."""
    changed: Mapping[str, Request | str] | None = None
    """Trait -> the request or text without it."""

    def shown(self, label: str, kind: str, source: str, line: int | None) -> PlantedStep:
        """What the truth says of one line of it; `label` is the log: `iis_backend`."""
        name = f"{self.planted.id}/{label}" if self.log == "web" else self.planted.id
        return replace(
            self.planted,
            id=name,
            kind=kind,
            stage=self.step.stages.get(label, self.planted.stage),
            outcome=self.step.outcomes.get(label, self.planted.outcome),
            source=source,
            line=line,
        )

    def has_trait(self, trait: str, label: str) -> bool:
        """Whether its line in that log has the trait."""
        logs = self.step.traits[trait].logs
        return not logs or label in logs

    def told(self, label: str) -> bool:
        """Whether the truth lists its line in that log."""
        return not self.honest and label not in self.step.silent


def steps_of(attack: Attack, scenario: Scenario) -> tuple[list[Step], bool]:
    """Steps that an attack uses, and whether they are honest.

    Raises:
        ScenarioError: the attack file is missing or wrong, or lacks a step that is asked for.
    """
    text, file = _attack_text(attack.use, scenario.file)
    found: _AttackFile = parse_toml(text, file, _AttackFile)
    for step in found.step:
        if sum(part is not None for part in (step.request, step.line, step.event, step.file)) != 1:
            raise ScenarioError(
                f"step {step.id!r} must have one of request, line, event, file", file
            )
    known = {step.id: step for step in found.step}
    for name in attack.steps:
        if name not in known:
            raise ScenarioError(f"no step {name!r}; there are {', '.join(known)}", file)
    return [known[name] for name in attack.steps] or found.step, found.honest


def _attack_text(use: str, scenario_file: str) -> tuple[str, str]:
    entry = resources.files("hevesy.simulator") / "attacks" / f"{use}.toml"
    if "/" not in use and "\\" not in use and entry.is_file():
        return entry.read_text("utf-8"), f"attacks/{use}.toml"
    path = Path(scenario_file).parent / use
    try:
        return path.read_text("utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"attack {use!r} cannot be read: {error}", scenario_file) from error


@lru_cache(maxsize=1)
def _payloads() -> dict[str, str]:
    encoded: dict[str, str] = parse_toml(
        read_invented("payloads.toml"), "payloads.toml", dict[str, str]
    )
    return {name: base64.b64decode(text).decode() for name, text in encoded.items()}


def _attack_words(scenario: Scenario, server: Server, attack: Attack, build: str) -> dict[str, str]:
    drive, _, relative = server.exchange.partition(":\\")
    words = server_words(scenario, server, build) | account(scenario, "administrator", 500)
    words |= {
        "agent": attack.agent,
        "client": attack.client,
        "shell": attack.shell,
        "shell_lower": attack.shell.lower(),
        "key": f"k{guid(scenario.name, server.name, attack.shell)[:8]}",
        "drive": drive,
        "exchange_relative": relative,
    }
    for name, text in _payloads().items():
        whole = Template(text).safe_substitute(words)
        words[f"payload_{name}"] = whole
        words[f"payload_{name}_cell"] = whole.replace('"', '""')
        words[f"payload_{name}_json"] = json.dumps(whole, ensure_ascii=False)[1:-1]
    return words


def build_on(server: Server, day: date) -> str:
    """The build that the server runs on a day."""
    past = [since for since in server.updates if since <= day.isoformat()]
    return server.updates[max(past)] if past else server.build


def deeds(scenario: Scenario, server: Server) -> Iterator[Deed]:
    """Every deed of the server's dated attacks, in the order of their files.

    Raises:
        ScenarioError: as `steps_of`; or a step lies outside the evidence.
    """
    seen: dict[str, int] = {}
    for attack in server.attacks:
        if attack.time is None:
            continue
        steps, honest = steps_of(attack, scenario)
        moment = utc(attack.time)
        for step in steps:
            moment += timedelta(seconds=step.after)
            if moment.date() > scenario.end:
                raise ScenarioError(
                    f"step {step.id!r} of {server.name} at {moment} lies after the evidence",
                    scenario.file,
                )
            seen[step.id] = seen.get(step.id, 0) + 1
            name = step.id if seen[step.id] == 1 else f"{step.id}-{seen[step.id]}"
            yield deed(scenario, server, attack, step, (name, moment, honest))


def deed(
    scenario: Scenario,
    server: Server,
    attack: Attack,
    step: Step,
    when: tuple[str, datetime, bool],
) -> Deed:
    """One step done: `when` is its name, its moment in UTC, and whether it is honest."""
    name, moment, honest = when
    build = build_on(server, moment.date())
    words = _attack_words(scenario, server, attack, build)
    planted = PlantedStep(
        name,
        server.name,
        moment,
        step.stage,
        step.outcome,
        step.vulnerability,
        "",
        "",
        None,
        open_then=_open_then(server, step, build),
    )
    made = Deed(planted, step, honest, "web")
    if step.request is not None:
        return _request_deed(made, step, step.request, words)
    if step.file is not None:
        made = replace(made, planted=replace(planted, kind=step.file.kind), log="file")
        text = step.file.text.format_map(words)
        path = step.file.path.format_map(words)
        return replace(made, text=text, path=path, changed=_replaced(step, text, words))
    return _line_deed(made, step, words, server)


def _open_then(server: Server, step: Step, build: str) -> str:
    """Whether the server is open to what a step uses, with the build that it has that day."""
    if not (server.fix and step.vulnerability):
        return ""
    have, need = (tuple(map(int, text.split("."))) for text in (build, server.fix))
    return "no" if have >= need else "yes"


def _request_deed(made: Deed, step: Step, request: Request, words: dict[str, str]) -> Deed:
    changed: dict[str, Request | str] = {
        trait: filled(msgspec.structs.replace(request, **change.request), words)
        for trait, change in step.traits.items()
    }
    return replace(made, request=filled(request, words), changed=changed)


def _line_deed(made: Deed, step: Step, words: dict[str, str], server: Server) -> Deed:
    if step.event is not None:
        kind = "evtx" if server.traits.event_format == "evtx" else "event_json"
        log = f"events:{step.event.channel}"
        text = event_line(step.event, words, server.traits)
    else:
        assert step.line is not None  # noqa: S101  # steps_of has checked it
        kind = log = step.line.kind
        text = prefix(kind, words) + step.line.text.format_map(words)
    changed = _replaced(step, text, words)
    for trait, change in step.traits.items():
        if change.data and step.event is not None:
            other = msgspec.structs.replace(step.event, data=step.event.data | change.data)
            changed[trait] = event_line(other, words, server.traits)
    planted = replace(made.planted, kind=kind)
    return replace(made, planted=planted, log=log, text=text, changed=changed)


def _replaced(step: Step, text: str, words: Mapping[str, str]) -> dict[str, Request | str]:
    """Trait -> the text with some parts of it replaced."""
    changed: dict[str, Request | str] = {}
    for trait, change in step.traits.items():
        other = text
        for old, new in change.replace:
            other = other.replace(old.format_map(words), new.format_map(words))
        if change.replace:
            changed[trait] = other
    return changed
