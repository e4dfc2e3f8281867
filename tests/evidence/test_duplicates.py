"""The same source handed in twice counts once; the same shell on two servers counts twice."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.evidence import grown, same
from hevesy.model import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex210303.log"


def _log(collection: str, path: str = "C/u_ex210303.log", windows_path: str = PATH) -> Source:
    return Source(
        "in", path, windows_path, collection, "", "iis", 10, None, ("x", collection, path)
    )


def test_a_log_in_two_collections_counts_once() -> None:
    """The one with a Windows path and outside a shadow copy counts, whatever the order."""
    plain = _log("a")
    shadow = _log("a", "HarddiskVolumeShadowCopy1/u_ex210303.log")
    bare = _log("b", "u_ex210303.log", "")
    expected = {shadow: plain, bare: plain}
    for order in ([plain, shadow, bare], [bare, shadow, plain]):
        assert same([(source, "ab" * 32) for source in order]) == expected


def test_logs_that_differ_are_two() -> None:
    """Another hash, another name, or no bytes: no duplicates."""
    one = _log("a")
    assert same([(one, "aa"), (_log("b"), "bb")]) == {}
    assert same([(one, "aa"), (_log("b", "other.log"), "aa")]) == {}
    empty = replace(one, size=0)
    assert same([(empty, "aa"), (replace(empty, collection="b"), "aa")]) == {}


def test_a_shell_on_two_servers_is_two_finds() -> None:
    """A file is a copy only on the same server and at the same place."""
    shell = replace(_log("a", "C/x.aspx", r"C:\inetpub\wwwroot\x.aspx"), kind="web_file")
    other_server = replace(shell, collection="b")
    other_place = replace(shell, path="C/y/x.aspx", windows_path=r"C:\inetpub\wwwroot\y\x.aspx")
    again = replace(shell, input="again")
    pairs = [(source, "aa") for source in (shell, other_server, other_place, again)]
    assert same(pairs) == {shell: again} or same(pairs) == {again: shell}
    servers = {"a": ("EX01", ()), "b": ("EX01", ())}
    assert len(same(pairs, servers)) == 2


def test_a_log_copied_while_it_grew_counts_once(
    tmp_path: Path, folder: Callable[..., Path]
) -> None:
    """The shorter copy is the beginning of the longest one; one that is not stays."""
    data = b"line\n" * 1000
    copies = {"short": data[:100], "longer": data[:4000], "whole": data, "other": b"x" * 100}
    made = folder("x", copies)
    sources = {
        name: replace(_log(name), size=len(content), locator=(str(made / name),))
        for name, content in copies.items()
    }
    pairs = [(sources[n], hashlib.sha256(c).hexdigest()) for n, c in copies.items()]
    whole = sources["whole"]
    servers = dict.fromkeys(copies, ("EX01", ()))
    expected = {sources["short"]: whole, sources["longer"]: whole}
    assert grown(pairs, servers) == expected
    assert grown(reversed(pairs), servers) == expected
    assert grown(pairs) == {}, "without names, two collections are two servers"
    (made / "whole").unlink()
    assert grown(pairs, servers) == {}
    assert tmp_path.exists()
