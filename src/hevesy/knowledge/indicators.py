"""Indicators from the files that people hand round: CSV of several feeds, lists, STIX, MISP."""

from __future__ import annotations

import csv
import io
import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hevesy.errors import ContentError
from hevesy.knowledge import normal_form as form
from hevesy.knowledge.indicator_json import from_json
from hevesy.knowledge.indicator_row import Row
from hevesy.knowledge.table_files import read_text
from hevesy.model import Indicator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["indicator_of", "read_indicators"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    # What feeds call a column, first match wins. Azure-Sentinel's MSTIC feed: DateAdded, FirstSeen,
    # Indicator, IndicatorType, TLP. volexity/threat-intel: value, type, notes (or description).
    "value": ("value", "indicator", "indicator_value", "ioc", "ioc_value", "observable", "pattern"),
    "type": ("type", "indicatortype", "indicator_type", "ioc_type", "observable_type", "kind"),
    "context": ("context", "notes", "note", "description", "comment", "details", "category"),
    "source": ("source", "sources", "reference", "references", "provider", "feed"),
    "actor": ("actor", "threat_actor", "attribution", "group", "campaign"),
    "weight": ("weight", "confidence"),
}
_TYPES: dict[str, str] = {
    # Spellings seen in MSTIC, Volexity, MISP, STIX, OTX and MDE files -> the word of the house.
    "ip": "ip", "ipaddress": "ip", "ipaddr": "ip", "ipv4": "ip", "ipv6": "ip", "ipv4addr": "ip",
    "ipv6addr": "ip", "ipsrc": "ip", "ipdst": "ip", "ip4": "ip", "ip6": "ip", "address": "ip",
    "domain": "domain", "domainname": "domain", "hostname": "domain", "host": "domain",
    "fqdn": "domain", "url": "url", "uri": "url", "link": "url",
    "hash": "hash", "filehash": "hash", "md5": "hash", "sha1": "hash", "sha256": "hash",
    "filehashmd5": "hash", "filehashsha1": "hash", "filehashsha256": "hash", "filemd5": "hash",
    "filesha1": "hash", "filesha256": "hash",
    "filepath": "file_path", "path": "file_path", "file": "file_path", "filename": "file_path",
    "pathfragment": "path_fragment", "useragent": "user_agent", "useragentiis": "user_agent",
    "httpuseragent": "user_agent", "uristem": "uri_stem", "uripath": "uri_stem",
    "uristemregex": "uri_stem_regex", "string": "string", "text": "string",
    "email": "email", "emailaddr": "email", "emailaddress": "email", "emailsrc": "email",
    "emaildst": "email", "scheduledtask": "scheduled_task", "task": "scheduled_task",
}  # fmt: skip
_WEIGHTS = {"strong": "strong", "medium": "medium", "weak": "weak", "high": "strong", "low": "weak"}
_LARGEST_NETWORK = 1024
_ADOC_ROW = re.compile(r"^\|\s*`([^`]+)`\s*((?:\|[^|]*)*)$")


def read_indicators(path: Path) -> tuple[Indicator, ...]:
    """Every indicator of a file, each value once, in the file's order.

    Reads CSV with the column names of common feeds (MSTIC and Azure-Sentinel, Volexity, hevesy's
    own), lists with one value a line (ESET's `samples.*`), AsciiDoc or Markdown tables with the
    value in backticks (ESET's README), STIX 2.1 bundles and MISP events as JSON. Values may be
    defanged. A row with an empty value is no indicator. A network of at most 1,024 addresses is
    taken as its addresses. A URL is taken as its host.

    Raises:
        ContentError: The file cannot be read, has no column of values, or a value is not what its
            type says.
    """
    text = read_text(path)
    found: dict[tuple[str, str], Indicator] = {}
    for row in _rows(path, text):
        for one in indicators_of(row, path):
            found.setdefault((one.type, one.value), one)
    return tuple(found.values())


def _rows(path: Path, text: str) -> Iterable[Row]:
    if path.suffix.lower() in {".json", ".stix", ".misp"} or text.lstrip()[:1] in {"{", "["}:
        return from_json(path, text)
    if path.suffix.lower() in {".adoc", ".asciidoc", ".md"}:
        return _table_rows(text)
    first = next((line for line in text.splitlines() if line.strip()), "")
    cells = [_word(cell) for cell in next(csv.reader([first]), [])]
    if any(name in cells for name in _COLUMNS["value"]):
        return _csv_rows(text)
    if path.suffix.lower() == ".csv":
        message = f"no column of values: one of {', '.join(_COLUMNS['value'])} is needed"
        raise ContentError(message, str(path), 1)
    return _list_rows(text)


