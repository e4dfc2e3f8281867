"""Columns of a frame as Sigma compares them: text, folded text, numbers, addresses, times."""

from __future__ import annotations

import ipaddress
import re
from functools import cached_property, lru_cache

import polars as pl

from hevesy.sigma.atom import MANY, TEXT_OPS, Atom, fold, split_glob
from hevesy.sigma.scanning import Probe

__all__ = ["Values", "as_text", "fold_series", "passes"]

FEW = 32
"""So many values are tested one by one in Python, more in columns."""

_NUMBER = r"^-?\d+(\.\d+)?$"
# What Rust reads otherwise, or not at all: sets within classes, look-around, back references,
# possessive quantifiers, a few escapes.
_BACK_TO_PYTHON = re.compile(
    r"\[[^\]]*(?:\[|&&|~~|--)|\\[ZAuUN_]|\\[0-9]|\(\?[^:imsP]|\(\?P[=>]|[*+?}]\+"
)


def as_text(values: pl.Series) -> pl.Series:
    """Each value as Sigma sees it: whole floats without point, `true`, ISO 8601 times in UTC."""
    dtype = values.dtype
    if dtype == pl.String:
        return values
    if dtype.is_float():
        whole = (values == values.floor()) & (values.abs() < 2.0**53)
        frame = pl.DataFrame({"value": values, "whole": whole})
        text = pl.when("whole").then(pl.col("value").cast(pl.Int64, strict=False).cast(pl.String))
        return frame.select(text.otherwise(pl.col("value").cast(pl.String)))["value"]
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        utc = values.dt.convert_time_zone("UTC") if zone else values
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + zone)
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
        return pl.Series(values.name, [None] * len(values), dtype=pl.String)
    return values.cast(pl.String)


def fold_series(text: pl.Series) -> pl.Series:
    """`hevesy.sigma.atom.fold` of every value."""
    if len(text) <= FEW:
        folded = [None if value is None else fold(value) for value in text.to_list()]
        return pl.Series(folded, dtype=pl.String)
    plain = text.str.len_bytes().sum() == text.str.len_chars().sum()
    if not plain:
        text = text.str.replace_all("\u212a", "\uf8fe", literal=True)
        text = text.str.replace_all("\u0130", "\uf8ff", literal=True)
    lower = text.str.to_lowercase()
    return lower if plain else lower.str.replace_all("ς", "σ", literal=True)  # noqa: RUF001  # the Greek letter is meant


class Values:
    """Values without nulls, in the forms that tests ask for, each made once."""

    def __init__(self, raw: pl.Series) -> None:
        """Take a column."""
        self.raw = raw

    @cached_property
    def text(self) -> pl.Series:
        """As text; a value that has none is null, and passes nothing but `exists`."""
        return as_text(self.raw)

    @cached_property
    def folded(self) -> pl.Series:
        """As folded text."""
        return fold_series(self.text)

    @cached_property
    def numbers(self) -> pl.Series:
        """As numbers: numeric columns as they are, text that is a decimal number, else null."""
        if self.raw.dtype.is_numeric():
            return self.raw
        decimal = pl.when(pl.col("value").str.contains(_NUMBER)).then(pl.col("value"))
        frame = pl.DataFrame({"value": self.text})
        return frame.select(decimal.cast(pl.Float64, strict=False))["value"]

    @cached_property
    def times(self) -> pl.Series:
        """As times: time columns as they are, ISO 8601 text as UTC, else null."""
        if isinstance(self.raw.dtype, pl.Datetime | pl.Date):
            return self.raw
        text = self.text.str.slice(0, 19).str.replace("T", " ", literal=True)
        return text.str.strptime(pl.Datetime, "%Y-%m-%d %H:%M:%S", strict=False)

    @cached_property
    def addresses(self) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address | None]:
        """As IP addresses, one that is mapped into IPv6 as IPv4; None where it is none."""
        return [_address(value) for value in self.text.to_list()]

    def __len__(self) -> int:
        """How many."""
        return len(self.raw)


@lru_cache(maxsize=1 << 16)
def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def passes(atom: Atom, values: Values) -> pl.Series:  # noqa: PLR0911  # one return an operator
    """Which values pass an atom of one field, as booleans (null is no)."""
    if atom.op == "exists":
        return pl.Series([True]).new_from_index(0, len(values))
    if len(values) <= FEW and atom.op in (*TEXT_OPS, "re"):
        return _passes_few(atom, values)
    if atom.op == "re":
        return _regex(str(atom.value), atom.flags, values.text)
    if atom.op == "like":
        text = values.text if atom.flags else values.folded
        return _matched(*_glob_regex(str(atom.value)), text)
    if atom.op == "cidr":
        return _inside(str(atom.value), values)
    if atom.op in ("lt", "lte", "gt", "gte", "part", "neq"):
        return _compared(atom, values)
    probe = Probe(atom.op, str(atom.value))
    text = values.text if atom.flags else values.folded
    return pl.DataFrame({"value": text}).select(probe.expression(pl.col("value")))["value"]


