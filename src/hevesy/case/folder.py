"""Writing a case whole or not at all, and reading it back."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polars.exceptions import PolarsError

from hevesy.case import layout
from hevesy.case.manifest import Manifest, build
from hevesy.case.parquet import read_tables, write_tables
from hevesy.errors import CaseError
from hevesy.model import Assessment, decode_assessment, encode, encode_assessment
from hevesy.tables import SlicedTables, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Case", "ensure_free", "read", "write"]


@dataclass(frozen=True, slots=True)
class Case:
    """A case folder that was read."""

    folder: Path
    assessment: Assessment
    tables: Tables
    manifest: Manifest
    run: dict[str, Any]
    """Host, command line, start, timings, `inputs` as `[[name, path], ...]`; empty if absent."""


def ensure_free(folder: Path, *, replace: bool = False) -> None:
    """Check, before hours of work, that a case may be written to `folder`.

    A folder that does not exist or is empty is free; an older case is with `replace`.

    Raises:
        CaseError: something else is in the way, or its parent cannot be made or written to.
    """
    if folder.is_symlink() or folder.exists():
        _ensure_replaceable(folder, replace=replace)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaseError(f"the folder {folder.parent} cannot be made: {error.strerror}") from error
    if not os.access(folder.parent, os.W_OK):
        raise CaseError(f"the folder {folder.parent} cannot be written to")


def write(  # noqa: PLR0913  # one parameter a part of the case
    folder: Path,
    assessment: Assessment,
    tables: Tables | SlicedTables,
    *,
    html: str,
    versions: Mapping[str, str],
    run: Mapping[str, object],
    log: Iterable[str] = (),
    records: Path | None = None,
    replace: bool = False,
) -> Path:
    """Write a case to a private folder beside `folder`, then rename it: whole or not at all.

    Args:
        folder: Where the case shall lie.
        assessment: The result document.
        tables: Its findings, timeline and ledger.
        html: Content of `report.html`.
        versions: What worked on it: `knowledge`, `rules`, libraries, with version or SHA-256.
        run: What differs by run: `host`, `command`, `started`, timings; `inputs` as
            `[[name, path], ...]` lets `verify` find the evidence again.
        log: Lines of `log.jsonl`, each one JSON object, without a line feed.
        records: Folder that holds `<table>/*.parquet`; it is moved into the case.
        replace: Whether an older case in the way is replaced; its decisions are kept.

    Returns:
        The folder.

    Raises:
        CaseError: something is in the way, or the disk refuses.
    """
    asked, folder = folder, Path(os.path.abspath(folder))  # noqa: PTH100  # follows no link
    ensure_free(folder, replace=replace)
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        (partial / layout.ASSESSMENT).write_bytes(encode_assessment(assessment))
        write_tables(partial, tables)
        (partial / layout.REPORT).write_text(html, encoding="utf-8", newline="\n")
        if records is not None:
            shutil.move(records, partial / layout.RECORDS)
        (partial / layout.MANIFEST).write_bytes(encode(build(partial, assessment, versions)))
        (partial / layout.RUN).write_bytes(encode(dict(run)))
        _write_log(partial / layout.LOG, log)
        _keep_decisions(folder, partial)
        _put_in_place(partial, folder)
    except (OSError, PolarsError) as error:  # polars says in its own way that a disk is full
        raise CaseError(f"the case {asked} cannot be written: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return asked


def read(folder: Path) -> Case:
    """Read a case back.

    Raises:
        CaseError: it is no case, of another schema, or a file of it cannot be read.
    """
    import msgspec

    if not (folder / layout.ASSESSMENT).is_file():
        raise CaseError(f"{folder} is no case of hevesy: it holds no {layout.ASSESSMENT}")
    try:
        assessment = decode_assessment((folder / layout.ASSESSMENT).read_bytes())
    except (OSError, ValueError) as error:
        raise CaseError(f"{folder / layout.ASSESSMENT} cannot be read: {error}") from error
    try:
        manifest = msgspec.json.decode((folder / layout.MANIFEST).read_bytes(), type=Manifest)
    except (OSError, ValueError) as error:
        raise CaseError(f"{folder / layout.MANIFEST} cannot be read: {error}") from error
    if manifest.schema != layout.MANIFEST_SCHEMA:
        raise CaseError(f"{folder / layout.MANIFEST}: the schema is {manifest.schema!r}")
    return Case(folder, assessment, read_tables(folder), manifest, _read_run(folder))


def _read_run(folder: Path) -> dict[str, Any]:
    """Read run.json; it may be absent: who hands a case on may keep the host's name back."""
    try:
        run = json.loads((folder / layout.RUN).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CaseError(f"{folder / layout.RUN} cannot be read: {error}") from error
    return run if isinstance(run, dict) else {}


def _ensure_replaceable(folder: Path, *, replace: bool) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise CaseError(f"{folder} is in the way: it is no folder")
    if not any(folder.iterdir()):
        return
    if not ((folder / layout.ASSESSMENT).is_file() and (folder / layout.MANIFEST).is_file()):
        raise CaseError(f"{folder} is in the way: it is neither empty nor a case of hevesy")
    if not replace:
        raise CaseError(f"{folder} already holds a case")


def _write_log(path: Path, log: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        stream.writelines(f"{line}\n" for line in log)


def _keep_decisions(old: Path, new: Path) -> None:
    if (old / layout.DECISIONS).is_file():
        shutil.copyfile(old / layout.DECISIONS, new / layout.DECISIONS)


def _put_in_place(partial: Path, folder: Path) -> None:
    """Rename `partial` to `folder`; an older case is set aside first and put back on failure."""
    if not folder.exists():
        partial.rename(folder)
        return
    aside = folder.parent / f".{folder.name}.replaced-{os.getpid()}"
    folder.rename(aside)
    try:
        partial.rename(folder)
    except OSError:
        with suppress(OSError):
            aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
