"""Addresses that stand for many clients: a load balancer's, or a house's one way out.

Such an address says nothing of who asked: two requests from it are no sign of one hand. It is told
by the users that were let in from it, which a scanner or somebody who tries passwords has none of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.model import ClientSeen, SharedClient
from hevesy.records.clients import add_up_clients, distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["shared_clients"]

_ACCOUNTS = 10
"""Users from which on an address stands for many; where its rows say who asked, fewer do."""
_FORWARDED_ACCOUNTS = 3
_OF_ALL = 0.4
"""Part of all users of the server: of two balancers side by side each has nearly all of them."""
_ROWS = 0.1
"""Part of all rows from outside."""
_PASSED_ON = 0.25
"""Part of its rows that name an address in `X-Forwarded-For`: its own probes of health do not."""


def shared_clients(
    seen: Mapping[str, Sequence[tuple[ClientSeen, ...]]],
) -> tuple[SharedClient, ...]:
    """The addresses of one server's logs that stand for many, those with most rows first.

    Args:
        seen: What the surveys of its sources saw, by log kind; each kind is judged by itself, since
            one request stands in several.
    """
    found: dict[str, SharedClient] = {}
    for kind in sorted(seen):
        for one in _of_kind(add_up_clients(seen[kind])):
            known = found.get(one.address)
            if known is None or (one.forwarded, one.rows) > (known.forwarded, known.rows):
                found[one.address] = one
    return tuple(sorted(found.values(), key=lambda one: (-one.rows, one.address)))


def _of_kind(clients: Sequence[ClientSeen]) -> list[SharedClient]:
    whole = next((one for one in clients if not one.address), None)
    if whole is None or not whole.rows:
        return []
    users = distinct(whole.accounts)
    judged = [_client(one, whole) for one in clients if one.address]
    return [
        one
        for one in judged
        if one.share >= _ROWS
        and one.accounts >= _OF_ALL * users
        and one.accounts >= (_FORWARDED_ACCOUNTS if one.forwarded else _ACCOUNTS)
    ]


def _client(one: ClientSeen, whole: ClientSeen) -> SharedClient:
    return SharedClient(
        address=one.address,
        rows=one.rows,
        share=round(one.rows / whole.rows, 3),
        accounts=distinct(one.accounts),
        agents=distinct(one.agents),
        forwarded=one.forwarded >= _PASSED_ON * one.rows,
    )
