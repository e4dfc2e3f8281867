"""Small logs wait for each other; what is larger than it was said to be does not."""

from __future__ import annotations

import io

import pytest

from hevesy.model import Source
from hevesy.records import SMALL
from hevesy.runner.small_logs import SmallLogs, head_of

IIS = b"#Fields: date time cs-uri-stem sc-status\n2021-03-03 00:00:01 /a 200\n"
OAB = b"#Version: 1\nTimestamp,Message\n2021-03-03T00:00:01Z,x\n2021-03-03T00:00:02Z,x\n"
LOGS = (("iis", IIS), ("oab_generator", OAB), ("iis", IIS * 2))


def _source(kind: str, size: int, path: str = "a.log") -> Source:
    return Source("input", path, "", "", "", kind, size, None, ())


@pytest.mark.parametrize("length", [0, 1, SMALL, SMALL + 1, 3 * SMALL])
def test_no_byte_is_lost_whatever_an_archive_says_of_the_size(length: int) -> None:
    """A log waits only with all of its bytes; else its stream begins at its start."""
    data = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    content, stream = head_of(_source("iis", 1), io.BytesIO(data))
    assert content == (data if length <= SMALL else None)
    assert stream.read() == data


@pytest.mark.parametrize(("kind", "size"), [("windows_evtx", 1), ("iis", SMALL + 1), ("x", 1)])
def test_other_sources_are_left_alone(kind: str, size: int) -> None:
    """Nothing is read of what is not read together with others."""
    stream = io.BytesIO(b"abc")
    assert head_of(_source(kind, size), stream) == (None, stream)
    assert stream.tell() == 0


def test_batches_come_back_to_their_source() -> None:
    """Logs of different kinds may wait in any order; each gets its own rows."""
    logs = SmallLogs()
    for place, (kind, data) in enumerate(LOGS):
        logs.add(place, _source(kind, len(data), f"{place}.log"), data)
    read = {place: (source, batches) for place, source, batches in logs.batches()}
    assert [read[place][0].path for place in range(3)] == ["0.log", "1.log", "2.log"]
    assert [sum(b.survey.rows for b in read[place][1]) for place in range(3)] == [1, 2, 2]
