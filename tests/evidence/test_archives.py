"""Zip and tar: what their directories say, and what a `Step` needs to find a member again."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.errors import EvidenceRefused
from hevesy.evidence import Limits
from hevesy.evidence.archives import Step, open_zip_member, zip_members

numbers = st.integers(0, 1 << 48)


@given(st.builds(Step, st.just("zip"), st.text(), numbers, numbers, numbers, numbers, numbers))
def test_a_step_survives_its_text(step: Step) -> None:
    """A locator is text; whatever the member is called, the step is found again."""
    assert Step.of(step.text()) == step


def _zip(extra: bytes = b"") -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.log", (2021, 3, 3, 1, 2, 4))
        info.extra = extra
        archive.writestr(info, b"data")
    return buffer


@pytest.mark.parametrize(
    ("extra", "time"),
    [
        (b"", None),
        (
            struct.pack("<HHBl", 0x5455, 5, 1, 1_614_900_000),
            datetime(2021, 3, 4, 23, 20, tzinfo=UTC),
        ),
        (
            struct.pack("<HHLHHQQQ", 0x000A, 32, 0, 1, 24, 132_593_736_000_000_000, 0, 0),
            datetime(2021, 3, 4, 23, 20, tzinfo=UTC),
        ),
        (struct.pack("<HHLHHQQQ", 0x000A, 32, 0, 1, 24, 1 << 63, 0, 0), None),
    ],
)
def test_only_a_time_with_a_zone_is_taken(extra: bytes, time: datetime | None) -> None:
    """A zip's plain time has no zone and would be a guess; the extra fields are UTC."""
    (member,) = zip_members(_zip(extra), Limits())
    assert member.modified == time


def test_a_zip_behind_other_bytes_is_read() -> None:
    """A self-extracting archive is a zip with a program before it."""
    file = io.BytesIO(b"MZ" + bytes(1000) + _zip().getvalue())
    (member,) = zip_members(file, Limits())
    assert open_zip_member(file, member.step).read() == b"data"


def test_the_directory_is_bounded() -> None:
    """A directory of any size would have to be held in memory; in zip64 form too."""
    with pytest.raises(EvidenceRefused, match="directory"):
        zip_members(_zip(), Limits(directory=10))
    data = _zip().getvalue()
    place = data.find(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with pytest.raises(EvidenceRefused, match="directory"):
        zip_members(io.BytesIO(data[:place] + record + locator + end), Limits())
