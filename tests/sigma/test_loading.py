"""Rules from wherever they lie: every one is in use, or refused by name."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hevesy.sigma import LogSource, Needle, Ruleset, SigmaLoadError, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))

RULE = """title: first
id: 11111111-1111-4111-8111-111111111111
status: stable
level: high
author: A. Person
license: CC0-1.0
references: [https://example.org/x]
falsepositives: [admins]
tags: [attack.initial-access, attack.t1190, attack.t1505.003, cve.2021-26855, attack.g0125]
custom: {stage: exploit}
logsource: {category: test}
detection: {s: {a: x}, condition: s}
"""


def write(folder: Path, name: str, text: str) -> Path:
    """A rule file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_says_who_it_is(tmp_path: Path) -> None:
    """Everything that a report shows of a rule is kept, and nothing is invented."""
    path = write(tmp_path, "a.yml", RULE)
    rule = load([path], TAXONOMY).rules[0]
    assert (rule.title, rule.level, rule.status) == ("first", "high", "stable")
    assert (rule.author, rule.licence) == ("A. Person", "CC0-1.0")
    assert rule.techniques == ("T1190", "T1505.003")
    assert rule.cves == ("CVE-2021-26855",)
    assert rule.tactics == ("initial-access",)
    assert rule.custom == {"stage": "exploit"}
    assert (rule.file, rule.line, rule.tables) == (path.as_posix(), 1, ("t",))
    bare = RULE.replace("license: CC0-1.0\n", "")
    assert load([write(tmp_path, "b.yml", bare)], TAXONOMY).rules[0].licence == ""


def test_folders_zips_and_collections(tmp_path: Path) -> None:
    """Folders are read with sub-folders, zips in place, and files may hold several rules."""
    other = RULE.replace("11111111", "22222222")
    write(tmp_path, "rules/deep/a.yaml", RULE)
    write(tmp_path, "rules/deep/readme.txt", "not a rule")
    archive = tmp_path / "r.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x/b.yml", other + "---\n" + RULE.replace("11111111", "33333333"))
    rules = load([tmp_path / "rules", archive], TAXONOMY)
    assert [rule.line for rule in rules.rules] == [1, 1, len(other.splitlines()) + 2]
    assert rules.rules[1].file.endswith("r.zip!x/b.yml")


def test_collection_actions(tmp_path: Path) -> None:
    """`global`, `repeat` and `reset` build rules out of several documents."""
    text = """action: global
title: shared
logsource: {category: test}
detection: {condition: s}
---
detection: {s: {a: x}}
---
action: repeat
detection: {s: {a: y}}
---
action: reset
---
title: alone
logsource: {category: test}
detection: {s: {a: z}, condition: s}
"""
    rules = load([write(tmp_path, "c.yml", text)], TAXONOMY)
    assert [rule.title for rule in rules.rules] == ["shared", "shared", "alone"]
    frame = pl.DataFrame({"a": ["x", "y", "z"]})
    assert rules.match("t", frame).rows() == [(0, 0), (1, 1), (2, 2)]


def test_an_id_may_be_that_of_a_collection(tmp_path: Path) -> None:
    """The rules of a collection may share its id; the same collection again is a duplicate."""
    shared = "action: global\n" + RULE.replace("{a: x}", "{}") + "---\ndetection: {s: {a: %s}}\n"
    repeated = "---\naction: repeat\ndetection: {s: {a: z}}\n"
    text = shared % "x" + "---\ndetection: {s: {a: y}}\n" + repeated
    rules = load([write(tmp_path, "c.yml", text)], TAXONOMY)
    assert not rules.refused
    assert rules.match("t", pl.DataFrame({"a": ["x", "y", "z"]})).rows() == [(0, 0), (1, 1), (2, 2)]
    write(tmp_path, "copy.yml", text)
    assert [each.kind for each in load([tmp_path], TAXONOMY).refused] == ["duplicate"] * 3


def test_repeat_follows_global(tmp_path: Path) -> None:
    """What `global` holds can be repeated itself."""
    text = "action: global\n" + RULE + "---\naction: repeat\ndetection: {s: {a: y}}\n"
    rules = load([write(tmp_path, "c.yml", text)], TAXONOMY)
    assert rules.match("t", pl.DataFrame({"a": ["x", "y"]})).rows() == [(0, 1)]


