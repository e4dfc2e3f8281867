"""A Sigma engine over polars frames: rules in, pairs of rule and row out.

It stands alone (nothing else of hevesy is imported) and works on columns: pySigma parses rules and
pipelines, and every distinct test of every rule is evaluated once on the distinct values of its
column. `docs/sigma.md` says what each part of Sigma is taken to mean.

```
taxonomy = Taxonomy((TableMap("iis", (LogSource(category="webserver"),)),))
ruleset = load([Path("rules")], taxonomy)
for rule, row in ruleset.match("iis", frame).iter_rows():
    print(ruleset.rules[rule].title, frame.row(row))
```
"""

from __future__ import annotations

from hevesy.sigma.correlation import Correlation
from hevesy.sigma.errors import SigmaLoadError
from hevesy.sigma.gates import Need
from hevesy.sigma.loading import load
from hevesy.sigma.needles import Needle
from hevesy.sigma.rule import Refusal, RefusalKind, Rule
from hevesy.sigma.ruleset import Ruleset
from hevesy.sigma.taxonomy import LogSource, TableMap, Taxonomy

__all__ = [
    "Correlation",
    "LogSource",
    "Need",
    "Needle",
    "Refusal",
    "RefusalKind",
    "Rule",
    "Ruleset",
    "SigmaLoadError",
    "TableMap",
    "Taxonomy",
    "load",
]