def _passes_few(atom: Atom, values: Values) -> pl.Series:
    """Text tests one by one: for a few values the calls into polars are what costs."""
    text = (values.text if atom.flags or atom.op == "re" else values.folded).to_list()
    if atom.op == "re":
        find = _python_regex(str(atom.value), atom.flags).search
    elif atom.op == "like":
        find = _glob_regex(str(atom.value))[1].search
    else:
        test = Probe(atom.op, str(atom.value)).passes
        return pl.Series([each is not None and test(each) for each in text], dtype=pl.Boolean)
    return pl.Series(
        [each is not None and find(each) is not None for each in text], dtype=pl.Boolean
    )


def _compared(atom: Atom, values: Values) -> pl.Series:
    """Numbers, or a part of times, against a number."""
    numbers = _part(values.times, atom.flags) if atom.flags else values.numbers
    number = atom.value
    if not isinstance(number, int | float):
        raise TypeError(f"{atom.op} needs a number, not {number!r}")
    left, right = pl.col("value"), pl.lit(number)
    compared = {
        "lt": left < right,
        "lte": left <= right,
        "gt": left > right,
        "gte": left >= right,
        "part": left == right,
        "neq": left != right,
    }
    return pl.DataFrame({"value": numbers}).select(compared[atom.op])["value"]


def _part(times: pl.Series, part: str) -> pl.Series:
    """A part of each time, in UTC; weeks are those of ISO 8601; a date has no hour."""
    if part in ("minute", "hour") and times.dtype == pl.Date:
        times = times.cast(pl.Datetime)
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        times = times.dt.convert_time_zone("UTC")
    parts: dict[str, pl.Series] = {part: getattr(times.dt, part)()}
    return parts[part].cast(pl.Int64)


def _inside(network: str, values: Values) -> pl.Series:
    """Addresses inside a network of the same family."""
    within = ipaddress.ip_network(network)
    return pl.Series(
        [
            each is not None and each.version == within.version and each in within
            for each in values.addresses
        ],
        dtype=pl.Boolean,
    )


@lru_cache(maxsize=4096)
def _glob_regex(glob: str) -> tuple[str | None, re.Pattern[str]]:
    """A glob as a regex over the whole value, for Rust and for Python."""
    body = "".join(
        ((".*" if part == MANY else ".") if isinstance(part, int) else re.escape(part))
        for part in split_glob(glob)
    )
    return _accepted(rf"(?s)^{body}\z"), re.compile(rf"\A{body}\Z", re.DOTALL)


def _regex(pattern: str, flags: str, text: pl.Series) -> pl.Series:
    """Where a regex is found: Rust's engine (linear in time) where it means the same."""
    return _matched(_rust_regex(pattern, flags), _python_regex(pattern, flags), text)


def _matched(rust: str | None, python: re.Pattern[str], text: pl.Series) -> pl.Series:
    """Where a pattern is found, by Python's `re` where Rust has no equal."""
    if rust is not None:
        return text.str.contains(rust)
    found = [value is not None and python.search(value) is not None for value in text.to_list()]
    return pl.Series(found, dtype=pl.Boolean)


@lru_cache(maxsize=4096)
def _python_regex(pattern: str, flags: str) -> re.Pattern[str]:
    known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
    combined = re.NOFLAG
    for flag in flags:
        combined |= known[flag]
    return re.compile(pattern, combined)


@lru_cache(maxsize=4096)
def _rust_regex(pattern: str, flags: str) -> str | None:
    r"""The pattern for Rust's engine, None where that would refuse it or read it otherwise.

    Python's `$` also stands before a last line feed, Rust's does not: written out as `(?:\n?\z)`.
    """
    if _BACK_TO_PYTHON.search(pattern):
        return None
    ready = _dollars(pattern, multiline="m" in flags)
    if ready is None:
        return None
    return _accepted(f"(?{flags}){ready}" if flags else ready)


def _accepted(pattern: str) -> str | None:
    """The pattern, if Rust's engine compiles it."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError:
        return None
    return pattern


def _dollars(pattern: str, *, multiline: bool) -> str | None:
    """The pattern with Python's `$`; None where something follows a `$` that could consume."""
    if multiline or "$" not in pattern:
        return pattern
    written, inside, index = "", False, 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            written += pattern[index : index + 2]
            index += 2
            continue
        if character == "[":
            inside = True
        elif character == "]":
            inside = False
        if character == "$" and not inside:
            if pattern[index + 1 : index + 2] not in ("", ")", "|"):
                return None
            character = r"(?:\n?\z)"
        written += character
        index += 1
    return written
