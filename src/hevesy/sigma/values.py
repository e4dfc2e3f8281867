"""Columns of a frame as Sigma compares them: text, folded text, numbers, addresses, times."""

from __future__ import annotations

import ipaddress
import re
import warnings
from functools import cached_property, lru_cache

import polars as pl

from hevesy.sigma.atom import MANY, TEXT_OPS, Atom, fold, split_glob
from hevesy.sigma.folding import as_text, beyond_ascii, fold_series
from hevesy.sigma.joined import Joined
from hevesy.sigma.probe import Probe
from hevesy.sigma.shortening import shortened

__all__ = ["Values", "passing"]

_MAPPED = 96
"""Bits before an IPv4 address that is mapped into IPv6."""
FEW = 500
"""So many values are compared one by one in Python, more in columns."""
_FEW_SEARCHED = 100
"""Likewise of values that a regular expression is asked of."""

_TIME = r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(?:([+-]\d\d):?(\d\d)|\D.*)?)?$"
"""Day and time of day, hours and minutes that the clock is ahead of UTC."""
_NUMBER = r"^-?\d+(\.\d+)?$"
# What Rust reads otherwise, or not at all: sets within classes and classes that begin with `]`,
# flags but `i` and `s`, look-around, back references, possessive quantifiers, a few escapes, blanks
# in counts.
_BACK_TO_PYTHON = re.compile(
    r"\[(?:\\.|[^\]\\])*(?:\[|&&|~~|--)|\[\^?\]|\\[ZABuUN_<>]|\\[0-9]|\\b\{"
    r"|\(\?(?!P<|:|[is-]+[:)])|[*+?}]\+|\{[^}]*\s"
)
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
"""Escapes, classes, and single signs of a regex."""


class Values:
    """Values without nulls, in the forms that tests ask for, each made once."""

    def __init__(
        self,
        column: pl.Series,
        numbers: list[int] | None = None,
        folded: pl.Series | None = None,
    ) -> None:
        """Take a column, or some of its values; `folded` is the column's, where it is known."""
        self._column = column
        self._numbers = numbers
        self._folded = folded

    @cached_property
    def raw(self) -> pl.Series:
        """As they stand."""
        return self._column if self._numbers is None else self._column[self._numbers]

    @cached_property
    def text(self) -> pl.Series:
        """As text; a value that has none is null, and passes nothing but `exists`."""
        return as_text(self.raw)

    @cached_property
    def folded(self) -> pl.Series:
        """As folded text."""
        if self._folded is None or self._numbers is None:
            return fold_series(self.text)
        return self._folded[self._numbers]

    @cached_property
    def texts(self) -> list[str | None]:
        """As text, in a list: for a few values."""
        return self.text.to_list()

    @cached_property
    def folded_texts(self) -> list[str | None]:
        """As folded text, in a list: for a few values."""
        return [None if value is None else fold(value) for value in self.texts]

    @cached_property
    def joined(self) -> Joined:
        """As folded text in one buffer; what has no text counts as empty."""
        return Joined(self.folded, folded=True) if self.beyond else Joined(self.text)

    @cached_property
    def beyond(self) -> list[int]:
        """The numbers of the values that hold a letter outside ASCII."""
        found: list[int] = beyond_ascii(self.text).to_list()
        return found

    @cached_property
    def numbers(self) -> pl.Series:
        """As numbers: numeric columns as they are, text that is a decimal number, else null."""
        if self.raw.dtype.is_float():
            return self.raw.fill_nan(None)  # polars holds it for greater than any number
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
        groups = [pl.col("value").str.extract(_TIME, group) for group in (1, 2, 3, 4)]
        rest = zip(groups[1:], ("00:00:00", "+00", "00"), strict=True)
        parts = [groups[0], *(group.fill_null(usual) for group, usual in rest)]
        read = pl.format("{} {} {}{}", *parts)
        times = read.str.strptime(pl.Datetime, "%Y-%m-%d %H:%M:%S %z", strict=False)
        return pl.DataFrame({"value": self.text}).select(times).to_series()

    @cached_property
    def addresses(self) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address | None]:
        """As IP addresses, one that is mapped into IPv6 as IPv4; None where it is none."""
        return [_address(value) for value in self.text.to_list()]

    def part(self, numbers: list[int]) -> Values:
        """Some of the values; what has been folded of all is not folded again."""
        known = "folded" in self.__dict__ and len(numbers) > FEW
        return Values(self.raw, numbers, self.folded if known else None)

    def __len__(self) -> int:
        """How many."""
        return len(self._column) if self._numbers is None else len(self._numbers)


