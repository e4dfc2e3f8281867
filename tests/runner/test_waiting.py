"""Rows wait for those of other sources; each source gets its own."""

from __future__ import annotations

import io

import pytest

from hevesy.model import Source
from hevesy.records import Batch, Needle, Wanted, parse, sieve
from hevesy.runner import waiting
from hevesy.runner.waiting import WaitingRows

IIS = b"#Fields: date time cs-uri-stem sc-status\n2021-03-03 00:00:01 /a 200\n"
OAB = b"#Version: 1\nTimestamp,Message\n2021-03-03T00:00:01Z,x\n2021-03-03T00:00:02Z,x\n"
LOGS = (("iis", IIS), ("oab_generator", OAB), ("iis", IIS + IIS.splitlines(keepends=True)[1]))


def _source(kind: str, data: bytes, place: int) -> Source:
    return Source("input", f"{place}.log", "", "", "", kind, len(data), None, ())


@pytest.mark.parametrize("most", [1, 2, 100])
@pytest.mark.parametrize("bound", ["_FULL", "_CHARACTERS"])
def test_batches_come_back_to_their_source(
    bound: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs of different kinds may wait in any order, and however few may wait at once."""
    monkeypatch.setattr(waiting, bound, most)
    taken: list[tuple[int, str, Batch]] = []
    rows = WaitingRows(lambda place, source, batch: taken.append((place, source.path, batch)))
    for place, (kind, data) in enumerate(LOGS):
        through = sieve(kind, None)
        assert through is not None
        rows.put(place, _source(kind, data, place), through.read(io.BytesIO(data), small=True))
    rows.read()
    found = {place: (path, batch.survey.rows) for place, path, batch in taken}
    assert found == {0: ("0.log", 1), 1: ("1.log", 2), 2: ("2.log", 2)}


def test_what_is_read_at_once_does_not_wait() -> None:
    """Batches are handed on as they come, and rows that were passed over are counted."""
    taken: list[int] = []
    rows = WaitingRows(lambda place, _source, batch: taken.append(place * 10 + len(batch.frame)))
    source = _source("iis", IIS, 1)
    assert rows.put(1, source, parse(source, io.BytesIO(IIS))) == 1
    assert taken == [11]
    through = sieve("iis", Wanted((Needle("nobody"),)))
    assert through is not None
    assert rows.put(2, source, through.read(io.BytesIO(IIS))) == 1
    assert taken == [11]
    rows.read()
    assert taken == [11, 20]


def test_long_rows_wait_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of many small logs with long rows takes no more memory than one of short rows."""
    monkeypatch.setattr(waiting, "_CHARACTERS", 3 * len(IIS))
    taken: list[int] = []
    rows = WaitingRows(lambda place, _source, _batch: taken.append(place))
    through = sieve("iis", None)
    assert through is not None
    long = IIS.replace(b"/a", b"/" + b"a" * 2 * len(IIS))
    for place in range(3):
        source = _source("iis", long, place)
        rows.put(place, source, through.read(io.BytesIO(long), small=True))
    assert taken == [0, 1]
