"""Collections lie on disk as collectors leave them."""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest

from hevesy.simulator import load_scenario
from hevesy.simulator.collection import member_path, open_collection

if TYPE_CHECKING:
    from pathlib import Path

LOG = "C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex210303.log"


@pytest.mark.parametrize(
    ("layout", "wanted"),
    [
        ("rooted", "C/inetpub/logs/LogFiles/W3SVC1/u_ex210303.log"),
        ("velociraptor", "uploads/auto/C%3A/inetpub/logs/LogFiles/W3SVC1/u_ex210303.log"),
        ("bare", "W3SVC1/u_ex210303.log"),
    ],
)
def test_a_windows_path_in_each_layout(layout: str, wanted: str) -> None:
    """Each collector keeps the Windows path in its own way."""
    assert member_path(layout, LOG) == wanted


@pytest.mark.parametrize("container", ["folder", "zip", "tar", "tar.gz"])
def test_a_container_gives_back_its_bytes(tmp_path: Path, container: str) -> None:
    """What goes in comes out, by the standard library's own readers."""
    server = msgspec.structs.replace(load_scenario("proxylogon").servers[0], container=container)
    with open_collection(tmp_path, server) as collection:
        assert collection.add("C/a.log", [b"one\n", b"two\n"]) == 8
        assert collection.add("C/empty.log", []) == 0
    path = tmp_path / f"EX01.{container}"
    if container == "folder":
        found = (tmp_path / "EX01" / "C" / "a.log").read_bytes()
    elif container == "zip":
        with zipfile.ZipFile(path) as archive:
            found = archive.read("C/a.log")
    else:
        with tarfile.open(path) as tar:
            file = tar.extractfile("C/a.log")
            assert file is not None
            found = file.read()
    assert found == b"one\ntwo\n"
