"""Every layout of a collection: where a file lay, on which server, in which collection."""

from __future__ import annotations

import io
import lzma
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.evidence import Evidence, catalog, open_evidence, reach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG = b"#Software: Microsoft Internet Information Services 10.0\r\n"
IIS = "inetpub/logs/LogFiles/W3SVC1/u_ex210303.log"
IIS_PATH = r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex210303.log"

LAYOUTS: dict[str, tuple[str, str, str]] = {
    # name: path in the input, Windows path, server
    "KAPE": (f"2021-03-05T010203_EX01/C/{IIS}", IIS_PATH, "EX01"),
    "HOST/C": (f"EX01/C/{IIS}", IIS_PATH, "EX01"),
    "HOST/C:": (f"ex01.corp.example/C:/{IIS}", IIS_PATH, "EX01"),
    "generic folder between": (f"EX01/triage/C/{IIS}", IIS_PATH, "EX01"),
    "another drive": (
        "EX01/E/Exchange2016/Logging/a.log",
        r"E:\Exchange2016\Logging\a.log",
        "EX01",
    ),
    "small letter": (f"EX01/c/{IIS}", IIS_PATH, "EX01"),
    "Velociraptor auto": (
        f"Collection-EX01_corp_example-2021-03-05T01_02_03Z/uploads/auto/C%3A/{IIS}",
        IIS_PATH,
        "EX01",
    ),
    "Velociraptor ntfs": (
        f"Collection-EX01-2021-07-16_06_56_50_-0700_PDT/uploads/ntfs/%5C%5C.%5CC%3A/{IIS}",
        IIS_PATH,
        "EX01",
    ),
    "Velociraptor decodes each part": (
        "EX01/uploads/auto/C%3A/Windows/System32/winevt/Logs/Microsoft-Windows-Bits%254Op.evtx",
        r"C:\Windows\System32\winevt\Logs\Microsoft-Windows-Bits%4Op.evtx",
        "EX01",
    ),
    "Velociraptor shadow copy": (
        "EX01/uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy1/" + IIS,
        IIS_PATH,
        "EX01",
    ),
    "shadow copy folder": (f"EX01/HarddiskVolumeShadowCopy12/{IIS}", IIS_PATH, "EX01"),
    "KAPE shadow copy": (f"EX01/VSS3/C/{IIS}", IIS_PATH, "EX01"),
    "acquire": (f"EX01_20210305010203/fs/C:/{IIS}", IIS_PATH, "EX01"),
    "acquire, small letter": (f"EX01_20210305010203/fs/c:/{IIS}", IIS_PATH, "EX01"),
    "acquire sysvol": (f"EX01_20210305010203/fs/sysvol/{IIS}", IIS_PATH, "EX01"),
    "ExchangeLogCollector": ("20210305/EX01/ECP_Logs/Server/ECPServer20210303-1.LOG", "", "EX01"),
    "drive without its letter": (f"EX01/{IIS}", "", "EX01"),
    "folder of bare logs of a machine": ("EX01/IIS/u_ex210303.log", "", "EX01"),
    "bare logs": ("logs/u_ex210303.log", "", ""),
    "bare logs by kind": ("W3SVC1/u_ex210303.log", "", ""),
    "a percent sign is no escape elsewhere": (
        "EX01/C/Windows/System32/winevt/Logs/A%4B.evtx",
        r"C:\Windows\System32\winevt\Logs\A%4B.evtx",
        "EX01",
    ),
}


@pytest.fixture(params=["folder", "zip", "tar", "tar.gz"])
def container(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    zipped: Callable[..., bytes],
    tarred: Callable[..., bytes],
) -> Callable[[str], Path]:
    """Put a log at a path of a folder or an archive called `case`."""

    def make(path: str) -> Path:
        made = tmp_path / ("case" if request.param == "folder" else f"case.{request.param}")
        if request.param == "folder":
            (made / path).parent.mkdir(parents=True)
            (made / path).write_bytes(LOG)
        elif request.param == "zip":
            made.write_bytes(zipped({path: LOG}))
        else:
            made.write_bytes(tarred({path: LOG}, "w:gz" if request.param == "tar.gz" else "w"))
        return made

    return make


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_are_told_in_every_container(
    layout: str, container: Callable[[str], Path], listed: Callable[..., Any]
) -> None:
    """The root-finder knows each collector's layout, whether it lies in a folder or an archive."""
    path, windows_path, server = LAYOUTS[layout]
    result = listed(container(path))
    assert result.windows() == {path: windows_path}
    assert result.servers() == {path: server}
    assert result.content == {path: LOG}
    assert result.losses == ()


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("Collection-EX01_corp_example-2021-03-05T01_02_03Z.zip", "EX01"),
        ("Collection-EX01.corp.example-2021-03-05T01_02_03Z.zip", "EX01"),
        ("2021-03-05T010203_EX01.zip", "EX01"),
        ("EX01.zip", "EX01"),
        ("ex01_20210305.zip", "EX01"),
        ("triage.zip", ""),
        ("evidence_2021-03-05.zip", ""),
    ],
)
def test_an_archive_names_its_server(
    name: str,
    server: str,
    tmp_path: Path,
    listed: Callable[..., Any],
    zipped: Callable[..., bytes],
) -> None:
    """The name of the archive says whose it is, unless it is a generic word."""
    (tmp_path / name).write_bytes(zipped({f"C/{IIS}": LOG}))
    assert listed(tmp_path / name).servers() == {f"C/{IIS}": server}


