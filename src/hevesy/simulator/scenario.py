"""What a scenario is: servers, traits of their logs, the attacks on them; read from TOML."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from hevesy.model import Verdict  # noqa: TC001  # msgspec reads the annotation at run time

__all__ = [
    "KINDS",
    "SCENARIOS",
    "Attack",
    "Scenario",
    "ScenarioError",
    "Server",
    "Traits",
    "load_scenario",
    "parse_toml",
    "utc",
]

SCENARIOS = ("balanced", "benchmark", "events", "proxylogon", "proxylogon-variants")
"""Names of the scenarios that ship with hevesy."""

KINDS = (
    "iis",
    "httpproxy",
    "ecp_server",
    "ecp_activity",
    "oab_generator",
    "event_json",
    "web_file",
    "compiled_page",
    "config_file",
)
"""Log and file kinds that can be written."""


class ScenarioError(ValueError):
    """A scenario, or an attack file that it names, has a mistake; says the file and the value."""

    def __init__(self, message: str, file: str) -> None:
        """Keep the file, and put it in front of the message."""
        self.file = file
        super().__init__(f"{file}: {message}")


class Traits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one server writes its logs; what is not verified of live logs can be had both ways."""

    bare_header: bool = True
    """HttpProxy files begin with a bare CSV header line, before the `#` block."""
    bom: bool = True
    """Exchange logs begin with a UTF-8 byte order mark."""
    newline: Literal["crlf", "lf"] = "crlf"
    """Line ends of every text log."""
    restart: bool = False
    """The header block stands again in mid-file, as after a restart of the service, at noon."""
    hourly: bool = False
    """HttpProxy files hold an hour each; otherwise a day."""
    columns: Literal["2016", "early"] = "2016"
    """HttpProxy columns: those of 2016 and 2019, or the fewer ones of early builds."""
    iis_fields: Literal["default", "bytes", "forwarded"] = "bytes"
    """IIS fields: the 15 default ones; with sc-bytes and cs-bytes; also with X-Forwarded-For,
    the client address being that of a load balancer."""
    balanced: bool = False
    """Everybody comes through the load balancer, from the house too: its address stands in every
    log for all of them."""
    anchor_port: bool = True
    """`AnchorMailbox` of a forged request names port `:444`."""
    anchor_public: bool = False
    """It names the public host name instead of the server's own."""
    routing_cookie: Literal["X-BEResource-Cookie", "X-AnonResource-Backend-Cookie"] = (
        "X-BEResource-Cookie"
    )
    """RoutingHint of a forged request."""
    ecp_time_column: Literal["TimeStamp", "MyTimeStamp"] = "TimeStamp"
    """First column of the ECP Activity log."""
    oab_header: Literal["pascal", "camel"] = "pascal"
    """Column names of the OABGenerator log: `RecordType` or `recordType`."""
    oab_quote: Literal["'", '"', ""] = "'"
    """Quotes around the path in the OABGenerator's message."""
    cmdlet_message: bool = True
    """MSExchange Management events hold the rendered message; otherwise positional data alone."""
    cmdlet_spelling: Literal["suceeded", "succeeded"] = "suceeded"
    """How that message spells the word."""
    events: Literal["flat", "nested", "winlogbeat"] = "flat"
    """Dialect of the Windows events as JSON lines."""
    event_format: Literal["json", "evtx"] = "json"
    """What Windows events are handed in as: JSON lines, or EVTX where Windows keeps it."""
    events_offset_hours: int = 0
    """Hours to add to UTC to get the time that events state, which they label as UTC all the same;
    Sysmon's UtcTime stays true."""


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One use of an attack file against a server."""

    use: str
    """Name of a file in `attacks/`, or a path relative to the scenario's file."""
    time: datetime | None = None
    """When it begins, UTC; without it, steps are strewn over the evidence at `rate`."""
    client: str = "203.0.113.77"
    """Address of the attacker; use the documentation networks."""
    agent: str = "python-requests/2.25.1"
    shell: str = "Qm7xTz2k"
    """Name of the web shell, without `.aspx`."""
    rate: float = 0.0
    """Attack requests a request of the background."""
    steps: tuple[str, ...] = ()
    """Ids of the steps to use; empty: all."""


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Exchange server of the scenario."""

    name: str
    """Short upper-case name."""
    address: str
    build: str
    """`15.1.2106.2`."""
    updates: dict[str, str] = {}
    """Date -> build from that day on."""
    fix: str = ""
    """Build from which on it is not open to what the attacks use; empty: nothing is said of it."""
    passes_on: dict[str, str] = {}
    """Short name -> build of further servers of the organisation on which some mailboxes lie."""
    verdict: Verdict
    """What a run must say."""
    container: Literal["folder", "zip", "tar", "tar.gz"] = "folder"
    layout: Literal["rooted", "velociraptor", "bare"] = "rooted"
    """`C/...`, `uploads/auto/C%3A/...`, or log folders alone."""
    exchange: str = "C:\\Program Files\\Microsoft\\Exchange Server\\V15"
    """Where Exchange is installed."""
    share: float = 1.0
    """Its part of the traffic, relative to the other servers."""
    kinds: tuple[str, ...] = ()
    """Kinds it hands in; empty: those of the scenario."""
    first: date | None = None
    """First day that its logs reach back to; None: that of the scenario."""
    traits: Traits = Traits()
    attacks: tuple[Attack, ...] = ()


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented organisation, its servers and what happens to them."""

    name: str
    title: str = ""
    start: date
    """First day of the evidence."""
    end: date
    """Last day of it."""
    size: int
    """Bytes of text logs to aim at, when the caller says none."""
    domain: str = "corp.example"
    netbios: str = "CORP"
    host: str = "mail.corp.example"
    """Public name of the mail service."""
    users: int = 120
    kinds: tuple[str, ...] = KINDS
    events: Literal["exchange", "distinct"] = "exchange"
    """Background of Windows events: what an Exchange server's logs fill up with; or that and many
    processes, services and scripts, most command lines standing there once."""
    servers: tuple[Server, ...]
    file: str = ""
    """Where it was read from; set by `load_scenario`."""

    def days(self, server: Server) -> list[date]:
        """Every day that the server's logs cover."""
        first = max(self.start, server.first or self.start)
        return [first + timedelta(days=day) for day in range((self.end - first).days + 1)]

    def server_kinds(self, server: Server) -> tuple[str, ...]:
        """Kinds that the server hands in."""
        return server.kinds or self.kinds


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read a shipped scenario by name, or any by path.

    Raises:
        ScenarioError: it is missing, is no TOML, or holds an unknown key or a wrong value.
    """
    text, file = _read(name_or_path)
    try:
        scenario = msgspec.toml.decode(text, type=Scenario)
    except msgspec.DecodeError as error:
        raise ScenarioError(str(error), file) from error
    scenario = msgspec.structs.replace(scenario, file=file)
    _check(scenario)
    return scenario


def _read(name_or_path: str | Path) -> tuple[str, str]:
    if str(name_or_path) in SCENARIOS:
        entry = resources.files("hevesy.simulator") / "scenarios" / f"{name_or_path}.toml"
        return entry.read_text("utf-8"), f"{name_or_path}.toml"
    try:
        return Path(name_or_path).read_text("utf-8"), str(name_or_path)
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(SCENARIOS)
        message = f"no scenario can be read there ({error}); the shipped ones are {known}"
        raise ScenarioError(message, str(name_or_path)) from error


def _check(scenario: Scenario) -> None:
    """Refuse what the types let through."""
    file = scenario.file
    if scenario.end < scenario.start:
        raise ScenarioError(f"end {scenario.end} lies before start {scenario.start}", file)
    if not scenario.servers:
        raise ScenarioError("servers is empty", file)
    if scenario.users < 1 or scenario.size < 1:
        raise ScenarioError(
            f"users and size must be at least 1, not {scenario.users} and {scenario.size}", file
        )
    names = [server.name for server in scenario.servers]
    if len(set(names)) != len(names):
        raise ScenarioError(f"two servers share a name: {', '.join(names)}", file)
    for server in scenario.servers:
        _check_server(scenario, server)


def _check_server(scenario: Scenario, server: Server) -> None:
    file = scenario.file
    for kind in scenario.server_kinds(server):
        if kind not in KINDS:
            raise ScenarioError(f"unknown kind {kind!r} of {server.name}", file)
    named = [*server.updates.values(), *server.passes_on.values(), *filter(None, [server.fix])]
    for build in (server.build, *named):
        if len(build.split(".")) != 4 or not build.replace(".", "").isdigit():  # noqa: PLR2004  # a build has four parts
            raise ScenarioError(f"build {build!r} of {server.name} is not like 15.1.2106.2", file)
    for day in server.updates:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise ScenarioError(f"update {day!r} of {server.name} is no date", file) from error
    first = max(scenario.start, server.first or scenario.start)
    if first > scenario.end:
        raise ScenarioError(f"first {first} of {server.name} lies after the evidence", file)
    for attack in server.attacks:
        _check_attack(scenario, server, attack, first)


def _check_attack(scenario: Scenario, server: Server, attack: Attack, first: date) -> None:
    if attack.time is None:
        if not attack.rate:
            raise ScenarioError(
                f"attack {attack.use!r} on {server.name} has neither time nor rate", scenario.file
            )
    elif not first <= utc(attack.time).date() <= scenario.end:
        raise ScenarioError(
            f"attack {attack.use!r} on {server.name} begins {attack.time}, outside the evidence",
            scenario.file,
        )


def utc(when: datetime) -> datetime:
    """The moment in UTC; one without a zone is UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def parse_toml(text: str, file: str, shape: Any) -> Any:  # noqa: ANN401  # msgspec's own signature
    """Decode TOML of a data file into a struct, a mistake being named with the file."""
    try:
        return msgspec.toml.decode(text, type=shape)
    except msgspec.DecodeError as error:
        raise ScenarioError(str(error), file) from error