@lru_cache(maxsize=1 << 16)
def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def passing(atom: Atom, values: Values) -> list[int]:
    """The numbers of the values that pass an atom of one field, ascending; null passes nothing."""
    if atom.op == "exists":
        return list(range(len(values)))
    if atom.op in TEXT_OPS or atom.op == "re":
        searched = atom.op in ("re", "like")
        if len(values) <= (min(FEW, _FEW_SEARCHED) if searched else FEW):
            return _passing_few(atom, values)
    passed: list[int] = _passes(atom, values).fill_null(value=False).arg_true().to_list()
    return passed


def _passes(atom: Atom, values: Values) -> pl.Series:
    """Which values pass, as booleans; null is no."""
    if atom.op == "re":
        return _regex(str(atom.value), atom.flags, values.text)
    if atom.op == "cidr":
        return _inside(str(atom.value), values)
    if atom.op in ("lt", "lte", "gt", "gte", "part", "neq"):
        return _compared(atom, values)
    text = values.text if atom.flags else values.folded
    if atom.op == "like":
        return _matched(*_glob_regex(str(atom.value)), text)
    probe = Probe(atom.op, str(atom.value))
    return pl.DataFrame({"value": text}).select(probe.expression(pl.col("value")))["value"]


def _passing_few(atom: Atom, values: Values) -> list[int]:
    """Text tests one by one: for a few values the calls into polars are what costs."""
    text = values.texts if atom.flags or atom.op == "re" else values.folded_texts
    if atom.op == "re":
        find = _python_regex(str(atom.value), atom.flags).search
    elif atom.op == "like":
        find = _glob_regex(str(atom.value))[1].search
    else:
        return Probe(atom.op, str(atom.value)).passing(text)
    return [number for number, each in enumerate(text) if each is not None and find(each)]


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
    mapped = getattr(within.network_address, "ipv4_mapped", None)
    if mapped and within.prefixlen >= _MAPPED:
        within = ipaddress.ip_network((mapped, within.prefixlen - _MAPPED))
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
    with warnings.catch_warnings():  # of what may mean something else some day: not today
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(shortened(pattern), combined)


@lru_cache(maxsize=4096)
def _rust_regex(pattern: str, flags: str) -> str | None:
    r"""The pattern for Rust's engine, None where that would refuse it or read it otherwise.

    Python's `$` also stands before a last line feed, Rust's does not: written out as `(?:\n?\z)`.
    """
    if _BACK_TO_PYTHON.search(pattern):
        return None
    ready = _dollars(shortened(pattern), multiline="m" in flags)
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
    written = ""
    for part in _PARTS.finditer(pattern):
        if part[0] == "$":
            if not _ends(pattern, part.end()):
                return None
            written += r"(?:\n?\z)"
        else:
            written += part[0]
    return written


def _ends(pattern: str, at: int) -> bool:
    """Whether a match that has come so far in the pattern is at its end."""
    depth, elsewhere = 0, False  # groups opened since, and whether in another branch
    for part in _PARTS.finditer(pattern, at):
        sign = part[0]
        if sign == ")" and depth == 0:
            elsewhere = False
        elif sign == "|" and depth == 0:
            elsewhere = True
        elif not elsewhere:
            return False
        else:
            depth += (sign == "(") - (sign == ")")
    return True
