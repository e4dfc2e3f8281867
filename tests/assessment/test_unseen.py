"""Servers that nobody handed in are found in the logs of others, and get no verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hevesy.assessment.plan import plan
from hevesy.assessment.unseen import Mention, unseen_servers
from hevesy.knowledge import load_exchange
from hevesy.model import Server, TargetSeen

KNOWN = load_exchange()
MOMENT = datetime(2021, 3, 1, tzinfo=UTC)
HANDED_IN = (
    Server("EX01", aliases=("EX01.CORP.EXAMPLE",), exchange=True),
    Server("AVERYLONGSERVER01", exchange=True),
)


def mention(name: str, build: str = "15.1.2242.0", days: int = 0, by: str = "EX01") -> Mention:
    """A log in which requests were passed on to a server for an hour."""
    first = MOMENT + timedelta(days=days)
    target = TargetSeen(name, build, first, first + timedelta(hours=1), 12)
    return Mention(target, f"in/HttpProxy-{days}.LOG", by)


def test_they_are_listed_with_build_last_time_and_who_mentions_them() -> None:
    """One entry a server, whatever it is called, with the line of its newest build."""
    (server,) = unseen_servers(
        [
            mention("ex05.corp.example", days=1),
            mention("EX05", "15.1.2176.0"),
            mention("ex05.corp.example", days=2, by="EX02"),
        ],
        HANDED_IN,
        {"EX01": "EX01"},
        KNOWN,
    )

    assert (server.name, server.aliases) == ("EX05", ("ex05.corp.example",))
    assert server.update == "Exchange Server 2016 CU20"
    assert [line.build for line in server.builds] == ["15.1.2176.0", "15.1.2242.0"]
    assert (server.builds[-1].source, server.builds[-1].line) == ("in/HttpProxy-2.LOG", 12)
    assert (server.first, server.last) == (MOMENT, MOMENT + timedelta(days=2, hours=1))
    assert server.seen_from == ("EX01", "EX02")
    assert any("ExSetup.exe" in line for line in server.collect)


def test_those_handed_in_are_none_of_them() -> None:
    """By short name, FQDN, another name that they go by, or the 15 letters of NetBIOS."""
    known = [
        mention("ex01"),
        mention("ex01.other.example"),
        mention("averylongserver01.corp.example"),
        mention("AVERYLONGSERVER"),
        mention("mail7.corp.example"),
    ]

    assert unseen_servers(known, HANDED_IN, {"MAIL7": "EX01"}, KNOWN) == ()


def test_a_build_that_no_table_knows_is_still_a_server() -> None:
    """What is not known is not left out."""
    strange, none = unseen_servers(
        [mention("ex08", "15.7.1.0"), mention("ex09", "")], HANDED_IN, {}, KNOWN
    )

    assert strange.update
    assert (none.update, none.builds) == ("", ())


def test_the_plan_asks_for_them() -> None:
    """One thing to collect, for all of them, with what to bring."""
    unseen = unseen_servers([mention("ex05"), mention("ex06")], HANDED_IN, {}, KNOWN)

    (action,) = plan([], [], [], [], unseen)

    assert (action.kind, action.servers) == ("collect", ("EX05", "EX06"))
    assert "- Bin\\ExSetup.exe" in action.text
