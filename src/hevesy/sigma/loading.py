"""`load`: paths and a taxonomy to a `Ruleset`."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hevesy.sigma.correlation import Correlation, fields_of
from hevesy.sigma.describing import describe
from hevesy.sigma.documents import Document, RuleFile, documents, fingerprint, read_files, unpacked
from hevesy.sigma.errors import SigmaLoadError
from hevesy.sigma.explaining import explain, said
from hevesy.sigma.lazily import uncollected
from hevesy.sigma.logsources import alternatives
from hevesy.sigma.lowering import NotUsableError
from hevesy.sigma.parsing import PYSIGMA_FAILURES, Parsed, Placed, parse, refuse
from hevesy.sigma.plan import PlanBuilder
from hevesy.sigma.referring import compile_correlations, processed
from hevesy.sigma.rule import Refusal, Rule
from hevesy.sigma.ruleset import FORMAT, Ruleset
from hevesy.sigma.storage import read_entry, version, write_entry
from hevesy.sigma.taxonomy import LogSource, Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigma.processing.pipeline import ProcessingPipeline  # noqa: TC004  # imported late

    from hevesy.sigma.atom import Node
    from hevesy.sigma.logsources import Alternative

__all__ = ["load"]

_FILES = 100
"""Files of compiled rules in a cache; the oldest make room."""


def load(
    paths: Sequence[Path],
    taxonomy: Taxonomy,
    *,
    pipelines: Sequence[Path | ProcessingPipeline] = (),
    placeholders: Mapping[str, Sequence[str]] | None = None,
    cache: Path | None = None,
) -> Ruleset:
    """Load Sigma rules for the tables of a taxonomy.

    Args:
        paths: Files, folders (with their sub-folders) and zips of `*.yml` and `*.yaml`; a file may
            hold several rules, correlations and filters.
        taxonomy: The tables that rules may be asked of.
        pipelines: pySigma pipelines, or paths of them as YAML, applied to every rule in this order
            before its log source is looked up.
        placeholders: Values of `|expand` placeholders, by name without `%`; a name with none is as
            good as not given.
        cache: Folder for compiled rules and pattern databases, made where it is missing. It must be
            as trustworthy as the rules. A cache that cannot be read or written is done without.

    Returns:
        The usable rules, and a `Refusal` for each of the others.

    Raises:
        SigmaLoadError: A path, or a pipeline, cannot be read.
    """
    files = read_files(paths)
    key = "" if cache is None else _cache_key(files, taxonomy, pipelines, placeholders)
    stored = cache / f"rules-{key}.bin" if cache is not None and key else None
    if stored is not None:
        known = _read(stored)
        if known is not None:
            return known.cached_in(cache)
    processing = _processing(pipelines, placeholders)
    with uncollected(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of Python, over sets in regexes
        loaded = _compile(unpacked(files), taxonomy, processing)
    if stored is not None:
        write_entry(stored, loaded.dumps(), most=_FILES)
    return loaded.cached_in(cache)


def _read(path: Path) -> Ruleset | None:
    """A cached rule set; None where there is none that can be used."""
    data = read_entry(path)
    try:
        return None if data is None else Ruleset.loads(data)
    except ValueError:
        return None


def _processing(
    pipelines: Sequence[Path | ProcessingPipeline],
    placeholders: Mapping[str, Sequence[str]] | None,
) -> list[ProcessingPipeline]:
    """The pipelines that each rule goes through."""
    if not pipelines and not placeholders:
        return []  # importing what follows takes a tenth of a second
    from sigma.processing.pipeline import ProcessingPipeline
    from yaml import YAMLError

    ready: list[ProcessingPipeline] = []
    for each in pipelines:
        if isinstance(each, ProcessingPipeline):
            ready.append(each)
            continue
        try:
            ready.append(ProcessingPipeline.from_yaml(Path(each).read_text(encoding="utf-8")))
        except (OSError, YAMLError, *PYSIGMA_FAILURES) as error:
            reason = " ".join(str(error).split())
            if isinstance(error, AttributeError | TypeError):  # of the shape, which is not checked
                reason = "it is a map whose `transformations` are a list of maps"
            raise SigmaLoadError(f"{each}: not a pipeline that can be read: {reason}") from error
    if placeholders:
        from hevesy.sigma.placeholders import filling

        ready.append(filling(placeholders))
    return ready


def _cache_key(
    files: Sequence[RuleFile],
    taxonomy: Taxonomy,
    pipelines: Sequence[Path | ProcessingPipeline],
    placeholders: Mapping[str, Sequence[str]] | None,
) -> str:
    """What the compiled rules depend on; empty where it cannot be told (pipeline objects)."""
    digest = hashlib.sha256(fingerprint(files).encode())
    packages = ("pysigma", "pysigma-pipeline-windows", "pysigma-pipeline-sysmon")
    parts = [FORMAT, repr(taxonomy), repr(placeholders), *(version(each) for each in packages)]
    for each in pipelines:
        if not isinstance(each, Path):
            return ""
        try:
            parts.append(each.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return ""  # `_processing` says what is wrong with it
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()[:40]


@dataclass(slots=True)
class _Compilation:
    """What has been compiled so far."""

    taxonomy: Taxonomy
    processing: list[ProcessingPipeline]
    rules: list[Rule] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    builders: dict[str, PlanBuilder] = field(default_factory=dict)


def _compile(
    files: Iterable[RuleFile], taxonomy: Taxonomy, processing: list[ProcessingPipeline]
) -> Ruleset:
    """Parse and lower all rules."""
    found: list[Document] = [document for file in files for document in documents(file)]
    parsed: Parsed = parse(found)
    state = _Compilation(taxonomy, processing)
    state.refused.extend(parsed.refused)
    state.builders.update({table.name: PlanBuilder(table) for table in taxonomy.tables})
    for placed in parsed.rules:
        _add(placed, state)
    placed_correlations = processed(parsed, processing, state.refused)
    correlations = compile_correlations(placed_correlations, state.rules, state.refused)
    _note_fields(correlations, state)
    plans = {name: builder.build() for name, builder in state.builders.items()}
    refused = sorted(state.refused, key=lambda each: (each.file, each.line))
    return Ruleset(tuple(state.rules), tuple(refused), plans, correlations)


def _note_fields(correlations: Sequence[Correlation], state: _Compilation) -> None:
    """Let the plans know which fields correlations ask for, as each table calls them."""
    names = fields_of(correlations)
    for index in sorted({rule for each in correlations for rule in each.rules}):
        rule = state.rules[index]
        for table in state.taxonomy.tables:
            if table.name not in rule.tables:
                continue
            for way in alternatives(table, rule.logsource):
                for name in names:
                    state.builders[table.name].correlate(name, way)


def _add(placed: Placed, state: _Compilation) -> None:
    """Lower one rule for every table that answers to it, or refuse it."""
    try:
        for pipeline in state.processing:
            rule: Any = placed.rule
            pipeline.apply(rule)
        tables = _lower(placed, state)
    except NotUsableError as error:
        kind, reason = error.kind, error.reason
    except PYSIGMA_FAILURES as error:
        kind, reason = "syntax", explain([said(error)], placed.content)
    else:
        state.rules.append(describe(placed, tables))
        return
    refusal = refuse(placed.file, placed.line, placed.content, kind, reason)
    state.refused.append(refusal)


def _lower(placed: Placed, state: _Compilation) -> tuple[str, ...]:
    """Add a rule to the plans; the names of the tables that answer to it.

    Raises:
        NotUsableError: No table does, or none can hold what the rule asks for.
    """
    rule: Any = placed.rule
    source = LogSource(rule.logsource.product, rule.logsource.category, rule.logsource.service)
    conditions = rule.detection.parsed_condition
    ways = [(table.name, alternatives(table, source)) for table in state.taxonomy.tables]
    if not any(way for _, way in ways):
        raise NotUsableError("unmapped", f"no table answers to log source {source}")
    lowered: list[tuple[str, Alternative, Node]] = []
    failure: NotUsableError | None = None
    for name, way in ways:
        try:
            found = state.builders[name].lower_all(conditions, way)
        except NotUsableError as error:
            failure = error if way else failure
        else:
            lowered += [(name, alternative, tree) for alternative, tree in found]
    if not lowered:
        raise failure or NotUsableError("unmapped", f"no table answers to log source {source}")
    for name, alternative, tree in lowered:
        state.builders[name].add(len(state.rules), alternative, tree)
    return tuple(dict.fromkeys(name for name, _, _ in lowered))
