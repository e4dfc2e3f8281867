"""The version of ExSetup.exe, from the fixed part of its version resource."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.file_version import read_exsetup, version_of


def executable(*version: int) -> bytes:
    """The least of an executable that has a version: `MZ`, filling, VS_FIXEDFILEINFO."""
    high, low = version[0] << 16 | version[1], version[2] << 16 | version[3]
    fixed = struct.pack("<13I", 0xFEEF04BD, 0x10000, high, low, high, low, *[0] * 7)
    return b"MZ" + bytes(200) + fixed + bytes(50)


def test_the_build_is_exact_and_has_no_time() -> None:
    """ExSetup.exe tells the security update; when it was installed it does not tell."""
    reading = read_exsetup(executable(15, 1, 2507, 61), "EX01.zip/ExSetup.exe", "EX01")

    (server,) = reading.servers
    (build,) = server.builds
    assert (build.build, build.grade, build.origin) == ("15.1.2507.61", "su_exact", "exsetup")
    assert build.first is build.last is None
    assert not reading.problems


def test_what_has_no_exchange_build_is_named() -> None:
    """A file that is none, or another program, is one sentence and no build."""
    for data in (b"", b"MZ", b"not an executable", executable(10, 0, 17763, 1)):
        reading = read_exsetup(data, "ExSetup.exe")
        assert not reading.servers
        assert reading.problems[0].startswith("ExSetup.exe: no Exchange build")


def test_a_signature_that_is_none_does_not_hide_the_version() -> None:
    """The four bytes may stand elsewhere in a file by chance."""
    decoy = struct.pack("<II", 0xFEEF04BD, 0x10000) + bytes(48)

    assert version_of(b"MZ" + decoy + executable(15, 2, 986, 5)) == (15, 2, 986, 5)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    """Evidence may be anything."""
    found = version_of(b"MZ" + data)
    assert found is None or len(found) == 4
    assert not read_exsetup(data, "x").servers or data.startswith(b"MZ")
