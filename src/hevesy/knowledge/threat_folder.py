"""A threat folder: `threat.toml`, `remedy.md`, `indicators.csv`, `sigma/`, `yara/`."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from typing import TYPE_CHECKING, Any

from hevesy.errors import ContentError
from hevesy.knowledge.table_files import read_text
from hevesy.model import Threat, Vulnerability

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_threat", "read_remedies", "read_toml"]

_KEY = re.compile(r"^## ([a-z0-9]+(?:-[a-z0-9]+)*)\s*$", re.MULTILINE)


def load_threat(folder: Path) -> Threat:
    """The threat that a folder describes.

    Raises:
        ContentError: A file is missing, or a key is missing or of another type.
    """
    file = folder / "threat.toml"
    table = read_toml(file)
    first = _get(table, "first_exploited", dt.date, file)
    vulnerabilities = tuple(
        Vulnerability(
            _get(one, "id", str, file), _get(one, "title", str, file), _texts(one, "kinds", file)
        )
        for one in _get(table, "vulnerabilities", list, file)
    )
    return Threat(
        name=folder.name,
        title=_get(table, "title", str, file),
        vulnerabilities=vulnerabilities,
        first_exploited=dt.datetime(first.year, first.month, first.day, tzinfo=dt.UTC),
        first_exploited_source=_get(table, "first_exploited_source", str, file),
        window_kinds=_texts(table, "window_kinds", file),
        remedies=read_remedies(folder / "remedy.md"),
        folder=str(folder),
    )


def read_toml(file: Path) -> dict[str, Any]:
    """A TOML file.

    Raises:
        ContentError: It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"is not TOML: {error}", str(file)) from error


def read_remedies(file: Path) -> tuple[tuple[str, str], ...]:
    """Key and Markdown text of each `## key` section, in the file's order.

    The text starts with a bold line, the title of the remedy; order is the order of doing.

    Raises:
        ContentError: A key stands twice, or a section has no text.
    """
    parts = _KEY.split(read_text(file))[1:]
    pairs = tuple((key, body.strip()) for key, body in zip(parts[::2], parts[1::2], strict=True))
    keys = [key for key, _ in pairs]
    for key, body in pairs:
        if keys.count(key) > 1:
            raise ContentError(f"remedy {key!r} stands twice", str(file))
        if not body.startswith("**"):
            raise ContentError(f"remedy {key!r} does not start with its title in bold", str(file))
    return pairs


def _get(table: dict[str, Any], key: str, kind: type, file: Path) -> Any:  # noqa: ANN401 - TOML
    value = table.get(key)
    if not isinstance(value, kind):
        raise ContentError(f"{key} is {value!r}, not a {kind.__name__}", str(file))
    return value


def _texts(table: dict[str, Any], key: str, file: Path) -> tuple[str, ...]:
    return tuple(str(one) for one in _get(table, key, list, file))
