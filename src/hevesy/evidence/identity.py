"""Which server each collection speaks of: folder, archive, FQDN and short names together."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from hevesy.evidence.catalog import CLAIMED
from hevesy.evidence.sniff import ARCHIVE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from hevesy.model import Source

__all__ = ["identify"]

_ADDRESS = re.compile(r"^[0-9.]+$|:")
_NOBODY = {"", "-", "LOCALHOST", "UNKNOWN", "N/A", "NULL", "<NULL>"}
_DOMINANT = 0.8
"""Share of the rows from which on one name speaks for the collection."""
_NETBIOS = 15


def identify(
    sources: Iterable[Source], names: Mapping[str, Sequence[tuple[str, int]]]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Which server each collection speaks of.

    `--server` wins; then the one name that most rows carry; then the name that the layout gives,
    the more so where rows carry it too; then, of several names, the most frequent. Where nothing
    names it, a collection around others (loose files beside the folder of the only server of an
    input) speaks of the same server; at last it is called after itself, with as much of its path
    as keeps it from being taken for another that nothing names.

    Args:
        sources: From `catalog`.
        names: Collection -> names that its records carry, short or FQDN, with their counts.

    Returns:
        Collection -> short upper-case name and aliases (FQDN, folder, archive), sorted.
    """
    layout: dict[str, Counter[str]] = {}
    inputs: dict[str, str] = {}
    for source in sources:
        layout.setdefault(source.collection, Counter()).update(filter(None, [source.server]))
        inputs[source.collection] = source.input
    found = {
        collection: _name(collection, hosts, names.get(collection, ()))
        for collection, hosts in sorted(layout.items())
    }
    spoken = {name for collection, (name, _) in found.items() if names.get(collection)}
    own: dict[str, str] = {}
    for collection, (name, aliases) in list(found.items()):
        if not name:
            near = _neighbour(collection, inputs, found)
            if not near:
                own[collection] = _own(collection, inputs[collection])
            found[collection] = (near or own[collection], ())
        elif not collection.startswith(CLAIMED) and name not in spoken:
            found[collection] = _extended(name, aliases, spoken)
    return found | {collection: (name, ()) for collection, name in _told_apart(own).items()}


def _extended(
    name: str, aliases: tuple[str, ...], spoken: Collection[str]
) -> tuple[str, tuple[str, ...]]:
    """`EX01_iis` beside records of EX01 is that server: no host has `_` in its name."""
    shorter = name.split("_", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    if shorter != name and shorter in spoken:
        return shorter, tuple(sorted({*aliases, name} - {shorter}))
    return name, aliases


def _name(
    collection: str, hosts: Counter[str], rows: Sequence[tuple[str, int]]
) -> tuple[str, tuple[str, ...]]:
    folder = _top(hosts)
    short: Counter[str] = Counter()
    for name, count in rows:
        if (own := _short(name)) not in _NOBODY and not _ADDRESS.search(name):
            short[own] += count
    name = folder if collection.startswith(CLAIMED) else _choose(folder, short)
    aliases = {long.upper() for long, _ in rows if name and _same(_short(long), name)}
    if folder and short and name in short:
        aliases.add(folder)  # the folder is called otherwise than the machine calls itself
    if collection.startswith(CLAIMED) and (top := _dominant(short)):
        aliases.add(top)
    return name, tuple(sorted(aliases - {name}))


def _choose(folder: str, short: Counter[str]) -> str:
    if top := _dominant(short):
        return top
    if not short or any(_same(name, folder) for name in short):
        return folder
    return folder or _top(short)


def _dominant(short: Counter[str]) -> str:
    top = _top(short)
    return top if top and short[top] >= _DOMINANT * short.total() else ""


def _top(names: Counter[str]) -> str:
    return min(names, key=lambda name: (-names[name], name), default="")


def _short(name: str) -> str:
    return name.strip().rstrip("$").split(".")[0].upper()


def _same(one: str, other: str) -> bool:
    """Whether two short names are one machine's; NetBIOS cuts a name after 15 characters."""
    return one == other or (
        min(len(one), len(other)) == _NETBIOS and one[:_NETBIOS] == other[:_NETBIOS]
    )


def _neighbour(
    collection: str, inputs: Mapping[str, str], found: Mapping[str, tuple[str, tuple[str, ...]]]
) -> str:
    """The server of the collections below this one, if it is one and the input knows no other."""
    rivals = {
        (other.startswith(f"{collection}/"), name)
        for other, (name, _) in found.items()
        if name and inputs[other] == inputs[collection]
    }
    return next(iter(rivals))[1] if len(rivals) == 1 and next(iter(rivals))[0] else ""


def _own(collection: str, input_: str) -> str:
    """What a collection is called after itself: `p1/logs` where inputs share the name `logs`."""
    if collection == "-":
        return "STDIN"
    return _stem(collection if collection == input_ else collection.rsplit("/", 1)[-1])


def _stem(name: str) -> str:
    stem = name
    while (shorter := ARCHIVE_NAME.sub("", stem)) != stem:
        stem = shorter
    return (stem or name).upper()


def _told_apart(own: Mapping[str, str]) -> dict[str, str]:
    """Names of collections, longer where two of them would share one: their evidence is apart."""
    names = dict(own)
    for longer in (_stem, str.upper):
        counts = Counter(names.values())
        names = {
            collection: longer(collection) if counts[name] > 1 else name
            for collection, name in names.items()
        }
    return names
