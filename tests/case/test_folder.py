"""A case folder is written whole or not at all, is the same bytes again, and reads back."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from hevesy import case
from hevesy.errors import CaseError
from hevesy.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Assessment

RUN = {"host": "analyst", "command": ["hevesy", "assess"], "inputs": [["EX03", "/nowhere"]]}


def write(folder: Path, assessment: Assessment, tables: Tables, **other: Any) -> Path:  # noqa: ANN401
    """Write a case with what every test needs alike."""
    given: dict[str, Any] = {"html": "<p>", "versions": {"knowledge": "1"}, "run": RUN, **other}
    return case.write(folder, assessment, tables, **given)


def content(folder: Path) -> dict[str, bytes]:
    """Bytes of every file of a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_case_reads_back(tmp_path: Path, assessment: Assessment, tables: Tables) -> None:
    """What was written is what is read: the assessment equal, the tables with all their rows."""
    write(tmp_path / "case", assessment, tables, log=['{"event":"start"}'])

    read = case.read(tmp_path / "case")
    assert read.assessment == assessment
    assert read.tables.findings.height == tables.findings.height
    assert read.tables.findings.schema == tables.findings.schema
    assert read.manifest.inputs == assessment.inputs
    assert read.manifest.versions == {"hevesy": "0.1.0", "knowledge": "1"}
    assert read.run["host"] == "analyst"
    assert (tmp_path / "case" / "log.jsonl").read_text() == '{"event":"start"}\n'


def test_the_same_input_is_the_same_bytes(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """Rows in another order, and another run, change nothing but run.json."""
    shuffled = Tables(
        *(
            frame.sample(fraction=1.0, shuffle=True, seed=random.Random(7).randrange(99))  # noqa: S311
            for frame in (tables.findings, tables.timeline, tables.ledger)
        )
    )

    one = content(write(tmp_path / "one", assessment, tables))
    other = content(write(tmp_path / "other", assessment, shuffled, run={"host": "elsewhere"}))
    assert {name for name in one if one[name] != other[name]} == {"run.json"}


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """Ctrl-C in mid-write: no half-written case, no folder left beside it."""

    def interrupted() -> Iterator[str]:
        yield "{}"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "case", assessment, tables, log=interrupted())

    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_replacement_keeps_the_old_case(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """The case that shall be replaced stands until the new one is whole."""
    before = content(write(tmp_path / "case", assessment, tables))

    def broken() -> Iterator[str]:
        yield from ()
        raise OSError(28, "No space left on device")

    with pytest.raises(CaseError, match="No space left"):
        write(tmp_path / "case", assessment, tables, html="new", log=broken(), replace=True)
    assert content(tmp_path / "case") == before


def test_a_rename_that_fails_puts_the_old_case_back(
    tmp_path: Path, assessment: Assessment, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two renames of a replacement nothing is lost either."""
    before = content(write(tmp_path / "case", assessment, tables))
    rename = type(tmp_path).rename

    def refuse(self: Path, target: Path) -> Path:
        if ".partial-" in self.name:
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", refuse)
    with pytest.raises(CaseError, match="Permission denied"):
        write(tmp_path / "case", assessment, tables, html="new", replace=True)
    assert content(tmp_path / "case") == before
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_an_older_case_is_replaced_only_when_asked(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """`replace` puts the new case in its place, and keeps the decisions of the analyst."""
    folder = write(tmp_path / "case", assessment, tables)
    (folder / "decisions.toml").write_text("[[decision]]\n")

    with pytest.raises(CaseError, match="already holds a case"):
        write(folder, assessment, tables)
    write(folder, assessment, tables, html="new", replace=True)
    assert (folder / "report.html").read_text() == "new"
    assert (folder / "decisions.toml").read_text() == "[[decision]]\n"
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_something_else_in_the_way_is_never_removed(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """A folder with other files, a file or a link is refused, `replace` or not."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "photos")

    for name in ("photos", "file", "link"):
        with pytest.raises(CaseError, match=f"{name} is in the way"):
            write(tmp_path / name, assessment, tables, replace=True)
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"x"


def test_an_empty_folder_is_free(tmp_path: Path, assessment: Assessment, tables: Tables) -> None:
    """`mkdir case; hevesy assess ... -o case` works."""
    (tmp_path / "case").mkdir()

    write(tmp_path / "case", assessment, tables)
    assert case.read(tmp_path / "case").assessment == assessment


def test_records_are_moved_into_the_case_and_hashed(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """The Parquet parts of records lie in the case, and the manifest holds their hashes."""
    parts = tmp_path / "parts" / "iis"
    parts.mkdir(parents=True)
    pl.DataFrame({"line": [1]}).write_parquet(parts / "0.parquet")

    write(tmp_path / "case", assessment, tables, records=tmp_path / "parts")
    names = [file.name for file in case.read(tmp_path / "case").manifest.files]
    assert "records/iis/0.parquet" in names
    assert names == sorted(names)


def test_what_is_no_case_is_said(tmp_path: Path, assessment: Assessment, tables: Tables) -> None:
    """A missing folder, another schema, broken JSON, a missing table: one clear sentence each."""
    folder = write(tmp_path / "case", assessment, tables)
    whole = content(folder)
    document = json.loads(whole["assessment.json"])

    def broken(name: str, data: bytes) -> str:
        (folder / name).write_bytes(data)
        with pytest.raises(CaseError) as caught:
            case.read(folder)
        (folder / name).write_bytes(whole[name])
        return str(caught.value)

    with pytest.raises(CaseError, match="is no case of hevesy"):
        case.read(tmp_path)
    newer = json.dumps({**document, "schema": "hevesy.assessment/9"}).encode()
    assert "'hevesy.assessment/9', not 'hevesy.assessment/1'" in broken("assessment.json", newer)
    lacking = json.dumps({k: v for k, v in document.items() if k != "servers"}).encode()
    assert "servers" in broken("assessment.json", lacking)
    assert "manifest.json" in broken("manifest.json", b"{")
    assert "findings.parquet" in broken("findings.parquet", b"PAR1")
    added = json.dumps({**document, "later": 1}).encode()
    (folder / "assessment.json").write_bytes(added)
    assert case.read(folder).assessment == assessment


def test_a_table_without_a_column_is_said(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """Other programs rely on the columns, so does a case that is read."""
    folder = write(tmp_path / "case", assessment, tables)
    tables.ledger.drop("day").write_parquet(folder / "ledger.parquet")

    with pytest.raises(CaseError, match="lacks the column 'day'"):
        case.read(folder)


def test_names_that_are_no_unicode_are_written(
    tmp_path: Path, assessment: Assessment, tables: Tables
) -> None:
    """A file name with bytes that are no UTF-8 (a lone surrogate in Python) breaks no case."""
    odd = replace(assessment, limits=("odd \udcff name",))

    folder = write(tmp_path / "case", odd, tables, log=["\udcff"])
    assert case.read(folder).assessment.limits == ("odd \\udcff name",)


def test_a_case_may_be_written_to_where_one_stands(
    tmp_path: Path, assessment: Assessment, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-o .` in an empty folder: a path without a name of its own is a path too."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    write(Path(), assessment, tables)
    monkeypatch.chdir(tmp_path)
    assert case.read(tmp_path / "here").assessment == assessment
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
