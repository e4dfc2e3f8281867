"""Who makes requests: users with their devices, administrators, probes, strangers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hevesy.simulator.draws import Draws, guid
from hevesy.simulator.request import read_invented
from hevesy.simulator.scenario import Scenario, Server, parse_toml

if TYPE_CHECKING:
    import random

__all__ = ["Actor", "account", "people"]

_OWNED = {"browser": 0.7, "outlook": 0.85, "phone": 0.75, "mac": 0.08}
"""Chance that a user has a device of that sort."""
_STRANGERS = 60
_DOMAIN_SID = "S-1-5-21-1757981266-1645522239-839522115"


class _People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    given: list[str]
    family: list[str]
    admins: list[str]
    probes: list[str]
    agents: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Actor:
    """One device of one account: the words that fill its requests, and how busy it is."""

    device: str
    words: dict[str, str]
    activity: float = 1.0


def people(scenario: Scenario, server: Server, seed: int) -> list[Actor]:
    """Every actor of a server; the users are the same on all servers of a scenario."""
    known: _People = parse_toml(read_invented("people.toml"), "people.toml", _People)
    actors = _users(scenario, known, seed)
    for number, name in enumerate(known.admins):
        words = account(scenario, name, 1100 + number)
        agent = known.agents["browser"][number]
        actors.append(Actor("admin", words | {"agent": agent, "client": f"10.20.1.{10 + number}"}))
    for number, name in enumerate(known.probes):
        words = account(scenario, name, 1140 + number)
        actors.append(Actor("probe", words | {"agent": "-", "client": "::1"}))
    machine = account(scenario, f"{server.name}$", 1105)
    actors.append(Actor("server", machine | {"agent": "-", "client": server.address}))
    return actors + _strangers(scenario, server, known, seed)


def account(scenario: Scenario, name: str, number: int) -> dict[str, str]:
    """Words about an account; `number` is the last part of its SID."""
    digits = guid(scenario.name, name, "canary").replace("-", "")
    return {
        "sam": name,
        "user": f"{scenario.netbios}\\{name}",
        "mail": f"{name}@{scenario.domain}",
        "sid": f"{_DOMAIN_SID}-{number}",
        "mailbox": guid(scenario.name, name, "mailbox"),
        "canary": f"{digits[:22]}-{digits[9:30]}",
        "device": digits.upper()[:32],
        "type": "iPhone",
        "n": str(20 + number % 70),
    }


def _users(scenario: Scenario, known: _People, seed: int) -> list[Actor]:
    chance = Draws(seed, scenario.name, "users").one()
    actors = []
    for number in range(scenario.users):
        first = known.given[number % len(known.given)]
        last = known.family[(number * 7 + number // len(known.given)) % len(known.family)]
        extra = number // (len(known.given) * len(known.family))
        words = account(scenario, f"{first}.{last}" + (str(extra) if extra else ""), 1200 + number)
        activity = chance.uniform(0.3, 2.0)
        for device, odds in _OWNED.items():
            if chance.random() < odds:
                actors.append(_device(device, words, known, chance, activity))
    return actors


def _device(
    device: str,
    words: dict[str, str],
    known: _People,
    chance: random.Random,
    activity: float,
) -> Actor:
    agent = chance.choice(known.agents[device])
    inside = device in {"outlook", "browser"} and chance.random() < 0.7  # noqa: PLR2004  # most desks stand in the house
    client = (
        f"10.20.{chance.randrange(2, 9)}.{chance.randrange(10, 250)}"
        if inside
        else f"198.51.100.{chance.randrange(1, 255)}"
    )
    kind = next((name for name in ("iPhone", "Outlook", "SAMSUNG") if name in agent), "Android")
    number = f"{chance.getrandbits(64):016X}"
    return Actor(
        device,
        words | {"agent": agent, "client": client, "type": kind, "device": f"Dev{number}"},
        activity,
    )


def _strangers(scenario: Scenario, server: Server, known: _People, seed: int) -> list[Actor]:
    chance = Draws(seed, scenario.name, server.name, "strangers").one()
    words = account(scenario, "", 0)
    return [
        Actor(
            "outside",
            words
            | {
                "agent": chance.choice(known.agents["outside"]),
                "client": f"192.0.2.{chance.randrange(1, 255)}",
            },
            chance.uniform(0.2, 3.0),
        )
        for _ in range(_STRANGERS)
    ]
