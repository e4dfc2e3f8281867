"""What rows that are passed over say of other servers and of clients is kept all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from hevesy.model import Survey
from hevesy.records import Needle, Wanted
from hevesy.records.clients import distinct

Read = Callable[..., tuple[pl.DataFrame, Survey]]

HEAD = (
    "#Version: 15.01.2106.002\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,MajorVersion,"
    "MinorVersion,BuildVersion,RevisionVersion,AuthenticatedUser,AnchorMailbox,UserAgent,"
    "ClientIpAddress,ServerHostName,HttpStatus,TargetServer,TargetServerVersion\r\n"
)
IIS = "#Fields: date time s-ip s-port cs-username c-ip sc-status X-Forwarded-For\r\n"
NEVER = Wanted((Needle("no row holds this"),))


def row(number: int, target: str = "ex01.corp.example", version: str = "15.01.2106.000") -> str:
    """An ordinary row of EX01, of user `number`, behind a balancer."""
    minute, second = divmod(number, 60)
    return (
        f"2021-03-03T{minute // 60:02}:{minute % 60:02}:{second:02}.000Z,15,1,2106,2,"
        f"CORP\\u{number},a@corp.example,Outlook,10.20.0.5,EX01,200,{target},{version}\r\n"
    )


@pytest.mark.parametrize("count", [5, 3000])
def test_other_servers_are_found_in_rows_that_nobody_wants(read_log: Read, count: int) -> None:
    """With first and last time and first line, as if each row had been read."""
    rows = [row(number) for number in range(count)]
    rows[2] = row(2, "ex02.corp.example", "15.01.2375.000")
    rows[4] = row(4, "EX03", "15.01.2507.000")
    data = HEAD + "".join(rows)

    _, full = read_log("httpproxy", data)
    frame, passed = read_log("httpproxy", data, NEVER)

    assert (passed.passed_over, frame.height) == (count, 0)
    assert passed.targets == full.targets
    assert [(one.name, one.line) for one in full.targets] == [
        ("ex02.corp.example", 6),
        ("ex03", 8),
    ]
    assert replace(passed, parsed=full.parsed, passed_over=0, clients=()) == replace(
        full, clients=()
    )


def test_a_forged_row_is_read_and_names_nobody(read_log: Read) -> None:
    """A back end that the client named is no server of the house, wanted or not."""
    forged = row(3, "ex09", "15.01.2375.000").replace("a@corp.example", "ServerInfo~ex09/ecp/x")
    data = HEAD + "".join(row(number) for number in range(3)) + forged

    assert read_log("httpproxy", data)[1].targets == ()
    assert read_log("httpproxy", data, NEVER)[1].targets == ()


@pytest.mark.parametrize("count", [40, 4000])
def test_clients_are_told_from_some_of_the_rows(read_log: Read, count: int) -> None:
    """About as many rows and users, whether they were read or passed over."""
    data = HEAD + "".join(row(number) for number in range(count))

    _, full = read_log("httpproxy", data)
    _, passed = read_log("httpproxy", data, NEVER)

    for one, other in zip(full.clients, passed.clients, strict=True):
        assert one.address == other.address
        assert abs(one.rows - other.rows) <= 0.2 * one.rows
        assert other.rows >= 40
        assert distinct(other.accounts) >= min(40, distinct(one.accounts))


def test_who_asked_behind_a_balancer(read_log: Read) -> None:
    """IIS rows of the front end count, with what they forward; those of the back end do not."""
    rows = [
        f"2021-03-03 04:{n:02}:00 10.20.0.11 443 CORP\\u{n} 10.20.0.5 200 192.0.2.{n}\r\n"
        f"2021-03-03 04:{n:02}:00 10.20.0.11 444 CORP\\u{n} 10.20.0.12 200 -\r\n"
        for n in range(30)
    ]

    _, passed = read_log("iis", IIS + "".join(rows), NEVER)

    whole, balancer = passed.clients
    assert (whole.rows, balancer.address, balancer.forwarded) == (30, "10.20.0.5", 30)
    assert distinct(balancer.accounts) == 30