FILTER = """title: not me
logsource: {category: test}
filter:
  rules: [11111111-1111-4111-8111-111111111111]
  mine: {b: me}
  condition: not mine
"""


def test_filters(tmp_path: Path) -> None:
    """A Sigma filter narrows the rules that it names."""
    text = RULE + "---\n" + FILTER
    rules = load([write(tmp_path, "f.yml", text)], TAXONOMY)
    assert not rules.refused
    frame = pl.DataFrame({"a": ["x", "x"], "b": ["me", "you"]})
    assert rules.match("t", frame).rows() == [(0, 1)]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("title: [", "syntax", "YAML"),
        ("- a\n- b\n", "syntax", "a rule is a map"),
        ("title: t\ndetection: {s: {a: x}, condition: s}\n", "syntax", "log source"),
        (RULE.replace("condition: s", "condition: s and gone"), "syntax", "gone"),
        (RULE.replace("condition: s", "condition: s and ("), "syntax", ""),
        (RULE.replace("a: x", "a|unheard: x"), "syntax", "unheard"),
        (RULE.replace("a: x", "a|re: '('"), "syntax", "invalid"),
        (RULE.replace("a: x", "a|cidr: 10.0.0.0/64"), "syntax", "CIDR"),
        (RULE.replace("category: test", "category: other"), "unmapped", "category=other"),
        (RULE.replace("{a: x}", "{'|lt': 3}"), "unsupported", "without a field"),
        (RULE.replace("{a: x}", "{'|fieldref': b}"), "unsupported", "fieldref without a field"),
        (RULE + "---\n" + RULE, "duplicate", "the same id as"),
        ("action: dance\n" + RULE, "syntax", "dance"),
        (RULE + "title: twice\n", "syntax", "Duplicate"),
        ("\x03", "syntax", "control characters are not allowed in"),
        ("action: global\n" + RULE + "---\ndetection: 1\n", "syntax", "does not fit together"),
        (RULE.replace("a: x", "1: x"), "syntax", "the field name 1 is not text"),
        (RULE.replace("a: x", "a: 2021-03-03"), "syntax", "a: YAML reads 2021-03-03 as a date"),
        (RULE.replace("a: x", "a: {b: x}"), "syntax", "not {'b': 'x'}"),
        (RULE.replace("a: x", "a|re: 5"), "syntax", "a|re: a regular expression is text"),
        (RULE.replace("condition: s", "condition: 1"), "syntax", "the condition 1 is not text"),
        (FILTER.replace("not mine", "not yours"), "syntax", "'yours' not defined"),
        (FILTER.replace("[11111111", "[22222222"), "syntax", "narrows no rule"),
        (FILTER.replace("mine: {b: me}", "mine: {b|unheard: me}"), "syntax", "unheard"),
    ],
)
def test_mistakes_are_refusals(tmp_path: Path, text: str, kind: str, said: str) -> None:
    """A mistake names file, line, kind and reason; the other rules stay in use."""
    write(tmp_path, "bad.yml", text)
    write(tmp_path, "good.yml", RULE.replace("11111111", "99999999"))
    rules = load([tmp_path], TAXONOMY)
    assert [refusal.kind for refusal in rules.refused] == [kind]
    assert said in rules.refused[0].reason
    assert rules.refused[0].file.endswith("bad.yml")
    assert rules.refused[0].line >= 1
    assert rules.rules[-1].id.startswith("99999999")


