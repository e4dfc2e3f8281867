"""Mending chunks: which records are seen, what is laid over damage."""

from __future__ import annotations

import struct
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from hevesy.records import evtx_chunk
from hevesy.records.evtx_chunk import BRIDGE_ID, CHUNK_SIZE, file_header, mend


def record(number: int, size: int = 64) -> bytes:
    """A record of that size whose XML is empty."""
    head = struct.pack("<4sIQQ", b"**\0\0", size, number, 0)
    return head.ljust(size - 4, b"\0") + struct.pack("<I", size)


def chunk(
    *records: bytes, first: int = 1, last: int | None = None, magic: bytes = b"ElfChnk\0"
) -> bytes:
    """A chunk of these records, whose header promises `first` to `last`."""
    last = first + len(records) - 1 if last is None else last
    body = b"".join(records)
    fields = struct.pack("<8sQQQQIII", magic, first, last, first, last, 128, 512, 512 + len(body))
    return (fields.ljust(512, b"\0") + body).ljust(CHUNK_SIZE, b"\0")


def test_a_whole_chunk_is_left_as_it_is() -> None:
    """Nothing is changed where nothing is damaged."""
    data = chunk(record(1), record(2))
    mended = mend(data)
    assert mended is not None
    assert (mended.data, mended.promised, mended.bridges, mended.notes) == (data, 2, 0, ())


def test_a_damaged_stretch_is_bridged() -> None:
    """A record nobody wants leads over the stretch to the next record."""
    data = chunk(record(1), bytes(96), record(3), last=3)
    mended = mend(data)
    assert mended is not None
    assert (mended.promised, mended.bridges) == (3, 1)
    magic, size, number = struct.unpack_from("<4sIQ", mended.data, 512 + 64)
    assert (magic, size, number) == (b"**\0\0", 96, BRIDGE_ID)


def test_damage_without_a_record_behind_it_is_left() -> None:
    """Old records behind the free space are no records of this log."""
    data = bytearray(chunk(record(1), bytes(96), last=2))
    data[2000:2064] = record(9)
    mended = mend(bytes(data))
    assert mended is not None
    assert (mended.bridges, mended.promised) == (0, 2)


def test_a_chunk_without_header_gets_one_where_records_are_seen() -> None:
    """Its records are counted as seen, for its own count is lost."""
    mended = mend(chunk(record(1), record(2), magic=bytes(8)))
    assert mended is not None
    assert mended.data.startswith(b"ElfChnk\0")
    assert (mended.promised, len(mended.notes)) == (2, 1)
    assert mend(bytes(600).ljust(CHUNK_SIZE, b"x")) is None


def test_impossible_counts_are_not_believed() -> None:
    """A header that promises more than a chunk can hold is damaged."""
    mended = mend(chunk(record(1), last=10**9))
    assert mended is not None
    assert mended.promised == 1


def test_an_empty_chunk_promises_nothing() -> None:
    """A cleared log's chunk counts from 1 to -1, which is none."""
    mended = mend(chunk(first=1, last=(1 << 64) - 1))
    assert mended is None or mended.promised == 0


def test_links_in_a_circle_are_cut() -> None:
    """Names and templates are lists linked by offsets: a circle would be followed for ever."""
    data = bytearray(chunk(record(1, 512)))
    struct.pack_into("<I", data, 128, 600)
    struct.pack_into("<I", data, 600, 700)
    struct.pack_into("<I", data, 700, 600)
    struct.pack_into("<I", data, 132, 70_000)
    mended = mend(bytes(data))
    assert mended is not None
    assert struct.unpack_from("<II", mended.data, 128) == (600, 0)
    assert struct.unpack_from("<I", mended.data, 600) == (700,)
    assert struct.unpack_from("<I", mended.data, 700) == (0,)
    assert "2 links" in mended.notes[0]


@given(st.binary(max_size=4000))
def test_any_bytes_are_mended_or_refused(data: bytes) -> None:
    """A chunk handed on is 64 KiB with its magic, whatever came in."""
    for front in (b"", b"ElfChnk\0"):
        mended = mend(front + data)
        assert mended is None or (
            len(mended.data) == CHUNK_SIZE and mended.data.startswith(b"ElfChnk\0")
        )


def test_the_file_header_is_of_one_chunk() -> None:
    """4 KiB that begin with the magic."""
    assert len(file_header()) == 4096
    assert file_header().startswith(b"ElfFile\0")


@given(
    st.lists(st.integers(4, 16).map(lambda words: words * 8), max_size=6),
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=3),
    st.integers(480, 1400) | st.integers(CHUNK_SIZE - 100, CHUNK_SIZE),
)
def test_whole_chunks_are_known_quickly(
    sizes: list[int], changes: list[tuple[int, int]], free: int
) -> None:
    """What is called whole at a glance is what a careful walk finds whole, and no other."""
    data = bytearray(chunk(*(record(number, size) for number, size in enumerate(sizes))))
    for place, value in changes:
        data[128 + place] = value
    quick = evtx_chunk._whole_chain(data, free)
    careful = evtx_chunk._chain(bytearray(data), free)
    assert quick in {None, careful}
    if not changes and free == 512 + sum(sizes):
        assert quick == careful == (len(sizes), 0, free)
    if evtx_chunk._links_are_whole(data):
        before = bytes(data)
        with patch.object(evtx_chunk, "_links_are_whole", return_value=False):
            assert evtx_chunk._cut_links(data) == 0
        assert data == before
