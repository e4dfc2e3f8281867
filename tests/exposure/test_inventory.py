"""An inventory as CSV: whatever names its columns have; a bad row stops no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.inventory import is_inventory, read_inventory


def test_columns_are_found_by_any_of_their_names() -> None:
    """Name and build stand in any order, among others, in any case."""
    reading = read_inventory(
        b"Site,Build,Host Name\nA,15.01.2375.007,mail01.example.org\n", "i.csv"
    )

    (server,) = reading.servers
    assert (server.name, server.aliases) == ("MAIL01", ("mail01.example.org",))
    (build,) = server.builds
    assert (build.build, build.text, build.grade) == ("15.1.2375.7", "15.01.2375.007", "su_exact")
    assert (build.origin, build.source, build.line) == ("inventory", "i.csv", 2)


def test_get_exchange_server_is_one_that_tells_no_security_update() -> None:
    """AdminDisplayVersion is what Active Directory holds; a German Excel writes semicolons."""
    text = (
        "#TYPE Microsoft.Exchange\n"
        '"Name";"AdminDisplayVersion"\n"EX01";"Version 15.1 (Build 2375.7)"\n'
    )
    reading = read_inventory(text.encode("utf-16"), "Get-ExchangeServer.csv")

    (build,) = reading.servers[0].builds
    assert (build.build, build.grade, build.origin) == ("15.1.2375.7", "cu_only", "server_list")
    assert build.line == 3


def test_the_version_of_active_directory_is_known_in_any_column() -> None:
    """`Version 15.1 (Build 2176.2)` tells no security update, though the column is build."""
    reading = read_inventory(b"name,build\nEX01,Version 15.1 (Build 2176.2)\n", "i.csv")

    (build,) = reading.servers[0].builds
    assert (build.build, build.grade, build.origin) == ("15.1.2176.2", "cu_only", "server_list")


def test_bad_rows_are_named_and_the_others_are_read() -> None:
    """`15.1.x`, an empty name, a short row: file, line and value, and the rest is judged."""
    text = b"name,build\nA,15.1.x\n,15.1.2375.7\nB\n\nC,15.1.2507.72\nD,15.2.986.0\n"
    reading = read_inventory(text, "i.csv")

    assert [server.name for server in reading.servers] == ["C", "D"]
    assert reading.servers[1].builds[0].grade == "cu_only"
    assert reading.problems == (
        "i.csv:2: no Exchange build: '15.1.x'",
        "i.csv:3: the row names no server",
        "i.csv:4: the row has 1 cells, too few",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"name,model\nA,B\n", "i.csv:1: no column build (one of build,"),
        (b"host build\n", "i.csv:1: no column name (one of name,"),
        (b"", "it has nothing"),
    ],
)
def test_a_missing_column_is_one_sentence(text: bytes, words: str) -> None:
    """Says which column, which names it may have, and what the file has."""
    reading = read_inventory(text, "i.csv")

    assert not reading.servers
    assert len(reading.problems) == 1
    assert words in reading.problems[0]


def test_what_is_no_inventory_is_not_taken_for_one() -> None:
    """A CSV of something else is left alone."""
    assert is_inventory(b"Server,Version\nA,15.1.2375.7\n")
    assert not is_inventory(b"DateTime,RequestId\n")
    assert not is_inventory(b"")


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    """Evidence may be anything."""
    is_inventory(data)
    for each in (data, b"name,build\n" + data):
        reading = read_inventory(each, "i.csv")
        assert all(one.name for one in reading.servers)
        assert all(said.startswith("i.csv") for said in reading.problems)
