"""Rule files as YAML documents with the place of each: files, folders, zips, collections."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hevesy.sigma.errors import SigmaLoadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Document", "RuleFile", "documents", "fingerprint", "read_files", "unpacked"]

_ENDINGS = (".yml", ".yaml")
_NO_RULES = "holds no file of Sigma rules (*.yml, *.yaml)"
_MEMBER_LIMIT = 4 << 20  # a rule has some kB; a larger member of a zip is no rule


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The bytes of a file of rules."""

    name: str
    """Path as handed in, `/` between folders; `rules.zip!member` in a zip."""
    data: bytes
    packed: bool = False
    """Whether this is a zip of such files."""
    unread: str = ""
    """Why it was not read; empty where it was."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document; `error` says why there is no content."""

    file: str
    line: int
    content: dict[str, Any] | None
    error: str = ""
    inherits: bool = False
    """Whether its id is that of a rule collection, which others of its file have too."""


def read_files(paths: Sequence[Path]) -> list[RuleFile]:
    """Read all `*.yml` and `*.yaml` below the paths, in a stable order; zips as they are.

    Args:
        paths: Files, folders (read with all their sub-folders) and zips.

    Raises:
        SigmaLoadError: A path is missing or unreadable, or a folder of no such file.
    """
    found: dict[str, RuleFile] = {}
    for path in paths:
        for file in _files_of(Path(path)):  # handed in twice, or within another, it counts once
            found.setdefault(os.path.abspath(file.name), file)  # noqa: PTH100  # quicker, of thousands
    return list(found.values())


def _files_of(path: Path) -> Iterator[RuleFile]:
    try:
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS)
            files = [each for each in found if each.is_file()]
            if not files:
                raise SigmaLoadError(f"{path}: {_NO_RULES}")
            for each in files:
                yield RuleFile(each.as_posix(), each.read_bytes())
        elif path.is_file():
            data = path.read_bytes()
            packed = zipfile.is_zipfile(io.BytesIO(data))
            yield RuleFile(path.as_posix(), data, packed)
        else:
            raise SigmaLoadError(f"{path}: no such file or folder of Sigma rules")
    except OSError as error:
        raise SigmaLoadError(f"{path}: cannot be read: {error}") from error


def unpacked(files: Sequence[RuleFile]) -> Iterator[RuleFile]:
    """The files, and in the place of a zip those in it.

    Raises:
        SigmaLoadError: A zip cannot be read.
    """
    for file in files:
        if not file.packed:
            yield file
            continue
        try:
            yield from _members_of(file)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise SigmaLoadError(f"{file.name}: cannot be read: {error}") from error


def _members_of(packed: RuleFile) -> Iterator[RuleFile]:
    """The rule files in a zip; what claims to be far larger than a rule is not read.

    Raises:
        SigmaLoadError: It holds none.
    """
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        found = [each for each in archive.infolist() if each.filename.lower().endswith(_ENDINGS)]
        if not found:
            raise SigmaLoadError(f"{packed.name}: {_NO_RULES}")
        for info in sorted(found, key=lambda each: each.filename):
            name = f"{packed.name}!{info.filename}"
            if info.file_size > _MEMBER_LIMIT:
                unread = f"{info.file_size} bytes are no rule: at most {_MEMBER_LIMIT} are read"
                yield RuleFile(name, b"", unread=unread)
            else:
                yield RuleFile(name, archive.read(info))


def fingerprint(files: Sequence[RuleFile]) -> str:
    """SHA-256 over names and contents; a zip counts as its bytes, so it need not be opened."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\n{len(file.data)}\n".encode())
        digest.update(file.data)
    return digest.hexdigest()


def documents(file: RuleFile) -> Iterator[Document]:
    """The documents of a file; a syntax error ends it with a document that says so."""
    import yaml
    from sigma.rule.base import SigmaYAMLLoader

    if file.unread:
        yield Document(file.name, 1, None, file.unread)
        return
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Document(file.name, 1, None, f"not UTF-8: {error}")
        return
    line = 1
    try:
        loader = SigmaYAMLLoader(text)
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1 if node is not None else line
            content = loader.construct_document(node)
            if content is not None:
                yield _checked(file.name, line, content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = line if mark is None else mark.line + 1
        said = getattr(error, "problem", None) or str(error)
        yield Document(file.name, where, None, f"not valid YAML: {' '.join(said.split())}")


def _checked(name: str, line: int, content: object) -> Document:
    if isinstance(content, dict):
        return Document(name, line, content)
    return Document(name, line, None, f"a rule is a map, not a {type(content).__name__}")
