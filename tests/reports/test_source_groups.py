"""Thousands of sources are a few rows, and one hash of each row stands for all of its sources."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.reports.source_groups import group_sources

if TYPE_CHECKING:
    from hevesy.model import Assessment


def test_the_hash_of_a_group_is_that_of_its_list(assessment: Assessment) -> None:
    """Anybody can make it from manifest.json, in whatever order the sources stand there."""
    sources = assessment.sources

    (group,) = group_sources(reversed(sources))

    lines = sorted(f"{one.sha256}  {one.input}/{one.source}\n" for one in sources)
    by_path = sorted(lines, key=lambda line: line[66:])
    assert group.sha256 == hashlib.sha256("".join(by_path).encode()).hexdigest()


def test_a_row_a_server_kind_and_state(assessment: Assessment) -> None:
    """With the innermost folder that holds all of them, and how many there are."""
    one = assessment.sources[0]
    several = [
        replace(one, server="EX02", kind="httpproxy", source=f"HttpProxy/{name}/a.LOG")
        for name in ("Owa", "Ecp", "Owa/old")
    ]
    lost = replace(several[0], state="quarantined")

    first, second = group_sources([*several, lost])

    assert (first.state, first.sources) == ("quarantined", 1)
    assert (second.folder, second.folders) == ("EX01-triage.zip/HttpProxy", 3)
    assert (
        group_sources([replace(one, source="a"), replace(one, input="x", source="b")])[0].folder
        == ""
    )
    assert group_sources([]) == ()


def test_a_name_that_is_no_unicode_has_a_hash_too(assessment: Assessment) -> None:
    """A lone surrogate in a file name breaks nothing."""
    assert group_sources([replace(assessment.sources[0], source="a\udc80")])[0].sha256
