"""EVTX: every record read or counted, whole files and damaged ones."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.model import Source, Survey
from hevesy.records import evtx
from hevesy.records.batch import add_up

CHUNK = 65_536
HEADER = 4096


def source(path: str = "x.evtx") -> Source:
    """A source of that name."""
    return Source("in", path, "", "", "", "evtx", 0, None, ())


def read(data: bytes) -> tuple[pl.DataFrame, Survey]:
    """All batches of an EVTX as one frame and one survey."""
    batches = list(evtx.parse(source(), io.BytesIO(data)))
    for batch in batches:
        assert batch.survey.rows == batch.survey.parsed + batch.survey.damaged
        assert batch.survey.parsed == batch.frame.height
    survey = add_up(batch.survey for batch in batches)
    assert survey.size == len(data)
    return pl.concat([batch.frame for batch in batches], how="diagonal"), survey


def members(corpora: Path, name: str, ending: str = ".evtx") -> dict[str, bytes]:
    """EVTX files of a corpus by name."""
    with zipfile.ZipFile(corpora / f"{name}.zip") as archive:
        return {one: archive.read(one) for one in archive.namelist() if one.endswith(ending)}


@pytest.fixture
def cmdlets(corpora: Path) -> bytes:
    """A whole EVTX of one chunk: cmdlets of an Exchange server."""
    (data,) = members(corpora, "evtx_samples_edge", "MSExchange_Management_wec.evtx").values()
    return data


def test_recognised_by_content_then_by_name() -> None:
    """Magic, a chunk behind a damaged header, or the name where both are damaged."""
    assert evtx.recognise(b"ElfFile\0", "a.txt")
    assert evtx.recognise(bytes(HEADER) + b"ElfChnk\0", "a.bin")
    assert evtx.recognise(b"", "logs/security.evtx")
    assert not evtx.recognise(b"#Software:", "u_ex210303.log")


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"", "empty file"),
        (b"ElfFile\0", ""),
        (bytes(HEADER), "file header is damaged: chunks are read without it"),
        (b"ElfFile\0".ljust(HEADER, b"\0") + b"x" * 999, "chunks without header and without"),
    ],
)
def test_what_holds_no_record_gives_one_empty_batch(data: bytes, note: str) -> None:
    """An empty or senseless file is told in a note, and is no exception."""
    frame, survey = read(data)
    assert (frame.height, survey.rows) == (0, 0)
    assert survey.notes[0].startswith(note) if note else survey.damaged_samples


def test_a_truncated_file_says_so() -> None:
    """The header's count of chunks against the chunks that are there."""
    header = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 8, 1, 128, 1, 3, HEADER, 9)
    _, survey = read(header.ljust(HEADER, b"\0"))
    assert survey.notes == ("truncated: the header says 9 chunks, the file holds 0",)


@given(st.binary(max_size=3000), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_arbitrary_bytes_never_raise(noise: bytes, header: bool, chunk: bool) -> None:  # noqa: FBT001  # drawn
    """Whatever stands in header or chunk, rows add up and nothing is raised."""
    front = b"ElfFile\0" if header else b""
    middle = b"ElfChnk\0" if chunk else b""
    read((front + noise[:100]).ljust(HEADER, b"\0") + middle + noise)


def test_cmdlets_of_a_real_log(cmdlets: bytes) -> None:
    """Positional data gets its message and names, in the language of the server."""
    frame, survey = read(cmdlets)
    row = frame.row(0, named=True)
    assert (survey.damaged, survey.first, survey.names) == (0, row["time"], (("WEC", 1),))
    assert row["Cmdlet"] == "Set-Mailbox"
    assert row["Message"].startswith("Cmdlet suceeded. Cmdlet Set-Mailbox, parameters -Identity")
    assert (row["server"], row["record"], row["line"]) == ("WEC", 3229, None)
    assert row["Channel"] == "MSExchange Management"
    assert row["raw"].startswith('{"Event":')


def test_a_damaged_header_costs_no_record(cmdlets: bytes) -> None:
    """Chunks are read without the file header."""
    frame, _ = read(cmdlets)
    broken, survey = read(bytes(HEADER) + cmdlets[HEADER:])
    assert broken.equals(frame)
    assert survey.notes


def test_a_damaged_chunk_header_costs_no_record(cmdlets: bytes) -> None:
    """Records that are seen are read, with a note."""
    frame, _ = read(cmdlets)
    broken, survey = read(cmdlets[:HEADER] + bytes(64) + cmdlets[HEADER + 64 :])
    assert broken["EventRecordID"].to_list() == frame["EventRecordID"].to_list()
    assert "header is damaged" in survey.notes[0]


def test_a_damaged_stretch_costs_what_lies_in_it(corpora: Path) -> None:
    """Records behind a stretch of zeros are read; the missing are counted from the header."""
    (data,) = members(corpora, "evtx_samples_edge", "new-user-security.evtx").values()
    frame, whole = read(data)
    first = HEADER + 512
    at = first + int.from_bytes(data[first + 4 : first + 8], "little")
    broken, survey = read(data[:at] + bytes(64) + data[at + 64 :])
    assert (survey.rows, survey.damaged) == (whole.rows, 1)
    kept = frame["EventRecordID"].to_list()
    assert broken["EventRecordID"].to_list() == [kept[0], *kept[2:]]


def test_a_truncated_chunk_gives_what_it_has(corpora: Path) -> None:
    """Half a chunk: its records are read, the rest is counted."""
    (data,) = members(corpora, "evtx_samples_edge", "new-user-security.evtx").values()
    _, whole = read(data)
    frame, survey = read(data[: HEADER + 3000])
    assert 0 < frame.height < whole.rows
    assert survey.rows == whole.rows


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_real_chunk_with_bytes_changed_never_raises(data: st.DataObject) -> None:
    """Mutations of a real chunk are read or counted."""
    corpora = Path(__file__).parents[3] / "shared" / "corpora"
    if not corpora.is_dir():
        pytest.skip("needs ../shared/corpora, which is not part of the project")
    (real,) = members(corpora, "evtx_samples_edge", "new-user-security.evtx").values()
    chunk = bytearray(real)
    places = st.lists(st.tuples(st.integers(HEADER, HEADER + 4000), st.integers(0, 255)))
    for place, value in data.draw(places):
        chunk[place] = value
    read(bytes(chunk))


@pytest.mark.slow
def test_every_record_of_the_attack_samples_is_read(corpora: Path) -> None:
    """281 files hold 10,015 records of 32 computers, counted independently."""
    computers: set[str] = set()
    rows = damaged = 0
    for data in members(corpora, "evtx_to_mitre_attack").values():
        frame, survey = read(data)
        computers.update(frame["Computer"].drop_nulls())
        rows += survey.parsed
        damaged += survey.damaged
    assert (rows, damaged, len(computers)) == (10_015, 0, 32)


@pytest.mark.slow
def test_damaged_samples_are_survived(corpora: Path) -> None:
    """23 files, some damaged on purpose: what stands in them is read, the rest is counted."""
    read_rows = damaged = 0
    for data in members(corpora, "evtx_samples_edge").values():
        _, survey = read(data)
        read_rows += survey.parsed
        damaged += survey.damaged
    assert (read_rows, damaged) == (18_603, 296)
