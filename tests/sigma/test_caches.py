"""What is kept on disk is used where it is what would be made now, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import zipfile
from typing import TYPE_CHECKING
from unittest import mock

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.sigma import LogSource, Ruleset, TableMap, Taxonomy, databases, load, loading, storage

if TYPE_CHECKING:
    from pathlib import Path

    import hyperscan

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))
FRAME = pl.DataFrame({"a": ["x", "y", "z"]})
PATTERNS = [f"pattern {number}".encode() for number in range(60)]


def rule(value: str) -> str:
    """A rule that matches one value."""
    detection = f"detection: {{s: {{a: '{value}'}}, condition: s}}\n"
    return f"title: {value}\nlogsource: {{category: test}}\n{detection}"


def packed(path: Path, *values: str) -> Path:
    """A zip of such rules."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, value in enumerate(values):
            archive.writestr(f"rules/{number}.yml", rule(value))
    return path


def titles(ruleset: Ruleset) -> list[str]:
    """The titles of the rules that match, row by row."""
    return [ruleset.rules[number].title for number in ruleset.match("t", FRAME)["rule"]]


def entry(cache: Path, pattern: str) -> Path:
    """The one file of a cache that is called so."""
    (found,) = cache.glob(pattern)
    return found


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"


def test_a_second_load_compiles_nothing(tmp_path: Path, cache: Path) -> None:
    """A zip that was compiled is neither opened nor parsed again, and matches as before."""
    path = packed(tmp_path / "r.zip", "x", "y")
    first = load([path], TAXONOMY, cache=cache)
    with mock.patch.object(loading, "_compile"), mock.patch.object(loading, "unpacked") as opened:
        again = load([path], TAXONOMY, cache=cache)
    assert not opened.called
    assert titles(again) == titles(first) == ["x", "y"]
    assert again.rules == first.rules
    assert again.digest == first.digest


def test_a_changed_file_is_noticed(tmp_path: Path, cache: Path) -> None:
    """In a zip or beside others in a folder, of the same length and of the same age."""
    path, folder = tmp_path / "r.zip", tmp_path / "rules"
    folder.mkdir()
    for value in ("x", "z"):
        packed(path, value)
        file = folder / "a.yml"
        file.write_text(rule(value), encoding="utf-8")
        for each in (path, file):
            os.utime(each, (1, 1))
        assert titles(load([path], TAXONOMY, cache=cache)) == [value]
        assert titles(load([folder], TAXONOMY, cache=cache)) == [value]


def test_a_changed_pipeline_or_value_is_noticed(tmp_path: Path, cache: Path) -> None:
    """What is done to rules is part of what they are."""
    path = tmp_path / "a.yml"
    path.write_text(rule("x"), encoding="utf-8")
    pipeline = tmp_path / "p.yml"
    for column in ("a", "b"):
        pipeline.write_text(
            "name: p\npriority: 1\ntransformations:\n"
            f"  - {{id: one, type: field_name_mapping, mapping: {{a: {column}}}}}\n",
            encoding="utf-8",
        )
        found = load([path], TAXONOMY, pipelines=[pipeline], cache=cache)
        assert titles(found) == (["x"] if column == "a" else [])
    path.write_text(rule("x").replace("{a: 'x'}", "{'a|expand': '%v%'}"), encoding="utf-8")
    for value in ("x", "y"):
        found = load([path], TAXONOMY, placeholders={"v": [value]}, cache=cache)
        assert found.match("t", FRAME).rows() == [(0, "xy".index(value))]


def test_other_tables_are_noticed(tmp_path: Path, cache: Path) -> None:
    """The same rules for another taxonomy are other rules."""
    path = packed(tmp_path / "r.zip", "x")
    load([path], TAXONOMY, cache=cache)
    moved = Taxonomy((TableMap("t", (LogSource(category="test"),), fields={"a": "b"}),))
    assert not titles(load([path], moved, cache=cache))


@pytest.mark.parametrize("damage", ["", "short", "flipped", "other format"])
def test_damaged_rules_are_made_anew(tmp_path: Path, cache: Path, damage: str) -> None:
    """Whatever stands in the cache: what the rules say counts."""
    path = packed(tmp_path / "r.zip", "x")
    load([path], TAXONOMY, cache=cache)
    file = entry(cache, "rules-*.bin")
    whole = file.read_bytes()
    if damage == "flipped":
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        file.write_bytes(changed)
    elif damage == "other format":
        inside = whole[32:].replace(b"\xa6format\xa1", b"\xa6format\xa2x", 1)
        file.write_bytes(hashlib.sha256(inside).digest() + inside)
    else:
        file.write_bytes(whole[:40] if damage else b"")
    assert titles(load([path], TAXONOMY, cache=cache)) == ["x"]
    assert file.read_bytes() == whole


