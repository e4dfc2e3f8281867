"""The same bytes, whatever way leads to them; hash and size of the whole; in any process."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import pickle
import subprocess
import sys
import zipfile
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from hevesy.errors import EvidenceError
from hevesy.evidence import Limits, catalog, groups, open_evidence, reach, reach_many
from hevesy.evidence.streams import decompressor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hevesy.model import Source

DATA = b"".join(b"%d 2021-03-03 GET /owa/auth/x.js\r\n" % i for i in range(1500)) + os.urandom(3000)


@lru_cache(maxsize=1)
def _ways(zipped: Callable[..., bytes], tarred: Callable[..., bytes]) -> dict[str, bytes]:
    return {
        "plain.log": DATA,
        "deflated.zip": zipped({"x.log": DATA}),
        "stored.zip": zipped({"x.log": DATA}, zipfile.ZIP_STORED),
        "bzip2.zip": zipped({"x.log": DATA}, zipfile.ZIP_BZIP2),
        "lzma.zip": zipped({"x.log": DATA}, zipfile.ZIP_LZMA),
        "x.tar": tarred({"x.log": DATA}),
        "x.tar.gz": tarred({"x.log": DATA}, "w:gz"),
        "x.tgz": tarred({"x.log": DATA}, "w:gz"),
        "x.tar.xz": tarred({"x.log": DATA}, "w:xz"),
        "x.tar.bz2": tarred({"x.log": DATA}, "w:bz2"),
        "x.log.gz": gzip.compress(DATA),
        "two.log.gz": gzip.compress(DATA[:20_000]) + gzip.compress(DATA[20_000:]),
        "x.log.bz2": bz2.compress(DATA),
        "x.log.xz": lzma.compress(DATA),
        "zip_in_zip.zip": zipped({"a.zip": zipped({"x.log": DATA})}),
        "tgz_in_zip.zip": zipped({"a.tgz": tarred({"x.log": DATA}, "w:gz")}),
        "zip_in_tgz.tgz": tarred({"a.zip": zipped({"x.log": DATA})}, "w:gz"),
        "gz_in_tar.tar": tarred({"x.log.gz": gzip.compress(DATA)}),
        "zip_in_gz.zip.gz": gzip.compress(zipped({"x.log": DATA})),
    }


def _sources(path: Path) -> list[Source]:
    with open_evidence([str(path)]) as evidence:
        sources = list(catalog(evidence, lambda _, __: "log"))
        assert evidence.losses() == ()
    return sources


@pytest.mark.parametrize("seekable", [False, True])
@pytest.mark.parametrize("memory", [1 << 20, 1000])
def test_every_way_gives_the_same_bytes(
    *,
    seekable: bool,
    memory: int,
    folder: Callable[..., Path],
    zipped: Callable[..., bytes],
    tarred: Callable[..., bytes],
) -> None:
    """Plain, packed, nested; sequential or seekable; from memory or from a scratch file."""
    made = folder("x", _ways(zipped, tarred))
    sources = _sources(made)
    assert len(sources) == len(_ways(zipped, tarred))
    for source in sources:
        with reach(source, seekable=seekable, limits=Limits(memory=memory)) as reached:
            assert reached.stream.seekable() is seekable
            assert reached.stream.read(100) == DATA[:100]
            assert reached.stream.read() == DATA[100:]
            if seekable:
                reached.stream.seek(5)
                assert reached.stream.read(10) == DATA[5:15]
            reached.finish()
            assert (reached.sha256, reached.size) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
        # The list takes the size of a gz from its end, which knows of the last member alone.
        stated = DATA[20_000:] if source.path.startswith("two.log.gz") else DATA
        assert source.size == len(stated)


def test_finish_drains_what_was_not_read(
    folder: Callable[..., Path], zipped: Callable[..., bytes], tarred: Callable[..., bytes]
) -> None:
    """A parser may stop early; hash and size still speak of the whole."""
    for source in _sources(folder("x", _ways(zipped, tarred))):
        with reach(source) as reached:
            assert reached.sha256 == ""
            reached.stream.readline()
            reached.finish()
            reached.finish()
            assert (reached.sha256, reached.size) == (hashlib.sha256(DATA).hexdigest(), len(DATA))


def test_many_members_are_reached_in_one_pass(
    tmp_path: Path, tarred: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of a compressed tar is linear: it is unpacked once, however many members it has."""
    files = {f"C/{i:03}.log": b"%d\n" % i * 1000 for i in range(200)}
    (tmp_path / "x.tgz").write_bytes(tarred(files, "w:gz"))
    sources = _sources(tmp_path / "x.tgz")
    assert [len(group) for group in groups(sources)] == [200]
    opened: list[str] = []

    def counted(kind: str, packed: BinaryIO, limits: Limits, size: int) -> BinaryIO:
        opened.append(kind)
        return decompressor(kind, packed, limits, size)

    monkeypatch.setattr("hevesy.evidence.reaching.decompressor", counted)
    wanted = sources[::3]
    seen = {}
    for index, (source, reached) in enumerate(reach_many(wanted)):
        if index % 2:  # what is left unread of one does not reach into the next
            seen[source.path] = reached.stream.read()
    assert seen == {s.path: files[s.path] for s in wanted[1::2]}
    assert opened == ["gz"]


