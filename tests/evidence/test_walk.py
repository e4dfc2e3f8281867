"""Hostile evidence: each trap is refused and named, and the rest is still read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import socket
import stat
import struct
import sys
import tarfile
import zipfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hevesy.errors import EvidenceRefused
from hevesy.evidence import Limits, catalog, open_evidence, reach_many

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {"good.log": b"2021-03-03 00:00:00\n"}


def _listed_only(path: Path) -> tuple[list[str], list[str]]:
    """Paths and reasons of losses, without reading."""
    with open_evidence([str(path)]) as evidence:
        paths = [source.path for source in catalog(evidence, lambda _, __: "log")]
        return paths, [loss.reason for loss in evidence.losses()]


posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def _zip_with(*infos: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in (*infos, ("good.log", GOOD["good.log"])):
            archive.writestr(info, data)
    return buffer.getvalue()


def _tar_with(*infos: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info in infos:
            archive.addfile(info)
        good = tarfile.TarInfo("good.log")
        good.size = len(GOOD["good.log"])
        archive.addfile(good, io.BytesIO(GOOD["good.log"]))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.aspx", "its name holds `..`"),
        ("a/../../evil.aspx", "its name holds `..`"),
        ("..\\..\\evil.aspx", "its name holds `..`"),
        ("/etc/evil", "its name is absolute"),
        ("\\\\server\\share\\evil", "its name is absolute"),
        ("C:evil.aspx", "its name is relative to a drive"),
    ],
)
def test_zip_members_that_point_outside_are_refused(
    name: str, reason: str, tmp_path: Path, listed: Callable[..., Any]
) -> None:
    """Such a name is refused and shown; its neighbours are read."""
    (tmp_path / "x.zip").write_bytes(_zip_with((name, b"x")))
    result = listed(tmp_path / "x.zip")
    assert result.content == GOOD
    assert [(loss.state, loss.reason) for loss in result.losses] == [("refused", reason)]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil"])
def test_tar_members_that_point_outside_are_refused(
    name: str, tmp_path: Path, listed: Callable[..., Any]
) -> None:
    """The same in a tar."""
    (tmp_path / "x.tar").write_bytes(_tar_with(tarfile.TarInfo(name)))
    result = listed(tmp_path / "x.tar")
    assert result.content == GOOD
    assert [loss.state for loss in result.losses] == ["refused"]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "pipe"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(
    kind: bytes, word: str, tmp_path: Path, listed: Callable[..., Any]
) -> None:
    """They are named, never followed or opened."""
    info = tarfile.TarInfo("evil")
    info.type, info.linkname = kind, "/etc/passwd"
    (tmp_path / "x.tar").write_bytes(_tar_with(info))
    result = listed(tmp_path / "x.tar")
    assert result.content == GOOD
    assert word in result.reasons()["evil"]
    assert result.reasons()["evil"].startswith("refused")


def test_links_in_a_zip_are_refused(tmp_path: Path, listed: Callable[..., Any]) -> None:
    """A zip stores a Unix link as a file with a link's mode."""
    info = zipfile.ZipInfo("evil")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    (tmp_path / "x.zip").write_bytes(_zip_with((info, b"/etc/passwd")))
    result = listed(tmp_path / "x.zip")
    assert result.content == GOOD
    assert result.reasons() == {"evil": "refused: it is a link or a device"}


