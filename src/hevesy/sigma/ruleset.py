"""The compiled rules: matched on frames, written to bytes, handed to workers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hevesy.sigma.correlation import Correlation, correlate, fields_of
from hevesy.sigma.gates import Need, needs
from hevesy.sigma.matching import Matcher
from hevesy.sigma.needles import Needle, needles, relaxed, without_needle
from hevesy.sigma.plan import Plan
from hevesy.sigma.rule import Refusal, Rule
from hevesy.sigma.selecting import select
from hevesy.sigma.stored import FORMAT, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["FORMAT", "Ruleset"]


@dataclass(frozen=True, eq=False)
class Ruleset:
    """Rules ready to be matched.

    It can be pickled, and is then as small as `dumps()`; what was stored is decoded by parts, when
    they are looked at, so that a process that sees one table decodes its plan alone. Pattern
    databases are made (or read from the cache) in each process when a frame first needs them. One
    thread at a time may match with it: use processes, each with its own.
    """

    rules: Sequence[Rule]
    refused: Sequence[Refusal]
    plans: Mapping[str, Plan]
    correlations: tuple[Correlation, ...] = ()
    cache: Path | None = None
    """Folder that pattern databases are kept in."""
    _matchers: dict[str, Matcher] = field(default_factory=dict, repr=False)
    _stored: bytes = field(default=b"", init=False, repr=False)
    """What it was read from; empty where it was not."""

    def match(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Which rules match which rows.

        Args:
            table: Name of a table of the taxonomy.
            frame: Rows of it. A column that is absent counts as missing in every row.

        Returns:
            Columns `rule` (UInt32, index into `rules`) and `row` (UInt32, index into the frame),
            sorted by both, each pair once.
        """
        return self._matcher(table).match(frame)

    def needles(
        self, table: str, cut: Callable[[str], str] = str, usual: Collection[str] = ()
    ) -> tuple[Needle, ...] | None:
        """Text that a raw row must hold some of, to match rules of the table.

        A row that matches a rule holds at least one of its needles, compared without regard to
        ASCII case, in one of its field values; or a letter outside ASCII, which a regular
        expression may take for one inside it. None where some rule can match without such text.

        Args:
            table: Name of a table of the taxonomy.
            cut: What of a literal stands in the raw row as it does in the field: a row may write
                a blank as `+`. Empty where nothing does.
            usual: Literals that so many rows hold that others are better, in lower case.
        """
        plan = self.plans.get(table)
        return () if plan is None else needles(plan, cut, usual)

    def without_needle(
        self, table: str, cut: Callable[[str], str] = str, usual: Collection[str] = ()
    ) -> tuple[Rule, ...]:
        """The rules of the table that may match a row without any text: see `needles`."""
        plan = self.plans.get(table)
        found = [] if plan is None else without_needle(plan, cut, usual)
        return tuple(self.rules[rule] for rule in found)

    def relaxed(self, table: str, fields: Collection[str]) -> Ruleset:
        """The rules of one table where every other field passes every test, whatever it holds.

        A rule that does not match the fields given, in this rule set, matches no row that has
        them.
        """
        plan = self.plans.get(table)
        plans = {} if plan is None else {table: relaxed(plan, fields)}
        return replace(self, plans=plans, correlations=(), _matchers={})

    def select(self, keep: Callable[[Rule], bool]) -> Ruleset:
        """The rule set with only the rules that `keep` says yes to."""
        rules, plans, correlations = select(self.rules, self.plans, self.correlations, keep)
        return Ruleset(rules, self.refused, plans, correlations, self.cache)

    def correlate(self, events: pl.DataFrame) -> pl.DataFrame:
        """What the correlation rules find among matches, of all workers together.

        Args:
            events: One row a pair of rule and event, in any order: `rule` (index into `rules`),
                `time` (rows without are left out), `event` (a number that is the same for every
                rule that the event matches), and `correlation_fields` as far as events have them.

        Returns:
            Columns `rule` (UInt32, the correlation), `match` (UInt32, counted over all
            correlations) and `event` (UInt64): one row an event that a match is made of.
        """
        return correlate(self.correlations, events)

    def correlation_values(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The values of `correlation_fields` in rows, as text.

        Args:
            table: Name of a table of the taxonomy.
            frame: Rows of it, best only those that matched.

        Returns:
            A String column for each of the fields, null where a row has no value; as many rows.
        """
        found = self._matcher(table).correlation_values(frame)
        return frame.select(
            found.get(name, pl.lit(None, dtype=pl.String())).alias(name)
            for name in self.correlation_fields
        )

    @property
    def needs(self) -> dict[int, tuple[Need, ...]]:
        """What each rule needs of the logs: any of several ways in which it can match."""
        return needs(self.plans, self.correlations)

    @property
    def correlated_rules(self) -> frozenset[int]:
        """The rules of which `correlate` needs the events."""
        return frozenset(rule for each in self.correlations for rule in each.rules)

    @property
    def silent_rules(self) -> frozenset[int]:
        """Rules not shown for themselves: correlations refer to them, and none has `generate`."""
        loud = {rule for each in self.correlations if each.generate for rule in each.rules}
        return self.correlated_rules - loud

    @property
    def correlation_fields(self) -> tuple[str, ...]:
        """The Sigma fields that `correlate` groups by or computes with."""
        return fields_of(self.correlations)

    @property
    def digest(self) -> str:
        """SHA-256 of the rules and of how they were compiled."""
        return hashlib.sha256(self.dumps()).hexdigest()

    def dumps(self) -> bytes:
        """The rule set as bytes, for a cache or another process."""
        if self._stored:
            return self._stored
        return encode(self.rules, self.refused, self.plans, self.correlations)

    @classmethod
    def loads(cls, data: bytes) -> Ruleset:
        """The rule set of `dumps`.

        Raises:
            ValueError: The bytes are not of this version, or damaged.
        """
        found = cls(*decode(data))
        object.__setattr__(found, "_stored", data)  # of a frozen value that nobody has seen yet
        return found

    def cached_in(self, cache: Path | None) -> Ruleset:
        """The same rules, keeping their pattern databases in a folder."""
        found = replace(self, cache=cache, _matchers={})
        object.__setattr__(found, "_stored", self._stored)  # as in `loads`
        return found

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as bytes and cache folder."""
        return (_restore, (self.dumps(), self.cache))

    def _matcher(self, table: str) -> Matcher:
        if table not in self._matchers:
            plan = self.plans.get(table) or Plan(table, [], [])
            self._matchers[table] = Matcher(plan, self.cache)
        return self._matchers[table]


def _restore(data: bytes, cache: Path | None) -> Ruleset:
    """Undo `Ruleset.__reduce__`."""
    return Ruleset.loads(data).cached_in(cache)
