"""Received headers: builds of the servers that passed a message on, with their times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hevesy.evidence import open_evidence
from hevesy.exposure.estate import read_estate
from hevesy.exposure.message_header import is_message, read_message

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

MESSAGE = """Received: from EX02.example.org (192.0.2.1) by EX01.example.org (192.0.2.2)
 with Microsoft SMTP Server (version=TLS1_2, cipher=X) id 15.2.2562.37; Mon, 1 Jun 2026
 12:00:05 +0200
Received: from gate.example.net (203.0.113.5) by EX02.example.org (192.0.2.1)
\twith Microsoft SMTP Server id 15.1.2507.61; Mon, 1 Jun 2026 12:00:01 +0200
Received: from x (localhost) by gate.example.net (Postfix) with ESMTP id 4F;
 Mon, 1 Jun 2026 11:59:00 +0200
Received: from y by FORGED.example.org with Microsoft SMTP Server id 15.2.1544.4; Mon, 1 Jun 2026
 11:00:00 +0200
Subject: x

Received: from body by EX09 with Microsoft SMTP Server id 15.1.2375.7
"""


def test_the_servers_above_the_first_foreign_one_are_told() -> None:
    """Name, build, line and time in UTC; what a sender can write below is none."""
    reading = read_message(MESSAGE.encode(), "m.eml")

    assert [(s.name, s.builds[0].build, s.builds[0].line) for s in reading.servers] == [
        ("EX01", "15.2.2562.37", 1),
        ("EX02", "15.1.2507.61", 4),
    ]
    first = reading.servers[0]
    assert first.builds[0].first == datetime(2026, 6, 1, 10, 0, 5, tzinfo=UTC)
    assert (first.builds[0].grade, first.builds[0].origin) == ("su_exact", "received")
    assert first.aliases == ("EX01.example.org",)


def test_line_ends_and_other_files() -> None:
    """CRLF is usual; a text without such a header is no message of Exchange."""
    data = MESSAGE.replace("\n", "\r\n").encode()
    assert is_message(data)
    assert len(read_message(data, "m.eml").servers) == 2
    assert not is_message(b"Received: from x by y with ESMTP; x")
    assert not is_message(b"hello")


@given(st.binary(max_size=300))
def test_nothing_in_it_raises(tail: bytes) -> None:
    """Whatever stands behind a good beginning."""
    reading = read_message(MESSAGE[:120].encode() + tail, "m.eml")
    assert all(one.name for one in reading.servers)


def test_a_message_in_a_folder_is_read(tmp_path: Path, known: ExchangeKnowledge) -> None:
    """The servers that it tells of are in the estate."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "m.eml").write_text(MESSAGE, encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    estate = read_estate(open_evidence([str(tmp_path / "in")], scratch=scratch), known, scratch)

    assert [one.name for one in estate.servers] == ["EX01", "EX02"]