def test_servers_of_one_input_are_collections_of_their_own(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """Folders, archives and archives in archives of several servers are kept apart."""
    made = folder(
        "estate",
        {
            f"EX01/C/{IIS}": LOG,
            "EX02.zip": zipped({f"C/{IIS}": LOG}),
            "more.zip": zipped({"EX03.zip": zipped({f"C/{IIS}": LOG})}),
        },
    )
    result = listed(made)
    assert {(s.collection, s.server, s.path) for s in result.sources} == {
        ("estate/EX01", "EX01", f"EX01/C/{IIS}"),
        ("estate/EX02.zip", "EX02", f"EX02.zip!/C/{IIS}"),
        ("estate/more.zip/EX03.zip", "EX03", f"more.zip!/EX03.zip!/C/{IIS}"),
    }
    assert {s.windows_path for s in result.sources} == {IIS_PATH}


def test_velociraptors_own_account_is_of_the_collection(
    tmp_path: Path, zipped: Callable[..., bytes]
) -> None:
    """`uploads.json`, `metadata.json` and results of no known kind are `other`, not `unknown`."""
    made = tmp_path / "Collection-EX01-2021-03-05T01_02_03Z.zip"
    own = ["uploads.json", "metadata.json", "results/Windows.KapeFiles.json", "log.json"]
    events = "results/Windows.EventLogs.json"
    files = {f"uploads/auto/C%3A/{IIS}": LOG, events: b"{}", **dict.fromkeys(own, b"{}")}
    made.write_bytes(zipped(files))

    def recognise(_: bytes, path: str) -> str:
        return "event_json" if path == events.lower() else "unknown"

    with open_evidence([str(made)]) as evidence:
        sources = list(catalog(evidence, recognise))
    kinds = {source.path: source.kind for source in sources}
    assert {path for path, kind in kinds.items() if kind == "other"} == set(own)
    assert kinds[events] == "event_json"
    assert {(s.collection, s.server) for s in sources} == {(made.name, "EX01")}


def test_loose_files_beside_a_drive_belong_to_its_collection(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """What a collector writes beside the drive speaks of the same server."""
    made = folder("x", {f"EX01/C/{IIS}": LOG, "EX01/CopyLog.csv": b"a", "note.txt": b"b"})
    collections = {s.path: s.collection for s in listed(made).sources}
    assert collections["EX01/CopyLog.csv"] == "x/EX01"
    assert collections["note.txt"] == "x"


def test_results_that_are_no_velociraptors_are_recognised_as_ever(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """A folder called `results` is only a collector's account beside its `uploads`."""
    made = folder("x", {"results/events.json": b"{}"})
    assert [s.kind for s in listed(made).sources] == ["log"]


def test_an_archive_on_a_servers_drive_is_listed_and_opened(
    tmp_path: Path, listed: Callable[..., Any], zipped: Callable[..., bytes]
) -> None:
    """What an attacker packed is a file of the server; its members claim no place of their own."""
    inner = zipped({f"C/{IIS}": LOG})
    made = tmp_path / "EX01.zip"
    made.write_bytes(zipped({"C/ProgramData/pst/x.zip": inner}))
    result = listed(made)
    assert result.windows() == {
        "C/ProgramData/pst/x.zip": r"C:\ProgramData\pst\x.zip",
        f"C/ProgramData/pst/x.zip!/C/{IIS}": "",
    }
    assert result.content["C/ProgramData/pst/x.zip"] == inner
    assert {s.server for s in result.sources} == {"EX01"}


def test_a_packed_log_lay_there_packed(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """`x.log.xz` is read as the log; its Windows path is that of the packed file."""
    made = folder("EX01", {f"C/{IIS}.xz": lzma.compress(LOG)})
    result = listed(made)
    assert result.windows() == {f"C/{IIS}.xz!/u_ex210303.log": IIS_PATH + ".xz"}
    assert list(result.content.values()) == [LOG]
    assert [s.size for s in result.sources] == [len(LOG)]


def test_the_order_of_inputs_changes_nothing(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """Sources come by input and path, whatever was named first, or twice."""
    one = folder("one", {"b.log": LOG, "a/z.log": LOG, "a.log": LOG})
    two = folder("two", {"c.log": LOG})
    first, second = listed(one, two), listed(two, one, two)
    assert first.sources == second.sources
    assert [(s.input, s.path) for s in first.sources] == [
        ("one", "a.log"),
        ("one", "a/z.log"),
        ("one", "b.log"),
        ("two", "c.log"),
    ]


def test_the_recogniser_sees_the_head_and_the_lower_case_path(
    folder: Callable[..., Path],
) -> None:
    """Content first, path second: it gets 64 KiB at most, and the path inside the input."""
    made = folder("x", {"A/B.LOG": b"x" * 100_000})
    seen: list[tuple[int, str]] = []

    def recognise(head: bytes, path: str) -> str:
        seen.append((len(head), path))
        return "iis"

    with open_evidence([str(made)]) as evidence:
        assert [s.kind for s in catalog(evidence, recognise)] == ["iis"]
    assert seen == [(65536, "a/b.log")]


def test_server_option_wins_over_the_layout(
    tmp_path: Path,
    listed: Callable[..., Any],
    folder: Callable[..., Path],
    zipped: Callable[..., bytes],
) -> None:
    """`--server NAME=PATH` names what lies below a path: a folder, a file, one in an archive."""
    made = folder("estate", {"box1/u.log": LOG, "box2/u.log": LOG, "EX03/u.log": LOG})
    packed = tmp_path / "packed.zip"
    packed.write_bytes(zipped({"box4/u.log": LOG, "box5/u.log": LOG}))
    result = listed(
        made,
        packed,
        servers={
            "ex01.corp.example": str(made / "box1"),
            "EX02": str(made / "box2" / "u.log"),
            "EX04": str(packed / "box4"),
        },
    )
    found = {(s.input, s.path): (s.server, s.collection) for s in result.sources}
    assert found["estate", "box1/u.log"] == ("EX01", "--server EX01")
    assert found["estate", "box2/u.log"] == ("EX02", "--server EX02")
    assert found["estate", "EX03/u.log"] == ("EX03", "estate/EX03")
    assert found["packed.zip", "box4/u.log"] == ("EX04", "--server EX04")
    assert found["packed.zip", "box5/u.log"][0] == ""


def test_stdin_is_one_log(tmp_path: Path) -> None:
    """`-` is spooled, can be reached like a file, and is gone afterwards."""
    with open_evidence(["-"], scratch=tmp_path, stdin=io.BytesIO(LOG)) as evidence:
        (source,) = catalog(evidence, lambda _, path: path)
        assert (source.input, source.path, source.kind, source.size) == ("-", "-", "-", len(LOG))
        with reach(source) as reached:
            assert reached.stream.read() == LOG
    assert list(tmp_path.iterdir()) == []


def test_a_single_log_is_an_input(listed: Callable[..., Any], folder: Callable[..., Path]) -> None:
    """One file needs no folder; its time is the file's, in UTC."""
    made = folder("logs", {"u_ex210303.log": LOG})
    result = listed(made / "u_ex210303.log")
    (source,) = result.sources
    assert (source.input, source.path, source.windows_path) == ("u_ex210303.log",) * 2 + ("",)
    assert source.modified is not None
    assert source.modified.tzinfo is UTC


def test_tar_members_keep_their_time(
    tmp_path: Path, listed: Callable[..., Any], tarred: Callable[..., bytes]
) -> None:
    """An archive that stores a UTC time gives the source its time."""
    (tmp_path / "x.tar").write_bytes(tarred({"a.log": LOG}))
    (source,) = listed(tmp_path / "x.tar").sources
    assert source.modified == datetime.fromtimestamp(1_614_900_000, UTC)


def test_a_disk_image_is_named_as_known_but_not_read(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """An image is `later:disk_image`; on a server's own drive it is a file like any other."""
    made = folder("x", {"EX01.vhdx": b"vhdxfile" + bytes(600), "EX02/C/vm.vhdx": b"vhdxfile"})
    assert {s.path: s.kind for s in listed(made).sources} == {
        "EX01.vhdx": "later:disk_image",
        "EX02/C/vm.vhdx": "log",
    }


def test_nothing_is_written_beside_the_evidence(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """The input is only read."""
    made = folder("x", {"a.zip": zipped({"b.zip": zipped({"c.log": LOG})})})
    before = sorted(made.rglob("*"))
    listed(made)
    assert sorted(made.rglob("*")) == before


def test_evidence_is_a_context_manager_that_may_be_left_twice(
    folder: Callable[..., Path],
) -> None:
    """Closing again does no harm."""
    evidence: Evidence = open_evidence([str(folder("x", {"a": b""}))])
    evidence.close()
    evidence.close()
    assert [source.path for source in catalog(evidence, lambda _, __: "log")] == ["a"]
