"""The SOFTWARE hive: what its values say; a hive itself is read by regipy where that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.exposure.registry_hive import is_hive, read_hive, server_of_values

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

SETUP = {
    "MsiInstallPath": "C:\\Exchange\\",
    "MsiProductMajor": 15,
    "MsiProductMinor": 2,
    "MsiBuildMajor": 1118,
    "MsiBuildMinor": 7,
}


def package(kb: str) -> dict[str, object]:
    """The values of the key of one update."""
    name = f"Security Update for Exchange Server 2019 Cumulative Update 12 ({kb})"
    return {"PackageName": name, "InstalledDate": "8/9/2023"}


def test_the_version_follows_the_cumulative_update(known: ExchangeKnowledge) -> None:
    """Without a listed update, the security update is not told."""
    server = server_of_values(SETUP, [], "SOFTWARE", known, "EX01")

    assert server is not None
    assert [(one.build, one.grade) for one in server.builds] == [("15.2.1118.7", "cu_only")]
    assert server.updates == ()


def test_a_listed_update_tells_the_rest(known: ExchangeKnowledge) -> None:
    """The newest update of this cumulative update that is installed is the build."""
    kbs = ("KB5026261", "KB5029388", "KB9999999")
    updates: list[dict[str, object]] = [*(package(kb) for kb in kbs), {"X": 1}]
    server = server_of_values(SETUP, updates, "SOFTWARE", known, "EX01")

    assert server is not None
    assert [(one.build, one.grade, one.origin) for one in server.builds] == [
        ("15.2.1118.36", "su_exact", "registry_update"),
        ("15.2.1118.7", "cu_only", "registry"),
    ]
    assert server.updates is not None
    assert [one.kb for one in server.updates] == ["KB5026261", "KB5029388", "KB9999999"]


def test_a_machine_without_exchange_says_nothing(known: ExchangeKnowledge) -> None:
    """Updates alone are no installation."""
    assert server_of_values({}, [package("KB5029388")], "SOFTWARE", known, "EX01") is None


def test_a_broken_hive_is_named(tmp_path: Path, known: ExchangeKnowledge) -> None:
    """One sentence, whether the library is there or not."""
    file = tmp_path / "SOFTWARE"
    file.write_bytes(b"regf" + bytes(100))
    reading = read_hive(file, "in/SOFTWARE", known, "EX01")

    assert not reading.servers
    assert len(reading.problems) == 1
    assert reading.problems[0].startswith("in/SOFTWARE: ")
    assert is_hive(b"regf", "C:\\Windows\\System32\\config\\SOFTWARE")
    assert not is_hive(b"regf", "SYSTEM")
