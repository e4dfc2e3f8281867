"""Records and files, compared with rules, indicators and the baseline of shipped files -> hits."""

from __future__ import annotations

from hevesy.detection.baseline import Baseline, page_of
from hevesy.detection.choice import RuleChoice, read_placeholders
from hevesy.detection.correlated import correlate_hits
from hevesy.detection.detector import Detector
from hevesy.detection.exchange_signs import exchange_signs
from hevesy.detection.hits import HITS, PLACE, RAW_LIMIT, empty_hits, with_place
from hevesy.detection.indicator_match import IndicatorRules
from hevesy.detection.quotes import QUOTE, Quotes, with_texts
from hevesy.detection.sigma_rules import SigmaRules, first_of_each_id, load_rules
from hevesy.detection.stages import Claim
from hevesy.detection.wanted_rows import rules_without_needle
from hevesy.detection.yara_rules import YaraRules, load_yara

__all__ = [
    "HITS",
    "PLACE",
    "QUOTE",
    "RAW_LIMIT",
    "Baseline",
    "Claim",
    "Detector",
    "IndicatorRules",
    "Quotes",
    "RuleChoice",
    "SigmaRules",
    "YaraRules",
    "correlate_hits",
    "empty_hits",
    "exchange_signs",
    "first_of_each_id",
    "load_rules",
    "load_yara",
    "page_of",
    "read_placeholders",
    "rules_without_needle",
    "with_place",
    "with_texts",
]
