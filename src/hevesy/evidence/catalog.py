"""The list of everything that was handed in: each file, what it is, and whose."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hevesy.evidence.archives import Step
from hevesy.evidence.place import Part, Place, Root, bare_root, drive_root, root_within
from hevesy.evidence.sniff import COMPRESSORS, stored_image
from hevesy.evidence.walk import Found, joined, walk
from hevesy.model import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hevesy.evidence.inputs import Evidence, Handed

__all__ = ["CLAIMED", "catalog"]

CLAIMED = "--server "
"""A collection that `--server NAME=PATH` made is called `--server NAME`."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A found file with its kind; its place may yet depend on its neighbours."""

    parts: tuple[Part, ...]
    source: Source
    place: Place | None
    unfolded: bool


def catalog(evidence: Evidence, recognise: Callable[[bytes, str], str]) -> Iterator[Source]:
    """Every file of the evidence, by input and path, whatever the order it was handed in.

    The list of one input is complete before its first source is given: which server a file speaks
    of may hang on its neighbours. What cannot be read is in `evidence.losses()` afterwards.

    Args:
        evidence: From `open_evidence`.
        recognise: `(head, path) -> kind`: the first 64 KiB, and the path inside the input in
            lower case, joined by `/`.
    """
    for handed in evidence.inputs:
        drafts = [_draft(handed, found, recognise) for found in walk(evidence, handed)]
        roots = {draft.place.root.parts: draft.place.root for draft in drafts if draft.place}
        sources = [
            _source(evidence, handed, draft, roots)
            for draft in drafts
            # An archive is a source of its own only where it lay on a server's drive.
            if not draft.unfolded or (draft.place and draft.place.windows_path)
        ]
        yield from _told_apart(sorted(sources, key=lambda s: (s.path, s.locator)))


def _told_apart(sources: list[Source]) -> Iterator[Source]:
    """Input and path name one source: of members that share a name, the later ones are numbered."""
    taken = {source.path for source in sources}
    counts: Counter[str] = Counter()
    for source in sources:
        counts[source.path] += 1
        path = source.path
        while counts[source.path] > 1 and path in taken:
            path = f"{source.path} [{counts[source.path]}]"
            counts[source.path] += path in taken
        taken.add(path)
        yield replace(source, path=path)


def _draft(handed: Handed, found: Found, recognise: Callable[[bytes, str], str]) -> _Draft:
    parts = found.parts
    if len(found.locator) > 1 and Step.of(found.locator[-1]).container in COMPRESSORS:
        parts = (*parts[:-2], replace(parts[-2], archive=False))  # `x.log.gz` lay there as such
    path = joined(found.parts)
    place = drive_root(parts)
    if place is None and stored_image(found.head):
        kind = "later:disk_image"
    else:
        kind = recognise(found.head, path.lower())
    windows_path = place.windows_path if place else ""
    source = Source(
        input=handed.name,
        path=path,
        windows_path=windows_path,
        collection="",
        server="",
        kind=kind,
        size=found.size,
        modified=found.modified,
        locator=found.locator,
    )
    return _Draft(parts, source, place, found.unfolded)


def _source(
    evidence: Evidence, handed: Handed, draft: _Draft, roots: dict[tuple[Part, ...], Root]
) -> Source:
    root, kind = _root(draft, roots), draft.source.kind
    if draft.place is None and root.velociraptor and kind == "unknown":
        kind = "other"  # the collector's own account: uploads.json, results/, metadata.json
    if server := _claimed(evidence, handed, draft.parts):
        return replace(draft.source, kind=kind, collection=CLAIMED + server, server=server)
    inside = "/".join(part.name for part in root.parts[1:])
    collection = f"{handed.name}/{inside}" if inside else handed.name
    return replace(draft.source, kind=kind, collection=collection, server=root.host)


def _root(draft: _Draft, roots: dict[tuple[Part, ...], Root]) -> Root:
    if draft.place is not None:
        return draft.place.root
    return root_within(draft.parts, roots) or bare_root(draft.parts)


def _claimed(evidence: Evidence, handed: Handed, parts: tuple[Part, ...]) -> str:
    """The server that `--server` gives a file to: that of the longest path it lies below."""
    own = (*handed.named, *(os.path.normcase(part.name) for part in parts[1:]))
    fitting = [claim for claim in evidence.claims if own[: len(claim.parts)] == claim.parts]
    return max(fitting, key=lambda claim: len(claim.parts)).server if fitting else ""
