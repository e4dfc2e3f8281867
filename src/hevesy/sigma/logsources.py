"""Under which conditions and field names a table answers to a rule's log source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hevesy.sigma.atom import AND, OR, Atom, AtomTable, Node, fold
from hevesy.sigma.lowering import NotUsableError, lower_rule
from hevesy.sigma.taxonomy import LogSource

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

    from hevesy.sigma.taxonomy import TableMap

__all__ = ["Alternative", "alternatives", "channel_names"]

# A value that no rule holds, by which a field is known again after a pipeline has renamed it.
_MARK = "\ue000probe"


@dataclass(frozen=True)
class Alternative:
    """One way in which rows of a table stand for a log source."""

    gate: Node
    """Over `atoms`: which rows; `[AND]` for all."""
    atoms: tuple[Atom, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    """Fixed renamings."""
    stock: str = ""
    """Name of the stock pipelines to ask for each field's name."""
    logsource: LogSource = field(default_factory=LogSource)

    def names(self, name: str) -> tuple[str, ...]:
        """How a Sigma field is called in these rows.

        Raises:
            NotUsableError: These rows cannot hold the field.
        """
        if self.stock:
            return _stock_names(self.stock, self.logsource, name)
        return (self.renamed.get(name, name),)


def alternatives(table: TableMap, logsource: LogSource) -> tuple[Alternative, ...]:
    """All ways in which a table answers to a log source; none where it does not."""
    found = [Alternative([AND])] if logsource in table.logsources else []
    if table.windows:
        found.extend(_windows(logsource))
    return tuple(found)


@cache
def _windows(logsource: LogSource) -> tuple[Alternative, ...]:
    """The stock pipelines' answers (Sysmon, then Security auditing), then ours."""
    found = [*_ours(logsource)]
    if logsource.product == "windows":
        if logsource == LogSource(product="windows"):
            return (Alternative([AND]), *found)
        sysmon, audit = _stock("sysmon", logsource), _stock("audit", logsource)
        if audit is not None and (sysmon is None or audit.atoms != sysmon.atoms):
            found.insert(0, audit)  # what both answer alike is no second way
        if sysmon is not None:
            found.insert(0, sysmon)
    return tuple(found)


def _ours(logsource: LogSource) -> list[Alternative]:
    """The entries of logsources.toml for a log source."""
    return [
        _alternative(entry)
        for entry in _entries()
        if LogSource(entry.get("product"), entry.get("category"), entry.get("service")) == logsource
    ]


def channel_names() -> frozenset[str]:
    """The channels that log sources are answered by, as Windows writes them."""
    from sigma.pipelines.common import windows_logsource_mapping

    stock = [
        name
        for one in windows_logsource_mapping.values()
        for name in ([one] if isinstance(one, str) else one)
    ]
    ours = [name for entry in _entries() for name in entry["where"].get("Channel", ())]
    return frozenset(stock + ours)


@cache
def _entries() -> list[dict[str, Any]]:
    text = files("hevesy.sigma").joinpath("logsources.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["alternative"]
    return entries


def _alternative(entry: dict[str, Any]) -> Alternative:
    """An entry as gate and renamings."""
    table = AtomTable()
    gate: list[Node] = [AND]
    for column, values in entry["where"].items():
        atoms = [table.add(Atom(column, "equals", fold(str(value)))) for value in values]
        gate.append([OR, *atoms])
    return Alternative(gate, tuple(table.atoms), entry.get("fields", {}))


@cache
def _pipeline(name: str) -> ProcessingPipeline:
    """The stock pipelines, in the order that they have to be applied."""
    from sigma.pipelines.sysmon.sysmon import sysmon_pipeline
    from sigma.pipelines.windows.windows import windows_audit_pipeline, windows_logsource_pipeline

    first = windows_audit_pipeline() if name == "audit" else sysmon_pipeline()
    pipeline: ProcessingPipeline = first + windows_logsource_pipeline()
    return pipeline


@cache
def _asked(name: str, logsource: LogSource, field_name: str) -> tuple[Node, tuple[Atom, ...]]:
    """A rule of one field as the stock pipelines rewrite it.

    Asking once for each field is a hundred times cheaper than sending each rule through them.
    """
    from sigma.rule import SigmaRule

    named = {
        key: value
        for key in ("product", "category", "service")
        if (value := getattr(logsource, key)) is not None
    }
    detection = {"probe": {field_name: _MARK}, "condition": "probe"}
    rule = SigmaRule.from_dict({"title": "probe", "logsource": named, "detection": detection})
    _pipeline(name).apply(rule)
    table = AtomTable()
    node = lower_rule(rule.detection.parsed_condition, lambda key: (key,), table)
    return node, tuple(table.atoms)


def _stock(name: str, logsource: LogSource) -> Alternative | None:
    """The gate that the stock pipelines add for a log source; None where they add none."""
    node, atoms = _asked(name, logsource, "Probe")
    mark = next(index for index, atom in enumerate(atoms) if atom.value == _MARK)
    if not isinstance(node, list):
        return None
    gate: Node = [AND, *(inner for inner in node[1:] if inner != mark)]
    return Alternative(gate, atoms, stock=name, logsource=logsource)


@cache
def _stock_names(name: str, logsource: LogSource, field_name: str) -> tuple[str, ...]:
    """What the stock pipelines call a field."""
    from sigma.exceptions import SigmaTransformationError

    try:
        _, atoms = _asked(name, logsource, field_name)
    except SigmaTransformationError as error:
        raise NotUsableError("unsupported", str(error)) from error
    return tuple(atom.field for atom in atoms if atom.value == _MARK and atom.field is not None)