@posix
def test_links_pipes_and_sockets_on_disk_are_refused(
    tmp_path: Path, listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """A link out of the folder, one in a circle, a pipe that would block, a socket."""
    made = folder("x", GOOD)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (made / "link").symlink_to(secret)
    (made / "circle").symlink_to(made, target_is_directory=True)
    os.mkfifo(made / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(made)  # a socket's path may not be long
        server.bind("sock")
        os.chdir(before)
        result = listed(made)
    assert result.content == GOOD
    assert set(result.reasons()) == {"link", "circle", "pipe", "sock"}
    assert {loss.state for loss in result.losses} == {"refused"}


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows any byte in a name")
def test_undecodable_names_on_disk_are_shown_and_reached(
    tmp_path: Path, listed: Callable[..., Any]
) -> None:
    """A name that is no UTF-8 or holds control characters is escaped, and its bytes are read."""
    made = tmp_path / "x"
    made.mkdir()
    Path(os.fsdecode(os.fsencode(made) + b"/a\xff\x1b[31m.log")).write_bytes(b"data")
    result = listed(made)
    assert result.content == {r"a\xff\x1b[31m.log": b"data"}
    for source in result.sources:
        for text in (source.path, *source.locator):
            text.encode()
            assert text.isprintable()


def test_nuls_and_odd_encodings_in_a_zips_names_are_shown(
    tmp_path: Path, listed: Callable[..., Any]
) -> None:
    """A NUL does not cut the name short, and marks that reorder text do not hide its end."""
    data = _zip_with(("shellXaspx", b"x"), ("x\u202egpj.exe", b"y"))
    (tmp_path / "x.zip").write_bytes(data.replace(b"shellXaspx", b"shell\x00aspx"))
    assert set(listed(tmp_path / "x.zip").content) == {
        r"shell\x00aspx",
        r"x\u202egpj.exe",
        "good.log",
    }


def test_encrypted_members_are_refused(tmp_path: Path, listed: Callable[..., Any]) -> None:
    """The flag of an encrypted member is enough; what is not encrypted is read."""
    data = bytearray(_zip_with(("secret.log", b"x")))
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    result = listed(tmp_path / "x.zip")
    assert result.content == GOOD
    assert "encrypted" in result.reasons()["secret.log"]


def test_an_encrypted_velociraptor_collection_is_named_as_such(
    tmp_path: Path, listed: Callable[..., Any], zipped: Callable[..., bytes]
) -> None:
    """It says that it must be decrypted first, in one sentence for the whole archive."""
    data = bytearray(zipped({"data.zip": b"x", "metadata.json": b"{}"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    result = listed(tmp_path / "x.zip")
    assert result.sources == ()
    (loss,) = result.losses
    assert "encrypted Velociraptor collection: decrypt it first" in loss.reason


@pytest.mark.parametrize(
    ("name", "data", "state"),
    [
        ("empty.zip", b"", "unreadable"),
        ("empty.tar", b"", "unreadable"),
        ("no_member.zip", b"PK\x05\x06" + bytes(18), "refused"),
        ("no_member.tar", bytes(10240), "unreadable"),
        ("text.zip", b"this is no archive", "unreadable"),
        ("x.7z", b"7z\xbc\xaf\x27\x1c" + bytes(26), "refused"),
        ("x.rar", b"Rar!\x1a\x07\x01\x00" + bytes(26), "refused"),
        ("cut.gz", gzip.compress(b"a", mtime=0)[:15], "unreadable"),
        ("cut.xz", lzma.compress(b"a")[:20], "unreadable"),
        ("cut.bz2", bz2.compress(b"a")[:20], "unreadable"),
    ],
)
def test_archives_that_are_none_are_lost_and_the_others_go_on(
    name: str, data: bytes, state: str, listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """An empty, cut or false archive is a loss with a reason, never an exception."""
    result = listed(folder("x", {name: data, **GOOD}))
    assert result.content == GOOD
    assert [(loss.source, loss.state) for loss in result.losses] == [(name, state)]
    assert result.losses[0].reason
    assert result.losses[0].grave


def test_a_cut_zip_is_lost(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """Without its directory a zip cannot be read, and it says so."""
    data = zipped({"a.log": os.urandom(5000)})
    result = listed(folder("x", {"cut.zip": data[:3000], **GOOD}))
    assert result.content == GOOD
    assert "cut off" in result.reasons()["cut.zip"]


@pytest.mark.parametrize("keep", [512 + 100, 1024 + 512, 10240 - 1024 - 512])
def test_a_cut_tar_gives_what_it_has_and_says_so(
    keep: int, tmp_path: Path, tarred: Callable[..., bytes]
) -> None:
    """Members before the cut are listed; the cut is a loss."""
    data = tarred({"a.log": b"a" * 300, "b.log": b"b" * 300})
    (tmp_path / "x.tar").write_bytes(data[:keep] if keep < 2048 else data[:2048])
    result = _listed_only(tmp_path / "x.tar")
    assert "a.log" in result[0]
    assert any("cut off" in reason for reason in result[1])


def test_a_tar_with_a_broken_header_says_that_more_may_follow(
    tmp_path: Path, tarred: Callable[..., bytes]
) -> None:
    """Python's reader stops in silence at a header it cannot read; hevesy does not."""
    data = bytearray(tarred({"a.log": b"a" * 300, "b.log": b"b" * 300, "c.log": b"c"}))
    data[1024 + 148 : 1024 + 156] = b"999999\0 "
    (tmp_path / "x.tar").write_bytes(data)
    paths, reasons = _listed_only(tmp_path / "x.tar")
    assert paths == ["a.log"]
    assert any("damaged" in reason for reason in reasons)


def test_a_bomb_of_strong_compression_is_refused(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """What unfolds beyond the ratio is refused before it is unfolded."""
    limits = Limits(ratio=100, ratio_from=100_000)
    result = listed(
        folder("x", {"bomb.xz": lzma.compress(bytes(3_000_000)), **GOOD}), limits=limits
    )
    assert result.content == GOOD
    assert "bomb" in result.reasons()["bomb.xz"]


def test_a_gz_is_listed_with_the_size_it_states(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log in a gz is unpacked once, when it is read: the list takes its size from its end."""
    data = b"".join(b"2021-03-03 00:00:01 GET /owa/%d\n" % n for n in range(20_000))
    root = folder("x", {"one.log.gz": gzip.compress(data), "odd.log.gz": _stating(data, 5)})
    unpacked: list[str] = []

    def counted(_: BinaryIO) -> int:
        unpacked.append("")
        return len(data)

    monkeypatch.setattr("hevesy.evidence.walk._length", counted)
    with open_evidence([str(root)]) as evidence:
        sizes = {s.path: s.size for s in catalog(evidence, lambda _, __: "log")}
    assert sizes == {"one.log.gz!/one.log": len(data), "odd.log.gz!/odd.log": len(data)}
    assert len(unpacked) == 1, "only the one whose statement no log would make"


def test_a_gz_that_understates_its_size_is_refused_when_it_is_read(
    folder: Callable[..., Path],
) -> None:
    """What a file says of itself lifts no limit."""
    packed = gzip.compress(bytes(3_000_000))
    root = folder("x", {"bomb.gz": _stating(bytes(3_000_000), 2 * len(packed)), **GOOD})
    limits = Limits(ratio=100, ratio_from=100_000)
    with open_evidence([str(root)], limits=limits) as evidence:
        sources = list(catalog(evidence, lambda _, __: "log"))
        assert not evidence.losses()
        failures, sizes = {}, {}
        for source, reached in reach_many(sources, limits=limits):
            reached.finish()
            failures[source.path], sizes[source.path] = reached.failure, reached.size
    assert isinstance(failures["bomb.gz!/bomb"], EvidenceRefused)
    assert "bomb" in str(failures["bomb.gz!/bomb"])
    assert sizes["bomb.gz!/bomb"] <= limits.unfolding(len(packed))
    assert failures["good.log"] is None


@pytest.mark.parametrize("members", [[6_000_000, 100], [300]])
def test_where_a_gz_states_what_no_log_would_it_is_measured(
    members: list[int], folder: Callable[..., Path]
) -> None:
    """Several members, of which the last is small; or one line a million times."""
    random = Random(5)  # noqa: S311  # no secret
    data = [random.randbytes(n) if n != 300 else bytes(80_000_000) for n in members]
    root = folder("x", {"odd.log.gz": b"".join(gzip.compress(each, 1) for each in data)})
    with open_evidence([str(root)]) as evidence:
        (source,) = catalog(evidence, lambda _, __: "log")
    assert source.size == sum(map(len, data))


def _stating(data: bytes, size: int) -> bytes:
    """A gz of some data that states a size of its own."""
    return gzip.compress(data)[:-4] + size.to_bytes(4, "little")


def test_a_bomb_of_nested_zips_is_refused(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """The ratio is judged over all that one file unfolds to, whatever the depth."""
    data = zipped({str(i): bytes(300_000) for i in range(4)})
    for _ in range(3):
        data = zipped({f"{i}.zip": data for i in range(16)})
    limits = Limits(ratio=200, ratio_from=1_000_000)
    result = listed(folder("x", {"42.zip": data, **GOOD}), limits=limits)
    assert result.content["good.log"] == GOOD["good.log"]
    assert any("zip bomb" in loss.reason for loss in result.losses)
    assert len(result.losses) < 10


def test_overlapping_members_are_refused(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """Members that share their bytes are the mark of a bomb without nesting."""
    data = zipped({"a": os.urandom(3000)})
    place = data.find(b"PK\x01\x02")
    end = data.find(b"PK\x05\x06")
    entry = data[place:end]
    many = 50
    directory = entry * many
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, len(directory), place, 0)
    result = listed(folder("x", {"bomb.zip": data[:place] + directory + tail, **GOOD}))
    assert result.content == GOOD
    assert "overlap" in result.reasons()["bomb.zip"]


def test_archives_may_not_lie_too_deep(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """Five in each other are read, a sixth is refused."""
    data = zipped(GOOD)
    for level in range(4):
        data = zipped({f"{level}.zip": data})
    deep = listed(folder("x", {"five.zip": data}))
    assert list(deep.content.values()) == list(GOOD.values())
    deeper = listed(folder("y", {"six.zip": zipped({"4.zip": data})}))
    assert deeper.sources == ()
    assert "5 deep" in deeper.losses[0].reason


def test_the_number_of_members_is_bounded(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """An archive of more members than allowed is read as far as the limit, and named."""
    made = folder("x", {"many.zip": zipped({f"{i:03}": b"x" for i in range(100)})})
    result = listed(made, limits=Limits(members=10))
    assert len(result.sources) == 10
    assert "members" in result.losses[0].reason


def test_a_line_repeated_forever_is_no_bomb(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """A log of one repeated line shrinks about 1,000:1 with Deflate, and is legal."""
    line = b"2021-03-03 00:00:00 GET /healthcheck.htm - 200\r\n"
    data = line * 40_000
    result = listed(
        folder("x", {"x.zip": zipped({"u.log": data})}), limits=Limits(ratio_from=100_000)
    )
    assert result.content == {"x.zip!/u.log": data}
    assert result.losses == ()


def test_a_header_that_asks_for_memory_is_refused(
    tmp_path: Path, tarred: Callable[..., bytes]
) -> None:
    """A tar's long-name header may not make the reader allocate what it likes."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    data = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "x.tar").write_bytes(data + tarred(GOOD))
    paths, reasons = _listed_only(tmp_path / "x.tar")
    assert paths == []
    assert any("at once" in reason for reason in reasons)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_lost(
    listed: Callable[..., Any], folder: Callable[..., Path]
) -> None:
    """A folder or file without permission is named."""
    made = folder("x", {"closed/a.log": b"a", "b.log": b"b", **GOOD})
    (made / "closed").chmod(0)
    (made / "b.log").chmod(0)
    try:
        result = listed(made)
    finally:
        (made / "closed").chmod(0o700)
    assert set(result.reasons()) == {"closed", "b.log"}
    assert result.content == GOOD


def test_many_losses_alike_are_counted(
    listed: Callable[..., Any], folder: Callable[..., Path], zipped: Callable[..., bytes]
) -> None:
    """A flood of refused members does not flood the report; the rest is counted."""
    made = folder("x", {"x.zip": zipped({f"../{i:04}": b"" for i in range(1500)})})
    losses = listed(made).losses
    assert len(losses) == 1001
    assert losses[0].reason == "500 more alike: its name holds `..`"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    which=st.sampled_from(["zip", "tar", "tgz", "xz", "nested", "gz"]),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    cut=st.floats(0.3, 1.0) | st.just(1.0),
)
def test_no_damage_raises(
    which: str,
    changes: list[tuple[float, int]],
    cut: float,
    archives: dict[str, bytes],
    workplace: Path,
) -> None:
    """Whatever bytes are changed or cut off: it is listed and read, or lost, and never raises."""
    data = bytearray(archives[which])
    for place, value in changes:
        data[int(place * len(data))] = value
    path = workplace / f"x.{which}"
    path.write_bytes(data[: int(cut * len(data))])
    with open_evidence([str(path)], limits=Limits(memory=500)) as evidence:
        sources = list(catalog(evidence, lambda _, __: "log"))
        losses = evidence.losses()
        failed = 0
        for _, reached in reach_many(sources, seekable=lambda source: source.size % 2 == 0):
            reached.finish()
            failed += reached.failure is not None
    assert sources or losses
    if data == archives[which] and cut == 1.0:
        assert not losses
        assert not failed


@pytest.fixture(scope="module")
def archives() -> dict[str, bytes]:
    """Small archives of each kind."""
    files = {f"C/{i}.log": b"2021-03-03 %d\n" % i * (i * 7) for i in range(1, 6)}
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.PAX_FORMAT) as tape:
        for name, data in files.items():
            info = tarfile.TarInfo(name + "x" * 120)
            info.size = len(data)
            tape.addfile(info, io.BytesIO(data))
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("a.zip", zipped.getvalue())
        archive.writestr("b.tgz", gzip.compress(tarred.getvalue()))
    return {
        "zip": zipped.getvalue(),
        "tar": tarred.getvalue(),
        "tgz": gzip.compress(tarred.getvalue()),
        "xz": lzma.compress(tarred.getvalue()),
        "nested": nested.getvalue(),
        "gz": gzip.compress(files["C/5.log"]),
    }


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all examples."""
    return tmp_path_factory.mktemp("damaged")