def test_harmless_mistakes_are_warnings(tmp_path: Path) -> None:
    """A bad date or level does not cost a detection."""
    mistakes = "level: enormous\ndate: yesterday\ntags: [web]\nrelated: [1]"
    tags = next(line for line in RULE.splitlines() if line.startswith("tags"))
    text = RULE.replace("level: high", mistakes).replace(tags + "\n", "")
    correlation = (
        f"---\ntitle: many\n{mistakes}\ncorrelation:\n  type: event_count\n"
        "  rules: [11111111-1111-4111-8111-111111111111]\n  timespan: 1h\n  condition: {gte: 2}\n"
    )
    harmless = FILTER.replace("title: not me", "title: not me\n" + mistakes)
    everything = f"{text}{correlation}---\n{harmless}"
    rules = load([write(tmp_path, "w.yml", everything)], TAXONOMY)
    assert not rules.refused
    assert [len(rule.warnings) > 0 for rule in rules.rules] == [True, True]
    assert rules.rules[0].level == ""
    assert rules.match("t", pl.DataFrame({"a": ["x", "x"], "b": ["me", "no"]})).rows() == [(0, 1)]


def test_missing_paths_are_one_sentence(tmp_path: Path) -> None:
    """What cannot be read at all is an error that names the path."""
    with pytest.raises(SigmaLoadError, match="nowhere: no such file"):
        load([tmp_path / "nowhere"], TAXONOMY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SigmaLoadError, match="empty: holds no file of Sigma rules"):
        load([tmp_path / "empty"], TAXONOMY)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as file:
        file.writestr("readme.txt", "no rule")
    with pytest.raises(SigmaLoadError, match=r"empty\.zip: holds no file of Sigma rules"):
        load([tmp_path / "empty.zip"], TAXONOMY)
    broken = tmp_path / "pipeline.yml"
    for text, said in (
        ("transformations: [{type: unheard}]", "Unknown transformation type 'unheard'"),
        ("", "it is a map whose"),
        ("transformations:", "it is a map whose"),
        ("transformations: [", "parsing"),
    ):
        broken.write_text(text)
        with pytest.raises(SigmaLoadError, match=f"not a pipeline that can be read: .*{said}"):
            load([write(tmp_path, "a.yml", RULE)], TAXONOMY, pipelines=[broken])


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    """A member of a zip that is far too large for a rule; the others are used."""
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.yml", RULE)
        file.writestr("b.yml", RULE + "#" * (5 << 20))
    rules = load([tmp_path / "r.zip"], TAXONOMY)
    assert len(rules.rules) == 1
    assert [each.file.rpartition("!")[2] for each in rules.refused] == ["b.yml"]
    assert "are no rule" in rules.refused[0].reason


def test_a_file_counts_once_however_it_is_called(tmp_path: Path) -> None:
    """By another way to the same file it is no duplicate either."""
    write(tmp_path, "r/a.yml", RULE)
    rules = load([tmp_path / "r", tmp_path / "r" / ".." / "r" / "a.yml"], TAXONOMY)
    assert (len(rules.rules), rules.refused) == (1, ())


def test_pipelines(tmp_path: Path) -> None:
    """A user's pipeline is applied to every rule."""
    pipeline = write(
        tmp_path,
        "p.yml",
        "transformations:\n- {id: f, type: field_name_mapping, mapping: {a: b}}\n",
    )
    rules = load([write(tmp_path, "r/a.yml", RULE)], TAXONOMY, pipelines=[pipeline])
    assert rules.match("t", pl.DataFrame({"a": ["x", "n"], "b": ["n", "x"]})).rows() == [(0, 1)]


def test_bytes_and_pickles_match_alike(tmp_path: Path) -> None:
    """Workers get the same rule set, and equal rules have one digest."""
    path = write(tmp_path, "a.yml", RULE)
    rules = load([path], TAXONOMY)
    frame = pl.DataFrame({"a": ["x"]})
    for copy in (Ruleset.loads(rules.dumps()), pickle.loads(pickle.dumps(rules))):  # noqa: S301  # its own pickle
        assert copy.digest == rules.digest == load([path], TAXONOMY).digest
        assert copy.rules == rules.rules
        assert copy.match("t", frame).equals(rules.match("t", frame))
    with pytest.raises(ValueError, match="not a stored rule set"):
        Ruleset.loads(b"\x00rubbish")


