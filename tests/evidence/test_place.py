"""The root-finder: what a path says of drive and machine, and what it must not be talked into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.evidence.place import Part, bare_root, drive_root, host_of, root_within

words = st.sampled_from(
    [
        "C",
        "C:",
        "C%3A",
        "%5C%5C.%5CC%3A",
        "uploads",
        "auto",
        "fs",
        "EX01",
        "inetpub",
        "..%2F..",
        "%2e%2e",
        "%00",
        "a.log",
        "VSS1",
        "sysvol",
        "HarddiskVolumeShadowCopy1",
        "%5C%5C%3F%5CGLOBALROOT",
        "x.zip",
        "%",
    ]
)
parts_of = st.lists(
    st.builds(Part, words | st.text(min_size=1, max_size=8), st.booleans()), min_size=1, max_size=8
).map(tuple)


@given(parts_of)
def test_any_path_has_a_place_and_none_escapes(parts: tuple[Part, ...]) -> None:
    """No path raises; a Windows path starts with its drive and gains no step outwards."""
    place = drive_root(parts)
    if place is not None and place.windows_path:
        drive, _, rest = place.windows_path.partition(":\\")
        assert drive.isupper()
        assert len(drive) == 1
        depth = len(parts) - len(place.root.parts)
        raw = {part.name for part in parts}
        for name in rest.split("\\"):
            assert name not in {".", ".."} or name in raw
        assert depth > 0
    root = place.root if place else bare_root(parts)
    assert root.parts == tuple(parts[: len(root.parts)])
    assert len(root.parts) < len(parts)
    assert root_within(parts, {root.parts: root}) is root


@pytest.mark.parametrize(
    "path",
    [
        "logs/a/u_ex.log",  # a small letter alone is no drive
        "A/readme.txt",  # nobody collects a floppy
        "case/C",  # a file called C
        "%3A/x.log",
        "uploads/auto/readme.txt",
    ],
)
def test_what_is_no_drive(path: str) -> None:
    """These folders are taken for no drive."""
    assert drive_root([Part(name) for name in path.split("/")]) is None


def test_a_decoded_part_stays_one_part() -> None:
    """`%2F`, `%5C` and `%2e%2e` in a Velociraptor name are not decoded into another path."""
    place = drive_root([*map(Part, ("uploads", "auto", "C%3A", "..%2F..%2Fx", "%2e%2e", "a%20b"))])
    assert place is not None
    assert place.windows_path == r"C:\..%2F..%2Fx\%2e%2e\a b"


@pytest.mark.parametrize(
    "name",
    [
        *("logs", "Evidence", "triage", "C", "2021-03-05", "uploads", "kape", "case 7", "disk1"),
        *("W3SVC1", "T1505.003", "ID4104-PowerShell", "export_2021-03-05", "Program Files"),
        *("a b", "V15"),
    ],
)
def test_generic_names_name_no_machine(name: str) -> None:
    """A folder's name that says nothing of a machine gives none."""
    assert host_of([Part(name)]) == ""


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("EX01", "EX01"),
        ("ex01.corp.example", "EX01"),
        ("MAIL-A", "MAIL-A"),
        ("2021-03-05T010203_EX01.zip", "EX01"),
        ("EX01_20210305010203.tar.gz", "EX01"),
        ("EX01-2021-03-05", "EX01"),
        ("EX-0101", "EX-0101"),
        ("SRV-20190001", "SRV-20190001"),
        ("Collection-DESKTOP-2OR51GL-2021-07-16_06_56_50_-0700_PDT.zip", "DESKTOP-2OR51GL"),
    ],
)
def test_names_of_collections_name_their_machine(name: str, host: str) -> None:
    """The naming of each collector is known."""
    assert host_of([Part(name)]) == host


@pytest.mark.parametrize(
    ("path", "root", "host"),
    [
        ("in/EX01/IIS/u.log", "in/EX01", "EX01"),
        ("in/mail01/u.log", "in/mail01", "MAIL01"),
        ("in/W3SVC1/u.log", "in", ""),
        ("in/rules/windows/x.log", "in", ""),
        ("in/a/b/c/APT27/x.log", "in", ""),
        ("in/box/V15/Logging/HttpProxy/Ecp/x.log", "in/box", "BOX"),
        ("in/Logging/HttpProxy/Ecp/x.log", "in", "IN"),
        ("in/20210305/EX01/ECP_Logs/x.log", "in/20210305/EX01", "EX01"),
        ("in/20210305/EX01/IIS_FE_Logs/x.log", "in/20210305/EX01", "EX01"),
        ("x.log", "", ""),
    ],
)
def test_roots_without_a_drive(path: str, root: str, host: str) -> None:
    """Bare logs: only what looks like a machine makes a collection of its own."""
    found = bare_root([Part(name) for name in path.split("/")])
    assert "/".join(part.name for part in found.parts) == root
    assert found.host == host
