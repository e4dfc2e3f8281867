"""Damaged EVTX: what is promised to be recoverable is recovered, and nothing is invented."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy.model import Source
from hevesy.records import evtx
from hevesy.records.batch import add_up
from hevesy.simulator import evtx_damage as damage
from hevesy.simulator.binary_value import file_time
from hevesy.simulator.evtx_event import EventShape, EvtxEvent, Field
from hevesy.simulator.evtx_file import write_evtx

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.model import Survey

SHAPES = [
    EventShape(
        provider=provider,
        channel="Security",
        computer="ex01.corp.example",
        event_id=4688,
        fields=(Field("Image"), Field("CommandLine")),
    )
    for provider in ("A", "B")
]


def whole() -> bytes:
    """A file of three chunks whose records tell their own numbers."""
    stream = io.BytesIO()
    events = (
        EvtxEvent(SHAPES[n % 2], file_time(n), ("cmd.exe", f"cmd /c {n + 1} {'x' * 200}"))
        for n in range(200)
    )
    write_evtx(events, stream)
    return stream.getvalue()


WHOLE = whole()
DAMAGES: dict[str, Callable[[], damage.Damaged]] = {
    "cut in a header": lambda: damage.truncated(WHOLE, 4096 + 65_536 + 100),
    "cut in a record": lambda: damage.truncated(WHOLE, 4096 + 65_536 + 20_000),
    "cut in the file header": lambda: damage.truncated(WHOLE, 100),
    "zeroed chunk": lambda: damage.zeroed_chunk(WHOLE, 1),
    "chunk magic": lambda: damage.wrong_chunk_magic(WHOLE, 1),
    "checksums": lambda: damage.wrong_checksums(WHOLE, 1),
    "file header": lambda: damage.zeroed_file_header(WHOLE),
    "dirty": lambda: damage.dirty(WHOLE),
    "record": lambda: damage.damaged_record(WHOLE, 1, 20),
    "last record": lambda: damage.damaged_record(WHOLE, 0, -1),
    "definition": lambda: damage.damaged_definition(WHOLE, 1),
    "record size": lambda: damage.wrong_record_size(WHOLE, 1, 20),
    "endless value": lambda: damage.endless_value(WHOLE, 1, 20),
    "circular templates": lambda: damage.circular_templates(WHOLE, 1),
    "circular names": lambda: damage.circular_names(WHOLE, 1),
    "nested in itself": lambda: damage.nested_in_itself(WHOLE, 1, 20),
}


def read(data: bytes) -> tuple[dict[int, str], Survey]:
    """Record id -> command line, as our parser reads it."""
    source = Source("in", "x.evtx", "", "", "", "evtx", 0, None, ())
    batches = list(evtx.parse(source, io.BytesIO(data)))
    frame = pl.concat([batch.frame for batch in batches], how="diagonal")
    found: dict[int, str] = {}
    if frame.height:
        for record, command in frame.select("record", "CommandLine").iter_rows():
            assert record not in found
            found[record] = command
    return found, add_up(batch.survey for batch in batches)


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_kept_is_read(name: str) -> None:
    """Each record that the damage did not touch, with its own values, and none that never was."""
    damaged = DAMAGES[name]()
    assert damaged.data != WHOLE
    assert sorted((*damaged.kept, *damaged.lost)) == list(range(1, 201))
    found, survey = read(damaged.data)
    assert set(damaged.kept) <= set(found)
    for record in damaged.kept:
        assert found[record].startswith(f"cmd /c {record} ")
    assert set(found) <= set(range(1, 201))
    assert survey.rows == survey.parsed + survey.damaged


@pytest.mark.parametrize("name", ["record", "record size", "endless value", "nested in itself"])
def test_one_lost_record_is_counted(name: str) -> None:
    """A record that cannot be read is damaged, not passed over in silence."""
    damaged = DAMAGES[name]()
    assert len(damaged.lost) == 1
    found, survey = read(damaged.data)
    assert (damaged.lost[0] in found) or survey.damaged == 1


def test_a_record_that_others_need_is_refused() -> None:
    """`damaged_record` promises all others, so it does not touch one with definitions."""
    with pytest.raises(ValueError, match="holds definitions"):
        damage.damaged_record(WHOLE, 0, 0)
    with pytest.raises(ValueError, match="holds its own template"):
        damage.endless_value(WHOLE, 0, 0)
