"""Which server a collection speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hevesy.evidence import identify
from hevesy.model import Source

if TYPE_CHECKING:
    from collections.abc import Sequence


def _source(collection: str, server: str = "", input_: str = "in") -> Source:
    return Source(input_, "x", "", collection, server, "iis", 1, None, ("x",))


@pytest.mark.parametrize(
    ("folder", "rows", "name", "aliases"),
    [
        ("EX01", [("EX01", 5)], "EX01", ()),
        ("EX01", [("ex01.corp.example", 5), ("EX01", 2)], "EX01", ("EX01.CORP.EXAMPLE",)),
        ("BOX1", [("EX01", 99), ("EX02", 1)], "EX01", ("BOX1",)),
        ("EX02", [("EX01", 50), ("EX02", 50)], "EX02", ()),
        ("", [("EX01", 50), ("EX02", 49)], "EX01", ()),
        ("", [("EX02", 50), ("EX01", 50)], "EX01", ()),
        ("EX01", [], "EX01", ()),
        ("EX01", [("127.0.0.1", 9), ("localhost", 9), ("-", 9), ("fe80::1", 9)], "EX01", ()),
        ("", [], "IN", ()),
        ("EXCHANGE-SERVER-01", [("EXCHANGE-SERVER", 50), ("EX02", 50)], "EXCHANGE-SERVER-01",
         ("EXCHANGE-SERVER",)),
    ],
)  # fmt: skip
def test_names_are_brought_together(
    folder: str, rows: Sequence[tuple[str, int]], name: str, aliases: tuple[str, ...]
) -> None:
    """Records win where they speak with one voice, then the layout; other names become aliases."""
    assert identify([_source("in", folder)], {"in": rows}) == {"in": (name, aliases)}


def test_the_option_wins_over_records() -> None:
    """`--server` decides; what the records say is kept as an alias."""
    found = identify([_source("--server EX09", "EX09")], {"--server EX09": [("EX01", 5)]})
    assert found == {"--server EX09": ("EX09", ("EX01",))}


def test_loose_files_speak_of_the_only_server_below() -> None:
    """Files beside the folder of an input's only server are its own; else they stand alone."""
    one = [_source("in"), _source("in/EX01", "EX01")]
    assert identify(one, {})["in"] == ("EX01", ())
    two = [*one, _source("in/EX02", "EX02")]
    assert identify(two, {})["in"] == ("IN", ())
    beside = [_source("in/a", "EX01"), _source("in/b")]
    assert identify(beside, {})["in/b"] == ("B", ())


def test_what_nothing_names_is_called_after_its_archive() -> None:
    """The stem in upper case, every suffix dropped."""
    assert identify([_source("case7.tar.gz")], {})["case7.tar.gz"] == ("CASE7", ())
    assert identify([_source("-")], {})["-"] == ("STDIN", ())


def test_a_folder_named_after_a_server_and_a_kind_is_the_servers() -> None:
    """`EX01_IIS` without names of its own belongs to the EX01 that records speak of."""
    sources = [_source("a", "EX01"), _source("b", "EX01_IIS"), _source("c", "EX01-IIS")]
    found = identify(sources, {"a": [("EX01", 9)]})
    assert found["b"] == ("EX01", ("EX01_IIS",))
    assert found["c"] == ("EX01-IIS", ())


def test_unnamed_collections_that_share_a_name_stay_apart() -> None:
    """Two folders called `logs` are two servers, and so are two archives in one input."""
    inputs = [_source(name, input_=name) for name in ("p1/logs", "p2/logs")]
    found = identify(inputs, {})
    assert [name for name, _ in found.values()] == ["P1/LOGS", "P2/LOGS"]
    inside = [_source(f"in/{name}") for name in ("a/x.zip", "b/x.zip", "c/y.zip", "c/y.tar")]
    names = [name for name, _ in identify(inside, {}).values()]
    assert names == ["IN/A/X", "IN/B/X", "IN/C/Y.TAR", "IN/C/Y.ZIP"]