def test_groups_keep_together_what_is_reached_together(
    folder: Callable[..., Path], zipped: Callable[..., bytes], tarred: Callable[..., bytes]
) -> None:
    """Plain files and members of a zip or tar on disk are alone; packed and nested ones are not."""
    two = {"a.log": b"a", "b.log": b"b"}
    made = folder(
        "x",
        {
            **two,
            "zip.zip": zipped(two),
            "tar.tar": tarred(two),
            "tgz.tgz": tarred(two, "w:gz"),
            "nest.zip": zipped({"1.zip": zipped(two), "2.zip": zipped(two)}),
        },
    )
    sources = _sources(made)
    sizes = sorted(len(group) for group in groups(sources))
    assert sizes == [1] * 6 + [2] * 3
    assert groups(sources) == groups(list(reversed(sources))) or sizes


def test_every_wanted_source_comes_once(
    folder: Callable[..., Path], zipped: Callable[..., bytes], tarred: Callable[..., bytes]
) -> None:
    """Whatever is asked for together is given, each once."""
    sources = _sources(folder("x", _ways(zipped, tarred)))
    seen = [source for source, _ in reach_many(reversed(sources))]
    assert sorted(seen, key=lambda s: s.path) == sources


def test_another_process_reaches_it_from_the_source_alone(
    folder: Callable[..., Path], zipped: Callable[..., bytes], tarred: Callable[..., bytes]
) -> None:
    """A pickled source is all that a worker needs."""
    sources = _sources(folder("x", _ways(zipped, tarred)))
    code = (
        "import pickle, sys\n"
        "from hevesy.evidence import reach_many\n"
        "for source, reached in reach_many(pickle.load(sys.stdin.buffer)):\n"
        "    reached.finish(); print(reached.sha256)\n"
    )
    done = subprocess.run(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-c", code], input=pickle.dumps(sources), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == [hashlib.sha256(DATA).hexdigest()] * len(sources)


def test_damage_ends_the_stream_and_is_told(tmp_path: Path, zipped: Callable[..., bytes]) -> None:
    """A wrong checksum is the failure of this source alone, and its bytes are given."""
    data = zipped({"a.log": DATA, "b.log": DATA}, zipfile.ZIP_STORED)
    (tmp_path / "x.zip").write_bytes(data)
    sources = _sources(tmp_path / "x.zip")
    broken = bytearray(data)
    broken[20_000] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(broken)
    results = []
    for source, reached in reach_many(sources):
        reached.finish()
        results.append((source.path, str(reached.failure or ""), reached.size))
    assert results == [
        ("a.log", "its checksum is wrong: the archive is damaged", len(DATA)),
        ("b.log", "", len(DATA)),
    ]


def test_a_seekable_copy_keeps_what_came_before_the_damage(
    tmp_path: Path, zipped: Callable[..., bytes]
) -> None:
    """What can be read of a damaged event log is handed out, with the failure beside it."""
    data = bytearray(zipped({"a.evtx": DATA}, zipfile.ZIP_STORED))
    (tmp_path / "x.zip").write_bytes(data)
    (source,) = _sources(tmp_path / "x.zip")
    data[20_000] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    with reach(source, seekable=True) as reached:
        assert reached.failure is not None
        assert reached.stream.read(1000) == DATA[:1000]


def test_a_file_that_went_away_is_an_evidence_error(folder: Callable[..., Path]) -> None:
    """What cannot be opened any more raises on entry, and is no surprise to the caller."""
    made = folder("x", {"a.log": b"a"})
    (source,) = _sources(made)
    (made / "a.log").unlink()
    with pytest.raises(EvidenceError), reach(source):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links")
def test_a_link_put_in_a_files_place_is_not_followed(
    tmp_path: Path, folder: Callable[..., Path]
) -> None:
    """Between listing and reading, nothing else may come to stand in a source's place."""
    made = folder("x", {"a.log": b"a"})
    (source,) = _sources(made)
    (made / "a.log").unlink()
    (tmp_path / "secret").write_bytes(b"secret")
    (made / "a.log").symlink_to(tmp_path / "secret")
    with pytest.raises(EvidenceError), reach(source):
        pass


def test_a_spool_is_bounded(tmp_path: Path, zipped: Callable[..., bytes]) -> None:
    """A member larger than the limit is not spooled."""
    (tmp_path / "x.zip").write_bytes(zipped({"a.evtx": DATA}))
    (source,) = _sources(tmp_path / "x.zip")
    with (
        pytest.raises(EvidenceError, match="spool"),
        reach(source, seekable=True, limits=Limits(memory=100, spool=1000)),
    ):
        pass


def test_scratch_holds_no_name_of_a_member_and_is_left_empty(
    tmp_path: Path, zipped: Callable[..., bytes]
) -> None:
    """A spooled member leaves nothing behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "x.zip").write_bytes(zipped({"a.evtx": DATA}))
    (source,) = _sources(tmp_path / "x.zip")
    with reach(source, seekable=True, scratch=scratch, limits=Limits(memory=10)) as reached:
        assert reached.stream.read() == DATA
    assert list(scratch.iterdir()) == []


def test_a_tar_that_was_cut_after_listing_fails_source_by_source(
    tmp_path: Path, tarred: Callable[..., bytes]
) -> None:
    """Every source is still given, those behind the cut with their failure."""
    files = {f"{i}.log": os.urandom(3000) for i in range(10)}
    (tmp_path / "x.tgz").write_bytes(tarred(files, "w:gz"))
    sources = _sources(tmp_path / "x.tgz")
    (tmp_path / "x.tgz").write_bytes((tmp_path / "x.tgz").read_bytes()[:15_000])
    states = []
    for source, reached in reach_many(sources):
        data = reached.stream.read()
        assert files[source.path].startswith(data)
        states.append((reached.failure is None, len(data)))
    assert len(states) == 10
    assert states[0] == (True, 3000)
    assert states[-1] == (False, 0)


def test_reading_by_lines_and_blocks_is_the_same(folder: Callable[..., Path]) -> None:
    """The stream is an ordinary buffered one."""
    (source,) = _sources(folder("x", {"a.log": DATA}))
    with reach(source) as reached:
        assert b"".join(reached.stream) == DATA
    with reach(source) as reached:
        block = bytearray(777)
        parts = []
        stream: Any = reached.stream
        while count := stream.readinto(block):
            parts.append(bytes(block[:count]))
        assert b"".join(parts) == DATA
    assert isinstance(reached.stream, io.BufferedIOBase)


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, partial(bz2.compress, compresslevel=1), partial(lzma.compress, preset=0)],
)
def test_a_cut_log_is_listed_and_read_as_far_as_it_goes(
    pack: Callable[[bytes], bytes], folder: Callable[..., Path]
) -> None:
    """What came before the cut counts; the failure says that more is missing."""
    data = pack(b"".join(b"%d %s\n" % (i, os.urandom(8).hex().encode()) for i in range(50_000)))
    made = folder("x", {"u.log.packed": data[: len(data) // 2]})
    (source,) = _sources(made)
    with reach(source) as reached:
        assert reached.stream.read(5).startswith(b"0 ")
        reached.finish()
        assert reached.failure is not None
        assert reached.size > 300_000
        assert abs(reached.size - source.size) <= 128 * 1024


def test_members_of_one_name_are_all_reached(tmp_path: Path, tarred: Callable[..., bytes]) -> None:
    """A zip or tar may hold a name twice; none hides the other, and each has its own path."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.log", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.log", b"two")
    (tmp_path / "y.tar").write_bytes(tarred({"a.log": b"one", "./a.log": b"two"}))
    for name in ("x.zip", "y.tar"):
        found = {s.path: r.stream.read() for s, r in reach_many(_sources(tmp_path / name))}
        assert found == {"a.log": b"one", "a.log [2]": b"two"}