def test_cache(tmp_path: Path) -> None:
    """A cached rule set equals the one compiled; a damaged or unwritable cache is done without."""
    path, cache = write(tmp_path, "r/a.yml", RULE), tmp_path / "cache"
    first = load([path], TAXONOMY, cache=cache)
    stored = list(cache.glob("rules-*.bin"))
    assert len(stored) == 1
    assert load([path], TAXONOMY, cache=cache).digest == first.digest
    stored[0].write_bytes(b"damaged")
    assert load([path], TAXONOMY, cache=cache).digest == first.digest
    assert load([path], TAXONOMY, cache=path / "no-folder").digest == first.digest


def test_pattern_databases_are_cached(tmp_path: Path) -> None:
    """Large literal sets are kept compiled; a damaged file is compiled anew."""
    values = ", ".join(f"value{number}" for number in range(900))
    path = write(tmp_path, "r/a.yml", RULE.replace("{a: x}", f"{{'a|contains': [{values}]}}"))
    frame = pl.DataFrame({"a": [f"v {number}" for number in range(200)] + ["a VALUE77 b"]})
    for damage in (False, True):
        rules = load([path], TAXONOMY, cache=tmp_path / "cache")
        assert rules.match("t", frame).rows() == [(0, 200)]
        stored = list((tmp_path / "cache").glob("patterns-*.bin"))
        assert len(stored) == 1
        if not damage:
            stored[0].write_bytes(b"damaged")


def test_select(tmp_path: Path) -> None:
    """A part of the rules keeps matching, counted anew."""
    other = RULE.replace("11111111", "22222222").replace("a: x", "a: y").replace("first", "second")
    rules = load([write(tmp_path, "a.yml", RULE + "---\n" + other)], TAXONOMY)
    part = rules.select(lambda rule: rule.title == "second")
    assert [rule.title for rule in part.rules] == ["second"]
    assert part.match("t", pl.DataFrame({"a": ["x", "y"]})).rows() == [(0, 1)]


def test_needles(tmp_path: Path) -> None:
    """The required needles are sound, and None where a rule can match without one."""
    text = RULE.replace("{a: x}", "{'a|contains': [Alpha, beta], b: 'x*longer'}")
    rules = load([write(tmp_path, "a.yml", text)], TAXONOMY)
    assert rules.needles("t") == (Needle("longer", expression=False, rules=frozenset([0])),)
    for detection in ("{a: null}", "{'a|re': '[x-z]'}", "{'a|gt': 3}"):
        open_rule = RULE.replace("{a: x}", detection)
        assert load([write(tmp_path, "a.yml", open_rule)], TAXONOMY).needles("t") is None


def test_needles_stay_inside_a_part(tmp_path: Path) -> None:
    """What may straddle two columns of a concatenation is not promised to stand in a raw row."""
    text = RULE.replace("{a: x}", "{'uri|contains': 'page.aspx?id=1'}")
    table = TableMap("t", (LogSource(category="test"),), {"uri": ("stem", "'?'", "query")})
    rules = load([write(tmp_path, "a.yml", text)], Taxonomy((table,)))
    assert [needle.text for needle in rules.needles("t") or ()] == ["page.aspx"]


shapes = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "s", "x", "a|re", "s and", "global", "repeat", "any"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("s", "a", "a|re", "a|contains", "|all", "a|gt", "condition", "category"),
                    *("rules", ""),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
keys = st.sampled_from(
    [
        "title",
        "id",
        "level",
        "tags",
        "logsource",
        "detection",
        "custom",
        "correlation",
        "filter",
        "action",
        "date",
        "references",
    ]
)


@settings(deadline=None, max_examples=60, suppress_health_check=[*HealthCheck])
@given(st.lists(shapes | st.dictionaries(keys, shapes), max_size=3))
def test_no_document_raises(tmp_path_factory: pytest.TempPathFactory, found: list[object]) -> None:
    """Whatever the YAML holds, `load` returns, and each document is a rule or a refusal."""
    base = yaml.safe_load(RULE)
    rebased = [{**base, **each} for each in found if isinstance(each, dict)]
    path = tmp_path_factory.getbasetemp() / "shapes.yml"
    path.write_text(yaml.safe_dump_all([*found, *rebased]), encoding="utf-8")
    rules = load([path], TAXONOMY)
    rules.match("t", pl.DataFrame({"a": ["x"], "b": [1]}))
    assert rules.dumps()