def test_a_rule_set_travels_as_it_was_stored(tmp_path: Path, cache: Path) -> None:
    """To a worker go the bytes that were read; a part of the rules has bytes of its own."""
    load([packed(tmp_path / "r.zip", "x", "y")], TAXONOMY, cache=cache)
    found = load([tmp_path / "r.zip"], TAXONOMY, cache=cache)
    # A pickle of this test's own.
    assert titles(pickle.loads(pickle.dumps(found))) == ["x", "y"]  # noqa: S301  # see above
    part = found.select(lambda each: each.title == "y")
    assert titles(pickle.loads(pickle.dumps(part))) == ["y"]  # noqa: S301  # likewise
    assert part.digest != found.digest


def test_a_database_is_compiled_once(cache: Path) -> None:
    """The second time it is read, and it finds the same."""
    first = databases.database_of(PATTERNS, cache)
    with mock.patch("hyperscan.Database", side_effect=AssertionError):
        again = databases.database_of(PATTERNS, cache)
    assert scanned(first) == scanned(again) == [5]


def scanned(database: hyperscan.Database) -> list[int]:
    """The patterns that it finds in a text."""
    from hyperscan import Scratch

    found: list[int] = []
    database.scan(
        b"a pattern 5.",
        match_event_handler=lambda number, *_: found.append(number),
        scratch=Scratch(database),
    )
    return found


@pytest.mark.parametrize("stored", [b"", b"short", b"x" * 4000])
def test_a_damaged_database_is_compiled_anew(cache: Path, stored: bytes) -> None:
    """Damage never reaches hyperscan, which trusts what it loads."""
    databases.database_of(PATTERNS, cache)
    file = entry(cache, "patterns-*.bin")
    whole = file.read_bytes()
    file.write_bytes(stored)
    with mock.patch("hyperscan.loadb", side_effect=AssertionError):
        assert scanned(databases.database_of(PATTERNS, cache)) == [5]
    assert file.read_bytes() == whole


def test_a_database_of_another_machine_is_compiled_anew(cache: Path) -> None:
    """One that hyperscan refuses to load costs a compilation, no more."""
    from hyperscan import error

    databases.database_of(PATTERNS, cache)
    with mock.patch("hyperscan.loadb", side_effect=error("other platform")):
        assert scanned(databases.database_of(PATTERNS, cache)) == [5]


@pytest.mark.parametrize("what", ["version", "platform.machine", "platform.system"])
def test_versions_and_machines_have_databases_of_their_own(cache: Path, what: str) -> None:
    """A database is looked for under the version and the machine that made it."""
    databases.database_of(PATTERNS, cache)
    with mock.patch(f"hevesy.sigma.databases.{what}", return_value="another"):
        databases.database_of(PATTERNS, cache)
    assert len(list(cache.glob("patterns-*.bin"))) == 2


def test_patterns_are_kept_apart(cache: Path) -> None:
    """The same letters cut elsewhere are other patterns."""
    one = [b"ab", b"c\nd", *PATTERNS]
    other = [b"ab\nc", b"d", *PATTERNS]
    databases.database_of(one, cache)
    databases.database_of(other, cache)
    assert len(list(cache.glob("patterns-*.bin"))) == 2


def test_few_patterns_are_not_kept(cache: Path) -> None:
    """A file for each handful of patterns would cost more than compiling them."""
    databases.database_of(PATTERNS[:3], cache)
    assert not cache.exists()


@given(st.integers(0, 6), st.integers(1, 6))
def test_a_cache_stays_small(
    tmp_path_factory: pytest.TempPathFactory, count: int, most: int
) -> None:
    """The newest entries stay, others of the folder are left alone."""
    folder = tmp_path_factory.getbasetemp() / "kept"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "other.bin").write_bytes(b"")
    for number in range(count):
        path = folder / f"patterns-{number}.bin"
        path.write_bytes(b"")
        os.utime(path, (number, number))
    storage.trim(folder, "patterns-*.bin", most)
    kept = sorted(int(path.stem[9:]) for path in folder.glob("patterns-*.bin"))
    assert kept == list(range(max(0, count - most), count))
    assert (folder / "other.bin").exists()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """Rules are found all the same."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    path = packed(tmp_path / "r.zip", "x")
    assert titles(load([path], TAXONOMY, cache=blocked / "cache")) == ["x"]
    assert scanned(databases.database_of(PATTERNS, blocked / "cache")) == [5]
