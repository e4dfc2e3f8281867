"""The noun `Request`: one web request in words, from which each log's row is written."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hevesy.simulator.draws import guid

if TYPE_CHECKING:
    from hevesy.simulator.scenario import Scenario, Server, Traits

__all__ = ["BALANCER", "Request", "filled", "read_invented", "seen_client", "server_words"]

BALANCER = "10.20.0.5"
"""Address of the load balancer, which is also the monitoring's."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request. Texts may hold `{words}` until `filled` has put an actor's values there."""

    after: int = 0
    """Milliseconds after the request before it in its session."""
    repeat: int = 1
    protocol: str = ""
    """HttpProxy folder that logs it; empty: only IIS does."""
    method: str = "GET"
    stem: str
    query: str = ""
    host: str = "{host}"
    action: str = ""
    """HttpProxy's ProtocolAction."""
    authentication: str = ""
    user: str = ""
    """`DOMAIN\\name`; empty: not authenticated."""
    organization: str = ""
    agent: str = "{agent}"
    """As the client sent it, commas and blanks included."""
    client: str = "{client}"
    referer: str = "-"
    status: int = 200
    backend_status: str = ""
    """Empty: the status, where a back end was asked."""
    substatus: int = 0
    win32: int = 0
    backend: str = ""
    """Stem of the request that the front end makes to the back end; empty: it makes none."""
    backend_query: str = ""
    """Its query; empty: that of the request."""
    backend_user: str = ""
    """Who the back end sees; empty: the user."""
    anchor: str = ""
    target: str = ""
    """TargetServer; empty: the server itself, where a back end is asked."""
    target_version: str = ""
    routing: str = "IntraForest"
    hint: str = ""
    cookie: str = ""
    """HttpProxy's BackEndCookie."""
    client_request: str = ""
    """What a MAPI client numbers its requests with: `RT:Execute`."""
    received: int = 0
    """Bytes from the client."""
    sent: int = 0
    """Bytes to the client, without the headers."""
    spread: int = 0
    """Up to as many bytes more."""
    took: Literal["none", "fast", "slow", "wait"] = "fast"
    generic: str = ""
    """More pairs for GenericInfo."""
    errors: str = ""
    """GenericErrors."""

    @property
    def proxied(self) -> bool:
        """Whether the back end was asked."""
        return bool(self.backend)


_TEXTS = tuple(
    field.name for field in msgspec.structs.fields(Request) if field.type in (str, "str")
)


def filled(request: Request, words: dict[str, str]) -> Request:
    """The request with an actor's words put in."""
    changes: dict[str, Any] = {
        name: text.format_map(words)
        for name in _TEXTS
        if "{" in (text := getattr(request, name)) and name != "repeat"
    }
    return msgspec.structs.replace(request, **changes) if changes else request


def seen_client(request: Request, traits: Traits) -> str:
    """Address that the server sees: behind a load balancer, that one for everybody outside."""
    itself = ("127.", ":", "10.20.0.")
    inside = request.client.startswith(itself if traits.balanced else ("127.", ":", "10."))
    behind = traits.balanced or traits.iis_fields == "forwarded"
    return BALANCER if behind and not inside else request.client


def server_words(scenario: Scenario, server: Server, build: str) -> dict[str, str]:
    """Words that every text about a server may use."""
    major, minor, number, revision = (int(part) for part in build.split("."))
    cookie_version = 0x70000000 + (major << 22) + (minor << 16) + 0x8000 + number
    traits = server.traits
    fqdn = f"{server.name.lower()}.{scenario.domain}"
    return {
        "server": server.name,
        "fqdn": fqdn,
        "address": server.address,
        "domain": scenario.domain,
        "netbios": scenario.netbios,
        "host": scenario.host,
        "build": build,
        "version": f"{major}.{minor}.{number}",
        "vtext": f"Version {major}.{minor} (Build {number}.0)",
        "vu": f"{major}.{minor}_(Build_{number - 1}.0)",
        "admin_version": f"Version {major}.{minor} (Build {number}.{revision})",
        "be": str(cookie_version),
        "elsewhere": ";".join(
            f"{name.lower()}.{scenario.domain} {_target_version(other)}"
            for name, other in server.passes_on.items()
        ),
        "oab": guid(scenario.name, "offline address book"),
        "database": guid(scenario.name, server.name, "database"),
        "exchange": server.exchange,
        "anchor_host": (scenario.host if traits.anchor_public else fqdn)
        + (":444" if traits.anchor_port else ""),
        "routing_cookie": traits.routing_cookie,
        "oab_quote": traits.oab_quote,
    }


def _target_version(build: str) -> str:
    major, minor, number, _ = build.split(".")
    return f"{major}.{minor:0>2}.{number}.000"


def read_invented(name: str) -> str:
    """Text of a data file of `invented/`."""
    return (resources.files("hevesy.simulator") / "invented" / name).read_text("utf-8")
