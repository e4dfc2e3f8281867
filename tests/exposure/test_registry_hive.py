"""Registry hives: what their values say, and hives that are written here and read by regipy."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.evidence import open_evidence
from hevesy.exposure.estate import read_estate
from hevesy.exposure.registry_hive import is_hive, read_hive, server_of_values
from hevesy.knowledge import load_exchange

if TYPE_CHECKING:
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
    assert is_hive(b"regf", "SYSTEM")
    assert not is_hive(b"regf", "NTUSER.DAT")


@pytest.fixture(scope="module")
def hive_file() -> Any:  # noqa: ANN401  # a module that is no package's
    """The module that writes hives."""
    return _module()


@cache
def _module() -> Any:  # noqa: ANN401  # a module that is no package's
    spec = importlib.util.spec_from_file_location(
        "hive_file", Path(__file__).with_name("hive_file.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hive_file"] = module
    spec.loader.exec_module(module)
    return module


def software(hive_file: Any, setup: dict[str, Any], **more: dict[str, Any]) -> bytes:  # noqa: ANN401  # a module
    """A SOFTWARE hive with Exchange, two updates and Windows."""
    key, path = hive_file.Key, hive_file.path
    updates = tuple(key(kb, package(kb)) for kb in ("KB5026261", "KB5029388"))
    exchange = (key("Setup", setup), *(key(name, values) for name, values in more.items()))
    paths = (
        path("Microsoft\\ExchangeServer", key("v15", keys=exchange)),
        path("Microsoft\\Updates", key("Exchange 2019", keys=updates)),
        path("Microsoft\\Windows NT", key("CurrentVersion", {"CurrentBuild": "18363", "UBR": 500})),
        path("Microsoft\\Office", key("Empty")),
    )
    written = hive_file.hive(hive_file.merged("ROOT", paths))
    assert isinstance(written, bytes)
    return written


def test_a_hive_is_read(hive_file: Any, tmp_path: Path, known: ExchangeKnowledge) -> None:  # noqa: ANN401  # a module
    """By regipy, from a file: version, updates, and the build of Windows."""
    file = tmp_path / "SOFTWARE"
    file.write_bytes(software(hive_file, SETUP))
    reading = read_hive(file, "in/SOFTWARE", known, "EX01")

    assert reading.problems == ()
    (server,) = reading.servers
    assert [(one.build, one.origin) for one in server.builds] == [
        ("15.2.1118.36", "registry_update"),
        ("15.2.1118.7", "registry"),
    ]
    assert server.updates is not None
    assert [(one.kb, one.installed) for one in server.updates] == [
        ("KB5026261", "8/9/2023"),
        ("KB5029388", "8/9/2023"),
    ]
    assert [(one.name, one.met, one.why) for one in server.settings] == [
        ("windows_smb_update", False, "Windows build 18363.500")
    ]


@pytest.mark.parametrize(("value", "met"), [(1, True), (0, False)])
def test_exchange_2013_keeps_its_signing_in_the_registry(
    value: int,
    met: bool,  # noqa: FBT001  # a case
    hive_file: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    known: ExchangeKnowledge,
) -> None:
    """Later versions do not ask the value."""
    setup = SETUP | {"MsiProductMinor": 0, "MsiBuildMajor": 1497, "MsiBuildMinor": 2}
    file = tmp_path / "SOFTWARE"
    file.write_bytes(
        software(hive_file, setup, Diagnostics={"EnableSerializationDataSigning": value})
    )
    (server,) = read_hive(file, "in/SOFTWARE", known, "EX01").servers

    assert {one.name: one.met for one in server.settings}["serialized_data_signing"] is met


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, {"loopback_check": True}),
        ({"DisableLoopbackCheck": 1}, {"loopback_check": False}),
        (
            {"SuppressExtendedProtection": 1},
            {"loopback_check": True, "extended_protection_suppressed": False},
        ),
    ],
)
def test_the_system_hive_tells_settings_of_the_lsa(
    values: dict[str, Any],
    told: dict[str, bool],
    hive_file: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    known: ExchangeKnowledge,
) -> None:
    """Of the control set that was in use; the others are passed over."""
    key, path = hive_file.Key, hive_file.path
    lsa = key("Lsa", values | {"LmCompatibilityLevel": 3})
    other = key("Lsa", {"SuppressExtendedProtection": 1, "DisableLoopbackCheck": 1})
    paths = (
        key("Select", {"Current": 2, "Default": 1}),
        path("ControlSet001\\Control", other),
        path("ControlSet002\\Control", lsa),
    )
    file = tmp_path / "SYSTEM"
    file.write_bytes(hive_file.hive(hive_file.merged("ROOT", paths)))
    reading = read_hive(file, "in/SYSTEM", known, "EX01")

    assert reading.problems == ()
    (server,) = reading.servers
    assert server.builds == ()
    assert {one.name: one.met for one in server.settings} == told


@pytest.mark.parametrize(("start", "active"), [(4, [True]), (2, [])])
def test_a_service_that_is_disabled_is_a_mitigation(
    start: int,
    active: list[bool],
    hive_file: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    known: ExchangeKnowledge,
) -> None:
    """ExchangeMitigations.ps1 disables Unified Messaging: Start is 4."""
    paths = (
        hive_file.Key("Select", {"Current": 1}),
        hive_file.path("ControlSet001\\Services", hive_file.Key("MSExchangeUM", {"Start": start})),
    )
    file = tmp_path / "SYSTEM"
    file.write_bytes(hive_file.hive(hive_file.merged("ROOT", paths)))
    (server,) = read_hive(file, "in/SYSTEM", known, "EX01").servers

    assert [one.active for one in server.mitigations] == active
    assert all(one.cves == ("CVE-2021-26857",) for one in server.mitigations)


@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    """A byte, a number or an end that is not what it should be: read or named, nothing else."""
    hive = bytearray(_written())
    place = data.draw(st.integers(0, len(hive) - 1))
    damage = data.draw(
        st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x20\0\0\0", b"\x01", b""])
    )
    hive[place : place + len(damage) if damage else None] = damage
    with TemporaryDirectory() as folder:
        file = Path(folder) / "SOFTWARE"
        file.write_bytes(hive)
        reading = read_hive(file, "in/SOFTWARE", _tables(), "EX01")

    assert len(reading.problems) + len(reading.servers) <= 1


@cache
def _written() -> bytes:
    """A hive, cut behind its last cell."""
    return software(_module(), SETUP).rstrip(b"\0")


@cache
def _tables() -> ExchangeKnowledge:
    return load_exchange()


def test_a_hive_in_a_collection_is_read_by_the_command(
    hive_file: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    known: ExchangeKnowledge,
) -> None:
    """From an archive too, where it has no path of its own."""
    with zipfile.ZipFile(tmp_path / "EX01.zip", "w") as archive:
        archive.writestr("C/Windows/System32/config/SOFTWARE", software(hive_file, SETUP))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    evidence = open_evidence([str(tmp_path / "EX01.zip")], scratch=scratch)
    estate = read_estate(evidence, known, scratch)

    assert estate.problems == ()
    (server,) = estate.servers
    assert (server.name, server.builds[0].build) == ("EX01", "15.2.1118.36")
    assert list(scratch.iterdir()) == []