def _word(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_")


def _csv_rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    names = [_word(cell) for cell in header]
    places = {
        field: next((names.index(name) for name in known if name in names), None)
        for field, known in _COLUMNS.items()
    }
    for cells in reader:
        picked = {
            field: cells[place].strip() if place is not None and place < len(cells) else ""
            for field, place in places.items()
        }
        if picked["value"]:
            yield Row(reader.line_num, **picked)


def _list_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        value = line.partition("#")[0].strip() if not line.lstrip().startswith("#") else ""
        if value:
            yield Row(number, value)


def _table_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := _ADOC_ROW.match(line.strip()):
            cells = [cell.strip() for cell in match[2].split("|") if cell.strip()]
            yield Row(number, match[1], context="; ".join(cells))


def indicators_of(row: Row, path: Path) -> Iterator[Indicator]:
    """The indicators that one row of a file holds: mostly one.

    Raises:
        ContentError: The type is not known, or the value is not of it.
    """
    value = form.refang(row.value)
    named = re.sub(r"[^a-z0-9]", "", row.type.lower())
    kind = _TYPES.get(named) if named else form.infer_type(value)
    if kind is None:
        what = f"type {row.type!r} is not known" if named else "its form does not tell its type"
        raise ContentError(f"{what}: {row.value!r}", str(path), row.line)
    try:
        values = list(_values(kind, value))
    except ValueError as error:
        raise ContentError(
            f"is no {row.type or kind}: {row.value!r}", str(path), row.line
        ) from error
    weight = _WEIGHTS.get(row.weight.lower(), "medium")
    for type_, normal in values:
        yield Indicator(
            type_, normal, row.value, row.context, row.source or path.name, row.actor, weight,
            path.name, row.line,
        )  # fmt: skip


def _values(kind: str, value: str) -> Iterator[tuple[str, str]]:
    """Type and normal form of each value; ValueError where it is not of its kind."""
    if kind == "ip":
        yield from _addresses(value)
    elif kind == "hash":
        yield _require(form.hash_type(value)), value.lower()
    elif kind == "url":
        yield from _host_of(value)
    elif kind in {"file_path", "path_fragment"}:
        yield _path(kind, value)
    elif kind == "user_agent":
        yield kind, form.normalise_user_agent(value)
    elif kind == "domain":
        yield kind, form.normalise_domain(value)
    elif kind == "uri_stem_regex":
        re.compile(value)
        yield kind, value
    else:
        yield kind, value if kind == "string" else value.lower()


def _require(kind: str | None) -> str:
    if kind is None:
        raise ValueError
    return kind


def _addresses(value: str) -> Iterator[tuple[str, str]]:
    if "/" not in value:
        host = re.sub(r"^(\d+\.\d+\.\d+\.\d+):\d+$", r"\1", value)
        normal = form.normalise_address(host)
        yield ("ipv6" if ":" in normal else "ipv4"), normal
        return
    network = ipaddress.ip_network(value, strict=False)
    if network.num_addresses > _LARGEST_NETWORK:
        raise ValueError
    for address in network:
        yield f"ipv{network.version}", str(address)


def _host_of(value: str) -> Iterator[tuple[str, str]]:
    host = urlsplit(value if "//" in value else f"//{value}").hostname
    if not host:
        raise ValueError
    kind = form.infer_type(host)
    if kind == "ip":
        yield from _addresses(host)
    else:
        yield "domain", form.normalise_domain(host)


def _path(kind: str, value: str) -> tuple[str, str]:
    r"""A whole path stays one; `%VAR%\x` and a bare name are fragments, starting at a `\`."""
    normal = form.normalise_path(value)
    if kind == "path_fragment" or not normal:
        return "path_fragment", _require(normal or None)
    if variable := re.match(r"%[^%\\]+%(?=\\)", normal):
        return "path_fragment", normal[variable.end() :]
    if re.match(r"[a-z]:\\|\\\\", normal):
        return kind, normal
    return "path_fragment", "\\" + normal.lstrip("\\")


def indicator_of(row: Row, path: Path) -> Indicator:
    """The one indicator of a row of hevesy's own tables."""
    return next(indicators_of(row, path))
